"""Keys: their text, what they refuse, and that no log shows a secret."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigaq import age
from aigaq.age import bech32

SEED = bytes(range(32))
LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


@given(data=st.binary(max_size=1300))
def test_bech32_gives_back_what_it_was_given(data: bytes) -> None:
    text = bech32.encode("age", data=data)
    assert bech32.decode(text) == ("age", data)
    assert bech32.decode(text.upper()) == ("AGE", data)


@given(
    data=st.binary(min_size=1, max_size=64), place=st.integers(0), letter=st.sampled_from(LETTERS)
)
def test_bech32_finds_a_mistyped_letter(data: bytes, place: int, letter: str) -> None:
    text = bech32.encode("age", data=data)
    place = 4 + place % (len(text) - 4)
    mistyped = text[:place] + letter + text[place + 1 :]
    if mistyped == text:
        return
    with pytest.raises(age.KeyTextError):
        bech32.decode(mistyped)


@given(text=st.text(max_size=200))
def test_any_other_text_is_no_key(text: str) -> None:
    for parse in (age.parse_recipient, age.parse_identity):
        with pytest.raises(age.KeyTextError):
            parse(text)


def test_a_very_long_text_is_not_even_looked_at() -> None:
    with pytest.raises(age.KeyTextError):
        bech32.decode(bech32.encode("age", data=bytes(4096)))


@pytest.mark.parametrize("kind", [age.HybridIdentity, age.X25519Identity])
def test_a_key_survives_its_text(
    kind: type[age.HybridIdentity | age.X25519Identity],
) -> None:
    identity = kind.generate()
    again = age.parse_identity(identity.secret_text())
    assert again.recipient == identity.recipient
    assert again.secret_text() == identity.secret_text()
    assert age.parse_recipient(str(identity.recipient)) == identity.recipient
    assert hash(again.recipient) == hash(identity.recipient)
    assert kind.generate().recipient != identity.recipient


@pytest.mark.parametrize("kind", [age.HybridIdentity, age.X25519Identity])
@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_secret_of_another_length_is_refused(
    kind: type[age.HybridIdentity | age.X25519Identity], size: int
) -> None:
    with pytest.raises(age.KeyTextError) as refusal:
        kind(bytes(size))
    assert refusal.value.code == "age.bad_identity"


def test_a_seed_always_gives_the_same_mailbox_identity() -> None:
    one, two = age.HybridIdentity.from_seed(SEED), age.HybridIdentity.from_seed(SEED)
    file = age.encrypt_bytes(b"fictional", recipients=[one.recipient])
    assert one.recipient == two.recipient
    assert age.decrypt_bytes(file, identities=[two]) == b"fictional"


def test_a_hybrid_key_with_an_unreduced_coefficient_is_refused() -> None:
    public = age.HybridIdentity.from_seed(SEED).recipient.public
    with pytest.raises(age.KeyTextError) as refusal:
        age.HybridRecipient(b"\xff\xff\xff" + public[3:])
    assert refusal.value.code == "age.bad_recipient"


def test_no_log_shows_a_secret() -> None:
    passphrase = secrets.token_hex(8)
    hybrid, classic = age.HybridIdentity(SEED), age.X25519Identity(SEED)
    shown = "".join(
        f"{thing!r}{thing!s}"
        for thing in (
            hybrid,
            classic,
            age.ScryptIdentity(passphrase),
            age.ScryptRecipient(passphrase),
        )
    )
    secret_parts = (hybrid.secret_text(), classic.secret_text(), SEED.hex(), passphrase)
    assert not any(secret in shown for secret in secret_parts)
    assert "AGE-SECRET-KEY" not in shown


def test_no_error_shows_a_secret() -> None:
    text = age.HybridIdentity(SEED).secret_text()
    mistyped = text[:-1] + ("Q" if text[-1] != "Q" else "P")
    with pytest.raises(age.KeyTextError) as refusal:
        age.parse_identity(mistyped)
    assert text[20:40] not in f"{refusal.value!r}{refusal.value}{refusal.value.context}"


@pytest.mark.parametrize("passphrase", ["", "\ud800"])
def test_a_passphrase_must_be_text_and_not_empty(passphrase: str) -> None:
    for kind in (age.ScryptIdentity, age.ScryptRecipient):
        with pytest.raises(age.KeyTextError) as refusal:
            kind(passphrase)
        assert refusal.value.code == "age.bad_passphrase"


@pytest.mark.parametrize("work_factor", [-1, 0, 31])
def test_a_work_factor_has_bounds(work_factor: int) -> None:
    with pytest.raises(age.KeyTextError) as on_writing:
        age.ScryptRecipient("fictional", work_factor=work_factor)
    with pytest.raises(age.KeyTextError) as on_reading:
        age.ScryptIdentity("fictional", max_work_factor=work_factor)
    assert {on_writing.value.code, on_reading.value.code} == {"age.bad_work_factor"}


@pytest.mark.parametrize("work_factor", ["21", "30", "99", "100", "9" * 5000])
def test_a_strangers_file_cannot_make_us_work_without_bound(work_factor: str) -> None:
    file = age.encrypt_bytes(
        b"fictional", recipients=[age.ScryptRecipient("fictional", work_factor=9)]
    )
    altered = file.replace(b" 9\n", f" {work_factor}\n".encode(), 1)
    with pytest.raises(age.HeaderError) as refusal:
        age.decrypt_bytes(altered, identities=[age.ScryptIdentity("fictional")])
    assert refusal.value.code == "age.work_factor_too_high"


def test_a_work_factor_above_ones_own_limit_is_refused_and_at_it_accepted() -> None:
    file = age.encrypt_bytes(
        b"fictional", recipients=[age.ScryptRecipient("fictional", work_factor=5)]
    )
    at_limit = age.ScryptIdentity("fictional", max_work_factor=5)
    assert age.decrypt_bytes(file, identities=[at_limit]) == b"fictional"
    below = age.ScryptIdentity("fictional", max_work_factor=4)
    with pytest.raises(age.HeaderError) as refusal:
        age.decrypt_bytes(file, identities=[below])
    assert refusal.value.code == "age.work_factor_too_high"


def test_a_wrong_passphrase_is_not_for_me() -> None:
    file = age.encrypt_bytes(b"", recipients=[age.ScryptRecipient("one", work_factor=2)])
    with pytest.raises(age.NotForMeError):
        age.decrypt_bytes(file, identities=[age.ScryptIdentity("another")])


def test_the_quick_checksum_of_a_hybrid_recipient_finds_every_exchanged_letter() -> None:
    text = str(age.HybridIdentity.generate().recipient)
    assert age.parse_recipient(text)
    for place in range(len("age1pq1"), len(text)):
        other = "q" if text[place] != "q" else "p"
        with pytest.raises(age.KeyTextError):
            age.parse_recipient(text[:place] + other + text[place + 1 :])
