"""Bytes, trees, JSON and signatures as every format uses them."""

import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from aigaq.errors import AigaqError
from aigaq.sealing.canonical_json import MAXIMUM_VALUES, build_json, parse_json
from aigaq.sealing.encoding import (
    decode_base64,
    decode_hex,
    encode_base64,
    encode_parts,
    hash_node,
    merkle_root,
)
from aigaq.sealing.errors import SealingError
from aigaq.sealing.padding import pad_to_step, padme_size, unpad_from_step
from aigaq.sealing.signatures import check_signature, public_bytes
from aigaq.sealing.signed_json import build_signed_json, open_signed_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=5)


@contextmanager
def allowed(code: str) -> Iterator[None]:
    """Let the block either hold or be refused with ``code``, and with nothing else."""
    try:
        yield
    except SealingError as error:
        if error.code != code:
            raise


def by_definition(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 section 2.1 defines it: split at the largest power of two."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hash_node(by_definition(leaves[:split]), by_definition(leaves[split:]))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_the_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == by_definition(leaves)


@given(st.lists(st.binary(max_size=20), max_size=6), st.lists(st.binary(max_size=20), max_size=6))
def test_two_lists_of_parts_never_encode_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (encode_parts(*one) == encode_parts(*other)) == (one == other)


@given(st.text(max_size=40) | st.binary(max_size=30).map(encode_base64))
def test_a_value_has_one_base64_only(text: str) -> None:
    with allowed("encoding.bad_base64"):
        assert encode_base64(decode_base64(text)) == text


@given(st.text(max_size=8) | st.binary(max_size=30).map(bytes.hex))
def test_a_value_has_one_hex_only(text: str) -> None:
    with allowed("encoding.bad_hex"):
        assert decode_hex(text).hex() == text


@given(OBJECTS)
def test_json_comes_back_as_it_was(members: dict[str, Any]) -> None:
    assert parse_json(build_json(members)) == members


@given(OBJECTS, st.booleans())
def test_json_in_another_form_is_refused(members: dict[str, Any], spaced: bool) -> None:
    other = json.dumps(members, ensure_ascii=spaced, indent=1 if spaced else None).encode(
        errors="surrogatepass"
    )
    if other == build_json(members):
        assert parse_json(other) == members
    else:
        with pytest.raises(SealingError, match=r"encoding\.bad_json"):
            parse_json(other)


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_a_sealing_error(data: bytes) -> None:
    with allowed("encoding.bad_json"):
        assert build_json(parse_json(data)) == data


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b'{"a":' + b"[" * 1_000_000,
        b"[" * 1_000_000,
        b'{"a":[' + b"[]," * 2_000_000 + b"[]]}",
        b'{"a":[' + b"0," * 2_000_000 + b"0]}",
        b'{"a":[' + b'"",' * 2_000_000 + b'""]}',
        b'""' * 2_000_000,
        b'{"' + b"\\" * 1_000_001,
        b'{"a":' + b"9" * 1_000_000 + b"}",
    ],
    ids=[
        "deep",
        "deeper",
        "many lists",
        "many numbers",
        "many texts",
        "texts alone",
        "many backslashes",
        "a long number",
    ],
)
def test_a_small_text_never_becomes_a_large_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SealingError, match=r"encoding\.bad_json"):
            parse_json(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(data) + 1_000_000


@pytest.mark.slow
def test_as_many_values_as_the_page_says_are_read() -> None:
    # The object, its one value that is a list, and the list's own.
    fitting = build_json({"a": [0] * (MAXIMUM_VALUES - 2)})
    assert len(parse_json(fitting)["a"]) == MAXIMUM_VALUES - 2
    with pytest.raises(SealingError, match=r"encoding\.bad_json"):
        parse_json(build_json({"a": [0] * (MAXIMUM_VALUES + 1)}))


@given(st.binary(max_size=300), st.sampled_from([16, 64, 4096]))
def test_step_padding_comes_off_again(content: bytes, step: int) -> None:
    padded = pad_to_step(content, step=step)
    assert len(padded) % step == 0
    assert unpad_from_step(padded, step=step) == content


@given(st.binary(max_size=200), st.data())
def test_no_two_paddings_hold_the_same_content(content: bytes, data: st.DataObject) -> None:
    padded = bytearray(pad_to_step(content, step=64))
    at = data.draw(st.integers(0, len(padded) - 1))
    padded[at] ^= data.draw(st.integers(1, 255))
    with allowed("encoding.bad_padding"):
        assert unpad_from_step(bytes(padded), step=64) != content


@given(st.integers(0, 2**40))
def test_padme_adds_at_most_twelve_percent_and_few_sizes_remain(size: int) -> None:
    padded = padme_size(size)
    assert size <= padded <= size + size * 12 // 100 + 1
    assert padme_size(padded) == padded
    if size > 1:
        exponent = size.bit_length() - 1
        assert padded % (1 << (exponent - exponent.bit_length())) == 0


@given(st.binary(max_size=40), st.data())
def test_a_changed_signed_file_is_never_believed(seed: bytes, data: st.DataObject) -> None:
    key = Ed25519PrivateKey.generate()
    good = build_signed_json({"format": "aigaq/example/v1", "seed": seed.hex()}, key=key)
    changed = bytearray(good)
    at = data.draw(st.integers(0, len(good) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealingError, match=r"signed_json\."):
        open_signed_json(
            bytes(changed), format_name="aigaq/example/v1", public_key=public_bytes(key)
        )


@given(st.binary(max_size=70), st.binary(max_size=40))
def test_any_key_and_signature_give_a_sealing_error(signature: bytes, public_key: bytes) -> None:
    with pytest.raises(SealingError, match=r"signature\.wrong"):
        check_signature(signature=signature, data=b"text", public_key=public_key)


def test_the_error_is_one_of_aigaqs() -> None:
    assert issubclass(SealingError, AigaqError)


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_a_text_of_open_strings_is_refused_in_one_pass(end: bytes) -> None:
    # Anyone can send this to a gate, and in a sealed manifest to a desk: time must grow with size
    # alone. Looking again from each quotation mark takes half a minute here.
    text = b'{"' + b'\\"' * 64_000 + end
    began = time.process_time()
    with pytest.raises(SealingError) as refused:
        parse_json(text)
    assert refused.value.code == "encoding.bad_json"
    assert time.process_time() - began < 2
