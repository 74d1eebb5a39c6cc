"""Django's name for this room."""

from django.apps import AppConfig


class ForecastConfig(AppConfig):
    """The room `forecast`."""

    name = "narvaro.forecast"
    label = "forecast"
    default_auto_field = "django.db.models.BigAutoField"
