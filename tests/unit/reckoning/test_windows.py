"""Windows of ours: what opens one, what it is about, what uses it, and when it is over."""

from typing import Any

import pytest
import yaml
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import (
    COMPLAINT,
    REGISTERED,
    REPORT,
    build_story,
    event,
    judge,
)

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.evaluation import evaluate
from aigaq.reckoning.windows import OpenWindow

SIGNED = "prosecution_request_filed"
TWO = [
    {"id": "a", "kind": "criminal", "institution": "police_district"},
    {"id": "b", "kind": "criminal", "institution": "police_district"},
]


def open_windows(*events: dict[str, Any], **changes: Any) -> list[OpenWindow]:
    document = parse_document(yaml.safe_dump(build_story(*events, **changes)).encode())
    pack = load_pack("kz")
    return list(evaluate(read_case(document, pack=pack), pack=pack).windows)


def get_about(windows: list[OpenWindow], name: str = "court_complaint") -> list[list[str]]:
    return [[other.id for other in one.about] for one in windows if one.window.id == name]


def get_states(answer: dict[str, Any], name: str) -> list[str]:
    return [one["state"] for one in answer["windows"] if one["id"] == name]


def get_ends(answer: dict[str, Any], name: str) -> list[str]:
    return [one["due"]["strict"] for one in answer["windows"] if one["id"] == name]


# What a window is about.


def test_each_refusal_opens_a_window_about_what_it_refused() -> None:
    windows = open_windows(
        event("motion_submitted", "2026-05-06T10:00"),
        event("refused", "2026-05-07T10:00"),
        event("application_submitted", "2026-05-08T10:00"),
        event("refused", "2026-05-11T10:00"),
    )
    assert get_about(windows) == [["motion"], ["victim_status_application"]]


def test_a_refusal_by_name_opens_a_window_about_that_alone_and_in_its_proceeding() -> None:
    both = [event("motion_submitted", "2026-05-06T10:00", proceeding=name) for name in ("a", "b")]
    both += [event("application_submitted", "2026-05-06T10:00", proceeding="a")]
    at = "2026-05-07T10:00"
    refused = [event("refused", at, duty="motion", proceeding=name) for name in ("a", "b")]
    refused += [event("refused", at, duty="victim_status_application", proceeding="a")]
    windows = open_windows(*both, *refused, proceedings=TWO)
    assert [(one.proceeding, get_about([one])) for one in windows] == [
        ("a", [["motion", "victim_status_application"]]),
        ("b", [["motion"]]),
    ]


def test_a_decision_that_became_known_opens_a_window_about_everything() -> None:
    known = event("learned_of_decision", "2026-05-07T10:00")
    assert get_about(open_windows(REPORT, known)) == [[]]


def test_a_decision_that_became_known_with_a_refusal_is_about_more_than_that() -> None:
    at = "2026-05-07T10:00"
    motion = event("motion_submitted", "2026-05-06T10:00")
    events = [motion, event("refused", at, duty="motion"), event("learned_of_decision", at)]
    assert get_about(open_windows(*events)) == [[]]


def test_a_refusal_of_the_same_minute_hides_no_window_of_another_event() -> None:
    # CPC 102, 289(2): a year to complain of a termination.
    at = "2026-05-07T10:00"
    motion = event("motion_submitted", "2026-05-06T10:00")
    events = [motion, event("refused", at), event("termination_decided", at)]
    assert get_about(open_windows(*events), "termination_complaint") == [[]]


def test_the_refusal_of_someone_without_an_office_opens_the_window_too() -> None:
    parties = [*build_story()["parties"], {"id": "x", "roles": ["official"]}]
    filed = {**COMPLAINT, "to": "x"}
    refused = event("refused", "2026-05-08T10:00", remedy="complaint_prosecutor")
    windows = open_windows(REPORT, filed, refused, parties=parties)
    assert get_about(windows) == [["complaint_prosecutor"]]


def test_a_window_against_nobody_by_name_opens_on_any_refusal() -> None:
    term = {"n": 30, "unit": "day"}
    wish = rule("wish", trigger=["told"], actor="police", no_remedy="invented")
    law: dict[str, Any] = {
        "triggers": [trigger("told", "us")],
        "duties": [wish],
        "remedies": [rule("appeal", to=["police"])],
    }
    events = [happen("told", "05-04T09:00"), happen("refused", "05-05T09:00", duty="wish")]
    for named in ({}, {"for": "appeal"}):
        window = rule("late", opens=[{"on": "refused"}], term=term, **named)
        answer = judge_by(law | {"windows": [window]}, *events)
        assert [one["id"] for one in answer["windows"]] == ["late"]


# What uses a window.


def test_her_signed_complaint_uses_the_window_for_it() -> None:
    # CPC 32(3): three days from the registration.
    signed = event(SIGNED, "2026-05-06T10:00")
    assert get_states(judge(build_story(REGISTERED, signed)), "prosecution_request") == ["used"]
    assert get_states(judge(build_story(REGISTERED)), "prosecution_request") == ["lapsed"]


def test_a_signed_complaint_before_the_registration_is_for_another_one() -> None:
    early = event(SIGNED, "2026-05-04T09:00")
    assert get_states(judge(build_story(early, REGISTERED)), "prosecution_request") == ["lapsed"]


@pytest.mark.parametrize(("opened", "signed"), [("a", "b"), ("b", "a")])
def test_what_was_filed_in_another_proceeding_uses_no_window(opened: str, signed: str) -> None:
    events = [{**REGISTERED, "proceeding": opened}]
    events.append(event(SIGNED, "2026-05-06T10:00", proceeding=signed))
    answer = judge(build_story(*events, proceedings=TWO))
    assert get_states(answer, "prosecution_request") == ["lapsed"]


@pytest.mark.parametrize(
    ("remedy", "to", "kind", "state"),
    [
        ("complaint_court", "judge_investigating", "criminal", "running"),
        ("complaint_court", "judge_investigating", "court", "used"),
        ("complaint_higher_prosecutor", "prosecutor_region", "court", "running"),
        ("appeal_court_ruling", "court_region", "court", "running"),
    ],
)
def test_a_window_to_the_judge_is_used_by_a_complaint_to_the_judge_about_this_matter(
    remedy: str, to: str, kind: str, state: str
) -> None:
    proceedings = [TWO[0], {"id": "b", "kind": kind, "institution": to}]
    known = event("learned_of_decision", "2026-05-07T10:00", proceeding="a")
    filed = event("complaint_submitted", "2026-05-08T10:00", remedy=remedy, to=to, proceeding="b")
    answer = judge(build_story(known, filed, proceedings=proceedings))
    assert get_states(answer, "court_complaint") == [state]


def test_a_complaint_of_the_same_minute_uses_the_window() -> None:
    at = "2026-05-07T10:00"
    filed = event("complaint_submitted", at, remedy="complaint_court", to="judge_investigating")
    answer = judge(build_story(event("learned_of_decision", at), filed))
    assert get_states(answer, "court_complaint") == ["used"]


def test_no_other_complaint_uses_a_window_that_leads_to_no_remedy() -> None:
    assert get_states(judge(build_story(REGISTERED, COMPLAINT)), "prosecution_request") == [
        "lapsed"
    ]


# When it is over.


def test_a_window_is_over_at_the_end_of_its_last_day() -> None:
    # 3 days from 4 May are the 7th, a holiday: the window ends with Friday.
    assert get_ends(judge(build_story(REGISTERED)), "prosecution_request") == [
        "2026-05-09T00:00:00+05:00"
    ]
    for as_of, state in (
        ("2026-05-08T23:59:59+05:00", "running"),
        ("2026-05-09T00:00:00+05:00", "lapsed"),
    ):
        answer = judge(build_story(REGISTERED, as_of=as_of))
        assert get_states(answer, "prosecution_request") == [state]


# Silence.


@pytest.mark.parametrize(("as_of", "count"), [("21T23:59:59", 0), ("22T00:00:00", 1)])
def test_silence_opens_a_window_as_soon_as_its_days_are_over(as_of: str, count: int) -> None:
    # CPC 106(5): 15 days from 6 May end with the 21st.
    answer = judge(build_story(REPORT, COMPLAINT, as_of=f"2026-05-{as_of}+05:00"))
    assert len(get_ends(answer, "court_complaint")) == count


@pytest.mark.parametrize(
    ("at", "count"), [("2026-05-21T23:59", 0), ("2026-05-22T00:00", 1), ("2026-05-23T00:00", 1)]
)
def test_an_answer_before_the_end_of_the_silence_was_no_silence(at: str, count: int) -> None:
    answered = event("complaint_answered", at, remedy="complaint_prosecutor", result="granted")
    answer = judge(build_story(REPORT, COMPLAINT, answered, as_of="2026-05-25T12:00:00+05:00"))
    assert len(get_ends(answer, "court_complaint")) == count


def test_each_silence_has_days_of_its_own() -> None:
    term = {"n": 10, "unit": "day"}
    law: dict[str, Any] = {
        "triggers": [trigger("told", "us")],
        "remedies": [
            rule("small", to=["police"], answer=term),
            rule("great", to=["police"], answer=term),
        ],
        "windows": [
            rule(
                "court", term={"n": 30, "unit": "day"},
                opens=[
                    {"unanswered": "small", "after": {"n": 5, "unit": "day"}},
                    {"unanswered": "great", "after": {"n": 9, "unit": "day"}},
                ],
            )
        ],
    }  # fmt: skip
    for remedy, silent_until in (("small", "10"), ("great", "14")):
        filed = happen("complaint_submitted", "05-04T09:00", remedy=remedy, to="police")
        (window,) = judge_by(law, filed)["windows"]
        ends = [one["to"] for one in window["how"] if one["rule"] == "term"]
        assert ends[0] == f"2026-05-{silent_until}T00:00:00+05:00"


def test_a_window_of_a_law_that_was_not_yet_in_force_does_not_open() -> None:
    term = {"n": 30, "unit": "day"}
    effective = {"from": "2026-05-05"}
    law = {
        "triggers": [trigger("told", "us")],
        "windows": [rule("appeal", opens=[{"on": "told"}], term=term, effective=effective)],
    }
    events = [happen("told", f"05-0{day}T09:00") for day in (4, 5)]
    starts = [one["how"][0]["from"] for one in judge_by(law, *events)["windows"]]
    assert starts == ["2026-05-05T09:00:00+05:00"]


@pytest.mark.parametrize(
    "answer",
    [
        event("complaint_answered", "2026-05-08T10:00", remedy="complaint_court", result="granted"),
        event("refused", "2026-05-08T10:00", remedy="complaint_court"),
    ],
)
def test_the_answer_to_an_earlier_complaint_uses_no_window_that_opened_since(
    answer: dict[str, Any],
) -> None:
    filed = event(
        "complaint_submitted", "2026-05-05T12:00", remedy="complaint_court",
        to="judge_investigating",
    )  # fmt: skip
    known = event("learned_of_decision", "2026-05-07T10:00")
    judged = judge(build_story(REPORT, filed, known, answer))
    assert get_states(judged, "court_complaint")[0] == "running"


def test_a_refused_motion_of_her_last_reading_opens_its_own_window_whatever_its_result() -> None:
    # CPC 297(6): three days.
    refused = event("file_motion_refused", "2026-05-12T10:00", result="refused")
    answer = judge(build_story(refused))
    assert get_ends(answer, "file_motion_refusal") == ["2026-05-16T00:00:00+05:00"]


@pytest.mark.parametrize(
    ("at", "as_of", "is_sure"),
    [
        # 15 days of silence end on 27 May, Eid al-Adha by estimate; the window in June is sure.
        ("2026-05-12T10:00", "2026-06-02T12:00:00+05:00", False),
        # 15 days of silence end on 12 May; the window ends on 27 May.
        ("2026-04-27T10:00", "2026-05-20T12:00:00+05:00", False),
        ("2026-04-06T10:00", "2026-05-20T12:00:00+05:00", True),
    ],
)
def test_a_window_is_unsure_if_its_end_or_that_of_the_silence_rests_on_an_estimated_day(
    at: str, as_of: str, is_sure: bool
) -> None:
    filed = event(
        "complaint_submitted", at, remedy="complaint_prosecutor", to="prosecutor_district"
    )
    (window,) = open_windows(filed, as_of=as_of)
    assert window.due.is_unsure is not is_sure
