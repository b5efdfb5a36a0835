"""What `aigaq clocks` says of small stories in Kazakhstan; one sentence a test."""

import random
from typing import Any

import pytest
import yaml
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


def test_a_report_that_was_not_registered_in_24_hours_is_a_breach() -> None:
    answer = judge(build_story(REPORT))
    duty = get_duty(answer, "erdr")
    assert duty["due"] == {
        "strict": "2026-05-05T10:00:00+05:00",
        "lenient": "2026-05-05T10:00:00+05:00",
    }
    assert (duty["state"], duty["actor"]) == ("breached", "police_district")
    late = next(one for one in answer["breaches"] if one["duty"] == "erdr")
    assert (late["since"], late["until"]) == ("2026-05-05T10:00:00+05:00", None)
    assert get_proposals(answer)[0] == ("complaint_prosecutor", "prosecutor_district")


@pytest.mark.parametrize(
    ("as_of", "state"),
    [
        ("2026-05-05T09:59:59+05:00", "running"),
        ("2026-05-05T10:00:00+05:00", "breached"),
        ("2026-05-05T05:00:00Z", "breached"),
    ],
)
def test_a_due_date_is_an_exclusive_end(as_of: str, state: str) -> None:
    assert get_duty(judge(build_story(REPORT, as_of=as_of)), "erdr")["state"] == state


def test_between_the_strict_and_the_lenient_date_a_duty_is_disputed() -> None:
    asked = event("safety_application_submitted", "2026-05-08T14:20", to="police_district")
    story = build_story(REPORT, asked, as_of="2026-05-10T12:00:00+05:00")
    duty = get_duty(judge(story), "safety")
    assert duty["state"] == "disputed"
    assert duty["due"] == {
        "strict": "2026-05-09T15:00:00+05:00",
        "lenient": "2026-05-13T00:00:00+05:00",
    }


def test_what_was_done_late_is_met_and_stays_on_record_and_proposes_nothing() -> None:
    registered = event("erdr_registered", "2026-05-07T11:00")
    answer = judge(build_story(REPORT, registered))
    assert get_duty(answer, "erdr")["state"] == "met"
    late = next(one for one in answer["breaches"] if one["duty"] == "erdr")
    assert late["until"] == "2026-05-07T11:00:00+05:00"
    assert answer["proposals"] == []


def test_what_was_done_in_time_is_no_breach() -> None:
    registered = event("erdr_registered", "2026-05-04T18:00")
    answer = judge(build_story(REPORT, registered))
    assert get_duty(answer, "erdr")["state"] == "met"
    assert [one for one in answer["breaches"] if one["duty"] == "erdr"] == []


def test_no_complaint_goes_to_a_body_that_a_conflict_reaches_and_the_path_is_shown() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "prosecutor_district"
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    assert "prosecutor_district" not in [to for _remedy, to in get_proposals(answer)]
    assert ("complaint_prosecutor", "prosecutor_region") in get_proposals(answer)
    excluded = answer["excluded"][0]
    assert excluded["institution"] == "prosecutor_district"
    assert excluded["path"] == ["p1", "o1", "prosecutor_district"]
    assert "complaint_prosecutor" in excluded["lawful_addressee_of"]
    assert "recusal_prosecutor" in excluded["with"]


def test_the_lawful_addressee_keeps_its_window() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "judge_investigating"
    learned = event("learned_of_decision", "2026-05-12T10:00")
    answer = judge(build_story(REPORT, learned, parties=parties, relations=KIN))
    # 15 days end on 27 May, Eid al-Adha, and so with the 28th.
    assert answer["excluded"][0]["file_within"] == "2026-05-29T00:00:00+05:00"


def test_kinship_with_a_district_office_outside_the_case_lowers_the_district() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "akimat_district"
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    cautioned = {one["institution"] for one in answer["cautions"]}
    assert {"police_district", "prosecutor_district", "judge_investigating"} <= cautioned
    assert {one["basis"] for one in answer["cautions"]} == {"prudence"}
    order = [to for _remedy, to in get_proposals(answer)]
    assert order.index("prosecutor_region") < order.index("prosecutor_district")


def test_kinship_in_the_district_offers_to_move_the_case() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "akimat_district"
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    remedies = {remedy for remedy, _to in get_proposals(answer)}
    assert {"transfer_case", "joint_group"} <= remedies
    assert "transfer_case" not in {
        remedy for remedy, _to in get_proposals(judge(build_story(REPORT)))
    }


def test_a_perpetrator_of_the_police_offers_the_ways_around_the_police() -> None:
    parties = build_story()["parties"]
    parties[1]["office"] = "police_district"
    answer = judge(build_story(REPORT, parties=parties))
    assert answer["excluded"][0]["path"] == ["p1", "police_district"]
    assert "transfer_case" in {remedy for remedy, _to in get_proposals(answer)}


def test_an_office_of_another_district_reaches_nobody_here() -> None:
    place = {"region": "KZ-35", "district": "Here"}
    parties = build_story()["parties"]
    parties[2]["office"] = {"kind": "prosecutor_district", "district": "Elsewhere"}
    answer = judge(build_story(REPORT, parties=parties, relations=KIN, place=place))
    assert [one["institution"] for one in answer["excluded"]] == ["prosecutor_district@Elsewhere"]
    assert get_proposals(answer)[0] == ("complaint_prosecutor", "prosecutor_district")


def test_the_anti_corruption_branch_is_offered_and_never_first() -> None:
    order = [remedy for remedy, _to in get_proposals(judge(build_story(REPORT)))]
    assert order[-1] == "report_anticorruption"
    assert len(order) > 1


def test_when_nobody_is_left_in_the_country_it_says_so_and_names_the_international_level() -> None:
    offices = (
        *("prosecutor_district", "prosecutor_region", "prosecutor_general"),
        *("judge_investigating", "anticorruption"),
    )
    parties = build_story()["parties"]
    parties += [
        {"id": f"x{number}", "roles": ["official"], "office": office}
        for number, office in enumerate(offices)
    ]
    relations = [
        {"from": "p1", "to": f"x{number}", "kind": "kin"} for number in range(len(offices))
    ]
    answer = judge(build_story(REPORT, parties=parties, relations=relations))
    assert [one["code"] for one in answer["warnings"]].count("ladder.exhausted") == 1
    assert {to for _remedy, to in get_proposals(answer)} == {"cedaw"}


def test_a_complaint_that_was_filed_is_not_proposed_again_and_its_answer_is_owed() -> None:
    answer = judge(build_story(REPORT, COMPLAINT, as_of="2026-05-10T12:00:00+05:00"))
    duty = get_duty(answer, "complaint_prosecutor")
    assert (duty["state"], duty["due"]["strict"]) == ("running", "2026-05-14T00:00:00+05:00")
    assert "complaint_prosecutor" not in [remedy for remedy, _to in get_proposals(answer)]


def test_an_unanswered_complaint_opens_the_next_level_and_the_court() -> None:
    answer = judge(build_story(REPORT, COMPLAINT, as_of="2026-05-23T12:00:00+05:00"))
    assert ("complaint_higher_prosecutor", "prosecutor_region") in get_proposals(answer)
    court = next(one for one in answer["proposals"] if one["remedy"] == "complaint_court")
    window = next(one for one in answer["windows"] if one["id"] == "court_complaint")
    assert window["state"] == "running"
    assert court["file_within"] == window["due"]["strict"]


def test_a_refused_complaint_opens_what_follows_at_once() -> None:
    refused = event(
        "complaint_answered", "2026-05-08T10:00", remedy="complaint_prosecutor", result="refused"
    )
    answer = judge(build_story(REPORT, COMPLAINT, refused, as_of="2026-05-09T12:00:00+05:00"))
    assert {"complaint_court", "complaint_higher_prosecutor"} <= {
        remedy for remedy, _to in get_proposals(answer)
    }


def test_a_complaint_that_was_sent_down_excludes_who_got_it() -> None:
    down = event("complaint_sent_down", "2026-05-08T10:00", remedy="complaint_prosecutor", to="o1")
    answer = judge(build_story(REPORT, COMPLAINT, down, as_of="2026-05-09T12:00:00+05:00"))
    assert answer["excluded"][0]["path"] == ["o1", "police_district"]
    assert get_duty(answer, "complaint_prosecutor")["state"] == "breached"
    assert "complaint_higher_prosecutor" in [remedy for remedy, _to in get_proposals(answer)]


def test_a_threat_opens_the_protection_procedure_and_is_an_offence() -> None:
    threat = event("pressure", "2026-05-06T21:00", kind="threat_violence", to="s")
    answer = judge(build_story(REPORT, threat))
    assert get_duty(answer, "safety_new_case")["state"] == "breached"
    assert "cc422" in [one["id"] for one in answer["offences"]]


def test_her_window_is_hers_and_never_a_breach() -> None:
    registered = event("erdr_registered", "2026-05-05T08:00")
    answer = judge(build_story(REPORT, registered))
    window = next(one for one in answer["windows"] if one["id"] == "prosecution_request")
    assert window["state"] == "lapsed"
    assert "prosecution_request" not in [one["duty"] for one in answer["breaches"]]
    assert "prosecution_request" not in [one["id"] for one in answer["duties"]]


def test_a_case_of_public_prosecution_has_no_such_window() -> None:
    registered = event("erdr_registered", "2026-05-05T08:00")
    answer = judge(build_story(REPORT, registered, offence="cc120_2"))
    assert "prosecution_request" not in [one["id"] for one in answer["windows"]]


def test_a_pause_shifts_the_investigation_and_nothing_else() -> None:
    registered = event("erdr_registered", "2026-05-05T08:00")
    pause = event("interrupted", "2026-05-10T09:00", reason="expert_examination")
    resumed = event("resumed", "2026-05-20T09:00", reason="expert_examination")
    plain = judge(build_story(REPORT, registered))
    paused = judge(build_story(REPORT, registered, pause, resumed))
    # 5 July is a Sunday and the 6th Capital Day; ten days later the term ends on a Wednesday.
    assert get_duty(plain, "term_investigation")["due"]["strict"] == "2026-07-08T00:00:00+05:00"
    assert get_duty(paused, "term_investigation")["due"]["strict"] == "2026-07-16T00:00:00+05:00"
    assert get_duty(plain, "erdr")["due"] == get_duty(paused, "erdr")["due"]


def test_a_clock_that_stands_says_paused() -> None:
    registered = event("erdr_registered", "2026-05-05T08:00")
    pause = event("interrupted", "2026-05-10T09:00", reason="expert_examination")
    duty = get_duty(judge(build_story(REPORT, registered, pause)), "term_investigation")
    assert duty["state"] == "paused"


def test_proceedings_have_clocks_of_their_own() -> None:
    proceedings = [
        {"id": "rape", "kind": "criminal", "institution": "police_district"},
        {"id": "threat", "kind": "criminal", "institution": "police_region", "offence": "cc422"},
    ]
    second = event("report_submitted", "2026-05-06T09:00", to="police_region", proceeding="threat")
    registered = event("erdr_registered", "2026-05-06T10:00", proceeding="threat")
    answer = judge(build_story(REPORT, second, registered, proceedings=proceedings))
    states = {one["proceeding"]: one["state"] for one in answer["duties"] if one["id"] == "erdr"}
    assert states == {"rape": "breached", "threat": "met"}
    actors = {one["proceeding"]: one["actor"] for one in answer["duties"] if one["id"] == "erdr"}
    assert actors == {"rape": "police_district", "threat": "police_region"}


def test_an_event_of_2019_is_judged_by_the_law_of_2019() -> None:
    old = {**REPORT, "at": "2019-05-04T09:00:00+06:00"}
    registered = {"type": "erdr_registered", "at": "2019-05-04T12:00:00+06:00"}
    detained = {"type": "suspect_detained", "at": "2019-05-05T09:00:00+06:00"}
    answer = judge(build_story(old, registered, detained, as_of="2019-05-20T12:00:00+06:00"))
    assert get_duty(answer, "erdr")["due"]["strict"] == "2019-05-05T10:00:00+06:00"


def test_the_gravity_of_an_offence_is_that_of_the_law_on_the_day_of_the_act() -> None:
    from aigaq.jurisdictions.loading import load_pack
    from aigaq.reckoning.case_files import parse_document, read_case
    from aigaq.reckoning.duties import get_facts

    act = {"type": "act_committed", "at": "2019-10-04T22:00:00+06:00"}
    pack = load_pack("kz")
    gravity = {}
    for name, events in (("without", [REPORT]), ("with", [act, REPORT])):
        data = yaml.safe_dump(build_story(*events)).encode()
        case = read_case(parse_document(data), pack=pack)
        facts = get_facts(case, event=case.events[-1], pack=pack)
        gravity[name] = [fact for fact in facts if fact.startswith("severity:")]
    assert gravity == {"without": ["severity:grave"], "with": ["severity:medium"]}


def test_an_event_that_has_not_happened_yet_counts_for_nothing_and_is_warned_of() -> None:
    registered = event("erdr_registered", "2026-06-05T08:00")
    answer = judge(build_story(REPORT, registered))
    assert get_duty(answer, "erdr")["state"] == "breached"
    assert "event.in_the_future" in [one["code"] for one in answer["warnings"]]


def test_an_offset_that_the_place_did_not_have_is_warned_of() -> None:
    answer = judge(build_story({**REPORT, "at": "2026-05-04T10:00:00+06:00"}))
    assert get_duty(answer, "erdr")["starts_at"] == "2026-05-04T09:00:00+05:00"
    assert "event.other_offset" in [one["code"] for one in answer["warnings"]]


def test_the_order_of_events_in_the_file_does_not_matter() -> None:
    events: list[dict[str, Any]] = [
        REPORT,
        COMPLAINT,
        event("erdr_registered", "2026-05-07T08:00"),
        event("suspect_detained", "2026-05-07T08:00"),
        event("interrupted", "2026-05-09T08:00", reason="illness"),
        event("resumed", "2026-05-11T08:00"),
        event("motion_submitted", "2026-05-12T08:00", to="police_district"),
        event("motion_submitted", "2026-05-14T08:00", to="police_district"),
        event("duty_met", "2026-05-15T08:00", duty="motion"),
    ]
    wanted = judge(build_story(*events))
    draw = random.Random(1)
    for _ in range(40):
        draw.shuffle(events)
        assert judge(build_story(*events)) == wanted


def test_two_motions_are_met_in_the_order_of_their_starts() -> None:
    answer = judge(
        build_story(
            REPORT,
            event("motion_submitted", "2026-05-12T08:00", to="police_district"),
            event("motion_submitted", "2026-05-13T08:00", to="police_district"),
            event("duty_met", "2026-05-14T08:00", duty="motion"),
        )
    )
    states = [one["state"] for one in answer["duties"] if one["id"] == "motion"]
    assert states == ["met", "breached"]


def test_every_date_says_how_it_was_reckoned_in_three_languages() -> None:
    for duty in judge(build_story(REPORT, COMPLAINT))["duties"]:
        if duty["due"]["strict"] is not None:
            assert duty["how"]
        for step in duty["how"]:
            assert set(step) == {"rule", "article", "from", "to", "text"}
            assert all(step["text"][language] for language in ("kk", "ru", "en"))


def test_an_unreviewed_rule_says_so() -> None:
    answer = judge(build_story(REPORT))
    assert answer["pack"]["reviewed"] is False
    assert {one["reviewed"] for one in answer["duties"]} == {False}
    assert "pack.unreviewed" in [one["code"] for one in answer["warnings"]]


def test_a_reached_office_that_handles_the_case_cautions_nobody_beside_it() -> None:
    parties = build_story()["parties"]
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    assert [one["institution"] for one in answer["excluded"]] == ["police_district"]
    assert answer["cautions"] == []


def test_who_is_subordinate_to_a_reached_body_comes_last() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "prosecutor_region"
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    assert [one["institution"] for one in answer["cautions"]] == ["prosecutor_district"]
    assert answer["cautions"][0]["path"] == ["p1", "o1", "prosecutor_region"]


def test_caution_speaks_only_of_bodies_that_could_decide_or_handle_the_case() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "akimat_district"
    answer = judge(build_story(REPORT, parties=parties, relations=KIN))
    cautioned = {one["institution"] for one in answer["cautions"]}
    assert not cautioned & {"hospital", "guardianship_body", "prosecutor_region", "court_region"}


def test_caution_in_another_district_is_for_that_district() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = {"kind": "akimat_district", "district": "Elsewhere"}
    place = {"region": "KZ-35", "district": "Here"}
    answer = judge(build_story(REPORT, parties=parties, relations=KIN, place=place))
    assert {one["institution"].partition("@")[2] for one in answer["cautions"]} == {"Elsewhere"}


def test_caution_reaches_the_offices_of_every_district_that_the_case_speaks_of() -> None:
    parties = build_story()["parties"]
    parties[2]["office"] = "prosecutor_region"
    proceedings = [
        {"id": "main", "kind": "criminal", "institution": "police_district@Elsewhere"},
    ]
    place = {"region": "KZ-35", "district": "Here"}
    story = build_story(
        REPORT, parties=parties, relations=KIN, proceedings=proceedings, place=place
    )
    answer = judge(story)
    assert {one["institution"] for one in answer["cautions"]} == {
        "prosecutor_district",
        "prosecutor_district@Elsewhere",
    }
