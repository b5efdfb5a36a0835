"""What proves that a report was handed over: promise, filing receipt and receipt file.

Promise and filing receipt are signed texts, by the log key and by the message key of the card. They
and the receipt file are handed about as ``str``. Source: spec/receipts.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.clock import format_time
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.commitment import commit_root
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.signed_json import build_signed_json, open_signed_json

PROMISE_FORMAT = "aigaq/promise/v1"
FILING_RECEIPT_FORMAT = "aigaq/filing-receipt/v1"
RECEIPT_FORMAT = "aigaq/receipt/v1"
STATES = ("filed", "damaged", "duplicate")
MAXIMUM_TEXT_BYTES = 4_096
CLOCK_TOLERANCE = timedelta(days=1)
MAXIMUM_PROOF_BYTES = 96 * 1024
MAXIMUM_RECEIPT_BYTES = 256 * 1024


@dataclass(frozen=True)
class Promise:
    """The gate's word that the log will hold a commitment within the maximum delay."""

    commitment: bytes
    report_id: bytes
    team_id: bytes
    log_origin: str
    maximum_delay_seconds: int
    promised_at: datetime


@dataclass(frozen=True)
class FilingReceipt:
    """The desk's word that it opened a report and numbered it in the register."""

    commitment: bytes
    report_id: bytes
    team_id: bytes
    register_number: int
    state: str
    filed_at: datetime


@dataclass(frozen=True)
class ReceiptFile:
    """What a reporter may save: all that a proof needs, and nothing of the content."""

    card: str
    team_id: bytes
    mailbox_key: bytes
    report_id: bytes
    commitment: bytes
    root_salt: bytes
    root: bytes
    leaf_count: int
    promise: str
    filing_receipt: str | None
    #: A C2SP tlog-proof of the commitment, once the log has it.
    proof: str | None = None


def build_promise(promise: Promise, *, log_key: Ed25519PrivateKey) -> str:
    """Return the promise signed by the log key. The same promise gives the same text."""
    members = {
        "commitment": promise.commitment.hex(),
        "format": PROMISE_FORMAT,
        "log_origin": promise.log_origin,
        "maximum_delay_seconds": promise.maximum_delay_seconds,
        "promised_at": format_time(promise.promised_at),
        "report_id": promise.report_id.hex(),
        "team_id": promise.team_id.hex(),
    }
    return build_signed_json(members, key=log_key).decode("utf-8")


def parse_promise(text: str, *, log_key: bytes) -> Promise:
    """Return the promise in ``text``, its signature checked under the card's log key.

    Raises `SealingError`: ``promise.bad_form``, ``promise.wrong_signature``.
    """
    members = _open(text, format_name=PROMISE_FORMAT, public_key=log_key, area="promise")
    names = (
        "commitment",
        "format",
        "log_origin",
        "maximum_delay_seconds",
        "promised_at",
        "report_id",
        "team_id",
    )
    form = Form(members, names=names, code="promise.bad_form")
    return Promise(
        commitment=form.hex("commitment"),
        report_id=form.hex("report_id"),
        team_id=form.hex("team_id", length=16),
        log_origin=form.text("log_origin", maximum_bytes=255),
        maximum_delay_seconds=form.integer("maximum_delay_seconds"),
        promised_at=form.time("promised_at"),
    )


def check_promise(
    promise: Promise, *, team_id: bytes, log_origin: str, report_id: bytes, commitment: bytes
) -> None:
    """Raise `SealingError` unless the promise is over this report of this team in this log.

    Codes: ``promise.other_team``, ``promise.other_log``, ``promise.other_report``,
    ``promise.wrong_commitment``.
    """
    if promise.team_id != team_id:
        raise SealingError("promise.other_team")
    if promise.log_origin != log_origin:
        raise SealingError("promise.other_log")
    if promise.report_id != report_id:
        raise SealingError("promise.other_report")
    if promise.commitment != commitment:
        raise SealingError("promise.wrong_commitment")


def check_promise_term(promise: Promise, *, maximum_delay_seconds: int, now: datetime) -> None:
    """Raise `SealingError` unless the promise can be held to: by the card's delay, and from now on.

    A gate that promised for the next century, or from a day that has not come, could leave a report
    out of its log for as long as it likes. ``now`` is the clock of whoever checks; a day off is
    let pass. Codes: ``promise.other_delay``, ``promise.from_the_future``.
    """
    if promise.maximum_delay_seconds > maximum_delay_seconds:
        raise SealingError("promise.other_delay")
    if promise.promised_at > now + CLOCK_TOLERANCE:
        raise SealingError("promise.from_the_future")


def build_filing_receipt(receipt: FilingReceipt, *, message_key: Ed25519PrivateKey) -> str:
    """Return the filing receipt signed by the message key."""
    members = {
        "commitment": receipt.commitment.hex(),
        "filed_at": format_time(receipt.filed_at),
        "format": FILING_RECEIPT_FORMAT,
        "register_number": receipt.register_number,
        "report_id": receipt.report_id.hex(),
        "state": receipt.state,
        "team_id": receipt.team_id.hex(),
    }
    return build_signed_json(members, key=message_key).decode("utf-8")


def parse_filing_receipt(text: str, *, message_key: bytes) -> FilingReceipt:
    """Return the filing receipt in ``text``, its signature checked under the message key.

    Raises `SealingError`: ``filing_receipt.bad_form``, ``filing_receipt.wrong_signature``.
    """
    members = _open(
        text, format_name=FILING_RECEIPT_FORMAT, public_key=message_key, area="filing_receipt"
    )
    names = (
        "commitment",
        "filed_at",
        "format",
        "register_number",
        "report_id",
        "state",
        "team_id",
    )
    form = Form(members, names=names, code="filing_receipt.bad_form")
    return FilingReceipt(
        commitment=form.hex("commitment"),
        report_id=form.hex("report_id"),
        team_id=form.hex("team_id", length=16),
        register_number=form.integer("register_number", minimum=1),
        state=form.choice("state", among=STATES),
        filed_at=form.time("filed_at"),
    )


def build_receipt_file(receipt: ReceiptFile) -> bytes:
    """Return the receipt file: RFC 8785 JSON and one LF."""
    members = {
        "card": receipt.card,
        "commitment": receipt.commitment.hex(),
        "filing_receipt": receipt.filing_receipt,
        "format": RECEIPT_FORMAT,
        "leaf_count": receipt.leaf_count,
        "mailbox_key": encode_base64(receipt.mailbox_key),
        "promise": receipt.promise,
        "proof": receipt.proof,
        "report_id": receipt.report_id.hex(),
        "root": receipt.root.hex(),
        "root_salt": encode_base64(receipt.root_salt),
        "team_id": receipt.team_id.hex(),
    }
    return build_json(members) + b"\n"


def parse_receipt_file(data: bytes) -> ReceiptFile:
    """Return the receipt file in ``data``; card, promise and filing receipt are still unchecked.

    Raises `SealingError`: ``receipt.bad_form``; ``receipt.wrong_commitment`` if the commitment is
    not that of its own salt, team, mailbox key, leaf count and root.
    """
    form = _receipt_form(data)
    receipt = ReceiptFile(
        card=form.text("card", maximum_bytes=64 * 1024),
        team_id=form.hex("team_id", length=16),
        mailbox_key=form.base64("mailbox_key"),
        report_id=form.hex("report_id"),
        commitment=form.hex("commitment"),
        root_salt=form.base64("root_salt"),
        root=form.hex("root"),
        leaf_count=form.integer("leaf_count", minimum=1),
        promise=form.text("promise", maximum_bytes=MAXIMUM_TEXT_BYTES),
        filing_receipt=None
        if form.is_null("filing_receipt")
        else form.text("filing_receipt", maximum_bytes=MAXIMUM_TEXT_BYTES),
        proof=None
        if form.is_null("proof")
        else form.text("proof", maximum_bytes=MAXIMUM_PROOF_BYTES),
    )
    opened = commit_root(
        root=receipt.root,
        leaf_count=receipt.leaf_count,
        root_salt=receipt.root_salt,
        team_id=receipt.team_id,
        mailbox_key=receipt.mailbox_key,
    )
    if opened != receipt.commitment:
        raise SealingError("receipt.wrong_commitment")
    return receipt


def _receipt_form(data: bytes) -> Form:
    if len(data) > MAXIMUM_RECEIPT_BYTES or data[-1:] != b"\n":
        raise SealingError("receipt.bad_form")
    try:
        members = parse_json(data[:-1])
    except SealingError:
        raise SealingError("receipt.bad_form") from None
    names = (
        "card",
        "commitment",
        "filing_receipt",
        "format",
        "leaf_count",
        "mailbox_key",
        "promise",
        "proof",
        "report_id",
        "root",
        "root_salt",
        "team_id",
    )
    form = Form(members, names=names, code="receipt.bad_form")
    form.choice("format", among=(RECEIPT_FORMAT,))
    return form


def _open(text: str, *, format_name: str, public_key: bytes, area: str) -> dict[str, Any]:
    """Open a signed text and name its failures after ``area``."""
    data = text.encode("utf-8", errors="replace")
    if len(data) > MAXIMUM_TEXT_BYTES:
        raise SealingError(f"{area}.bad_form")
    try:
        return open_signed_json(data, format_name=format_name, public_key=public_key)
    except SealingError as error:
        wrong = error.code == "signed_json.wrong_signature"
        raise SealingError(f"{area}.wrong_signature" if wrong else f"{area}.bad_form") from None
