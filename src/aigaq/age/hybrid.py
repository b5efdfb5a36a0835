"""ML-KEM-768 + X25519 recipients (``age1pq1…``) and identities (``AGE-SECRET-KEY-PQ-1…``).

The file key is sealed by HPKE in base mode with the KEM MLKEM768-X25519 (X-Wing), HKDF-SHA256 and
ChaCha20-Poly1305, so that what is recorded today stays closed to a quantum computer of tomorrow.
All of Aigaq's own identities are of this kind, and a file never has recipients of two kinds.

Shapes: a seed is 32 bytes; SHAKE-256 stretches it to ``ML-KEM seed (64) ‖ X25519 secret (32)``; a
recipient is ``ML-KEM key (1184) ‖ X25519 point (32)``; *enc* is ``ML-KEM (1088) ‖ X25519 (32)``.
Sources: https://c2sp.org/age, section The MLKEM768-X25519 hybrid recipient type; RFC 9180;
draft-ietf-hpke-pq; FIPS 203.
"""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from aigaq.age import bech32
from aigaq.age.errors import HeaderError, KeyTextError
from aigaq.age.header import Stanza, decode_base64, encode_base64
from aigaq.age.recipients import POST_QUANTUM_LABEL, check_body

RECIPIENT_PREFIX = "age1pq"
IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-"
SEED_BYTES = 32
PUBLIC_BYTES = 1184 + 32
_ENC_BYTES = 1088 + 32
_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1184
_MLKEM_ENC_BYTES = 1088
_TYPE = "mlkem768x25519"
_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class HybridRecipient:
    """The public half. Equal keys are equal recipients."""

    def __init__(self, public: bytes) -> None:
        """Take the 1,216 bytes of the key. Raises `KeyTextError` unless they are a valid key."""
        if len(public) != PUBLIC_BYTES:
            raise KeyTextError("age.bad_recipient")
        try:
            self._key = hpke.MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
                X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
            )
        except ValueError:  # A coefficient of the ML-KEM key is not reduced (FIPS 203, 7.2).
            raise KeyTextError("age.bad_recipient") from None
        self.public = public

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, data=self.public)

    def __repr__(self) -> str:
        return f"HybridRecipient({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HybridRecipient) and other.public == self.public

    def __hash__(self) -> int:
        return hash((_TYPE, self.public))

    def labels(self) -> frozenset[str]:
        return frozenset({POST_QUANTUM_LABEL})

    def wrap(self, file_key: bytes) -> Stanza:
        """Seal ``file_key``. Raises `KeyTextError` for a low-order X25519 point."""
        try:
            sealed = _SUITE.encrypt(file_key, self._key, info=_INFO)
        except ValueError:
            raise KeyTextError("age.bad_recipient") from None
        return Stanza((_TYPE, encode_base64(sealed[:_ENC_BYTES])), sealed[_ENC_BYTES:])


class HybridIdentity:
    """The secret half. Its text is given by `secret_text` alone, so that no log prints it."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32-byte seed. Raises `KeyTextError` for another length."""
        if len(seed) != SEED_BYTES:
            raise KeyTextError("age.bad_identity")
        self._seed = seed
        stretched = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(stretched[:_MLKEM_SEED_BYTES])
        self._x25519 = X25519PrivateKey.from_private_bytes(stretched[_MLKEM_SEED_BYTES:])
        self._key = hpke.MLKEM768X25519PrivateKey(mlkem, self._x25519)
        self.recipient = HybridRecipient(
            mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls) -> "HybridIdentity":
        """Return a new random identity."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "HybridIdentity":
        """Return the identity of a 32-byte seed, such as one derived from a receipt code."""
        return cls(seed)

    def secret_text(self) -> str:
        """Return ``AGE-SECRET-KEY-PQ-1…``: whoever reads it can decrypt."""
        return bech32.encode(IDENTITY_PREFIX.lower(), data=self._seed).upper()

    def __repr__(self) -> str:
        return f"HybridIdentity(of {str(self.recipient)[:20]}…)"

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        for stanza in stanzas:
            if stanza.type == _TYPE and (file_key := self._unwrap_one(stanza)) is not None:
                return file_key
        return None

    def _unwrap_one(self, stanza: Stanza) -> bytes | None:
        if len(stanza.arguments) != 2:
            raise HeaderError("age.bad_stanza")
        enc = decode_base64(stanza.arguments[1].encode("ascii"))
        if len(enc) != _ENC_BYTES:
            raise HeaderError("age.bad_stanza")
        check_body(stanza)
        self._check_share(enc[_MLKEM_ENC_BYTES:])
        try:
            return _SUITE.decrypt(enc + stanza.body, self._key, info=_INFO)
        except InvalidTag:
            return None

    def _check_share(self, share: bytes) -> None:
        """Refuse a low-order share; HPKE in `cryptography` calls it a wrong key."""
        try:
            self._x25519.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            raise HeaderError("age.bad_stanza") from None
