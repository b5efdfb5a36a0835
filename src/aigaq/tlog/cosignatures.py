"""Cosignatures: that somebody else saw this head, at this time, and none that contradicts it.

Source: https://c2sp.org/tlog-cosignature (Ed25519, type 0x04; ML-DSA-44, type 0x06, FIPS 204 with
an empty context). A timestamp is whole Unix seconds. A cosigner's two keys come from one seed
(``spec/log.md``).
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aigaq.tlog.checkpoints import Checkpoint, parse_checkpoint
from aigaq.tlog.errors import TlogError
from aigaq.tlog.notes import (
    SignatureLine,
    VerifierKey,
    check_ed25519,
    check_key_name,
    compute_key_id,
)

ED25519_COSIGNATURE = 0x04
ML_DSA_44_COSIGNATURE = 0x06
_ML_DSA_44_KEY_BYTES = 1_312
_SIGNATURE_BYTES = {ED25519_COSIGNATURE: 64, ML_DSA_44_COSIGNATURE: 2_420}
_LABEL = b"subtree/v1\n\x00"


@dataclass(frozen=True)
class CosignerVerifier:
    """One key of a cosigner, of type 0x04 or 0x06."""

    key: VerifierKey

    def __post_init__(self) -> None:
        sizes = {ED25519_COSIGNATURE: 32, ML_DSA_44_COSIGNATURE: _ML_DSA_44_KEY_BYTES}
        if sizes.get(self.key.kind) != len(self.key.public_key):
            raise TlogError("note.bad_key")

    @property
    def name(self) -> str:
        """The cosigner's name."""
        return self.key.name

    @property
    def key_id(self) -> bytes:
        """The id of this key."""
        key = self.key
        return compute_key_id(name=key.name, kind=key.kind, public_key=key.public_key)

    def check(self, *, text: str, signature: bytes) -> None:
        """Raise `TlogError` (``note.wrong_signature``) unless this key cosigned ``text``."""
        at = read_timestamp(signature, kind=self.key.kind)
        if self.key.kind == ED25519_COSIGNATURE:
            check_ed25519(
                data=_ed25519_message(text, at=at),
                signature=signature[8:],
                public_key=self.key.public_key,
            )
            return
        message = _ml_dsa_message(parse_checkpoint(text), name=self.name, at=at)
        try:
            key = MLDSA44PublicKey.from_public_bytes(self.key.public_key)
            key.verify(signature[8:], message)
        except (InvalidSignature, ValueError):
            raise TlogError("note.wrong_signature") from None


def read_timestamp(signature: bytes, *, kind: int) -> int:
    """Return when a cosignature was made, in Unix seconds; believe it only after `check`.

    Raises `TlogError` (``note.wrong_signature``) for bytes of another length or time. The time 0,
    by which a cosigner may say that it says nothing of time, is refused: it would count as older
    than any retirement.
    """
    at = int.from_bytes(signature[:8], "big")
    if len(signature) != 8 + _SIGNATURE_BYTES[kind] or not 0 < at < 2**63:
        raise TlogError("note.wrong_signature")
    return at


class Cosigner:
    """A cosigner's name and secret keys, derived from one seed of 32 bytes."""

    def __init__(self, *, name: str, seed: bytes) -> None:
        check_key_name(name)
        if len(seed) != 32 or len(name.encode("utf-8")) > 255:
            raise TlogError("note.bad_key")
        self.name = name
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(_derive(seed, "ed25519"))
        self._ml_dsa = MLDSA44PrivateKey.from_seed_bytes(_derive(seed, "ml-dsa-44"))

    @property
    def keys(self) -> tuple[VerifierKey, VerifierKey]:
        """The public keys: Ed25519, then ML-DSA-44."""
        return (
            VerifierKey(
                name=self.name,
                kind=ED25519_COSIGNATURE,
                public_key=self._ed25519.public_key().public_bytes_raw(),
            ),
            VerifierKey(
                name=self.name,
                kind=ML_DSA_44_COSIGNATURE,
                public_key=self._ml_dsa.public_key().public_bytes_raw(),
            ),
        )

    def cosign(self, checkpoint: Checkpoint, *, at: int) -> tuple[SignatureLine, SignatureLine]:
        """Return both lines over ``checkpoint``, which the caller found consistent, at ``at``."""
        time = at.to_bytes(8, "big")
        ed25519 = self._ed25519.sign(_ed25519_message(checkpoint.text, at=at))
        ml_dsa = self._ml_dsa.sign(_ml_dsa_message(checkpoint, name=self.name, at=at))
        lines = zip(map(CosignerVerifier, self.keys), (ed25519, ml_dsa), strict=True)
        first, second = (
            SignatureLine(name=self.name, key_id=key.key_id, signature=time + signature)
            for key, signature in lines
        )
        return first, second


def _derive(seed: bytes, kind: str) -> bytes:
    info = f"aigaq/cosigner/{kind}".encode("ascii")
    return HKDF(algorithm=SHA512(), length=32, salt=None, info=info).derive(seed)


def _ed25519_message(text: str, *, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _ml_dsa_message(checkpoint: Checkpoint, *, name: str, at: int) -> bytes:
    return b"".join(
        [
            _LABEL,
            _short(name),
            at.to_bytes(8, "big"),
            _short(checkpoint.origin),
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        ]
    )


def _short(text: str) -> bytes:
    data = text.encode("utf-8")
    if not 0 < len(data) <= 255:
        raise TlogError("note.bad_key")
    return bytes([len(data)]) + data
