"""age v1 files: encryption to keys and passphrases, as a stream, as every age tool knows it.

It answers for the format alone: header, recipients, identities, payload, armour. It does not know
what is in a file, and decrypting proves neither who made it nor, until `decrypt` has returned, that
it is whole. Everything that it refuses is an `AgeError`. Format: ``spec/age.md``; source:
https://c2sp.org/age.
"""

from aigaq.age import armor, stream
from aigaq.age.errors import (
    AgeError,
    ArmorError,
    DamagedFileError,
    HeaderError,
    HeaderMacError,
    KeyTextError,
    NotForMeError,
    PayloadError,
    RecipientsError,
)
from aigaq.age.file import decrypt, decrypt_bytes, encrypt, encrypt_bytes
from aigaq.age.hybrid import HybridIdentity, HybridRecipient
from aigaq.age.keys import parse_identity, parse_recipient
from aigaq.age.recipients import Identity, Recipient
from aigaq.age.scrypt import ScryptIdentity, ScryptRecipient
from aigaq.age.x25519 import X25519Identity, X25519Recipient

__all__ = [
    "AgeError",
    "ArmorError",
    "DamagedFileError",
    "HeaderError",
    "HeaderMacError",
    "HybridIdentity",
    "HybridRecipient",
    "Identity",
    "KeyTextError",
    "NotForMeError",
    "PayloadError",
    "Recipient",
    "RecipientsError",
    "ScryptIdentity",
    "ScryptRecipient",
    "X25519Identity",
    "X25519Recipient",
    "armor",
    "decrypt",
    "decrypt_bytes",
    "encrypt",
    "encrypt_bytes",
    "parse_identity",
    "parse_recipient",
    "stream",
]
