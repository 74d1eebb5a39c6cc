"""Django's name for this room."""

from django.apps import AppConfig


class ContractConfig(AppConfig):
    """The room `contract`."""

    name = "narvaro.contract"
    label = "contract"
    default_auto_field = "django.db.models.BigAutoField"
