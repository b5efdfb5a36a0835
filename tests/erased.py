"""Erases a report as the end of its cooling-off does, for tests of what erasing leaves."""

from uuid import UUID

from aigaq.accounts.models import Staff
from aigaq.intake import models, shredder


def erase_report(*, actor: Staff, report_id: UUID, reason: str) -> None:
    """Erase without the wait, which tests of `aigaq.intake.erasing` are about."""
    shredder.forget_report(
        report=models.Report.objects.get(pk=report_id), actor=actor, reason=reason
    )
