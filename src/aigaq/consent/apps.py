"""The Django app of consent grants."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Registers audit codes."""

    name = "aigaq.consent"
    label = "consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make codes known."""
        from aigaq.consent.audit_codes import CODES
        from aigaq.core import audit

        audit.register_codes(CODES)
