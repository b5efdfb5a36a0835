"""STREAM on its own, as the desk's blob store uses it."""

import io
import secrets

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.age.streams import DribblingReader, ReluctantWriter

from aigaq.age import KeyTextError, PayloadError, stream

KEY = bytes(range(32))
CHUNK = stream.CHUNK_BYTES
SEALED = CHUNK + stream.TAG_BYTES
EDGES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17]


def seal(plain: bytes) -> bytes:
    return b"".join(stream.encrypt_chunks(KEY, io.BytesIO(plain)))


def open_sealed(sealed: bytes) -> bytes:
    return b"".join(stream.decrypt_chunks(KEY, io.BytesIO(sealed)))


def code_of_opening(sealed: bytes) -> str:
    with pytest.raises(PayloadError) as refusal:
        open_sealed(sealed)
    return refusal.value.code


@pytest.mark.parametrize("size", EDGES)
def test_what_goes_in_comes_out_at_every_edge_of_a_chunk(size: int) -> None:
    plain = secrets.token_bytes(size)
    sealed = seal(plain)
    assert open_sealed(sealed) == plain
    assert len(sealed) == stream.sealed_size_of(size)
    assert stream.plain_size(len(sealed)) == size


@given(size=st.integers(0, 3 * CHUNK), step=st.integers(1, 2 * CHUNK))
def test_a_reader_that_dribbles_changes_nothing(size: int, step: int) -> None:
    plain = b"a" * size
    # A step of a few bytes would take 200,000 reads; 100 reads show the same.
    step = max(step, size // 100)
    sealed = b"".join(stream.encrypt_chunks(KEY, DribblingReader(plain, step_bytes=step)))
    assert sealed == seal(plain)
    opened = b"".join(stream.decrypt_chunks(KEY, DribblingReader(sealed, step_bytes=step)))
    assert opened == plain


def test_a_writer_that_takes_a_part_gets_the_rest() -> None:
    plain = secrets.token_bytes(CHUNK + 5)
    sealed = ReluctantWriter()
    stream.encrypt(KEY, io.BytesIO(plain), sealed)
    opened = ReluctantWriter()
    stream.decrypt(KEY, io.BytesIO(sealed.getvalue()), opened)
    assert opened.getvalue() == plain


def test_every_altered_byte_is_found() -> None:
    sealed = seal(b"fictional")
    for place in range(len(sealed)):
        altered = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert code_of_opening(altered) == "age.bad_payload"


def test_chunks_that_are_dropped_repeated_or_exchanged_are_found() -> None:
    sealed = seal(bytes(3 * CHUNK + 100))
    first, second, third, last = (
        sealed[start : start + SEALED] for start in range(0, len(sealed), SEALED)
    )
    assert open_sealed(first + second + third + last) == bytes(3 * CHUNK + 100)
    for chunks in (
        second + third + last,
        first + third + last,
        first + first + second + third + last,
        second + first + third + last,
        first + second + third + last + last,
        first + second + third + last + b"\0",
        last,
    ):
        assert code_of_opening(chunks) == "age.bad_payload"


def test_a_cut_is_found_wherever_it_is() -> None:
    sealed = seal(bytes(CHUNK + 100))
    for size in (0, 1, 15, SEALED):
        assert code_of_opening(sealed[:size]) == "age.truncated_payload"
    for size in (16, 17, SEALED - 1, SEALED + 16, len(sealed) - 1):
        assert code_of_opening(sealed[:size]) == "age.bad_payload"


def test_an_empty_last_chunk_is_refused_unless_it_is_the_only_one() -> None:
    # As someone who has the key would write it; the format allows one ciphertext a plaintext.
    full = seal(bytes(CHUNK + 1))[:SEALED]
    aead = ChaCha20Poly1305(KEY)
    empty_last = aead.encrypt((1 << 8 | 1).to_bytes(12, "big"), b"", None)
    assert code_of_opening(full + empty_last) == "age.bad_payload"


def test_no_byte_is_released_from_a_chunk_that_does_not_prove_itself() -> None:
    sealed = bytearray(seal(b"a" * CHUNK + b"b" * CHUNK + b"c"))
    sealed[SEALED + 5] ^= 1
    released = io.BytesIO()
    with pytest.raises(PayloadError):
        stream.decrypt(KEY, io.BytesIO(bytes(sealed)), released)
    assert released.getvalue() == b"a" * CHUNK


def test_what_a_cut_stream_released_is_a_genuine_beginning() -> None:
    sealed = seal(b"a" * CHUNK + b"b" * CHUNK)
    released = io.BytesIO()
    with pytest.raises(PayloadError) as refusal:
        stream.decrypt(KEY, io.BytesIO(sealed[:SEALED]), released)
    assert refusal.value.code == "age.truncated_payload"
    assert released.getvalue() == b"a" * CHUNK


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(KeyTextError) as refusal:
        stream.encrypt(bytes(size), io.BytesIO(), io.BytesIO())
    assert refusal.value.code == "age.bad_stream_key"


@given(size=st.integers(0, 10**7))
def test_a_size_is_a_ciphertexts_size_or_refused(size: int) -> None:
    last_chunk = size % SEALED
    if size == stream.TAG_BYTES or (size and (last_chunk == 0 or last_chunk > stream.TAG_BYTES)):
        assert stream.sealed_size_of(stream.plain_size(size)) == size
        return
    with pytest.raises(PayloadError) as refusal:
        stream.plain_size(size)
    assert refusal.value.code == "age.truncated_payload"
