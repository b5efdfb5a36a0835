"""Words of a reckoning: Kazakh endings of times, spans of days, lines for a terminal."""

from datetime import date

import pytest

from aigaq.reckoning.calendar_text import wrap
from aigaq.reckoning.words import decline, write_days


@pytest.mark.parametrize(
    ("time", "from_it", "to_it", "at_it"),
    [
        *(("10:00", "ден", "ге", "де"), ("24:00", "ден", "ге", "де"), ("08:01", "ден", "ге", "де")),
        *(("09:03", "тен", "ке", "те"), ("08:45", "тен", "ке", "те"), ("09:06", "дан", "ға", "да")),
        *(("09:09", "дан", "ға", "да"), ("12:10", "нан", "ға", "да"), ("14:20", "дан", "ға", "да")),
        *(("18:30", "дан", "ға", "да"), ("15:40", "тан", "қа", "та"), ("07:50", "ден", "ге", "де")),
        *(("06:35", "тен", "ке", "те"), ("23:59", "дан", "ға", "да"), ("11:17", "ден", "ге", "де")),
    ],
)
def test_a_kazakh_time_ends_as_its_last_number_is_said(
    time: str, from_it: str, to_it: str, at_it: str
) -> None:
    said = decline(f"{time} бастап {time} дейін, {time} кейін, {time} бітті.", language="kk")
    assert said == (
        f"{time}-{from_it} бастап {time}-{to_it} дейін, "
        f"{time}-{from_it} кейін, {time}-{at_it} бітті."
    )


def test_every_minute_has_its_endings() -> None:
    for minute in range(60):
        assert decline(f"9:{minute:02} дейін", language="kk") != f"9:{minute:02} дейін"


def test_other_languages_and_other_words_stay_as_they_are() -> None:
    assert decline("10:00 дейін", language="ru") == "10:00 дейін"
    assert decline("10:00 аралығында", language="kk") == "10:00 аралығында"


def test_neighbouring_days_are_one_span() -> None:
    days = [date(2026, 4, 3), date(2026, 4, 4), date(2026, 4, 6)]
    assert write_days(days, language="ru") == "03.04.2026 – 04.04.2026, 06.04.2026"
    assert write_days(days, language="en") == "3 April 2026 – 4 April 2026, 6 April 2026"


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("   one two three", ["   one two", "   three"]),
        ("  · one two three", ["  · one two", "    three"]),
        ("! one two three", ["! one two", "  three"]),
        ("", [""]),
    ],
)
def test_a_line_goes_on_under_the_beginning_of_its_text(line: str, lines: list[str]) -> None:
    assert wrap(line, width=11).split("\n") == lines
