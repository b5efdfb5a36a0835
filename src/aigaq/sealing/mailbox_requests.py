"""Signed requests: of a reporter to her mailbox, of the desk to the gate.

The signature is over label, team id, gate origin, method, path, body hash, nonce and expiry, so
that a request serves one gate, one place, one body and one time. That a nonce is used once is the
gate's to see to. Source: spec/mailbox.md, "Signed requests" and "The reporter's one request".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.encoding import decode_base64, encode_base64, encode_parts
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.signatures import check_signature, public_bytes

REPORTER_LABEL = "aigaq/mailbox/v1"
DESK_LABEL = "aigaq/desk/v1"
FORMAT = "aigaq/mailbox-request/v1"
KEY_HEADER, NONCE_HEADER = "Aigaq-Key", "Aigaq-Nonce"
EXPIRY_HEADER, SIGNATURE_HEADER = "Aigaq-Expiry", "Aigaq-Signature"
MAXIMUM_CIPHERTEXT_BYTES = 24_576
MAXIMUM_CONFIRMATIONS = 1_000
MAXIMUM_REQUEST_BYTES = 128 * 1024
EXPIRY = re.compile(r"[1-9][0-9]{0,15}\Z")


@dataclass(frozen=True)
class RequestTarget:
    """What a request is for: the part of the signed bytes that both sides know beforehand.

    ``path`` is the raw path with its query, as sent; ``gate_origin`` is the card's.
    """

    label: str
    team_id: bytes
    gate_origin: str
    method: str
    path: str


@dataclass(frozen=True)
class RequestSignature:
    """The four headers of a request, parsed; the signature is unchecked."""

    public_key: bytes
    nonce: bytes
    expiry: int
    signature: bytes


@dataclass(frozen=True)
class MessageToSend:
    """A message on its way: the age file, its place in the chain and the hash before it."""

    ciphertext: bytes
    previous: bytes
    sequence: int


@dataclass(frozen=True)
class MailboxRequest:
    """The body of the reporter's one request."""

    send: MessageToSend | None = None
    confirm: tuple[int, ...] = ()
    confirm_promises: tuple[bytes, ...] = ()


def sign_request(
    target: RequestTarget,
    *,
    key: Ed25519PrivateKey,
    body_sha256: bytes,
    nonce: bytes,
    expiry: int,
) -> dict[str, str]:
    """Return the four headers that sign a request; ``expiry`` is in Unix seconds."""
    signature = key.sign(_signed_bytes(target, body_sha256=body_sha256, nonce=nonce, expiry=expiry))
    return {
        KEY_HEADER: encode_base64(public_bytes(key)),
        NONCE_HEADER: encode_base64(nonce),
        EXPIRY_HEADER: str(expiry),
        SIGNATURE_HEADER: encode_base64(signature),
    }


def parse_request_headers(headers: Mapping[str, str]) -> RequestSignature:
    """Return the four headers of a request, whatever else stands beside them.

    ``headers`` must answer to the names in any case, as Starlette's and httpx's do. Raises
    `SealingError` (``request.refused``).
    """
    try:
        expiry = headers[EXPIRY_HEADER]
        parsed = RequestSignature(
            public_key=decode_base64(headers[KEY_HEADER]),
            nonce=decode_base64(headers[NONCE_HEADER]),
            expiry=int(expiry),
            signature=decode_base64(headers[SIGNATURE_HEADER]),
        )
    except (KeyError, ValueError, SealingError):
        raise SealingError("request.refused") from None
    lengths = (len(parsed.public_key), len(parsed.nonce), len(parsed.signature))
    if lengths != (32, 32, 64) or not EXPIRY.match(expiry):
        raise SealingError("request.refused")
    return parsed


def check_request(
    target: RequestTarget, *, request: RequestSignature, body_sha256: bytes, now: int
) -> None:
    """Raise `SealingError` (``request.refused``) unless the request is signed and not expired.

    ``now`` is in Unix seconds. The caller has checked that it issued nonce and expiry together,
    uses up the nonce, and decides which keys may ask.
    """
    if now > request.expiry:
        raise SealingError("request.refused")
    signed = _signed_bytes(
        target, body_sha256=body_sha256, nonce=request.nonce, expiry=request.expiry
    )
    try:
        check_signature(signature=request.signature, data=signed, public_key=request.public_key)
    except SealingError:
        raise SealingError("request.refused") from None


def build_mailbox_request(request: MailboxRequest) -> bytes:
    """Return the body of a mailbox request."""
    send = request.send
    return build_json(
        {
            "confirm": list(request.confirm),
            "confirm_promises": [one.hex() for one in request.confirm_promises],
            "format": FORMAT,
            "send": None
            if send is None
            else {
                "ciphertext": encode_base64(send.ciphertext),
                "previous": send.previous.hex(),
                "sequence": send.sequence,
            },
        }
    )


def parse_mailbox_request(body: bytes) -> MailboxRequest:
    """Return what a mailbox request asks. Raises `SealingError` (``mailbox.bad_request``)."""
    if len(body) > MAXIMUM_REQUEST_BYTES:
        raise SealingError("mailbox.bad_request")
    try:
        members = parse_json(body)
    except SealingError:
        raise SealingError("mailbox.bad_request") from None
    names = ("confirm", "confirm_promises", "format", "send")
    form = Form(members, names=names, code="mailbox.bad_request")
    form.choice("format", among=(FORMAT,))
    return MailboxRequest(
        send=None if form.is_null("send") else _read_send(form),
        confirm=form.integers("confirm", maximum=MAXIMUM_CONFIRMATIONS),
        confirm_promises=form.hexes("confirm_promises", maximum=MAXIMUM_CONFIRMATIONS),
    )


def _read_send(form: Form) -> MessageToSend:
    send = form.form("send", names=("ciphertext", "previous", "sequence"))
    return MessageToSend(
        ciphertext=send.ciphertext("ciphertext", maximum_bytes=MAXIMUM_CIPHERTEXT_BYTES),
        previous=send.hex("previous"),
        sequence=send.integer("sequence", minimum=1),
    )


def _signed_bytes(target: RequestTarget, *, body_sha256: bytes, nonce: bytes, expiry: int) -> bytes:
    return encode_parts(
        target.label,
        target.team_id,
        target.gate_origin,
        target.method,
        target.path,
        body_sha256,
        nonce,
        expiry,
    )
