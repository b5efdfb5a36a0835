"""Every term that was reckoned by hand, `spec/vectors/clocks/terms.json`."""

import dataclasses
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from aigaq.jurisdictions.calendars import Override
from aigaq.jurisdictions.loading import load_pack
from aigaq.jurisdictions.terms import Immediate, Term, Unit
from aigaq.jurisdictions.zones import load_zone
from aigaq.reckoning.due_dates import Pause, Rules, reckon

FILE = Path(__file__).parents[2] / "spec" / "vectors" / "clocks" / "terms.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_bytes())
AS_OF = datetime.fromisoformat("2026-06-01T12:00:00+05:00")


def build_rules(vector: dict[str, Any]) -> Rules:
    pack = load_pack(vector["pack"])
    calendar = pack.calendar
    if "overrides" in vector:
        days = {
            key: frozenset(map(date.fromisoformat, vector["overrides"][key]))
            for key in ("add", "remove")
        }
        calendar = dataclasses.replace(
            calendar, overrides=(Override(2026, days["add"], days["remove"]),)
        )
    region = pack.regions.get(vector.get("region", ""))
    zone = load_zone((region and region.timezone) or pack.facts.timezone)
    return Rules(counting=pack.counting, calendar=calendar, zone=zone, as_of=AS_OF)


def read_term(value: dict[str, Any]) -> Term | Immediate:
    if "immediate" in value:
        return Immediate()
    return Term(value["n"], Unit(value["unit"]), value.get("counting") == "detention")


def read_pauses(vector: dict[str, Any]) -> list[Pause]:
    return [
        Pause(datetime.fromisoformat(begin), end and datetime.fromisoformat(end))
        for begin, end in vector.get("pauses", [])
    ]


def test_there_are_at_least_sixty_vectors_each_with_its_article() -> None:
    assert len(VECTORS) >= 60
    assert all(one["article"] for one in VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["name"])
def test_a_term_ends_where_a_person_reckoned(vector: dict[str, Any]) -> None:
    due = reckon(
        term=read_term(vector["term"]),
        start=datetime.fromisoformat(vector["start"]),
        rules=build_rules(vector),
        pauses=read_pauses(vector),
        article=vector["article"],
        starts_at_end=vector.get("starts_at_end", False),
    )
    assert [due.strict.isoformat(), due.lenient.isoformat()] == [
        vector["strict"],
        vector["lenient"],
    ]
    assert due.how
