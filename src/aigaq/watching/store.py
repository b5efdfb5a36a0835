"""What a watcher keeps of one log beside its head: how far it read, its alarms, its history.

    state.json      how far, and when (`State`)
    leaves          the leaf hash of each entry that was read, 32 bytes each, in order
    history.jsonl   one line for each new head and each alarm
    alarms/<time>-<code>-<mark>/   alarm.json, and the files that show it

A write is durable before the next step begins. Times are RFC 3339.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aigaq.blobs import sync_folder, write_durably
from aigaq.clock import format_time, parse_time
from aigaq.tlog import Tile, TileTree
from aigaq.tlog.hashing import HASH_BYTES, hash_level
from aigaq.tlog.tiles import WIDTH

#: A log that errs in ever new ways does not fill the disk of who watches it. The bound is one of
#: each code, so that no cheap alarm stands in the way of another.
MAXIMUM_OF_A_CODE = 32
#: What contradicts a head that was proven takes the log's key, and is kept each time.
UNBOUNDED = frozenset({"log.forked", "log.rolled_back"})


@dataclass(frozen=True)
class Alarm:
    """What a watcher saw that must not be. ``folder`` holds the files that show it."""

    code: str
    at: datetime
    details: Mapping[str, str]
    folder: Path


@dataclass(frozen=True)
class State:
    """How far a watcher is. ``code`` is why the last round brought nothing, or None."""

    size: int = 0
    root: str = ""
    #: When the newest head was first seen, and in how many answers since.
    head_at: str | None = None
    answers: int = 0
    answered_at: str | None = None
    looked_at: str | None = None
    code: str | None = None
    read: int = 0
    #: Since when the head was answered and its entries were not, and in how many rounds.
    withheld_at: str | None = None
    withheld: int = 0
    #: So long and so often that it is an alarm; a witness signs nothing then.
    is_withholding: bool = False
    cosigned: int = 0
    cosigned_at: str | None = None
    #: SHA-256 of each card and bundle manifest that the log names.
    listed: dict[str, list[str]] = field(default_factory=dict)
    #: ``kind:SHA-256`` of what the gate serves and the log does not name, and since when.
    unlisted: dict[str, str] = field(default_factory=dict)
    pages_at: str | None = None


class Leaves:
    """The leaf hashes of a log from its first entry on, each proven when it was read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data) // HASH_BYTES

    def find(self, leaf: bytes) -> int | None:
        """Return the first index of ``leaf``."""
        at = self._data.find(leaf)
        while at >= 0 and at % HASH_BYTES:
            at = self._data.find(leaf, at + 1)
        return at // HASH_BYTES if at >= 0 else None

    def list_first(self, size: int) -> list[bytes]:
        """Return the leaf hashes of the first ``size`` entries, as far as they were read."""
        end = min(size, self.size) * HASH_BYTES
        return [self._data[at : at + HASH_BYTES] for at in range(0, end, HASH_BYTES)]

    def tree(self, *, size: int) -> TileTree:
        """Return the tree of the first ``size`` entries: any proof, and nobody is asked for it."""
        return TileTree(size=size, read=self._build_tile)

    def _build_tile(self, tile: Tile) -> bytes:
        span = WIDTH**tile.level
        first = tile.index * WIDTH * span
        return b"".join(
            self._root_of(first + number * span, count=span) for number in range(tile.width)
        )

    def _root_of(self, first: int, *, count: int) -> bytes:
        part = self._data[first * HASH_BYTES : (first + count) * HASH_BYTES]
        row = [part[at : at + HASH_BYTES] for at in range(0, len(part), HASH_BYTES)]
        while len(row) > 1:
            row = hash_level(row)
        return row[0]


class Store:
    """The folder of one watched log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state = folder / "state.json"
        self._leaves = folder / "leaves"
        self._history = folder / "history.jsonl"
        self._alarms = folder / "alarms"

    def create(self) -> None:
        """Make the folders, closed to others."""
        for folder in (self.folder, self._alarms):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read_state(self) -> State:
        """Return how far the watcher is."""
        try:
            return State(**json.loads(self._state.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return State()

    def write_state(self, state: State) -> None:
        """Keep how far the watcher is."""
        write_durably(self._state, json.dumps(asdict(state), sort_keys=True).encode())

    def add_leaves(self, leaves: list[bytes], *, start: int) -> None:
        """Keep leaf hashes from index ``start`` on; what a killed round left behind it goes."""
        descriptor = os.open(self._leaves, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(start * HASH_BYTES)
            file.seek(start * HASH_BYTES)
            file.write(b"".join(leaves))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.folder)

    def read_leaves(self) -> "Leaves":
        """Return the leaf hashes of the entries that were read."""
        size = self.read_state().read
        data = self._leaves.read_bytes() if size else b""
        return Leaves(data[: size * HASH_BYTES])

    def raise_alarm(
        self,
        code: str,
        *,
        at: datetime,
        mark: str,
        details: Mapping[str, str],
        files: Mapping[str, bytes],
    ) -> Alarm | None:
        """Keep an alarm with its files; None if the same (``mark``) was raised before.

        None too if there are as many of this code as are kept.
        """
        digest = hashlib.sha256(f"{code} {mark}".encode()).hexdigest()[:16]
        known = [one.name for one in self._alarms.iterdir() if f"-{code}-" in one.name]
        if any(name.endswith(f"-{digest}") for name in known):
            return None
        if len(known) >= MAXIMUM_OF_A_CODE and code not in UNBOUNDED:
            return None
        folder = self._alarms / f"{at:%Y%m%dT%H%M%SZ}-{code}-{digest}"
        unfinished = self._alarms / f".{digest}"
        unfinished.mkdir(mode=0o700, exist_ok=True)
        facts = {"at": format_time(at), "code": code, "details": dict(sorted(details.items()))}
        for name, data in {**files, "alarm.json": json.dumps(facts).encode()}.items():
            write_durably(unfinished / name, data)
        unfinished.rename(folder)
        sync_folder(self._alarms)
        self.add_history({"at": format_time(at), "code": code, **details})
        return Alarm(code, at, details, folder)

    def list_alarms(self) -> list[Alarm]:
        """Return all alarms, the oldest first."""
        try:
            folders = sorted(one for one in self._alarms.iterdir() if one.name[0] != ".")
        except FileNotFoundError:
            return []
        return [_read_alarm(one) for one in folders]

    def add_history(self, line: Mapping[str, Any]) -> None:
        """Append one line to the history."""
        with self._history.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read_history(self) -> list[dict[str, Any]]:
        """Return the history, the oldest first; a line that a kill cut short is left out."""
        try:
            lines = self._history.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        read = []
        for line in lines:
            try:
                read.append(json.loads(line))
            except ValueError:
                continue
        return read


def _read_alarm(folder: Path) -> Alarm:
    facts = json.loads((folder / "alarm.json").read_bytes())
    return Alarm(facts["code"], parse_time(facts["at"]), facts["details"], folder)
