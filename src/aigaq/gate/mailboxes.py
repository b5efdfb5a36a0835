"""Mailboxes: the reporter's one request, and what the desk puts in.

A key that the gate does not know, and a dead mailbox, are answered as an empty mailbox is: same
status, headers, length and steps, at the next full 50 ms. What she sent is never given back; what
she confirms is erased. Source: ``spec/mailbox.md``; PROTOCOL 17-20, 34.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from starlette.requests import Request

from aigaq.age import HybridIdentity
from aigaq.gate.answers import Answer, bytes_answer
from aigaq.gate.errors import GateError
from aigaq.gate.gate import Gate
from aigaq.gate.signed_requests import read_reporter_request
from aigaq.gate.tables import mailboxes, messages, promises
from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_answer import (
    NO_HASH,
    Head,
    Heads,
    HeldMessage,
    HeldPromise,
    SealedPromise,
    build_answer,
)
from aigaq.sealing.mailbox_requests import (
    MAXIMUM_REQUEST_BYTES,
    MailboxRequest,
    MessageToSend,
    parse_mailbox_request,
)

TO_DESK, TO_REPORTER = "to_desk", "to_reporter"
# What was sent to the desk from a mailbox that died and whose key is used again: its numbers are
# those of another chain.
TO_DESK_BEFORE = "to_desk_before"
ANSWER_STEP_SECONDS = 0.05
# More than fit into one answer; one beyond that makes the answer say "more".
_LOOKED_AT = 25


@dataclass(frozen=True)
class Contents:
    """What a mailbox holds for its owner at this moment; without a recipient, nobody's."""

    recipient: str | None
    first_commitment: bytes
    sealed_name: bytes | None
    heads: Heads
    messages: Sequence[HeldMessage]
    promised: Sequence[Any]
    sent: str


async def answer_mailbox(gate: Gate, request: Request) -> Answer:
    """Do what the owner of a mailbox asks, if there is one, and answer in 65,536 sealed bytes."""
    began = time.monotonic()
    key, body = await read_reporter_request(gate, request, limit=MAXIMUM_REQUEST_BYTES)
    asked = parse_mailbox_request(body)
    if asked.send is not None:
        gate.check_space_for_text(len(asked.send.ciphertext))
    now = gate.now_seconds()
    contents = await gate.write(
        lambda connection: _exchange(connection, key=key, asked=asked, now=now)
    )
    answer = await gate.on_reading_thread(lambda: _seal(gate, contents))
    late = (time.monotonic() - began) % ANSWER_STEP_SECONDS
    await asyncio.sleep(ANSWER_STEP_SECONDS - late)
    return bytes_answer(answer)


def _seal(gate: Gate, contents: Contents) -> bytes:
    """Return the answer; a decoy recipient is made every time, so that both ways cost the same."""
    decoy = str(HybridIdentity.generate().recipient)
    held = [_read_promise(gate, row) for row in contents.promised]

    def build(recipient: str) -> bytes:
        return build_answer(
            recipient=recipient,
            first_commitment=contents.first_commitment,
            heads=contents.heads,
            messages=contents.messages,
            promises=held,
            sent=contents.sent,
            sealed_name=contents.sealed_name,
        )

    try:
        return build(contents.recipient or decoy)
    except SealingError:  # A header named a recipient that is none: nobody can read its mailbox.
        return build(decoy)


def _read_promise(gate: Gate, row: Any) -> HeldPromise | SealedPromise:
    if row.sealed is not None:
        return SealedPromise(row.sealed, row.report_id)
    text = gate.cards.promise(
        report_id=row.report_id, commitment=row.commitment, received_at=row.received_at
    )
    return HeldPromise(text, row.report_id)


def _exchange(connection: Connection, *, key: bytes, asked: MailboxRequest, now: int) -> Contents:
    """Erase what she confirms, take what she sends, and return what waits."""
    box = find_mailbox(connection, key)
    if box is None or (box.is_dead and not box.is_reused):
        sent = "none" if asked.send is None else "out_of_order"
        return Contents(None, NO_HASH, None, Heads(), (), (), sent)
    if asked.confirm:
        connection.execute(
            delete(messages).where(
                messages.c.mailbox_key == key,
                messages.c.direction == TO_REPORTER,
                messages.c.sequence.in_(asked.confirm),
            )
        )
    if asked.confirm_promises:
        connection.execute(
            delete(promises).where(
                promises.c.mailbox_key == key,
                promises.c.report_id.in_(asked.confirm_promises),
            )
        )
    heads = heads_of(box)
    sent = "none"
    if asked.send is not None:
        sent, head = add_message(
            connection,
            key=key,
            direction=TO_DESK,
            head=heads.to_desk,
            message=asked.send,
            now=now,
        )
        # A repeated message is one that she sent before and whose answer was lost.
        heads = Heads(to_desk=head, to_reporter=heads.to_reporter)
        sent = "taken" if sent == "repeated" else sent
    return Contents(
        recipient=box.recipient,
        first_commitment=box.first_commitment,
        sealed_name=box.first_commitment_sealed,
        heads=heads,
        messages=_list_unread(connection, key),
        promised=_list_promised(connection, key),
        sent=sent,
    )


def add_message(
    connection: Connection,
    *,
    key: bytes,
    direction: str,
    head: Head,
    message: MessageToSend,
    now: int,
) -> tuple[str, Head]:
    """Append ``message`` to the chain if it continues it; return what happened and the new head.

    What happened is ``taken``, ``repeated`` (it is the head already) or ``out_of_order``.
    """
    sha256 = hashlib.sha256(message.ciphertext).digest()
    if (message.sequence, sha256) == (head.sequence, head.sha256):
        return "repeated", head
    if message.sequence != head.sequence + 1 or message.previous != head.sha256:
        return "out_of_order", head
    connection.execute(
        insert(messages).values(
            mailbox_key=key,
            direction=direction,
            sequence=message.sequence,
            previous=message.previous,
            ciphertext=message.ciphertext,
            received_at=now,
        )
    )
    connection.execute(
        update(mailboxes)
        .where(mailboxes.c.key == key)
        .values({f"{direction}_sequence": message.sequence, f"{direction}_sha256": sha256})
    )
    return "taken", Head(message.sequence, sha256)


def find_mailbox(connection: Connection, key: bytes) -> Row[tuple[object, ...]] | None:
    """Return the row of the mailbox that ``key`` names, alive or dead."""
    return connection.execute(select(mailboxes).where(mailboxes.c.key == key)).first()


def access_mailbox(connection: Connection, key: bytes) -> Row[tuple[object, ...]]:
    """Return a living mailbox, for the desk. Raises ``mailbox.unknown`` or ``mailbox.dead``."""
    box = find_mailbox(connection, key)
    if box is None:
        raise GateError("mailbox.unknown")
    if box.is_dead:
        raise GateError("mailbox.dead")
    return box


def reuse_mailbox(connection: Connection, fresh: dict[str, object]) -> None:
    """Make a fresh mailbox in place of a dead one whose key was used, so that nothing tells them.

    ``fresh`` are the columns of a new mailbox. For the desk it stays dead.
    """
    key = fresh["key"]
    kept = {"is_dead": True, "is_reused": True, "first_commitment_sealed": None}
    connection.execute(update(mailboxes).where(mailboxes.c.key == key).values({**fresh, **kept}))
    sent_before = (messages.c.mailbox_key == key, messages.c.direction == TO_DESK)
    connection.execute(update(messages).where(*sent_before).values(direction=TO_DESK_BEFORE))


def list_unread_sequences(connection: Connection, key: bytes) -> list[int]:
    """Return the numbers of the desk's messages that wait in a mailbox, rising."""
    of_desk = (messages.c.mailbox_key == key, messages.c.direction == TO_REPORTER)
    waiting = select(messages.c.sequence).where(*of_desk).order_by(messages.c.sequence)
    return list(connection.scalars(waiting))


def heads_of(box: Row[tuple[object, ...]]) -> Heads:
    """Return the heads that a mailbox's row holds."""
    return Heads(
        to_desk=Head(box.to_desk_sequence, box.to_desk_sha256),
        to_reporter=Head(box.to_reporter_sequence, box.to_reporter_sha256),
    )


def _list_unread(connection: Connection, key: bytes) -> list[HeldMessage]:
    rows = connection.execute(
        select(messages.c.ciphertext, messages.c.sequence)
        .where(messages.c.mailbox_key == key, messages.c.direction == TO_REPORTER)
        .order_by(messages.c.sequence)
        .limit(_LOOKED_AT)
    )
    return [HeldMessage(row.ciphertext, row.sequence) for row in rows]


def _list_promised(connection: Connection, key: bytes) -> Sequence[Any]:
    query = select(
        promises.c.report_id, promises.c.commitment, promises.c.received_at, promises.c.sealed
    )
    return connection.execute(
        query.where(promises.c.mailbox_key == key)
        .order_by(promises.c.received_at, promises.c.report_id)
        .limit(_LOOKED_AT)
    ).all()
