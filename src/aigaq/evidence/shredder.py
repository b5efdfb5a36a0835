"""How the store forgets a report: its rows and salts go, the chains and the log stay consistent.

The lines of custody about it and its row of the register lose their bytes; their hashes stay, so
every head that the log holds still fits. Triggers allow that only once the report's own row is
gone. A line of custody says which number was forgotten, and how many lines lost their bytes: audit
counts them. Its commitment is kept, since the log shows it to everyone for ever, beside no number.
The keys of the blobs are intake's to forget. Source: ``spec/log.md``, "Audit".
"""

from django.db import transaction
from django.db.models import Q

from aigaq.accounts.selectors import Staff
from aigaq.evidence import custody, models
from aigaq.evidence.custody_lines import SHREDDED, tell_shredded


@transaction.atomic
def forget_report(*, report_id: bytes, by: Staff | None) -> None:
    """Forget a report in the caller's transaction; a second time changes nothing."""
    report = models.FiledReport.objects.filter(report_id=report_id).first()
    if report is None:
        return
    if report.commitment is not None:
        models.ForgottenLeaf.objects.get_or_create(commitment=bytes(report.commitment))
    marks = models.PictureMark.objects.filter(item__filed=report)
    models.NearPictures.objects.filter(Q(first__in=marks) | Q(second__in=marks)).delete()
    models.PictureMark.objects.filter(item__filed=report).delete()
    # Children before parents: a file that others were made of is protected.
    report.files.filter(parent__isnull=False, children__isnull=True).delete()
    report.files.filter(parent__isnull=False).delete()
    report.files.all().delete()
    report.items.all().delete()
    number = report.register_number
    report.delete()
    models.RegisterLine.objects.filter(number=number).update(line=None)
    lines = models.CustodyLine.objects.filter(report_id=report_id).update(
        line=None, report_id=None, item_number=None
    )
    custody.append(SHREDDED, by=by, note=tell_shredded(number=number, lines=lines))
