"""What a date answers to "how?": the days it names, and the moments it leads through."""

from dataclasses import replace

import pytest
from tests.unit.reckoning.test_due_dates import KZ, at, count

from aigaq.jurisdictions.terms import Unit
from aigaq.reckoning.due_dates import reckon_lenient


def test_working_days_name_each_day_that_is_not_one() -> None:
    due = count(3, Unit.WORKING_DAY, "05-07T15:00")
    steps = {one.rule: one for one in due.how}
    assert steps["term"].end == at("05-14T00:00")
    assert "24:00 on 13 May 2026" in steps["term"].text["en"]
    # Victory Day falls on a Saturday and moves to Monday.
    assert steps["working_days"].text["en"].endswith("not counted: 9 May 2026 – 11 May 2026.")


def test_no_day_before_the_first_counted_one_is_named() -> None:
    due = count(3, Unit.WORKING_DAY, "05-17T09:00")
    assert "working_days" not in [one.rule for one in due.how]


def test_a_roll_names_each_day_over_which_it_goes() -> None:
    due = count(4, Unit.DAY, "05-05T09:00")
    (roll,) = (one for one in due.how if one.rule == "roll_forward")
    assert roll.text["en"].endswith("Skipped: 9 May 2026 – 11 May 2026.")


@pytest.mark.parametrize(("at_end", "due"), [(False, "05-14T00:00"), (True, "05-13T00:00")])
def test_midnight_is_of_the_day_that_begins_unless_a_term_ended_there(
    at_end: bool, due: str
) -> None:
    assert count(1, Unit.DAY, "05-12T00:00", starts_at_end=at_end).strict == at(due)
    if not at_end:
        assert count(1, Unit.DAY, "05-12T00:00").strict == at(due), "unless it is said"


def test_a_moment_after_midnight_is_not_the_end_of_the_day_before() -> None:
    assert count(1, Unit.DAY, "05-12T00:01", starts_at_end=True).strict == at("05-14T00:00")


def test_a_date_is_unsure_if_one_of_its_two_readings_is() -> None:
    sure = replace(count(1, Unit.DAY, "05-12T09:00"), is_unsure=False)
    later = replace(count(3, Unit.DAY, "05-12T09:00"), is_unsure=True)
    assert reckon_lenient(due=sure, other=later).is_unsure
    assert reckon_lenient(
        due=replace(sure, is_unsure=True), other=replace(later, is_unsure=False)
    ).is_unsure


def test_counting_rules_of_another_code_are_not_named() -> None:
    due = count(7, Unit.DAY, "05-04T09:00", article="Administrative Code 1")
    assert [(one.rule, one.article) for one in due.how] == [
        ("exclude_start", None),
        ("term", "Administrative Code 1"),
        ("roll_forward", None),
    ]


def test_a_term_of_a_code_that_counts_from_the_day_itself_says_so() -> None:
    counting = replace(KZ.counting, excludes_start_day=False)
    due = count(1, Unit.MONTH, "05-31T09:00", counting=counting)
    assert due.strict == at("07-01T00:00")
    assert count(1, Unit.MONTH, "05-12T09:00", counting=counting).strict == at("06-12T00:00")
