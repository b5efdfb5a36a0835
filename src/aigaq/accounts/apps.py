"""The Django app of staff and organisation."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the audit codes of this app."""

    name = "aigaq.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the audit codes known."""
        from aigaq.accounts.audit_codes import CODES
        from aigaq.core import audit

        audit.register_codes(CODES)
