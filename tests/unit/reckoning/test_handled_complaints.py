"""Whose answer says that a complaint came to the one complained of, and whose does not."""

from typing import Any

import pytest
from tests.unit.reckoning.stories import REPORT, build_story, event, judge


def file(remedy: str, to: str, day: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-05-{day:02}T10:00"
    return event("complaint_submitted", at, remedy=remedy, to=to, **fields)


def reply(remedy: str, by: str, day: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-05-{day:02}T10:00"
    return event("complaint_answered", at, remedy=remedy, by=by, **fields)


def list_excluded(*events: dict[str, Any], **changes: Any) -> list[str]:
    return [
        one["institution"] for one in judge(build_story(REPORT, *events, **changes))["excluded"]
    ]


FIRST = file("complaint_prosecutor", "prosecutor_district", 6)


def test_an_answer_from_who_leads_the_case_says_that_the_complaint_came_down() -> None:
    # CPC 104(1): no complaint is handed to the one whose act it is about.
    assert list_excluded(FIRST, reply("complaint_prosecutor", "police_district", 8)) == [
        "police_district"
    ]


def test_an_answer_from_who_had_the_complaint_before_says_so_too() -> None:
    second = file("complaint_higher_prosecutor", "prosecutor_region", 16)
    down = reply("complaint_higher_prosecutor", "prosecutor_district", 18)
    assert list_excluded(FIRST, second, down) == ["prosecutor_district"]
    assert list_excluded(second, down) == []


def test_who_got_a_complaint_later_was_not_complained_of_in_it() -> None:
    second = file("complaint_higher_prosecutor", "prosecutor_region", 7)
    up = reply("complaint_prosecutor", "prosecutor_region", 8)
    assert list_excluded(FIRST, second, up) == []


@pytest.mark.parametrize(
    "answer",
    [
        reply("complaint_prosecutor", "prosecutor_district", 8),
        reply("complaint_prosecutor", "prosecutor_general", 8),
        reply("complaint_prosecutor", "s", 8),
        event("complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor"),
        reply("complaint_court", "police_district", 8),
    ],
)
def test_any_other_answer_is_an_answer(answer: dict[str, Any]) -> None:
    assert list_excluded(FIRST, answer) == []


def test_a_complaint_that_is_filed_again_went_to_the_second_addressee() -> None:
    again = file("complaint_prosecutor", "prosecutor_region", 10)
    assert list_excluded(FIRST, again, reply("complaint_prosecutor", "prosecutor_region", 12)) == []
    assert list_excluded(
        FIRST, again, reply("complaint_prosecutor", "prosecutor_district", 12)
    ) == ["prosecutor_district"]


def test_a_complaint_registered_as_a_matter_of_its_own_is_about_who_leads_the_others() -> None:
    proceedings = [
        {"id": "main", "kind": "criminal", "institution": "police_district"},
        {"id": "mine", "kind": "complaint", "institution": "prosecutor_district"},
    ]
    filed = {**FIRST, "proceeding": "mine"}
    for by, excluded in (("police_district", ["police_district"]), ("prosecutor_district", [])):
        answer = reply("complaint_prosecutor", by, 8, proceeding="mine")
        assert list_excluded(filed, answer, proceedings=proceedings) == excluded
    elsewhere = reply("complaint_prosecutor", "police_district", 8, proceeding="main")
    assert list_excluded(filed, elsewhere, proceedings=proceedings) == []


def test_who_leads_another_criminal_case_was_not_complained_of_in_this_one() -> None:
    proceedings = [
        {"id": "main", "kind": "criminal", "institution": "police_district"},
        {"id": "other", "kind": "criminal", "institution": "police_region"},
    ]
    answer = reply("complaint_prosecutor", "police_region", 8)
    assert list_excluded(FIRST, answer, proceedings=proceedings) == []


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_who_had_a_complaint_in_one_case_was_not_complained_of_in_another(
    first: str, second: str
) -> None:
    proceedings = [
        {"id": name, "kind": "criminal", "institution": "police_district"} for name in ("a", "b")
    ]
    events = [
        {**FIRST, "proceeding": first},
        file("complaint_higher_prosecutor", "prosecutor_region", 16, proceeding=second),
        reply("complaint_higher_prosecutor", "prosecutor_district", 18, proceeding=second),
    ]
    assert list_excluded(*events, proceedings=proceedings) == []


def test_only_an_answer_says_so_and_a_refusal_is_no_filing() -> None:
    refused = event(
        "refused", "2026-05-07T10:00", remedy="complaint_prosecutor", by="police_district"
    )
    answered = reply("complaint_prosecutor", "prosecutor_district", 8)
    assert list_excluded(FIRST, refused) == []
    assert list_excluded(FIRST, refused, answered) == []


def test_what_happens_after_a_complaint_came_down_still_happens() -> None:
    registered = event("erdr_registered", "2026-05-12T10:00")
    down = reply("complaint_prosecutor", "police_district", 8)
    answer = judge(build_story(REPORT, FIRST, down, registered))
    assert {one["state"] for one in answer["duties"] if one["id"] == "erdr"} == {"met"}
