"""Django's name for the spine."""

from django.apps import AppConfig


class SpineConfig(AppConfig):
    """The spine."""

    name = "narvaro.spine"
    label = "spine"
    default_auto_field = "django.db.models.BigAutoField"
