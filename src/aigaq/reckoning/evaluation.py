"""The whole answer to a case file, and its JSON: a pure function of case and pack.

Source of the form: ``spec/clocks.md``, *Answer*.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aigaq.jurisdictions.pack_shapes import Ground as RuleGround
from aigaq.jurisdictions.pack_shapes import Pack, Text, get_in_force
from aigaq.jurisdictions.terms import Immediate
from aigaq.reckoning import reasons
from aigaq.reckoning.addressees import Ground, is_about, list_ladder, was_sent_astray
from aigaq.reckoning.case_shapes import Case, Event, Proceeding
from aigaq.reckoning.conflicts import Caution, Reached, find_cautions, find_reached
from aigaq.reckoning.due_dates import Due, Step, reckon
from aigaq.reckoning.duties import (
    find_told,
    get_rules,
    is_pressure,
    iterate_events,
    list_duties,
)
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.places import Office
from aigaq.reckoning.proposals import Ladder, Proposal, propose
from aigaq.reckoning.qualification import list_qualifications
from aigaq.reckoning.settling import list_idle, list_idle_pauses
from aigaq.reckoning.windows import OpenWindow, list_windows

FORMAT = "aigaq-clocks/v1"
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
    dates = [one.due for one in duties if one.due] + [one.due for one in windows]
    if any(due.is_unsure for due in dates):
        warnings.append(("calendar.estimated", reasons.CALENDAR_ESTIMATED))
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
        if is_pressure(one) and find_told(one, case=case, pack=pack) is None
    ]
    odd.append(("pressure.not_told", untold))
    for code, events in odd:
        for line in sorted({event.line for event in events}):
            warnings.append((code, reasons.build_note(code, line=line)))
    if any(one.actor is None for one in duties):
        warnings.append(("actor.unknown", reasons.ACTOR_UNKNOWN))
    return tuple(warnings)


# JSON.


def to_json(answer: Answer) -> dict[str, Any]:
    """Return the answer as ``aigaq-clocks/v1``."""
    pack, as_of = answer.pack.facts, answer.case.as_of
    return {
        "format": FORMAT,
        "as_of": as_of.isoformat(),
        "pack": {
            "id": pack.id,
            "version": pack.version,
            "status": pack.status,
            "reviewed": pack.review is not None,
        },
        "proceedings": [
            _show_proceeding(one, answer=answer) for one in answer.case.proceedings.values()
        ],
        "duties": [_show_duty(one, as_of=as_of) for one in answer.duties],
        "breaches": [_show_breach(one) for one in answer.breaches],
        "windows": [_show_window(one, as_of=as_of) for one in answer.windows],
        "proposals": [_show_proposal(one, answer=answer) for one in answer.ladder.proposals],
        "cautions": [_show_caution(one) for one in answer.cautions],
        "excluded": [_show_excluded(one, answer=answer) for one in answer.reached],
        "offences": [_show_offence(one, pack=answer.pack) for one in answer.offences],
        "warnings": [{"code": code, "text": text} for code, text in answer.warnings],
    }


def show_due(due: Due | None) -> dict[str, str | None]:
    """Return both dates; null for a duty without term."""
    return {
        "strict": _show_moment(due.strict if due else None),
        "lenient": _show_moment(due.lenient if due else None),
    }


def show_steps(due: Due | None) -> list[dict[str, Any]]:
    """Return how a date was reckoned."""
    return [_show_step(step) for step in (due.how if due else ())]


def show_ground(ground: RuleGround) -> dict[str, Any]:
    """Return what a rule stands on."""
    return {
        "article": ground.article,
        "confidence": ground.confidence,
        "reviewed": ground.reviewed is not None,
        "source": list(ground.sources),
        "basis": ground.basis,
    }


def _show_step(step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "article": step.article,
        "from": step.start.isoformat(),
        "to": step.end.isoformat(),
        "text": step.text,
    }


def _show_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _show_office(office: Office | None) -> str | None:
    return None if office is None else str(office)


def _show_proceeding(one: Proceeding, *, answer: Answer) -> dict[str, Any]:
    known = list_qualifications(answer.case, proceeding=one.id, pack=answer.pack)
    return {
        "id": one.id,
        "kind": one.kind,
        "institution": _show_office(one.office),
        "number": one.number,
        "offences": [
            {
                "id": each.offence.id,
                "title": each.offence.title,
                "severity": each.offence.severity,
                "mode": each.offence.mode,
                "law_of": each.on.isoformat(),
                **show_ground(each.offence.ground),
            }
            for each in known
        ],
    }


def _show_duty(one: Owed, *, as_of: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "proceeding": one.proceeding,
        "actor": _show_office(one.actor),
        "starts_at": one.starts_at.isoformat(),
        "due": show_due(one.due),
        "state": one.get_state(as_of),
        "met_at": _show_moment(one.met_at),
        "critical": one.is_critical,
        **show_ground(one.ground),
        "how": show_steps(one.due),
    }


def _show_breach(one: Breach) -> dict[str, Any]:
    return {
        "duty": one.owed.id,
        "proceeding": one.owed.proceeding,
        "actor": _show_office(one.owed.actor),
        "since": one.since.isoformat(),
        "until": _show_moment(one.until),
        "article": one.owed.ground.article,
    }


def _show_window(one: OpenWindow, *, as_of: datetime) -> dict[str, Any]:
    return {
        "id": one.window.id,
        "title": one.window.title,
        "proceeding": one.proceeding,
        "starts_at": one.starts_at.isoformat(),
        "due": show_due(one.due),
        "state": one.get_state(as_of),
        **show_ground(one.window.ground),
        "how": show_steps(one.due),
    }


def _show_proposal(one: Proposal, *, answer: Answer) -> dict[str, Any]:
    body = answer.pack.institutions[one.office.institution]
    confidences = [one.remedy.ground.confidence, *(owed.ground.confidence for owed in one.because)]
    return {
        "remedy": one.remedy.id,
        "title": one.remedy.title,
        "addressee": {"institution": str(one.office), "level": body.level},
        "file_within": _show_moment(one.file_within),
        "because": reasons.build_proposal(one, pack=answer.pack, as_of=answer.case.as_of),
        "duties": list(dict.fromkeys(owed.id for owed in one.because if owed.rule is None)),
        "instead_of": [str(office) for office in one.instead_of],
        "with": list(one.remedy.along) if one.instead_of else [],
        **show_ground(one.remedy.ground),
        "confidence": min(confidences),
    }


def _show_caution(one: Caution) -> dict[str, Any]:
    return {
        "institution": str(one.office),
        "path": list(one.path),
        "because": one.rule.text,
        "basis": one.rule.ground.basis,
        "article": one.rule.ground.article,
    }


def _show_excluded(one: Reached, *, answer: Answer) -> dict[str, Any]:
    lawful = answer.ladder.lawful.get(one.office, {})
    running = [
        window.due.strict
        for window in answer.windows
        if window.window.remedy in lawful and window.get_state(answer.case.as_of) == "running"
    ]
    along = dict.fromkeys(name for remedy in lawful.values() for name in remedy.along)
    return {
        "institution": str(one.office),
        "path": list(one.path),
        "because": reasons.build_excluded(one, pack=answer.pack),
        "lawful_addressee_of": list(lawful),
        "file_within": _show_moment(min(running, default=None)),
        "with": list(along),
    }


def _show_offence(one: PressureOffence, *, pack: Pack) -> dict[str, Any]:
    rule = pack.offences[one.id][0]
    title = one.owed.title if one.owed else None
    return {
        "id": one.id,
        "title": rule.title,
        "because": reasons.build_offence(one.event, duty=title),
        "event": None
        if one.event is None
        else {"type": one.event.type, "at": one.event.at.isoformat()},
        **show_ground(rule.ground),
    }
