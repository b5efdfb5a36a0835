"""What a conflict or a threat asks for at once, and of whom."""

from typing import Any

import pytest
from tests.unit.reckoning.random_cases import build_institution
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import KIN, REPORT, build_story, event, get_proposals, judge

EARLY = "2026-05-04T09:30:00+05:00"
PEOPLE = build_story()["parties"]


def propose(*events: dict[str, Any], **changes: Any) -> list[tuple[str, str]]:
    return get_proposals(judge(build_story(*events, **changes)))


def list_remedies(*events: dict[str, Any], **changes: Any) -> list[str]:
    return [remedy for remedy, _to in propose(*events, **changes)]


def tie(person: str, kind: str, office: str) -> list[dict[str, str]]:
    return [{"from": person, "to": office, "kind": kind}]


# A perpetrator of the police.


@pytest.mark.parametrize(
    ("relations", "is_asked"),
    [
        (tie("p1", "works_at", "police_region"), True),
        (tie("p1", "works_at", "mvd"), True),
        (tie("p1", "works_at", "hospital"), False),
        (tie("p1", "represents", "police_region"), False),
        (tie("p1", "kin", "police_region"), False),
        (tie("s", "works_at", "police_region"), False),
        (tie("p1", "works_at", "s"), False),
    ],
)
def test_who_serves_in_the_police_is_not_investigated_by_it(
    relations: list[dict[str, str]], is_asked: bool
) -> None:
    # CPC 187(4).
    asked = list_remedies(REPORT, relations=relations, parties=PEOPLE[:2], as_of=EARLY)
    assert ("report_concealment" in asked) is is_asked


@pytest.mark.parametrize(
    ("role", "office", "is_asked"),
    [
        ("alleged_perpetrator", "police_district", True),
        ("suspect", "police_region", True),
        ("witness", "police_district", False),
        ("official", "police_district", False),
        ("suspect", "prosecutor_district", False),
    ],
)
def test_only_a_perpetrator_of_the_police_moves_the_case_from_it(
    role: str, office: str, is_asked: bool
) -> None:
    parties = [PEOPLE[0], {"id": "p1", "roles": [role], "office": office}]
    asked = list_remedies(REPORT, parties=parties, as_of=EARLY)
    assert ("report_concealment" in asked) is is_asked


def test_each_proceeding_is_moved() -> None:
    parties = [PEOPLE[0], {"id": "p1", "roles": ["suspect"], "office": "police_district"}]
    proceedings = [
        {"id": "a", "kind": "criminal", "institution": "police_district"},
        {"id": "b", "kind": "criminal", "institution": "police_region"},
    ]
    answer = judge(build_story(parties=parties, proceedings=proceedings))
    moved = {one["addressee"]["institution"] for one in answer["proposals"]
             if one["remedy"] == "report_concealment"}  # fmt: skip
    # Each goes to the prosecutor above the one of its own level.
    assert moved == {"prosecutor_region", "prosecutor_general"}


# A body that a conflict reaches leads the case.


@pytest.mark.parametrize(
    ("kind", "institution", "is_asked"),
    [
        ("criminal", "police_district", True),
        ("inquiry", "police_district", True),
        ("criminal", "police_region", False),
        ("complaint", "police_district", False),
        ("court", "police_district", False),
    ],
)
def test_a_recusal_is_asked_for_where_a_reached_body_leads_a_case(
    kind: str, institution: str, is_asked: bool
) -> None:
    # CPC 87(1)(5), (6).
    proceedings = [{"id": "main", "kind": kind, "institution": institution}]
    asked = list_remedies(relations=KIN, proceedings=proceedings)
    assert ("recusal_investigator" in asked) is is_asked


def test_a_case_that_no_conflict_reaches_asks_for_nothing() -> None:
    assert propose(REPORT, as_of=EARLY) == []


# Threats.


def threaten(day: int, **fields: Any) -> dict[str, Any]:
    return event("threat_reported", f"2026-05-{day:02}T12:00", **fields)


def test_a_threat_in_each_proceeding_asks_for_protection_in_each() -> None:
    proceedings = [
        {"id": "a", "kind": "criminal", "institution": "police_district"},
        {"id": "b", "kind": "criminal", "institution": "police_region"},
    ]
    threats = [threaten(8, proceeding=name) for name in ("a", "b")]
    as_of = "2026-05-08T12:30:00+05:00"
    proposed = propose(*threats, proceedings=proceedings, as_of=as_of)
    assert proposed[:2] == [
        ("protection_application", "police_district"),
        ("protection_application", "police_region"),
    ]


@pytest.mark.parametrize(
    ("remedy", "is_asked"), [("protection_application", False), ("complaint_prosecutor", True)]
)
def test_an_application_that_the_file_calls_a_complaint_is_one(remedy: str, is_asked: bool) -> None:
    filed = event("complaint_submitted", "2026-05-08T13:00", remedy=remedy, to="police_district")
    as_of = "2026-05-08T14:00:00+05:00"
    assert ("protection_application" in list_remedies(threaten(8), filed, as_of=as_of)) is is_asked


def test_an_application_that_lies_undecided_covers_the_next_threat() -> None:
    for remedy, is_asked in (("protection_application", False), ("complaint_prosecutor", True)):
        filed = event(
            "complaint_submitted", "2026-05-08T10:00", remedy=remedy, to="police_district"
        )
        asked = list_remedies(filed, threaten(8), as_of="2026-05-08T14:00:00+05:00")
        assert ("protection_application" in asked) is is_asked


@pytest.mark.parametrize("name", ["complaint_answered", "refused"])
@pytest.mark.parametrize(("at", "is_asked"), [("08T11:00", True), ("08T13:00", False)])
def test_the_answer_to_an_application_that_the_file_calls_a_complaint_decides_on_it(
    name: str, at: str, is_asked: bool
) -> None:
    remedy = "protection_application"
    filed = event("complaint_submitted", "2026-05-08T10:00", remedy=remedy, to="police_district")
    decided = event(name, f"2026-05-{at}", remedy=remedy)
    asked = list_remedies(filed, decided, threaten(8), as_of="2026-05-08T14:00:00+05:00")
    assert (remedy in asked) is is_asked


@pytest.mark.parametrize("name", ["complaint_answered", "refused", "complaint_sent_down"])
def test_what_answers_another_remedy_is_no_application_for_protection(name: str) -> None:
    filed = event("complaint_submitted", "2026-05-08T09:00", remedy="complaint_prosecutor",
                  to="prosecutor_district")  # fmt: skip
    other = event(name, "2026-05-08T10:00", remedy="complaint_prosecutor", to="prosecutor_district")
    asked = list_remedies(filed, other, threaten(8), as_of="2026-05-08T14:00:00+05:00")
    assert "protection_application" in asked


@pytest.mark.parametrize("name", ["trial_scheduled", "verdict_pronounced", "suspect_detained"])
def test_what_is_no_threat_asks_for_no_protection(name: str) -> None:
    happened = event(name, "2026-05-08T12:00")
    asked = list_remedies(happened, as_of="2026-05-08T12:30:00+05:00")
    assert "protection_application" not in asked


@pytest.mark.parametrize(
    ("decided", "is_asked"), [("08T11:59", True), ("08T12:00", True), ("08T12:01", False)]
)
def test_a_decision_before_a_threat_does_not_protect_from_it(decided: str, is_asked: bool) -> None:
    # CPC 96(3): a new threat asks for a new application; one that lay open covers it.
    applied = event("safety_application_submitted", "2026-05-08T10:00")
    safe = event("safety_decided", f"2026-05-{decided}")
    asked = list_remedies(applied, safe, threaten(8), as_of="2026-05-08T14:00:00+05:00")
    assert ("protection_application" in asked) is is_asked


def test_an_application_after_the_first_threat_covers_no_second_one() -> None:
    applied = event("safety_application_submitted", "2026-05-08T13:00")
    decided = event("safety_decided", "2026-05-08T18:00")
    once = [threaten(8), applied, decided]
    as_of = "2026-05-10T12:30:00+05:00"
    assert "protection_application" not in list_remedies(*once, as_of=as_of)
    assert "protection_application" in list_remedies(*once, threaten(10), as_of=as_of)


# Rules of a law that was not in force yet.


def test_a_rule_holds_from_the_day_on_which_its_law_does() -> None:
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("top", branch="top", level=2, roles=["decide_complaint"]),
        ],
        "triggers": [trigger("told", "us")],
        "remedies": [rule("move", to=["top"])],
        "routing": [
            rule("away", effective={"from": "2026-05-05"}, then=["move"])
            | {"if": "perpetrator_is_police"}
        ],
    }
    law["routing"][0].pop("title")
    parties = [{"id": "p", "roles": ["suspect"], "office": "police"}]
    for day, proposed in ((4, []), (5, [("move", "top")])):
        as_of = f"2026-05-{day:02}T12:00:00+05:00"
        told = happen("told", "05-04T09:00")
        assert get_proposals(judge_by(law, told, parties=parties, as_of=as_of)) == proposed


@pytest.mark.parametrize(("basis", "is_asked"), [("law", True), ("reading", False)])
def test_only_what_the_law_itself_says_of_police_is_asked_for_before_anything_is_late(
    basis: str, is_asked: bool
) -> None:
    away = rule("away", then=["move"], basis=basis) | {"if": "perpetrator_is_police"}
    away.pop("title")
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("top", branch="top", level=2, roles=["decide_complaint"]),
        ],
        "triggers": [trigger("told", "us")],
        "remedies": [rule("move", to=["top"])],
        "routing": [away],
    }
    parties = [{"id": "p", "roles": ["suspect"], "office": "police"}]
    answer = judge_by(law, happen("told", "05-04T09:00"), parties=parties)
    assert get_proposals(answer) == ([("move", "top")] if is_asked else [])


def test_what_a_complaint_that_came_down_adds_is_added_to_what_is_late_and_not_before() -> None:
    away = rule("away", then=["move"]) | {"if": "sent_down"}
    away.pop("title")
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("top", branch="top", level=2, roles=["decide_complaint"]),
            build_institution("peak", branch="peak", level=2, roles=["decide_complaint"]),
        ],
        "triggers": [trigger("told", "us")],
        "duties": [
            rule("look", trigger=["told"], actor="police", term={"n": 9, "unit": "day"},
                 on_breach=["complain"])
        ],
        "remedies": [rule("move", to=["top"]), rule("complain", to=["peak"])],
        "routing": [away],
    }  # fmt: skip
    told = happen("told", "05-04T09:00")
    filed = happen(
        "complaint_submitted", "05-05T09:00", remedy="complain", to="peak", about=["look"]
    )
    down = happen("complaint_sent_down", "05-06T09:00", remedy="complain", to="police")
    answered = happen("complaint_answered", "05-06T09:00", remedy="complain", result="refused")
    late, early = "2026-06-01T12:00:00+05:00", "2026-05-07T12:00:00+05:00"
    for events, as_of, moved in (
        ([told], late, False),
        ([told, filed], late, False),
        ([told, filed, answered], late, False),
        ([told, filed, down], late, True),
        ([told, filed, down], early, True),
        ([told, down], early, False),
    ):
        proposed = [name for name, _to in get_proposals(judge_by(law, *events, as_of=as_of))]
        assert ("move" in proposed) is moved, (events, as_of)


def test_what_kinship_in_the_district_adds_waits_until_something_is_late() -> None:
    away = rule("away", then=["caution", "move"]) | {"if": "district_office_outside_case"}
    away.pop("title")
    law = {
        "institutions": [
            build_institution("police", branch="police", level=1, roles=["accept_report"]),
            build_institution("hall", branch="hall", level=1, roles=[]),
            build_institution("top", branch="top", level=2, roles=["decide_complaint"]),
        ],
        "triggers": [trigger("told", "us")],
        "duties": [
            rule("look", trigger=["told"], actor="police", term={"n": 9, "unit": "day"},
                 on_breach=["move"])
        ],
        "remedies": [rule("move", to=["top"])],
        "routing": [away],
    }  # fmt: skip
    people = {
        "parties": [{"id": "p", "roles": ["suspect"]}],
        "relations": [{"from": "p", "to": "hall", "kind": "kin"}],
    }
    told = happen("told", "05-04T09:00")
    early = judge_by(law, told, **people, as_of="2026-05-05T12:00:00+05:00")
    assert [one["institution"] for one in early["cautions"]] == ["police"]
    assert early["proposals"] == []
    assert get_proposals(judge_by(law, told, **people)) == [("move", "top")]


def test_a_threat_asks_for_protection_and_for_nothing_else() -> None:
    as_of = "2026-05-08T12:30:00+05:00"
    assert list_remedies(threaten(8), as_of=as_of) == ["protection_application"]


def test_where_the_rule_on_threats_stands_in_the_law_does_not_matter() -> None:
    rules = [
        rule("away", then=["move"]) | {"if": "sent_down"},
        rule("guard", then=["protect"]) | {"if": "threat_without_application"},
    ]
    for one in rules:
        one.pop("title")
    law = {
        "triggers": [trigger("threat_reported", "us")],
        "remedies": [rule("move", to=["police"]), rule("protect", to=["police"])],
    }
    threat = happen("threat_reported", "05-04T09:00")
    for routing in (rules, rules[::-1]):
        answer = judge_by(law | {"routing": routing}, threat)
        assert get_proposals(answer) == [("protect", "police")]
