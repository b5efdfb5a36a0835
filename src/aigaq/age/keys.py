"""Recipients and identities from their text."""

from aigaq.age import bech32, hybrid, x25519
from aigaq.age.errors import KeyTextError
from aigaq.age.hybrid import HybridIdentity, HybridRecipient
from aigaq.age.x25519 import X25519Identity, X25519Recipient


def parse_recipient(text: str) -> HybridRecipient | X25519Recipient:
    """Return the recipient written as ``text``: ``age1pq1…`` or ``age1…``, lower case.

    Raises `KeyTextError`: ``age.bad_key_text`` (mistyped), ``age.unknown_key_type``,
    ``age.bad_recipient`` (the right form around an impossible key).
    """
    prefix, data = bech32.decode(text)
    if prefix == hybrid.RECIPIENT_PREFIX:
        return HybridRecipient(data)
    if prefix == x25519.RECIPIENT_PREFIX:
        return X25519Recipient(data)
    raise KeyTextError("age.unknown_key_type")


def parse_identity(text: str) -> HybridIdentity | X25519Identity:
    """Return the identity written as ``text``: ``AGE-SECRET-KEY-PQ-1…`` or ``AGE-SECRET-KEY-1…``.

    Raises `KeyTextError` as `parse_recipient` does, with ``age.bad_identity`` in place of the last.
    """
    prefix, data = bech32.decode(text)
    if prefix == hybrid.IDENTITY_PREFIX:
        return HybridIdentity(data)
    if prefix == x25519.IDENTITY_PREFIX:
        return X25519Identity(data)
    raise KeyTextError("age.unknown_key_type")
