"""STREAM: bytes of any length, encrypted in chunks that each prove themselves.

A chunk is 64 KiB of plaintext (the last one shorter, and empty only if there is nothing at all)
under ChaCha20-Poly1305 with the nonce ``chunk number (11 bytes, big-endian) ‖ last (1 byte)``, so
that a chunk that is moved, dropped, repeated or added is found. A few chunks are in memory at a
time, whatever the size. Source: https://c2sp.org/age, section Payload.

A key must be used for one plaintext only: the nonces always start at zero. The payload of an age
file and each object of the desk's blob store have a fresh random key for that reason.
"""

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aigaq.age.binary import Reader, Writer, read_fully, write_fully
from aigaq.age.errors import KeyTextError, PayloadError

KEY_BYTES = 32
CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
_SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


def encrypt(key: bytes, reader: Reader, writer: Writer) -> None:
    """Encrypt all of ``reader`` into ``writer``. ``key`` is 32 bytes, fresh for this plaintext."""
    for sealed in encrypt_chunks(key, reader):
        write_fully(writer, data=sealed)


def decrypt(key: bytes, reader: Reader, writer: Writer) -> None:
    """Decrypt all of ``reader`` into ``writer``, each chunk only after it has proved itself.

    Raises `PayloadError`: ``age.bad_payload`` at the first chunk that is altered or out of place,
    ``age.truncated_payload`` if the end is missing. Chunks before it have then been written: they
    are genuine, but the whole is not, and **the caller must discard what was written**.
    """
    for plain in decrypt_chunks(key, reader):
        write_fully(writer, data=plain)


def encrypt_chunks(key: bytes, reader: Reader) -> Iterator[bytes]:
    """Yield the ciphertext of all of ``reader``, a chunk at a time, for who pulls bytes."""
    aead = _aead(key)
    chunk = read_fully(reader, size=CHUNK_BYTES)
    number = 0
    while following := read_fully(reader, size=CHUNK_BYTES):
        yield aead.encrypt(_nonce(number, last=False), chunk, None)
        chunk = following
        number += 1
    yield aead.encrypt(_nonce(number, last=True), chunk, None)


def decrypt_chunks(key: bytes, reader: Reader) -> Iterator[bytes]:
    """Yield the plaintext of all of ``reader``, a chunk at a time; raises as `decrypt` does."""
    aead = _aead(key)
    number = 0
    while len(sealed := read_fully(reader, size=_SEALED_CHUNK_BYTES)) == _SEALED_CHUNK_BYTES:
        plain = _open(aead, _nonce(number, last=False), sealed)
        if plain is None:
            # Either altered, or the last chunk, which happens to be full.
            yield _open_last(aead, number, sealed)
            if reader.read(1):
                raise PayloadError("age.bad_payload")
            return
        yield plain
        number += 1
    yield _open_last(aead, number, sealed)


def plain_size(sealed_size: int) -> int:
    """Return how many bytes of plaintext ``sealed_size`` bytes of ciphertext hold.

    Raises `PayloadError` (``age.truncated_payload``) for a size that no ciphertext has.
    """
    chunks = max(1, -(-sealed_size // _SEALED_CHUNK_BYTES))
    size = sealed_size - chunks * TAG_BYTES
    if sealed_size < TAG_BYTES or sealed_size != sealed_size_of(size):
        raise PayloadError("age.truncated_payload")
    return size


def sealed_size_of(plain_size: int) -> int:
    """Return how many bytes the ciphertext of ``plain_size`` bytes has."""
    return plain_size + TAG_BYTES * max(1, -(-plain_size // CHUNK_BYTES))


def _aead(key: bytes) -> ChaCha20Poly1305:
    if len(key) != KEY_BYTES:
        raise KeyTextError("age.bad_stream_key")
    return ChaCha20Poly1305(key)


def _nonce(number: int, *, last: bool) -> bytes:
    return (number << 8 | last).to_bytes(12, "big")


def _open(aead: ChaCha20Poly1305, nonce: bytes, sealed: bytes) -> bytes | None:
    try:
        return aead.decrypt(nonce, sealed, None)
    except InvalidTag:
        return None


def _open_last(aead: ChaCha20Poly1305, number: int, sealed: bytes) -> bytes:
    if len(sealed) < TAG_BYTES:
        raise PayloadError("age.truncated_payload")
    plain = _open(aead, _nonce(number, last=True), sealed)
    if plain is None or (not plain and number > 0):
        raise PayloadError("age.bad_payload")
    return plain
