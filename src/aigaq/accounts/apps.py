"""The Django app of staff and organisation."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the audit codes and the commands of this app."""

    name = "aigaq.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make codes and commands known."""
        from aigaq.accounts import rotation
        from aigaq.accounts.audit_codes import CODES
        from aigaq.core import audit, commands

        audit.register_codes(CODES)
        commands.register("card.sign", run=rotation.run_sign)
        commands.register("key.rotate", run=rotation.run_rotate)
