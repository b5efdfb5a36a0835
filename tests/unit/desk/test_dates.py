"""Dates, times and sizes are said as people say them, in three languages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import formats
from django.utils.translation import override

from aigaq.desk import dates

TODAY = date(2026, 5, 8)
NOW = datetime(2026, 5, 8, 9, 5, tzinfo=UTC)  # 14:05 in Almaty


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Tuesday 12 May"),
        ("ru", "вторник, 12 мая"),
        ("kk", "12 мамыр, сейсенбі"),
    ],
)
def test_a_day_of_this_year_is_said_with_its_weekday(language: str, said: str) -> None:
    with override(language):
        assert dates.weekday_date(date(2026, 5, 12), today=TODAY) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Thursday 31 December 2026"),
        ("ru", "четверг, 31 декабря 2026 года"),
        ("kk", "2026 жылғы 31 желтоқсан, бейсенбі"),
    ],
)
def test_a_day_of_another_year_is_said_with_the_year(language: str, said: str) -> None:
    with override(language):
        assert dates.weekday_date(date(2026, 12, 31), today=date(2027, 1, 2)) == said


@pytest.mark.parametrize(
    ("days", "en", "ru", "kk"),
    [
        (4, "4 days left", "осталось 4 дня", "4 күн қалды"),
        (1, "tomorrow", "завтра", "ертең"),
        (0, "today", "сегодня", "бүгін"),
        (-1, "1 day late", "просрочено на 1 день", "1 күн кешікті"),
        (-11, "11 days late", "просрочено на 11 дней", "11 күн кешікті"),
    ],
)
def test_the_days_that_are_left_are_counted(days: int, en: str, ru: str, kk: str) -> None:
    for language, said in (("en", en), ("ru", ru), ("kk", kk)):
        with override(language):
            assert dates.days_left(TODAY + timedelta(days=days), today=TODAY) == said


@pytest.mark.parametrize(
    ("hours", "en", "ru", "kk"),
    [
        (0, "today at 14:05", "сегодня в 14:05", "бүгін, 14:05"),
        (15, "yesterday at 23:05", "вчера в 23:05", "кеше, 23:05"),
        (
            72,
            "Tuesday 5 May at 14:05",
            "вторник, 5 мая в 14:05",
            "5 мамыр, сейсенбі, 14:05",
        ),
    ],
)
def test_a_moment_is_said_in_the_time_of_the_desk(hours: int, en: str, ru: str, kk: str) -> None:
    for language, said in (("en", en), ("ru", ru), ("kk", kk)):
        with override(language):
            assert dates.moment(NOW - timedelta(hours=hours), now=NOW) == said


@pytest.mark.parametrize(
    ("minutes", "en", "ru"),
    [
        (0, "less than a minute", "меньше минуты"),
        (59, "59 minutes", "59 минут"),
        (61, "1 hour", "1 час"),
        (47 * 60, "47 hours", "47 часов"),
        (48 * 60, "2 days", "2 дня"),
    ],
)
def test_waiting_is_said_in_the_largest_whole_unit(minutes: int, en: str, ru: str) -> None:
    for language, said in (("en", en), ("ru", ru)):
        with override(language):
            assert dates.waiting(NOW - timedelta(minutes=minutes), now=NOW) == said


@pytest.mark.parametrize(
    ("days", "tone"), [(-1, "overdue"), (0, "due"), (3, "due"), (4, "info"), (400, "info")]
)
def test_a_clock_warns_three_days_before(days: int, tone: str) -> None:
    assert dates.urgency_of(TODAY + timedelta(days=days), today=TODAY) == tone


@pytest.mark.parametrize(
    ("size_bytes", "en", "ru"),
    [
        (0, "0 bytes", "0 байт"),
        (999, "999 bytes", "999 байт"),
        (180_000, "180 KB", "180 КБ"),
        (2_400_000, "2.4 MB", "2,4 МБ"),
        (100_000_000, "100 MB", "100 МБ"),
        (2_000_000_000, "2 GB", "2 ГБ"),
    ],
)
def test_a_size_is_said_in_one_unit(size_bytes: int, en: str, ru: str) -> None:
    for language, said in (("en", en), ("ru", ru)):
        with override(language):
            assert dates.file_size(size_bytes) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("kk", "2026 ж. 12 мамыр"), ("ru", "12 мая 2026 г."), ("en", "12 May 2026")],
)
def test_the_formats_of_each_language_are_ours(language: str, said: str) -> None:
    with override(language):
        assert formats.date_format(date(2026, 5, 12), "DATE_FORMAT") == said


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_date_is_typed_day_first(language: str) -> None:
    from django import forms

    with override(language):
        assert forms.DateField().clean("12.05.2026") == date(2026, 5, 12)


def test_a_phone_that_is_at_the_end_of_the_calendar_still_has_a_date() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert "9999" in dates.moment(last, now=datetime(2026, 5, 12, tzinfo=UTC))
