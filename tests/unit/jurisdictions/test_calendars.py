"""The tables of holidays are what the package says; overrides come last."""

import json
from datetime import date

import pytest

from aigaq.jurisdictions.calendar_tables import FOLDER, TABLES, build_table
from aigaq.jurisdictions.calendars import Calendar, Override, load_table, read_weekend
from aigaq.jurisdictions.errors import PackError

WEEKEND = frozenset({5, 6})


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_says_what_the_package_holidays_says_now(name: str) -> None:
    assert json.loads((FOLDER / f"{name}.json").read_bytes()) == build_table(name)


def test_a_worked_saturday_is_a_working_day_and_its_day_off_is_none() -> None:
    calendar = Calendar(weekend=WEEKEND, table=load_table("KZ"))
    assert calendar.is_working(date(2024, 5, 4))
    assert not calendar.is_working(date(2024, 5, 8))


def test_an_override_comes_last() -> None:
    override = Override(2026, frozenset({date(2026, 6, 4)}), frozenset({date(2026, 5, 11)}))
    calendar = Calendar(weekend=WEEKEND, table=load_table("KZ"), overrides=(override,))
    assert not calendar.is_working(date(2026, 6, 4))
    assert calendar.is_working(date(2026, 5, 11))
    assert calendar.is_overridden(date(2026, 5, 11))


def test_a_day_that_was_added_and_removed_is_off() -> None:
    day = frozenset({date(2026, 6, 4)})
    overrides = (Override(2026, day, frozenset()), Override(2026, frozenset(), day))
    calendar = Calendar(weekend=WEEKEND, table=None, overrides=overrides)
    assert not calendar.is_working(date(2026, 6, 4))


def test_an_estimated_holiday_and_a_year_without_a_table_are_unsure() -> None:
    calendar = Calendar(weekend=WEEKEND, table=load_table("KZ"))
    assert calendar.is_unsure(date(2026, 5, 27))
    assert calendar.is_unsure(date(2036, 5, 4))
    assert not calendar.is_unsure(date(2026, 5, 28))


@pytest.mark.parametrize("name", ["XX", "../kz", ""])
def test_a_country_without_a_table_is_refused(name: str) -> None:
    with pytest.raises(PackError) as refused:
        load_table(name)
    assert refused.value.code == "pack.bad_calendar"


def test_a_weekday_that_is_none_is_refused() -> None:
    with pytest.raises(PackError):
        read_weekend(["funday"])
