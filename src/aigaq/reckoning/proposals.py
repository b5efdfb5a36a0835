"""Where to complain next: the first competent body that no conflict reaches.

Shapes: a `Proposal` is one remedy at one office, with every late duty that asks for it. Nothing
here decides that a lawful way does not exist: what is passed over stands in *excluded*, with its
path. Source: ``spec/clocks.md``, *Proposals*.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Remedy
from aigaq.reckoning.addressees import (
    Ground,
    fits,
    get_file_within,
    get_lapsed,
    is_against,
    is_competent,
    is_free,
    list_candidates,
    list_others,
    resolve_all,
    was_filed,
)
from aigaq.reckoning.conflicts import ROLES_OF_A_CASE
from aigaq.reckoning.duties import get_remedy
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office
from aigaq.reckoning.routing import build_standing, list_added, list_routed, list_threats


@dataclass
class Proposal:
    """One remedy at one office: why, until when, and instead of whom."""

    remedy: Remedy
    office: Office
    because: list[Owed] = field(default_factory=list)
    instead_of: list[Office] = field(default_factory=list)
    #: Lawful addressees that caution puts behind this one.
    before: list[Office] = field(default_factory=list)
    file_within: datetime | None = None
    #: When the window for it closed, where none is open.
    lapsed_at: datetime | None = None
    along_with: Remedy | None = None
    is_cautioned: bool = False


@dataclass
class Ladder:
    """What was found: proposals in order, lawful addressees, duties for which none was left."""

    proposals: list[Proposal] = field(default_factory=list)
    lawful: dict[Office, dict[str, Remedy]] = field(default_factory=dict)
    exhausted: list[Owed] = field(default_factory=list)
    offences: list[tuple[str, Owed]] = field(default_factory=list)


def propose(owed: Sequence[Owed], *, ground: Ground) -> Ladder:
    """Return proposals for every late duty, in the order of ``owed`` and of the pack."""
    ladder = Ladder()
    added = list_added(ground.case, pack=ground.pack, cautions=ground.cautions)
    routed = list_routed(
        ground.case, pack=ground.pack, cautions=ground.cautions, reached=ground.reached
    )
    threats = list_threats(ground.case, pack=ground.pack)
    _add_lawful(ladder, ground=ground)
    for one in (*threats, *owed, *routed):
        # What a conflict adds, it adds to the duty; a complaint about it climbs its own ladder.
        more = added if _is_of_the_case(one, ground=ground) and one not in threats else []
        names = list(dict.fromkeys((*_list_names(one, ground=ground), *more)))
        ladder.offences += [(name, one) for name in names if name in ground.pack.offences]
        found = [get_remedy(name, event=one.event, pack=ground.pack) for name in names]
        remedies = [
            remedy
            for remedy in found
            if remedy is not None
            and fits(remedy, one, ground=ground)
            and not _is_against_a_yes(remedy, one)
        ]
        # Each remedy is tried: a list, not a generator.
        served = [
            _propose_one(remedy, one, remedies=remedies, ladder=ladder, ground=ground)
            for remedy in remedies
        ]
        is_served = any(served) or _propose_any(remedies, one, ladder=ladder, ground=ground)
        # A duty for which the pack has no remedy, by ``no_remedy``, leaves no ladder to exhaust.
        # A complaint answered in vain leaves the duty, which has a ladder of its own.
        is_complaint = one.is_complaint and one.unheeded is None
        is_asking = one.rule is None and (is_complaint or (one.on_breach and not one.is_complaint))
        if not is_served and is_asking:
            ladder.exhausted.append(one)
    _propose_international(ladder, ground=ground)
    # Bodies that are never the first come last; those that caution lowers, before them.
    ladder.proposals.sort(key=lambda one: (one.remedy.is_never_first, one.is_cautioned))
    return ladder


def _is_against_a_yes(remedy: Remedy, one: Owed) -> bool:
    """Tell whether a last appeal would be against a ruling that granted what was asked."""
    return remedy.is_final and one.result == "granted"


def _is_of_the_case(one: Owed, *, ground: Ground) -> bool:
    """Tell whether moving the case helps: a body of the case owes it, and it is no answer."""
    if one.is_complaint and not one.was_sent_down:
        return False
    body = ground.pack.institutions[one.actor.institution] if one.actor else None
    return body is None or bool(body.roles & ROLES_OF_A_CASE)


def _add_lawful(ladder: Ladder, *, ground: Ground) -> None:
    """Name the lawful addressees that a conflict reaches, whether or not anything is late."""
    for proceeding in ground.case.proceedings.values():
        if proceeding.office is None or not ground.reached:
            continue
        one = build_standing(proceeding.id, office=proceeding.office, case=ground.case)
        for versions in ground.pack.remedies.values():
            remedy = get_remedy(versions[0].id, event=one.event, pack=ground.pack)
            if remedy is not None and not remedy.is_international:
                for office in resolve_all(remedy.to, one, ground=ground):
                    if office in ground.reached:
                        ladder.lawful.setdefault(office, {}).setdefault(remedy.id, remedy)


def _list_names(one: Owed, *, ground: Ground) -> Iterator[str]:
    """Yield the remedies and offences that a late duty asks for, in the pack's order."""
    if not one.is_complaint:
        yield from one.on_breach
        return
    remedy = get_remedy(one.id, event=one.event, pack=ground.pack)
    if remedy is None:
        return
    for name in remedy.on_refused if one.is_refused() else remedy.on_unanswered:
        yield name
        upper = get_remedy(name, event=one.event, pack=ground.pack)
        # Nobody is asked to judge their own silence: what follows that remedy is tried too.
        if upper is not None and resolve_all(upper.to, one, ground=ground) == [one.actor]:
            yield from upper.on_refused if one.is_refused() else upper.on_unanswered


def _propose_one(
    remedy: Remedy, one: Owed, *, remedies: Sequence[Remedy], ladder: Ladder, ground: Ground
) -> bool:
    """Add a remedy; tell whether the duty has it now, or had it before.

    A body that is never the first and decides no complaint does not serve alone.
    """
    if was_filed(remedy, one, ground=ground):
        return True
    lawful = resolve_all(remedy.to, one, ground=ground)
    for office in lawful:
        ladder.lawful.setdefault(office, {}).setdefault(remedy.id, remedy)
    candidates = list_candidates(remedy, one, lawful=lawful, ground=ground)
    free = [office for office in candidates if is_free(office, one, ground=ground)]
    passed = [office for office in lawful if office in ground.reached]
    if free and free[0] not in lawful and _has_own_remedy(free[0], one, remedies, ground=ground):
        # That body has a remedy of its own in the list.
        free = []
    chosen = _choose(free, lawful=lawful, ground=ground)
    lowered = [office for office in lawful if office in chosen[1:]]
    for office in chosen:
        _add(ladder, remedy=remedy, office=office, one=one, passed=passed, ground=ground)
        if office not in lawful and lowered:
            _find(ladder, remedy=remedy, office=office).before = lowered
    if passed:
        for along in remedy.along:
            _propose_along(along, remedy, one, ladder=ladder, ground=ground)
    return any(_serves(remedy, office, ground=ground) for office in chosen)


def _serves(remedy: Remedy, office: Office, *, ground: Ground) -> bool:
    body = ground.pack.institutions[office.institution]
    return is_competent(body) or not remedy.is_never_first


def _has_own_remedy(
    office: Office, one: Owed, remedies: Sequence[Remedy], *, ground: Ground
) -> bool:
    return any(
        other.answer is not None and office in resolve_all(other.to, one, ground=ground)
        for other in remedies
    )


def _choose(free: Sequence[Office], *, lawful: Sequence[Office], ground: Ground) -> list[Office]:
    """Return the first free office without caution, then the lawful ones that caution lowers."""
    best = next((office for office in free if office not in ground.cautions), None)
    lowered = [office for office in lawful if office in free and office in ground.cautions]
    chosen = [*([best] if best is not None else []), *lowered]
    return list(dict.fromkeys(chosen)) or list(free[:1])


def _propose_any(remedies: Sequence[Remedy], one: Owed, *, ladder: Ladder, ground: Ground) -> bool:
    """Where no remedy found its way, take any body that is free and competent for a remedy.

    First those that the duty asks for, then those of the pack that name who owes it.
    """
    if not remedies:
        return False
    for remedy in (*remedies, *_list_other_complaints(remedies, one, ground=ground)):
        lawful = resolve_all(remedy.to, one, ground=ground)
        offices = list_others(remedy, lawful=lawful, pack=ground.pack)
        free = [office for office in offices if is_free(office, one, ground=ground)]
        if not free or was_filed(remedy, one, ground=ground):
            continue
        free.sort(key=lambda office: office in ground.cautions)
        passed = [
            office
            for other in remedies
            for office in resolve_all(other.to, one, ground=ground)
            if office in ground.reached
        ]
        passed = list(dict.fromkeys(passed))
        _add(ladder, remedy=remedy, office=free[0], one=one, passed=passed, ground=ground)
        if _serves(remedy, free[0], ground=ground):
            return True
    return False


def _list_other_complaints(
    remedies: Sequence[Remedy], one: Owed, *, ground: Ground
) -> Iterator[Remedy]:
    known = {remedy.id for remedy in remedies}
    for name in ground.pack.remedies:
        remedy = get_remedy(name, event=one.event, pack=ground.pack)
        if remedy is None or name in known or one.actor is None:
            continue
        is_complaint = remedy.answer is not None and not remedy.is_international
        is_fitting = is_complaint and fits(remedy, one, ground=ground)
        if is_fitting and is_against(remedy, one.actor, one=one, ground=ground):
            yield remedy


def _propose_along(name: str, main: Remedy, one: Owed, *, ladder: Ladder, ground: Ground) -> None:
    remedy = get_remedy(name, event=one.event, pack=ground.pack)
    if remedy is None or was_filed(remedy, one, ground=ground):
        return
    lawful = resolve_all(remedy.to, one, ground=ground)
    candidates = list_candidates(remedy, one, lawful=lawful, ground=ground)
    free = [office for office in candidates if is_free(office, one, ground=ground)]
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
    file_within = get_file_within(remedy, one, ground=ground)
    lapsed_at = get_lapsed(remedy, one, ground=ground)
    for known in ladder.proposals:
        if known.remedy.id == remedy.id and known.office == office:
            if not any(other is one for other in known.because):
                known.because.append(one)
            known.instead_of += [other for other in passed if other not in known.instead_of]
            dates = [date for date in (known.file_within, file_within) if date is not None]
            known.file_within = min(dates, default=None)
            closed = [date for date in (known.lapsed_at, lapsed_at) if date is not None]
            known.lapsed_at = max(closed, default=None)
            return
    ladder.proposals.append(
        Proposal(
            remedy=remedy,
            office=office,
            because=[one],
            instead_of=passed,
            file_within=file_within,
            lapsed_at=lapsed_at,
            along_with=main,
            is_cautioned=office in ground.cautions,
        )
    )


def _find(ladder: Ladder, *, remedy: Remedy, office: Office) -> Proposal:
    return next(
        one for one in ladder.proposals if one.remedy.id == remedy.id and one.office == office
    )


def _propose_international(ladder: Ladder, *, ground: Ground) -> None:
    """Where nobody is left in the country, name the bodies beyond it."""
    for one in ladder.exhausted:
        for versions in ground.pack.remedies.values():
            for remedy in versions:
                if not remedy.is_international or was_filed(remedy, one, ground=ground):
                    continue
                lawful = resolve_all(remedy.to, one, ground=ground)
                if lawful and lawful[0] not in ground.reached:
                    _add(ladder, remedy=remedy, office=lawful[0], one=one, passed=[], ground=ground)
