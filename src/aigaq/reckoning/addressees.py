"""Which office a remedy goes to: who is competent for it, who is free, and what was filed before.

Source: ``spec/clocks.md``, *Proposals*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Institution, Pack, Remedy
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.conflicts import Caution, Reached
from aigaq.reckoning.duties import get_facts, get_remedy
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office
from aigaq.reckoning.resolving import Around, is_meant, list_superiors, resolve
from aigaq.reckoning.windows import OpenWindow

DECIDES = "decide_complaint"
INTERNATIONAL = 4


@dataclass(frozen=True)
class Ground:
    """All that a search for an addressee looks at."""

    case: Case
    pack: Pack
    reached: Mapping[Office, Reached]
    cautions: Mapping[Office, Caution]
    windows: Sequence[OpenWindow]
    _filed: dict[str, list[Event]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for event in self.case.events:
            if event.type == "complaint_submitted":
                self._filed.setdefault(event.get_field("remedy"), []).append(event)

    def list_filed(self, remedy: str) -> Sequence[Event]:
        """Return the complaints by one remedy."""
        return self._filed.get(remedy, ())


def fits(remedy: Remedy, one: Owed, *, ground: Ground) -> bool:
    """Tell whether a remedy challenges acts of who owes the duty, in a case like this."""
    if remedy.applies is not None:
        facts = get_facts(ground.case, event=one.event, pack=ground.pack)
        if not remedy.applies.holds(facts):
            return False
    if not remedy.against or one.actor is None:
        return True
    return is_against(remedy, one.actor, one=one, ground=ground)


def is_against(remedy: Remedy, office: Office, *, one: Owed, ground: Ground) -> bool:
    """Tell whether a remedy names the body whose act it challenges."""
    around = get_around(one, ground=ground)
    return any(
        is_meant(name, office=office, pack=ground.pack, around=around) for name in remedy.against
    )


def was_filed(remedy: Remedy, one: Owed, *, ground: Ground) -> bool:
    """Tell whether a complaint about this duty lies with a body that may decide it."""
    return any(
        is_about(event, one, case=ground.case)
        and is_rightly_sent(event, remedy, one=one, ground=ground)
        for event in ground.list_filed(remedy.id)
    )


def is_about(event: Event, one: Owed, *, case: Case) -> bool:
    """Tell whether a complaint is about a duty: by name, or as one that was late by then."""
    if event is one.event or event.at < one.starts_at:
        return False
    if not case.is_within(event, proceeding=one.proceeding):
        return False
    return one.id in event.about if event.about else event.at >= one.get_complained_from()


def list_ladder(one: Owed, *, pack: Pack) -> frozenset[str]:
    """Return the remedies that a duty asks for, and all that follow those."""
    found: set[str] = set()
    waiting = list(one.on_breach)
    while waiting:
        name = waiting.pop()
        remedy = get_remedy(name, event=one.event, pack=pack)
        if remedy is not None and name not in found:
            found.add(name)
            waiting += [*remedy.on_unanswered, *remedy.on_refused]
    return frozenset(found)


def is_rightly_sent(event: Event, remedy: Remedy, *, one: Owed, ground: Ground) -> bool:
    """Tell whether a complaint went to its addressee, or to another body that decides."""
    office = ground.case.get_office(event.to)
    if office is None:
        return True
    if is_competent(ground.pack.institutions[office.institution]) and office != one.actor:
        return True
    return office in resolve_all((*remedy.to, *remedy.instead), one, ground=ground)


def was_sent_astray(one: Owed, *, case: Case, pack: Pack) -> bool:
    """Tell whether a complaint lies with a body that the pack does not let decide it."""
    remedy = get_remedy(one.id, event=one.event, pack=pack) if one.is_complaint else None
    if (
        remedy is None
        or one.actor is None
        or is_competent(pack.institutions[one.actor.institution])
    ):
        return False
    around = Around(proceeding=case.proceedings[one.proceeding].office)
    names = (*remedy.to, *remedy.instead)
    return one.actor not in [resolve(name, pack=pack, around=around) for name in names]


def resolve_all(names: Sequence[str], one: Owed, *, ground: Ground) -> list[Office]:
    """Return the offices that names mean around a duty, each once."""
    around = get_around(one, ground=ground)
    found = (resolve(name, pack=ground.pack, around=around) for name in names)
    return list(dict.fromkeys(office for office in found if office is not None))


def get_around(one: Owed, *, ground: Ground) -> Around:
    """Return where resolvers begin for a duty."""
    proceeding = ground.case.proceedings[one.proceeding].office
    return Around(proceeding=proceeding, recipient=one.actor, actor=one.actor)


def is_free(office: Office, one: Owed, *, ground: Ground) -> bool:
    """Tell whether no conflict reaches an office, and it is not the one complained of."""
    return office not in ground.reached and office != one.actor


def is_competent(body: Institution) -> bool:
    """Tell whether a body of the country decides complaints."""
    return DECIDES in body.roles and body.level < INTERNATIONAL


def list_candidates(
    remedy: Remedy, one: Owed, *, lawful: list[Office], ground: Ground
) -> list[Office]:
    """Return addressees in order: lawful ones, the pack's others, then levels up that decide."""
    found = list(lawful)
    if not remedy.is_international:
        found += resolve_all(remedy.instead, one, ground=ground)
        for office in lawful:
            decides = is_competent(ground.pack.institutions[office.institution])
            found += [
                above
                for above in list_superiors(office, pack=ground.pack)
                if decides and is_competent(ground.pack.institutions[above.institution])
            ]
    return list(dict.fromkeys(found))


def list_others(remedy: Remedy, *, lawful: Sequence[Office], pack: Pack) -> list[Office]:
    """Return every body that decides complaints in a branch of the remedy, from its level up."""
    bodies = [pack.institutions[office.institution] for office in lawful]
    levels = {body.branch: min(one.level for one in bodies) for body in bodies}
    others = [
        body
        for body in pack.institutions.values()
        if is_competent(body) and body.branch in levels and body.level >= levels[body.branch]
    ]
    return [Office(body.id) for body in sorted(others, key=lambda body: body.level)]


def get_file_within(remedy: Remedy, one: Owed, *, ground: Ground) -> datetime | None:
    """Return until when a remedy must be filed, by the window that ends first."""
    windows = _list_windows(remedy, one, ground=ground)
    running = [one.due.strict for one in windows if one.get_state(ground.case.as_of) == "running"]
    return min(running, default=None)


def get_lapsed(remedy: Remedy, one: Owed, *, ground: Ground) -> datetime | None:
    """Return when the last window of a remedy closed, if none of them is open or was used."""
    windows = _list_windows(remedy, one, ground=ground)
    if any(one.get_state(ground.case.as_of) != "lapsed" for one in windows):
        return None
    return max((one.due.lenient for one in windows), default=None)


def _list_windows(remedy: Remedy, one: Owed, *, ground: Ground) -> list[OpenWindow]:
    """Return the windows of a remedy that concern a duty: another refusal opens none for it."""
    return [
        window
        for window in ground.windows
        if window.window.id == remedy.window
        and window.proceeding == one.proceeding
        and (
            not window.about or any(_concerns(other, one, ground=ground) for other in window.about)
        )
    ]


def _concerns(other: Owed, one: Owed, *, ground: Ground) -> bool:
    """Tell whether what was refused or not answered is this duty, or one is about the other."""
    if other.id == one.id and other.event is one.event:
        return True
    if one.is_complaint and is_about(one.event, other, case=ground.case):
        return True
    return other.is_complaint and is_about(other.event, one, case=ground.case)
