"""Takes a reporter's message: who wrote it, where it stands in its chain, and what it asks.

What fails a check is kept, flagged and never acted on; an alarm says so. A message that came
before its predecessor is judged again once the predecessor is here, so a dropped message that turns
up late blocks nothing. Sources: PROTOCOL 18, 19; spec/mailbox.md.
"""

import hashlib
from dataclasses import dataclass

from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.core import audit
from aigaq.intake import consent_hooks, erasing, letters, models
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.gate_client import ListedMessage
from aigaq.intake.shapes import Direction
from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_answer import Head
from aigaq.sealing.messages import Message, check_order, open_message

OTHER_MAILBOX, OUT_OF_ORDER = "message.other_mailbox", "message.out_of_order"


@dataclass(frozen=True)
class Received:
    """What became of a message. ``is_kept`` False: its mailbox is not known here yet."""

    is_kept: bool
    fault: str = ""


@transaction.atomic
def receive_message(listed: ListedMessage) -> Received:
    """Take a message that the gate handed over; the same one again changes nothing."""
    box = models.Mailbox.objects.filter(key=listed.mailbox_key).first()
    if box is None:
        return Received(is_kept=False)
    sha256 = hashlib.sha256(listed.ciphertext).digest()
    twins = box.messages.filter(sha256=sha256, direction=Direction.TO_DESK)
    if twins.filter(gate_number=listed.number).exists():
        return Received(is_kept=True)
    message, fault = _judge(box, listed)
    row = models.Message(
        mailbox=box,
        direction=Direction.TO_DESK,
        sequence=message.sequence if message else listed.sequence,
        kind=message.kind if message else "",
        body=dict(message.body) if message else {},
        ciphertext=listed.ciphertext,
        sha256=sha256,
        previous=message.previous if message else listed.previous,
        at=message.sent_at if message else listed.received_at,
        received_at=min(listed.received_at, clock.now()),
        kept_at=clock.now(),
        gate_number=listed.number,
        fault=fault,
    )
    row.save(force_insert=True)
    if fault:
        details = {"message": str(row.pk)}
        raise_alarm(fault, mailbox=box, details=details)
        audit.record("intake.message_flagged", actor=None, subject=row, context={"fault": fault})
        return Received(is_kept=True, fault=fault)
    assert message is not None  # noqa: S101 - no fault, so it was opened.
    _accept(box, row=row, message=message)
    audit.record("intake.message_received", actor=None, subject=row, context={"kind": row.kind})
    _judge_again(box)
    return Received(is_kept=True)


def judge_by_first_commitment(box: models.Mailbox) -> None:
    """Judge again what seemed to be of another mailbox, since its first report is only here now."""
    flagged = box.messages.filter(direction=Direction.TO_DESK, fault=OTHER_MAILBOX)
    for row in flagged.exclude(ciphertext=b"").order_by("sequence", "gate_number"):
        try:
            message = _open(box, bytes(row.ciphertext))
            check_order(message, head=letters.get_heads(box).to_desk)
        except SealingError as error:
            row.fault = error.code
            row.save(update_fields=["fault"])
            continue
        row.sequence, row.previous, row.fault = message.sequence, message.previous, ""
        row.kind, row.body, row.at = message.kind, dict(message.body), message.sent_at
        row.save(update_fields=["at", "body", "fault", "kind", "previous", "sequence"])
        _accept(box, row=row, message=message)
        audit.record("intake.message_received", actor=None, subject=row, context={"kind": row.kind})
        _judge_again(box)


def flag_unknown_mailbox(listed: ListedMessage) -> None:
    """Raise an alarm for a letter of a mailbox of which no report has come for too long."""
    details = {"mailbox_key": listed.mailbox_key.hex()[:16]}
    raise_alarm("message.unknown_mailbox", details=details)


def _judge(box: models.Mailbox, listed: ListedMessage) -> tuple[Message | None, str]:
    """Return the opened message and the code of what is wrong with it, or an empty text."""
    message = None
    try:
        message = _open(box, listed.ciphertext)
        if box.rebound_at is not None:
            return message, "message.dead_mailbox"
        check_order(message, head=letters.get_heads(box).to_desk)
    except SealingError as error:
        return message, error.code
    return message, ""


def _open(box: models.Mailbox, ciphertext: bytes) -> Message:
    return open_message(
        ciphertext,
        identities=accounts.list_team_identities(),
        public_key=bytes(box.key),
        direction=Direction.TO_DESK.value,
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
        mailbox_key=bytes(box.key),
        first_commitment=bytes(box.first_commitment),
    )


def _accept(box: models.Mailbox, *, row: models.Message, message: Message) -> None:
    """Move the head, look at the quiet sign and at the heads, and do what the message asks."""
    box.to_desk_sequence, box.to_desk_sha256 = row.sequence, bytes(row.sha256)
    if box.quiet_sign and message.sign == box.quiet_sign:
        row.watched = True
        row.save(update_fields=["watched"])
        box.watched_at = clock.now()
        box.reports.update(is_watched=True)
    box.save(update_fields=["to_desk_sequence", "to_desk_sha256", "watched_at"])
    _compare_heads(box, row=row, message=message)
    living = box.reports.filter(forgotten_at=None)
    first = living.filter(first=None).order_by("register_number").first() or living.first()
    if first is None:
        # Her report was erased, so no list would show that she wrote again.
        raise_alarm("message.after_erasing", mailbox=box, details={"message": str(row.pk)})
    else:
        first.messages_count += 1
        first.waiting_since = first.waiting_since or row.received_at
        first.save(update_fields=["messages_count", "waiting_since"])
    if message.kind == "text":
        erasing.call_off_of_mailbox(box, how="letter")
    elif message.kind == "withdraw_consent":
        consent_hooks.take_back(box, row=row)
    elif message.kind == "request":
        _ask_a_person(box, row=row, message=message)


def _compare_heads(box: models.Mailbox, *, row: models.Message, message: Message) -> None:
    """Raise an alarm if the gate told her of a chain that is not ours."""
    told = message.heads.to_reporter
    if told.sequence == 0:
        agrees = told == Head()
    else:
        ours = box.messages.filter(
            direction=Direction.TO_REPORTER, sequence=told.sequence, fault=""
        ).first()
        agrees = ours is not None and bytes(ours.sha256) == told.sha256
    before = Head(message.sequence - 1, message.previous)
    if not agrees or message.heads.to_desk != before:
        raise_alarm("mailbox.heads_disagree", mailbox=box, details={"message": str(row.pk)})


def _judge_again(box: models.Mailbox) -> None:
    """Accept what waited for its predecessor. Each was signed and addressed rightly before."""
    while True:
        waiting = box.messages.filter(
            direction=Direction.TO_DESK,
            fault=OUT_OF_ORDER,
            sequence=box.to_desk_sequence + 1,
            previous=bytes(box.to_desk_sha256),
        )
        # What was forgotten with its report cannot be opened again.
        row = waiting.exclude(ciphertext=b"").first()
        if row is None:
            return
        message = _open(box, bytes(row.ciphertext))
        row.fault = ""
        row.save(update_fields=["fault"])
        _accept(box, row=row, message=message)


def _list_reports(box: models.Mailbox, message: Message) -> list[models.Report]:
    """Return the reports of this mailbox that a message names; null names all of them."""
    named = message.body["report_id"]
    reports = box.reports.filter(forgotten_at=None)
    if named is not None:
        reports = reports.filter(report_id=bytes.fromhex(named))
    return list(reports.order_by("register_number"))


def _ask_a_person(box: models.Mailbox, *, row: models.Message, message: Message) -> None:
    for report in _list_reports(box, message):
        models.PersonRequest.objects.create(
            report=report,
            message=row,
            action=message.body["action"],
            asked_at=row.received_at or row.at,
        )
