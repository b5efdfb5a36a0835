"""Ed25519 signatures over bytes, with one reading of what a valid key is.

Public keys are 32 raw bytes, private keys are those of ``cryptography``. A key that is not the
canonical encoding of a point, or is one of the eight points of small order, is refused: under such
a key one signature fits many texts. Source: spec/encoding.md, RFC 8032 section 5.1.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aigaq.sealing.errors import SealingError

P = 2**255 - 19
# The y coordinates of the points of order 1, 2, 4 and 8.
_Y8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
SMALL_ORDER_Y = frozenset({0, 1, P - 1, _Y8, P - _Y8})


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 raw bytes of the public half of ``key``."""
    return key.public_key().public_bytes_raw()


def check_public_key(public_key: bytes) -> None:
    """Raise `SealingError` (``signature.bad_key``) unless the key is canonical and of full order.

    Whether it is a point of the curve at all shows when a signature is checked.
    """
    if len(public_key) != 32:
        raise SealingError("signature.bad_key")
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= P or y in SMALL_ORDER_Y:
        raise SealingError("signature.bad_key")


def check_signature(*, signature: bytes, data: bytes, public_key: bytes) -> None:
    """Raise `SealingError` (``signature.wrong``) unless the key made the signature."""
    try:
        check_public_key(public_key)
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError, SealingError):
        raise SealingError("signature.wrong") from None
