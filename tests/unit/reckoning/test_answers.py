"""What the whole answer adds: the order of breaches, lawful windows, offences and warnings."""

import re
from typing import Any

import pytest
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import (
    COMPLAINT,
    REPORT,
    build_story,
    event,
    judge,
)


def reach(*offices: str) -> dict[str, Any]:
    people = build_story()["parties"][:2]
    people += [{"id": f"x{name}", "roles": ["official"], "office": name} for name in offices]
    ties = [{"from": "p1", "to": f"x{name}", "kind": "kin"} for name in offices]
    return {"parties": people, "relations": ties}


def get_numbers(text: str) -> list[int]:
    return [int(word) for word in re.findall("[0-9]+", text)]


def list_codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


def list_proposed(answer: dict[str, Any], duty: str) -> list[str]:
    return [one["remedy"] for one in answer["proposals"] if duty in one["duties"]]


# Breaches.


def test_breaches_stand_in_the_order_in_which_they_began() -> None:
    events = [
        event("motion_submitted", "2026-05-04T08:00"),
        REPORT,
        event("application_submitted", "2026-05-05T09:00"),
        event("refused", "2026-05-05T10:00", duty="victim_status_application"),
    ]
    late = judge(build_story(*events))["breaches"]
    assert [one["duty"] for one in late] == [
        *("accept", "erdr", "victim_status_application", "motion")
    ]
    assert [one["since"] for one in late] == sorted(one["since"] for one in late)


# Complaints that were answered in vain.


@pytest.mark.parametrize(
    ("as_of", "is_asked"),
    [("2026-05-12T23:59:59+05:00", False), ("2026-05-13T00:00:00+05:00", True)],
)
def test_what_was_granted_is_unheeded_after_the_24_hours_of_at_once(
    as_of: str, is_asked: bool
) -> None:
    # They end on Saturday, 9 May, and so with Tuesday.
    granted = event("complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor",
                    result="granted")  # fmt: skip
    answer = judge(build_story(REPORT, COMPLAINT, granted, as_of=as_of))
    assert ("complaint_higher_prosecutor" in list_proposed(answer, "complaint_prosecutor")) is (
        is_asked
    )


def test_what_was_granted_about_something_else_is_not_unheeded() -> None:
    named = {**COMPLAINT, "about": ["accept"]}
    granted = event("complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor",
                    result="granted")  # fmt: skip
    accepted = event("report_accepted", "2026-05-08T12:00")
    answer = judge(build_story(REPORT, named, granted, accepted))
    assert list_proposed(answer, "complaint_prosecutor") == []


def test_a_complaint_that_went_astray_has_no_answer_of_which_to_complain() -> None:
    answer = judge(build_story(REPORT, {**COMPLAINT, "to": "hospital"}))
    assert list_proposed(answer, "complaint_prosecutor") == []


# Lawful windows.


def test_a_reached_body_keeps_the_window_that_ends_first_of_those_that_run() -> None:
    known = [event("learned_of_decision", at) for at in
             ("2026-04-20T10:00", "2026-05-08T10:00", "2026-05-11T10:00")]  # fmt: skip
    answer = judge(build_story(REPORT, *known, **reach("judge_investigating")))
    (one,) = answer["excluded"]
    assert one["file_within"] == "2026-05-26T00:00:00+05:00"
    assert one["with"] == ["recusal_judge"]
    free = judge(build_story(REPORT, *known, **reach("hospital")))
    assert (free["excluded"][0]["file_within"], free["excluded"][0]["with"]) == (None, [])


# Offences.


def test_each_pressure_is_named_as_the_offence_that_it_is() -> None:
    threats = [
        event("pressure", "2026-05-06T10:00", kind="threat_violence", to="s"),
        event("pressure", "2026-05-07T10:00", kind="stalking", to="s"),
    ]
    shown = judge(build_story(*threats))["offences"]
    assert [(one["id"], one["event"]["at"]) for one in shown if one["event"]] == [
        ("cc422", "2026-05-06T10:00:00+05:00"),
        ("cc115_1", "2026-05-07T10:00:00+05:00"),
    ]


def test_pressure_is_an_offence_by_the_law_of_its_day() -> None:
    threat = rule("threat", effective={"from": "2026-05-05"}, offence="threatening")
    threat.pop("title")
    law = {
        "triggers": [trigger("told", "us")],
        "offences": [rule("threatening")],
        "pressure": [threat],
    }
    events = [happen("pressure", f"05-{day:02}T09:00", kind="threat") for day in (4, 5)]
    shown = judge_by(law, *events)["offences"]
    assert [one["event"]["at"] for one in shown] == ["2026-05-05T09:00:00+05:00"]


# Warnings.


def test_a_file_without_an_offence_is_warned_of() -> None:
    story = build_story(REPORT)
    assert "case.no_offence" not in list_codes(judge(story))
    del story["offence"]
    assert "case.no_offence" in list_codes(judge(story))


@pytest.mark.parametrize(("day", "is_unsure"), [("11", False), ("12", True)])
def test_a_date_that_rests_on_an_estimated_holiday_is_warned_of(day: str, is_unsure: bool) -> None:
    # 15 days from 12 May are 27 May: Eid al-Adha, by estimate.
    filed = event("complaint_submitted", f"2026-05-{day}T10:00", remedy="complaint_prosecutor",
                  to="prosecutor_district", facts=["exceptional"])  # fmt: skip
    assert ("calendar.estimated" in list_codes(judge(build_story(filed)))) is is_unsure
    known = event("learned_of_decision", f"2026-05-{day}T10:00")
    assert ("calendar.estimated" in list_codes(judge(build_story(known)))) is is_unsure


def test_each_odd_line_is_warned_of_once_and_in_the_order_of_the_file() -> None:
    odd = [event("duty_met", f"2026-05-{day:02}T10:00", duty="motion") for day in (8, 6, 7)]
    warned = [one["text"]["en"] for one in judge(build_story(*odd))["warnings"]
              if one["code"] == "event.no_effect"]  # fmt: skip
    assert len(warned) == len(set(warned)) == 3
    assert warned == sorted(warned, key=get_numbers)


def test_a_threat_that_counts_as_two_things_is_warned_of_once() -> None:
    threat = event("pressure", "2026-05-06T10:00", kind="threat_violence", to="s")
    assert list_codes(judge(build_story(threat))).count("pressure.not_told") == 1


def test_when_nobody_is_left_it_says_whether_there_is_a_level_beyond() -> None:
    trial = event("no_contact_motion_at_court", "2026-05-04T10:00")
    said = [
        one["text"]["en"]
        for offices in (("court_region",), ("court_region", "cedaw"))
        for one in judge(build_story(trial, **reach(*offices)))["warnings"]
        if one["code"] == "ladder.exhausted"
    ]
    assert len(said) == 2
    assert "international" in said[0]
    assert "international" not in said[1]
