"""The Django app of reports and mailboxes."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Registers audit codes, background rounds and socket commands."""

    name = "aigaq.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make codes, rounds and commands known."""
        from aigaq.core import audit
        from aigaq.intake import command_line, evidence_tasks, export_work, tasks, timestamp_tasks
        from aigaq.intake.audit_codes import CODES

        audit.register_codes(CODES)
        tasks.register()
        command_line.register()
        evidence_tasks.register()
        timestamp_tasks.register()
        export_work.register()
