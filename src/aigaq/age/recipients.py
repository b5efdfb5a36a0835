"""What a recipient and an identity are, and how a file key is wrapped under a one-time key.

Source: https://c2sp.org/age, sections Recipient stanza and Native recipient types.
"""

from collections.abc import Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aigaq.age.errors import HeaderError
from aigaq.age.header import FILE_KEY_BYTES, Stanza

WRAPPED_KEY_BYTES = FILE_KEY_BYTES + 16
POST_QUANTUM_LABEL = "postquantum"
# Zero, because each wrapping key is derived afresh and encrypts once.
_NONCE = bytes(12)


class Recipient(Protocol):
    """Who can be encrypted to."""

    def labels(self) -> frozenset[str]:
        """Return the labels that every other recipient of the same file must have, and no more."""
        ...

    def wrap(self, file_key: bytes) -> Stanza:
        """Return the stanza from which only the identity's holder learns ``file_key``."""
        ...


class Identity(Protocol):
    """Who can decrypt."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key, or None if no stanza opens.

        Raises `HeaderError` if a stanza of this identity's type breaks the format.
        """
        ...


def wrap_under(key: bytes, *, file_key: bytes) -> bytes:
    """Return the body that hides ``file_key`` under a ``key`` that is used this once."""
    return ChaCha20Poly1305(key).encrypt(_NONCE, file_key, None)


def unwrap_under(key: bytes, *, body: bytes) -> bytes | None:
    """Return the file key in ``body``, or None if ``key`` does not open it."""
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, body, None)
    except InvalidTag:
        return None


def check_body(stanza: Stanza) -> None:
    """Check the length of the body before anything is decrypted.

    Longer file keys would let one body open under many keys (a partitioning oracle). Raises
    `HeaderError` (``age.bad_stanza``).
    """
    if len(stanza.body) != WRAPPED_KEY_BYTES:
        raise HeaderError("age.bad_stanza")
