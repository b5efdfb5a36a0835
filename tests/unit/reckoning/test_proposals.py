"""Where to complain next: who is asked, in which order, instead of whom, and who is not."""

from typing import Any

import pytest
import yaml
from tests.unit.reckoning.random_cases import build_institution
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import (
    COMPLAINT,
    KIN,
    REPORT,
    build_story,
    event,
    get_proposals,
    judge,
)

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.evaluation import evaluate


def reach(*offices: Any) -> dict[str, Any]:
    """Return parties and relations by which one perpetrator is kin to someone in each office."""
    people = build_story()["parties"][:2]
    people += [
        {"id": f"x{number}", "roles": ["official"], "office": office}
        for number, office in enumerate(offices)
    ]
    ties = [{"from": "p1", "to": f"x{number}", "kind": "kin"} for number in range(len(offices))]
    return {"parties": people, "relations": ties}


def find(answer: dict[str, Any], remedy: str) -> dict[str, Any]:
    proposal: dict[str, Any] = next(one for one in answer["proposals"] if one["remedy"] == remedy)
    return proposal


def list_remedies(answer: dict[str, Any]) -> list[str]:
    return [remedy for remedy, _to in get_proposals(answer)]


def list_codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


# One proposal for one remedy and one office.


def test_one_proposal_names_every_late_duty_that_asks_for_it() -> None:
    answer = judge(build_story(REPORT, event("motion_submitted", "2026-05-05T10:00")))
    asked = [one for one in answer["proposals"] if one["remedy"] == "complaint_prosecutor"]
    assert [set(one["duties"]) for one in asked] == [{"accept", "erdr", "motion"}]


def test_the_dates_of_all_its_duties_make_one_date_the_earliest() -> None:
    answer = judge(
        build_story(
            event("motion_submitted", "2026-05-05T10:00"),
            event("refused", "2026-05-11T10:00"),
            event("application_submitted", "2026-05-12T10:00"),
            event("refused", "2026-05-13T10:00"),
        )
    )
    court = find(answer, "complaint_court")
    assert set(court["duties"]) == {"motion", "victim_status_application"}
    # 15 days from 11 May are the 26th.
    assert court["file_within"] == "2026-05-27T00:00:00+05:00"


def test_a_date_of_one_of_its_duties_is_the_date_although_another_has_none() -> None:
    for late, refused in (("05T10:00", "12T10:00"), ("12T10:00", "05T10:00")):
        answer = judge(
            build_story(
                event("application_submitted", f"2026-05-{late}"),
                event("expert_motion_submitted", f"2026-05-{refused}"),
                event("refused", "2026-05-13T10:00", duty="expert_motion"),
                as_of="2026-05-27T12:00:00+05:00",
            )
        )
        assert find(answer, "complaint_court")["file_within"] == "2026-05-29T00:00:00+05:00"


# Instead of whom.


def test_where_the_addressee_is_reached_the_next_one_is_asked_instead_of_it() -> None:
    answer = judge(build_story(REPORT, **reach("prosecutor_district")))
    one = find(answer, "complaint_prosecutor")
    assert one["addressee"] == {"institution": "prosecutor_region", "level": 2}
    assert one["instead_of"] == ["prosecutor_district"]
    # CPC 88: with a recusal of the prosecutor, and with a transfer of the case.
    assert one["with"] == ["recusal_prosecutor", "transfer_case"]
    free = find(judge(build_story(REPORT)), "complaint_prosecutor")
    assert (free["instead_of"], free["with"]) == ([], [])


def test_what_goes_along_is_proposed_once_and_not_after_it_was_filed() -> None:
    changes = reach("prosecutor_district")
    once = list_remedies(judge(build_story(REPORT, **changes)))
    assert once.count("recusal_prosecutor") == 1
    filed = event(
        "complaint_submitted", "2026-05-12T10:00", remedy="recusal_prosecutor",
        to="prosecutor_region",
    )  # fmt: skip
    assert "recusal_prosecutor" not in list_remedies(judge(build_story(REPORT, filed, **changes)))


@pytest.mark.parametrize(
    ("offices", "to"),
    [
        (["prosecutor_district"], "prosecutor_region"),
        (["prosecutor_district", "prosecutor_region"], "prosecutor_general"),
    ],
)
def test_each_level_that_is_reached_leads_to_the_next(offices: list[str], to: str) -> None:
    answer = judge(build_story(REPORT, **reach(*offices)))
    assert ("complaint_prosecutor", to) in get_proposals(answer)
    assert find(answer, "complaint_prosecutor")["instead_of"] == ["prosecutor_district"]


def test_the_one_complained_of_is_not_asked_and_stands_in_no_conflict() -> None:
    # The investigating body has no head of its own: the prosecutor takes the complaint about it.
    answer = judge(build_story(event("motion_submitted", "2026-05-05T10:00")))
    assert "police_district" not in [to for _remedy, to in get_proposals(answer)]
    assert answer["excluded"] == []


def test_what_goes_along_goes_to_its_own_first_addressee() -> None:
    # CPC 88(3).
    answer = judge(build_story(REPORT, **reach("prosecutor_district")))
    assert ("recusal_prosecutor", "prosecutor_region") in get_proposals(answer)


# Caution.


def test_who_is_asked_before_a_cautioned_addressee_says_before_whom() -> None:
    text = yaml.safe_dump(build_story(REPORT, **reach("akimat_district")))
    pack = load_pack("kz")
    found = evaluate(read_case(parse_document(text.encode()), pack=pack), pack=pack).ladder
    before = {
        one.office.institution: [str(office) for office in one.before]
        for one in found.proposals
        if one.remedy.id == "complaint_prosecutor"
    }
    assert before == {"prosecutor_region": ["prosecutor_district"], "prosecutor_district": []}


def test_where_the_addressee_is_reached_and_all_others_are_cautioned_the_nearest_is_asked() -> None:
    answer = judge(build_story(REPORT, **reach("prosecutor_district", "prosecutor_general")))
    assert "prosecutor_region" in [one["institution"] for one in answer["cautions"]]
    assert ("complaint_prosecutor", "prosecutor_region") in get_proposals(answer)


def test_of_several_cautioned_bodies_that_the_law_does_not_name_one_is_enough() -> None:
    caution = rule("below", then=["caution"]) | {"if": "subordinate_of_reached"}
    caution.pop("title")
    decide = ["decide_complaint"]
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("one", branch="court", level=1, roles=decide, reports_to="two"),
            build_institution("two", branch="court", level=2, roles=decide, reports_to="three"),
            build_institution("three", branch="court", level=3, roles=decide, reports_to="four"),
            build_institution("four", branch="court", level=3, roles=[]),
        ],
        "triggers": [trigger("told", "us")],
        "duties": [
            rule("look", trigger=["told"], actor="police", term={"n": 1, "unit": "day"},
                 on_breach=["complain"])
        ],
        "remedies": [rule("complain", to=["one"])],
        "routing": [caution],
    }  # fmt: skip
    people = {
        "parties": [{"id": "p", "roles": ["suspect"]}],
        "relations": [{"from": "p", "to": name, "kind": "kin"} for name in ("one", "four")],
    }
    answer = judge_by(law, happen("told", "05-04T09:00"), **people)
    assert {one["institution"] for one in answer["cautions"]} == {"two", "three"}
    assert get_proposals(answer) == [("complain", "two")]


def test_a_cautioned_addressee_comes_after_a_free_one_and_is_still_named() -> None:
    answer = judge(build_story(REPORT, **reach("akimat_district")))
    asked = [to for remedy, to in get_proposals(answer) if remedy == "complaint_prosecutor"]
    assert asked == ["prosecutor_region", "prosecutor_district"]
    order = [one["addressee"]["institution"] for one in answer["proposals"]]
    cautioned = {one["institution"] for one in answer["cautions"]}
    first = min(order.index(name) for name in order if name in cautioned)
    last = ("anticorruption",)
    assert all(name in cautioned or name in last for name in order[first:])


def test_where_only_cautioned_bodies_are_left_the_first_of_them_is_asked() -> None:
    # The investigating judge and no other decides on this complaint at the district.
    offices = ("akimat_district", "court_region", "court_cassation")
    answer = judge(build_story(REPORT, **reach(*offices)))
    assert ("complaint_court", "judge_investigating") in get_proposals(answer)


# When nobody is left.


def test_when_nobody_is_left_for_one_duty_the_others_are_still_proposed() -> None:
    trial = event("no_contact_motion_at_court", "2026-05-04T10:00")
    answer = judge(build_story(REPORT, trial, **reach("court_region")))
    assert "ladder.exhausted" in list_codes(answer)
    assert ("complaint_prosecutor", "prosecutor_district") in get_proposals(answer)
    assert find(answer, "communication_cedaw")["duties"] == ["no_contact_judge"]


def test_a_communication_that_was_sent_is_not_proposed_again() -> None:
    trial = event("no_contact_motion_at_court", "2026-05-04T10:00")
    sent = event("complaint_submitted", "2026-05-12T10:00", remedy="communication_cedaw",
                 to="cedaw")  # fmt: skip
    answer = judge(build_story(trial, sent, **reach("court_region")))
    assert "communication_cedaw" not in list_remedies(answer)


def test_a_body_beyond_the_country_that_a_conflict_reaches_is_not_proposed() -> None:
    trial = event("no_contact_motion_at_court", "2026-05-04T10:00")
    answer = judge(build_story(trial, **reach("court_region", "cedaw")))
    assert get_proposals(answer) == []


def test_a_country_that_still_has_a_body_is_not_left() -> None:
    assert "communication_cedaw" not in list_remedies(judge(build_story(REPORT)))


# A last appeal.


@pytest.mark.parametrize(
    ("result", "is_asked"), [("refused", True), ("granted", False), ("none", False)]
)
def test_the_appeal_is_against_a_no_of_the_judge(result: str, is_asked: bool) -> None:
    # CPC 107.
    filed = event("complaint_submitted", "2026-05-11T10:00", remedy="complaint_court",
                  to="judge_investigating")  # fmt: skip
    ruled = event("complaint_answered", "2026-05-13T10:00", remedy="complaint_court",
                  result=result)  # fmt: skip
    story = build_story(REPORT, filed, ruled, as_of="2026-05-13T12:00:00+05:00")
    assert ("appeal_investigating_judge" in list_remedies(judge(story))) is is_asked


# Lawful addressees.


def test_every_lawful_way_to_a_reached_body_is_named() -> None:
    answer = judge(build_story(as_of="2026-05-04T09:30:00+05:00", **reach("prosecutor_region")))
    (one,) = answer["excluded"]
    assert {"transfer_case", "joint_group", "report_concealment", "recusal_prosecutor"} <= set(
        one["lawful_addressee_of"]
    )
    assert "communication_cedaw" not in one["lawful_addressee_of"]
    free = judge(build_story(as_of="2026-05-04T09:30:00+05:00", relations=KIN))
    assert "prosecutor_region" not in [one["institution"] for one in free["excluded"]]


def test_the_offences_of_officials_stand_with_what_they_follow_from() -> None:
    # CC 433: concealment of an offence from registration.
    answer = judge(build_story(REPORT))
    assert {one["id"] for one in answer["offences"]} == {"cc433"}
    early = judge(build_story(REPORT, as_of="2026-05-04T09:30:00+05:00"))
    assert early["offences"] == []


PROSECUTORS = ("prosecutor_district", "prosecutor_region", "prosecutor_general")


def test_where_no_remedy_of_a_duty_is_free_another_that_names_who_owes_it_is() -> None:
    # CPC 97(3) leads to the prosecutor alone; 106(1) knows a complaint against the police, too.
    asked = event("safety_application_submitted", "2026-05-04T10:00", to="police_district")
    decided = event("safety_decided", "2026-05-04T11:00")
    refused = event("refused", "2026-05-04T12:00", duty="pseudonym")
    answer = judge(build_story(asked, decided, refused, **reach(*PROSECUTORS)))
    court = find(answer, "complaint_court")
    assert court["duties"] == ["pseudonym"]
    assert court["addressee"]["institution"] == "judge_investigating"
    assert court["instead_of"][0] == "prosecutor_district"
    assert "ladder.exhausted" not in list_codes(answer)
    free = judge(build_story(asked, decided, refused))
    assert get_proposals(free) == [("complaint_prosecutor", "prosecutor_district")]


def test_what_was_filed_is_waited_for_before_anybody_else_is_asked() -> None:
    # CPC 105(2): the prosecutor has seven days.
    asked = event("safety_application_submitted", "2026-05-04T10:00", to="police_district")
    decided = event("safety_decided", "2026-05-04T11:00")
    refused = event("refused", "2026-05-04T12:00", duty="pseudonym")
    filed = event("complaint_submitted", "2026-05-05T10:00", remedy="complaint_prosecutor",
                  to="prosecutor_district")  # fmt: skip
    events = (asked, decided, refused, filed)
    waiting = judge(build_story(*events, as_of="2026-05-08T12:00:00+05:00"))
    assert waiting["proposals"] == []
    late = judge(build_story(*events, as_of="2026-05-18T12:00:00+05:00"))
    assert "complaint_higher_prosecutor" in list_remedies(late)


@pytest.mark.parametrize(("result", "remedy"), [(None, "after_silence"), ("refused", "after_no")])
def test_who_was_asked_at_the_top_is_passed_over_for_what_follows(
    result: str | None, remedy: str
) -> None:
    decide = ["decide_complaint"]
    follow = {"with_silence": ["after_silence"], "with_no": ["after_no"]}
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("top", branch="top", level=3, roles=decide),
            build_institution("other", branch="other", level=3, roles=decide),
        ],
        "triggers": [trigger("told", "us")],
        "remedies": [
            rule("first", to=["top"], answer={"n": 3, "unit": "day"}, on_unanswered=["second"],
                 on_refused=["second"]),
            rule("second", to=["top"], answer={"n": 3, "unit": "day"},
                 on_unanswered=follow["with_silence"], on_refused=follow["with_no"]),
            rule("after_silence", to=["other"]),
            rule("after_no", to=["other"]),
        ],
    }  # fmt: skip
    events = [happen("complaint_submitted", "05-04T09:00", remedy="first", to="top")]
    if result is not None:
        events.append(happen("complaint_answered", "05-05T09:00", remedy="first", result=result))
    assert get_proposals(judge_by(law, *events)) == [(remedy, "other")]


def test_a_body_beyond_the_country_is_no_lawful_addressee_of_a_case_in_it() -> None:
    answer = judge(build_story(as_of="2026-05-04T09:30:00+05:00", **reach("cedaw")))
    assert [one["lawful_addressee_of"] for one in answer["excluded"]] == [[]]


@pytest.mark.parametrize(
    "other",
    [
        {"against": ["police"]},
        {"answer": {"n": 3, "unit": "day"}, "against": ["court"]},
        {"answer": {"n": 3, "unit": "day"}, "against": ["police"], "applies": "ill"},
        {
            "answer": {"n": 3, "unit": "day"},
            "against": ["police"],
            "effective": {"from": "2026-05-05"},
        },
        {"answer": {"n": 3, "unit": "day"}, "against": ["police"], "international": True},
    ],
)
def test_only_a_complaint_that_fits_stands_in_for_one_that_finds_no_way(
    other: dict[str, Any],
) -> None:
    decide = ["decide_complaint"]
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("one", branch="court", level=1, roles=decide),
            build_institution("apart", branch="apart", level=1, roles=decide),
        ],
        "triggers": [trigger("told", "us")],
        "profiles": [{"id": "ill", "text": dict.fromkeys(("kk", "ru", "en"), "x")}],
        "duties": [
            rule("look", trigger=["told"], actor="police", term={"n": 1, "unit": "day"},
                 on_breach=["complain"])
        ],
        "remedies": [rule("complain", to=["one"])],
    }  # fmt: skip
    people = {
        "parties": [{"id": "p", "roles": ["suspect"]}],
        "relations": [{"from": "p", "to": "one", "kind": "kin"}],
    }
    told = happen("told", "05-04T09:00")
    fitting = rule("other", to=["apart"], answer={"n": 3, "unit": "day"}, against=["police"])
    both = [*law["remedies"], fitting]
    assert get_proposals(judge_by(law | {"remedies": both}, told, **people)) == [("other", "apart")]
    both = [*law["remedies"], rule("other", to=["apart"], **other)]
    proposed = get_proposals(judge_by(law | {"remedies": both}, told, **people))
    # What leads beyond the country is proposed when nobody in it is left, and only then.
    assert proposed == ([("other", "apart")] if "international" in other else [])


def test_of_all_bodies_of_a_branch_that_may_decide_the_nearest_is_asked() -> None:
    decide = ["decide_complaint"]
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("one", branch="court", level=1, roles=decide),
            build_institution("high", branch="court", level=3, roles=decide),
            build_institution("mid", branch="court", level=2, roles=decide),
        ],
        "triggers": [trigger("told", "us")],
        "duties": [
            rule("look", trigger=["told"], actor="police", term={"n": 1, "unit": "day"},
                 on_breach=["complain"])
        ],
        "remedies": [rule("complain", to=["one"])],
    }  # fmt: skip
    people = {
        "parties": [{"id": "p", "roles": ["suspect"]}],
        "relations": [{"from": "p", "to": "one", "kind": "kin"}],
    }
    answer = judge_by(law, happen("told", "05-04T09:00"), **people)
    assert get_proposals(answer) == [("complain", "mid")]


def test_who_is_above_a_silent_prosecutor_is_a_lawful_addressee_although_reached() -> None:
    answer = judge(
        build_story(
            REPORT, COMPLAINT, as_of="2026-05-18T12:00:00+05:00", **reach("prosecutor_region")
        )
    )
    (one,) = answer["excluded"]
    assert "complaint_higher_prosecutor" in one["lawful_addressee_of"]
    assert ("complaint_higher_prosecutor", "prosecutor_general") in get_proposals(answer)
