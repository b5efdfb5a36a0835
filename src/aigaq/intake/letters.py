"""Seals messages to a reporter and keeps them until the gate has them (an outbox).

The chain to the reporter is the desk's own: a message is sealed, numbered and kept in the
transaction of the write that causes it, so a kill never leaves a gap or a fork. Source:
spec/mailbox.md, "Messages".
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.intake.models import Mailbox, Message
from aigaq.intake.shapes import Direction
from aigaq.sealing import messages as sealed
from aigaq.sealing.mailbox_answer import Head, Heads


def get_heads(box: Mailbox) -> Heads:
    """Return both heads as the desk knows them."""
    return Heads(
        to_desk=Head(box.to_desk_sequence, bytes(box.to_desk_sha256)),
        to_reporter=Head(box.to_reporter_sequence, bytes(box.to_reporter_sha256)),
    )


def write_message(
    *, box: Mailbox, kind: str, body: Mapping[str, Any], author: Staff | None = None
) -> Message:
    """Seal the next message of the chain and keep it for delivery, in the caller's transaction.

    Raises `SealingError`: ``message.too_long``, ``message.bad_recipient``.
    """
    heads = get_heads(box)
    now = clock.now()
    message = sealed.Message(
        direction=Direction.TO_REPORTER.value,
        kind=kind,
        body=body,
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
        mailbox_key=bytes(box.key),
        first_commitment=bytes(box.first_commitment),
        sequence=heads.to_reporter.sequence + 1,
        previous=heads.to_reporter.sha256,
        heads=heads,
        sent_at=now,
    )
    ciphertext = sealed.build_message(
        message, key=accounts.get_message_key(), recipient=box.recipient
    )
    row = Message.objects.create(
        mailbox=box,
        direction=Direction.TO_REPORTER,
        sequence=message.sequence,
        kind=kind,
        body=dict(body),
        ciphertext=ciphertext,
        sha256=hashlib.sha256(ciphertext).digest(),
        previous=message.previous,
        at=now,
        kept_at=now,
        author=author,
        delivery="waiting",
    )
    box.to_reporter_sequence = row.sequence
    box.to_reporter_sha256 = row.sha256
    box.save(update_fields=["to_reporter_sequence", "to_reporter_sha256"])
    return row
