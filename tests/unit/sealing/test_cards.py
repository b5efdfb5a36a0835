"""Cards and fingerprints: what a reader believes of an organisation."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.vector_sources.fixtures import CARD, ROOT, card_bytes

from aigaq.sealing.card import build_card, parse_card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.fingerprint import bip39_words, fingerprint, format_fingerprint
from aigaq.sealing.signatures import public_bytes

GOOD = card_bytes()


def test_a_card_comes_back_as_it_was_signed() -> None:
    assert parse_card(GOOD, root_key=public_bytes(ROOT)) == CARD


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), by=st.integers(1, 255))
def test_no_altered_card_is_believed(at: int, by: int) -> None:
    altered = GOOD[:at] + bytes([GOOD[at] ^ by]) + GOOD[at + 1 :]
    with pytest.raises(SealingError, match=r"card\."):
        parse_card(altered, root_key=public_bytes(ROOT))


def test_a_card_that_nobody_would_read_is_not_signed() -> None:
    with pytest.raises(SealingError) as caught:
        build_card(replace(CARD, exit_url="javascript:alert(1)"), root_key=ROOT)
    assert caught.value.code == "card.bad_form"


def test_the_word_list_is_the_one_of_bip39() -> None:
    text = "".join(f"{word}\n" for word in bip39_words())
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    )


@given(st.binary(min_size=32, max_size=32))
def test_a_fingerprint_holds_the_first_88_bits_of_the_hash(root_key: bytes) -> None:
    words = fingerprint(root_key)
    bits = "".join(f"{one.index:011b}" for one in words)
    digest = hashlib.sha256(root_key).digest()
    assert int(bits, 2) == int.from_bytes(digest[:11], "big")
    assert [bip39_words()[one.index] for one in words] == [one.word for one in words]
    assert format_fingerprint(root_key) == " · ".join(f"{w.word} {w.index:04d}" for w in words)
