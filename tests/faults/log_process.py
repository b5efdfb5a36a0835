"""A log that grows as the gate's does, in processes that a test kills between two system calls.

``python -m tests.faults.log_process FOLDER`` reads one line for each run: how many batches. It
forks a process for it, which stops itself, so that strace takes hold of it before its first call,
and prints that process's id; when the process is over, how it ended. What the process does are the
gate's own steps in the gate's own order: places in the database, tiles, checkpoint, forgetting. A
failure is met as `aigaq.gate.log_writer` meets it: the log is opened anew.
"""

import ctypes
import hashlib
import os
import signal
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, insert, text

from aigaq.gate.database import STORAGE_ERRORS, open_writer
from aigaq.gate.log_batches import (
    Pace,
    count_places,
    count_published,
    forget_published,
    list_unpublished,
    queue_entry,
    sequence_batch,
)
from aigaq.gate.tables import commitments
from aigaq.sealing.log_entries import build_public
from aigaq.tlog import LogWriter

ORIGIN = "gate.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
# Wide enough that every few batches a tile becomes full.
PACE = Pace(interval_seconds=600, batch=48, maximum_delay_seconds=86_400)
NOW = 1_800_000_000
_PR_SET_PTRACER = 0x59616D61
_MOST_TRIES = 20


def commitment(number: int) -> bytes:
    """Return the commitment that is queued as the ``number``-th."""
    return hashlib.sha256(f"a fictional report {number}".encode()).digest()


def grow(folder: Path, *, batches: int) -> None:
    """Publish what has its place, then ``batches`` more, whatever the disk says in between."""
    done = 0
    for _ in range(_MOST_TRIES):
        try:
            engine = open_writer(folder / "gate.sqlite3")
            try:
                with engine.begin() as connection:
                    known = count_published(connection)
                with LogWriter(folder / "log", origin=ORIGIN, key=KEY, known_size=known) as log:
                    _publish(engine, log)
                    while done < batches:
                        with engine.begin() as connection:
                            _queue(connection)
                        with engine.begin() as connection:
                            sequence_batch(connection, pace=PACE, now_seconds=NOW)
                        done += 1
                        _publish(engine, log)
                    return
            finally:
                engine.dispose()
        except (OSError, *STORAGE_ERRORS):
            continue
    raise SystemExit(3)


def _queue(connection: Connection) -> None:
    """Let a few reports come, and a card."""
    last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'commitments'"))
    first = (last or 0) + 1
    rows = [
        {"commitment": commitment(number), "queued_at": NOW}
        for number in range(first, first + 3 + first % 5)
    ]
    connection.execute(insert(commitments), rows)
    if first % 3 == 0:
        card = build_public(kind="card", text=f"card {first}")
        queue_entry(connection, card, is_public=True, now_seconds=0)


def _publish(engine: Engine, log: LogWriter) -> None:
    start = log.checkpoint.size
    with engine.begin() as connection:
        assert count_places(connection) >= start, "the log is ahead of the database"
        entries = list_unpublished(connection, since=start)
    known = [entry for entry in entries if entry is not None]
    assert len(known) == len(entries), "what was forgotten is not in the folder"
    checkpoint = log.append(known, start=start)
    with engine.begin() as connection:
        forget_published(connection, size=checkpoint.size)


def main() -> None:
    """Fork a process for each line."""
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(2**64 - 1), 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            code = 3
            try:
                grow(folder, batches=int(line))
                code = 0
            except BaseException as error:
                print(type(error).__name__, error, file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
