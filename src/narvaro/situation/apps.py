"""Django's name for this room."""

from django.apps import AppConfig


class SituationConfig(AppConfig):
    """The room `situation`."""

    name = "narvaro.situation"
    label = "situation"
    default_auto_field = "django.db.models.BigAutoField"
