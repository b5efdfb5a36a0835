"""The one kind of age file that Aigaq's own keys make: to a single hybrid recipient.

Team, report and mailbox identities are all ML-KEM-768 + X25519, never mixed with another kind. A
file to one such recipient has a header of constant length, so its size follows from that of the
plaintext. Source: spec/age.md, PROTOCOL 3.
"""

from aigaq.age import AgeError, HybridIdentity, HybridRecipient, parse_identity, parse_recipient
from aigaq.sealing.errors import SealingError

HEADER_BYTES = 1_627
NONCE_BYTES = 16
CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16


def parse_hybrid_recipient(text: str, *, code: str) -> HybridRecipient:
    """Return the recipient in ``age1pq1…``. Raises `SealingError` with ``code``."""
    try:
        recipient = parse_recipient(text)
    except AgeError:
        raise SealingError(code) from None
    if not isinstance(recipient, HybridRecipient) or text != text.lower():
        raise SealingError(code)
    return recipient


def parse_hybrid_identity(text: str, *, code: str) -> HybridIdentity:
    """Return the identity in ``AGE-SECRET-KEY-PQ-1…``. Raises `SealingError` with ``code``."""
    try:
        identity = parse_identity(text)
    except AgeError:
        raise SealingError(code) from None
    if not isinstance(identity, HybridIdentity) or identity.secret_text() != text:
        raise SealingError(code)
    return identity


def age_file_size(plaintext_bytes: int) -> int:
    """Return the size of the age file of so many bytes to one hybrid recipient."""
    chunks = max(1, -(-plaintext_bytes // CHUNK_BYTES))
    return HEADER_BYTES + NONCE_BYTES + plaintext_bytes + chunks * TAG_BYTES
