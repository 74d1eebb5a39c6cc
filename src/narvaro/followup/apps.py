"""Django's name for this room."""

from django.apps import AppConfig


class FollowupConfig(AppConfig):
    """The room `followup`."""

    name = "narvaro.followup"
    label = "followup"
    default_auto_field = "django.db.models.BigAutoField"
