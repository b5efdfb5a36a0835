"""How intake forgets a report: its words, salts and keys go, its register number stays.

The keys of its blobs (envelope, items, previews) are removed, so the files are noise wherever a
copy of them lies; answers, consents, items, messages of a mailbox without another report, and the
salts that could open its commitment are deleted, and so is what was written of its place in the
log. What stays: id, register number, times, audit, and its mailbox, whose messages are bound to the
first commitment: the reporter may write after the report was erased, and the log shows that entry.
The parts of a first report go with it: nobody would find them any more. The next copy to the second
place carries this on, and the gate is told to erase what it still holds (`tasks.tell_safe`).
"""

from django.db import transaction

from aigaq import clock
from aigaq.accounts.selectors import Staff
from aigaq.consent import shredder as consent
from aigaq.core import audit, blob_store
from aigaq.drafts.services import forget_subject
from aigaq.evidence import services as evidence
from aigaq.evidence.selectors import list_blobs, list_first_copies, list_items
from aigaq.intake import exports, models, parts
from aigaq.intake.shapes import ReportState, RequestAction
from aigaq.intake.stripping import find_stripped


@transaction.atomic
def forget_report(*, report: models.Report, actor: Staff | None, reason: str) -> None:
    """Shred a report and its parts; a second time changes nothing. ``reason`` is a short code."""
    for part in report.parts.filter(forgotten_at=None).order_by("register_number"):
        _forget(part, actor=actor, reason=reason)
    if report.forgotten_at is None:
        _forget(report, actor=actor, reason=reason)
        if report.first is not None and report.first.forgotten_at is None:
            parts.count_anew(report.first)


def _forget(report: models.Report, *, actor: Staff | None, reason: str) -> None:
    stripped = [
        copy.blob_id
        for item in list_items(report_id=bytes(report.report_id))
        if (copy := find_stripped(item)) is not None
    ]
    # Those of a first, damaged copy stand in the evidence store alone.
    copies = list_first_copies(report_id=bytes(report.report_id))
    kept = list_blobs(report_id=bytes(report.report_id))
    evidence.forget_report(report_id=bytes(report.report_id), by=actor)
    consent.forget_report(report_id=bytes(report.report_id))
    exports.forget_report(report=report)
    models.CollectedReport.objects.filter(report=report).delete()
    models.LogProof.objects.filter(report=report).delete()
    blobs = [*stripped, *(member.blob_id for member in report.members.all())]
    for item in report.items.prefetch_related("previews"):
        blobs += [preview.blob_id for preview in item.previews.all()]
        blobs += [item.blob_id] if item.blob_id else []
    models.Preview.objects.filter(item__report=report).delete()
    models.Opening.objects.filter(report=report, item__isnull=False).update(item=None)
    for rows in (report.members, report.items, report.answers):
        rows.all().delete()
    # What colleagues noted beside it is about the reporter, too.
    report.requests.update(note="")
    asked = report.requests.filter(decided_at=None, action=RequestAction.DELETE)
    asked.update(decided_at=clock.now(), decided_by=actor, decision="done")
    report.alarms.update(note="")
    report.erasings.update(why="")
    _forget_messages(report)
    models.Report.objects.filter(pk=report.pk).update(
        state=ReportState.FORGOTTEN,
        faults=[],
        commitment=None,
        continues=None,
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
    for blob_id in dict.fromkeys([*blobs, *kept]):
        blob_store.delete_blob(blob_id)
    for number in [*(one.register_number for one in copies), report.register_number]:
        audit.record(
            "intake.report_forgotten",
            actor=actor,
            subject=report,
            context={"reason": reason, "register_number": number},
        )


def _forget_messages(report: models.Report) -> None:
    """Empty the messages of a mailbox without another report; hashes stay as a chain.

    A letter that waits for the gate keeps what only she can open until it is there: without it the
    chain to her mailbox would have a gap. The desk's own copy of its words goes at once.
    """
    others = models.Report.objects.filter(mailbox=report.mailbox, forgotten_at=None)
    if report.mailbox is None or others.exclude(pk=report.pk).exists():
        return
    forget_subject(str(report.mailbox.pk))
    report.mailbox.messages.update(body={}, watched=False)
    report.mailbox.messages.exclude(delivery="waiting").update(ciphertext=b"")
    report.mailbox.second_channels.all().delete()
    report.mailbox.quiet_sign = ""
    report.mailbox.watched_at = None
    report.mailbox.save(update_fields=["quiet_sign", "watched_at"])


def forget_sent(message: models.Message) -> None:
    """Drop what was kept for the gate only, if its mailbox has no report any more."""
    if not message.mailbox.reports.filter(forgotten_at=None).exists():
        models.Message.objects.filter(pk=message.pk).update(ciphertext=b"")
