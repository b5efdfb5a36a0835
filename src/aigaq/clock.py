"""Time, asked for in one place so that a test can set it.

Every ``datetime`` in Aigaq is aware and in UTC until a person reads it. On the wire a time is
RFC 3339 with whole seconds and a ``Z``: ``2026-05-04T09:00:00Z``.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from aigaq.errors import AigaqError

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present instant, aware, in UTC, with whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def format_time(at: datetime) -> str:
    """Return ``at`` as RFC 3339 in UTC with whole seconds. Raises if ``at`` is naive."""
    if at.tzinfo is None:
        raise AigaqError("clock.naive_time")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Return the aware datetime written as ``text``, in the one form that `format_time` writes."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise AigaqError("clock.bad_time") from None
