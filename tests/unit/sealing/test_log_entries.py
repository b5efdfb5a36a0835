"""What entries of the log mean, and what they give away."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from aigaq.clock import now
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_entries import (
    OPENING_KINDS,
    PUBLIC_KINDS,
    PublicEntry,
    build_blinded,
    build_opening,
    build_public,
    make_chaff,
    make_opening,
    parse_entry,
    parse_opening,
)
from aigaq.sealing.retirement import KeyRetirement, build_retirement, parse_retirement


def test_a_blinded_entry_is_33_bytes_whatever_it_stands_for() -> None:
    commitment = build_blinded(bytes(range(32)))
    chaff = build_blinded(make_chaff().blinded)
    assert len(commitment) == len(chaff) == 33
    assert commitment[:1] == chaff[:1] == b"\x01"
    assert parse_entry(commitment) == bytes(range(32))


@pytest.mark.parametrize("kind", OPENING_KINDS)
def test_an_opening_opens_its_entry_and_no_other(kind: str) -> None:
    opening = make_opening(kind=kind, value=b"value")
    assert parse_opening(build_opening(opening)) == opening
    assert make_opening(kind=kind, value=b"value").blinded != opening.blinded


@pytest.mark.parametrize("kind", PUBLIC_KINDS)
def test_a_public_entry_gives_its_text_back(kind: str) -> None:
    entry = build_public(kind=kind, text="Карта айғақ\n")
    assert parse_entry(entry) == PublicEntry(kind, "Карта айғақ\n")


def test_a_long_public_text_is_entered_as_its_hash() -> None:
    entry = parse_entry(build_public(kind="bundle_manifest", text="x" * 70_000))
    assert isinstance(entry, PublicEntry)
    assert '"size":70000' in entry.text


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"\x01",
        b"\x01" + bytes(31),
        b"\x01" + bytes(33),
        b"\x03" + bytes(32),
        b"\x02" + bytes(8),
        build_public(kind="card", text="x") + b"\x00",
        build_public(kind="card", text="x").replace(b"card", b"cart"),
        build_public(kind="card", text="x")[:-1],
    ],
)
def test_another_entry_is_refused(entry: bytes) -> None:
    with pytest.raises(SealingError, match=r"entry\.bad_form"):
        parse_entry(entry)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_refused(entry: bytes) -> None:
    try:
        parsed = parse_entry(entry)
    except SealingError:
        return
    if isinstance(parsed, PublicEntry):
        assert build_public(kind=parsed.kind, text=parsed.text) == entry
    else:
        assert build_blinded(parsed) == entry


def test_only_the_root_key_retires_a_log_key() -> None:
    root, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    retirement = KeyRetirement(
        log_key=bytes(32),
        log_origin="a.example/log",
        new_log_origin="a.example/log2",
        last_checkpoint=None,
        retired_at=now(),
        team_id=bytes(16),
    )
    text = build_retirement(retirement, root_key=root)
    assert parse_retirement(text, root_key=root.public_key().public_bytes_raw()) == retirement
    with pytest.raises(SealingError, match=r"retirement\.wrong_signature"):
        parse_retirement(text, root_key=other.public_key().public_bytes_raw())
