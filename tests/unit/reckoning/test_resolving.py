"""Which office a role means, and in which district."""

import pytest
from tests.unit.reckoning.stories import REPORT, build_story, get_proposals, judge

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning.places import Office
from aigaq.reckoning.resolving import Around, is_meant, list_superiors, resolve

KZ = load_pack("kz")


@pytest.mark.parametrize(
    ("name", "leading", "found"),
    [
        ("hospital", "police_district", "hospital"),
        ("hospital", "police_district@Nura", "hospital@Nura"),
        ("mvd", "police_district@Nura", "mvd"),
        ("investigator", "police_district@Nura", "police_district@Nura"),
        ("investigator", "police_region", "police_region"),
        ("prosecutor_same_level", "police_district@Nura", "prosecutor_district@Nura"),
        ("prosecutor_same_level", "police_region", "prosecutor_region"),
        ("prosecutor_same_level", "mvd", "prosecutor_general"),
        ("prosecutor_next_level", "police_district@Nura", "prosecutor_region"),
        ("prosecutor_next_level", "police_region", "prosecutor_general"),
        ("prosecutor_next_level", "prosecutor_district@Nura", "prosecutor_region"),
        ("prosecutor_next_level", "prosecutor_general", None),
        ("investigating_judge", "mvd", "judge_investigating"),
        ("hospital", None, "hospital"),
        ("mvd", "police_region@KZ-10", "mvd"),
        ("investigator", "court_supreme", "court_supreme"),
        ("prosecutor_same_level", "crisis_centre", "prosecutor_district"),
        ("prosecutor_next_level", "crisis_centre", "prosecutor_region"),
        ("nobody", "police_district", None),
        ("investigator", None, None),
    ],
)
def test_a_role_means_a_body_from_where_the_case_is_led(
    name: str, leading: str | None, found: str | None
) -> None:
    office = None if leading is None else Office(*leading.split("@"))
    meant = resolve(name, pack=KZ, around=Around(proceeding=office))
    assert (None if meant is None else str(meant)) == found


def test_the_one_complained_of_decides_who_stands_above_and_not_who_leads() -> None:
    # CPC 105(1).
    leading, actor = Office("police_district"), Office("prosecutor_region")
    around = Around(proceeding=leading, actor=actor)
    assert resolve("prosecutor_above_actor", pack=KZ, around=around) == Office("prosecutor_general")


def test_who_was_addressed_goes_before_who_leads() -> None:
    leading, addressed = Office("police_district"), Office("police_region")
    around = Around(proceeding=leading, recipient=addressed)
    assert resolve("accepting_body", pack=KZ, around=around) == addressed
    assert resolve("accepting_body", pack=KZ, around=Around(proceeding=leading)) == leading


@pytest.mark.parametrize(
    ("name", "office", "is_it"),
    [
        ("police", "police_region", True),
        ("police_region", "police_region", True),
        ("police_region", "police_district", False),
        ("investigator", "police_district", True),
        ("investigator", "police_region", False),
        ("prosecutor_same_level", "prosecutor_general", True),
        ("prosecutor_same_level", "police_district", False),
        ("prosecutor_same_level", "crisis_centre", False),
        ("nobody", "police_district", False),
    ],
)
def test_a_word_means_a_body_its_branch_or_a_role(name: str, office: str, is_it: bool) -> None:
    around = Around(proceeding=Office("police_district"))
    assert is_meant(name, office=Office(office), pack=KZ, around=around) is is_it


def test_the_offices_above_are_named_from_the_nearest_on() -> None:
    above = list_superiors(Office("prosecutor_district", "Nura"), pack=KZ)
    assert [str(one) for one in above] == ["prosecutor_region", "prosecutor_general"]
    assert list_superiors(Office("prosecutor_general"), pack=KZ) == []


def test_a_case_of_another_district_leads_to_the_offices_of_that_district() -> None:
    place = {"region": "KZ-35", "district": "Aq"}
    led = [{"id": "main", "institution": "police_district@Nura"}]
    report = {**REPORT, "to": "police_district@Nura"}
    proposed = get_proposals(judge(build_story(report, place=place, proceedings=led)))
    assert proposed[0] == ("complaint_prosecutor", "prosecutor_district@Nura")
