"""Until when to file what, whether it was filed, and with whom it lies."""

from typing import Any

import pytest
from tests.unit.reckoning.random_cases import build_institution
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import REPORT, build_story, event, get_proposals, judge

TWO = [
    {"id": "a", "kind": "criminal", "institution": "police_district"},
    {"id": "b", "kind": "criminal", "institution": "police_district"},
]


def file(remedy: str, to: str, at: str, **fields: Any) -> dict[str, Any]:
    return event("complaint_submitted", at, remedy=remedy, to=to, **fields)


def find(answer: dict[str, Any], remedy: str) -> dict[str, Any]:
    proposal: dict[str, Any] = next(one for one in answer["proposals"] if one["remedy"] == remedy)
    return proposal


def list_remedies(*events: dict[str, Any], **changes: Any) -> list[str]:
    return [remedy for remedy, _to in get_proposals(judge(build_story(*events, **changes)))]


def list_codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


# Until when.


def test_the_window_of_one_remedy_is_no_date_for_another() -> None:
    answer = judge(build_story(REPORT, event("learned_of_decision", "2026-05-12T10:00")))
    assert find(answer, "complaint_court")["file_within"] == "2026-05-29T00:00:00+05:00"
    assert find(answer, "complaint_prosecutor")["file_within"] is None


@pytest.mark.parametrize(("late", "known"), [("a", "b"), ("b", "a")])
def test_the_window_of_one_proceeding_is_no_date_for_another(late: str, known: str) -> None:
    learned = event("learned_of_decision", "2026-05-12T10:00", proceeding=known)
    answer = judge(build_story({**REPORT, "proceeding": late}, learned, proceedings=TWO))
    assert find(answer, "complaint_court")["file_within"] is None


@pytest.mark.parametrize(("duty", "other"), [("erdr", "accept"), ("accept", "erdr")])
def test_a_refusal_of_one_thing_that_the_report_asked_for_is_no_date_for_the_other(
    duty: str, other: str
) -> None:
    refused = event("refused", "2026-05-04T12:00", duty=duty)
    met = event("duty_met", "2026-05-05T09:00", duty=duty)
    story = build_story(REPORT, refused, met, as_of="2026-05-10T12:00:00+05:00")
    court = find(judge(story), "complaint_court")
    assert court["duties"] == [other]
    assert court["file_within"] is None


def test_a_refusal_of_the_first_motion_is_no_date_for_the_second() -> None:
    answer = judge(
        build_story(
            event("motion_submitted", "2026-05-06T10:00"),
            event("refused", "2026-05-07T10:00", duty="motion"),
            event("duty_met", "2026-05-08T10:00", duty="motion"),
            event("motion_submitted", "2026-05-11T10:00"),
        )
    )
    court = find(answer, "complaint_court")
    assert court["duties"] == ["motion"]
    assert court["file_within"] is None


def test_a_refusal_of_what_was_asked_later_is_no_date_for_what_was_late_by_then() -> None:
    answer = judge(
        build_story(
            REPORT,
            event("motion_submitted", "2026-05-06T10:00"),
            event("refused", "2026-05-07T10:00", duty="motion"),
            event("duty_met", "2026-05-08T10:00", duty="motion"),
        )
    )
    court = find(answer, "complaint_court")
    assert set(court["duties"]) == {"accept", "erdr"}
    assert court["file_within"] is None


def test_a_refusal_also_dates_what_follows_a_complaint_about_it() -> None:
    filed = file(
        "complaint_prosecutor", "prosecutor_district", "2026-05-08T10:00", about=["motion"]
    )
    answer = judge(
        build_story(
            event("motion_submitted", "2026-05-06T10:00"),
            event("refused", "2026-05-07T10:00", duty="motion"),
            filed,
            event("duty_met", "2026-05-09T10:00", duty="motion"),
        )
    )
    court = find(answer, "complaint_court")
    assert court["duties"] == ["complaint_prosecutor"]
    assert court["file_within"] == "2026-05-23T00:00:00+05:00"


def test_of_two_windows_the_one_that_ends_first_is_the_date() -> None:
    known = [event("learned_of_decision", f"2026-05-{day:02}T10:00") for day in (8, 11)]
    court = find(judge(build_story(REPORT, *known)), "complaint_court")
    # 15 days from 8 May end on Saturday, and so with Monday the 25th; from the 11th, on the 26th.
    assert court["file_within"] == "2026-05-26T00:00:00+05:00"


def test_a_window_that_is_open_goes_before_one_that_closed() -> None:
    known = [event("learned_of_decision", at) for at in ("2026-05-05T10:00", "2026-05-22T10:00")]
    story = build_story(REPORT, *known, as_of="2026-05-25T12:00:00+05:00")
    court = find(judge(story), "complaint_court")
    assert court["file_within"] == "2026-06-09T00:00:00+05:00"
    assert "CPC 50(2)" not in court["because"]["en"]


def test_of_two_windows_that_closed_the_last_one_may_be_restored() -> None:
    known = [event("learned_of_decision", at) for at in ("2026-05-05T10:00", "2026-05-22T10:00")]
    story = build_story(REPORT, *known, as_of="2026-06-15T12:00:00+05:00")
    court = find(judge(story), "complaint_court")
    assert court["file_within"] is None
    assert "CPC 50(2)" in court["because"]["en"]
    assert "8 June 2026" in court["because"]["en"]


def test_a_window_that_was_used_is_no_date() -> None:
    known = event("learned_of_decision", "2026-05-12T10:00")
    filed = file("complaint_court", "judge_investigating", "2026-05-13T10:00", about=["accept"])
    court = find(judge(build_story(REPORT, known, filed)), "complaint_court")
    assert court["duties"] == ["erdr"]
    assert court["file_within"] is None
    assert "CPC 50(2)" not in court["because"]["en"]


# Whether it was filed.


@pytest.mark.parametrize(
    ("name", "result"), [("refused", "none"), ("complaint_answered", "granted")]
)
def test_the_answer_to_a_complaint_is_no_complaint_about_what_was_late_by_then(
    name: str, result: str
) -> None:
    accepted = event("report_accepted", "2026-05-04T09:30")
    filed = file("complaint_prosecutor", "prosecutor_district", "2026-05-04T12:00")
    answered = event(name, "2026-05-06T12:00", remedy="complaint_prosecutor", result=result)
    answer = judge(
        build_story(REPORT, accepted, filed, answered, as_of="2026-05-07T12:00:00+05:00")
    )
    assert find(answer, "complaint_prosecutor")["duties"] == ["erdr"]


@pytest.mark.parametrize(
    ("at", "is_asked"), [("2026-05-05T09:59", True), ("2026-05-05T10:00", False)]
)
def test_a_complaint_is_about_what_was_late_by_the_strict_date_when_it_was_filed(
    at: str, is_asked: bool
) -> None:
    accepted = event("report_accepted", "2026-05-04T09:30")
    filed = file("complaint_prosecutor", "prosecutor_district", at)
    asked = list_remedies(REPORT, accepted, filed, as_of="2026-05-06T12:00:00+05:00")
    assert ("complaint_prosecutor" in asked) is is_asked


@pytest.mark.parametrize(("at", "is_asked"), [("07:59", True), ("08:00", False), ("08:01", False)])
def test_a_complaint_that_names_a_motion_is_about_one_that_was_made_by_then(
    at: str, is_asked: bool
) -> None:
    motion = event("motion_submitted", "2026-05-12T08:00")
    filed = file(
        "complaint_prosecutor", "prosecutor_district", f"2026-05-12T{at}", about=["motion"]
    )
    asked = list_remedies(motion, filed, as_of="2026-05-18T12:00:00+05:00")
    assert ("complaint_prosecutor" in asked) is is_asked


def test_a_complaint_in_another_criminal_case_is_not_about_this_one() -> None:
    events = [{**REPORT, "proceeding": "a"}]
    events.append(
        file("complaint_prosecutor", "prosecutor_district", "2026-05-06T10:00", proceeding="b")
    )
    as_of = "2026-05-07T12:00:00+05:00"
    assert "complaint_prosecutor" in list_remedies(*events, proceedings=TWO, as_of=as_of)
    matter = [TWO[0], {"id": "b", "kind": "complaint", "institution": "prosecutor_district"}]
    assert "complaint_prosecutor" not in list_remedies(*events, proceedings=matter, as_of=as_of)


@pytest.mark.parametrize(
    ("to", "is_filed", "is_odd"),
    [
        ("prosecutor_district", True, False),
        ("prosecutor_general", True, False),
        ("judge_investigating", True, False),
        ("hospital", False, True),
        ("police_district", False, True),
        ("cedaw", False, True),
        ("s", True, False),
    ],
)
def test_a_complaint_lies_with_its_addressee_or_with_another_body_that_decides(
    to: str, is_filed: bool, is_odd: bool
) -> None:
    filed = file("complaint_prosecutor", to, "2026-05-06T10:00")
    answer = judge(build_story(REPORT, filed, as_of="2026-05-07T12:00:00+05:00"))
    asked = [remedy for remedy, _to in get_proposals(answer)]
    assert ("complaint_prosecutor" not in asked) is is_filed
    assert ("complaint.other_body" in list_codes(answer)) is is_odd


def test_what_goes_to_a_body_that_decides_nothing_is_filed_there_if_the_law_says_so() -> None:
    # CPC 187(3), (4): the anti-corruption service takes the report and decides no complaint.
    filed = file("report_anticorruption", "anticorruption", "2026-05-06T10:00")
    answer = judge(build_story(REPORT, filed, as_of="2026-05-07T12:00:00+05:00"))
    assert "report_anticorruption" not in [remedy for remedy, _to in get_proposals(answer)]
    assert "complaint.other_body" not in list_codes(answer)


def test_silence_of_someone_without_an_office_still_leads_to_the_judge() -> None:
    filed = file("complaint_prosecutor", "s", "2026-05-06T10:00")
    answer = judge(build_story(REPORT, filed, as_of="2026-05-18T12:00:00+05:00"))
    assert "complaint_prosecutor" in find(answer, "complaint_court")["duties"]


# Which remedy fits.


def test_what_holds_for_public_cases_alone_is_not_proposed_in_a_private_one() -> None:
    # CPC 32(2), 179(5): in private prosecution the court takes the complaint.
    refused = event("refused", "2026-05-04T10:00", duty="accept")
    public = list_remedies(REPORT, refused)
    private = list_remedies(REPORT, refused, offence="cc123_1")
    assert ("report_concealment" in public, "private_prosecution" in public) == (True, False)
    assert ("report_concealment" in private, "private_prosecution" in private) == (False, True)


def test_a_body_beyond_the_country_decides_no_complaint_of_the_country() -> None:
    complain = rule("complain", to=["police"], answer={"n": 3, "unit": "day"})
    decide = ["decide_complaint"]
    for level, scope, is_odd in ((3, "national", False), (4, "international", True)):
        law = {
            "institutions": [
                build_institution("police", branch="police", level=1, roles=["accept_report"]),
                build_institution("top", branch="top", level=level, roles=decide, scope=scope),
            ],
            "triggers": [trigger("told", "us")],
            "remedies": [complain],
        }
        filed = happen("complaint_submitted", "05-04T09:00", remedy="complain", to="top")
        assert ("complaint.other_body" in list_codes(judge_by(law, filed))) is is_odd


def test_a_complaint_against_the_police_is_not_proposed_against_a_prosecutor() -> None:
    # CPC 104(1), 106(1): who is complained of decides which remedy it is.
    led = [{"id": "main", "institution": "prosecutor_district"}]
    motion = event("motion_submitted", "2026-05-05T10:00")
    asked = list_remedies(motion, proceedings=led)
    assert "complaint_court" in asked
    assert "complaint_prosecutor" not in asked
    assert "complaint_prosecutor" in list_remedies(motion)


@pytest.mark.parametrize(("level", "is_asked"), [(1, False), (2, True), (3, True)])
def test_where_the_addressee_is_reached_any_body_of_its_branch_from_its_level_up_may_decide(
    level: int, is_asked: bool
) -> None:
    decide = ["decide_complaint"]
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("lawful", branch="court", level=2, roles=decide),
            build_institution("other", branch="court", level=level, roles=decide),
            build_institution("apart", branch="church", level=2, roles=decide),
        ],
        "triggers": [trigger("told", "us")],
        "duties": [
            rule("register", trigger=["told"], actor="police", term={"n": 1, "unit": "day"},
                 on_breach=["complain"])
        ],
        "remedies": [rule("complain", to=["lawful"])],
    }  # fmt: skip
    people = {
        "parties": [{"id": "p", "roles": ["suspect"]}],
        "relations": [{"from": "p", "to": "lawful", "kind": "kin"}],
    }
    answer = judge_by(law, happen("told", "05-04T09:00"), **people)
    assert get_proposals(answer) == ([("complain", "other")] if is_asked else [])
    assert ("ladder.exhausted" in list_codes(answer)) is not is_asked
