"""The Django app of the evidence store."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Registers audit codes and the tables that stand beside those of `models`."""

    name = "aigaq.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make codes and tables known."""
        from aigaq.core import audit
        from aigaq.evidence import timestamp_models as timestamp_models
        from aigaq.evidence.audit_codes import CODES

        audit.register_codes(CODES)
