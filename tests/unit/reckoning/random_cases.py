"""Random ladders of institutions and random relations, and a plain search to compare with.

The search here knows nothing of `aigaq.reckoning`: it colours a graph until nothing changes.
"""

import random
from dataclasses import dataclass
from typing import Any

from aigaq.jurisdictions.fields import Faults
from aigaq.jurisdictions.marked_yaml import Document
from aigaq.jurisdictions.pack_reading import read_pack
from aigaq.jurisdictions.pack_shapes import Pack
from aigaq.reckoning.case_files import read_case
from aigaq.reckoning.evaluation import Answer, evaluate

AS_OF = "2026-06-01T12:00:00+05:00"
REPORTED = "2026-05-04T09:00:00+05:00"
KINDS = ("kin", "superior", "works_at", "represents", "business")
BRANCHES = ("prosecution", "court", "anticorruption", "ombudsman")


def text(words: str) -> dict[str, str]:
    return {"kk": f"{words} кк", "ru": f"{words} ру", "en": words}


def ground(**more: Any) -> dict[str, Any]:
    return {"article": "A 1", "source": "s", "confidence": 0.9} | more


@dataclass(frozen=True)
class World:
    """A pack and a case as the values that their files would have."""

    pack: dict[str, Any]
    case: dict[str, Any]

    def evaluate(self) -> Answer:
        pack = build_pack(self.pack)
        case = read_case(Document(self.case, {}), pack=pack)
        return evaluate(case, pack=pack)


def build_pack(value: dict[str, Any]) -> Pack:
    document = Document(value, {})
    faults = Faults(document)
    pack = read_pack(document, faults=faults)
    assert faults.found == []
    return pack


def draw_world(draw: random.Random) -> World:
    """Return a random ladder of bodies beside the police, and relations among 1 to 9 people."""
    institutions = [build_institution("police", branch="police", level=1, roles=["accept_report"])]
    remedies = []
    for branch in draw.sample(BRANCHES, draw.randint(1, len(BRANCHES))):
        levels = sorted(draw.sample((1, 2, 3), draw.randint(1, 3)))
        names = [f"{branch}_{level}" for level in levels]
        for position, (name, level) in enumerate(zip(names, levels, strict=True)):
            institutions.append(
                build_institution(
                    name,
                    branch=branch,
                    level=level,
                    roles=["decide_complaint"] if draw.random() < 0.8 else [],
                    reports_to=names[position + 1] if position + 1 < len(names) else None,
                )
            )
        remedies.append(build_remedy(f"to_{branch}", names[0], never_first=draw.random() < 0.2))
    institutions.append(
        build_institution("un", branch="un", level=4, roles=[], scope="international")
    )
    remedies.append(build_remedy("to_un", "un", international=True))
    duty = {
        **ground(id="erdr", title=text("register"), text=text("register it")),
        **{"trigger": ["report_submitted"], "actor": "police", "term": {"n": 24, "unit": "hour"}},
        "on_breach": [one["id"] for one in remedies if not one.get("international")],
    }
    pack = {
        "format": "aigaq-pack/v1",
        "pack": {
            "id": "rnd",
            "version": "1",
            "status": "draft",
            "names": text("Random"),
            "languages": ["en"],
            "timezone": "Asia/Almaty",
            "law_as_of": "now",
        },
        "sources": {"s": {"title": "t", "read_at": "here"}},
        "calendar": {"weekend": ["saturday", "sunday"]},
        "institutions": institutions,
        "resolvers": [],
        "triggers": [ground(id="report_submitted", by="us", text=text("report"))],
        "duties": [duty],
        "remedies": remedies,
        "routing": draw_routing(draw),
    }
    return World(pack=pack, case=draw_case(draw, [one["id"] for one in institutions]))


def build_institution(
    name: str,
    *,
    branch: str,
    level: int,
    roles: list[str],
    reports_to: str | None = None,
    scope: str | None = None,
) -> dict[str, Any]:
    scopes = {1: "district", 2: "region", 3: "national", 4: "international"}
    return {
        "id": name,
        "branch": branch,
        "level": level,
        "scope": scope or scopes[level],
        "names": text(name),
        "reports_to": reports_to,
        "roles": roles,
        "source": "s",
        "confidence": 0.9,
    }


def build_remedy(name: str, to: str, **more: bool) -> dict[str, Any]:
    flags = {key: True for key, value in more.items() if value}
    return ground(id=name, title=text(name), text=text(f"{name} it"), to=[to]) | flags


def draw_routing(draw: random.Random) -> list[dict[str, Any]]:
    conditions = ("district_office_outside_case", "subordinate_of_reached")
    return [
        ground(id=f"rule_{number}", text=text("rule"), then=["caution"]) | {"if": condition}
        for number, condition in enumerate(conditions)
        if draw.random() < 0.5
    ]


def draw_case(draw: random.Random, institutions: list[str]) -> dict[str, Any]:
    people = [f"p{number}" for number in range(draw.randint(1, 9))]
    parties: list[dict[str, Any]] = []
    for number, name in enumerate(people):
        role = "alleged_perpetrator" if number == 0 or draw.random() < 0.2 else "other"
        party: dict[str, Any] = {"id": name, "roles": [role]}
        if draw.random() < 0.3:
            party["office"] = draw.choice(institutions)
        parties.append(party)
    relations = []
    for _ in range(draw.randint(0, 12)):
        start = draw.choice(people)
        end = draw.choice([*(one for one in people if one != start), *institutions])
        relations.append({"from": start, "to": end, "kind": draw.choice(KINDS)})
    return {
        "pack": "rnd",
        "as_of": AS_OF,
        "parties": parties,
        "relations": relations,
        "events": [{"type": "report_submitted", "at": REPORTED, "to": "police"}],
    }


def find_reached(case: dict[str, Any]) -> set[str]:
    """Colour everything that touches a perpetrator until nothing changes."""
    offices = {one["id"]: one["office"] for one in case["parties"] if "office" in one}
    people = {one["id"] for one in case["parties"]}
    coloured = {one["id"] for one in case["parties"] if one["roles"] == ["alleged_perpetrator"]}
    while True:
        before = len(coloured)
        for relation in case["relations"]:
            start, end = relation["from"], relation["to"]
            if start in coloured:
                coloured.add(end)
            if end in people and end in coloured:
                coloured.add(start)
        if len(coloured) == before:
            break
    return {offices[name] for name in coloured if name in offices} | (coloured - people)
