"""Where to complain next: the first competent body that no conflict reaches.

Shapes: a `Proposal` is one remedy at one office, with every late duty that asks for it. Nothing
here decides that a lawful way does not exist: what is passed over stands in *excluded*, with its
path. Source: ``spec/clocks.md``, *Proposals*.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Institution, Pack, Remedy, get_in_force
from aigaq.reckoning.case_shapes import PERPETRATORS, Case, Event
from aigaq.reckoning.conflicts import Caution, Reached
from aigaq.reckoning.duties import Owed, get_facts, get_remedy
from aigaq.reckoning.places import Office
from aigaq.reckoning.resolving import Around, is_meant, list_superiors, resolve
from aigaq.reckoning.windows import OpenWindow

DECIDES = "decide_complaint"
INTERNATIONAL = 4


@dataclass
class Proposal:
    """One remedy at one office: why, until when, and instead of whom."""

    remedy: Remedy
    office: Office
    because: list[Owed] = field(default_factory=list)
    instead_of: list[Office] = field(default_factory=list)
    file_within: datetime | None = None
    along_with: Remedy | None = None
    is_cautioned: bool = False


@dataclass
class Ladder:
    """What was found: proposals in order, lawful addressees, duties for which none was left."""

    proposals: list[Proposal] = field(default_factory=list)
    lawful: dict[Office, dict[str, Remedy]] = field(default_factory=dict)
    exhausted: list[Owed] = field(default_factory=list)
    offences: list[tuple[str, Owed]] = field(default_factory=list)


@dataclass(frozen=True)
class Ground:
    """All that a search for an addressee looks at."""

    case: Case
    pack: Pack
    reached: Mapping[Office, Reached]
    cautions: Mapping[Office, Caution]
    windows: Sequence[OpenWindow]


def propose(owed: Sequence[Owed], *, ground: Ground) -> Ladder:
    """Return proposals for every late duty, in the order of ``owed`` and of the pack."""
    ladder = Ladder()
    routed = _list_routed(ground)
    for one in owed:
        is_served = False
        remedies = []
        for name in dict.fromkeys((*_list_names(one, ground=ground), *routed)):
            if name in ground.pack.offences:
                ladder.offences.append((name, one))
                continue
            remedy = get_remedy(name, event=one.event, pack=ground.pack)
            if remedy is not None and _fits(remedy, one, ground=ground):
                remedies.append(remedy)
                is_served |= _propose_one(remedy, one, ladder=ladder, ground=ground)
        is_served = is_served or _propose_any(remedies, one, ladder=ladder, ground=ground)
        # A duty for which the pack has no remedy, by ``no_remedy``, leaves no ladder to exhaust.
        if not is_served and (one.on_breach or one.is_complaint):
            ladder.exhausted.append(one)
    _propose_international(ladder, ground=ground)
    # Bodies that are never the first come last; those that caution lowers, before them.
    ladder.proposals.sort(key=lambda one: (one.remedy.is_never_first, one.is_cautioned))
    return ladder


def _list_routed(ground: Ground) -> list[str]:
    """Return the remedies that the pack adds where a conflict or a fact changes the way."""
    case, pack = ground.case, ground.pack
    police = {body.id for body in pack.institutions.values() if body.branch == "police"}
    cautioned = {one.rule.condition for one in ground.cautions.values()}
    holding = cautioned | {
        condition
        for condition, holds in (
            ("sent_down", any(one.type == "complaint_sent_down" for one in case.events)),
            (
                "perpetrator_is_police",
                any(
                    party.roles & PERPETRATORS
                    and party.office is not None
                    and party.office.institution in police
                    for party in case.parties.values()
                ),
            ),
        )
        if holds
    }
    on = case.as_of.date()
    rules = (get_in_force(versions, on=on) for versions in pack.routing.values())
    return [
        name
        for rule in rules
        if rule is not None and rule.condition in holding
        for name in rule.then
        if name in pack.remedies
    ]


def _list_names(one: Owed, *, ground: Ground) -> Iterator[str]:
    """Yield the remedies and offences that a late duty asks for, in the pack's order."""
    if not one.is_complaint:
        yield from one.on_breach
        return
    remedy = get_remedy(one.id, event=one.event, pack=ground.pack)
    if remedy is not None:
        yield from remedy.on_refused if one.is_refused() else remedy.on_unanswered


def _propose_one(remedy: Remedy, one: Owed, *, ladder: Ladder, ground: Ground) -> bool:
    """Add a remedy; tell whether the duty has it now, or had it before."""
    if _was_filed(remedy, one, case=ground.case):
        return True
    lawful = _resolve_all(remedy.to, one, ground=ground)
    for office in lawful:
        ladder.lawful.setdefault(office, {}).setdefault(remedy.id, remedy)
    candidates = _list_candidates(remedy, one, lawful=lawful, ground=ground)
    free = [office for office in candidates if _is_free(office, one, ground=ground)]
    best = next((office for office in free if office not in ground.cautions), None)
    passed = [office for office in lawful if office in ground.reached]
    # A lawful addressee that caution lowers is proposed all the same, after the others.
    chosen = dict.fromkeys(
        office
        for office in (best, *(office for office in lawful if office in free))
        if office is not None and (office == best or office in ground.cautions)
    )
    if not chosen and free:
        chosen = {free[0]: None}
    for office in chosen:
        _add(ladder, remedy=remedy, office=office, one=one, passed=passed, ground=ground)
    if passed:
        for along in remedy.along:
            _propose_along(along, remedy, one, ladder=ladder, ground=ground)
    return bool(chosen)


def _propose_any(remedies: Sequence[Remedy], one: Owed, *, ladder: Ladder, ground: Ground) -> bool:
    """Where no remedy found its way, take any competent body that is free, by its own remedy."""
    if not remedies:
        return False
    bodies = [body for body in ground.pack.institutions.values() if _is_competent(body)]
    bodies.sort(key=lambda body: body.level)
    offices = [Office(body.id) for body in bodies]
    free = [office for office in offices if _is_free(office, one, ground=ground)]
    free.sort(key=lambda office: office in ground.cautions)
    if not free:
        return False
    branch = ground.pack.institutions[free[0].institution].branch
    fitting = [
        remedy
        for versions in ground.pack.remedies.values()
        for remedy in versions
        if branch in _list_branches(remedy, pack=ground.pack) and _fits(remedy, one, ground=ground)
    ]
    remedy = next((one for one in remedies if one in fitting), (*fitting, *remedies)[0])
    passed = [
        office
        for other in remedies
        for office in _resolve_all(other.to, one, ground=ground)
        if office in ground.reached
    ]
    passed = list(dict.fromkeys(passed))
    _add(ladder, remedy=remedy, office=free[0], one=one, passed=passed, ground=ground)
    return True


def _list_branches(remedy: Remedy, *, pack: Pack) -> set[str | None]:
    """Return the branches to which a remedy goes."""
    return {
        pack.institutions[name].branch if name in pack.institutions else pack.resolvers[name].branch
        for name in remedy.to
    }


def _propose_along(name: str, main: Remedy, one: Owed, *, ladder: Ladder, ground: Ground) -> None:
    remedy = get_remedy(name, event=one.event, pack=ground.pack)
    if remedy is None or _was_filed(remedy, one, case=ground.case):
        return
    lawful = _resolve_all(remedy.to, one, ground=ground)
    candidates = _list_candidates(remedy, one, lawful=lawful, ground=ground)
    free = [office for office in candidates if _is_free(office, one, ground=ground)]
    free.sort(key=lambda office: office in ground.cautions)
    if free:
        _add(ladder, remedy=remedy, office=free[0], one=one, passed=[], ground=ground, main=main)


def _add(
    ladder: Ladder,
    *,
    remedy: Remedy,
    office: Office,
    one: Owed,
    passed: list[Office],
    ground: Ground,
    main: Remedy | None = None,
) -> None:
    for known in ladder.proposals:
        if known.remedy.id == remedy.id and known.office == office:
            known.because += [one] if one not in known.because else []
            known.instead_of += [other for other in passed if other not in known.instead_of]
            return
    ladder.proposals.append(
        Proposal(
            remedy=remedy,
            office=office,
            because=[one],
            instead_of=passed,
            file_within=_get_file_within(remedy, one, ground=ground),
            along_with=main,
            is_cautioned=office in ground.cautions,
        )
    )


def _get_file_within(remedy: Remedy, one: Owed, *, ground: Ground) -> datetime | None:
    running = [
        window.due.strict
        for window in ground.windows
        if window.window.id == remedy.window
        and window.proceeding == one.proceeding
        and window.get_state(ground.case.as_of) == "running"
    ]
    return min(running, default=None)


def _fits(remedy: Remedy, one: Owed, *, ground: Ground) -> bool:
    facts = get_facts(ground.case, event=one.event, pack=ground.pack)
    if remedy.applies is not None and not remedy.applies.holds(facts):
        return False
    if not remedy.against or one.actor is None:
        return True
    around = _get_around(one, ground=ground)
    return any(
        is_meant(name, office=one.actor, pack=ground.pack, around=around) for name in remedy.against
    )


def _was_filed(remedy: Remedy, one: Owed, *, case: Case) -> bool:
    return any(
        event.type == "complaint_submitted"
        and event.get_field("remedy") == remedy.id
        and event.proceeding == one.proceeding
        and (one.id in event.about if event.about else _is_after(event, one))
        for event in case.events
    )


def _is_after(event: Event, one: Owed) -> bool:
    return event.at >= one.starts_at and event is not one.event


def _resolve_all(names: Sequence[str], one: Owed, *, ground: Ground) -> list[Office]:
    around = _get_around(one, ground=ground)
    found = (resolve(name, pack=ground.pack, around=around) for name in names)
    return list(dict.fromkeys(office for office in found if office is not None))


def _get_around(one: Owed, *, ground: Ground) -> Around:
    proceeding = ground.case.proceedings[one.proceeding].office
    return Around(proceeding=proceeding, recipient=one.actor, actor=one.actor)


def _is_free(office: Office, one: Owed, *, ground: Ground) -> bool:
    """Tell whether no conflict reaches an office, and it is not the one complained of."""
    return office not in ground.reached and office != one.actor


def _is_competent(body: Institution) -> bool:
    return DECIDES in body.roles and body.level < INTERNATIONAL


def _list_candidates(
    remedy: Remedy, one: Owed, *, lawful: list[Office], ground: Ground
) -> list[Office]:
    """Return addressees in order: lawful ones, the pack's others, then levels up that decide."""
    found = list(lawful)
    if not remedy.is_international:
        found += _resolve_all(remedy.instead, one, ground=ground)
        for office in lawful:
            decides = _is_competent(ground.pack.institutions[office.institution])
            found += [
                above
                for above in list_superiors(office, pack=ground.pack)
                if decides and _is_competent(ground.pack.institutions[above.institution])
            ]
    return list(dict.fromkeys(found))


def _propose_international(ladder: Ladder, *, ground: Ground) -> None:
    """Where nobody is left in the country, name the bodies beyond it."""
    for one in ladder.exhausted:
        for versions in ground.pack.remedies.values():
            for remedy in versions:
                if not remedy.is_international or _was_filed(remedy, one, case=ground.case):
                    continue
                lawful = _resolve_all(remedy.to, one, ground=ground)
                if lawful and lawful[0] not in ground.reached:
                    _add(ladder, remedy=remedy, office=lawful[0], one=one, passed=[], ground=ground)
