"""Which office the words of a case file mean, and in which district."""

from typing import Any

import pytest
import yaml
from tests.unit.reckoning.stories import REPORT, build_story

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.case_shapes import Case

KZ = load_pack("kz")


def read(**changes: Any) -> Case:
    text = yaml.safe_dump(build_story(REPORT, **changes), sort_keys=False)
    return read_case(parse_document(text.encode()), pack=KZ)


def place(office: Any, **where: str) -> str:
    """Return the office of one official in a case at a place."""
    people = [
        {"id": "o1", "roles": ["official"], "office": office},
        {"id": "s", "roles": ["other"]},
    ]
    return str(read(parties=people, place={"region": "KZ-35"} | where).parties["o1"].office)


@pytest.mark.parametrize(
    ("office", "name"),
    [
        ("hospital", "hospital"),
        ("hospital@Aq", "hospital"),
        ("hospital@KZ-35", "hospital"),
        ("hospital@Other", "hospital@Other"),
        ({"kind": "hospital"}, "hospital"),
        ({"kind": "health"}, "hospital"),
        ({"kind": "police"}, "police_district"),
        ({"kind": "police", "region": "KZ-35"}, "police_region"),
        ({"kind": "police", "region": "KZ-35", "district": "Aq"}, "police_district"),
        ({"kind": "police", "region": "KZ-35", "district": "Other"}, "police_district@Other"),
        ({"kind": "police", "district": "KZ-35"}, "police_district"),
        ({"kind": "police", "region": "KZ-10"}, "police_region@KZ-10"),
        ({"kind": "police", "region": "KZ-10", "district": "Aq"}, "police_district@Aq (KZ-10)"),
        ({"kind": "police", "region": "KZ-10", "district": "Other"}, "police_district@Other"),
        ({"kind": "mvd", "region": "KZ-35"}, "mvd"),
        ({"kind": "anticorruption", "region": "KZ-35"}, "anticorruption"),
    ],
)
def test_an_office_is_named_by_its_id_its_branch_and_its_place(office: Any, name: str) -> None:
    assert place(office, district="Aq") == name


@pytest.mark.parametrize(
    ("office", "district"),
    [
        ("police_district@Nura", "Nura"),
        ({"kind": "police", "district": "Nura"}, "Nura"),
        ({"kind": "police_district", "district": "Nura", "region": "KZ-35"}, "Nura"),
        ({"kind": "police_district", "district": "Nura", "region": "KZ-10"}, None),
        ("police_district@KZ-10", None),
        ("police_region@Nura", None),
        ("police_district", None),
    ],
)
def test_the_one_district_that_the_offices_name_is_that_of_the_case(
    office: Any, district: str | None
) -> None:
    people = [
        {"id": "s", "roles": ["other"]},
        {"id": "o1", "roles": ["official"], "office": office},
    ]
    case = read(parties=people)
    assert case.district == district
    assert ("place.district_taken" in [code for code, _line in case.notes]) is (
        district is not None
    )


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("parties", {"id": "o2", "roles": ["official"], "office": "police_district@Nura"}),
        ("relations", {"from": "p1", "to": "police_district@Nura", "kind": "kin"}),
        ("proceedings", {"id": "main", "institution": "police_district@Nura"}),
        ("events", {**REPORT, "to": "police_district@Nura"}),
        ("events", {**REPORT, "by": "police_district@Nura"}),
    ],
)
def test_the_district_is_taken_from_every_place_where_an_office_stands(
    key: str, row: dict[str, Any]
) -> None:
    story = build_story(REPORT)
    story[key] = [*story.get(key, []), row]
    text = yaml.safe_dump(story, sort_keys=False)
    case = read_case(parse_document(text.encode()), pack=KZ)
    ((code, line),) = case.notes
    assert (case.district, code) == ("Nura", "place.district_taken")
    assert "Nura" in text.splitlines()[line - 1]


def test_of_several_districts_none_is_taken_and_each_office_is_warned_of() -> None:
    people = [
        {"id": "s", "roles": ["survivor"]},
        {"id": "o1", "roles": ["official"], "office": "police_district@Nura"},
        {"id": "o2", "roles": ["official"], "office": {"kind": "police", "district": "Qaraly"}},
        {"id": "o3", "roles": ["official"], "office": "hospital"},
    ]
    case = read(parties=people)
    assert case.district is None
    assert [code for code, _line in case.notes] == ["place.no_district"] * 2
    assert len({line for _code, line in case.notes}) == 2


def test_the_district_of_the_file_goes_before_those_of_its_offices() -> None:
    people = [
        {"id": "s", "roles": ["survivor"]},
        {"id": "o1", "roles": ["official"], "office": "police_district@Nura"},
    ]
    case = read(parties=people, place={"region": "KZ-35", "district": "Aq"})
    assert (case.district, case.notes) == ("Aq", ())
    assert str(case.parties["o1"].office) == "police_district@Nura"


def test_a_region_has_its_own_zone() -> None:
    assert str(read(place={"region": "KZ-27"}).zone) != str(read().zone)
    assert read(place={}).zone == read().zone
