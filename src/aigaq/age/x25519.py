"""X25519 recipients (``age1…``) and identities (``AGE-SECRET-KEY-1…``), which every age tool opens.

Source: https://c2sp.org/age, section The X25519 recipient type.
"""

import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aigaq.age import bech32
from aigaq.age.errors import HeaderError, KeyTextError
from aigaq.age.header import Stanza, decode_base64, encode_base64
from aigaq.age.recipients import check_body, unwrap_under, wrap_under

RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"
KEY_BYTES = 32
_TYPE = "X25519"
_INFO = b"age-encryption.org/v1/X25519"


class X25519Recipient:
    """The public half. Equal keys are equal recipients."""

    def __init__(self, public: bytes) -> None:
        """Take the 32 bytes of a Curve25519 point. Raises `KeyTextError` for another length."""
        if len(public) != KEY_BYTES:
            raise KeyTextError("age.bad_recipient")
        self.public = public

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, data=self.public)

    def __repr__(self) -> str:
        return f"X25519Recipient({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, X25519Recipient) and other.public == self.public

    def __hash__(self) -> int:
        return hash((_TYPE, self.public))

    def labels(self) -> frozenset[str]:
        return frozenset()

    def wrap(self, file_key: bytes) -> Stanza:
        """Wrap ``file_key`` under a fresh share. Raises `KeyTextError` for a low-order point."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        try:
            secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(self.public))
        except ValueError:
            raise KeyTextError("age.bad_recipient") from None
        key = _wrap_key(secret, share=share, public=self.public)
        return Stanza((_TYPE, encode_base64(share)), wrap_under(key, file_key=file_key))


class X25519Identity:
    """The secret half. Its text is given by `secret_text` alone, so that no log prints it."""

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes. Raises `KeyTextError` for another length."""
        if len(secret) != KEY_BYTES:
            raise KeyTextError("age.bad_identity")
        self._secret = secret
        self._private = X25519PrivateKey.from_private_bytes(secret)
        self.recipient = X25519Recipient(self._private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "X25519Identity":
        """Return a new random identity."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def secret_text(self) -> str:
        """Return ``AGE-SECRET-KEY-1…``: whoever reads it can decrypt."""
        return bech32.encode(IDENTITY_PREFIX.lower(), data=self._secret).upper()

    def __repr__(self) -> str:
        return f"X25519Identity(of {self.recipient})"

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        for stanza in stanzas:
            if stanza.type == _TYPE and (file_key := self._unwrap_one(stanza)) is not None:
                return file_key
        return None

    def _unwrap_one(self, stanza: Stanza) -> bytes | None:
        if len(stanza.arguments) != 2:
            raise HeaderError("age.bad_stanza")
        share = decode_base64(stanza.arguments[1].encode("ascii"))
        if len(share) != KEY_BYTES:
            raise HeaderError("age.bad_stanza")
        check_body(stanza)
        try:
            secret = self._private.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:  # A low-order share: the secret would be all zero, and known to anyone.
            raise HeaderError("age.bad_stanza") from None
        key = _wrap_key(secret, share=share, public=self.recipient.public)
        return unwrap_under(key, body=stanza.body)


def _wrap_key(secret: bytes, *, share: bytes, public: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=share + public, info=_INFO).derive(secret)
