"""The moment that a verdict is for: what did not exist then vouches for nothing.

Who names a moment means it. Of a clock that nobody named it is known that some are slow: there a
day is allowed. Source: ``spec/policy.md``.
"""

from datetime import datetime, timedelta

from aigaq_verify.encoding import format_time
from aigaq_verify.words import Told

_SLOW = timedelta(days=1)


def find_until(named: datetime | None, *, at: datetime) -> datetime:
    """Return the last moment at which what vouches may have been made: ``at``, if it was named."""
    return at if named is not None else at + _SLOW


def say_later(key: str, count: int, *, until: datetime) -> list[Told]:
    """Tell how much was not counted since it was made after ``until``; nothing if none was."""
    return [(key, format_time(until), str(count))] if count else []
