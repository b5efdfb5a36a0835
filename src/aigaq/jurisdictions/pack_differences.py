"""What changed between two packs, rule by rule, for who has to review it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any

from aigaq.jurisdictions.calendars import Calendar
from aigaq.jurisdictions.pack_shapes import Pack

SECTIONS = (
    *("sources", "profiles", "event_facts", "severities", "offences", "institutions"),
    *("resolvers", "triggers", "duties", "windows", "remedies", "routing", "pressure", "regions"),
    "instruments",
)


@dataclass(frozen=True)
class Difference:
    """One entry that was ``added``, ``removed`` or ``changed``, and in which fields."""

    section: str
    id: str
    kind: str
    fields: tuple[str, ...] = ()


def compare_packs(old: Pack, *, new: Pack) -> list[Difference]:
    """Return every difference, by section and id."""
    found: list[Difference] = []
    for section in SECTIONS:
        found += _compare(section, getattr(old, section), getattr(new, section))
    for section in sorted({*old.advice, *new.advice}):
        before = _group(old.advice.get(section, ()))
        found += _compare(section, before, _group(new.advice.get(section, ())))
    found += _compare_whole("counting", old.counting, new.counting)
    found += _compare_whole("pack", old.facts, new.facts)
    found += _compare_calendars(old.calendar, new.calendar)
    found += _compare_overrides(old, new)
    return found


def _compare(section: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield Difference(section, name, "removed")
        elif name not in old:
            yield Difference(section, name, "added")
        elif old[name] != new[name]:
            changed = tuple(dict.fromkeys(_list_changed(old[name], new[name])))
            yield Difference(section, name, "changed", changed)


def _compare_whole(section: str, old: Any, new: Any) -> Iterator[Difference]:
    if old != new:
        yield Difference(section, section, "changed", tuple(_list_changed(old, new)))


def _compare_calendars(old: Calendar, new: Calendar) -> Iterator[Difference]:
    changed = tuple(
        name
        for name in ("weekend", "table", "every_year")
        if getattr(old, name) != getattr(new, name)
    )
    if changed:
        yield Difference("calendar", "calendar", "changed", changed)


def _compare_overrides(old: Pack, new: Pack) -> Iterator[Difference]:
    for kind, one, other in (
        ("removed", old.calendar.overrides, new.calendar.overrides),
        ("added", new.calendar.overrides, old.calendar.overrides),
    ):
        for override in one:
            if override not in other:
                days: list[date] = sorted((*override.added, *override.removed))
                names = tuple(day.isoformat() for day in days)
                yield Difference("calendar", str(override.year), kind, names)


def _list_changed(old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, tuple) and isinstance(new, tuple):
        if len(old) != len(new):
            yield "effective"
            return
        for one, other in zip(old, new, strict=True):
            yield from _list_changed(one, other)
    elif is_dataclass(old) and is_dataclass(new):
        for field in fields(old):
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before != after and field.name == "ground":
                yield from _list_changed(before, after)
            elif before != after:
                yield field.name
    elif old != new:
        yield "text"


def _group(rules: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, tuple[Any, ...]] = {}
    for rule in rules:
        grouped[rule.id] = (*grouped.get(rule.id, ()), rule)
    return grouped
