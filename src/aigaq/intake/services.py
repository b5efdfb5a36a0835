"""Writes of intake that people ask for: one transaction and one audit event each.

What the desk does by itself (fetch, file, deliver, copy, preview) stands in `tasks` and the modules
that it calls. Each service takes who acts and raises `NotFound` for what is absent or not theirs.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability, may
from aigaq.accounts.selectors import Staff
from aigaq.consent import services as consent
from aigaq.core import audit, background, blob_store
from aigaq.evidence import services as evidence
from aigaq.evidence.shapes import name_person
from aigaq.intake import consent_hooks, exports, filing, letters, models, previews, shredder
from aigaq.intake.errors import (
    AlreadyDecided,
    ImportRefused,
    IntakeError,
    NotFound,
    ReplyRefused,
)
from aigaq.intake.gate_session import open_gate as open_gate
from aigaq.intake.keeping import copy_to_second_place as copy_to_second_place
from aigaq.intake.keeping import name_second_place as name_second_place
from aigaq.intake.keeping import set_notices as set_notices
from aigaq.intake.keeping import set_second_place as set_second_place
from aigaq.intake.keeping import stop_notices as stop_notices
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.notice_state import NoticeState
from aigaq.intake.public_watch import watch_public
from aigaq.intake.selectors import (
    cannot_reply,
    check_may,
    get_item,
    get_report,
)
from aigaq.intake.shapes import Download, RequestAction
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, MAXIMUM_HEADER_BYTES
from aigaq.sealing.header import report_id as hash_header
from aigaq.sealing.messages import TEXT_BYTES
from aigaq.sealing.opening import ContainerSource
from aigaq.sealing.rebinding import Rebind, build_rebind

DECISIONS = ("done", "refused", "kept")
#: Why a report was erased: a code, since the audit chain forgets nothing.
FORGET_REASONS = ("asked", "no_report", "sample")
#: Why a mailbox was replaced.
REBIND_REASONS = ("lost", "seen")
#: Pictures and sounds that are fetched so soon after their item was opened belong to that opening.
ONE_LOOK = timedelta(minutes=15)
DOWNLOAD_HEADERS = {
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@transaction.atomic
def open_report(*, actor: Staff, report_id: UUID) -> None:
    """Record that someone opened a report; it is not new any more. Raises `NotFound`."""
    report = get_report(actor=actor, report_id=report_id)
    models.Opening.objects.create(report=report, what="report", by=actor, at=clock.now())
    models.Report.objects.filter(pk=report.pk, opened_at=None).update(opened_at=clock.now())
    evidence.record_custody("opened", by=actor, report_id=bytes(report.report_id))
    audit.record("intake.report_opened", actor=actor, subject=report)
    transaction.on_commit(NoticeState(django_settings.HOME).settle)


@transaction.atomic
def open_item(*, actor: Staff, item_id: UUID) -> None:
    """Record that someone clicked through to an item. Raises `NotFound`."""
    item = get_item(actor=actor, item_id=item_id)
    models.Opening.objects.create(
        report_id=item.report_id, item=item, what="item", by=actor, at=clock.now()
    )
    _record_custody("opened", by=actor, item=item)
    audit.record("intake.item_opened", actor=actor, subject=item)


@transaction.atomic
def assign_report(*, actor: Staff, report_id: UUID, to: Staff | None, note: str = "") -> None:
    """Hand a report to a colleague who may read it, or to nobody. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OVER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    if to is not None and not may(to, capability=Capability.READ_REPORTS):
        raise NotFound
    report.assigned_to, report.assigned_note = to, note[:500]
    report.save(update_fields=["assigned_to", "assigned_note"])
    evidence.record_custody(
        "handed_over",
        by=actor,
        report_id=bytes(report.report_id),
        note=name_person(to) if to else "nobody",
    )
    context = {"to": str(to.pk) if to else ""}
    audit.record("intake.report_assigned", actor=actor, subject=report, context=context)


@transaction.atomic
def release_reports(*, of: Staff, actor: Staff) -> int:
    """Take every report off someone who works here no more, so that colleagues see it as nobody's.

    Returns how many. Raises `NotFound`, also while ``of`` still works here.
    """
    check_may(actor, capability=Capability.MANAGE_STAFF)
    if of.is_active:
        raise NotFound
    rows = models.Report.objects.filter(assigned_to=of)
    for report_id in rows.filter(forgotten_at=None).values_list("report_id", flat=True):
        evidence.record_custody("handed_over", by=actor, report_id=bytes(report_id), note="nobody")
    released = rows.update(assigned_to=None)
    if released:
        audit.record(
            "intake.reports_released", actor=actor, subject=of, context={"count": released}
        )
    return released


@transaction.atomic
def settle_waiting(*, actor: Staff, report_id: UUID) -> None:
    """Decide that nobody waits for us here. Raises `NotFound`."""
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    models.Report.objects.filter(pk=report.pk).update(waiting_since=None)
    audit.record("intake.waiting_settled", actor=actor, subject=report)


@transaction.atomic
def send_reply(*, actor: Staff, mailbox_id: UUID, text: str) -> UUID:
    """Seal a reply into a mailbox; it is delivered within seconds. Return the message's id.

    Raises `NotFound`; `ReplyRefused`: ``intake.empty_text``, ``intake.text_too_long`` (8,192 bytes
    of UTF-8), ``intake.contradictory``, ``intake.dead_mailbox``.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    box = _get_mailbox(mailbox_id)
    code = cannot_reply(box)
    if code is not None:
        raise ReplyRefused(code)
    if not text.strip():
        raise ReplyRefused("intake.empty_text")
    if len(text.encode()) > TEXT_BYTES:
        raise ReplyRefused("intake.text_too_long", limit_bytes=TEXT_BYTES)
    try:
        row = letters.write_message(box=box, kind="text", body={"text": text}, author=actor)
    except SealingError:
        raise ReplyRefused("intake.text_too_long", limit_bytes=TEXT_BYTES) from None
    box.reports.update(waiting_since=None)
    audit.record("intake.reply_written", actor=actor, subject=row)
    transaction.on_commit(lambda: _wake("intake-work"))
    return row.pk


@transaction.atomic
def withdraw_consent(
    *,
    actor: Staff,
    consent_id: UUID,
    reason: str,
    how: str = "",
    heard_by: str = "",
    said_at: datetime | None = None,
) -> None:
    """Withdraw a consent for her, as she said in a meeting or a call; again changes nothing.

    Packages that lie here under it go at once. Raises `NotThere`, `ConsentError`.
    """
    consent.withdraw(
        actor=actor,
        grant_id=consent_id,
        reason=reason,
        how=how,
        heard_by=heard_by,
        said_at=said_at,
    )
    exports.remove_what_is_over()


@transaction.atomic
def record_consent(
    *,
    actor: Staff,
    report_id: UUID,
    purpose: str,
    audience: str,
    items: Sequence[int] | None,
    how: str,
    given_at: datetime,
    valid_until: datetime | None = None,
    heard_by: str = "",
    limits: str = "",
) -> UUID:
    """Write down a consent that she gave by word of mouth; return its id.

    Raises `NotFound`, also if an item is not there, and what `consent.services.record_staff_grant`
    raises.
    """
    report = get_report(actor=actor, report_id=report_id)
    if items is not None and not set(items) <= set(report.items.values_list("number", flat=True)):
        raise NotFound
    if report.forgotten_at is not None:
        raise NotFound
    if report.mailbox is not None:
        consent_hooks.hand_over_older(box=report.mailbox)
    return consent.record_staff_grant(
        actor=actor,
        report_id=bytes(report.report_id),
        purpose=purpose,
        audience=audience,
        items=items,
        how=how,
        given_at=given_at,
        valid_until=valid_until,
        heard_by=heard_by,
        limits=limits,
    )


@transaction.atomic
def decide_request(*, actor: Staff, request_id: UUID, decision: str, note: str) -> None:
    """Decide what she asked of a person. Nothing is deleted by this: `forget_report` does that.

    Raises `NotFound`, `AlreadyDecided`, `IntakeError` ``intake.bad_decision``, and
    ``intake.not_erased``: a wish to delete is done by erasing and by nothing else.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    if decision not in DECISIONS:
        raise IntakeError("intake.bad_decision")
    row = models.PersonRequest.objects.filter(pk=request_id).first()
    if row is None:
        raise NotFound
    if row.decided_at is not None:
        raise AlreadyDecided
    if (row.action, decision) == (RequestAction.DELETE, "done"):
        raise IntakeError("intake.not_erased")
    row.decided_at, row.decided_by = clock.now(), actor
    row.decision, row.note = decision, note[:2_000]
    row.save(update_fields=["decided_at", "decided_by", "decision", "note"])
    audit.record("intake.request_decided", actor=actor, subject=row, context={"decision": decision})


def forget_report(*, actor: Staff, report_id: UUID, reason: str) -> None:
    """Shred a report and its parts: words and keys go, the register numbers stay.

    Open wishes to delete them are decided by it. Raises `NotFound`, `IntakeError`
    ``intake.bad_reason`` unless ``reason`` is one of `FORGET_REASONS`.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    if reason not in FORGET_REASONS:
        raise IntakeError("intake.bad_reason")
    shredder.forget_report(
        report=get_report(actor=actor, report_id=report_id), actor=actor, reason=reason
    )
    _wake("intake-work")


@transaction.atomic
def resolve_alarm(*, actor: Staff, alarm_id: UUID, note: str) -> None:
    """Close an alarm that someone looked into. Raises `NotFound`, `AlreadyDecided`."""
    check_may(actor, capability=Capability.SEE_ALARMS)
    row = models.Alarm.objects.filter(pk=alarm_id).first()
    if row is None:
        raise NotFound
    if row.resolved_at is not None:
        raise AlreadyDecided
    row.resolved_at, row.resolved_by, row.note = clock.now(), actor, note[:2_000]
    row.save(update_fields=["resolved_at", "resolved_by", "note"])
    audit.record("intake.alarm_resolved", actor=actor, subject=row)


def rebind_mailbox(
    *,
    actor: Staff,
    mailbox_id: UUID,
    new_mailbox_key: bytes,
    new_mailbox_recipient: str,
    reason: str,
) -> UUID:
    """Bind a new mailbox in place of one whose code was lost or seen; its id (PROTOCOL 20).

    The gate is told first: it takes the same rebind again, so a kill between leaves nothing that
    cannot be repeated. Raises `NotFound`, `GateError`, `ReplyRefused` ``intake.dead_mailbox``,
    `IntakeError` ``intake.bad_reason`` unless ``reason`` is one of `REBIND_REASONS`.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    if reason not in REBIND_REASONS:
        raise IntakeError("intake.bad_reason")
    old = _get_mailbox(mailbox_id)
    if old.rebound_at is not None:
        raise ReplyRefused("intake.dead_mailbox")
    organisation = accounts.get_organisation()
    rebind = Rebind(
        team_id=bytes.fromhex(organisation.team_id),
        first_commitment=bytes(old.first_commitment),
        old_mailbox_key=bytes(old.key),
        new_mailbox_key=new_mailbox_key,
        new_mailbox_recipient=new_mailbox_recipient,
        rebound_at=clock.now(),
    )
    text = build_rebind(rebind, message_key=accounts.get_message_key())
    with open_gate() as gate:
        gate.rebind(rebind=text)
    new = _record_rebind(actor=actor, old=old, rebind=rebind, text=text, reason=reason)
    _wake("intake-work")
    return new


@transaction.atomic
def _record_rebind(
    *, actor: Staff, old: models.Mailbox, rebind: Rebind, text: str, reason: str
) -> UUID:
    new, _made = models.Mailbox.objects.get_or_create(
        key=rebind.new_mailbox_key,
        defaults={
            "recipient": rebind.new_mailbox_recipient,
            "first_commitment": rebind.first_commitment,
            "quiet_sign": old.quiet_sign,
            "created_at": clock.now(),
        },
    )
    models.Mailbox.objects.filter(pk=old.pk).update(rebound_at=rebind.rebound_at, rebound_to=new)
    old.messages.filter(delivery="waiting").update(delivery="not_taken")
    old.reports.update(mailbox=new)
    letters.write_message(box=new, kind="rebind", body={"rebind": text}, author=actor)
    context = {"reason": reason, "old": str(old.pk)}
    audit.record("intake.mailbox_rebound", actor=actor, subject=new, context=context)
    return new.pk


def import_report_file(*, actor: Staff, file: BinaryIO) -> UUID:
    """File a report that was carried as a file (seekable); the same again is the same report.

    Raises `NotFound`, and `ImportRefused` with the code of what is wrong with the file's form; a
    report of the right form is filed whatever is wrong with it.
    """
    check_may(actor, capability=Capability.IMPORT_REPORTS)
    return import_carried(file=file, actor=actor).pk


def import_carried(*, file: BinaryIO, actor: Staff | None) -> models.Report:
    """File a carried report for a page or for the command line."""
    try:
        source = ContainerSource(file)
        if source.size(HEADER) > MAXIMUM_HEADER_BYTES:
            raise ImportRefused("report.bad_header")
        with source.open(HEADER) as reader:
            header = reader.read(MAXIMUM_HEADER_BYTES)
    except SealingError as error:
        raise ImportRefused(error.code) from None
    arrival = filing.Arrival(report_id=hash_header(header), received_at=clock.now(), came_by="file")
    report = filing.file_report(source=source, arrival=arrival, actor=actor)
    _wake("intake-work")
    return report


def pull_now() -> None:
    """Have the background fetch at once; return at once. Works on a locked desk."""
    _wake("intake-pull")


def publish_again(*, actor: Staff, what: str) -> None:
    """Put our own card at the gate again, and look at it as a stranger would.

    Raises `NotFound`, `GateError`, `IntakeError` ``intake.cannot_publish``: a bundle is published
    on the gate's own machine, so only ``card`` can be published here.
    """
    check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    if what != "card":
        raise IntakeError("intake.cannot_publish")
    with open_gate() as gate:
        gate.publish_card(card=accounts.get_card())
    record_published(actor=actor)
    home = django_settings.HOME
    watch_public(home, files=read_locked_files(home))


@transaction.atomic
def record_published(*, actor: Staff) -> None:
    """Record that the card was put at the gate again."""
    audit.record("intake.card_published_again", actor=actor, kind="card")


def make_previews(*, item_id: UUID) -> None:
    """Have the sandbox make the previews of an item now."""
    previews.preview_item(item_id=item_id)


@transaction.atomic
def read_preview(*, actor: Staff, preview_id: UUID) -> bytes:
    """Return the bytes of a preview: pixels, samples or text of our own encoding.

    What is shown was opened: unless the same person opened its item within `ONE_LOOK`, this is
    recorded as an opening. So a picture that is shown beside another one is on record, too.
    """
    check_may(actor, capability=Capability.SEE_ITEMS)
    row = models.Preview.objects.filter(pk=preview_id).first()
    if row is None:
        raise NotFound
    looks = models.Opening.objects.filter(item=row.item_id, what="item", by=actor)
    if not looks.filter(at__gt=clock.now() - ONE_LOOK).exists():
        open_item(actor=actor, item_id=row.item_id)
    return blob_store.read_blob(row.blob_id)


@transaction.atomic
def read_item(*, actor: Staff, item_id: UUID) -> Download:
    """Record the download and return the original as a stream that no browser will run.

    Raises `NotFound`, also for a damaged item, which has no original.
    """
    item = get_item(actor=actor, item_id=item_id)
    if item.blob_id is None:
        raise NotFound
    models.Opening.objects.create(
        report_id=item.report_id, item=item, what="download", by=actor, at=clock.now()
    )
    _record_custody("copied", by=actor, item=item, note="download")
    audit.record("intake.item_downloaded", actor=actor, subject=item)
    register_number = models.Report.objects.values_list("register_number", flat=True).get(
        pk=item.report_id
    )
    name = build_safe_name(item.name, register_number=register_number, number=item.number)
    headers = DOWNLOAD_HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    chunks: Iterator[bytes] = blob_store.read_chunks(item.blob_id)
    return Download(name=name, size_bytes=item.size_bytes, headers=headers, chunks=chunks)


def build_safe_name(name: str, *, register_number: int, number: int) -> str:
    """Return a name made by us; of hers only a short, harmless extension is kept."""
    found = re.search(r"\.([A-Za-z0-9]{1,5})\Z", name)
    extension = found[1].lower() if found else "bin"
    return f"report-{register_number}-item-{number}.{extension}"


@transaction.atomic
def mark_sample(*, report_id: bytes) -> None:
    """Mark the fictional sample report, so that pages say what it is. Raises `NotFound`."""
    changed = models.Report.objects.filter(report_id=report_id, is_sample=False).update(
        is_sample=True
    )
    if not changed and not models.Report.objects.filter(report_id=report_id).exists():
        raise NotFound
    audit.record("intake.sample_marked", actor=None, kind="report", subject_id=report_id.hex()[:16])


def _record_custody(event: str, *, by: Staff, item: models.Item, note: str = "") -> None:
    evidence.record_custody(
        event,
        by=by,
        report_id=bytes(item.report.report_id),
        item_number=item.number,
        sha256=bytes(item.sha256),
        note=note,
    )


def _get_mailbox(mailbox_id: UUID) -> models.Mailbox:
    box = models.Mailbox.objects.filter(pk=mailbox_id).first()
    if box is None:
        raise NotFound
    return box


def _wake(name: str) -> None:
    background.REGISTRY.wake(name)
