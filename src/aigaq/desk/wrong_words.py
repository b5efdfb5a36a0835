"""Remembers that wrong words were typed at the door: how often and when, and nothing of them.

A locked desk cannot write its history, so the count waits in a file beside the database until the
desk opens; then it becomes one event of the audit chain. Who tries ten thousand words leaves one
number.
"""

import json
from contextlib import suppress

from aigaq import clock
from aigaq.blobs import remove_durably, write_durably
from aigaq.core import audit
from aigaq.core.home import Home

FILE = "wrong-words.json"


def note_wrong_words(home: Home) -> None:
    """Count one more; a full disk does not keep anyone from the door."""
    now = clock.format_time(clock.now())
    known = read_wrong_words(home)
    count = known["count"] if known else 0
    first = known["first_at"] if known else now
    data = {"count": int(str(count)) + 1, "first_at": first, "last_at": now}
    with suppress(OSError):
        write_durably(home.desk / FILE, json.dumps(data).encode())


def read_wrong_words(home: Home) -> dict[str, object] | None:
    """Return what was counted since the desk was opened last, or None."""
    try:
        data = json.loads((home.desk / FILE).read_bytes())
        times = {name: str(data[name]) for name in ("first_at", "last_at")}
        return {"count": int(data["count"]), **times}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def record_wrong_words(home: Home) -> int:
    """Put what was counted into the audit chain, in the caller's transaction; return the count."""
    counted = read_wrong_words(home)
    if counted is None:
        return 0
    audit.record("desk.wrong_words", actor=None, kind="desk", context=counted)
    return int(str(counted["count"]))


def forget_wrong_words(home: Home) -> None:
    """Begin to count anew, after the event is durable."""
    remove_durably(home.desk / FILE)
