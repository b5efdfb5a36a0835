"""Letters that people write to reporters, and the new mailbox for who lost a code."""

from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, background
from aigaq.intake import erasing, letters, models
from aigaq.intake.errors import IntakeError, NotFound, ReplyRefused
from aigaq.intake.gate_session import open_gate
from aigaq.intake.selectors import cannot_reply, check_may
from aigaq.sealing.errors import SealingError
from aigaq.sealing.messages import TEXT_BYTES
from aigaq.sealing.rebinding import Rebind, build_rebind

#: Why a mailbox was replaced.
REBIND_REASONS = ("lost", "seen")


@transaction.atomic
def send_reply(*, actor: Staff, mailbox_id: UUID, text: str) -> UUID:
    """Seal a reply into a mailbox; it is delivered within seconds. Return the message's id.

    Raises `NotFound`; `ReplyRefused`: ``intake.empty_text``, ``intake.text_too_long`` (8,192 bytes
    of UTF-8), ``intake.contradictory``,
    ``intake.unreadable``, ``intake.dead_mailbox``.
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
    transaction.on_commit(lambda: background.REGISTRY.wake("intake-work"))
    return row.pk


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
    background.REGISTRY.wake("intake-work")
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
    # Whoever asked may have held the code that was replaced, and the letter went to its mailbox.
    erasing.call_off_of_mailbox(old, how="new_code", actor=actor)
    old.second_channels.update(mailbox=new)
    old.reports.update(mailbox=new)
    letters.write_message(box=new, kind="rebind", body={"rebind": text}, author=actor)
    context = {"reason": reason, "old": str(old.pk)}
    audit.record("intake.mailbox_rebound", actor=actor, subject=new, context=context)
    return new.pk


def _get_mailbox(mailbox_id: UUID) -> models.Mailbox:
    box = models.Mailbox.objects.filter(pk=mailbox_id).first()
    if box is None:
        raise NotFound
    return box
