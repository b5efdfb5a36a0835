"""The whole answer to a case file: a pure function of case and pack.

Source: ``spec/clocks.md``, *Answer*; its JSON is in `answer_json`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Pack, Text, get_in_force
from aigaq.jurisdictions.terms import Immediate
from aigaq.reckoning import reasons
from aigaq.reckoning.addressees import Ground, is_about, list_ladder, was_sent_astray
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.conflicts import Caution, Reached, find_cautions, find_reached
from aigaq.reckoning.due_dates import reckon
from aigaq.reckoning.duties import (
    find_told,
    get_rules,
    iterate_events,
    list_duties,
)
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.proposals import Ladder, propose
from aigaq.reckoning.settling import list_idle, list_idle_pauses, list_pause_reasons
from aigaq.reckoning.windows import OpenWindow, list_windows

#: A severity or mode that no offence of the file decides is worth a word.
NO_OFFENCE = "case.no_offence"


@dataclass(frozen=True)
class Breach:
    """A duty that is or was late."""

    owed: Owed
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class PressureOffence:
    """What pressure on someone is in law."""

    id: str
    event: Event | None
    owed: Owed | None


@dataclass(frozen=True)
class Answer:
    """What `aigaq clocks` says of one case."""

    case: Case
    pack: Pack
    duties: tuple[Owed, ...]
    breaches: tuple[Breach, ...]
    windows: tuple[OpenWindow, ...]
    ladder: Ladder
    reached: tuple[Reached, ...]
    cautions: tuple[Caution, ...]
    offences: tuple[PressureOffence, ...]
    warnings: tuple[tuple[str, Text], ...]


def evaluate(case: Case, *, pack: Pack) -> Answer:
    """Return the answer to ``case`` under ``pack``."""
    duties = list_duties(case, pack=pack)
    windows = list_windows(case, pack=pack, owed=duties)
    breaches = _list_breaches(duties, as_of=case.as_of)
    reached = find_reached(case)
    in_case = frozenset(
        office
        for office in (
            *(one.office for one in case.proceedings.values()),
            *(one.actor for one in duties),
        )
        if office is not None
    )
    cautions = find_cautions(case, pack=pack, reached=reached, in_case=in_case)
    ladder = propose(
        _list_unsettled(duties, breaches=breaches, case=case, pack=pack),
        ground=Ground(
            case=case,
            pack=pack,
            reached=reached,
            cautions={one.office: one for one in cautions},
            windows=windows,
        ),
    )
    return Answer(
        case=case,
        pack=pack,
        duties=tuple(duties),
        breaches=tuple(breaches),
        windows=tuple(windows),
        ladder=ladder,
        reached=tuple(reached.values()),
        cautions=tuple(cautions),
        offences=_list_offences(case, pack=pack, ladder=ladder),
        warnings=_list_warnings(case, pack=pack, ladder=ladder, duties=duties, windows=windows),
    )


def get_lawful_window(answer: Answer, one: Reached) -> datetime | None:
    """Return until when what lawfully goes to a reached body can be filed, where time runs."""
    lawful = answer.ladder.lawful.get(one.office, {})
    running = [
        window.due.strict
        for window in answer.windows
        if window.window.remedy in lawful and window.get_state(answer.case.as_of) == "running"
    ]
    return min(running, default=None)


def list_lawful_along(answer: Answer, one: Reached) -> list[str]:
    """Return the remedies to file along with what lawfully goes to a reached body."""
    lawful = answer.ladder.lawful.get(one.office, {})
    return list(dict.fromkeys(name for remedy in lawful.values() for name in remedy.along))


def _list_breaches(duties: Sequence[Owed], *, as_of: datetime) -> list[Breach]:
    breaches = []
    for one in duties:
        late = one.get_breach(as_of)
        if late is not None:
            breaches.append(Breach(one, *late))
    breaches.sort(key=lambda one: (one.since, one.owed.id, one.owed.proceeding))
    return breaches


def _list_unsettled(
    duties: Sequence[Owed], *, breaches: Sequence[Breach], case: Case, pack: Pack
) -> list[Owed]:
    """Return what calls for a next step: late duties, then complaints that were refused."""
    # Who got a complaint that is not theirs to decide owes no answer that one could appeal.
    late = [
        one.owed
        for one in breaches
        if one.until is None and not was_sent_astray(one.owed, case=case, pack=pack)
    ]
    refused = [one for one in duties if one.result == "refused"]
    return late + refused + _list_unheeded(late, duties=duties, case=case, pack=pack)


def _list_unheeded(
    late: Sequence[Owed], *, duties: Sequence[Owed], case: Case, pack: Pack
) -> list[Owed]:
    """Return complaints that were answered, not refused, while their duty is still not met."""
    found = []
    for one in duties:
        if not one.is_complaint or one.met_at is None or one.result == "refused":
            continue
        rules = get_rules(case, event=one.event, pack=pack)
        if reckon(term=Immediate(), start=one.met_at, rules=rules).lenient > case.as_of:
            continue
        duty = next(
            (
                duty
                for duty in late
                if is_about(one.event, duty, case=case) and one.id in list_ladder(duty, pack=pack)
            ),
            None,
        )
        if duty is not None:
            found.append(replace(one, unheeded=duty.title))
    return found


def _list_offences(case: Case, *, pack: Pack, ladder: Ladder) -> tuple[PressureOffence, ...]:
    found = []
    for event in case.events:
        if event.type == "pressure":
            rule = get_in_force(pack.pressure.get(event.get_field("kind"), ()), on=event.at.date())
            if rule is not None:
                found.append(PressureOffence(rule.offence, event, None))
    found += [PressureOffence(name, None, owed) for name, owed in ladder.offences]
    return tuple(found)


def _list_warnings(
    case: Case,
    *,
    pack: Pack,
    ladder: Ladder,
    duties: Sequence[Owed],
    windows: Sequence[OpenWindow],
) -> tuple[tuple[str, Text], ...]:
    warnings: list[tuple[str, Text]] = []
    if pack.facts.review is None:
        warnings.append(("pack.unreviewed", reasons.PACK_UNREVIEWED))
    if not case.offences:
        warnings.append((NO_OFFENCE, reasons.NO_OFFENCE))
    for code, line in case.notes:
        warnings.append((code, reasons.build_note(code, line=line)))
    unsure = [one.title for one in duties if one.due and one.due.is_unsure]
    unsure += [one.window.title for one in windows if one.due.is_unsure]
    if unsure:
        warnings.append(("calendar.estimated", reasons.build_unsure(unsure)))
    if ladder.exhausted:
        titles = [one.title for one in ladder.exhausted]
        has_more = any(one.remedy.is_international for one in ladder.proposals)
        text = reasons.build_exhausted(titles, has_more=has_more)
        warnings.append(("ladder.exhausted", text))
    idle = list_idle(duties, events=iterate_events(case, pack=pack))
    astray = [one.event for one in duties if was_sent_astray(one, case=case, pack=pack)]
    odd = [("event.no_effect", idle), ("complaint.other_body", astray)]
    odd.append(("pause.unknown_reason", list_idle_pauses(case, pack=pack)))
    untold = [
        one
        for one in iterate_events(case, pack=pack)
        if one.is_pressure and find_told(one, case=case, pack=pack) is None
    ]
    odd.append(("pressure.not_told", untold))
    for code, events in odd:
        for line in sorted({event.line for event in events}):
            known = list_pause_reasons(pack) if code == "pause.unknown_reason" else ()
            warnings.append((code, reasons.build_note(code, line=line, known=known)))
    if any(one.actor is None for one in duties):
        warnings.append(("actor.unknown", reasons.ACTOR_UNKNOWN))
    return tuple(warnings)
