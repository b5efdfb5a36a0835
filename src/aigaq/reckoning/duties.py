"""What each authority owes after each event, and what became of it.

Shapes: one `Owed` for each event that triggers a duty, and for each complaint that asks for an
answer. Source of the rules: ``spec/clocks.md``, *Duties*.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Duty, Ground, Pack, Remedy, get_in_force
from aigaq.jurisdictions.terms import AnyTerm, Immediate, Term, UntilLimitation
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.due_dates import Due, Pause, Rules, reckon, reckon_lenient
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.qualification import get_law_date
from aigaq.reckoning.resolving import Around, resolve
from aigaq.reckoning.settling import US, settle
from aigaq.reckoning.starts import build_start, build_variant, build_without_date
from aigaq.reckoning.words import build_answer_title

#: What someone asks for from an authority begins at the event itself.
FROM_EVENT = "event"
ANY_REASON = "*"
#: The fact that an authority acted and gave no ground for it.
NO_GROUND = "no_ground_given"


def list_duties(case: Case, *, pack: Pack) -> list[Owed]:
    """Return what is and was owed in ``case``, by start and then id."""
    pauses = list_pauses(case.events)
    owed: list[Owed] = []
    for event in iterate_events(case, pack=pack):
        triggered = pack.list_triggered(event.type)
        facts = get_facts(case, event=event, pack=pack) if triggered else frozenset()
        for rules in triggered:
            duty = get_in_force(rules, on=event.at.date())
            if duty is not None and event.type in duty.triggers:
                owed.append(_owe(duty, event, case=case, pack=pack, facts=facts, pauses=pauses))
        if event.type == "complaint_submitted":
            answer = _owe_answer(event, case=case, pack=pack)
            if answer is not None:
                owed.append(answer)
    owed.sort(key=lambda one: (one.starts_at, one.id, one.proceeding))
    return settle(owed, events=iterate_events(case, pack=pack), pack=pack)


def iterate_events(case: Case, *, pack: Pack) -> Iterator[Event]:
    """Yield the events, each followed by the triggers that pressure of its kind counts as."""
    for event in case.events:
        yield event
        if event.type == "pressure":
            rule = get_in_force(pack.pressure.get(event.get_field("kind"), ()), on=event.at.date())
            for trigger in rule.opens if rule else ():
                yield replace(event, type=trigger, is_pressure=True)


def get_facts(case: Case, *, event: Event, pack: Pack) -> frozenset[str]:
    """Return every fact that holds for an event: of people, offence, proceeding and itself."""
    proceeding = case.proceedings.get(event.proceeding)
    facts = {*case.profile, *event.facts}
    on = get_law_date(case, proceeding=event.proceeding, otherwise=event.at.date())
    for name in case.list_offences(event.proceeding):
        facts.add(f"offence:{name}")
        rule = get_in_force(pack.offences[name], on=on) or pack.offences[name][0]
        if rule.severity is not None:
            facts.add(f"severity:{rule.severity}")
        if rule.mode is not None:
            facts.add(f"mode:{rule.mode}")
    if proceeding is not None:
        facts.add(f"proceeding:{proceeding.kind}")
    return frozenset(facts)


def list_pauses(events: Iterable[Event]) -> Mapping[str, list[tuple[str, Pause]]]:
    """Return, for each proceeding, its pauses with their reasons."""
    pauses: dict[str, list[tuple[str, Pause]]] = {}
    for event in events:
        known = pauses.setdefault(event.proceeding, [])
        if event.type in ("paused", "interrupted"):
            known.append((event.get_field("reason"), Pause(event.at, None)))
        elif event.type == "resumed":
            reason = event.get_field("reason")
            for number, (other, pause) in enumerate(known):
                if pause.end is None and reason in ("", other):
                    known[number] = (other, Pause(pause.start, event.at))
    return pauses


def get_rules(case: Case, *, event: Event, pack: Pack) -> Rules:
    """Return how terms from ``event`` are counted."""
    zone = event.at.tzinfo or case.zone
    return Rules(counting=pack.counting, calendar=pack.calendar, zone=zone, as_of=case.as_of)


def _owe(
    duty: Duty,
    event: Event,
    *,
    case: Case,
    pack: Pack,
    facts: frozenset[str],
    pauses: Mapping[str, list[tuple[str, Pause]]],
) -> Owed:
    begun = _find_start(duty, event, case=case, pack=pack)
    start = begun.at
    variant = next((one for one in duty.variants if one.when.holds(facts)), None)
    term = variant.term if variant else duty.term
    how = build_start(begun, pack=pack)
    if variant is not None:
        how += build_variant(variant.when, facts=facts, pack=pack, at=start)
    mine = [
        pause
        for reason, pause in pauses.get(event.proceeding, [])
        if ANY_REASON in duty.pausable or reason in duty.pausable
    ]
    rules = get_rules(case, event=event, pack=pack)
    due = _reckon(term, start=start, rules=rules, pauses=mine, ground=duty.ground)
    if due is not None and duty.lenient_term is not None:
        other = reckon(
            term=duty.lenient_term,
            start=start,
            rules=rules,
            pauses=mine,
            article=duty.ground.article,
        )
        due = reckon_lenient(due=due, other=other)
    if due is None:
        is_to_limitation = isinstance(term, UntilLimitation)
        article = duty.ground.article
        how += build_without_date(article=article, at=start, is_to_limitation=is_to_limitation)
    proceeding = case.proceedings[event.proceeding]
    around = Around(proceeding=proceeding.office, recipient=case.get_office(event.to))
    return Owed(
        id=duty.id,
        title=duty.title,
        proceeding=event.proceeding,
        actor=resolve(duty.actor, pack=pack, around=around),
        event=event,
        starts_at=start,
        due=due,
        ground=duty.ground,
        on_breach=duty.on_breach,
        how=how + (due.how if due else ()),
        is_critical=duty.is_critical,
        applies=duty.applies is None or duty.applies.holds(facts),
        refused_at=event.at if _is_broken_at_once(duty, event) else None,
        had_no_ground=_is_broken_at_once(duty, event),
    )


def _is_broken_at_once(duty: Duty, event: Event) -> bool:
    """Tell whether the act itself breaks a duty: without a term, and without a ground."""
    return duty.term is None and not duty.variants and NO_GROUND in event.facts


def _reckon(
    term: AnyTerm | None,
    *,
    start: datetime,
    rules: Rules,
    pauses: list[Pause],
    ground: Ground,
) -> Due | None:
    if isinstance(term, Term | Immediate):
        return reckon(term=term, start=start, rules=rules, pauses=pauses, article=ground.article)
    return None


def _find_start(duty: Duty, event: Event, *, case: Case, pack: Pack) -> Event:
    """Return the event from which the term runs."""
    if event.is_pressure:
        return find_told(event, case=case, pack=pack, met_by=duty.met_by) or event
    if duty.start == FROM_EVENT:
        return event
    earlier = [
        one
        for one in case.events
        if one.type == duty.start and one.proceeding == event.proceeding and one.at <= event.at
    ]
    return max(earlier, key=lambda one: one.at, default=event)


def find_told(
    event: Event, *, case: Case, pack: Pack, met_by: tuple[str, ...] = ()
) -> Event | None:
    """Return the event by which an authority learned of pressure: what our side told it next.

    ``None`` if the file does not say it, or if the authority acted (``met_by``) before.
    """
    for one in case.events:
        if one.at < event.at or one.proceeding != event.proceeding:
            continue
        trigger = pack.triggers.get(one.type)
        if one.type in met_by:
            return None
        if one.type == "complaint_submitted" or (trigger is not None and trigger.by == US):
            return one
    return None


def _owe_answer(event: Event, *, case: Case, pack: Pack) -> Owed | None:
    remedy = get_remedy(event.get_field("remedy"), event=event, pack=pack)
    if remedy is None:
        return None
    facts = get_facts(case, event=event, pack=pack)
    variant = next((one for one in remedy.answer_variants if one.when.holds(facts)), None)
    term: AnyTerm | None = variant.term if variant else remedy.answer
    how = build_start(event, pack=pack)
    if variant is not None:
        how += build_variant(variant.when, facts=facts, pack=pack, at=event.at)
    due = None
    if isinstance(term, Term | Immediate):
        rules = get_rules(case, event=event, pack=pack)
        article = remedy.ground.article
        due = reckon(term=term, start=event.at, rules=rules, article=article)
        if remedy.answer_lenient is not None:
            other = reckon(term=remedy.answer_lenient, start=event.at, rules=rules, article=article)
            due = reckon_lenient(due=due, other=other)
    return Owed(
        id=remedy.id,
        title=build_answer_title(remedy.title),
        proceeding=event.proceeding,
        actor=case.get_office(event.to),
        event=event,
        starts_at=event.at,
        due=due,
        ground=remedy.ground,
        on_breach=remedy.on_unanswered,
        how=how + (due.how if due else ()),
        is_complaint=True,
    )


def get_remedy(name: str, *, event: Event, pack: Pack) -> Remedy | None:
    """Return the remedy in force on the day of ``event``, or ``None``."""
    return get_in_force(pack.remedies.get(name, ()), on=event.at.date())
