"""The Django app of drafts."""

from django.apps import AppConfig


class DraftsConfig(AppConfig):
    """One table; nothing to register, since a draft is no event."""

    name = "aigaq.drafts"
    label = "drafts"
    default_auto_field = "django.db.models.BigAutoField"
