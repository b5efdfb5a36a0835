"""A passphrase as recipient and identity of a file; always alone in it.

Whoever opens such a file takes it for made by someone who knew the passphrase; a second stanza
would let others make one, so that it is refused on both sides. The passphrase is used as its UTF-8
bytes, unchanged. Source: https://c2sp.org/age, section The scrypt recipient type; RFC 7914.
"""

import re
import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from aigaq.age.errors import AgeError, HeaderError, KeyTextError
from aigaq.age.header import Stanza, decode_base64, encode_base64
from aigaq.age.recipients import check_body, unwrap_under, wrap_under

TYPE = "scrypt"
# The base-two logarithm of N. 18 takes 256 MiB and about a second; it is what `age` writes.
DEFAULT_WORK_FACTOR = 18
# A stranger's file chooses the work: 20 is 1 GiB, and what typage accepts.
DEFAULT_MAX_WORK_FACTOR = 20
_LARGEST_WORK_FACTOR = 30
_SALT_BYTES = 16
_LABEL = b"age-encryption.org/v1/scrypt"
_DECIMAL = re.compile(r"[1-9][0-9]*")


class ScryptRecipient:
    """A passphrase to encrypt with."""

    def __init__(self, passphrase: str, *, work_factor: int = DEFAULT_WORK_FACTOR) -> None:
        """Raises `KeyTextError` for a passphrase that is empty or not text, or a wrong factor."""
        if not 1 <= work_factor <= _LARGEST_WORK_FACTOR:
            raise KeyTextError("age.bad_work_factor")
        self._passphrase = _encode_passphrase(passphrase)
        self._work_factor = work_factor

    def labels(self) -> frozenset[str]:
        """Return a label that no other recipient has, not even this one a second time."""
        return frozenset({secrets.token_hex(16)})

    def wrap(self, file_key: bytes) -> Stanza:
        salt = secrets.token_bytes(_SALT_BYTES)
        key = _wrap_key(self._passphrase, salt=salt, work_factor=self._work_factor)
        arguments = (TYPE, encode_base64(salt), str(self._work_factor))
        return Stanza(arguments, wrap_under(key, file_key=file_key))


class ScryptIdentity:
    """A passphrase to decrypt with."""

    def __init__(self, passphrase: str, *, max_work_factor: int = DEFAULT_MAX_WORK_FACTOR) -> None:
        """Refuse files whose work factor is above ``max_work_factor``; raises `KeyTextError`."""
        if not 1 <= max_work_factor <= _LARGEST_WORK_FACTOR:
            raise KeyTextError("age.bad_work_factor")
        self._passphrase = _encode_passphrase(passphrase)
        self._max_work_factor = max_work_factor

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        if not any(stanza.type == TYPE for stanza in stanzas):
            return None
        check_alone(stanzas)
        return self._unwrap_one(stanzas[0])

    def _unwrap_one(self, stanza: Stanza) -> bytes | None:
        if len(stanza.arguments) != 3 or not _DECIMAL.fullmatch(stanza.arguments[2]):
            raise HeaderError("age.bad_stanza")
        salt = decode_base64(stanza.arguments[1].encode("ascii"))
        if len(salt) != _SALT_BYTES:
            raise HeaderError("age.bad_stanza")
        check_body(stanza)
        # Two digits at most, before int(): Python refuses, and takes long over, huge numbers.
        digits = stanza.arguments[2]
        if len(digits) > 2 or int(digits) > self._max_work_factor:
            raise HeaderError("age.work_factor_too_high")
        key = _wrap_key(self._passphrase, salt=salt, work_factor=int(digits))
        return unwrap_under(key, body=stanza.body)


def check_alone(stanzas: Sequence[Stanza]) -> None:
    """Check that a scrypt stanza has no company. Raises `HeaderError` (``age.bad_stanza``)."""
    if len(stanzas) > 1 and any(stanza.type == TYPE for stanza in stanzas):
        raise HeaderError("age.bad_stanza")


def _encode_passphrase(passphrase: str) -> bytes:
    try:
        encoded = passphrase.encode()
    except UnicodeEncodeError:  # A lone surrogate, from a broken terminal.
        raise KeyTextError("age.bad_passphrase") from None
    if not encoded:
        raise KeyTextError("age.bad_passphrase")
    return encoded


def _wrap_key(passphrase: bytes, *, salt: bytes, work_factor: int) -> bytes:
    try:
        return Scrypt(salt=_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(
            passphrase
        )
    except MemoryError:
        raise AgeError("age.too_little_memory", work_factor=work_factor) from None
