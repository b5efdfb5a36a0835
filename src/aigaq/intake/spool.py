"""Where fetched ciphertext waits for the desk to be open: ``desk/inbox/``.

    reports/<report id>/entry.json      what the gate said, and how often a member came wrong
    reports/<report id>/<member>.part   a member on its way, continued by Range
    reports/<report id>/members/<name>  a member that is durable
    reports/<report id>/ready           all members are durable
    messages/<number>-<hash>.json       a message as the gate handed it over
    filed/<report id>                   filed, so that a locked desk does not fetch it again
    again/<report id>                   filed damaged: how often asked for again, and when next
    state.json                          last contact, for people

It holds ciphertext and what the gate knows anyway, nothing else. A step is durable before the next
begins, so a kill at any instant leaves something that the next round takes up. Nothing but these
names is ever made from what the gate says.
"""

import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aigaq import clock
from aigaq.blobs import remove_durably, sync_folder, write_durably
from aigaq.core.home import Home
from aigaq.intake.gate_client import ListedMember, ListedMessage
from aigaq.sealing.encoding import decode_base64, encode_base64

READY = "ready"
ENTRY = "entry.json"
#: How long the desk waits before it asks again for a damaged report: four times as long each time,
#: a day at most.
FIRST_AGAIN_SECONDS, LAST_AGAIN_SECONDS = 600, 86_400


@dataclass(frozen=True)
class Entry:
    """A report of the spool. ``attempts`` counts fetches that brought wrong bytes."""

    report_id: bytes
    number: int
    received_at: datetime
    members: tuple[ListedMember, ...]
    attempts: int = 0
    lies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Again:
    """How often the gate was asked again for a damaged report, and when it is asked next."""

    asked: int
    next_at: datetime


@dataclass(frozen=True)
class State:
    """What people see of the last rounds. ``state`` is never, reached, unreachable or refused."""

    state: str = "never"
    code: str | None = None
    last_contact_at: str | None = None
    last_attempt_at: str | None = None
    fetching: str | None = None
    fetched_bytes: int = 0
    total_bytes: int = 0
    alarms: list[str] = field(default_factory=list)


class Spool:
    """The folder of one desk. Only `Puller` adds to it; filing removes."""

    def __init__(self, home: Home) -> None:
        self.folder = home.desk / "inbox"
        self._reports = self.folder / "reports"
        self._messages = self.folder / "messages"
        self._filed = self.folder / "filed"
        self._again = self.folder / "again"
        self._state = self.folder / "state.json"

    def create(self) -> None:
        """Make the folders, closed to others."""
        for folder in (self.folder, self._reports, self._messages, self._filed, self._again):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def pulling(self) -> Iterator[bool]:
        """Hold the spool against another puller; give False if one is at work."""
        self.create()
        with (self.folder / "pull.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    @contextmanager
    def working(self) -> Iterator[None]:
        """Wait until nobody else files, and hold the spool against another one that would."""
        self.create()
        with (self.folder / "work.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def get_folder(self, report_id: bytes) -> Path:
        """Return the folder of a report, there or not."""
        return self._reports / report_id.hex()

    def get_members(self, report_id: bytes) -> Path:
        """Return the folder with the durable members of a report, and nothing else."""
        return self.get_folder(report_id) / "members"

    def is_done(self, report_id: bytes) -> bool:
        """Tell whether nothing is left to fetch of a report."""
        folder = self.get_folder(report_id)
        return (folder / READY).exists() or (self._filed / report_id.hex()).exists()

    def is_asked_again(self, report_id: bytes) -> bool:
        """Tell whether a report that was filed damaged is to be fetched once more in this round."""
        again = self.read_again(report_id)
        folder = self.get_folder(report_id)
        if again is None or (folder / READY).exists():
            return False
        # A clock that went back must not put it off for longer than was meant.
        now = clock.now()
        is_due = not now < again.next_at <= now + _wait(again.asked)
        return is_due or folder.exists()

    def write_entry(self, entry: Entry) -> None:
        """Keep what the gate said about a report."""
        folder = self.get_folder(entry.report_id)
        self.get_members(entry.report_id).mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder)
        sync_folder(self._reports)
        members = [[one.name, one.sha256.hex(), one.size_bytes] for one in entry.members]
        data = {
            "attempts": entry.attempts,
            "lies": list(entry.lies),
            "members": members,
            "number": entry.number,
            "received_at": clock.format_time(entry.received_at),
        }
        write_durably(folder / ENTRY, json.dumps(data).encode())

    def ask_again(self, report_id: bytes) -> None:
        """Note that a report was filed damaged, so that it is asked for again; known is known."""
        if self.read_again(report_id) is None:
            self._write_again(report_id, Again(0, clock.now() + _wait(0)))

    def put_off(self, report_id: bytes) -> None:
        """Throw away what came damaged once more, and wait longer before the next time."""
        again = self.read_again(report_id)
        asked = (again.asked if again else 0) + 1
        self._write_again(report_id, Again(asked, clock.now() + _wait(asked)))
        shutil.rmtree(self.get_folder(report_id), ignore_errors=True)
        sync_folder(self._reports)

    def ask_now(self, report_id: bytes | None = None) -> None:
        """Ask for a damaged report, or for all of them, in the next round."""
        for one in self.list_again() if report_id is None else [report_id]:
            again = self.read_again(one)
            if again is not None:
                self._write_again(one, Again(again.asked, clock.now()))

    def stop_asking(self, report_id: bytes) -> None:
        """The report is whole, or the gate has erased it."""
        if (self._again / report_id.hex()).exists():
            remove_durably(self._again / report_id.hex())

    def list_again(self) -> list[bytes]:
        """Return the ids of reports that are asked for again."""
        if not self._again.is_dir():
            return []
        return sorted(
            bytes.fromhex(one.name) for one in self._again.iterdir() if "." not in one.name
        )

    def read_again(self, report_id: bytes) -> Again | None:
        """Return how a damaged report is asked for again; None if it is not."""
        try:
            asked, next_at = (self._again / report_id.hex()).read_text("ascii").split()
        except FileNotFoundError:
            return None
        return Again(int(asked), clock.parse_time(next_at))

    def _write_again(self, report_id: bytes, again: Again) -> None:
        text = f"{again.asked} {clock.format_time(again.next_at)}"
        write_durably(self._again / report_id.hex(), text.encode())

    def read_entry(self, report_id: bytes) -> Entry | None:
        """Return what was kept about a report, or None."""
        try:
            data = json.loads((self.get_folder(report_id) / ENTRY).read_bytes())
        except FileNotFoundError:
            return None
        return Entry(
            report_id=report_id,
            number=data["number"],
            received_at=clock.parse_time(data["received_at"]),
            members=tuple(
                ListedMember(name, bytes.fromhex(sha256), size)
                for name, sha256, size in data["members"]
            ),
            attempts=data["attempts"],
            lies=tuple(data["lies"]),
        )

    def finish_report(self, report_id: bytes) -> None:
        """Say that all members of a report are durable."""
        write_durably(self.get_folder(report_id) / READY, b"")

    def get_ready_seconds(self, report_id: bytes) -> float:
        """Return for how long all members of a report have been durable."""
        return self.get_seconds_since(self.get_folder(report_id) / READY)

    def get_seconds_since(self, path: Path) -> float:
        """Return for how long a file of the spool has been here."""
        return time.time() - path.stat().st_mtime

    def list_ready(self) -> list[Entry]:
        """Return the reports that wait to be opened, in the order of the gate's numbers."""
        if not self._reports.is_dir():
            return []
        entries = [
            self.read_entry(bytes.fromhex(folder.name))
            for folder in self._reports.iterdir()
            if (folder / READY).exists()
        ]
        return sorted((one for one in entries if one is not None), key=lambda one: one.number)

    def list_unfinished(self) -> list[bytes]:
        """Return the ids of reports that are on their way."""
        if not self._reports.is_dir():
            return []
        folders = [one for one in self._reports.iterdir() if not (one / READY).exists()]
        return [bytes.fromhex(one.name) for one in folders]

    def remove_report(self, report_id: bytes) -> None:
        """Forget a report that is filed and committed; a kill half-way leaves only less of it."""
        write_durably(self._filed / report_id.hex(), b"")
        shutil.rmtree(self.get_folder(report_id), ignore_errors=True)
        sync_folder(self._reports)

    def forget_filed(self, report_id: bytes) -> None:
        """The gate has erased its copy: no need to remember that it was filed."""
        remove_durably(self._filed / report_id.hex())

    def write_message(self, message: ListedMessage, *, sha256: bytes) -> bool:
        """Keep a message; tell whether it was new."""
        path = self._messages / f"{message.number:012d}-{sha256.hex()[:32]}.json"
        if path.exists():
            return False
        data = {
            "ciphertext": encode_base64(message.ciphertext),
            "mailbox_key": encode_base64(message.mailbox_key),
            "number": message.number,
            "previous": message.previous.hex(),
            "received_at": clock.format_time(message.received_at),
            "sequence": message.sequence,
        }
        write_durably(path, json.dumps(data).encode())
        return True

    def list_messages(self) -> list[tuple[Path, ListedMessage]]:
        """Return the messages that wait, in the order of the gate's numbers, with their files."""
        if not self._messages.is_dir():
            return []
        paths = sorted(path for path in self._messages.iterdir() if path.suffix == ".json")
        return [(path, _parse_message(path)) for path in paths]

    def remove_message(self, path: Path) -> None:
        """Forget a message that is in the database."""
        remove_durably(path)

    def count_waiting(self) -> tuple[int, int]:
        """Return how many reports and messages wait to be opened."""
        reports = len(self.list_ready())
        messages = (
            sum(path.suffix == ".json" for path in self._messages.iterdir())
            if self._messages.is_dir()
            else 0
        )
        return reports, messages

    def read_state(self) -> State:
        """Return how the last rounds went."""
        try:
            return State(**json.loads(self._state.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return State()

    def write_state(self, state: State) -> None:
        """Keep how the round goes."""
        write_durably(self._state, json.dumps(asdict(state)).encode())


def _wait(asked: int) -> timedelta:
    """Return how long to wait after a report was asked for again so many times."""
    return timedelta(seconds=min(FIRST_AGAIN_SECONDS * 4 ** min(asked, 8), LAST_AGAIN_SECONDS))


def _parse_message(path: Path) -> ListedMessage:
    data: dict[str, Any] = json.loads(path.read_bytes())
    return ListedMessage(
        number=data["number"],
        mailbox_key=decode_base64(data["mailbox_key"]),
        sequence=data["sequence"],
        previous=bytes.fromhex(data["previous"]),
        ciphertext=decode_base64(data["ciphertext"]),
        received_at=clock.parse_time(data["received_at"]),
    )
