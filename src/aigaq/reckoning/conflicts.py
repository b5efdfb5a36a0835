"""Which offices a conflict reaches, and by which chain of relations.

Shapes: a path is party ids from an alleged perpetrator on, and last the office; the shortest one
stands, ties by the order of the file. Source: ``spec/clocks.md``, *Conflicts*.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from aigaq.jurisdictions.pack_shapes import Pack, Routing
from aigaq.reckoning.case_shapes import PERPETRATORS, Case, Party
from aigaq.reckoning.places import Office
from aigaq.reckoning.resolving import list_superiors

#: Roles of a body to which someone could complain, or which handles the case.
ROLES_OF_A_CASE = frozenset({"accept_report", "investigate", "decide_complaint"})


@dataclass(frozen=True)
class Reached:
    """An office that a conflict reaches: ``why`` is ``relation`` or the type of an event."""

    office: Office
    path: tuple[str, ...]
    why: str = "relation"


@dataclass(frozen=True)
class Caution:
    """An office that comes after others: ``rule`` of the pack, if one says so."""

    office: Office
    path: tuple[str, ...]
    rule: Routing


def find_reached(case: Case) -> dict[Office, Reached]:
    """Return the offices that conflicts reach, in the order in which they were found."""
    people, offices = _build_ties(case)
    perpetrators = [one.id for one in case.parties.values() if one.roles & PERPETRATORS]
    paths: dict[str, tuple[str, ...]] = {name: (name,) for name in perpetrators}
    waiting = deque(perpetrators)
    reached: dict[Office, Reached] = {}
    while waiting:
        name = waiting.popleft()
        for office in offices.get(name, ()):
            if office not in reached:
                reached[office] = Reached(office, (*paths[name], str(office)))
        for other in people.get(name, ()):
            if other not in paths:
                paths[other] = (*paths[name], other)
                waiting.append(other)
    for event in case.events:
        if event.type == "complaint_sent_down" and event.to is not None:
            sent_to, party = _find_receiver(event.to, case=case)
            if sent_to is not None and sent_to not in reached:
                path = (*((party.id,) if party else ()), str(sent_to))
                reached[sent_to] = Reached(sent_to, path, event.type)
    return reached


def find_cautions(
    case: Case, *, pack: Pack, reached: Mapping[Office, Reached], in_case: frozenset[Office]
) -> list[Caution]:
    """Return offices that the pack tells to leave for last; none of them is reached itself."""
    rules = {
        rule.condition: rule
        for versions in pack.routing.values()
        for rule in versions
        if "caution" in rule.then and rule.ground.is_in_force(case.as_of.date())
    }
    cautions: dict[Office, Caution] = {}
    for one in reached.values():
        body = pack.institutions[one.office.institution]
        rule = rules.get("district_office_outside_case")
        if rule and body.scope == "district" and one.office not in in_case:
            for office in _list_district(one.office.district, pack=pack):
                if office not in reached:
                    cautions.setdefault(office, Caution(office, one.path, rule))
    rule = rules.get("subordinate_of_reached")
    if rule is not None:
        for office in _list_offices(reached, in_case, pack=pack):
            above = next((one for one in list_superiors(office, pack=pack) if one in reached), None)
            if above is not None and office not in reached:
                cautions.setdefault(office, Caution(office, reached[above].path, rule))
    return list(cautions.values())


def _find_receiver(to: str | Office, *, case: Case) -> tuple[Office | None, Party | None]:
    """Return the office to which a complaint came down, and the file's party who sits there."""
    if isinstance(to, str):
        party = case.parties.get(to)
        return (party.office, party) if party else (None, None)
    return to, next((one for one in case.parties.values() if one.office == to), None)


def _build_ties(case: Case) -> tuple[dict[str, list[str]], dict[str, list[Office]]]:
    people: dict[str, list[str]] = {}
    offices: dict[str, list[Office]] = {}
    for party in case.parties.values():
        if party.office is not None:
            offices.setdefault(party.id, []).append(party.office)
    for relation in case.relations:
        if isinstance(relation.end, Office):
            offices.setdefault(relation.start, []).append(relation.end)
        else:
            people.setdefault(relation.start, []).append(relation.end)
            people.setdefault(relation.end, []).append(relation.start)
    return people, offices


def _list_district(district: str | None, *, pack: Pack) -> list[Office]:
    return [
        Office(body.id, district)
        for body in pack.institutions.values()
        if body.scope == "district" and body.roles & ROLES_OF_A_CASE
    ]


def _list_offices(
    reached: Mapping[Office, Reached], in_case: frozenset[Office], *, pack: Pack
) -> list[Office]:
    """Return the case's own offices of every body, and those of other districts that appear."""
    districts = dict.fromkeys(
        [None, *(one.district for one in (*reached, *sorted(in_case, key=str)))]
    )
    return [
        Office(body.id, district)
        for district in districts
        for body in pack.institutions.values()
        if body.roles & ROLES_OF_A_CASE and (district is None or body.scope == "district")
    ]
