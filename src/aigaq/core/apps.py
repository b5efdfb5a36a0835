"""The Django app of what every other app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Registers the audit and blob tables."""

    name = "aigaq.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"
