"""Django's name for this room."""

from django.apps import AppConfig


class PlanConfig(AppConfig):
    """The room `plan`."""

    name = "narvaro.plan"
    label = "plan"
    default_auto_field = "django.db.models.BigAutoField"
