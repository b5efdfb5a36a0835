"""Signed JSON: an object in RFC 8785 form, one LF, one line with the signature.

The signature covers all bytes before its line, the LF included. `parse_signed_json` only reads;
nothing that it returns may be believed before `SignedJson.check` or `open_signed_json`.
Source: spec/encoding.md, "Signed JSON".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.signatures import check_signature

SIGNATURE_LINE_BYTES = 89  # 88 characters of base64 for 64 bytes, and an LF.


@dataclass(frozen=True)
class SignedJson:
    """The members of a signed object, with the bytes and the signature over them."""

    members: dict[str, Any]
    signed_bytes: bytes
    signature: bytes

    def check(self, *, public_key: bytes) -> None:
        """Raise `SealingError` (``signed_json.wrong_signature``) unless ``public_key`` signed."""
        try:
            check_signature(signature=self.signature, data=self.signed_bytes, public_key=public_key)
        except SealingError:
            raise SealingError("signed_json.wrong_signature") from None


def build_signed_json(members: Mapping[str, Any], *, key: Ed25519PrivateKey) -> bytes:
    """Return the signed file of an object; its member ``format`` must be there."""
    if not isinstance(members.get("format"), str):
        raise SealingError("signed_json.wrong_format")
    signed_bytes = build_json(dict(members)) + b"\n"
    return signed_bytes + encode_base64(key.sign(signed_bytes)).encode("ascii") + b"\n"


def parse_signed_json(data: bytes, *, format_name: str) -> SignedJson:
    """Return what a signed file says, its signature still unchecked.

    Raises `SealingError`: ``signed_json.bad_form`` or ``signed_json.wrong_format``.
    """
    signed_bytes, line = data[:-SIGNATURE_LINE_BYTES], data[-SIGNATURE_LINE_BYTES:]
    if len(line) != SIGNATURE_LINE_BYTES or signed_bytes[-1:] != b"\n" or line[-1:] != b"\n":
        raise SealingError("signed_json.bad_form")
    try:
        members = parse_json(signed_bytes[:-1])
        signature = decode_base64(line[:-1].decode("ascii"))
    except (SealingError, UnicodeDecodeError):
        raise SealingError("signed_json.bad_form") from None
    if members.get("format") != format_name:
        raise SealingError("signed_json.wrong_format")
    if len(signature) != 64:
        raise SealingError("signed_json.bad_form")
    return SignedJson(members=members, signed_bytes=signed_bytes, signature=signature)


def open_signed_json(data: bytes, *, format_name: str, public_key: bytes) -> dict[str, Any]:
    """Return the members of a signed file after its signature was checked under ``public_key``.

    Raises `SealingError`: ``signed_json.bad_form``, ``.wrong_format`` or ``.wrong_signature``.
    """
    signed = parse_signed_json(data, format_name=format_name)
    signed.check(public_key=public_key)
    return signed.members
