"""Django's name for this room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The room `access`."""

    name = "narvaro.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"
