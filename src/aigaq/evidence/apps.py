"""The Django app of the evidence store."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Registers audit codes."""

    name = "aigaq.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make codes known."""
        from aigaq.core import audit
        from aigaq.evidence.audit_codes import CODES

        audit.register_codes(CODES)
