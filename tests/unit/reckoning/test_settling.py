"""What meets, refuses and supersedes what: each event has its own duty, and no other."""

from typing import Any

import pytest
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import (
    COMPLAINT,
    REGISTERED,
    REPORT,
    build_story,
    event,
    get_duty,
    judge,
)

TWO = [
    {"id": "a", "kind": "criminal", "institution": "police_district"},
    {"id": "b", "kind": "criminal", "institution": "police_district"},
]


def ask(day: int) -> dict[str, Any]:
    """Return a motion (CPC 99) of a day in May."""
    return event("motion_submitted", f"2026-05-{day:02}T08:00", to="police_district")


def get_states(answer: dict[str, Any], name: str) -> list[str]:
    return [one["state"] for one in answer["duties"] if one["id"] == name]


def count_warnings(answer: dict[str, Any], code: str) -> int:
    return [one["code"] for one in answer["warnings"]].count(code)


def get_late(answer: dict[str, Any], name: str) -> list[tuple[str, str | None]]:
    return [(one["since"], one["until"]) for one in answer["breaches"] if one["duty"] == name]


# What meets a duty.


def test_each_decision_meets_a_motion_of_its_own() -> None:
    decided = [event("motion_decided", f"2026-05-{day:02}T18:00") for day in (5, 14, 15)]
    motions = [ask(5), ask(12), ask(13)]
    assert get_states(judge(build_story(*motions, *decided)), "motion") == ["met"] * 3
    assert get_states(judge(build_story(*motions, *decided[:2])), "motion") == [
        *("met", "met", "breached")
    ]


def test_each_duty_met_by_name_is_the_next_one() -> None:
    met = [event("duty_met", f"2026-05-{day}T08:00", duty="motion") for day in (14, 15)]
    answer = judge(build_story(ask(12), ask(13), *met))
    assert [one["met_at"] for one in answer["duties"] if one["id"] == "motion"] == [
        "2026-05-14T08:00:00+05:00",
        "2026-05-15T08:00:00+05:00",
    ]


def test_a_registration_meets_the_second_report_although_the_first_was_met_by_name() -> None:
    again = {**REPORT, "at": "2026-05-04T12:00:00+05:00"}
    named = event("duty_met", "2026-05-04T13:00", duty="erdr")
    registered = event("erdr_registered", "2026-05-04T18:00")
    answer = judge(build_story(REPORT, again, named, registered))
    assert [one["met_at"] for one in answer["duties"] if one["id"] == "erdr"] == [
        "2026-05-04T13:00:00+05:00",
        "2026-05-04T18:00:00+05:00",
    ]


def test_a_registration_meets_no_report_that_comes_after_it() -> None:
    again = {**REPORT, "at": "2026-05-12T09:00:00+05:00"}
    assert get_states(judge(build_story(REPORT, REGISTERED, again)), "erdr") == ["met", "breached"]


def test_what_was_met_stays_met_on_the_day_on_which_it_was() -> None:
    accepted = event("report_accepted", "2026-05-04T09:30")
    answer = judge(build_story(REPORT, accepted, event("erdr_registered", "2026-05-12T10:00")))
    assert get_duty(answer, "accept")["met_at"] == "2026-05-04T09:30:00+05:00"
    assert get_late(answer, "accept") == []


def test_what_no_act_of_ours_began_is_all_met_by_one_decision() -> None:
    # CPC 71(1-1): each time that harm becomes known; one ruling recognises one victim.
    known = [event("harm_known", f"2026-05-{day:02}T10:00") for day in (5, 6)]
    answer = judge(build_story(*known, event("victim_recognised", "2026-05-07T10:00")))
    assert get_states(answer, "victim_status") == ["met", "met"]


# What is refused.


def test_a_refusal_that_names_a_duty_refuses_that_one_and_not_what_was_asked_last() -> None:
    refused = event("refused", "2026-05-05T11:00", duty="erdr")
    motion = ask(5)
    answer = judge(build_story(REPORT, motion, refused, as_of="2026-05-05T12:00:00+05:00"))
    assert get_states(answer, "motion") == ["running"]
    assert ("erdr", "refused") in [(one["id"], one["how"][-1]["rule"]) for one in answer["duties"]]


@pytest.mark.parametrize("name", ["harm_known", "citizens_detention"])
def test_a_refusal_that_names_nothing_passes_over_what_we_did_not_ask(name: str) -> None:
    other = event(name, "2026-05-04T09:30")
    refused = event("refused", "2026-05-04T10:00", by="police_district")
    answer = judge(build_story(REPORT, other, refused, as_of="2026-05-04T10:30:00+05:00"))
    assert {one["duty"] for one in answer["breaches"]} == {
        *("accept", "erdr", "mandatory_investigation")
    }


@pytest.mark.parametrize(
    "between",
    [
        event("learned_of_decision", "2026-05-07T10:00"),
        event("file_read", "2026-05-07T10:00"),
        event("pressure", "2026-05-07T10:00", kind="threat_violence", to="s"),
    ],
)
def test_a_refusal_that_names_nothing_passes_over_what_asked_for_nothing(
    between: dict[str, Any],
) -> None:
    refused = event("refused", "2026-05-08T10:00", by="police_district")
    answer = judge(build_story(ask(6), between, refused, as_of="2026-05-08T12:00:00+05:00"))
    assert get_late(answer, "motion") == [("2026-05-08T10:00:00+05:00", None)]
    assert count_warnings(answer, "event.no_effect") == 0


def test_a_second_refusal_does_not_make_the_first_a_later_one() -> None:
    refusals = [
        event("refused", f"2026-05-04T{hour}:00", by="police_district") for hour in (10, 11)
    ]
    answer = judge(build_story(REPORT, *refusals, as_of="2026-05-04T12:00:00+05:00"))
    assert get_late(answer, "erdr") == [("2026-05-04T10:00:00+05:00", None)]


def test_a_refusal_that_names_nothing_and_refused_something_is_not_warned_of() -> None:
    refused = event("refused", "2026-05-04T10:00", by="police_district")
    answer = judge(build_story(REPORT, refused))
    assert count_warnings(answer, "event.no_effect") == 0


def test_a_refusal_of_what_had_just_been_met_is_warned_of() -> None:
    refused = event("refused", "2026-05-04T10:00", by="police_district")
    answer = judge(build_story(REPORT, REGISTERED, refused))
    assert get_states(answer, "erdr") == ["met"]
    assert count_warnings(answer, "event.no_effect") == 1


def test_every_event_without_effect_is_warned_of() -> None:
    first = event("refused", "2026-05-04T08:00", by="police_district")
    second = event("duty_met", "2026-05-04T08:30", duty="motion")
    assert count_warnings(judge(build_story(first, second, REPORT)), "event.no_effect") == 2


def test_what_happens_in_the_minute_of_a_request_happened_to_it() -> None:
    at = "2026-05-05T08:00"
    for answer in (
        event("duty_met", at, duty="motion"),
        event("motion_decided", at),
    ):
        judged = judge(build_story(ask(5), answer))
        assert get_states(judged, "motion") == ["met"]
        assert count_warnings(judged, "event.no_effect") == 0
    judged = judge(build_story(ask(5), event("refused", at, duty="motion")))
    assert get_late(judged, "motion") == [("2026-05-05T08:00:00+05:00", None)]


def test_what_was_refused_before_it_was_asked_is_not_refused() -> None:
    refused = event("refused", "2026-05-05T07:00", duty="motion")
    answer = judge(build_story(REPORT, refused, ask(5), as_of="2026-05-05T12:00:00+05:00"))
    assert get_states(answer, "motion") == ["running"]
    assert count_warnings(answer, "event.no_effect") == 1


def test_two_refusals_by_name_refuse_two_motions() -> None:
    refused = [event("refused", f"2026-05-13T{hour}:00", duty="motion") for hour in (10, 11)]
    answer = judge(build_story(ask(12), ask(13), *refused, as_of="2026-05-13T12:00:00+05:00"))
    assert get_late(answer, "motion") == [
        ("2026-05-13T10:00:00+05:00", None),
        ("2026-05-13T11:00:00+05:00", None),
    ]


def test_a_refusal_after_a_decision_refuses_the_motion_that_is_still_open() -> None:
    met = event("duty_met", "2026-05-13T09:00", duty="motion")
    refused = event("refused", "2026-05-13T10:00", duty="motion")
    answer = judge(build_story(ask(12), ask(13), met, refused, as_of="2026-05-13T12:00:00+05:00"))
    assert get_states(answer, "motion") == ["met", "breached"]


def test_a_complaint_that_was_refused_by_name_was_not_met_with_silence() -> None:
    refused = event("refused", "2026-05-08T10:00", remedy="complaint_prosecutor")
    answer = judge(build_story(REPORT, COMPLAINT, refused, as_of="2026-05-25T12:00:00+05:00"))
    # CPC 106(5): 15 days from the refusal end on Saturday, 23 May, and so with Monday.
    assert [one["due"]["strict"] for one in answer["windows"]] == ["2026-05-26T00:00:00+05:00"]


# What is superseded.


def test_an_extension_after_a_case_was_finished_changes_nothing() -> None:
    finished = event("completion_report_received", "2026-05-12T10:00", to="prosecutor_district")
    extended = event("term_extended_district", "2026-05-13T10:00")
    answer = judge(build_story(REGISTERED, finished, extended))
    assert get_states(answer, "term_investigation") == ["met"]


def test_an_extension_before_the_registration_extends_nothing() -> None:
    early = event("term_extended_district", "2026-05-04T09:00")
    assert get_states(judge(build_story(early, REGISTERED)), "term_investigation") == ["running"]


def test_an_extension_in_the_minute_of_the_registration_extends_it() -> None:
    same = event("term_extended_district", "2026-05-04T10:00")
    states = get_states(judge(build_story(REGISTERED, same)), "term_investigation")
    assert states == ["not_applicable"]


def test_a_second_extension_does_not_make_the_term_late_for_longer() -> None:
    extended = [
        event("term_extended_district", "2026-05-12T12:00"),
        event("term_extended_region", "2026-05-18T12:00"),
    ]
    registered = event("erdr_registered", "2026-03-02T12:00")
    answer = judge(build_story(registered, *extended))
    assert get_late(answer, "term_investigation") == [
        ("2026-05-05T00:00:00+05:00", "2026-05-12T12:00:00+05:00")
    ]


# Pauses.


@pytest.mark.parametrize(("paused", "resumed"), [("a", "b"), ("b", "a")])
def test_a_resumption_in_another_proceeding_resumes_nothing(paused: str, resumed: str) -> None:
    pause = event("interrupted", "2026-05-10T09:00", reason="illness", proceeding=paused)
    ended = event("resumed", "2026-05-12T09:00", proceeding=resumed)
    story = build_story({**REGISTERED, "proceeding": paused}, pause, ended, proceedings=TWO)
    answer = judge(story)
    assert count_warnings(answer, "pause.unknown_reason") == 1
    assert get_states(answer, "term_investigation") == ["paused"]


def test_a_resumption_for_another_reason_resumes_nothing_and_one_for_its_own_is_no_oddity() -> None:
    pause = event("interrupted", "2026-05-10T09:00", reason="illness")
    for reason, odd in (("illness", 0), ("expert_examination", 1)):
        ended = event("resumed", "2026-05-12T09:00", reason=reason)
        answer = judge(build_story(REGISTERED, pause, ended))
        assert count_warnings(answer, "pause.unknown_reason") == odd


# By an invented law, for what no real pack has yet.


def test_a_ruling_that_opens_a_window_of_ours_answers_all_that_we_asked() -> None:
    wish = rule(
        "wish", trigger=["asked"], actor="police", term={"n": 3, "unit": "day"},
        met_by=["adjudged"], no_remedy="invented",
    )  # fmt: skip
    law = {
        "triggers": [trigger("asked", "us"), trigger("adjudged", "authority")],
        "duties": [wish],
    }
    events = [happen("asked", "05-04T09:00"), happen("asked", "05-05T09:00")]
    events.append(happen("adjudged", "05-06T09:00"))
    assert get_states(judge_by(law, *events), "wish") == ["met", "breached"]
    window = rule("appeal", opens=[{"on": "adjudged"}], term={"n": 3, "unit": "day"})
    assert get_states(judge_by(law | {"windows": [window]}, *events), "wish") == ["met", "met"]
