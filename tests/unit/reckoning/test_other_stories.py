"""Stories that lawyers wrote from the page alone, and what each showed. Codes, never texts."""

from typing import Any

import pytest
from tests.unit.reckoning.stories import (
    COMPLAINT,
    KIN,
    REPORT,
    build_story,
    event,
    get_duty,
    get_proposals,
    judge,
)


def get_window(answer: dict[str, Any], name: str) -> dict[str, Any]:
    window: dict[str, Any] = next(one for one in answer["windows"] if one["id"] == name)
    return window


def get_proposal(answer: dict[str, Any], name: str) -> dict[str, Any]:
    proposal: dict[str, Any] = next(one for one in answer["proposals"] if one["remedy"] == name)
    return proposal


# How each date came about.


def test_every_date_begins_with_the_event_from_which_it_runs() -> None:
    answer = judge(build_story(REPORT, COMPLAINT, as_of="2026-05-25T12:00:00+05:00"))
    dated = [*answer["duties"], *answer["windows"]]
    assert {one["how"][0]["rule"] for one in dated} == {"start"}
    erdr = get_duty(answer, "erdr")
    assert erdr["how"][0]["from"] == erdr["starts_at"] == "2026-05-04T09:00:00+05:00"


def test_a_duty_without_a_term_says_so_and_from_what_it_is_owed() -> None:
    duty = get_duty(judge(build_story(REPORT)), "mandatory_investigation")
    assert duty["due"] == {"strict": None, "lenient": None}
    assert [one["rule"] for one in duty["how"]] == ["start", "term"]


@pytest.mark.parametrize(
    ("name", "fields"),
    [("refused", {"duty": "accept"}), ("refused", {"by": "police_district"})],
)
def test_a_breach_by_a_refusal_says_how_it_came_about(name: str, fields: dict[str, Any]) -> None:
    answer = judge(build_story(REPORT, event(name, "2026-05-04T10:00", **fields)))
    last = get_duty(answer, "accept")["how"][-1]
    assert (last["rule"], last["from"]) == ("refused", answer["breaches"][0]["since"])


def test_another_term_than_the_usual_one_says_by_which_fact() -> None:
    detained = event("suspect_detained", "2026-05-08T23:40")
    usual = get_duty(judge(build_story(detained)), "detention_max")
    minor = get_duty(judge(build_story(detained, profile=["suspect_minor"])), "detention_max")
    assert "variant" not in [one["rule"] for one in usual["how"]]
    said = next(one for one in minor["how"] if one["rule"] == "variant")
    assert all("18" in text for text in said["text"].values())
    assert minor["due"]["strict"] == "2026-05-09T23:40:00+05:00"


def test_a_term_that_runs_from_an_earlier_event_says_from_which() -> None:
    detained = event("suspect_detained", "2026-05-05T08:00")
    measure = event("preventive_measure_before_charge", "2026-05-06T10:00")
    duty = get_duty(judge(build_story(detained, measure)), "qualification_10d")
    assert duty["how"][0]["from"] == "2026-05-05T08:00:00+05:00"
    assert duty["due"]["strict"] == "2026-05-15T00:00:00+05:00"


def test_the_days_that_a_term_skips_are_named() -> None:
    # 7 May is a holiday, and 9 to 11 May are the next days off: 6 May + 3 days is the 9th.
    motion = event("motion_submitted", "2026-05-06T10:00")
    steps = get_duty(judge(build_story(motion)), "motion")["how"]
    rolled = next(one for one in steps if one["rule"] == "roll_forward")
    assert "9 May 2026 – 11 May 2026" in rolled["text"]["en"]
    assert "09.05.2026 – 11.05.2026" in rolled["text"]["ru"]
    assert "09.05.2026 – 11.05.2026" in rolled["text"]["kk"]


def test_working_days_that_were_none_are_named() -> None:
    arrest = {"type": "suspect_arrested", "at": "2026-04-02T18:00:00+01:00"}
    story = {"pack": "gb-eaw", "as_of": "2026-04-10T12:00:00+01:00", "events": [arrest]}
    duty = get_duty(judge(story | {"profile": ["enhanced"]}), "told_arrest")
    # Good Friday, a weekend, Easter Monday.
    assert duty["due"]["strict"] == "2026-04-08T00:00:00+01:00"
    skipped = next(one for one in duty["how"] if one["rule"] == "working_days")
    assert "3 April 2026 – 6 April 2026" in skipped["text"]["en"]


# Silence and refusal.


def test_a_window_after_silence_leaves_out_the_day_on_which_the_silence_ended() -> None:
    # CPC 106(5), 48(2): 15 days without an answer end on 21 May; 15 days "from the day on which
    # they end" are 5 June, a Friday.
    answer = judge(build_story(REPORT, COMPLAINT, as_of="2026-05-25T12:00:00+05:00"))
    window = get_window(answer, "court_complaint")
    assert window["due"]["strict"] == window["due"]["lenient"] == "2026-06-06T00:00:00+05:00"
    assert [one["rule"] for one in window["how"]] == [
        *("start", "exclude_start", "term"),
        *("exclude_start", "term"),
    ]
    assert window["how"][2]["to"] == "2026-05-22T00:00:00+05:00"


def test_a_refusal_that_names_nothing_refuses_what_was_asked_last() -> None:
    motion = event("motion_submitted", "2026-05-05T10:00")
    refused = event("refused", "2026-05-05T11:00", by="police_district")
    answer = judge(build_story(REPORT, motion, refused, as_of="2026-05-05T12:00:00+05:00"))
    states = {one["id"]: one["state"] for one in answer["duties"]}
    assert states["motion"] == "breached"
    assert states["mandatory_investigation"] == "running"


def test_a_report_that_was_turned_away_is_a_breach_of_all_that_it_asked_for() -> None:
    refused = event("refused", "2026-05-04T10:00", by="police_district")
    answer = judge(build_story(REPORT, refused, as_of="2026-05-04T11:00:00+05:00"))
    assert {one["duty"] for one in answer["breaches"]} == {
        *("accept", "erdr", "mandatory_investigation")
    }
    assert {one["since"] for one in answer["breaches"]} == {"2026-05-04T10:00:00+05:00"}
    assert get_window(answer, "court_complaint")["due"]["strict"] == "2026-05-20T00:00:00+05:00"


def test_a_refusal_in_the_minute_of_the_report_is_about_it() -> None:
    refused = event("refused", "2026-05-04T09:00", by="police_district")
    answer = judge(build_story(refused, REPORT, as_of="2026-05-04T11:00:00+05:00"))
    assert {one["duty"] for one in answer["breaches"]} == {
        *("accept", "erdr", "mandatory_investigation")
    }


def test_a_complaint_that_was_refused_in_a_word_is_answered_with_no() -> None:
    refused = event("refused", "2026-05-08T10:00", by="prosecutor_district")
    story = build_story(REPORT, COMPLAINT, refused, as_of="2026-05-08T12:00:00+05:00")
    answer = judge(story)
    assert get_duty(answer, "complaint_prosecutor")["state"] == "met"
    assert get_proposal(answer, "complaint_court")["file_within"] == "2026-05-26T00:00:00+05:00"


def test_a_refusal_of_nothing_changes_nothing_and_is_warned_of() -> None:
    answer = judge(build_story(event("refused", "2026-05-04T10:00", by="police_district")))
    assert "event.no_effect" in [one["code"] for one in answer["warnings"]]


@pytest.mark.parametrize("by", ["o1", "police_district"])
def test_an_answer_from_the_one_complained_of_says_that_the_complaint_was_sent_down(
    by: str,
) -> None:
    answered = event("complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor", by=by)
    answer = judge(build_story(REPORT, COMPLAINT, answered, as_of="2026-05-09T10:00:00+05:00"))
    assert [one["path"] for one in answer["excluded"]] == [["o1", "police_district"]]
    assert get_duty(answer, "complaint_prosecutor")["state"] == "breached"
    assert ("complaint_higher_prosecutor", "prosecutor_region") in get_proposals(answer)


@pytest.mark.parametrize("by", ["prosecutor_district", "prosecutor_region"])
def test_an_answer_from_the_addressee_or_from_above_is_an_answer(by: str) -> None:
    answered = event("complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor", by=by)
    answer = judge(build_story(REPORT, COMPLAINT, answered, as_of="2026-05-09T10:00:00+05:00"))
    assert answer["excluded"] == []
    assert get_duty(answer, "complaint_prosecutor")["state"] == "met"


# Who leads the case, and where.


def test_where_an_authority_sends_its_ruling_does_not_say_who_leads_the_case() -> None:
    registered = event("erdr_registered", "2026-05-04T09:00")
    ruling = event("termination_ruling_sent", "2026-05-18T09:00", to="prosecutor_district")
    answer = judge(build_story(registered, ruling))
    assert get_duty(answer, "term_investigation")["actor"] == "police_district"
    assert get_duty(answer, "termination_check")["actor"] == "prosecutor_district"


@pytest.mark.parametrize("reason", ["expert examination", "Expert-Examination"])
def test_a_reason_of_a_pause_may_be_written_as_people_write(reason: str) -> None:
    registered = event("erdr_registered", "2026-05-04T09:00")
    interrupted = event("interrupted", "2026-05-12T09:00", reason=reason)
    duty = get_duty(judge(build_story(registered, interrupted)), "term_investigation")
    assert duty["state"] == "paused"


def test_each_proceeding_shows_who_leads_it_its_number_and_the_law_of_the_act() -> None:
    act = {"type": "act_committed", "at": "2019-10-04T22:00:00+06:00", "proceeding": "old"}
    proceedings = [
        {"id": "new", "institution": "police_district", "number": 263511},
        {"id": "old", "kind": "inquiry", "institution": "police_region"},
    ]
    fresh = event("act_committed", "2026-05-03T22:00", proceeding="new")
    answer = judge(build_story(REPORT, act, fresh, proceedings=proceedings))
    shown = [
        (one["id"], one["institution"], one["number"], one["offences"][0]["severity"])
        for one in answer["proceedings"]
    ]
    assert shown == [
        ("new", "police_district", "263511", "grave"),
        ("old", "police_region", None, "medium"),
    ]
    assert [one["offences"][0]["law_of"] for one in answer["proceedings"]] == [
        *("2026-05-03", "2019-10-04")
    ]


# Terms that were extended.


def extend(at: str) -> list[dict[str, Any]]:
    return [
        event("erdr_registered", "2026-03-02T12:00"),
        event("term_extended_district", at),
        event("completion_report_received", "2026-06-01T12:00", to="prosecutor_district"),
    ]


def test_a_term_that_was_extended_in_time_was_never_late() -> None:
    answer = judge(build_story(*extend("2026-04-30T12:00"), as_of="2026-06-10T12:00:00+05:00"))
    assert get_duty(answer, "term_investigation")["state"] == "not_applicable"
    assert get_duty(answer, "term_ext_district")["state"] == "met"
    assert "term_investigation" not in [one["duty"] for one in answer["breaches"]]


def test_a_term_that_was_extended_too_late_was_late_until_then() -> None:
    answer = judge(build_story(*extend("2026-05-12T12:00"), as_of="2026-06-10T12:00:00+05:00"))
    late = [one for one in answer["breaches"] if one["duty"] == "term_investigation"]
    # 2 May is a Saturday; the term ends with Monday.
    assert [(one["since"], one["until"]) for one in late] == [
        ("2026-05-05T00:00:00+05:00", "2026-05-12T12:00:00+05:00")
    ]
    assert answer["proposals"] == []


# Threats.


def threaten(at: str) -> dict[str, Any]:
    return event("pressure", at, kind="threat_violence", to="s")


def test_a_fresh_threat_asks_us_to_apply_for_protection_first() -> None:
    story = build_story(REPORT, threaten("2026-05-08T12:00"), as_of="2026-05-08T18:00:00+05:00")
    assert get_proposals(judge(story))[0] == ("protection_application", "police_district")


def test_protection_is_not_asked_of_a_body_that_the_conflict_reaches() -> None:
    story = build_story(
        threaten("2026-05-08T12:00"), as_of="2026-05-08T18:00:00+05:00", relations=KIN
    )
    assert get_proposals(judge(story))[0] == ("protection_application", "prosecutor_district")


@pytest.mark.parametrize(
    ("times", "is_asked"),
    [
        ({"safety_application_submitted": "2026-05-08T14:00"}, False),
        ({"safety_application_submitted": "2026-05-08T10:00"}, False),
        ({"safety_decided": "2026-05-08T15:00"}, False),
        (
            {
                "safety_application_submitted": "2026-05-07T10:00",
                "safety_decided": "2026-05-07T15:00",
            },
            True,
        ),
    ],
)
def test_protection_is_asked_for_anew_after_a_decision_and_a_new_threat(
    times: dict[str, str], is_asked: bool
) -> None:
    others = [event(name, at) for name, at in times.items()]
    story = build_story(threaten("2026-05-08T12:00"), *others, as_of="2026-05-08T18:00:00+05:00")
    asked = [remedy for remedy, _to in get_proposals(judge(story))]
    assert ("protection_application" in asked) is is_asked


def test_what_is_owed_on_a_threat_runs_from_when_the_authority_was_told() -> None:
    told = event("safety_application_submitted", "2026-05-08T14:20", to="police_district")
    answer = judge(build_story(threaten("2026-05-06T21:15"), told))
    assert get_duty(answer, "safety_new_case")["starts_at"] == "2026-05-08T14:20:00+05:00"
    assert "pressure.not_told" not in [one["code"] for one in answer["warnings"]]


def test_a_threat_of_which_nobody_was_told_is_warned_of() -> None:
    answer = judge(build_story(threaten("2026-05-06T21:15")))
    assert get_duty(answer, "safety_new_case")["starts_at"] == "2026-05-06T21:15:00+05:00"
    assert "pressure.not_told" in [one["code"] for one in answer["warnings"]]


def test_a_word_that_belongs_to_pressure_makes_no_pressure_of_another_event() -> None:
    report = {**REPORT, "kind": "in_writing"}
    motion = event("motion_submitted", "2026-05-06T10:00")
    answer = judge(build_story(report, motion))
    assert get_duty(answer, "accept")["starts_at"] == REPORT["at"]
    assert "pressure.not_told" not in [one["code"] for one in answer["warnings"]]


def test_an_authority_that_acted_on_a_threat_by_itself_met_its_duty() -> None:
    opened = event("threat_case_opened", "2026-05-07T09:00")
    told = event("safety_application_submitted", "2026-05-08T14:20", to="police_district")
    answer = judge(build_story(threaten("2026-05-06T21:15"), opened, told))
    assert get_duty(answer, "safety_new_case")["state"] == "met"


# Until when to file, and where next.


def test_the_window_of_one_refusal_is_no_date_for_another_duty() -> None:
    refused = event("refused", "2026-05-07T10:00", duty="motion")
    answer = judge(
        build_story(
            event("motion_submitted", "2026-05-06T10:00"),
            event("application_submitted", "2026-05-06T10:00"),
            refused,
        )
    )
    late = {one["duty"] for one in answer["breaches"]}
    assert late == {"motion", "victim_status_application"}
    court = get_proposal(answer, "complaint_court")
    assert court["file_within"] == "2026-05-23T00:00:00+05:00"
    alone = [
        event("application_submitted", "2026-05-06T10:00"),
        event("publication", "2026-05-06T10:00"),
        event("refused", "2026-05-07T10:00", duty="publication_ground"),
        event("complaint_submitted", "2026-05-07T11:00", remedy="complaint_higher_prosecutor",
              to="prosecutor_region", about=["publication_ground"]),
    ]  # fmt: skip
    known = [one for one in judge(build_story(*alone))["proposals"] if one["duties"]]
    mine = [one for one in known if one["duties"] == ["victim_status_application"]]
    assert mine
    assert {one["file_within"] for one in mine} == {None}


def test_the_window_of_a_refusal_is_the_date_of_what_follows_a_complaint_about_it() -> None:
    asked = event("motion_submitted", "2026-05-06T10:00")
    refused = event("refused", "2026-05-12T10:00", duty="motion")
    filed = {**COMPLAINT, "at": "2026-05-12T11:00:00+05:00", "about": ["motion"]}
    answer = judge(build_story(asked, refused, filed, as_of="2026-05-21T10:00:00+05:00"))
    court = get_proposal(answer, "complaint_court")
    assert "complaint_prosecutor" in court["duties"]
    # 27 May is Eid al-Adha.
    assert court["file_within"] == "2026-05-29T00:00:00+05:00"


def test_a_remedy_whose_window_closed_is_proposed_with_a_word_on_restoring_it() -> None:
    answer = judge(build_story(REPORT, COMPLAINT, as_of="2026-06-20T12:00:00+05:00"))
    court = get_proposal(answer, "complaint_court")
    assert get_window(answer, "court_complaint")["state"] == "lapsed"
    assert court["file_within"] is None
    assert "CPC 50(2)" in court["because"]["en"]
    assert "УПК 50(2)" in court["because"]["ru"]
    assert "ҚПК 50(2)" in court["because"]["kk"]


def test_the_judge_who_said_no_opens_the_three_days_of_the_appeal() -> None:
    filed = event(
        "complaint_submitted", "2026-05-11T09:00", remedy="complaint_court",
        to="judge_investigating",
    )  # fmt: skip
    answered = event(
        "complaint_answered", "2026-05-14T09:00", remedy="complaint_court", result="refused"
    )
    story = build_story(REPORT, filed, answered, as_of="2026-05-15T09:00:00+05:00")
    # 14 May + 3 days is a Sunday.
    appeal = get_proposal(judge(story), "appeal_investigating_judge")
    assert appeal["file_within"] == "2026-05-19T00:00:00+05:00"


def test_who_is_silent_at_the_top_is_not_asked_to_judge_that_silence() -> None:
    filed = [
        {**COMPLAINT, "to": "prosecutor_region"},
        event("complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor",
              result="refused"),
        event("complaint_submitted", "2026-05-09T10:00", remedy="complaint_higher_prosecutor",
              to="prosecutor_general"),
        event("complaint_submitted", "2026-05-09T10:00", remedy="complaint_court",
              to="judge_investigating"),
    ]  # fmt: skip
    proposed = get_proposals(judge(build_story(REPORT, *filed, as_of="2026-06-10T10:00:00+05:00")))
    assert "complaint_highest_prosecutor" not in [remedy for remedy, _to in proposed]
    assert ("ombudsman_appeal", "ombudsman") in proposed


def test_where_rules_know_no_further_way_nothing_further_is_promised() -> None:
    story = {
        "pack": "ua",
        "as_of": "2026-04-20T12:00:00+03:00",
        "offence": "cc152",
        "events": [
            {"type": "report_submitted", "at": "2026-03-27T18:00:00+02:00", "to": "police"},
            {
                "type": "complaint_submitted",
                "remedy": "complaint_inaction",
                "at": "2026-04-10T18:00:00+03:00",
                "to": "judge_investigating",
            },
        ],
    }
    answer = judge(story)
    said = [one["text"]["en"] for one in answer["warnings"] if one["code"] == "ladder.exhausted"]
    assert answer["proposals"] == []
    assert "international" not in said[0]


def test_a_court_that_counts_from_the_arrival_of_the_papers_is_late_only_then() -> None:
    filed = event(
        "complaint_submitted", "2026-05-12T09:00", remedy="appeal_investigating_judge",
        to="court_region",
    )  # fmt: skip
    due = get_duty(judge(build_story(filed)), "appeal_investigating_judge")["due"]
    assert due["strict"] == "2026-05-16T00:00:00+05:00"
    assert due["lenient"] == "2026-05-20T00:00:00+05:00"


def test_what_a_conflict_asked_for_is_not_asked_twice() -> None:
    officer = [
        {"id": "s", "roles": ["survivor"]},
        {"id": "p1", "roles": ["alleged_perpetrator"], "office": "police_district"},
    ]
    moved = event(
        "complaint_submitted", "2026-05-04T10:00", remedy="transfer_case", to="prosecutor_region"
    )
    as_of = "2026-05-04T11:00:00+05:00"
    before = get_proposals(judge(build_story(REPORT, parties=officer, as_of=as_of)))
    after = get_proposals(judge(build_story(REPORT, moved, parties=officer, as_of=as_of)))
    assert ("transfer_case", "prosecutor_region") in before
    assert [one for one in before if one[0] != "transfer_case"] == after


def test_a_case_led_by_a_reached_body_asks_for_a_recusal_and_a_transfer_at_once() -> None:
    story = build_story(REPORT, relations=KIN, as_of="2026-05-04T09:30:00+05:00")
    answer = judge(story)
    assert answer["breaches"] == []
    assert get_proposals(answer) == [
        ("recusal_investigator", "prosecutor_district"),
        ("transfer_case", "prosecutor_region"),
    ]


def test_a_reached_body_that_does_not_lead_the_case_asks_for_no_recusal_of_investigators() -> None:
    elsewhere = [{"id": "main", "institution": "police_region"}]
    report = {**REPORT, "to": "police_region"}
    story = build_story(
        report, relations=KIN, proceedings=elsewhere, as_of="2026-05-04T09:30:00+05:00"
    )
    assert "recusal_investigator" not in [one for one, _to in get_proposals(judge(story))]


def test_nobody_appeals_against_a_judge_who_granted_the_complaint() -> None:
    filed = event(
        "complaint_submitted", "2026-05-11T09:00", remedy="complaint_court",
        to="judge_investigating",
    )  # fmt: skip
    granted = event(
        "complaint_answered", "2026-05-13T09:00", remedy="complaint_court", result="granted"
    )
    answer = judge(build_story(REPORT, filed, granted))
    assert "appeal_investigating_judge" not in [one for one, _to in get_proposals(answer)]
    assert ("complaint_prosecutor", "prosecutor_district") in get_proposals(answer)
    assert "ladder.exhausted" not in [one["code"] for one in answer["warnings"]]


def test_a_ruling_and_that_it_said_no_open_one_window() -> None:
    filed = event(
        "complaint_submitted", "2026-05-11T09:00", remedy="complaint_court",
        to="judge_investigating",
    )  # fmt: skip
    refused = event(
        "complaint_answered", "2026-05-13T09:00", remedy="complaint_court", result="refused"
    )
    ruled = event("judge_ruled", "2026-05-13T09:00")
    answer = judge(build_story(REPORT, filed, refused, ruled))
    assert [one["id"] for one in answer["windows"]] == ["judge_appeal"]
