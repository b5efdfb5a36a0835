"""What became of each duty: when it was met, refused or superseded.

A decision that answers one request of ours meets the earliest open one; an event that is a stage of
the proceeding meets all that are open. An event that meets nothing says so with its line. Source:
``spec/clocks.md``, *Duties*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Duty, Pack, get_in_force
from aigaq.reckoning.case_shapes import Case, Event
from aigaq.reckoning.owed import Owed

US = "us"


def settle(owed: list[Owed], *, events: Iterable[Event], pack: Pack) -> list[Owed]:
    """Return ``owed`` (by start) with what ``events`` (by time) did to each of them."""
    return _Settling(owed, pack=pack).run(events)


def is_bare_refusal(event: Event) -> bool:
    """Tell whether an event says that an authority refused, and not what."""
    is_named = event.get_field("duty") or event.get_field("remedy")
    return event.type == "refused" and not is_named


def list_idle(owed: Sequence[Owed], *, events: Iterable[Event]) -> list[Event]:
    """Return the events that name a duty or complaint which the file does not have by then."""
    starts: dict[tuple[str, str], datetime] = {}
    for one in owed:
        key = (one.proceeding, one.id)
        starts[key] = min(one.starts_at, starts.get(key, one.starts_at))
    named = {
        "duty_met": ("duty",),
        "complaint_answered": ("remedy",),
        "complaint_sent_down": ("remedy",),
        "refused": ("duty", "remedy"),
    }
    idle = []
    refusals = {(one.proceeding, one.refused_at or one.met_at) for one in owed if one.is_refused()}
    for event in events:
        if is_bare_refusal(event):
            if (event.proceeding, event.at) not in refusals:
                idle.append(event)
            continue
        keys = [(event.proceeding, event.get_field(name)) for name in named.get(event.type, ())]
        if keys and not any(key in starts and starts[key] <= event.at for key in keys):
            idle.append(event)
    return idle


def list_pause_reasons(pack: Pack) -> list[str]:
    """Return the reasons for which clocks of the pack stop."""
    rules = (duty for versions in pack.duties.values() for duty in versions)
    return list(dict.fromkeys(reason for duty in rules for reason in duty.pausable))


def list_idle_pauses(case: Case, *, pack: Pack) -> list[Event]:
    """Return the pauses whose reason stops no clock of the pack, and resumptions of nothing."""
    known = set(list_pause_reasons(pack))
    idle, standing = [], set()
    for event in case.events:
        key = (event.proceeding, event.get_field("reason"))
        if event.type in ("paused", "interrupted"):
            standing.add(key)
            if not known & {"*", key[1]}:
                idle.append(event)
        elif event.type == "resumed":
            ended = {one for one in standing if one[0] == key[0] and key[1] in ("", one[1])}
            standing -= ended
            if not ended:
                idle.append(event)
    return idle


class _Settling:
    """One pass over the events in the order of their time."""

    def __init__(self, owed: list[Owed], *, pack: Pack) -> None:
        self._pack = pack
        self._settled = list(owed)
        self._by_id: dict[tuple[str, str], list[int]] = {}
        self._meets: dict[tuple[str, str], list[int]] = {}
        self._supersedes: dict[tuple[str, str], list[int]] = {}
        self._stages: frozenset[str] | None = None
        for number, one in enumerate(owed):
            self._by_id.setdefault((one.proceeding, one.id), []).append(number)
            duty = self._get_duty(one)
            for name in duty.met_by if duty else ():
                self._meets.setdefault((one.proceeding, name), []).append(number)
            for name in duty.superseded_by if duty else ():
                self._supersedes.setdefault((one.proceeding, name), []).append(number)

    def run(self, events: Iterable[Event]) -> list[Owed]:
        asked: dict[str, Event] = {}
        # What began nothing (that a decision became known to us) asks for nothing.
        begun = {id(one.event) for one in self._settled}
        for event in events:
            if event.type == "duty_met":
                self._meet_first(event, name=event.get_field("duty"))
            elif event.type == "complaint_answered":
                result = event.get_field("result") or "none"
                self._meet_first(event, name=event.get_field("remedy"), result=result)
            elif is_bare_refusal(event):
                self._refuse_last(event, asked=asked.get(event.proceeding))
            elif event.type in ("complaint_sent_down", "refused"):
                self._refuse_first(event)
            else:
                self._meet_by_stage(event)
                self._supersede(event)
            if id(event) in begun and self._asks(event):
                asked[event.proceeding] = event
        return self._settled

    def _asks(self, event: Event) -> bool:
        """Tell whether our side asked for something that can be refused."""
        trigger = self._pack.triggers.get(event.type)
        return event.type == "complaint_submitted" or (trigger is not None and trigger.by == US)

    def _refuse_last(self, event: Event, *, asked: Event | None) -> None:
        """Refuse all that the last report, application, motion or complaint of ours asked for."""
        for number, one in enumerate(self._settled):
            is_open = one.met_at is None and one.refused_at is None and one.applies
            if asked is None or one.event is not asked or not is_open:
                continue
            if one.is_complaint:
                # Who turns a complaint down has answered it.
                self._settled[number] = replace(one, met_at=event.at, result="refused")
            else:
                self._settled[number] = replace(one, refused_at=event.at)

    def _get_duty(self, one: Owed) -> Duty | None:
        if one.is_complaint:
            return None
        return get_in_force(self._pack.duties.get(one.id, ()), on=one.event.at.date())

    def _meet_first(self, event: Event, *, name: str, result: str | None = None) -> None:
        for number in self._by_id.get((event.proceeding, name), []):
            one = self._settled[number]
            is_open = one.met_at is None and one.superseded_at is None
            if is_open and one.starts_at <= event.at:
                self._settled[number] = replace(one, met_at=event.at, result=result)
                return

    def _refuse_first(self, event: Event) -> None:
        names = [event.get_field(key) for key in ("duty", "remedy")]
        open_ones = sorted(
            number for name in names for number in self._by_id.get((event.proceeding, name), [])
        )
        for number in open_ones:
            one = self._settled[number]
            is_open = one.met_at is None and one.superseded_at is None
            if is_open and one.refused_at is None and one.starts_at <= event.at:
                was_sent_down = event.type == "complaint_sent_down"
                self._settled[number] = replace(
                    one, refused_at=event.at, was_sent_down=was_sent_down
                )
                return

    def _meet_by_stage(self, event: Event) -> None:
        left, answered = [], set()
        for number in self._meets.get((event.proceeding, event.type), []):
            one = self._settled[number]
            if one.met_at is not None or one.superseded_at is not None:
                continue
            is_open = one.starts_at <= event.at and one.event is not event
            if not is_open or one.id in answered:
                left.append(number)
                continue
            self._settled[number] = replace(one, met_at=event.at)
            if self._is_ours(one) and not self._is_stage(event):
                answered.add(one.id)
        self._meets[event.proceeding, event.type] = left

    def _supersede(self, event: Event) -> None:
        for number in self._supersedes.get((event.proceeding, event.type), []):
            one = self._settled[number]
            is_open = one.met_at is None and one.superseded_at is None
            if is_open and one.starts_at <= event.at and one.event is not event:
                self._settled[number] = replace(one, superseded_at=event.at)

    def _is_stage(self, event: Event) -> bool:
        if self._stages is None:
            self._stages = _list_stages(self._pack)
        return event.type in self._stages

    def _is_ours(self, one: Owed) -> bool:
        trigger = self._pack.triggers.get(one.event.type)
        return trigger is not None and trigger.by == US


def _list_stages(pack: Pack) -> frozenset[str]:
    """Return the events that begin something themselves: a duty, or a window of ours."""
    duties = [rule for rules in pack.duties.values() for rule in rules]
    windows = [rule for rules in pack.windows.values() for rule in rules]
    return frozenset(
        [name for duty in duties for name in duty.triggers]
        + [one.trigger for window in windows for one in window.opens if one.trigger is not None]
    )
