"""Whole age files: encrypt to recipients, decrypt with identities.

Source: https://c2sp.org/age, section Encrypted file format.
"""

import io
import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aigaq.age import stream
from aigaq.age.binary import Reader, Source, Writer, read_fully, write_fully
from aigaq.age.errors import HeaderError, NotForMeError, RecipientsError
from aigaq.age.header import (
    FILE_KEY_BYTES,
    MAX_HEADER_BYTES,
    Header,
    build_header,
    check_mac,
    parse_header,
)
from aigaq.age.recipients import Identity, Recipient
from aigaq.age.scrypt import check_alone

_NONCE_BYTES = 16


def encrypt(reader: Reader, writer: Writer, *, recipients: Sequence[Recipient]) -> None:
    """Encrypt all of ``reader`` into ``writer`` so that each of ``recipients`` can decrypt it.

    Every file has a fresh file key and nonce. Raises `RecipientsError`: ``age.no_recipients``;
    ``age.mixed_recipients`` if post-quantum and other recipients meet, or a passphrase meets any
    other; ``age.too_many_recipients``. Raises `KeyTextError` for a key that cannot be used.
    """
    file_key = secrets.token_bytes(FILE_KEY_BYTES)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    write_fully(writer, data=_build_header(recipients, file_key=file_key) + nonce)
    stream.encrypt(_payload_key(file_key, nonce=nonce), reader, writer)


def decrypt(reader: Reader, writer: Writer, *, identities: Sequence[Identity]) -> None:
    """Decrypt the binary age file in ``reader`` into ``writer`` with the first identity that fits.

    Nothing is written before the header is authenticated, and no chunk before it is. Raises
    `NotForMeError` if no identity fits, else a `DamagedFileError`. If that comes late (a file that
    was cut), genuine chunks have been written already, but the whole is not what was encrypted:
    **the caller must discard them**.
    """
    source = Source(reader)
    header = parse_header(source)
    file_key = _find_file_key(header, identities)
    check_mac(header, file_key=file_key)
    nonce = read_fully(source, size=_NONCE_BYTES)
    if len(nonce) != _NONCE_BYTES:
        raise HeaderError("age.truncated_header")
    stream.decrypt(_payload_key(file_key, nonce=nonce), source, writer)


def encrypt_bytes(data: bytes, *, recipients: Sequence[Recipient]) -> bytes:
    """Return ``data`` as an age file; raises as `encrypt` does."""
    writer = io.BytesIO()
    encrypt(io.BytesIO(data), writer, recipients=recipients)
    return writer.getvalue()


def decrypt_bytes(data: bytes, *, identities: Sequence[Identity]) -> bytes:
    """Return the plaintext of a whole age file, or raise as `decrypt` does and return nothing."""
    writer = io.BytesIO()
    decrypt(io.BytesIO(data), writer, identities=identities)
    return writer.getvalue()


def _build_header(recipients: Sequence[Recipient], *, file_key: bytes) -> bytes:
    if not recipients:
        raise RecipientsError("age.no_recipients")
    # One recipient of a weaker kind would decide the strength of the whole file.
    if len({recipient.labels() for recipient in recipients}) > 1:
        raise RecipientsError("age.mixed_recipients")
    header = build_header([recipient.wrap(file_key) for recipient in recipients], file_key=file_key)
    if len(header) > MAX_HEADER_BYTES:
        raise RecipientsError("age.too_many_recipients")
    return header


def _find_file_key(header: Header, identities: Sequence[Identity]) -> bytes:
    check_alone(header.stanzas)
    for identity in identities:
        file_key = identity.unwrap(header.stanzas)
        if file_key is not None:
            return file_key
    raise NotForMeError


def _payload_key(file_key: bytes, *, nonce: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=nonce, info=b"payload").derive(file_key)
