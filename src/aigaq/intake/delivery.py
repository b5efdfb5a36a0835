"""Takes the desk's messages to the gate, in the order of each mailbox, and hears what it says."""

from collections.abc import Iterator

from django.db import transaction

from aigaq.core import audit
from aigaq.intake import erasing, models, shredder
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.errors import GateError
from aigaq.intake.gate_client import GateClient

MAILBOXES_A_ROUND = 50


def deliver_waiting(gate: GateClient) -> int:
    """Deliver what waits; return how many were taken. Raises `GateError` ``gate.unreachable``."""
    taken, stuck = 0, set()
    for row in _list_waiting():
        if row.mailbox_id in stuck:
            continue
        try:
            result = gate.deliver(
                mailbox_key=bytes(row.mailbox.key),
                ciphertext=bytes(row.ciphertext),
                previous=bytes(row.previous),
                sequence=row.sequence,
            )
        except GateError as error:
            if error.context.get("status") is None:
                raise
            # The gate knows no such mailbox (a report that was carried as a file), or is full.
            stuck.add(row.mailbox_id)
            continue
        if result == "out_of_order":
            stuck.add(row.mailbox_id)
            record_not_taken(message=row)
        else:
            taken += 1
            record_delivered(message=row)
    return taken


def note_read(gate: GateClient) -> int:
    """Ask the gate which messages she has confirmed; return how many are newly read.

    What she confirms is erased there, and that is all that the desk learns. A round asks for some
    mailboxes only, each time others. Raises `GateError` ``gate.unreachable``.
    """
    read = 0
    boxes = models.Mailbox.objects.filter(messages__delivery="at_gate", rebound_at=None)
    for box in boxes.distinct().order_by("?")[:MAILBOXES_A_ROUND]:
        try:
            unread = gate.list_unread(mailbox_key=bytes(box.key))
        except GateError as error:
            if error.context.get("status") is None:
                raise
            continue
        at_gate = models.Message.objects.filter(mailbox=box, delivery="at_gate")
        read += at_gate.exclude(sequence__in=unread).update(delivery="read")
    return read


def _list_waiting() -> Iterator[models.Message]:
    rows = models.Message.objects.filter(delivery="waiting", mailbox__rebound_at=None)
    return iter(rows.select_related("mailbox").order_by("mailbox", "sequence"))


@transaction.atomic
def record_delivered(*, message: models.Message) -> None:
    """Remember that the gate has a message."""
    models.Message.objects.filter(pk=message.pk).update(delivery="at_gate")
    erasing.begin(message)
    shredder.forget_sent(message)
    audit.record("intake.message_delivered", actor=None, subject=message)


@transaction.atomic
def record_not_taken(*, message: models.Message) -> None:
    """Remember that the gate's chain is not ours: it lost, or made up, a message of the desk.

    Nothing is sent again under another number, since that would hide what happened.
    """
    models.Message.objects.filter(pk=message.pk).update(delivery="not_taken")
    erasing.begin(message)
    shredder.forget_sent(message)
    raise_alarm(
        "mailbox.gate_refuses_order",
        mailbox=message.mailbox,
        details={"message": str(message.pk)},
    )
    audit.record("intake.message_not_taken", actor=None, subject=message)
