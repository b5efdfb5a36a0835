"""Ed25519 over bytes, and JSON files that carry their signature.

Sources: RFC 8032; ``spec/encoding.md``, "Signed JSON". A public key that is no canonical encoding,
or one of the eight points of small order, is refused.
"""

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aigaq_verify.encoding import decode_base64, parse_json
from aigaq_verify.errors import VerifyError

_P = 2**255 - 19
_Y8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})
_LINE_BYTES = 89


def check_ed25519(*, data: bytes, signature: bytes, public_key: bytes, code: str) -> None:
    """Raise `VerifyError` with ``code`` unless ``public_key`` signed ``data``."""
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if len(public_key) != 32 or y >= _P or y in _SMALL_ORDER_Y:
        raise VerifyError(code)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise VerifyError(code) from None


def open_signed_json(data: bytes, *, format_name: str, public_key: bytes, area: str) -> Any:
    """Return the members of a signed file of ``format_name``, its signature checked.

    Raises `VerifyError`: ``<area>.bad_form``, ``<area>.wrong_signature``.
    """
    signed, line = data[:-_LINE_BYTES], data[-_LINE_BYTES:]
    bad = f"{area}.bad_form"
    if len(line) != _LINE_BYTES or signed[-1:] != b"\n" or line[-1:] != b"\n":
        raise VerifyError(bad)
    members = parse_json(signed[:-1], code=bad)
    try:
        signature = decode_base64(line[:-1].decode("ascii"), code=bad)
    except UnicodeDecodeError:
        raise VerifyError(bad) from None
    if not isinstance(members, dict) or members.get("format") != format_name:
        raise VerifyError(bad)
    check_ed25519(
        data=signed, signature=signature, public_key=public_key, code=f"{area}.wrong_signature"
    )
    return members
