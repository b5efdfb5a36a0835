"""What became of one thing that is owed: at the very moment of a date, and how a breach is told."""

from typing import Any

import pytest
from tests.unit.reckoning.stories import (
    COMPLAINT,
    KIN,
    REPORT,
    build_story,
    event,
    get_duty,
    judge,
)


def get_refusal(answer: dict[str, Any], name: str) -> dict[str, str]:
    steps = {one["rule"]: one["text"] for one in get_duty(answer, name)["how"]}
    text: dict[str, str] = steps["refused"]
    return text


def test_a_duty_is_disputed_from_its_strict_date_on() -> None:
    # CPC 96(4): 24 hours from 15:00, the full hour after the application.
    asked = event("safety_application_submitted", "2026-05-08T14:20", to="police_district")
    for as_of, state in (("14:59:59", "running"), ("15:00:00", "disputed")):
        story = build_story(REPORT, asked, as_of=f"2026-05-09T{as_of}+05:00")
        assert get_duty(judge(story), "safety")["state"] == state


def test_a_breach_stands_from_the_very_end_of_the_term() -> None:
    for as_of, late in (("09:59:59", []), ("10:00:00", ["2026-05-05T10:00:00+05:00"])):
        answer = judge(build_story(REPORT, as_of=f"2026-05-05T{as_of}+05:00"))
        assert [one["since"] for one in answer["breaches"] if one["duty"] == "erdr"] == late


def test_what_was_done_as_its_term_had_just_ended_was_late() -> None:
    registered = event("erdr_registered", "2026-05-05T10:00")
    answer = judge(build_story(REPORT, registered))
    assert ("erdr", "2026-05-05T10:00:00+05:00", "2026-05-05T10:00:00+05:00") in [
        (one["duty"], one["since"], one["until"]) for one in answer["breaches"]
    ]


def test_the_answer_to_a_complaint_is_no_duty_on_which_safety_hangs() -> None:
    answer = judge(build_story(REPORT, COMPLAINT))
    assert get_duty(answer, "erdr")["critical"] is True
    assert get_duty(answer, "complaint_prosecutor")["critical"] is False


def test_a_refusal_of_a_duty_and_of_a_complaint_are_told_in_the_same_words() -> None:
    at = "2026-05-08T10:00"
    named = event("refused", at, duty="erdr")
    bare = event("refused", at, by="police_district")
    complained = event("refused", at, remedy="complaint_prosecutor")
    stories = [
        ([named], "erdr"),
        ([bare], "erdr"),
        ([COMPLAINT, complained], "complaint_prosecutor"),
    ]
    told = [get_refusal(judge(build_story(REPORT, *more)), name) for more, name in stories]
    assert told[0] == told[1] == told[2]


def test_a_release_without_a_ground_and_a_complaint_sent_down_are_told_as_what_they_are() -> None:
    at = "2026-05-08T10:00"
    refused = get_refusal(judge(build_story(REPORT, event("refused", at, duty="erdr"))), "erdr")
    released = event("released", at, facts=["no_ground_given"])
    freed = get_refusal(judge(build_story(REPORT, released)), "release_ruling")
    down = event("complaint_sent_down", at, remedy="complaint_prosecutor", to="police_district")
    sent = get_refusal(judge(build_story(REPORT, COMPLAINT, down)), "complaint_prosecutor")
    for language in ("kk", "ru", "en"):
        assert len({one[language] for one in (refused, freed, sent)}) == 3


def test_moving_the_case_is_proposed_for_what_is_late_in_it_and_for_no_late_answer() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "akimat_district"
    story = build_story(
        REPORT, COMPLAINT, parties=parties, relations=KIN, as_of="2026-05-25T12:00:00+05:00"
    )
    moved = [one for one in judge(story)["proposals"] if one["remedy"] == "transfer_case"]
    assert moved
    assert all("complaint_prosecutor" not in one["duties"] for one in moved)
    down = event("complaint_sent_down", "2026-05-08T10:00", remedy="complaint_prosecutor", to="o1")
    answer = judge(build_story(REPORT, COMPLAINT, down, parties=parties, relations=KIN))
    late = [one["duties"] for one in answer["proposals"] if one["remedy"] == "transfer_case"]
    assert any("complaint_prosecutor" in duties for duties in late)


@pytest.mark.parametrize(
    ("result", "asks_judge"), [(None, False), ("granted", False), ("refused", True)]
)
def test_a_refusal_from_the_top_goes_to_the_judge_and_silence_there_to_the_commissioner(
    result: str | None, asks_judge: bool
) -> None:
    # CPC 106(5): a refusal of the prosecutor is what the judge is asked about.
    name = "complaint_highest_prosecutor"
    filed = event("complaint_submitted", "2026-05-06T10:00", remedy=name, to="prosecutor_general")
    events = [REPORT, filed]
    if result is not None:
        answered = event("complaint_answered", "2026-05-08T10:00", remedy=name, result=result)
        events.append(answered)
    answer = judge(build_story(*events, as_of="2026-05-18T12:00:00+05:00"))
    asked = [one["remedy"] for one in answer["proposals"] if name in one["duties"]]
    assert "ombudsman_appeal" in asked
    assert ("complaint_court" in asked) is asks_judge
