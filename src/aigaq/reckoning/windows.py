"""The time in which our side may or must file: opened by events, or by silence to a complaint.

A window that passed is *lapsed*, never breached: it is hers to use. Each start of a window that may
start in several ways stands alone. Source: ``spec/clocks.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Opening, Pack, Window
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.due_dates import Due, reckon
from aigaq.reckoning.duties import get_facts, get_remedy, get_rules, iterate_events
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.resolving import Around, is_meant
from aigaq.reckoning.starts import build_start


@dataclass(frozen=True)
class OpenWindow:
    """One window of ours in one proceeding."""

    window: Window
    proceeding: str
    starts_at: datetime
    due: Due
    used_at: datetime | None
    #: What was refused or stayed without answer; none where another event opened it.
    about: tuple[Owed, ...] = ()

    def get_state(self, as_of: datetime) -> str:
        """Return ``used``, ``lapsed`` or ``running`` at a moment."""
        if self.used_at is not None:
            return "used"
        return "lapsed" if self.due.lenient <= as_of else "running"


def list_windows(case: Case, *, pack: Pack, owed: Sequence[Owed]) -> list[OpenWindow]:
    """Return our windows, by strict date and then id."""
    windows: list[OpenWindow] = []
    for event in iterate_events(case, pack=pack):
        opens = _get_opening(event)
        for window in _list_in_force(event, opens=opens, case=case, pack=pack):
            turned_down = _list_turned_down(event, owed=owed)
            about = [
                one
                for one in turned_down
                if _is_challenged(window, one, event=event, case=case, pack=pack)
            ]
            for opening in window.opens:
                if opening.trigger == opens and (about or not turned_down):
                    windows.append(_open(window, opening, event, case=case, pack=pack, about=about))
    for one in owed:
        if not one.is_complaint:
            continue
        for window in _list_in_force(one.event, opens=one.id, case=case, pack=pack):
            for opening in window.opens:
                silence = _find_silence(opening, one, window=window, case=case, pack=pack)
                if silence is not None:
                    windows.append(
                        _open(
                            window,
                            opening,
                            one.event,
                            case=case,
                            pack=pack,
                            about=[one],
                            silence=silence,
                        )
                    )
    windows.sort(key=lambda one: (one.due.strict, one.window.id, one.proceeding))
    return _join_same(windows)


def _join_same(windows: Sequence[OpenWindow]) -> list[OpenWindow]:
    """Return one window where two events of one moment open it: a ruling, and that it said no."""
    joined: dict[tuple[object, ...], OpenWindow] = {}
    for one in windows:
        key = (one.window.id, one.proceeding, one.starts_at, one.due.strict)
        known = joined.get(key)
        # What concerns nothing by name concerns everything.
        about = (*known.about, *one.about) if known and known.about and one.about else ()
        joined[key] = replace(known, about=about) if known else one
    return list(joined.values())


def _list_in_force(event: Event, *, opens: str, case: Case, pack: Pack) -> list[Window]:
    """Return the windows that ``opens`` (a type of event, or a remedy) can open that day."""
    found = [
        window
        for rules in pack.windows.values()
        for window in rules
        if any(opens in (one.trigger, one.unanswered) for one in window.opens)
        and window.ground.is_in_force(event.at.date())
    ]
    if not found:
        return found
    facts = get_facts(case, event=event, pack=pack)
    return [one for one in found if one.applies is None or one.applies.holds(facts)]


def _get_opening(event: Event) -> str:
    """Return as what an event opens windows: a complaint that was turned down is a refusal."""
    was_refused = event.type == "complaint_answered" and event.get_field("result") == "refused"
    return "refused" if was_refused else event.type


def _list_turned_down(event: Event, *, owed: Sequence[Owed]) -> list[Owed]:
    """Return what an event refused; nothing of events that are no refusal."""
    if _get_opening(event) != "refused":
        return []
    names = [name for name in (event.get_field("duty"), event.get_field("remedy")) if name]
    return [
        one
        for one in owed
        if one.proceeding == event.proceeding
        and event.at in (one.refused_at, one.met_at)
        and one.is_refused()
        and (not names or one.id in names)
    ]


def _is_challenged(window: Window, one: Owed, *, event: Event, case: Case, pack: Pack) -> bool:
    """Tell whether the remedy of a window is against who refused; without a remedy, always."""
    remedy = get_remedy(window.remedy, event=event, pack=pack) if window.remedy else None
    if one.actor is None or remedy is None or not remedy.against:
        return True
    actor = one.actor
    around = Around(case.proceedings[one.proceeding].office, recipient=actor, actor=actor)
    return any(is_meant(name, office=actor, pack=pack, around=around) for name in remedy.against)


def _find_silence(
    opening: Opening, one: Owed, *, window: Window, case: Case, pack: Pack
) -> Due | None:
    """Return the term after which a complaint had stayed without answer, if it ended by now."""
    if opening.unanswered != one.id or opening.after is None:
        return None
    rules = get_rules(case, event=one.event, pack=pack)
    article = window.ground.article
    silence = reckon(term=opening.after, start=one.starts_at, rules=rules, article=article)
    # A complaint that was sent down has not been answered.
    refused_at = None if one.was_sent_down else one.refused_at
    answered_at = min((at for at in (one.met_at, refused_at) if at is not None), default=None)
    ends_at = silence.strict
    if ends_at > case.as_of or (answered_at is not None and answered_at < ends_at):
        return None
    return silence


def _open(
    window: Window,
    opening: Opening,
    event: Event,
    *,
    case: Case,
    pack: Pack,
    about: Sequence[Owed],
    silence: Due | None = None,
) -> OpenWindow:
    starts_at = silence.strict if silence else event.at
    due = reckon(
        term=opening.term,
        start=starts_at,
        rules=get_rules(case, event=event, pack=pack),
        article=window.ground.article,
        # "From the day on which the fifteen days end": that day is the one not counted.
        starts_at_end=silence is not None,
    )
    before = build_start(event, pack=pack) + (silence.how if silence else ())
    is_unsure = due.is_unsure or (silence is not None and silence.is_unsure)
    due = replace(due, how=before + due.how, is_unsure=is_unsure)
    used_at = next(
        (
            one.at
            for one in case.events
            if one.at >= event.at
            and (
                (one.type in window.closed_by and one.proceeding == event.proceeding)
                or (
                    one.type == "complaint_submitted"
                    and case.is_within(one, proceeding=event.proceeding)
                    and window.remedy is not None
                    and one.get_field("remedy") == window.remedy
                )
            )
            and one is not event
        ),
        None,
    )
    return OpenWindow(window, event.proceeding, starts_at, due, used_at, tuple(about))
