"""Django's name for this room."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """The room `sharing`."""

    name = "narvaro.sharing"
    label = "sharing"
    default_auto_field = "django.db.models.BigAutoField"
