"""One term of the law without a case: of a duty, of the answer to a remedy, of a window."""

import pytest
from tests.unit.reckoning.test_due_dates import ALMATY, KZ, at

from aigaq.jurisdictions.pack_shapes import Rule
from aigaq.reckoning.due_dates import Due, Rules
from aigaq.reckoning.single_terms import list_facts, reckon_rule

RULES = Rules(counting=KZ.counting, calendar=KZ.calendar, zone=ALMATY, as_of=at("06-01T12:00"))


def reckon(rule: Rule, start: str, *facts: str) -> Due:
    due = reckon_rule(rule, start=at(start), rules=RULES, facts=frozenset(facts))
    assert due is not None
    return due


def test_the_term_of_a_duty_has_its_article_and_its_second_reading() -> None:
    # CPC 109(1), (2): three days; ten by the second reading.
    due = reckon(KZ.duties["victim_status_application"][0], "05-12T09:00")
    assert (due.strict, due.lenient) == (at("05-16T00:00"), at("05-23T00:00"))
    assert {one.article for one in due.how if one.rule == "term"} == {"CPC 109(1), (2)"}


def test_the_answer_to_a_remedy_is_reckoned_from_its_filing() -> None:
    due = reckon(KZ.remedies["complaint_prosecutor"][0], "05-04T09:00")
    assert due.strict == at("05-13T00:00")
    assert [one.article for one in due.how if one.rule == "term"] == [
        "CPC 104(1), 105(1), (1-1), (2), (4), 193(2)(6)"
    ]


def test_a_window_is_reckoned_by_its_first_way_to_open() -> None:
    due = reckon(KZ.windows["judge_appeal"][0], "05-12T09:00")
    assert due.strict == due.lenient == at("05-16T00:00")
    # CPC 32(3): three days, and one way to open.
    assert reckon(KZ.windows["prosecution_request"][0], "05-12T09:00").strict == at("05-16T00:00")


@pytest.mark.parametrize(
    ("facts", "due"),
    [((), "05-13T00:00"), (("about_detention",), "05-09T00:00"), (("exceptional",), "05-20T00:00")],
)
def test_a_fact_chooses_another_term(facts: tuple[str, ...], due: str) -> None:
    # CPC 105(2).
    assert reckon(KZ.remedies["complaint_head"][0], "05-04T09:00", *facts).strict == at(due)
    assert list_facts(KZ.remedies["complaint_head"][0]) == ["about_detention", "exceptional"]


def test_what_is_owed_at_once_is_due_at_once() -> None:
    due = reckon(KZ.duties["victim_status"][0], "05-12T09:00")
    assert (due.strict, due.lenient) == (at("05-12T09:00"), at("05-13T10:00"))


@pytest.mark.parametrize("name", ["mandatory_investigation", "term_ext_general"])
def test_a_duty_without_a_term_has_no_date(name: str) -> None:
    assert reckon_rule(KZ.duties[name][0], start=at("05-04T09:00"), rules=RULES) is None


def test_what_is_no_duty_remedy_or_window_has_neither_term_nor_facts() -> None:
    offence = KZ.offences["cc120_1"][0]
    assert reckon_rule(offence, start=at("05-04T09:00"), rules=RULES) is None
    assert list_facts(offence) == list_facts(KZ.windows["judge_appeal"][0]) == []
