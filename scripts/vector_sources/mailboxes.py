"""Vectors of what a mailbox holds and answers: messages, alarms, answers of fixed length.

Age files are random, so each file is written once and kept.
"""

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripts.vector_sources.fixtures import (
    AT,
    LOG,
    MAILBOX,
    MESSAGE,
    OTHER_MAILBOX,
    OTHER_TEAM_ID,
    TEAM,
    TEAM_ID,
    Vector,
    b64,
    seed,
    to_file,
)
from scripts.vector_sources.log_proofs import make_proof
from scripts.vector_sources.signed import (
    FILING,
    PROMISE,
    Change,
    setting,
    sign_raw,
    within,
    without,
)

from aigaq.age import HybridIdentity, encrypt_bytes
from aigaq.clock import format_time
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.mailbox_answer import (
    NO_HASH,
    Head,
    Heads,
    HeldMessage,
    HeldPromise,
    SealedPromise,
    build_answer,
    build_answer_to_nobody,
    seal_name,
    seal_promise,
)
from aigaq.sealing.messages import (
    TO_DESK,
    TO_REPORTER,
    Message,
    build_message,
    head_of,
)
from aigaq.sealing.padding import ANSWER_STEP, MESSAGE_STEP, pad_to_step
from aigaq.sealing.receipts import build_filing_receipt, build_promise
from aigaq.sealing.signatures import public_bytes
from aigaq.sealing.signed_json import build_signed_json

FIRST_COMMITMENT = PROMISE.commitment


def build() -> dict[str, bytes]:
    """Return the files of these formats, by path under spec/vectors; new ones at each call."""
    return {
        "mailbox/messages/to-desk.json": to_file(_to_desk()),
        "mailbox/messages/to-reporter.json": to_file(_to_reporter()),
        "mailbox/alarms.json": to_file(_alarms()),
        "mailbox/answers.json": to_file(_answers()),
    }


def from_reporter(**changes: Any) -> Message:
    """Return the first message of a reporter."""
    values: dict[str, Any] = {
        "direction": TO_DESK,
        "kind": "text",
        "body": {"text": "Сәлем. Бұл үлгі."},
        "team_id": TEAM_ID,
        "mailbox_key": MAILBOX.public_key,
        "first_commitment": FIRST_COMMITMENT,
        "sequence": 1,
        "previous": NO_HASH,
        "heads": Heads(),
        "sent_at": AT,
        "sign": "c",
    }
    return Message(**(values | changes))


def from_desk(**changes: Any) -> Message:
    """Return the first message of the desk."""
    values = {"direction": TO_REPORTER, "sign": "a", "body": {"text": "Здравствуйте. Это образец."}}
    return from_reporter(**(values | changes))


def seal_for_desk(message: Message) -> bytes:
    """Return the age file of a reporter's message."""
    return build_message(message, key=MAILBOX.key, recipient=str(TEAM.recipient))


def seal_for_reporter(message: Message) -> bytes:
    """Return the age file of a desk's message."""
    return build_message(message, key=MESSAGE, recipient=MAILBOX.recipient)


def members_of(message: Message) -> dict[str, Any]:
    """Return a message as JSON says it."""
    return {
        "body": dict(message.body),
        "direction": message.direction,
        "first_commitment": message.first_commitment.hex(),
        "format": "aigaq/message/v1",
        "heads": message.heads.members(),
        "kind": message.kind,
        "mailbox_key": b64(message.mailbox_key),
        "previous": message.previous.hex(),
        "sent_at": format_time(message.sent_at),
        "sequence": message.sequence,
        "sign": message.sign,
        "team_id": message.team_id.hex(),
    }


def _crafted(
    message: Message, *changes: Change, key: Ed25519PrivateKey, to: HybridIdentity
) -> bytes:
    """Return a message whose members were changed before it was signed."""
    members = members_of(message)
    for change in changes:
        change(members)
    return _seal(build_signed_json(members, key=key), to=to)


def _seal(data: bytes, *, to: HybridIdentity) -> bytes:
    return encrypt_bytes(pad_to_step(data, step=MESSAGE_STEP), recipients=[to.recipient])


def _vector(
    name: str,
    ciphertext: bytes,
    *,
    direction: str,
    head: Head | None = None,
    message: Message | None = None,
    error: str | None = None,
) -> Vector:
    identity = TEAM if direction == TO_DESK else MAILBOX.identity
    public_key = MAILBOX.public_key if direction == TO_DESK else public_bytes(MESSAGE)
    vector: Vector = {
        "name": name,
        "ciphertext": b64(ciphertext),
        "identity": identity.secret_text(),
        "public_key": b64(public_key),
        "direction": direction,
        "team_id": TEAM_ID.hex(),
        "mailbox_key": b64(MAILBOX.public_key),
        "first_commitment": FIRST_COMMITMENT.hex(),
        "head": (head or Head()).members(),
        "error": error,
    }
    if message is not None:
        vector["message"] = members_of(message)
    return vector


def _to_desk() -> list[Vector]:
    first = from_reporter()
    sealed = seal_for_desk(first)
    head = head_of(sealed, sequence=1)
    second = from_reporter(sequence=2, previous=head.sha256, sign="a")
    report = PROMISE.report_id.hex()
    kinds = [
        ("withdraw_consent", {"consents": [0, 2], "report_id": report}),
        ("withdraw_consent", {"consents": None, "report_id": None}),
        ("request", {"action": "withdraw", "report_id": report}),
        ("request", {"action": "delete", "report_id": None}),
        ("request", {"action": "limit", "report_id": report}),
        ("text", {"text": "ә" * 4_096}),
    ]
    good = [
        _vector("the first message", sealed, direction=TO_DESK, message=first),
        _vector("the second", seal_for_desk(second), direction=TO_DESK, head=head, message=second),
    ]
    for number, (kind, body) in enumerate(kinds):
        message = from_reporter(kind=kind, body=body, sign="abcdef"[number])
        name = f"{kind} {number}, sign {message.sign}"
        good.append(_vector(name, seal_for_desk(message), direction=TO_DESK, message=message))
    bad = [
        _vector(name, data, direction=TO_DESK, head=at, error=error)
        for name, data, at, error in _refused_by_desk(first, head=head)
    ]
    return good + bad


def _refused_by_desk(first: Message, *, head: Head) -> list[tuple[str, bytes, Head, str]]:
    none, form, other = Head(), "message.bad_form", "message.other_mailbox"

    def crafted(*changes: Change, key: Ed25519PrivateKey = MAILBOX.key) -> bytes:
        return _crafted(first, *changes, key=key, to=TEAM)

    sealed = seal_for_desk(first)
    data = build_signed_json(members_of(first), key=MAILBOX.key)
    padded = pad_to_step(data, step=MESSAGE_STEP)
    doubled = data.split(b"\n", 1)[0].replace(b'"sequence":1', b'"sequence":1,"sequence":1')
    third = from_reporter(sequence=3, previous=seed("second"))
    fork = from_reporter(sequence=2, previous=seed("another first"))
    return [
        ("replayed", sealed, head, "message.repeated"),
        (
            "another text under the same number",
            crafted(setting("sign", "b")),
            head,
            "message.repeated",
        ),
        ("the third before the second", seal_for_desk(third), head, "message.out_of_order"),
        ("a second that follows another first", seal_for_desk(fork), head, "message.out_of_order"),
        ("a second where nothing was", seal_for_desk(fork), none, "message.out_of_order"),
        (
            "signed by another mailbox",
            crafted(key=OTHER_MAILBOX.key),
            none,
            "message.wrong_signature",
        ),
        ("signed by the message key", crafted(key=MESSAGE), none, "message.wrong_signature"),
        (
            "naming another mailbox",
            crafted(setting("mailbox_key", b64(OTHER_MAILBOX.public_key))),
            none,
            other,
        ),
        ("naming another team", crafted(setting("team_id", OTHER_TEAM_ID.hex())), none, other),
        (
            "naming another report",
            crafted(setting("first_commitment", seed("x").hex())),
            none,
            other,
        ),
        (
            "in the other direction",
            crafted(setting("direction", "to_reporter"), setting("sign", "a")),
            none,
            other,
        ),
        ("without a quiet sign", crafted(without("sign")), none, form),
        ("with a seventh sign", crafted(setting("sign", "g")), none, form),
        ("with an unknown member", crafted(setting("note", "x")), none, form),
        (
            "with an unknown member in its body",
            crafted(within("body", setting("x", 1))),
            none,
            form,
        ),
        ("of a kind that only the desk writes", crafted(setting("kind", "safe")), none, form),
        ("with an empty text", crafted(within("body", setting("text", ""))), none, form),
        ("with a text too long", crafted(within("body", setting("text", "a" * 8_193))), none, form),
        ("number 0", crafted(setting("sequence", 0)), none, form),
        (
            "a first that follows something",
            crafted(setting("previous", seed("x").hex())),
            none,
            form,
        ),
        ("a head without a message", crafted(setting("heads", _lying_heads())), none, form),
        (
            "a member twice, signed",
            _seal(sign_raw(doubled + b"\n", signer=MAILBOX.key), to=TEAM),
            none,
            form,
        ),
        ("to another identity", _seal(data, to=OTHER_MAILBOX.identity), none, "message.not_for_us"),
        ("with one bit changed", sealed[:-1] + bytes([sealed[-1] ^ 1]), none, "message.not_for_us"),
        ("cut", sealed[:-1], none, "message.not_for_us"),
        ("not an age file", b"hello", none, "message.not_for_us"),
        ("padding that is not zero", _seal_raw(padded[:-1] + b"\x01"), none, "message.bad_padding"),
        ("padding of another step", _seal_raw(padded + bytes(512)), none, "message.bad_padding"),
        (
            "more than 16,384 bytes",
            _seal_raw(pad_to_step(bytes(17_000), step=MESSAGE_STEP)),
            none,
            "message.bad_padding",
        ),
    ]


def _seal_raw(padded: bytes) -> bytes:
    return encrypt_bytes(padded, recipients=[TEAM.recipient])


def _lying_heads() -> dict[str, Any]:
    return {"to_desk": {"sequence": 0, "sha256": seed("x").hex()}, "to_reporter": Head().members()}


def _to_reporter() -> list[Vector]:
    report = PROMISE.report_id.hex()
    filing = build_filing_receipt(FILING, message_key=MESSAGE)
    kinds: list[tuple[str, dict[str, str]]] = [
        ("text", {"text": "Здравствуйте."}),
        ("filing_receipt", {"filing_receipt": filing}),
        ("safe", {"report_id": report}),
        ("proof", {"proof": make_proof(), "report_id": report}),
    ]
    vectors: list[Vector] = []
    for kind, body in kinds:
        message = from_desk(kind=kind, body=body)
        vectors.append(
            _vector(kind, seal_for_reporter(message), direction=TO_REPORTER, message=message)
        )
    first, to = from_desk(), MAILBOX.identity
    as_mailbox = _crafted(first, key=MAILBOX.key, to=to)
    with_sign = _crafted(first, setting("sign", "b"), key=MESSAGE, to=to)
    her_kind = _crafted(first, setting("kind", "request"), key=MESSAGE, to=to)
    proof = from_desk(kind="proof", body={"proof": make_proof(), "report_id": report})
    no_report = _crafted(proof, within("body", without("report_id")), key=MESSAGE, to=to)
    other = _crafted(
        first, setting("mailbox_key", b64(OTHER_MAILBOX.public_key)), key=MESSAGE, to=to
    )
    bad = [
        ("forged by the mailbox key", as_mailbox, "message.wrong_signature"),
        ("a desk message with a sign", with_sign, "message.bad_form"),
        ("a proof without its report", no_report, "message.bad_form"),
        ("a kind that only a reporter writes", her_kind, "message.bad_form"),
        ("meant for another mailbox", other, "message.other_mailbox"),
    ]
    vectors.extend(
        _vector(name, data, direction=TO_REPORTER, error=error) for name, data, error in bad
    )
    return vectors


def _chain(count: int, **changes: Any) -> list[bytes]:
    """Return so many desk messages that follow each other."""
    sealed: list[bytes] = []
    previous = NO_HASH
    for number in range(1, count + 1):
        message = from_desk(sequence=number, previous=previous, **changes)
        sealed.append(seal_for_reporter(message))
        previous = head_of(sealed[-1], sequence=number).sha256
    return sealed


def _alarms() -> list[Vector]:
    chain, fork = _chain(3), _chain(3)
    end = head_of(chain[2], sequence=3)
    hers = Head(sequence=2, sha256=seed("her second"))
    ahead = _chain(1, heads=Heads(to_desk=Head(sequence=3, sha256=seed("her third"))))
    differs = _chain(1, heads=Heads(to_desk=Head(sequence=2, sha256=seed("not her second"))))
    behind = _chain(1, heads=Heads(to_desk=Head(sequence=1, sha256=seed("her first"))))
    cases: list[tuple[str, Sequence[bytes], Head, bool, bool]] = [
        ("three that follow each other", chain, end, False, False),
        ("the last two", chain[1:], end, False, False),
        ("the first two, and more to come", chain[:2], end, True, False),
        ("none", [], end, False, False),
        ("the desk did not know her latest", behind, head_of(behind[0], sequence=1), False, False),
        ("the last was kept back", chain[:2], end, False, True),
        ("one in the middle was kept back", [chain[0], chain[2]], end, False, True),
        ("two in another order", [chain[1], chain[0]], end, True, True),
        ("one twice", [chain[0], chain[0]], end, True, True),
        ("a fork", [chain[0], fork[1]], head_of(fork[1], sequence=2), False, True),
        ("the head is of another message", chain, head_of(fork[2], sequence=3), False, True),
        (
            "the desk knows a message of hers that the gate denies",
            ahead,
            head_of(ahead[0], sequence=1),
            False,
            True,
        ),
        (
            "the desk knows another message under her number",
            differs,
            head_of(differs[0], sequence=1),
            False,
            True,
        ),
    ]
    return [
        {
            "name": name,
            "identity": MAILBOX.identity.secret_text(),
            "message_key": b64(public_bytes(MESSAGE)),
            "team_id": TEAM_ID.hex(),
            "mailbox_key": b64(MAILBOX.public_key),
            "first_commitment": FIRST_COMMITMENT.hex(),
            "messages": [b64(one) for one in messages],
            "heads": Heads(to_desk=hers, to_reporter=head).members(),
            "more": more,
            "error": "mailbox.alarm" if alarm else None,
        }
        for name, messages, head, more, alarm in cases
    ]


def _answers() -> list[Vector]:
    promise = HeldPromise(build_promise(PROMISE, log_key=LOG), report_id=PROMISE.report_id)
    large = [HeldMessage(bytes([number]) * 18_000, sequence=number) for number in range(1, 5)]
    heads = Heads(to_reporter=Head(sequence=4, sha256=seed("fourth")))
    full = build_answer(
        recipient=MAILBOX.recipient,
        first_commitment=FIRST_COMMITMENT,
        heads=heads,
        messages=large,
        promises=[promise],
        sent="taken",
    )
    expected = {
        "first_commitment": FIRST_COMMITMENT.hex(),
        "heads": heads.members(),
        "messages": [
            {"ciphertext": b64(one.ciphertext), "sequence": one.sequence} for one in large[:2]
        ],
        "promises": [{"promise": promise.promise, "report_id": promise.report_id.hex()}],
        "more": True,
        "sent": "taken",
    }
    sealed, kept = _answer_of_sealed(promise)
    foreign = b64(seal_promise(promise.promise, recipient=OTHER_MAILBOX.recipient))
    name = b64(seal_name(FIRST_COMMITMENT, recipient=MAILBOX.recipient))
    own = {"promise": promise.promise, "report_id": promise.report_id.hex(), "sealed": None}
    empty = _sealed_answer(_empty_answer())
    unknown = _sealed_answer(_empty_answer() | {"note": "x"})
    smaller = encrypt_bytes(
        pad_to_step(b"{}", step=MESSAGE_STEP), recipients=[MAILBOX.identity.recipient]
    )
    padded = pad_to_step(build_json(_empty_answer()), step=ANSWER_STEP)[:-1] + b"\x01"
    dirty = encrypt_bytes(padded, recipients=[MAILBOX.identity.recipient])
    refused = (None, "mailbox.bad_answer")
    cases: list[tuple[str, bytes, dict[str, Any] | None, str | None]] = [
        ("more than fits", full, expected, None),
        ("empty", empty, _expect_empty(), None),
        ("sealed to the mailbox", sealed, kept, None),
        (
            "a first commitment in both ways",
            _crafted_answer(first_commitment_sealed=name),
            *refused,
        ),
        (
            "a first commitment sealed to another mailbox",
            _crafted_answer(first_commitment=NO_HASH.hex(), first_commitment_sealed=foreign),
            *refused,
        ),
        ("a promise in both ways", _crafted_answer(promises=[own | {"sealed": name}]), *refused),
        ("a promise in neither way", _crafted_answer(promises=[own | {"promise": None}]), *refused),
        (
            "a promise sealed to another mailbox",
            _crafted_answer(promises=[own | {"promise": None, "sealed": foreign}]),
            *refused,
        ),
        (
            "to a key that the gate does not know",
            build_answer_to_nobody(),
            None,
            "mailbox.not_for_us",
        ),
        ("an unknown member", unknown, None, "mailbox.bad_answer"),
        ("another length", smaller, None, "mailbox.bad_answer"),
        ("padding that is not zero", dirty, None, "mailbox.bad_answer"),
    ]
    return [
        {
            "name": name,
            "identity": MAILBOX.identity.secret_text(),
            "answer": b64(data),
            "error": error,
        }
        | ({} if wanted is None else {"expected": wanted})
        for name, data, wanted, error in cases
    ]


def _empty_answer() -> dict[str, Any]:
    return {
        "first_commitment": FIRST_COMMITMENT.hex(),
        "first_commitment_sealed": None,
        "format": "aigaq/mailbox-answer/v1",
        "heads": Heads().members(),
        "messages": [],
        "more": False,
        "promises": [],
        "sent": "none",
    }


def _expect_empty() -> dict[str, Any]:
    left_out = ("first_commitment_sealed", "format")
    return {name: value for name, value in _empty_answer().items() if name not in left_out}


def _answer_of_sealed(promise: HeldPromise) -> tuple[bytes, dict[str, Any]]:
    """Return an answer of a mailbox whose report is safe, and what its owner reads in it."""
    sealed = SealedPromise(
        seal_promise(promise.promise, recipient=MAILBOX.recipient), promise.report_id
    )
    answer = build_answer(
        recipient=MAILBOX.recipient,
        first_commitment=NO_HASH,
        heads=Heads(),
        messages=[],
        promises=[sealed],
        sealed_name=seal_name(FIRST_COMMITMENT, recipient=MAILBOX.recipient),
    )
    read = {"promise": promise.promise, "report_id": promise.report_id.hex()}
    return answer, _expect_empty() | {"promises": [read]}


def _crafted_answer(**changes: Any) -> bytes:
    return _sealed_answer(_empty_answer() | changes)


def _sealed_answer(members: dict[str, Any]) -> bytes:
    padded = pad_to_step(build_json(members), step=ANSWER_STEP)
    return encrypt_bytes(padded, recipients=[MAILBOX.identity.recipient])
