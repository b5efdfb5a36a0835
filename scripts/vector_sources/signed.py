"""Vectors of what is signed and not encrypted: card, receipts, mailbox requests, rebinding."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripts.vector_sources.fixtures import (
    AT,
    CARD,
    DESK,
    GATE_ORIGIN,
    LOG,
    LOG_ORIGIN,
    MAILBOX,
    MESSAGE,
    OTHER_MAILBOX,
    OTHER_TEAM_ID,
    ROOT,
    TEAM_ID,
    Vector,
    b64,
    card_bytes,
    key,
    seed,
    to_file,
)
from scripts.vector_sources.log_proofs import list_log_proofs, make_proof
from scripts.vector_sources.plain import sample_manifest

from aigaq.age import X25519Identity
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.card import build_card
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.mailbox_requests import (
    DESK_LABEL,
    EXPIRY_HEADER,
    NONCE_HEADER,
    REPORTER_LABEL,
    SIGNATURE_HEADER,
    MailboxRequest,
    MessageToSend,
    RequestTarget,
    build_mailbox_request,
    sign_request,
)
from aigaq.sealing.rebinding import Rebind, build_rebind
from aigaq.sealing.receipts import (
    FilingReceipt,
    Promise,
    ReceiptFile,
    build_filing_receipt,
    build_promise,
    build_receipt_file,
)
from aigaq.sealing.signatures import public_bytes
from aigaq.sealing.signed_json import build_signed_json

Change = Callable[[dict[str, Any]], None]


def build() -> dict[str, bytes]:
    """Return the files of these formats, by path under spec/vectors."""
    return {
        "card/cards.json": to_file(_cards()),
        "card/fingerprints.json": to_file(_fingerprints()),
        "receipts/promises.json": to_file(_promises()),
        "receipts/filing-receipts.json": to_file(_filing_receipts()),
        "receipts/receipt-files.json": to_file(_receipt_files()),
        "receipts/log-proofs.json": to_file(list_log_proofs()),
        "mailbox/requests.json": to_file(_requests()),
        "mailbox/request-bodies.json": to_file(_request_bodies()),
        "mailbox/rebinds.json": to_file(_rebinds()),
    }


def resign(signed: bytes, *, signer: Ed25519PrivateKey, change: Change) -> bytes:
    """Return signed JSON whose members were changed by ``change`` and signed again."""
    members = json.loads(signed.split(b"\n", 1)[0])
    change(members)
    return build_signed_json(members, key=signer)


def sign_raw(signed_bytes: bytes, *, signer: Ed25519PrivateKey) -> bytes:
    """Sign bytes as they are, whatever their form."""
    return signed_bytes + base64.b64encode(signer.sign(signed_bytes)) + b"\n"


def setting(name: str, value: Any) -> Change:
    """Return a change that sets one member."""

    def change(members: dict[str, Any]) -> None:
        members[name] = value

    return change


def without(name: str) -> Change:
    """Return a change that takes one member away."""

    def change(members: dict[str, Any]) -> None:
        del members[name]

    return change


def within(outer: str, inner: Change, *, index: int | None = None) -> Change:
    """Return a change of an object that stands in member ``outer``, or in a list there."""

    def change(members: dict[str, Any]) -> None:
        inner(members[outer] if index is None else members[outer][index])

    return change


def _cards() -> list[Vector]:
    good = card_bytes()
    live = build_card(replace(CARD, state="live", services=(), windows=()), root_key=ROOT)
    witnessed = build_card(
        replace(CARD, cosigners=({"name": "a"},), timestamp_authorities=({"url": "b"},)),
        root_key=ROOT,
    )
    x25519 = str(X25519Identity(seed("x25519")).recipient)
    form = "card.bad_form"
    changes: list[tuple[str, Change, str]] = [
        ("an unknown member", setting("motto", "x"), form),
        ("a missing member", without("fetch_key"), form),
        ("an unknown member of a service", within("services", setting("x", 1), index=0), form),
        ("a language that we do not speak", setting("languages", ["en", "de"]), form),
        ("a language twice", setting("languages", ["en", "en"]), form),
        ("no language", setting("languages", []), form),
        ("a text in two languages only", within("names", without("kk")), form),
        ("an empty text", within("names", setting("kk", "")), form),
        ("a team recipient of another kind", setting("team_recipient", x25519), form),
        ("a team recipient with a letter changed", _change_recipient, form),
        ("a key of 31 bytes", setting("log_key", b64(bytes(31))), form),
        ("a key of small order", setting("message_key", b64(bytes(32))), form),
        ("a team id of 15 bytes", setting("team_id", "00" * 15), form),
        ("a team id in upper case", setting("team_id", TEAM_ID.hex().upper()), form),
        ("version 0", setting("version", 0), form),
        ("a version that is a text", setting("version", "3"), form),
        ("a version that is true", setting("version", True), form),
        ("a state that is neither trial nor live", setting("state", "test"), form),
        ("a time without a zone", setting("signed_at", "2026-05-04T09:00:00"), form),
        ("a time with a fraction", setting("signed_at", "2026-05-04T09:00:00.0Z"), form),
        ("a time of a month that is not", setting("signed_at", "2026-13-04T09:00:00Z"), form),
        ("a time with short numbers", setting("signed_at", "2026-5-04T09:00:00Z"), form),
        ("an exit that runs script", setting("exit_url", "javascript:alert(1)"), form),
        ("an exit without TLS", setting("exit_url", "http://weather.example/"), form),
        ("an origin with a path", setting("gate_origin", "https://gate.example/a"), form),
        ("an origin with a user", setting("gate_origin", "https://a@gate.example"), form),
        ("a number with letters", within("services", setting("number", "1a"), index=0), form),
        (
            "an unknown police_learns",
            within("services", setting("police_learns", "?"), index=0),
            form,
        ),
        ("more than 64 KiB", within("names", setting("kk", "ә" * 40_000)), form),
        ("another format", setting("format", "aigaq/card/v2"), form),
        (
            "another root key inside",
            setting("root_key", b64(public_bytes(key("root 2")))),
            "card.other_root",
        ),
    ]
    other_root = build_card(CARD, root_key=key("root 2"))
    body = good.split(b"\n", 1)[0]
    doubled = body.replace(b'"version":3', b'"version":3,"version":3')
    cases: list[tuple[str, bytes, str | None]] = [
        ("good", good, None),
        ("live, without services", live, None),
        ("with cosigners and authorities", witnessed, None),
        ("under another root", other_root, "card.other_root"),
        ("a letter changed after signing", good.replace(b"/log", b"/lag"), "card.wrong_signature"),
        ("signed by another key", _sign_with_other(good), "card.wrong_signature"),
        ("a member twice, signed", sign_raw(doubled + b"\n", signer=ROOT), form),
        ("not canonical, signed", sign_raw(body[:-1] + b" }\n", signer=ROOT), form),
        ("something behind", good + b"\n", form),
        ("nothing", b"", form),
        *(
            (name, resign(good, signer=ROOT, change=change), error)
            for name, change, error in changes
        ),
    ]
    root = b64(public_bytes(ROOT))
    vectors: list[Vector] = [
        {"name": name, "card": b64(data), "root_key": root, "team_id": None, "seen_version": 0}
        | ({"version": CARD.version} if error is None else {"error": error})
        for name, data, error in cases
    ]
    known: list[tuple[str, bytes, int, str | None]] = [
        ("of the team that was known", TEAM_ID, 3, None),
        ("one version further", TEAM_ID, 2, None),
        ("older than one that was seen", TEAM_ID, 4, "card.older"),
        ("of another team under the same root", OTHER_TEAM_ID, 0, "card.other_team"),
    ]
    vectors.extend(
        {
            "name": name,
            "card": b64(good),
            "root_key": root,
            "team_id": team.hex(),
            "seen_version": seen,
        }
        | ({"version": CARD.version} if error is None else {"error": error})
        for name, team, seen, error in known
    )
    return vectors


def _change_recipient(members: dict[str, Any]) -> None:
    text = members["team_recipient"]
    members["team_recipient"] = text[:-1] + ("q" if text[-1] != "q" else "p")


def _sign_with_other(good: bytes) -> bytes:
    return sign_raw(good.split(b"\n", 1)[0] + b"\n", signer=key("root 2"))


def _fingerprints() -> list[Vector]:
    keys = [public_bytes(ROOT), public_bytes(key("root 2")), bytes(32), b"\xff" * 32]
    return [
        {
            "name": f"key {one.hex()[:8]}",
            "root_key": b64(one),
            "fingerprint": format_fingerprint(one),
        }
        for one in keys
    ]


PROMISE = Promise(
    commitment=sample_manifest().commitment(),
    report_id=seed("report"),
    team_id=TEAM_ID,
    log_origin=LOG_ORIGIN,
    maximum_delay_seconds=86_400,
    promised_at=AT,
)
FILING = FilingReceipt(
    commitment=PROMISE.commitment,
    report_id=PROMISE.report_id,
    team_id=TEAM_ID,
    register_number=12,
    state="filed",
    filed_at=AT,
)


def _promises() -> list[Vector]:
    good = build_promise(PROMISE, log_key=LOG)
    cases: list[tuple[str, str, str | None]] = [
        ("good", good, None),
        (
            "another log key",
            build_promise(PROMISE, log_key=key("log 2")),
            "promise.wrong_signature",
        ),
        ("the message key", build_promise(PROMISE, log_key=MESSAGE), "promise.wrong_signature"),
        (
            "another commitment",
            build_promise(replace(PROMISE, commitment=seed("x")), log_key=LOG),
            "promise.wrong_commitment",
        ),
        (
            "another report",
            build_promise(replace(PROMISE, report_id=seed("x")), log_key=LOG),
            "promise.other_report",
        ),
        (
            "another team",
            build_promise(replace(PROMISE, team_id=OTHER_TEAM_ID), log_key=LOG),
            "promise.other_team",
        ),
        (
            "another log",
            build_promise(replace(PROMISE, log_origin="other.example/log"), log_key=LOG),
            "promise.other_log",
        ),
        (
            "a shorter delay than the card's",
            build_promise(replace(PROMISE, maximum_delay_seconds=3_600), log_key=LOG),
            None,
        ),
        (
            "a longer delay than the card's",
            build_promise(replace(PROMISE, maximum_delay_seconds=86_401), log_key=LOG),
            "promise.other_delay",
        ),
        (
            "a filing receipt in its place",
            build_filing_receipt(FILING, message_key=LOG),
            "promise.bad_form",
        ),
        ("an unknown member", _resign_text(good, LOG, setting("x", 1)), "promise.bad_form"),
        ("a missing member", _resign_text(good, LOG, without("promised_at")), "promise.bad_form"),
        ("cut", good[:-1], "promise.bad_form"),
    ]
    return [
        {
            "name": name,
            "promise": text,
            "log_key": b64(public_bytes(LOG)),
            "team_id": TEAM_ID.hex(),
            "log_origin": LOG_ORIGIN,
            "report_id": PROMISE.report_id.hex(),
            "commitment": PROMISE.commitment.hex(),
            "maximum_delay_seconds": PROMISE.maximum_delay_seconds,
            "error": error,
        }
        for name, text, error in cases
    ]


def _resign_text(text: str, signer: Ed25519PrivateKey, change: Change) -> str:
    return resign(text.encode(), signer=signer, change=change).decode()


def _filing_receipts() -> list[Vector]:
    good = build_filing_receipt(FILING, message_key=MESSAGE)
    wrong, form = "filing_receipt.wrong_signature", "filing_receipt.bad_form"
    cases: list[tuple[str, str, str | None]] = [
        ("filed", good, None),
        (
            "damaged",
            build_filing_receipt(replace(FILING, state="damaged"), message_key=MESSAGE),
            None,
        ),
        (
            "duplicate",
            build_filing_receipt(replace(FILING, state="duplicate"), message_key=MESSAGE),
            None,
        ),
        ("the log key", build_filing_receipt(FILING, message_key=LOG), wrong),
        ("another number, not signed", good.replace(":12,", ":13,"), wrong),
        ("number 0", _resign_text(good, MESSAGE, setting("register_number", 0)), form),
        ("another state", _resign_text(good, MESSAGE, setting("state", "lost")), form),
        ("a promise in its place", build_promise(PROMISE, log_key=MESSAGE), form),
    ]
    return [
        {
            "name": name,
            "filing_receipt": text,
            "message_key": b64(public_bytes(MESSAGE)),
            "error": error,
        }
        for name, text, error in cases
    ]


def _receipt_files() -> list[Vector]:
    manifest = sample_manifest()
    receipt = ReceiptFile(
        card=card_bytes().decode(),
        team_id=TEAM_ID,
        mailbox_key=MAILBOX.public_key,
        report_id=PROMISE.report_id,
        commitment=manifest.commitment(),
        root_salt=manifest.root_salt,
        root=manifest.root(),
        leaf_count=manifest.leaf_count,
        promise=build_promise(PROMISE, log_key=LOG),
        filing_receipt=None,
    )
    good = build_receipt_file(receipt)
    filed = build_receipt_file(
        replace(receipt, filing_receipt=build_filing_receipt(FILING, message_key=MESSAGE))
    )
    proven = build_receipt_file(replace(receipt, proof=make_proof()))
    wrong, form = "receipt.wrong_commitment", "receipt.bad_form"
    cases: list[tuple[str, bytes, str | None]] = [
        ("good", good, None),
        ("with a filing receipt", filed, None),
        ("with a proof of the log", proven, None),
        ("a proof that is no text", _rebuild(good, setting("proof", 1)), form),
        ("another root", build_receipt_file(replace(receipt, root=seed("x"))), wrong),
        ("another salt", build_receipt_file(replace(receipt, root_salt=seed("x"))), wrong),
        ("one leaf more", build_receipt_file(replace(receipt, leaf_count=8)), wrong),
        (
            "another mailbox",
            build_receipt_file(replace(receipt, mailbox_key=OTHER_MAILBOX.public_key)),
            wrong,
        ),
        ("an unknown member", _rebuild(good, setting("x", 1)), form),
        ("a missing member", _rebuild(good, without("root")), form),
        ("no leaf", _rebuild(good, setting("leaf_count", 0)), form),
        ("not canonical", good.replace(b'":', b'": ', 1), form),
        ("no line feed", good[:-1], form),
    ]
    return [{"name": name, "receipt": b64(data), "error": error} for name, data, error in cases]


def _rebuild(data: bytes, change: Change) -> bytes:
    members = json.loads(data)
    change(members)
    return build_json(members) + b"\n"


NONCE = seed("nonce")
EXPIRY = 1_777_885_320


def _requests() -> list[Vector]:
    body = build_mailbox_request(MailboxRequest())
    target = RequestTarget(
        label=REPORTER_LABEL,
        team_id=TEAM_ID,
        gate_origin=GATE_ORIGIN,
        method="POST",
        path="/api/mailbox",
    )
    desk_target = replace(
        target, label=DESK_LABEL, method="GET", path="/api/desk/reports?after=0&limit=5"
    )
    good = _sign(target, body=body, signer=MAILBOX.key)
    desk = _sign(desk_target, body=b"", signer=DESK)
    vectors = [
        _request("good, of a reporter", target, headers=good, body=body),
        _request("good, of the desk", desk_target, headers=desk, body=b""),
        _request("at its last second", target, headers=good, body=body, now=EXPIRY),
    ]
    refused: list[tuple[str, RequestTarget]] = [
        ("another label", replace(target, label=DESK_LABEL)),
        ("another team", replace(target, team_id=OTHER_TEAM_ID)),
        ("another gate", replace(target, gate_origin="https://gate.example")),
        ("another method", replace(target, method="GET")),
        ("another path", replace(target, path="/api/mailbox?x")),
    ]
    vectors.extend(
        _request(name, other, headers=good, body=body, error="request.refused")
        for name, other in refused
    )
    changed: list[tuple[str, dict[str, str]]] = [
        ("another nonce", {NONCE_HEADER: b64(seed("x"))}),
        ("another expiry", {EXPIRY_HEADER: str(EXPIRY + 1)}),
        ("an expiry with a plus", {EXPIRY_HEADER: f"+{EXPIRY}"}),
        ("an expiry with a zero in front", {EXPIRY_HEADER: f"0{EXPIRY}"}),
        ("an expiry in other digits", {EXPIRY_HEADER: "١٧٧٧٨٨٥٣٢٠"}),
        ("a short nonce", {NONCE_HEADER: b64(bytes(31))}),
        ("a signature of zeros", {SIGNATURE_HEADER: b64(bytes(64))}),
        ("a key of small order and a signature of zeros", _small_order_headers()),
        ("the key of another", {"Aigaq-Key": b64(OTHER_MAILBOX.public_key)}),
    ]
    vectors.extend(
        _request(name, target, headers=good | change, body=body, error="request.refused")
        for name, change in changed
    )
    vectors.append(
        _request("another body", target, headers=good, body=b"{}", error="request.refused")
    )
    vectors.append(
        _request(
            "a second late",
            target,
            headers=good,
            body=body,
            now=EXPIRY + 1,
            error="request.refused",
        )
    )
    missing = {name: value for name, value in good.items() if name != SIGNATURE_HEADER}
    vectors.append(
        _request("no signature", target, headers=missing, body=body, error="request.refused")
    )
    return vectors


def _small_order_headers() -> dict[str, str]:
    """Under the identity point, R = identity and S = 0 is a signature of everything."""
    point = (1).to_bytes(32, "little")
    return {"Aigaq-Key": b64(point), SIGNATURE_HEADER: b64(point + bytes(32))}


def _sign(target: RequestTarget, *, body: bytes, signer: Ed25519PrivateKey) -> dict[str, str]:
    return sign_request(
        target,
        key=signer,
        body_sha256=hashlib.sha256(body).digest(),
        nonce=NONCE,
        expiry=EXPIRY,
    )


def _request(
    name: str,
    target: RequestTarget,
    *,
    headers: dict[str, str],
    body: bytes,
    now: int = EXPIRY - 60,
    error: str | None = None,
) -> Vector:
    return {
        "name": name,
        "label": target.label,
        "team_id": target.team_id.hex(),
        "gate_origin": target.gate_origin,
        "method": target.method,
        "path": target.path,
        "body": b64(body),
        "headers": headers,
        "now": now,
        "error": error,
    }


def _request_bodies() -> list[Vector]:
    send = MessageToSend(ciphertext=b"age", previous=bytes(32), sequence=1)
    empty = build_mailbox_request(MailboxRequest())
    full = build_mailbox_request(
        MailboxRequest(send=send, confirm=(1, 2, 5), confirm_promises=(PROMISE.report_id,))
    )
    large = replace(send, ciphertext=bytes(24_576))
    too_large = replace(send, ciphertext=bytes(24_577))
    error = "mailbox.bad_request"
    cases: list[tuple[str, bytes, str | None]] = [
        ("empty", empty, None),
        ("all at once", full, None),
        ("the largest message", build_mailbox_request(MailboxRequest(send=large)), None),
        (
            "a message that is too large",
            build_mailbox_request(MailboxRequest(send=too_large)),
            error,
        ),
        (
            "confirmations that do not rise",
            build_mailbox_request(MailboxRequest(confirm=(2, 1))),
            error,
        ),
        ("a confirmation twice", build_mailbox_request(MailboxRequest(confirm=(2, 2))), error),
        (
            "sequence 0",
            build_mailbox_request(MailboxRequest(send=replace(send, sequence=0))),
            error,
        ),
        (
            "an empty message",
            build_mailbox_request(MailboxRequest(send=replace(send, ciphertext=b""))),
            error,
        ),
        ("an unknown member", _change_body(empty, setting("x", 1)), error),
        ("a missing member", _change_body(empty, without("confirm")), error),
        (
            "another format",
            _change_body(empty, setting("format", "aigaq/mailbox-request/v2")),
            error,
        ),
        ("not canonical", empty.replace(b":", b": ", 1), error),
        ("base64 with bits left over", full.replace(b'"YWdl"', b'"YWd"'), error),
        ("nothing", b"", error),
    ]
    return [{"name": name, "body": b64(body), "error": code} for name, body, code in cases]


def _change_body(body: bytes, change: Change) -> bytes:
    members = json.loads(body)
    change(members)
    return build_json(members)


def _rebinds() -> list[Vector]:
    rebind = Rebind(
        team_id=TEAM_ID,
        first_commitment=PROMISE.commitment,
        old_mailbox_key=MAILBOX.public_key,
        new_mailbox_key=OTHER_MAILBOX.public_key,
        new_mailbox_recipient=OTHER_MAILBOX.recipient,
        rebound_at=AT,
    )
    good = build_rebind(rebind, message_key=MESSAGE)
    same = replace(rebind, new_mailbox_key=MAILBOX.public_key)
    other_team = build_rebind(replace(rebind, team_id=OTHER_TEAM_ID), message_key=MESSAGE)
    form = "rebind.bad_form"
    cases: list[tuple[str, str, str | None]] = [
        ("good", good, None),
        (
            "signed by a mailbox key",
            build_rebind(rebind, message_key=MAILBOX.key),
            "rebind.wrong_signature",
        ),
        ("of another team", other_team, "rebind.other_team"),
        ("to the same mailbox", build_rebind(same, message_key=MESSAGE), form),
        (
            "to a recipient that is none",
            _resign_text(good, MESSAGE, setting("new_mailbox_recipient", "age1pq1q")),
            form,
        ),
        ("an unknown member", _resign_text(good, MESSAGE, setting("x", 1)), form),
    ]
    return [
        {
            "name": name,
            "rebind": text,
            "message_key": b64(public_bytes(MESSAGE)),
            "team_id": TEAM_ID.hex(),
            "error": error,
        }
        for name, text, error in cases
    ]
