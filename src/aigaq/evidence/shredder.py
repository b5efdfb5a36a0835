"""How the store forgets a report: its rows and salts go, the chains and the log stay consistent.

The lines of custody about it and its row of the register lose their bytes; their hashes stay, so
every head that the log holds still fits. Triggers allow that only once the report's own row is
gone. A line of custody says which number was forgotten, and how many lines lost their bytes: audit
counts them. Its commitment is kept, since the log shows it to everyone for ever, beside no number.
The keys of the blobs are intake's to forget. Source: ``spec/log.md``, "Audit".
"""

from django.db import transaction

from aigaq.accounts.selectors import Staff
from aigaq.evidence import custody, models
from aigaq.evidence.custody_lines import SHREDDED, tell_shredded
from aigaq.evidence.near_pictures import forget_marks


@transaction.atomic
def forget_report(*, report_id: bytes, by: Staff | None) -> None:
    """Forget a report in the caller's transaction; a second time changes nothing."""
    rows = list(models.FiledReport.objects.filter(report_id=report_id).order_by("register_number"))
    numbers = [row.register_number for row in rows]
    for row in rows:
        _remove(row)
    models.RegisterLine.objects.filter(number__in=numbers).update(line=None)
    lines = models.CustodyLine.objects.filter(report_id=report_id).update(
        line=None, report_id=None, item_number=None
    )
    for number in reversed(numbers):
        # The lines are the report's, whichever of its copies they told of: they count once.
        custody.append(SHREDDED, by=by, note=tell_shredded(number=number, lines=lines))
        lines = 0


def _remove(report: models.FiledReport) -> None:
    if report.commitment is not None:
        models.ForgottenLeaf.objects.get_or_create(commitment=bytes(report.commitment))
    forget_marks(report)
    # Children before parents: a file that others were made of is protected.
    report.files.filter(parent__isnull=False, children__isnull=True).delete()
    report.files.filter(parent__isnull=False).delete()
    report.files.all().delete()
    report.items.all().delete()
    report.delete()
