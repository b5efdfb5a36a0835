"""How intake forgets a report: its words, salts and keys go, its register number stays.

The keys of its blobs (envelope, items, previews) are removed, so the files are noise wherever a
copy of them lies; answers, consents, items, messages of a mailbox without another report, and the
salts that could open its commitment are deleted. What stays: id, register number, times, audit.
The next copy to the second place carries this on.
"""

from django.db import transaction

from aigaq import clock
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, blob_store
from aigaq.intake import models
from aigaq.intake.shapes import ReportState


@transaction.atomic
def forget_report(*, report: models.Report, actor: Staff | None, reason: str) -> None:
    """Shred one report; a second time changes nothing."""
    if report.forgotten_at is not None:
        return
    blobs = [member.blob_id for member in report.members.all()]
    for item in report.items.prefetch_related("previews"):
        blobs += [preview.blob_id for preview in item.previews.all()]
        blobs += [item.blob_id] if item.blob_id else []
    models.Preview.objects.filter(item__report=report).delete()
    models.Opening.objects.filter(report=report, item__isnull=False).update(item=None)
    for rows in (report.members, report.items, report.answers, report.consents):
        rows.all().delete()
    # What colleagues noted beside it is about the reporter, too.
    report.requests.update(note="")
    report.alarms.update(note="")
    _forget_messages(report)
    models.Report.objects.filter(pk=report.pk).update(
        state=ReportState.FORGOTTEN,
        faults=[],
        commitment=None,
        summary="",
        assigned_note="",
        role="",
        language="",
        under_18=False,
        urgency=0,
        urgency_reasons=[],
        items_count=0,
        messages_count=0,
        made_at=None,
        filing_receipt="",
        waiting_since=None,
        has_faults=False,
        is_watched=False,
        forgotten_at=clock.now(),
    )
    for blob_id in blobs:
        blob_store.delete_blob(blob_id)
    audit.record(
        "intake.report_forgotten",
        actor=actor,
        subject=report,
        context={"reason": reason[:40], "register_number": report.register_number},
    )


def _forget_messages(report: models.Report) -> None:
    """Empty the messages of a mailbox without another report; hashes stay as a chain."""
    others = models.Report.objects.filter(mailbox=report.mailbox, forgotten_at=None)
    if report.mailbox is None or others.exclude(pk=report.pk).exists():
        return
    report.mailbox.messages.exclude(delivery="waiting").update(
        body={}, ciphertext=b"", watched=False
    )
    report.mailbox.quiet_sign = ""
    report.mailbox.watched_at = None
    report.mailbox.save(update_fields=["quiet_sign", "watched_at"])
