"""Clean-up: what expired, and files that belong to nothing.

Runs once before a gate begins to serve and then once an hour, in whichever worker holds the
janitor's lock. Nothing that was acknowledged is ever removed here: a file is removed only when no
row names it, and rows are made before their files.
"""

import fcntl
import logging
import os
import threading
from contextlib import closing
from functools import partial

from sqlalchemy import Connection, delete, select, union_all

from aigaq.gate.database import shrink_log
from aigaq.gate.gate import Gate
from aigaq.gate.nonces import forget_expired_nonces
from aigaq.gate.residue import find_mark, forget_mark, write_anew
from aigaq.gate.tables import items, uploads
from aigaq.gate.uploads import list_expired

CLEAN_EVERY_SECONDS = 3_600
_NONCES_EVERY_SECONDS = 60
_FORGOTTEN_AT_ONCE = 500
_log = logging.getLogger("aigaq.gate")


def clean(gate: Gate) -> None:
    """Remove expired uploads, files without a row and expired nonces."""
    now_seconds = gate.now_seconds()
    gate.writer.submit(
        lambda connection: forget_expired_nonces(connection, now_seconds=now_seconds)
    ).result()
    with gate.readers.connect() as connection:
        expired = list_expired(connection, gate=gate, now_seconds=now_seconds)
    # Few at a time, so that nobody waits long, and however many somebody made.
    for start in range(0, len(expired), _FORGOTTEN_AT_ONCE):
        _forget_uploads(gate, expired[start : start + _FORGOTTEN_AT_ONCE])
    gate.files.remove(list_orphans(gate))
    _sweep_database(gate)


def _sweep_database(gate: Gate) -> None:
    """Leave nothing of erased rows in the database's files."""
    path = gate.settings.database
    with gate.readers.connect() as connection:
        mark = find_mark(connection)
    if mark is not None and write_anew(path, free_bytes=gate.files.free_bytes()):
        gate.writer.submit(partial(forget_mark, mark=mark)).result()
    shrink_log(path)


def _forget_uploads(gate: Gate, expired: list[str]) -> None:
    """Remove these uploads, but not the file of one that a report took since they were listed."""

    def forget(connection: Connection) -> list[str]:
        of_expired = delete(uploads).where(uploads.c.id.in_(expired))
        return list(connection.scalars(of_expired.returning(uploads.c.id)))

    gate.files.remove(gate.writer.submit(forget).result())


def list_orphans(gate: Gate) -> list[str]:
    """Return the names of files that belong to no upload and no report."""
    # The names first: what has a file by now has its row, too.
    names = gate.files.list_names()
    with gate.readers.connect() as connection:
        named = union_all(select(uploads.c.id), select(items.c.file))
        known = set(connection.scalars(named))
    return [name for name in names if name not in known]


class Janitor:
    """The thread that keeps one worker's cards fresh, and cleans if no other worker does."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="janitor", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        lock = self._gate.settings.data / "janitor.lock"
        with closing(_Lock(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))) as held:
            second = 0
            while not self._stopped.wait(1):
                second += 1
                try:
                    self._do(second, held)
                except Exception as error:
                    _log.error("gate.clean_up_failed %s", type(error).__name__)

    def _do(self, second: int, held: "_Lock") -> None:
        gate = self._gate
        with gate.readers.connect() as connection:
            gate.cards.refresh(connection)
        if second % _NONCES_EVERY_SECONDS == 0 and held.take():
            now_seconds = gate.now_seconds()
            gate.writer.submit(
                lambda connection: forget_expired_nonces(connection, now_seconds=now_seconds)
            ).result()
        if second % CLEAN_EVERY_SECONDS == 0 and held.take():
            clean(gate)


class _Lock:
    """A file lock that is kept until this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def take(self) -> bool:
        """Tell whether this process has the lock now."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let the lock go."""
        os.close(self._descriptor)
