"""Django's name for this room."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """The room `dispatch`."""

    name = "narvaro.dispatch"
    label = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"
