"""The receipt code: what a person may mistype, and what grows from it."""

import secrets
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigaq.sealing.errors import SealingError
from aigaq.sealing.receipt_code import (
    build_server_code,
    derive_mailbox_keys,
    draw_code,
    format_code,
    is_known_to_server,
    mod_11_10_digit,
    mod_97_10_digits,
    read_typed_code,
)

DIGITS = st.text("0123456789", min_size=19, max_size=19)


def test_the_check_digits_are_those_of_the_standard() -> None:
    # ISO 7064's own examples: 0794 under MOD 11,10 and 794 under MOD 97-10.
    assert mod_11_10_digit("0794") == "5"
    assert mod_97_10_digits("794") == "44"


def draw_server_code() -> str:
    return build_server_code(secrets.randbits(128))


@pytest.mark.parametrize(("draw", "length"), [(draw_code, 20), (draw_server_code, 24)])
def test_a_drawn_code_is_read_back_as_it_is_shown(draw: Callable[[], str], length: int) -> None:
    codes = {draw() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert len(code) == length
        assert is_known_to_server(code) == (length == 24)
        assert read_typed_code(format_code(code)) == code


def test_every_digit_is_drawn_about_equally_often() -> None:
    drawn = "".join(draw_code()[:19] for _ in range(2_000))
    counts = [drawn.count(digit) for digit in "0123456789"]
    assert sum(counts) == 38_000
    assert all(3_400 < count < 4_200 for count in counts)  # More than six deviations either way.


@given(DIGITS, st.integers(0, 19), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits: str, at: int, by: int) -> None:
    code = digits + mod_11_10_digit(digits)
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    with pytest.raises(SealingError) as caught:
        read_typed_code(wrong)
    assert caught.value.code == "receipt_code.wrong_check_digit"


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_code_or_a_sealing_error(typed: str) -> None:
    try:
        code = read_typed_code(typed)
    except SealingError:
        return
    assert read_typed_code(format_code(code)) == code


@given(DIGITS)
def test_an_error_never_repeats_the_code(digits: str) -> None:
    wrong = digits + str((int(mod_11_10_digit(digits)) + 1) % 10)
    with pytest.raises(SealingError) as caught:
        read_typed_code(wrong)
    assert caught.value.context == {}


def test_the_same_code_opens_another_mailbox_at_another_team() -> None:
    code = draw_code()
    one, again, other = (derive_mailbox_keys(code, team_id=bytes([n] * 16)) for n in (1, 1, 2))
    assert one.public_key == again.public_key
    assert one.recipient == again.recipient
    assert one.public_key != other.public_key
    assert one.recipient != other.recipient


def test_neither_code_nor_keys_show_in_a_printed_value() -> None:
    code = draw_code()
    keys = derive_mailbox_keys(code, team_id=bytes(16))
    shown = repr(keys)
    assert code not in shown
    assert keys.identity.secret_text() not in shown
    assert keys.key.private_bytes_raw().hex() not in shown
