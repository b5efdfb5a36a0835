"""What each authority owes after each event: by which facts, from when, and with which pauses."""

from typing import Any

import pytest
from tests.unit.reckoning.small_law import get_steps, happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import (
    REGISTERED,
    REPORT,
    build_story,
    event,
    get_duty,
    judge,
)

DAY = {"n": 1, "unit": "day"}
HELD = "2026-05-05T10:00"


def get_states(answer: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in answer["duties"]}


def list_codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


def pause(at: str, reason: str = "illness", **fields: Any) -> dict[str, Any]:
    return event("interrupted", f"2026-05-{at}:00", reason=reason, **fields)


def resume(at: str, **fields: Any) -> dict[str, Any]:
    return event("resumed", f"2026-05-{at}:00", **fields)


def get_term(*events: dict[str, Any], **changes: Any) -> str:
    story = build_story(REGISTERED, *events, **{"as_of": "2026-06-10T12:00:00+05:00"} | changes)
    strict: str = get_duty(judge(story), "term_investigation")["due"]["strict"]
    return strict


# Facts that decide.


@pytest.mark.parametrize(
    ("offence", "state"),
    [("cc123_1", "not_applicable"), ("cc120_1", "breached"), ("cc120_2", "breached")],
)
def test_who_prosecutes_decides_whether_a_report_has_to_be_registered(
    offence: str, state: str
) -> None:
    # CPC 179(5): materials of private prosecution go to the court.
    answer = judge(build_story(REPORT, offence=offence))
    assert get_duty(answer, "erdr")["state"] == state


def test_a_duty_that_does_not_hold_here_is_never_a_breach() -> None:
    answer = judge(build_story(REPORT, offence="cc123_1"))
    assert "erdr" not in [one["duty"] for one in answer["breaches"]]


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({}, 48),
        ({"offence": "cc120_3_2"}, 72),
        ({"profile": ["minor"]}, 72),
        ({"profile": ["minor", "suspect_minor"]}, 72),
        ({"profile": ["suspect_minor"]}, 24),
    ],
)
def test_gravity_age_and_group_decide_how_long_someone_may_be_held(
    changes: dict[str, Any], hours: int
) -> None:
    # CPC 131(4).
    duty = get_duty(judge(build_story(event("suspect_detained", HELD), **changes)), "detention_max")
    assert duty["due"]["strict"] == f"2026-05-{5 + hours // 24:02}T10:00:00+05:00"


def test_a_fact_of_one_event_decides_for_that_event_alone() -> None:
    filed = [
        event("complaint_submitted", f"2026-05-{day}T10:00", remedy="complaint_prosecutor",
              to="prosecutor_district", facts=facts)
        for day, facts in ((12, ["exceptional"]), (13, []))
    ]  # fmt: skip
    answer = judge(build_story(*filed))
    due = [one["due"]["strict"][:10] for one in answer["duties"]]
    # CPC 105(2): 15 days are 27 May, Eid al-Adha by estimate; 7 days are the 20th.
    assert due == ["2026-05-29", "2026-05-21"]


@pytest.mark.parametrize(("kind", "is_owed"), [("inquiry", True), ("criminal", False)])
def test_the_kind_of_a_proceeding_is_a_fact(kind: str, is_owed: bool) -> None:
    duty = rule("look", trigger=["told"], actor="police", term=DAY, applies="proceeding:inquiry",
                no_remedy="invented")  # fmt: skip
    law = {"triggers": [trigger("told", "us")], "duties": [duty]}
    proceedings = [{"id": "main", "kind": kind, "institution": "police"}]
    answer = judge_by(law, happen("told", "05-04T09:00"), proceedings=proceedings)
    assert get_states(answer) == {"look": "breached" if is_owed else "not_applicable"}


def test_of_two_variants_that_hold_the_first_one_does() -> None:
    duty = rule(
        "look", trigger=["told"], actor="police", term={"n": 9, "unit": "day"},
        no_remedy="invented",
        variants=[{"when": "old", "term": DAY}, {"when": "ill", "term": {"n": 2, "unit": "day"}}],
    )  # fmt: skip
    names = dict.fromkeys(("kk", "ru", "en"), "x")
    law = {
        "triggers": [trigger("told", "us")],
        "duties": [duty],
        "profiles": [{"id": name, "text": names} for name in ("old", "ill")],
    }
    for profile, days in (([], 14), (["old"], 6), (["ill"], 7), (["ill", "old"], 6)):
        answer = judge_by(law, happen("told", "05-04T09:00"), profile=profile)
        assert answer["duties"][0]["due"]["strict"] == f"2026-05-{days:02}T00:00:00+05:00"


# The law of the day.


def test_a_duty_is_judged_by_the_rule_that_was_in_force_on_the_day_of_its_event() -> None:
    old = rule("look", trigger=["told"], actor="police", term={"n": 3, "unit": "day"},
               effective={"to": "2026-05-05"}, no_remedy="invented")  # fmt: skip
    new = rule("look", trigger=["seen"], actor="police", term=DAY,
               effective={"from": "2026-05-05"}, no_remedy="invented")  # fmt: skip
    law = {"triggers": [trigger("told", "us"), trigger("seen", "us")], "duties": [old, new]}
    events = [happen(name, f"05-{day:02}T09:00") for name in ("told", "seen") for day in (4, 5)]
    owed = judge_by(law, *events)["duties"]
    assert [(one["starts_at"][:10], one["due"]["strict"][:10]) for one in owed] == [
        ("2026-05-04", "2026-05-08"),
        ("2026-05-05", "2026-05-07"),
    ]


def test_a_complaint_by_a_remedy_that_the_law_did_not_have_yet_is_owed_no_answer() -> None:
    law = {
        "triggers": [trigger("told", "us")],
        "remedies": [rule("new", to=["police"], answer=DAY, effective={"from": "2026-05-05"})],
    }
    filed = [
        happen("complaint_submitted", f"05-{day:02}T09:00", remedy="new", to="police")
        for day in (4, 5)
    ]
    assert [one["starts_at"][:10] for one in judge_by(law, *filed)["duties"]] == ["2026-05-05"]


def test_an_answer_without_a_term_is_owed_without_a_date() -> None:
    filed = event("complaint_submitted", "2026-05-06T10:00", remedy="recusal_investigator",
                  to="prosecutor_district")  # fmt: skip
    duty = get_duty(judge(build_story(REPORT, filed)), "recusal_investigator")
    assert (duty["due"], duty["state"]) == ({"strict": None, "lenient": None}, "running")


# From when.


@pytest.mark.parametrize(
    ("registered", "start"),
    [
        (["2026-03-02T12:00", "2026-04-01T12:00"], "2026-04-01"),
        (["2026-04-30T12:00"], "2026-04-30"),
        (["2026-05-10T12:00"], "2026-04-30"),
    ],
)
def test_an_extended_term_runs_from_the_last_registration_before_it(
    registered: list[str], start: str
) -> None:
    # CPC 192(4).
    events = [event("erdr_registered", at) for at in registered]
    answer = judge(build_story(*events, event("term_extended_district", "2026-04-30T12:00")))
    assert get_duty(answer, "term_ext_district")["starts_at"][:10] == start


@pytest.mark.parametrize(("mine", "other"), [("a", "b"), ("b", "a")])
def test_an_extended_term_runs_from_the_registration_of_its_own_proceeding(
    mine: str, other: str
) -> None:
    two = [
        {"id": name, "kind": "criminal", "institution": "police_district"} for name in ("a", "b")
    ]
    events = [
        event("erdr_registered", "2026-03-02T12:00", proceeding=mine),
        event("erdr_registered", "2026-04-01T12:00", proceeding=other),
        event("term_extended_district", "2026-04-30T12:00", proceeding=mine),
    ]
    duty = get_duty(judge(build_story(*events, proceedings=two)), "term_ext_district")
    assert duty["starts_at"][:10] == "2026-03-02"


def test_a_term_that_starts_with_a_detention_of_the_same_minute_names_the_detention() -> None:
    # CPC 139(1).
    measure = event("preventive_measure_before_charge", HELD)
    duty = get_duty(
        judge(build_story(event("suspect_detained", HELD), measure)), "qualification_10d"
    )
    assert duty["how"][0]["article"] == "CPC 131"


def threaten(at: str, **fields: Any) -> dict[str, Any]:
    return event("pressure", at, kind="threat_violence", to="s", **fields)


@pytest.mark.parametrize(
    ("told", "start", "codes"),
    [
        ([event("report_submitted", "2026-05-07T10:00", to="police_district")], "07T10:00", 0),
        ([event("motion_submitted", "2026-05-06T21:00")], "06T21:00", 0),
        ([event("motion_submitted", "2026-05-06T20:59")], "06T21:00", 1),
        ([event("interview", "2026-05-07T10:00")], "06T21:00", 1),
        ([event("released", "2026-05-07T10:00")], "06T21:00", 1),
        ([event("complaint_answered", "2026-05-07T10:00", remedy="complaint_court")],
         "06T21:00", 1),
        (
            [event("complaint_submitted", "2026-05-07T09:00", remedy="complaint_prosecutor",
                   to="prosecutor_district")],
            "07T09:00",
            0,
        ),
    ],
)  # fmt: skip
def test_an_authority_owes_what_a_threat_asks_for_from_when_our_side_told_one(
    told: list[dict[str, Any]], start: str, codes: int
) -> None:
    answer = judge(build_story(threaten("2026-05-06T21:00"), *told))
    duty = get_duty(answer, "safety_new_case")
    assert duty["starts_at"] == f"2026-05-{start}:00+05:00"
    assert list_codes(answer).count("pressure.not_told") == codes


@pytest.mark.parametrize(("mine", "other"), [("a", "b"), ("b", "a")])
def test_what_was_told_in_another_proceeding_was_not_told_in_this_one(
    mine: str, other: str
) -> None:
    two = [
        {"id": name, "kind": "criminal", "institution": "police_district"} for name in ("a", "b")
    ]
    threat = threaten("2026-05-06T21:00", proceeding=mine)
    told = event("motion_submitted", "2026-05-07T10:00", proceeding=other)
    answer = judge(build_story(threat, told, proceedings=two))
    assert get_duty(answer, "safety_new_case")["starts_at"] == "2026-05-06T21:00:00+05:00"


def test_what_was_told_after_a_threat_was_told_whatever_came_before_it() -> None:
    told = event("motion_submitted", "2026-05-07T10:00")
    answer = judge(build_story(REPORT, threaten("2026-05-06T21:00"), told))
    assert get_duty(answer, "safety_new_case")["starts_at"] == "2026-05-07T10:00:00+05:00"


def test_a_term_that_starts_abroad_is_counted_by_the_clock_of_that_place() -> None:
    abroad = {**REPORT, "at": "2026-05-04T21:00:00+02:00", "timezone": "Europe/Berlin"}
    duty = get_duty(judge(build_story(abroad)), "erdr")
    assert duty["due"]["strict"] == "2026-05-05T22:00:00+02:00"


def test_what_an_authority_began_of_itself_before_it_was_told_runs_from_the_threat() -> None:
    opened = event("threat_case_opened", "2026-05-07T09:00")
    told = event("safety_application_submitted", "2026-05-08T14:20", to="police_district")
    answer = judge(build_story(threaten("2026-05-06T21:00"), opened, told))
    duty = get_duty(answer, "safety_new_case")
    assert (duty["starts_at"], duty["met_at"]) == (
        "2026-05-06T21:00:00+05:00",
        "2026-05-07T09:00:00+05:00",
    )


# What breaks at once.


def test_only_a_duty_without_a_term_is_broken_by_an_act_without_a_ground() -> None:
    variants = {"variants": [{"when": "ill", "term": DAY}]}
    duties = [
        rule("bare", trigger=["done"], actor="police", no_remedy="invented"),
        rule("dated", trigger=["done"], actor="police", term={"n": 90, "unit": "day"},
             no_remedy="invented"),
        rule("varied", trigger=["done"], actor="police", no_remedy="invented", **variants),
    ]  # fmt: skip
    names = dict.fromkeys(("kk", "ru", "en"), "x")
    law = {
        "triggers": [trigger("done", "authority")],
        "duties": duties,
        "facts": [{"id": name, "text": names} for name in ("ill", "no_ground_given")],
    }
    for facts, state in (([], "running"), (["no_ground_given"], "breached")):
        answer = judge_by(law, happen("done", "05-04T09:00", facts=facts))
        assert get_states(answer) == {"bare": state, "dated": "running", "varied": "running"}
        assert len(get_steps(answer, "bare", "refused")) == (state == "breached")


# Pauses.


def test_only_reasons_that_the_law_names_stop_a_term() -> None:
    plain = get_term()
    assert get_term(pause("10T09"), resume("20T09")) > plain
    assert get_term(pause("10T09", "holiday_of_the_officer"), resume("20T09")) == plain


def test_a_resumption_for_a_reason_ends_the_pauses_for_that_reason_alone() -> None:
    both = [pause("10T09"), pause("10T09", "file_access")]
    one = resume("20T09", reason="illness")
    all_ended = get_term(*both, resume("20T09"))
    assert get_term(*both, one) > all_ended
    assert get_term(*both, one, resume("20T09", reason="file_access")) == all_ended


def test_a_resumption_ends_no_pause_that_was_over_already() -> None:
    first = [pause("10T09"), resume("14T09")]
    again = [pause("20T09"), resume("24T09")]
    assert get_term(*first, *again) == get_term(pause("10T09"), resume("18T09"))


def test_whatever_the_reason_it_stops_a_term_that_any_reason_stops() -> None:
    duty = rule("look", trigger=["told"], actor="police", term={"n": 3, "unit": "day"},
                no_remedy="invented")  # fmt: skip
    told = happen("told", "05-04T09:00")
    stop = [happen("paused", "05-05T09:00", reason="rain"), happen("resumed", "05-07T09:00")]
    for pausable, is_paused in (({}, 0), ({"pausable": ["*"]}, 1), ({"pausable": ["snow"]}, 0)):
        law = {"triggers": [trigger("told", "us")], "duties": [duty | pausable]}
        answer = judge_by(law, told, *stop)
        # With two days more it would end on a Saturday.
        end = "2026-05-12T00:00:00+05:00" if is_paused else "2026-05-08T00:00:00+05:00"
        assert answer["duties"][0]["due"]["strict"] == end
        assert len(get_steps(answer, "look", "pause")) == is_paused


def test_a_second_reading_stands_still_as_long_as_the_first() -> None:
    duty = rule("look", trigger=["told"], actor="police", term={"n": 3, "unit": "day"},
                lenient_term={"n": 8, "unit": "day"}, pausable=["rain"],
                no_remedy="invented")  # fmt: skip
    law = {"triggers": [trigger("told", "us")], "duties": [duty]}
    told = happen("told", "05-04T09:00")
    stop = [happen("paused", "05-05T09:00", reason="rain"), happen("resumed", "05-07T09:00")]
    due = judge_by(law, told, *stop)["duties"][0]["due"]
    assert due == {"strict": "2026-05-12T00:00:00+05:00", "lenient": "2026-05-15T00:00:00+05:00"}


# Who owes it.


def test_an_unknown_actor_is_warned_of() -> None:
    filed = event("complaint_submitted", "2026-05-06T10:00", remedy="complaint_prosecutor", to="s")
    answer = judge(build_story(REPORT, filed))
    assert get_duty(answer, "complaint_prosecutor")["actor"] is None
    assert "actor.unknown" in list_codes(answer)
    assert "actor.unknown" not in list_codes(judge(build_story(REPORT)))


def test_gravity_on_a_day_that_has_no_law_is_that_of_the_first_of_the_pack() -> None:
    texts = dict.fromkeys(("kk", "ru", "en"), "x")
    duty = rule("look", trigger=["told"], actor="police", term=DAY, applies="severity:small",
                no_remedy="invented")  # fmt: skip
    small = rule("theft", severity="small", effective={"from": "2026-05-05"})
    great = rule("theft", severity="great", effective={"to": "2026-05-03"})
    law = {
        "triggers": [trigger("told", "us")],
        "severities": [{"id": name, "text": texts} for name in ("small", "great")],
        "duties": [duty],
    }
    told = happen("told", "05-04T09:00")
    for offences, state in (([small], "breached"), ([small, great], "breached"),
                            ([great, small], "not_applicable")):  # fmt: skip
        answer = judge_by(law | {"offences": offences}, told, offence="theft")
        assert get_states(answer) == {"look": state}


# Words of the file that are something else.


def test_who_refuses_a_complaint_that_was_never_filed_owes_no_answer_to_it() -> None:
    refused = event("refused", "2026-05-06T10:00", remedy="complaint_prosecutor")
    assert "complaint_prosecutor" not in get_states(judge(build_story(REPORT, refused)))


@pytest.mark.parametrize("name", ["released", "interview", "verdict_pronounced"])
def test_only_pressure_counts_as_what_pressure_counts_as(name: str) -> None:
    happened = event(name, "2026-05-06T10:00", kind="threat_violence")
    assert "safety_new_case" not in get_states(judge(build_story(happened)))


@pytest.mark.parametrize("name", ["suspect_detained", "interview", "victim_recognised"])
def test_only_a_resumption_ends_a_pause(name: str) -> None:
    happened = event(name, "2026-05-12T10:00")
    answer = judge(build_story(REGISTERED, pause("10T09"), happened))
    assert get_duty(answer, "term_investigation")["state"] == "paused"
