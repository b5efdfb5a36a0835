"""How the card says how often people read."""

import pytest

from aigaq.accounts.cards import say_reading_interval


@pytest.mark.parametrize(
    ("hours", "russian"),
    [
        (1, "1 час"),
        (3, "3 часа"),
        (12, "12 часов"),
        (21, "21 час"),
        (24, "24 часа"),
        (48, "48 часов"),
    ],
)
def test_russian_hours_agree_with_their_number(hours: int, russian: str) -> None:
    assert f" {russian}." in say_reading_interval(hours)["ru"]


def test_english_says_one_hour_and_two_hours() -> None:
    assert " 1 hour." in say_reading_interval(1)["en"]
    assert " 2 hours." in say_reading_interval(2)["en"]
