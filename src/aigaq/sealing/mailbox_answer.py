"""The gate's answer to a mailbox request: always one length, readable by the mailbox alone.

65,536 bytes of plaintext whatever is in it, as an age file to the mailbox recipient; for a key that
the gate does not know, `build_answer_to_nobody` gives the same form to a fresh random recipient.
What names a report of the log lies at the gate sealed to the mailbox once the desk has the report
(`seal_name`, `seal_promise`); an answer carries it as it lies, and `parse_answer` opens it.
Source: spec/mailbox.md, "The reporter's one request".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aigaq.age import AgeError, HybridIdentity, HybridRecipient, decrypt_bytes, encrypt_bytes
from aigaq.sealing.age_files import age_file_size, parse_hybrid_recipient
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.mailbox_requests import MAXIMUM_CIPHERTEXT_BYTES
from aigaq.sealing.padding import ANSWER_STEP, LENGTH_BYTES, pad_to_step, unpad_from_step
from aigaq.sealing.receipts import MAXIMUM_TEXT_BYTES

FORMAT = "aigaq/mailbox-answer/v1"
ANSWER_BYTES = age_file_size(ANSWER_STEP)
ROOM_BYTES = ANSWER_STEP - LENGTH_BYTES
PROMISES_ROOM_BYTES = 16_384
SENT = ("taken", "out_of_order", "none")
NO_HASH = bytes(32)


@dataclass(frozen=True)
class Head:
    """The last message of a direction: its sequence number and the SHA-256 of its age file."""

    sequence: int = 0
    sha256: bytes = NO_HASH

    def members(self) -> dict[str, Any]:
        """Return the head as JSON says it."""
        return {"sequence": self.sequence, "sha256": self.sha256.hex()}


@dataclass(frozen=True)
class Heads:
    """The heads of both directions."""

    to_desk: Head = Head()
    to_reporter: Head = Head()

    def members(self) -> dict[str, Any]:
        """Return both heads as JSON says them."""
        return {"to_desk": self.to_desk.members(), "to_reporter": self.to_reporter.members()}


@dataclass(frozen=True)
class HeldMessage:
    """A message that waits for the reporter: the age file and its place in the chain."""

    ciphertext: bytes
    sequence: int


@dataclass(frozen=True)
class HeldPromise:
    """A promise that waits for the reporter, as signed text."""

    promise: str
    report_id: bytes


@dataclass(frozen=True)
class SealedPromise:
    """A promise that waits for the reporter, as an age file that she alone opens."""

    sealed: bytes
    report_id: bytes


@dataclass(frozen=True)
class MailboxAnswer:
    """What a mailbox holds at this moment, as far as it fits into one answer."""

    first_commitment: bytes
    heads: Heads
    messages: tuple[HeldMessage, ...]
    promises: tuple[HeldPromise, ...]
    more: bool
    sent: str


def read_heads(form: Form, name: str) -> Heads:
    """Return the member ``name`` of a form as a pair of heads."""
    pair = form.form(name, names=("to_desk", "to_reporter"))
    return Heads(to_desk=read_head(pair, "to_desk"), to_reporter=read_head(pair, "to_reporter"))


def read_head(form: Form, name: str) -> Head:
    """Return the member ``name`` of a form as a head; none is sequence 0 and zeros."""
    inner = form.form(name, names=("sequence", "sha256"))
    head = Head(sequence=inner.integer("sequence"), sha256=inner.hex("sha256"))
    if (head.sequence == 0) != (head.sha256 == NO_HASH):
        raise form.fault()
    return head


def build_answer(
    *,
    recipient: str,
    first_commitment: bytes,
    heads: Heads,
    messages: Sequence[HeldMessage],
    promises: Sequence[HeldPromise | SealedPromise],
    sent: str = "none",
    sealed_name: bytes | None = None,
) -> bytes:
    """Return the age file of `ANSWER_BYTES` that answers a mailbox request.

    ``sealed_name`` stands for a first commitment that lies sealed (`NO_HASH` then). ``messages``
    and ``promises`` are the waiting ones, oldest first; as many as fit are put in.
    Raises `SealingError` (``mailbox.bad_recipient``).
    """
    to = parse_hybrid_recipient(recipient, code="mailbox.bad_recipient")
    return _encrypt(
        _fit(
            first_commitment=first_commitment,
            heads=heads,
            messages=messages,
            promises=promises,
            sent=sent,
            sealed_name=sealed_name,
        ),
        recipient=to,
    )


def seal_name(first_commitment: bytes, *, recipient: str) -> bytes:
    """Return the first commitment of a mailbox sealed to it.

    Raises `SealingError` (``mailbox.bad_recipient``).
    """
    to = parse_hybrid_recipient(recipient, code="mailbox.bad_recipient")
    return encrypt_bytes(first_commitment, recipients=[to])


def seal_promise(promise: str, *, recipient: str) -> bytes:
    """Return a promise sealed to its mailbox. Raises `SealingError` (``mailbox.bad_recipient``)."""
    to = parse_hybrid_recipient(recipient, code="mailbox.bad_recipient")
    return encrypt_bytes(promise.encode("utf-8"), recipients=[to])


def build_answer_to_nobody(*, sent: str = "none") -> bytes:
    """Return an answer of the same form and length that nobody can read."""
    empty = _fit(first_commitment=NO_HASH, heads=Heads(), messages=(), promises=(), sent=sent)
    return _encrypt(empty, recipient=HybridIdentity.generate().recipient)


def parse_answer(data: bytes, *, identity: HybridIdentity) -> MailboxAnswer:
    """Return the answer in ``data``. Raises `SealingError` (``mailbox.bad_answer``).

    An answer to an unknown key looks the same as one that was tampered with: neither opens, which
    is the code ``mailbox.not_for_us``.
    """
    if len(data) != ANSWER_BYTES:
        raise SealingError("mailbox.bad_answer")
    try:
        padded = decrypt_bytes(data, identities=[identity])
    except AgeError:
        raise SealingError("mailbox.not_for_us") from None
    try:
        members = parse_json(unpad_from_step(padded, step=ANSWER_STEP))
    except SealingError:
        raise SealingError("mailbox.bad_answer") from None
    return _read_answer(members, identity=identity)


def _fit(
    *,
    first_commitment: bytes,
    heads: Heads,
    messages: Sequence[HeldMessage],
    promises: Sequence[HeldPromise | SealedPromise],
    sent: str,
    sealed_name: bytes | None = None,
) -> bytes:
    """Return the JSON of the answer with as many promises and messages as fit."""
    fitting_promises = _take(list(map(_promise_members, promises)), room=PROMISES_ROOM_BYTES)
    members: dict[str, Any] = {
        "first_commitment": first_commitment.hex(),
        "first_commitment_sealed": None if sealed_name is None else encode_base64(sealed_name),
        "format": FORMAT,
        "heads": heads.members(),
        "messages": [],
        "more": False,  # Longer than true: what fits beside it fits in either case.
        "promises": fitting_promises,
        "sent": sent,
    }
    message_texts = [
        {"ciphertext": encode_base64(one.ciphertext), "sequence": one.sequence} for one in messages
    ]
    members["messages"] = _take(message_texts, room=ROOM_BYTES - len(build_json(members)))
    members["more"] = len(fitting_promises) < len(promises) or len(members["messages"]) < len(
        messages
    )
    return build_json(members)


def _promise_members(one: HeldPromise | SealedPromise) -> dict[str, Any]:
    members = {"promise": None, "report_id": one.report_id.hex(), "sealed": None}
    if isinstance(one, SealedPromise):
        return {**members, "sealed": encode_base64(one.sealed)}
    return {**members, "promise": one.promise}


def _take(values: Sequence[dict[str, Any]], *, room: int) -> list[dict[str, Any]]:
    """Return the first of ``values`` that fit into ``room`` bytes, a comma behind each."""
    taken: list[dict[str, Any]] = []
    for value in values:
        room -= len(build_json(value)) + 1
        if room < 0:
            break
        taken.append(value)
    return taken


def _encrypt(content: bytes, *, recipient: HybridRecipient) -> bytes:
    return encrypt_bytes(pad_to_step(content, step=ANSWER_STEP), recipients=[recipient])


def _read_answer(members: dict[str, Any], *, identity: HybridIdentity) -> MailboxAnswer:
    names = (
        "first_commitment",
        "first_commitment_sealed",
        "format",
        "heads",
        "messages",
        "more",
        "promises",
        "sent",
    )
    form = Form(members, names=names, code="mailbox.bad_answer")
    form.choice("format", among=(FORMAT,))
    messages = form.forms("messages", names=("ciphertext", "sequence"), maximum=1_000)
    promises = form.forms("promises", names=("promise", "report_id", "sealed"), maximum=1_000)
    return MailboxAnswer(
        first_commitment=_read_name(form, identity=identity),
        heads=read_heads(form, "heads"),
        messages=tuple(
            HeldMessage(
                ciphertext=one.ciphertext("ciphertext", maximum_bytes=MAXIMUM_CIPHERTEXT_BYTES),
                sequence=one.integer("sequence", minimum=1),
            )
            for one in messages
        ),
        promises=tuple(
            HeldPromise(_read_promise(one, identity=identity), one.hex("report_id"))
            for one in promises
        ),
        more=form.boolean("more"),
        sent=form.choice("sent", among=SENT),
    )


def _read_name(form: Form, *, identity: HybridIdentity) -> bytes:
    """Return the first commitment, opened if it is sealed; then none stands beside it."""
    plain = form.hex("first_commitment")
    if form.is_null("first_commitment_sealed"):
        return plain
    opened = _open_sealed(form, "first_commitment_sealed", identity=identity)
    if plain != NO_HASH or len(opened) != len(NO_HASH):
        raise form.fault()
    return opened


def _read_promise(form: Form, *, identity: HybridIdentity) -> str:
    """Return a promise's text, opened if it is sealed; it is there in one of the two ways."""
    if form.is_null("sealed"):
        return form.text("promise", maximum_bytes=MAXIMUM_TEXT_BYTES)
    opened = _open_sealed(form, "sealed", identity=identity)
    if not form.is_null("promise") or len(opened) > MAXIMUM_TEXT_BYTES:
        raise form.fault()
    try:
        return opened.decode("utf-8")
    except UnicodeDecodeError:
        raise form.fault() from None


def _open_sealed(form: Form, name: str, *, identity: HybridIdentity) -> bytes:
    sealed = form.ciphertext(name, maximum_bytes=PROMISES_ROOM_BYTES)
    try:
        return decrypt_bytes(sealed, identities=[identity])
    except AgeError:
        raise form.fault() from None
