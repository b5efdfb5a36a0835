"""What rules of the pack add because of a conflict or a fact that changes the way.

Shapes: a reason that no event began is an `Owed` too, so that one search finds the office for all
of them. Source: ``spec/clocks.md``, *Proposals*.
"""

from collections.abc import Container, Mapping
from dataclasses import replace

from aigaq.jurisdictions.pack_shapes import Ground as RuleGround
from aigaq.jurisdictions.pack_shapes import Pack, Routing, get_in_force
from aigaq.reckoning.case_shapes import KINDS_OF_COMPLAINTS, PERPETRATORS, Case, Event
from aigaq.reckoning.conflicts import Caution
from aigaq.reckoning.duties import iterate_events
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office

POLICE = "police"
LAW = "law"
#: The body that leads a proceeding is reached by a conflict.
LEADING = "leading_body_reached"
#: A threat was logged or reported, and nobody has applied for protection since.
THREATENED = "threat_without_application"
THREAT = "threat_reported"
APPLICATION = "safety_application_submitted"
DECISION = "safety_decided"
#: What decides on an application that the file calls a complaint.
ANSWERS = ("complaint_answered", "refused")
#: No rule of a pack: only the place from which offices are found.
NOWHERE = RuleGround(article=None, sources=(), confidence=1.0)


def build_standing(
    proceeding: str, *, office: Office | None, case: Case, rule: Routing | None = None
) -> Owed:
    """Return a reason that no event began: what stands in a proceeding at the moment of asking."""
    event = Event(type="", at=case.as_of, proceeding=proceeding)
    return Owed(
        id=rule.id if rule else "",
        title=rule.text if rule else {},
        proceeding=proceeding,
        actor=office,
        event=event,
        starts_at=min((one.at for one in case.events), default=case.as_of),
        due=None,
        ground=rule.ground if rule else NOWHERE,
        on_breach=rule.then if rule else (),
        rule=rule,
    )


def list_added(case: Case, *, pack: Pack, cautions: Mapping[Office, Caution]) -> list[str]:
    """Return the remedies that rules add to every late duty of the case."""
    added = [
        name for rule in _list_holding(case, pack=pack, cautions=cautions) for name in rule.then
    ]
    return [name for name in dict.fromkeys(added) if name in pack.remedies]


def list_routed(
    case: Case, *, pack: Pack, cautions: Mapping[Office, Caution], reached: Container[Office]
) -> list[Owed]:
    """Return what the law asks for at once, before anything is late.

    Police do not judge police; and a body that a conflict reaches should not lead the case.
    """
    routed = [
        build_standing(one.id, office=one.office, case=case, rule=rule)
        for rule in _list_holding(case, pack=pack, cautions=cautions)
        if rule.condition == "perpetrator_is_police" and rule.ground.basis == LAW
        for one in case.proceedings.values()
    ]
    for rule in _list_in_force(case, pack=pack):
        if rule.condition == LEADING:
            routed += [
                build_standing(one.id, office=one.office, case=case, rule=rule)
                for one in case.proceedings.values()
                if one.office in reached and one.kind not in KINDS_OF_COMPLAINTS
            ]
    return routed


def list_threats(case: Case, *, pack: Pack) -> list[Owed]:
    """Return what our side should ask for because of a threat; the last one of each proceeding."""
    found = []
    for rule in _list_in_force(case, pack=pack):
        if rule.condition != THREATENED:
            continue
        threats = {
            one.proceeding: one for one in iterate_events(case, pack=pack) if one.type == THREAT
        }
        for event in threats.values():
            if not _was_applied(rule, event, case=case):
                # Nobody is complained of: who leads the case decides on protection.
                office = case.proceedings[event.proceeding].office
                one = build_standing(event.proceeding, office=office, case=case, rule=rule)
                found.append(replace(one, actor=None, event=event, starts_at=event.at))
    return found


def _was_applied(rule: Routing, threat: Event, *, case: Case) -> bool:
    """Tell whether an application or a decision came after a threat, or one lay undecided then."""
    is_open = False
    for one in case.events:
        is_about_it = one.get_field("remedy") in rule.then
        if one.type == APPLICATION or (one.type == "complaint_submitted" and is_about_it):
            is_open = True
        elif one.type == DECISION or (one.type in ANSWERS and is_about_it):
            if one.at > threat.at:
                return True
            is_open = False
    return is_open


def _list_holding(case: Case, *, pack: Pack, cautions: Mapping[Office, Caution]) -> list[Routing]:
    holding = {one.rule.condition for one in cautions.values()}
    if any(one.type == "complaint_sent_down" for one in case.events):
        holding.add("sent_down")
    if _has_officer(case, pack=pack):
        holding.add("perpetrator_is_police")
    return [rule for rule in _list_in_force(case, pack=pack) if rule.condition in holding]


def _list_in_force(case: Case, *, pack: Pack) -> list[Routing]:
    rules = (get_in_force(versions, on=case.as_of.date()) for versions in pack.routing.values())
    return [rule for rule in rules if rule is not None]


def _has_officer(case: Case, *, pack: Pack) -> bool:
    """Tell whether an alleged perpetrator serves in the police."""
    serving = [
        one.office for one in case.parties.values() if one.roles & PERPETRATORS and one.office
    ]
    serving += [
        one.end
        for one in case.relations
        if one.kind == "works_at"
        and isinstance(one.end, Office)
        and case.parties[one.start].roles & PERPETRATORS
    ]
    return any(pack.institutions[office.institution].branch == POLICE for office in serving)
