"""What holds of every term, whatever its unit, its start and the calendar."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from aigaq.jurisdictions.calendars import Calendar, Override, load_table
from aigaq.jurisdictions.terms import Counting, Immediate, Term, Unit
from aigaq.jurisdictions.zones import load_zone
from aigaq.reckoning.due_dates import Due, Pause, Rules, reckon

KZ = load_table("KZ")
ALMATY = load_zone("Asia/Almaty")
MOMENTS = st.datetimes(
    min_value=datetime(2012, 1, 1),  # noqa: DTZ001 - Hypothesis asks for naive bounds.
    max_value=datetime(2033, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LENGTHS = {
    Unit.MINUTE: 10_000,
    Unit.HOUR: 1_000,
    Unit.DAY: 400,
    Unit.WORKING_DAY: 100,
    Unit.MONTH: 40,
    Unit.YEAR: 3,
}


@st.composite
def terms(draw: st.DrawFn) -> Term:
    unit = draw(st.sampled_from(list(Unit)))
    is_detention = unit in (Unit.HOUR, Unit.MINUTE) and draw(st.booleans())
    return Term(draw(st.integers(1, LENGTHS[unit])), unit, is_detention)


@st.composite
def countings(draw: st.DrawFn) -> Counting:
    return Counting(
        excludes_start_hour=draw(st.booleans()),
        excludes_start_day=draw(st.booleans()),
        rolls=draw(st.booleans()),
        rolls_hours=draw(st.sampled_from([True, False, None])),
        immediate_lenient=draw(st.none() | terms()),
    )


def build_rules(counting: Counting, *, added: frozenset[date] = frozenset()) -> Rules:
    overrides = tuple(Override(day.year, frozenset({day}), frozenset()) for day in sorted(added))
    calendar = Calendar(weekend=frozenset({5, 6}), table=KZ, overrides=overrides)
    as_of = datetime(2040, 1, 1, tzinfo=UTC)
    return Rules(counting=counting, calendar=calendar, zone=ALMATY, as_of=as_of)


@settings(deadline=None)
@given(terms() | st.just(Immediate()), MOMENTS, countings())
def test_no_term_ends_before_it_starts(
    term: Term | Immediate, start: datetime, counting: Counting
) -> None:
    due = reckon(term=term, start=start, rules=build_rules(counting))
    assert start <= due.strict <= due.lenient


@settings(deadline=None)
@given(terms(), MOMENTS, countings())
def test_every_step_begins_where_the_law_was_before_and_the_last_one_ends_at_a_due_date(
    term: Term, start: datetime, counting: Counting
) -> None:
    due = reckon(term=term, start=start, rules=build_rules(counting), article="A 1")
    assert due.how
    assert due.how[-1].end in (due.strict, due.lenient)
    assert all(step.start <= step.end for step in due.how)
    assert all(set(step.text) == {"kk", "ru", "en"} for step in due.how)
    assert any(step.article == "A 1" for step in due.how)


@settings(deadline=None)
@given(terms(), MOMENTS, countings(), st.data())
def test_an_added_holiday_never_shortens_a_term(
    term: Term, start: datetime, counting: Counting, data: st.DataObject
) -> None:
    before = reckon(term=term, start=start, rules=build_rules(counting))
    length = (before.lenient - start).days + 30
    days = data.draw(st.sets(st.integers(-2, length), max_size=12))
    added = frozenset(start.date() + timedelta(days=day) for day in days)
    after = reckon(term=term, start=start, rules=build_rules(counting, added=added))
    assert before.strict <= after.strict
    assert before.lenient <= after.lenient


@settings(deadline=None)
@given(terms(), MOMENTS, countings(), st.timedeltas(timedelta(0), timedelta(days=60)), st.data())
def test_a_pause_shifts_a_term_by_its_length_and_never_shortens_it(
    term: Term, start: datetime, counting: Counting, length: timedelta, data: st.DataObject
) -> None:
    rules = build_rules(counting)
    before = reckon(term=term, start=start, rules=rules)
    offset = data.draw(st.timedeltas(timedelta(0), before.strict - start))
    pause = Pause(start + offset, start + offset + length)
    after = reckon(term=term, start=start, rules=rules, pauses=[pause])
    assert before.strict <= after.strict
    if term.unit in (Unit.MINUTE, Unit.HOUR):
        assert_shifted_exactly(term, before, after, pause)


def assert_shifted_exactly(term: Term, before: Due, after: Due, pause: Pause) -> None:
    assert pause.end is not None
    if pause.start < before.strict and before.strict == before.lenient and term.is_detention:
        assert after.strict - before.strict == pause.end - pause.start


@settings(deadline=None)
@given(terms(), MOMENTS, countings(), st.data())
def test_pauses_in_any_order_and_overlapping_count_once(
    term: Term, start: datetime, counting: Counting, data: st.DataObject
) -> None:
    rules = build_rules(counting)
    pauses = []
    for _ in range(data.draw(st.integers(1, 5))):
        begin = start + timedelta(hours=data.draw(st.integers(0, 2_000)))
        pauses.append(Pause(begin, begin + timedelta(hours=data.draw(st.integers(0, 500)))))
    shuffled = data.draw(st.permutations([*pauses, *pauses]))
    once = reckon(term=term, start=start, rules=rules, pauses=pauses)
    twice = reckon(term=term, start=start, rules=rules, pauses=shuffled)
    assert (once.strict, once.lenient) == (twice.strict, twice.lenient)


@settings(deadline=None)
@given(terms(), MOMENTS, countings())
def test_a_longer_term_never_ends_earlier(term: Term, start: datetime, counting: Counting) -> None:
    rules = build_rules(counting)
    longer = Term(term.n + 1, term.unit, term.is_detention)
    assert (
        reckon(term=term, start=start, rules=rules).strict
        <= reckon(term=longer, start=start, rules=rules).strict
    )


@settings(deadline=None)
@given(terms(), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)), countings())
def test_a_later_start_never_ends_earlier(
    term: Term, start: datetime, later: timedelta, counting: Counting
) -> None:
    rules = build_rules(counting)
    first = reckon(term=term, start=start, rules=rules).strict
    second = reckon(term=term, start=start + later, rules=rules).strict
    # Hours that roll end with the day, hours that end on that day by the clock.
    assert get_last_day(first) <= get_last_day(second)
    if counting.rolls_hours is not True:
        assert first <= second


def get_last_day(due: datetime) -> date:
    return (due - timedelta(microseconds=1)).date()


@settings(deadline=None)
@given(terms(), MOMENTS)
def test_a_rolled_term_ends_with_a_working_day(term: Term, start: datetime) -> None:
    rules = build_rules(Counting(rolls_hours=True))
    due = reckon(term=term, start=start, rules=rules)
    if not term.is_detention and term.unit not in (Unit.MINUTE,):
        last = (due.lenient - timedelta(microseconds=1)).astimezone(ALMATY).date()
        assert rules.calendar.is_working(last)
