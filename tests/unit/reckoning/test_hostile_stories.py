"""Stories that an opponent of the answer would try; one sentence a test. Codes, never texts."""

from typing import Any

import pytest
from tests.unit.reckoning.stories import (
    COMPLAINT,
    KIN,
    REGISTERED,
    REPORT,
    build_story,
    event,
    get_duty,
    get_proposals,
    judge,
)


def answer_complaint(at: str, result: str) -> dict[str, Any]:
    return event("complaint_answered", at, remedy="complaint_prosecutor", result=result)


def reach(*offices: Any) -> dict[str, Any]:
    """Return parties and relations by which one perpetrator is kin to someone in each office."""
    people = build_story()["parties"][:2]
    people += [
        {"id": f"x{number}", "roles": ["official"], "office": office}
        for number, office in enumerate(offices)
    ]
    ties = [{"from": "p1", "to": f"x{number}", "kind": "kin"} for number in range(len(offices))]
    return {"parties": people, "relations": ties}


def get_codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


# Complaints and their answers.


def test_a_complaint_to_a_body_that_does_not_decide_counts_as_not_filed() -> None:
    astray = {**COMPLAINT, "to": "akimat_district"}
    answer = judge(build_story(REPORT, astray))
    assert ("complaint_prosecutor", "prosecutor_district") in get_proposals(answer)
    assert "complaint.other_body" in get_codes(answer)
    assert "ladder.exhausted" not in get_codes(answer)


def test_a_complaint_to_the_body_complained_of_counts_as_not_filed() -> None:
    answer = judge(build_story(REPORT, {**COMPLAINT, "to": "police_district"}))
    assert ("complaint_prosecutor", "prosecutor_district") in get_proposals(answer)
    assert "complaint.other_body" in get_codes(answer)


def test_a_complaint_to_a_higher_body_counts_as_filed() -> None:
    higher = {**COMPLAINT, "to": "prosecutor_region"}
    answer = judge(build_story(REPORT, higher, as_of="2026-05-07T12:00:00+05:00"))
    assert "complaint_prosecutor" not in [remedy for remedy, _to in get_proposals(answer)]
    assert "complaint.other_body" not in get_codes(answer)


def test_a_granted_complaint_whose_duty_is_still_not_met_leads_a_level_up() -> None:
    granted = answer_complaint("2026-05-08T10:00", "granted")
    answer = judge(build_story(REPORT, COMPLAINT, granted))
    up = next(one for one in answer["proposals"] if one["remedy"] == "complaint_higher_prosecutor")
    assert up["addressee"] == {"institution": "prosecutor_region", "level": 2}
    assert up["duties"] == ["complaint_prosecutor"]


def test_a_granted_complaint_gets_a_day_before_it_is_called_unheeded() -> None:
    granted = answer_complaint("2026-05-08T10:00", "granted")
    answer = judge(build_story(REPORT, COMPLAINT, granted, as_of="2026-05-08T11:00:00+05:00"))
    assert "complaint_higher_prosecutor" not in [remedy for remedy, _to in get_proposals(answer)]


def test_a_granted_complaint_whose_duty_was_met_asks_for_nothing() -> None:
    granted = answer_complaint("2026-05-08T10:00", "granted")
    registered = event("erdr_registered", "2026-05-08T12:00")
    assert judge(build_story(REPORT, COMPLAINT, granted, registered))["proposals"] == []


def test_a_refused_complaint_opens_the_window_to_the_court() -> None:
    refused = answer_complaint("2026-05-08T10:00", "refused")
    story = build_story(REPORT, COMPLAINT, refused, as_of="2026-05-09T12:00:00+05:00")
    answer = judge(story)
    window = next(one for one in answer["windows"] if one["id"] == "court_complaint")
    court = next(one for one in answer["proposals"] if one["remedy"] == "complaint_court")
    # 15 days end on Saturday 23 May and so with Monday.
    assert window["due"]["strict"] == "2026-05-26T00:00:00+05:00" == court["file_within"]


def test_a_complaint_that_was_sent_down_still_counts_as_unanswered() -> None:
    down = event("complaint_sent_down", "2026-05-08T10:00", remedy="complaint_prosecutor", to="o1")
    story = build_story(REPORT, COMPLAINT, down, as_of="2026-05-25T12:00:00+05:00")
    assert ("court_complaint", "running") in [
        (one["id"], one["state"]) for one in judge(story)["windows"]
    ]


def test_the_path_of_a_sent_down_complaint_names_the_official_of_that_office() -> None:
    down = event(
        "complaint_sent_down",
        "2026-05-08T10:00",
        remedy="complaint_prosecutor",
        to="police_district",
    )
    answer = judge(build_story(REPORT, COMPLAINT, down))
    assert answer["excluded"][0]["path"] == ["o1", "police_district"]


def test_a_complaint_before_a_duty_was_late_is_not_about_it() -> None:
    asked = event("motion_submitted", "2026-05-05T08:00", to="police_district")
    answer = judge(build_story(REPORT, COMPLAINT, asked))
    proposal = next(one for one in answer["proposals"] if one["remedy"] == "complaint_prosecutor")
    assert proposal["duties"] == ["motion"]


def test_a_complaint_that_names_its_duties_is_about_those_alone() -> None:
    about = {**COMPLAINT, "about": ["erdr"]}
    story = build_story(REPORT, about, as_of="2026-05-07T12:00:00+05:00")
    proposal = next(
        one for one in judge(story)["proposals"] if one["remedy"] == "complaint_prosecutor"
    )
    assert proposal["duties"] == ["accept"]


def test_a_complaint_may_be_about_an_answer_that_is_late() -> None:
    higher = event(
        "complaint_submitted",
        "2026-05-15T10:00",
        remedy="complaint_higher_prosecutor",
        to="prosecutor_region",
        about=["complaint_prosecutor"],
    )
    answer = judge(build_story(REPORT, COMPLAINT, higher))
    assert "complaint_higher_prosecutor" not in [remedy for remedy, _to in get_proposals(answer)]


def test_a_complaint_registered_as_a_matter_of_its_own_is_about_the_others() -> None:
    proceedings = [
        {"id": "main", "kind": "criminal", "institution": "police_district"},
        {"id": "court", "kind": "complaint", "institution": "judge_investigating", "number": 7},
    ]
    filed = event(
        "complaint_submitted",
        "2026-05-06T10:00",
        remedy="complaint_court",
        to="judge_investigating",
        proceeding="court",
    )
    refused = event(
        "complaint_answered",
        "2026-05-12T10:00",
        remedy="complaint_court",
        result="refused",
        proceeding="court",
    )
    learned = event("learned_of_decision", "2026-05-05T12:00")
    answer = judge(build_story(REPORT, learned, filed, refused, proceedings=proceedings))
    proposals = get_proposals(answer)
    assert "complaint_court" not in [remedy for remedy, _to in proposals]
    assert ("appeal_investigating_judge", "court_region") in proposals
    windows = [one for one in answer["windows"] if one["id"] == "court_complaint"]
    assert "used" in [one["state"] for one in windows]


def test_a_court_that_has_the_complaint_is_not_proposed_for_the_answer_of_another_body() -> None:
    court = event(
        "complaint_submitted",
        "2026-05-08T10:00",
        remedy="complaint_court",
        to="judge_investigating",
    )
    refused = answer_complaint("2026-05-09T10:00", "refused")
    proposals = get_proposals(judge(build_story(REPORT, COMPLAINT, court, refused)))
    assert "complaint_court" not in [remedy for remedy, _to in proposals]


# Duties.


def test_a_refusal_of_what_is_late_already_does_not_make_it_later() -> None:
    refused = event("refused", "2026-05-12T10:00", duty="erdr")
    answer = judge(build_story(REPORT, refused))
    late = next(one for one in answer["breaches"] if one["duty"] == "erdr")
    assert late["since"] == "2026-05-05T10:00:00+05:00"


def test_a_refusal_is_a_breach_before_the_term_ends() -> None:
    refused = event("refused", "2026-05-04T12:00", duty="erdr")
    answer = judge(build_story(REPORT, refused, as_of="2026-05-04T13:00:00+05:00"))
    assert get_duty(answer, "erdr")["state"] == "breached"
    assert answer["proposals"]


def test_a_release_without_a_ground_breaks_the_duty_at_once() -> None:
    held = event("suspect_detained", "2026-05-05T10:00")
    released = event("released", "2026-05-05T20:00", facts=["no_ground_given"])
    answer = judge(build_story(REPORT, REGISTERED, held, released))
    assert get_duty(answer, "release_ruling")["state"] == "breached"
    assert get_duty(answer, "detention_max")["state"] == "met"
    assert ("complaint_prosecutor", "prosecutor_district") in get_proposals(answer)


def test_a_release_with_a_ground_owes_no_more() -> None:
    held = event("suspect_detained", "2026-05-05T10:00")
    released = event("released", "2026-05-05T20:00", facts=["suspicion_not_confirmed"])
    answer = judge(build_story(REPORT, REGISTERED, held, released))
    assert get_duty(answer, "release_ruling")["state"] == "not_applicable"


def test_a_duty_met_before_it_began_changes_nothing_and_is_warned_of() -> None:
    early = event("duty_met", "2026-05-04T08:00", duty="erdr")
    answer = judge(build_story(REPORT, early))
    assert get_duty(answer, "erdr")["state"] == "breached"
    assert "event.no_effect" in get_codes(answer)


def test_one_decision_answers_one_motion() -> None:
    answer = judge(
        build_story(
            REGISTERED,
            event("motion_submitted", "2026-05-05T08:00", to="police_district"),
            event("motion_submitted", "2026-05-06T08:00", to="police_district"),
            event("motion_decided", "2026-05-07T08:00"),
        )
    )
    states = [one["state"] for one in answer["duties"] if one["id"] == "motion"]
    assert states == ["met", "breached"]


def test_one_registration_answers_every_report_of_its_proceeding() -> None:
    again = event("report_submitted", "2026-05-04T12:00", by="s", to="police_region")
    registered = event("erdr_registered", "2026-05-04T18:00")
    answer = judge(build_story(REPORT, again, registered))
    assert {one["state"] for one in answer["duties"] if one["id"] == "erdr"} == {"met"}


def test_events_of_the_same_minute_meet_what_began_in_it() -> None:
    registered = event("erdr_registered", "2026-05-04T09:00")
    assert get_duty(judge(build_story(REPORT, registered)), "erdr")["state"] == "met"


def test_a_late_duty_without_a_remedy_exhausts_no_ladder() -> None:
    held = event("suspect_detained", "2026-05-05T10:00")
    answer = judge(build_story(REGISTERED, held))
    assert get_duty(answer, "detention_max")["state"] == "breached"
    assert "ladder.exhausted" not in get_codes(answer)


# Pauses.


def pause(at: str, reason: str = "illness") -> dict[str, Any]:
    return event("interrupted", at, reason=reason)


def resume(at: str, **fields: str) -> dict[str, Any]:
    return event("resumed", at, **fields)


def get_investigation(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return get_duty(judge(build_story(REGISTERED, *events, **changes)), "term_investigation")


def test_nested_pauses_count_once() -> None:
    outer = [pause("2026-05-10T09:00"), resume("2026-05-20T09:00", reason="illness")]
    inner = [
        pause("2026-05-12T09:00", "expert_examination"),
        resume("2026-05-14T09:00", reason="expert_examination"),
    ]
    as_of = "2026-06-01T12:00:00+05:00"
    nested = get_investigation(*outer, *inner, as_of=as_of)
    assert nested["due"] == get_investigation(*outer, as_of=as_of)["due"]


def test_a_pause_that_was_never_resumed_lasts() -> None:
    duty = get_investigation(pause("2026-05-10T09:00"), as_of="2027-05-10T09:00:00+05:00")
    assert duty["state"] == "paused"


def test_a_second_resumption_changes_nothing_and_is_warned_of() -> None:
    once = [pause("2026-05-10T09:00"), resume("2026-05-14T09:00")]
    answer = judge(build_story(REGISTERED, *once, resume("2026-05-16T09:00")))
    assert "pause.unknown_reason" in get_codes(answer)
    duty = get_duty(answer, "term_investigation")
    assert duty["due"] == get_investigation(*once)["due"]


def test_a_pause_after_the_end_of_a_term_hides_no_breach() -> None:
    early = [event("erdr_registered", "2026-01-05T10:00"), pause("2026-01-10T10:00")]
    early += [resume("2026-01-12T10:00"), pause("2026-04-10T10:00")]
    duty = get_duty(judge(build_story(*early)), "term_investigation")
    assert duty["state"] == "breached"


def test_a_reason_that_the_pack_does_not_know_stops_nothing_and_is_warned_of() -> None:
    answer = judge(build_story(REGISTERED, pause("2026-05-10T09:00", "holiday_of_the_officer")))
    assert get_duty(answer, "term_investigation")["state"] == "running"
    said = [one["text"] for one in answer["warnings"] if one["code"] == "pause.unknown_reason"]
    assert all("expert_examination" in text for text in said[0].values())


def test_a_pause_stands_in_its_own_proceeding() -> None:
    two = [
        {"id": "a", "kind": "criminal", "institution": "police_district"},
        {"id": "b", "kind": "criminal", "institution": "police_district"},
    ]
    other = {**REGISTERED, "proceeding": "b"}
    stop = {**pause("2026-05-10T09:00"), "proceeding": "b"}
    answer = judge(build_story(REGISTERED, other, stop, proceedings=two))
    states = {
        one["proceeding"]: one["state"]
        for one in answer["duties"]
        if one["id"] == "term_investigation"
    }
    assert states == {"a": "running", "b": "paused"}


# Conflicts.


@pytest.mark.parametrize("kind", ["kin", "superior", "works_at", "represents", "business"])
def test_every_kind_of_relation_reaches_in_either_direction(kind: str) -> None:
    for start, end in (("p1", "o1"), ("o1", "p1")):
        answer = judge(build_story(REPORT, relations=[{"from": start, "to": end, "kind": kind}]))
        assert answer["excluded"][0]["path"] == ["p1", "o1", "police_district"]


def test_kin_of_the_survivor_in_an_office_is_no_conflict() -> None:
    answer = judge(build_story(REPORT, relations=[{"from": "s", "to": "o1", "kind": "kin"}]))
    assert answer["excluded"] == []


def test_an_official_who_is_a_relative_too_reaches_as_any_other() -> None:
    parties = build_story()["parties"]
    parties[2]["roles"] = ["official", "relative"]
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    assert answer["excluded"][0]["institution"] == "police_district"


def test_a_perpetrator_of_the_police_moves_the_case_before_anything_is_late() -> None:
    parties = build_story()["parties"]
    parties[1]["office"] = {"kind": "police"}
    story = build_story(REPORT, parties=parties, as_of="2026-05-04T09:30:00+05:00")
    answer = judge(story)
    assert answer["excluded"][0]["path"] == ["p1", "police_district"]
    assert ("transfer_case", "prosecutor_region") in get_proposals(answer)
    assert get_proposals(answer)[0][1] != "anticorruption"


@pytest.mark.parametrize(
    ("office", "name"),
    [
        ({"kind": "prosecution"}, "prosecutor_district"),
        ({"kind": "prosecution", "district": "Aq"}, "prosecutor_district"),
        ({"kind": "prosecution", "district": "Other"}, "prosecutor_district@Other"),
        ({"kind": "prosecution", "region": "KZ-35"}, "prosecutor_region"),
        ({"kind": "prosecution", "region": "KZ-10"}, "prosecutor_region@KZ-10"),
        (
            {"kind": "prosecution", "district": "Aq", "region": "KZ-10"},
            "prosecutor_district@Aq (KZ-10)",
        ),
        ("prosecutor_district@Aq", "prosecutor_district"),
    ],
)
def test_an_office_is_found_by_branch_district_and_region(office: Any, name: str) -> None:
    place = {"region": "KZ-35", "district": "Aq"}
    answer = judge(build_story(REPORT, place=place, **reach(office)))
    assert [one["institution"] for one in answer["excluded"]] == [name]


def test_a_district_that_cannot_be_compared_is_warned_of() -> None:
    answer = judge(build_story(REPORT, **reach("akimat_district@Other", "police_district@Third")))
    assert "place.no_district" in get_codes(answer)


def test_the_only_district_that_a_file_names_is_that_of_the_case() -> None:
    office = {"kind": "prosecution", "district": "Nura"}
    answer = judge(build_story(REPORT, **reach(office)))
    assert [one["institution"] for one in answer["excluded"]] == ["prosecutor_district"]
    assert ("complaint_prosecutor", "prosecutor_region") in get_proposals(answer)
    assert "place.district_taken" in get_codes(answer)


def test_a_reached_body_is_named_as_lawful_addressee_before_anything_is_late() -> None:
    story = build_story(REPORT, as_of="2026-05-04T09:30:00+05:00", **reach("prosecutor_district"))
    answer = judge(story)
    assert "complaint_prosecutor" in answer["excluded"][0]["lawful_addressee_of"]
    assert answer["breaches"] == []


def test_no_complaint_about_a_judge_goes_to_a_prosecutor() -> None:
    story = build_story(
        event("no_contact_motion_at_court", "2026-05-04T10:00"), **reach("court_region")
    )
    answer = judge(story)
    assert get_proposals(answer) == [("communication_cedaw", "cedaw")]
    assert "ladder.exhausted" in get_codes(answer)


def test_a_hospital_is_not_complained_of_to_a_prosecutor_of_investigations() -> None:
    visit = event("hospital_visit", "2026-05-04T10:00", to="hospital")
    refused = event("refused", "2026-05-04T11:00", duty="medical_help")
    free = judge(build_story(visit, refused))
    assert get_proposals(free) == [("complaint_health", "health_authority")]
    blocked = judge(build_story(visit, refused, **reach("health_authority")))
    assert get_proposals(blocked) == [("communication_cedaw", "cedaw")]


def test_what_a_hospital_owes_moves_no_criminal_case_and_opens_no_window_to_its_judge() -> None:
    visit = event("hospital_visit", "2026-05-04T10:00", to="hospital")
    refused = event("refused", "2026-05-04T11:00", duty="medical_help")
    higher = event(
        "complaint_submitted",
        "2026-05-06T10:00",
        remedy="complaint_higher_prosecutor",
        to="prosecutor_region",
    )
    granted = event(
        "complaint_answered",
        "2026-05-08T10:00",
        remedy="complaint_higher_prosecutor",
        result="granted",
    )
    answer = judge(build_story(visit, refused, higher, granted, **reach("akimat_district")))
    assert get_proposals(answer) == [("complaint_health", "health_authority")]
    assert "court_complaint" not in [one["id"] for one in answer["windows"]]


def test_the_anti_corruption_branch_is_not_first_where_nobody_else_is_left() -> None:
    offices = ("prosecutor_district", "prosecutor_region", "prosecutor_general")
    answer = judge(build_story(REPORT, **reach(*offices, "judge_investigating")))
    order = [to for _remedy, to in get_proposals(answer)]
    assert order == ["cedaw", "anticorruption"]
    assert "ladder.exhausted" in get_codes(answer)


def test_where_one_branch_is_reached_the_other_is_proposed() -> None:
    offices = ("prosecutor_district", "prosecutor_region", "prosecutor_general")
    answer = judge(build_story(REPORT, **reach(*offices)))
    assert get_proposals(answer)[0] == ("complaint_court", "judge_investigating")
    assert "ladder.exhausted" not in get_codes(answer)


def test_a_motion_is_not_complained_of_to_the_one_who_ignored_it() -> None:
    asked = event("motion_submitted", "2026-05-05T08:00", to="police_district")
    proposals = get_proposals(judge(build_story(REGISTERED, asked)))
    assert "police_district" not in [to for _remedy, to in proposals]
    assert ("complaint_head", "prosecutor_district") not in proposals
    assert proposals[0] == ("complaint_prosecutor", "prosecutor_district")


# Files.


def test_a_proceeding_without_office_is_where_its_report_went() -> None:
    proceedings = [{"id": "a", "kind": "criminal"}, {"id": "b", "kind": "criminal"}]
    other = event("report_submitted", "2026-05-05T09:00", to="police_region", proceeding="b")
    answer = judge(build_story(REPORT, other, proceedings=proceedings))
    actors = {one["proceeding"]: one["actor"] for one in answer["duties"] if one["id"] == "erdr"}
    assert actors == {"a": "police_district", "b": "police_region"}


def test_a_complaint_in_the_file_does_not_say_who_leads_the_case() -> None:
    answer = judge(build_story({**COMPLAINT, "at": "2026-05-04T08:00:00+05:00"}, REGISTERED))
    assert get_duty(answer, "term_investigation")["actor"] == "police_district"


def test_no_events_and_a_moment_before_everything_are_answered_with_nothing() -> None:
    assert judge(build_story())["duties"] == []
    answer = judge(build_story(REPORT, as_of="2001-01-01T00:00:00+06:00"))
    assert (answer["duties"], answer["proposals"]) == ([], [])
    assert "event.in_the_future" in get_codes(answer)


def test_an_event_in_another_zone_is_kept_as_its_instant() -> None:
    abroad = {**REPORT, "at": "2026-05-04T06:00:00+02:00", "timezone": "Europe/Berlin"}
    answer = judge(build_story(abroad))
    assert "event.other_offset" not in get_codes(answer)
    assert get_duty(answer, "erdr")["starts_at"] == "2026-05-04T06:00:00+02:00"


def test_a_region_has_its_own_clock_before_and_after_march_2024() -> None:
    west = {"region": "KZ-27"}
    for year, offset in ((2023, "+05:00"), (2026, "+05:00")):
        report = {**REPORT, "at": f"{year}-05-04T09:00:00{offset}"}
        answer = judge(build_story(report, place=west, as_of=f"{year}-05-20T12:00:00{offset}"))
        assert get_duty(answer, "erdr")["due"]["strict"] == f"{year}-05-05T10:00:00{offset}"
        assert "event.other_offset" not in get_codes(answer)
    east = {**REPORT, "at": "2024-02-29T23:30:00+06:00"}
    answer = judge(build_story(east, as_of="2024-03-05T12:00:00+05:00"))
    # 24 hours from 00:00 on 1 March by the old clock, which went back by an hour that night.
    assert get_duty(answer, "erdr")["due"]["strict"] == "2024-03-01T23:00:00+05:00"


@pytest.mark.parametrize("pack", ["gb-eaw", "ua", "eu", "kg"])
def test_a_fragment_of_another_law_is_answered_too(pack: str) -> None:
    story = {"pack": pack, "as_of": "2026-05-20T12:00:00+00:00", "events": []}
    assert judge(story)["pack"]["status"] == "fragment"
