"""The time in which our side may or must file: opened by events, or by silence to a complaint.

A window that passed is *lapsed*, never breached: it is hers to use. Each start of a window that may
start in several ways stands alone. Source: ``spec/clocks.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Opening, Pack, Window
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.due_dates import Due, reckon
from aigaq.reckoning.duties import get_facts, get_remedy, get_rules, iterate_events
from aigaq.reckoning.owed import Owed
from aigaq.reckoning.resolving import Around, is_meant


@dataclass(frozen=True)
class OpenWindow:
    """One window of ours in one proceeding."""

    window: Window
    proceeding: str
    starts_at: datetime
    due: Due
    used_at: datetime | None

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
            for opening in window.opens:
                if opening.trigger == opens and _is_challenged(
                    window, event, owed=owed, case=case, pack=pack
                ):
                    windows.append(_open(window, opening, event, case=case, pack=pack))
    for one in owed:
        if not one.is_complaint:
            continue
        for window in _list_in_force(one.event, opens=one.id, case=case, pack=pack):
            for opening in window.opens:
                silent_at = _find_silence(opening, one, case=case, pack=pack)
                if silent_at is not None:
                    windows.append(
                        _open(window, opening, one.event, case=case, pack=pack, at=silent_at)
                    )
    windows.sort(key=lambda one: (one.due.strict, one.window.id, one.proceeding))
    return windows


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


def _is_challenged(
    window: Window, event: Event, *, owed: Sequence[Owed], case: Case, pack: Pack
) -> bool:
    """Tell whether the remedy of a window is against who refused; of other events, always."""
    if _get_opening(event) != "refused" or window.remedy is None:
        return True
    names = (event.get_field("duty"), event.get_field("remedy"))
    remedy = get_remedy(window.remedy, event=event, pack=pack)
    one = next(
        (
            one
            for one in owed
            if one.id in names
            and one.proceeding == event.proceeding
            and event.at in (one.refused_at, one.met_at)
        ),
        None,
    )
    if one is None or one.actor is None or remedy is None or not remedy.against:
        return True
    actor = one.actor
    around = Around(case.proceedings[one.proceeding].office, recipient=actor, actor=actor)
    return any(is_meant(name, office=actor, pack=pack, around=around) for name in remedy.against)


def _find_silence(opening: Opening, one: Owed, *, case: Case, pack: Pack) -> datetime | None:
    """Return when a complaint had stayed without answer for long enough, or ``None``."""
    if opening.unanswered != one.id or not one.is_complaint or opening.after is None:
        return None
    rules = get_rules(case, event=one.event, pack=pack)
    silent_at = reckon(term=opening.after, start=one.starts_at, rules=rules).strict
    # A complaint that was sent down has not been answered.
    refused_at = None if one.was_sent_down else one.refused_at
    answered_at = min((at for at in (one.met_at, refused_at) if at is not None), default=None)
    if silent_at > case.as_of or (answered_at is not None and answered_at < silent_at):
        return None
    return silent_at


def _open(
    window: Window,
    opening: Opening,
    event: Event,
    *,
    case: Case,
    pack: Pack,
    at: datetime | None = None,
) -> OpenWindow:
    starts_at = at or event.at
    due = reckon(
        term=opening.term,
        start=starts_at,
        rules=get_rules(case, event=event, pack=pack),
        article=window.ground.article,
    )
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
    return OpenWindow(window, event.proceeding, starts_at, due, used_at)
