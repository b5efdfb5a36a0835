"""Working days of a country: weekends, holidays, moved days, and the corrections of a pack.

Dates come from tables that were written from the package `holidays` (``python -m
aigaq.jurisdictions.calendar_tables``) and not from the package itself: reading it takes longer than
everything else that `aigaq clocks` does, and a table says which version a date came from. A pack's
overrides come last. Source of the form: ``spec/jurisdiction-pack.md``, *Time*.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

from aigaq.jurisdictions.errors import PackError

ONE_DAY = timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: `holidays` writes so behind the name of a day that depends on the moon.
ESTIMATED = "(estimated)"


@dataclass(frozen=True)
class Override:
    """What a pack says of one year: days off that were added, and days that are worked."""

    year: int
    added: frozenset[date]
    removed: frozenset[date]


@dataclass(frozen=True)
class Table:
    """Holidays and worked weekend days of a country, and the years that it speaks of."""

    first_year: int
    last_year: int
    days: dict[date, str]
    worked: frozenset[date]


@dataclass(frozen=True)
class Calendar:
    """Tells working days from others, and why."""

    weekend: frozenset[int]
    table: Table | None
    overrides: tuple[Override, ...] = ()
    #: Month and day, for a country without a table or beside it.
    every_year: frozenset[tuple[int, int]] = frozenset()
    _added: frozenset[date] = field(init=False)
    _removed: frozenset[date] = field(init=False)

    def __post_init__(self) -> None:
        added = frozenset(day for override in self.overrides for day in override.added)
        removed = frozenset(day for override in self.overrides for day in override.removed)
        object.__setattr__(self, "_added", added)
        object.__setattr__(self, "_removed", removed - added)

    def is_working(self, day: date) -> bool:
        """Tell whether ``day`` is a working day."""
        if day in self._added:
            return False
        if day in self._removed:
            return True
        if self.table is not None:
            if day in self.table.worked:
                return True
            if day in self.table.days:
                return False
        if (day.month, day.day) in self.every_year:
            return False
        return day.weekday() not in self.weekend

    def get_next_working(self, day: date) -> date:
        """Return ``day``, or the first working day after it."""
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def is_unsure(self, day: date) -> bool:
        """Tell whether a day rests on a moon that was reckoned, or on a year without a table."""
        if day in self._added or day in self._removed:
            return False
        if self.table is None:
            return False
        return not (
            self.table.first_year <= day.year <= self.table.last_year
        ) or ESTIMATED in self.table.days.get(day, "")

    def is_overridden(self, day: date) -> bool:
        """Tell whether the pack says something else of ``day`` than the table."""
        return day in self._added or day in self._removed


def read_weekend(names: Iterable[str]) -> frozenset[int]:
    """Return numbers of weekdays, Monday 0. Raises `PackError` ``pack.bad_calendar``."""
    try:
        return frozenset(WEEKDAYS.index(name) for name in names)
    except ValueError:
        raise PackError("pack.bad_calendar") from None


@lru_cache(maxsize=32)
def load_table(name: str) -> Table:
    """Return the table of a country, such as ``KZ``. Raises `PackError` ``pack.bad_calendar``."""
    file = files("aigaq.jurisdictions").joinpath("packs", "calendars", f"{name}.json")
    if not name.replace("-", "").isalnum() or not file.is_file():
        raise PackError("pack.bad_calendar")
    data = json.loads(file.read_bytes())
    return Table(
        first_year=data["first_year"],
        last_year=data["last_year"],
        days={date.fromisoformat(day): words for day, words in data["days"].items()},
        worked=frozenset(date.fromisoformat(day) for day in data["worked"]),
    )
