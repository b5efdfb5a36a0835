"""When the next notice is due: a file beside the spool, so that a locked desk keeps to it too.

Nothing in it tells what came: an instant drawn at random, or that a notice is out and nobody has
looked since.
"""

import json
from datetime import datetime
from pathlib import Path

from aigaq import clock
from aigaq.blobs import write_durably
from aigaq.core.home import Home
from aigaq.intake.errors import NoticeError
from aigaq.intake.notices import StoredNotice, draw_due, send_notice


class NoticeState:
    """The state of one desk."""

    def __init__(self, home: Home) -> None:
        self._path: Path = home.desk / "inbox" / "notice.json"

    def plan(self, *, now: datetime) -> None:
        """Something came: draw an instant, unless one is drawn or a notice is out already."""
        due, is_out = self._read()
        if due is None and not is_out:
            self._write(due=draw_due(now), is_out=False)

    def send_if_due(self, stored: StoredNotice, *, now: datetime) -> bool:
        """Send the notice if its time has come; one that fails is tried again later."""
        due, _is_out = self._read()
        if due is None or now < due:
            return False
        try:
            send_notice(stored)
        except NoticeError:
            self._write(due=draw_due(now), is_out=False)
            raise
        self._write(due=None, is_out=True)
        return True

    def settle(self) -> None:
        """Someone is looking: what is due need not go out any more."""
        if self._read() != (None, False):
            self._write(due=None, is_out=False)

    def _read(self) -> tuple[datetime | None, bool]:
        try:
            data = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None, False
        return clock.parse_time(data["due"]) if data["due"] else None, bool(data["is_out"])

    def _write(self, *, due: datetime | None, is_out: bool) -> None:
        text = clock.format_time(due) if due else None
        write_durably(self._path, json.dumps({"due": text, "is_out": is_out}).encode())
