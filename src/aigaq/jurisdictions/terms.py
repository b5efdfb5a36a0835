"""A term as a pack states it, and how its country counts.

Shapes: `Term` is a number of one unit, or *immediate*, or *until the limitation ends*. Source:
``spec/jurisdiction-pack.md``, *Words used in every section* and *counting*.
"""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a term is counted in."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"
    YEAR = "year"


#: Units that are elapsed time; all others are dates.
ELAPSED = frozenset({Unit.MINUTE, Unit.HOUR})


@dataclass(frozen=True)
class Term:
    """``n`` of ``unit``; of detention from the minute, with nothing excluded and never rolled."""

    n: int
    unit: Unit
    is_detention: bool = False


@dataclass(frozen=True)
class Immediate:
    """At once: the strict date is the start, the lenient one is a reading of the pack."""


@dataclass(frozen=True)
class UntilLimitation:
    """Until nobody can be prosecuted for the offence any more."""


AnyTerm = Term | Immediate | UntilLimitation


@dataclass(frozen=True)
class Counting:
    """How a country counts, and the articles that say so (``None``: a reading of ours)."""

    excludes_start_hour: bool = True
    excludes_start_day: bool = True
    rolls: bool = True
    #: ``True``, ``False``, or ``None`` where the law is unclear.
    rolls_hours: bool | None = None
    restarts_when_interrupted: bool = False
    immediate_lenient: Term | None = None
    articles: dict[str, str | None] | None = None

    def get_article(self, rule: str) -> str | None:
        """Return the article of the counting rule ``rule``."""
        return (self.articles or {}).get(rule)
