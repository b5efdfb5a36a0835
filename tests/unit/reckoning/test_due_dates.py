"""Single rules of counting that the vectors do not tell apart."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from aigaq.jurisdictions.calendars import Calendar, Override, load_table
from aigaq.jurisdictions.loading import load_pack
from aigaq.jurisdictions.terms import Counting, Immediate, Term, Unit
from aigaq.jurisdictions.zones import ZoneError, load_zone
from aigaq.reckoning.due_dates import Due, Pause, Rules, add_months, reckon
from aigaq.reckoning.single_terms import reckon_rule

ALMATY = load_zone("Asia/Almaty")
KZ = load_pack("kz")


def at(text: str) -> datetime:
    """Return a moment of May to August 2026 in Almaty: ``05-04T09:00``."""
    return datetime.fromisoformat(f"2026-{text}:00+05:00")


def count(
    n: int,
    unit: Unit,
    start: str,
    *pauses: tuple[str, str | None],
    counting: Counting = KZ.counting,
    overrides: tuple[Override, ...] = (),
    as_of: str = "08-01T12:00",
    article: str = "CPC 1",
    starts_at_end: bool = False,
) -> Due:
    calendar = Calendar(weekend=frozenset({5, 6}), table=load_table("KZ"), overrides=overrides)
    return reckon(
        term=Term(n, unit),
        start=at(start),
        rules=Rules(counting=counting, calendar=calendar, zone=ALMATY, as_of=at(as_of)),
        pauses=[Pause(at(begin), at(end) if end else None) for begin, end in pauses],
        article=article,
        starts_at_end=starts_at_end,
    )


def test_each_step_names_the_article_of_its_own_rule() -> None:
    due = count(24, Unit.HOUR, "05-08T14:20")
    assert [(one.rule, one.article) for one in due.how] == [
        ("exclude_start", "CPC 48(2)"),
        ("term", "CPC 1"),
        ("hours_roll", "CPC 48(4)"),
    ]


def test_steps_lead_from_one_moment_to_the_next() -> None:
    due = count(7, Unit.DAY, "05-04T09:00")
    assert [(one.rule, one.start, one.end) for one in due.how] == [
        ("exclude_start", at("05-04T09:00"), at("05-05T00:00")),
        ("term", at("05-05T00:00"), at("05-12T00:00")),
        ("roll_forward", at("05-12T00:00"), at("05-13T00:00")),
    ]


def test_two_pauses_apart_both_count_and_the_time_between_does_not() -> None:
    first, second = ("05-10T09:00", "05-12T09:00"), ("05-20T09:00", "05-23T09:00")
    due = count(2, Unit.MONTH, "05-05T08:00", second, first)
    assert due.strict == at("07-11T00:00")
    assert [one.rule for one in due.how].count("pause") == 2


def test_working_days_in_a_pause_are_not_counted() -> None:
    due = count(3, Unit.WORKING_DAY, "05-12T09:00", ("05-13T09:00", "05-15T09:00"))
    assert due.strict == at("05-20T00:00")
    assert [one.rule for one in due.how] == ["exclude_start", "pause", "term", "working_days"]


def test_a_pause_beside_working_days_says_nothing() -> None:
    due = count(3, Unit.WORKING_DAY, "05-12T09:00", ("06-13T09:00", "06-15T09:00"))
    assert due.strict == at("05-16T00:00")
    assert "pause" not in [one.rule for one in due.how]


@pytest.mark.parametrize("pause", [("05-06T09:00", "05-06T12:00"), ("05-05T10:00", "05-05T12:00")])
def test_a_pause_from_the_end_of_a_term_of_hours_on_changes_nothing(
    pause: tuple[str, str],
) -> None:
    due = count(24, Unit.HOUR, "05-04T09:00", pause)
    assert (due.strict, due.is_paused) == (at("05-05T10:00"), False)
    assert "pause" not in [one.rule for one in due.how]


@pytest.mark.parametrize("pause", [("05-10T09:00", "05-12T08:00"), ("05-13T09:00", "05-13T18:00")])
def test_a_pause_that_takes_no_working_day_says_nothing(pause: tuple[str, str]) -> None:
    due = count(3, Unit.WORKING_DAY, "05-12T09:00", pause)
    assert due.strict == at("05-16T00:00")
    assert "pause" not in [one.rule for one in due.how]


def test_a_pause_that_lasts_from_the_very_end_stops_nothing() -> None:
    assert not count(24, Unit.HOUR, "05-04T09:00", ("05-05T10:00", None)).is_paused


def test_a_pause_without_length_says_nothing() -> None:
    due = count(24, Unit.HOUR, "05-04T09:00", ("05-04T12:00", "05-04T12:00"))
    assert due.strict == at("05-05T10:00")
    assert "pause" not in [one.rule for one in due.how]


@pytest.mark.parametrize(
    ("as_of", "is_paused"),
    [
        ("05-09T12:00", False),
        ("05-10T09:00", True),
        ("05-20T08:59", True),
        ("05-20T09:00", False),
        ("05-25T09:00", False),
    ],
)
def test_a_clock_stands_from_the_pause_to_the_resumption(as_of: str, is_paused: bool) -> None:
    pause = ("05-10T09:00", "05-20T09:00")
    assert count(2, Unit.MONTH, "05-05T08:00", pause, as_of=as_of).is_paused is is_paused


def test_a_pause_after_the_end_stops_nothing() -> None:
    due = count(3, Unit.DAY, "05-12T09:00", ("06-10T09:00", None))
    assert not due.is_paused


def test_an_interruption_that_restarts_begins_the_term_anew() -> None:
    counting = Counting(restarts_when_interrupted=True)
    pause = ("05-06T09:00", "05-12T10:00")
    due = count(3, Unit.DAY, "05-05T09:00", pause, counting=counting)
    assert due.strict == at("05-16T00:00")
    assert due.how[0].rule == "interruption"
    before = count(3, Unit.DAY, "05-12T09:00", ("05-01T09:00", "05-02T09:00"), counting=counting)
    assert before.how[0].rule == "exclude_start"


def test_only_a_date_that_rests_on_an_unsure_day_is_unsure() -> None:
    assert count(15, Unit.DAY, "05-12T09:00").is_unsure
    assert not count(14, Unit.DAY, "05-12T09:00").is_unsure
    override = Override(2026, frozenset({date(2026, 5, 26)}), frozenset())
    assert count(14, Unit.DAY, "05-12T09:00", overrides=(override,)).is_unsure


@pytest.mark.parametrize("term", [Term(48, Unit.HOUR, True), Term(3, Unit.DAY, True)])
def test_a_term_that_never_moves_rests_on_no_holiday(term: Term) -> None:
    rules = Rules(
        counting=KZ.counting,
        calendar=Calendar(weekend=frozenset({5, 6}), table=load_table("KZ")),
        zone=ALMATY,
        as_of=at("08-01T12:00"),
    )
    # Both end on 27 May, Eid al-Adha, whose day is estimated.
    due = reckon(term=term, start=at("05-25T06:30"), rules=rules)
    assert (due.strict - timedelta(minutes=1)).date() == date(2026, 5, 27)
    assert not due.is_unsure


def test_a_start_that_counts_is_the_first_day() -> None:
    counting = Counting(excludes_start_day=False)
    assert count(3, Unit.DAY, "05-12T09:00", counting=counting).strict == at("05-15T00:00")


def test_hours_that_count_from_the_moment_leave_nothing_out() -> None:
    counting = Counting(excludes_start_hour=False)
    due = count(24, Unit.HOUR, "05-12T09:20", counting=counting)
    assert (due.strict, [one.rule for one in due.how]) == (at("05-13T09:20"), ["term"])


@pytest.mark.parametrize(
    ("rolls", "strict", "lenient"),
    [
        (True, "05-13T00:00", "05-13T00:00"),
        (False, "05-09T15:00", "05-09T15:00"),
        (None, "05-09T15:00", "05-13T00:00"),
    ],
)
def test_whether_hours_roll_is_yes_no_or_unclear(
    rolls: bool | None, strict: str, lenient: str
) -> None:
    due = count(24, Unit.HOUR, "05-08T14:20", counting=Counting(rolls_hours=rolls))
    assert (due.strict, due.lenient) == (at(strict), at(lenient))


def test_a_second_reading_of_a_term_makes_the_lenient_date() -> None:
    rule = KZ.duties["victim_status_application"][0]
    rules = Rules(counting=KZ.counting, calendar=KZ.calendar, zone=ALMATY, as_of=at("06-01T12:00"))
    due = reckon_rule(rule, start=at("05-12T09:00"), rules=rules)
    assert due is not None
    assert (due.strict, due.lenient) == (at("05-16T00:00"), at("05-23T00:00"))
    assert [one.end for one in due.how if one.rule == "term"] == [
        at("05-16T00:00"),
        at("05-23T00:00"),
    ]


def test_months_are_clipped_to_their_end() -> None:
    assert add_months(date(2025, 12, 31), months=2) == date(2026, 2, 28)
    assert add_months(date(2023, 12, 31), months=2) == date(2024, 2, 29)
    assert add_months(date(2026, 1, 15), months=12) == date(2027, 1, 15)
    assert add_months(date(2026, 11, 30), months=1) == date(2026, 12, 30)


@pytest.mark.parametrize(
    "name",
    ["Asia/Nowhere", "../etc/passwd", "", "Asia", str(Path("/etc")), "leapseconds", "a" * 300],
)
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ZoneError):
        load_zone(name)


def test_a_pause_from_the_last_day_on_still_counts() -> None:
    due = count(3, Unit.DAY, "05-12T09:00", ("05-15T09:00", "05-18T09:00"))
    assert due.strict == at("05-19T00:00")


def test_a_pause_over_one_midnight_takes_one_day_and_says_from_when_to_when() -> None:
    due = count(2, Unit.DAY, "05-12T09:00", ("05-13T20:00", "05-14T08:00"))
    assert due.strict == at("05-16T00:00")
    assert [(one.rule, one.start, one.end) for one in due.how][-1] == (
        "pause",
        at("05-15T00:00"),
        at("05-16T00:00"),
    )


def test_three_pauses_that_overlap_are_one() -> None:
    pauses = (
        ("05-10T09:00", "05-12T09:00"),
        ("05-11T09:00", "05-14T09:00"),
        ("05-13T09:00", "05-20T09:00"),
    )
    due = count(2, Unit.MONTH, "05-05T08:00", *pauses)
    assert due.strict == at("07-16T00:00")
    assert [one.rule for one in due.how].count("pause") == 1


def test_two_pauses_that_touch_are_one() -> None:
    pauses = (("05-10T09:00", "05-12T09:00"), ("05-12T09:00", "05-20T09:00"))
    due = count(2, Unit.MONTH, "05-05T08:00", *pauses)
    assert [one.rule for one in due.how].count("pause") == 1


def test_an_interruption_that_ended_as_the_term_began_restarts_nothing() -> None:
    counting = Counting(restarts_when_interrupted=True)
    due = count(3, Unit.DAY, "05-12T09:00", ("05-01T09:00", "05-12T09:00"), counting=counting)
    assert due.how[0].rule == "exclude_start"


def test_what_is_owed_at_once_stands_still_for_nobody_and_is_sure() -> None:
    rules = Rules(counting=KZ.counting, calendar=KZ.calendar, zone=ALMATY, as_of=at("06-01T12:00"))
    due = reckon(term=Immediate(), start=at("05-12T09:00"), rules=rules, article="CPC 1")
    assert (due.strict, due.lenient) == (at("05-12T09:00"), at("05-13T10:00"))
    assert (due.is_paused, due.is_unsure) == (False, False)
    plain = Rules(counting=Counting(), calendar=KZ.calendar, zone=ALMATY, as_of=at("06-01T12:00"))
    bare = reckon(term=Immediate(), start=at("05-12T09:00"), rules=plain)
    assert (bare.lenient, bare.is_paused, bare.is_unsure) == (bare.strict, False, False)


def test_a_term_of_another_code_does_not_cite_how_this_one_counts() -> None:
    rules = Rules(
        counting=KZ.counting,
        calendar=Calendar(weekend=frozenset({5, 6}), table=load_table("KZ")),
        zone=ALMATY,
        as_of=at("08-01T12:00"),
    )
    article = "Administrative Procedural Code 92(1)"
    term = Term(3, Unit.MONTH)
    due = reckon(term=term, start=at("05-04T12:30"), rules=rules, article=article)
    assert [(one.rule, one.article) for one in due.how] == [
        ("exclude_start", None),
        ("term", article),
    ]


def test_days_of_custody_count_their_first_day_and_never_move() -> None:
    rules = Rules(
        counting=KZ.counting,
        calendar=Calendar(weekend=frozenset({5, 6}), table=load_table("KZ")),
        zone=ALMATY,
        as_of=at("08-01T12:00"),
    )
    ten_days = Term(10, Unit.DAY, is_detention=True)
    due = reckon(term=ten_days, start=at("05-01T08:00"), rules=rules, article="CPC 139(1)")
    # 10 May is a Sunday: the 1st is the first day of ten.
    assert due.strict == due.lenient == at("05-11T00:00")
    assert [one.rule for one in due.how] == ["detention_minute", "term"]


@pytest.mark.parametrize(
    ("start", "last"),
    [("05-01", "06-30"), ("05-15", "07-14"), ("06-30", "08-29"), ("03-01", "04-30")],
)
def test_months_of_custody_end_on_the_day_before_their_date(start: str, last: str) -> None:
    rules = Rules(
        counting=KZ.counting,
        calendar=Calendar(weekend=frozenset({5, 6}), table=load_table("KZ")),
        zone=ALMATY,
        as_of=at("08-01T12:00"),
    )
    months = Term(2, Unit.MONTH, is_detention=True)
    due = reckon(term=months, start=at(f"{start}T08:00"), rules=rules, article="CPC 151")
    assert due.strict == at(f"{last}T00:00") + timedelta(days=1)


def test_a_term_that_starts_with_the_end_of_another_leaves_that_day_out_once() -> None:
    rules = Rules(
        counting=KZ.counting,
        calendar=Calendar(weekend=frozenset({5, 6}), table=load_table("KZ")),
        zone=ALMATY,
        as_of=at("08-01T12:00"),
    )
    term = Term(15, Unit.DAY)
    ends = reckon(term=term, start=at("05-22T00:00"), rules=rules, starts_at_end=True)
    assert ends.strict == at("06-06T00:00")
    within = reckon(term=term, start=at("05-22T10:00"), rules=rules, starts_at_end=True)
    assert within.strict == at("06-09T00:00")
