"""Messages between reporter and desk: signed, chained, padded, each an age file.

Each direction is a chain of its own: a message names its sequence number and the SHA-256 of the age
file before it. `open_message` answers who wrote it and for which mailbox, `check_order` where it
stands; only what passes both may be acted on. Source: spec/mailbox.md, "Messages".
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.age import AgeError, HybridIdentity, decrypt_bytes, encrypt_bytes
from aigaq.clock import format_time
from aigaq.sealing.age_files import parse_hybrid_recipient
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.mailbox_answer import NO_HASH, Head, Heads, read_heads
from aigaq.sealing.mailbox_requests import MAXIMUM_CIPHERTEXT_BYTES
from aigaq.sealing.padding import LENGTH_BYTES, MESSAGE_STEP, pad_to_step, unpad_from_step
from aigaq.sealing.receipts import MAXIMUM_TEXT_BYTES
from aigaq.sealing.signed_json import build_signed_json, parse_signed_json

FORMAT = "aigaq/message/v1"
TO_DESK, TO_REPORTER = "to_desk", "to_reporter"
MAXIMUM_PADDED_BYTES = 16_384
TEXT_BYTES = 8_192
PROOF_BYTES = 16_000
SIGNS = ("a", "b", "c", "d", "e", "f")
DESK_SIGN = "a"
DESK_KINDS = ("text", "filing_receipt", "safe", "proof", "rebind")
REPORTER_KINDS = ("text", "withdraw_consent", "request")
ACTIONS = ("withdraw", "delete", "limit")
NAMES = (
    "body",
    "direction",
    "first_commitment",
    "format",
    "heads",
    "kind",
    "mailbox_key",
    "previous",
    "sent_at",
    "sequence",
    "sign",
    "team_id",
)


@dataclass(frozen=True)
class Message:
    """One message. ``body`` has the members that its kind prescribes, as JSON says them."""

    direction: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    team_id: bytes
    mailbox_key: bytes
    first_commitment: bytes
    sequence: int
    previous: bytes
    heads: Heads
    sent_at: datetime
    sign: str = DESK_SIGN


def build_message(message: Message, *, key: Ed25519PrivateKey, recipient: str) -> bytes:
    """Return the age file of a message, signed by ``key``: the message key or the mailbox key.

    Raises `SealingError`: ``message.too_long``; ``message.bad_form`` if a reader would refuse it;
    ``message.bad_recipient``.
    """
    members = {
        "body": dict(message.body),
        "direction": message.direction,
        "first_commitment": message.first_commitment.hex(),
        "format": FORMAT,
        "heads": message.heads.members(),
        "kind": message.kind,
        "mailbox_key": encode_base64(message.mailbox_key),
        "previous": message.previous.hex(),
        "sent_at": format_time(message.sent_at),
        "sequence": message.sequence,
        "sign": message.sign,
        "team_id": message.team_id.hex(),
    }
    data = build_signed_json(members, key=key)
    if len(data) + LENGTH_BYTES > MAXIMUM_PADDED_BYTES:
        raise SealingError("message.too_long")
    _read_message(members)
    to = parse_hybrid_recipient(recipient, code="message.bad_recipient")
    return encrypt_bytes(pad_to_step(data, step=MESSAGE_STEP), recipients=[to])


def open_message(
    ciphertext: bytes,
    *,
    identities: Sequence[HybridIdentity],
    public_key: bytes,
    direction: str,
    team_id: bytes,
    mailbox_key: bytes,
    first_commitment: bytes | None,
) -> Message:
    """Return the message in an age file, if its writer and its mailbox are the expected ones.

    ``first_commitment`` None stands for a phone that has only the code and does not know it.
    Raises `SealingError`: ``message.not_for_us``, ``message.bad_padding``, ``message.bad_form``,
    ``message.wrong_signature``, ``message.other_mailbox``.
    """
    return read_message(
        decrypt_message(ciphertext, identities=identities),
        public_key=public_key,
        direction=direction,
        team_id=team_id,
        mailbox_key=mailbox_key,
        first_commitment=first_commitment,
    )


def read_message(
    data: bytes,
    *,
    public_key: bytes,
    direction: str,
    team_id: bytes,
    mailbox_key: bytes,
    first_commitment: bytes | None,
) -> Message:
    """Return the message that a signed text says; see `open_message` for what is expected.

    Raises `SealingError`: ``message.bad_form``, ``message.wrong_signature``,
    ``message.other_mailbox``.
    """
    try:
        signed = parse_signed_json(data, format_name=FORMAT)
    except SealingError:
        raise SealingError("message.bad_form") from None
    try:
        signed.check(public_key=public_key)
    except SealingError:
        raise SealingError("message.wrong_signature") from None
    message = _read_message(signed.members)
    known = (direction, team_id, mailbox_key, first_commitment or message.first_commitment)
    named = (message.direction, message.team_id, message.mailbox_key, message.first_commitment)
    if named != known:
        raise SealingError("message.other_mailbox")
    return message


def head_of(ciphertext: bytes, *, sequence: int) -> Head:
    """Return the head of a direction whose last message is ``ciphertext``."""
    return Head(sequence=sequence, sha256=hashlib.sha256(ciphertext).digest())


def check_order(message: Message, *, head: Head) -> None:
    """Raise `SealingError` unless ``message`` follows the last one of its direction.

    Codes: ``message.repeated`` (a number that was there), ``message.out_of_order``.
    """
    if message.sequence <= head.sequence:
        raise SealingError("message.repeated")
    if message.sequence != head.sequence + 1 or message.previous != head.sha256:
        raise SealingError("message.out_of_order")


def check_desk_messages(
    opened: Sequence[tuple[bytes, Message]], *, heads: Heads, more: bool
) -> None:
    """Raise `SealingError` (``mailbox.alarm``) if gate and desk contradict each other.

    ``opened`` are the unread desk messages in order, each with its age file; ``heads`` and ``more``
    are what the gate said with them.
    """
    chain = [(head_of(data, sequence=message.sequence), message) for data, message in opened]
    for (before, _), (_, after) in pairwise(chain):
        if after.sequence != before.sequence + 1 or after.previous != before.sha256:
            raise SealingError("mailbox.alarm")
    if chain and not more and chain[-1][0] != heads.to_reporter:
        raise SealingError("mailbox.alarm")
    for _, message in chain:
        _check_known_heads(message, heads=heads)


def _check_known_heads(message: Message, *, heads: Heads) -> None:
    """Compare what the desk knew of her messages with what the gate says of them."""
    known, told = message.heads.to_desk, heads.to_desk
    ahead = known.sequence > told.sequence
    if ahead or (known.sequence == told.sequence and known.sha256 != told.sha256):
        raise SealingError("mailbox.alarm")


def decrypt_message(ciphertext: bytes, *, identities: Sequence[HybridIdentity]) -> bytes:
    """Return the signed text in an age file, unread: what can be shown as proof later.

    Raises `SealingError`: ``message.not_for_us``, ``message.bad_padding``, ``message.bad_form``.
    """
    if len(ciphertext) > MAXIMUM_CIPHERTEXT_BYTES:
        raise SealingError("message.bad_form")
    try:
        padded = decrypt_bytes(ciphertext, identities=identities)
    except AgeError:
        raise SealingError("message.not_for_us") from None
    if len(padded) > MAXIMUM_PADDED_BYTES:
        raise SealingError("message.bad_padding")
    try:
        return unpad_from_step(padded, step=MESSAGE_STEP)
    except SealingError:
        raise SealingError("message.bad_padding") from None


def _read_message(members: Mapping[str, Any]) -> Message:
    form = Form(dict(members), names=NAMES, code="message.bad_form")
    direction = form.choice("direction", among=(TO_DESK, TO_REPORTER))
    kinds, signs = (
        (DESK_KINDS, (DESK_SIGN,)) if direction == TO_REPORTER else (REPORTER_KINDS, SIGNS)
    )
    kind = form.choice("kind", among=kinds)
    message = Message(
        direction=direction,
        kind=kind,
        body=_read_body(form, kind=kind),
        team_id=form.hex("team_id", length=16),
        mailbox_key=form.base64("mailbox_key"),
        first_commitment=form.hex("first_commitment"),
        sequence=form.integer("sequence", minimum=1),
        previous=form.hex("previous"),
        heads=read_heads(form, "heads"),
        sent_at=form.time("sent_at"),
        sign=form.choice("sign", among=signs),
    )
    if (message.sequence == 1) != (message.previous == NO_HASH):
        raise form.fault()
    return message


def _read_body(form: Form, *, kind: str) -> Mapping[str, Any]:
    """Check that the body is that of its kind, and return it as it is."""
    if kind == "text":
        body = form.form("body", names=("text",))
        body.text("text", maximum_bytes=TEXT_BYTES, minimum_bytes=1)
    elif kind in ("filing_receipt", "rebind"):
        body = form.form("body", names=(kind,))
        body.text(kind, maximum_bytes=2 * MAXIMUM_TEXT_BYTES, minimum_bytes=1)
    elif kind == "safe":
        body = form.form("body", names=("report_id",))
        body.hex("report_id")
    elif kind == "proof":
        body = form.form("body", names=("proof", "report_id"))
        body.text("proof", maximum_bytes=PROOF_BYTES, minimum_bytes=1)
        body.hex("report_id")
    elif kind == "withdraw_consent":
        body = form.form("body", names=("consents", "report_id"))
        if not body.is_null("consents"):
            body.integers("consents", maximum=1_000)
        _check_report_id(body)
    else:
        body = form.form("body", names=("action", "report_id"))
        body.choice("action", among=ACTIONS)
        _check_report_id(body)
    return body.members


def _check_report_id(body: Form) -> None:
    """A report id, or null for every report of the mailbox."""
    if not body.is_null("report_id"):
        body.hex("report_id")
