"""Dates at the edges of the rules of counting, which no vector tells apart."""

import pytest
from tests.unit.reckoning.test_due_dates import ALMATY, KZ, at, count

from aigaq.jurisdictions.terms import Counting, Term, Unit
from aigaq.reckoning.due_dates import Rules, reckon, reckon_lenient


def test_a_month_from_the_last_day_of_a_short_month_ends_on_the_same_date() -> None:
    # CPC 48(4): the corresponding day of the last month. 30 May 2026 is a Saturday.
    assert count(1, Unit.MONTH, "04-30T09:00").strict == at("06-02T00:00")
    assert count(1, Unit.MONTH, "06-30T09:00").strict == at("07-31T00:00")


def test_a_month_whose_first_day_counts_ends_on_the_day_before_its_date() -> None:
    counting = Counting(excludes_start_day=False, rolls=False)
    assert count(1, Unit.MONTH, "03-01T09:00", counting=counting).strict == at("04-01T00:00")
    assert count(1, Unit.MONTH, "05-31T09:00", counting=counting).strict == at("07-01T00:00")


def test_a_pause_inside_a_longer_one_that_is_not_the_first_ends_nothing() -> None:
    first, long = ("05-08T09:00", "05-09T09:00"), ("05-11T09:00", "05-21T09:00")
    inside = ("05-12T09:00", "05-14T09:00")
    due = count(2, Unit.MONTH, "05-05T08:00", first, long, inside)
    assert due.strict == count(2, Unit.MONTH, "05-05T08:00", first, long).strict


def test_a_term_that_begins_anew_does_so_after_the_last_interruption() -> None:
    counting = Counting(restarts_when_interrupted=True, rolls=False)
    pauses = (("05-06T09:00", "05-07T10:00"), ("05-12T09:00", "05-13T10:00"))
    due = count(3, Unit.DAY, "05-05T09:00", *pauses, counting=counting)
    assert (due.how[0].rule, due.how[0].end) == ("interruption", at("05-13T10:00"))
    assert due.strict == at("05-17T00:00")


def test_a_pause_that_was_over_before_the_term_began_takes_nothing() -> None:
    for n, unit in ((24, Unit.HOUR), (3, Unit.DAY), (3, Unit.WORKING_DAY)):
        pause = ("05-04T09:00", "05-06T09:00")
        due = count(n, unit, "05-12T09:00", pause)
        assert due == count(n, unit, "05-12T09:00"), unit


def test_a_pause_within_one_day_takes_no_day_and_says_nothing() -> None:
    due = count(3, Unit.DAY, "05-12T09:00", ("05-13T09:00", "05-13T18:00"))
    assert due == count(3, Unit.DAY, "05-12T09:00")


def test_each_step_names_the_article_of_the_rule_that_made_it() -> None:
    rules = ("exclude_start", "pause", "roll_forward", "working_days", "detention_minute")
    articles: dict[str, str | None] = {
        name: f"CPC {number}" for number, name in enumerate(rules, start=2)
    }
    counting = Counting(articles=articles)
    # 12 May + 3 days is a Friday; two days of a pause later, a Sunday.
    paused = count(3, Unit.DAY, "05-12T09:00", ("05-13T09:00", "05-15T09:00"), counting=counting)
    assert [(one.rule, one.article) for one in paused.how] == [
        ("exclude_start", "CPC 2"),
        ("term", "CPC 1"),
        ("pause", "CPC 3"),
        ("roll_forward", "CPC 4"),
    ]
    worked = count(3, Unit.WORKING_DAY, "05-07T09:00", counting=counting)
    assert worked.how[-1].article == "CPC 5"


def test_a_term_without_an_article_names_those_of_the_counting_rules() -> None:
    rules = Rules(counting=KZ.counting, calendar=KZ.calendar, zone=ALMATY,
                  as_of=at("08-01T12:00"))  # fmt: skip
    due = reckon(term=Term(3, Unit.DAY), start=at("05-12T09:00"), rules=rules)
    assert [(one.rule, one.article) for one in due.how] == [
        ("exclude_start", "CPC 48(2)"),
        ("term", None),
    ]


def test_a_midnight_belongs_to_the_day_that_begins_with_it_unless_it_is_said() -> None:
    rules = Rules(counting=KZ.counting, calendar=KZ.calendar, zone=ALMATY,
                  as_of=at("08-01T12:00"))  # fmt: skip
    start = at("05-12T00:00")
    due = reckon(term=Term(1, Unit.DAY), start=start, rules=rules)
    assert due.strict == at("05-14T00:00")
    ends = reckon(term=Term(1, Unit.DAY), start=start, rules=rules, starts_at_end=True)
    assert ends.strict == at("05-13T00:00")


@pytest.mark.parametrize("n", [1, 2])
def test_a_second_reading_that_ends_no_later_adds_nothing(n: int) -> None:
    # 2 days from 14 May end on a Saturday and so, as 4 days do, with Monday the 18th.
    due = count(4, Unit.DAY, "05-14T09:00")
    other = count(n, Unit.DAY, "05-14T09:00")
    assert (other.lenient == due.lenient) is (n == 2)
    assert reckon_lenient(due=due, other=other) is due
