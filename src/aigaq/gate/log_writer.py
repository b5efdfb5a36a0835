"""The log's own thread: one batch an interval, durable, and never two writers.

The worker that holds the log folder's lock writes; the others look whether it is free once a
second. Order (``spec/log.md``, "One writer, durable"): places in the database, tiles, checkpoint.
A restart publishes first what has its place. What fails is logged as its kind, once, and tried
again a second later, except a log that is not what it was: a folder older than the database
(``log.rolled_back``), a database older than the folder (``log.database_older``), other bytes than
there must be (``log.forked``, ``log.wrong_root``). That stops it, and a person must look: going on
would give a place twice, or none to a report that has a promise. The folder of a log whose key was
retired is put aside, and nothing is written into it any more.
"""

import hashlib
import logging
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from aigaq.blobs import sync_folder
from aigaq.gate.gate import Gate
from aigaq.gate.log_batches import (
    Pace,
    count_places,
    count_published,
    forget_published,
    list_unpublished,
    queue_entry,
    sequence_batch,
)
from aigaq.gate.log_cosigners import CosignerCaller
from aigaq.gate.static_bundle import MANIFEST
from aigaq.gate.writer import Job
from aigaq.sealing.log_entries import build_public
from aigaq.tlog import Checkpoint, LogWriter, TlogError, read_checkpoint
from aigaq.tlog.writer import CHECKPOINT

_TICK_SECONDS = 1.0
_FATAL = {"log.database_older", "log.forked", "log.rolled_back", "log.wrong_root"}
T = TypeVar("T")
_log = logging.getLogger("aigaq.gate")


class GateLog:
    """The thread that grows the log, in whichever worker has its folder."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._next_at = 0
        self._told = ""
        self._cosigners = CosignerCaller(gate)

    def start(self) -> None:
        """Begin."""
        self._cosigners.start()
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being published."""
        self._stopped.set()
        self._thread.join()
        self._cosigners.stop()

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._open() as log:
                    self._write(log)
            except TlogError as error:
                if error.code != "log.already_open":
                    self._tell(f"gate.log_stopped {error.code}")
                if error.code in _FATAL:
                    return
            except Exception as error:
                self._tell(f"gate.log_failed {type(error).__name__}")
            self._stopped.wait(_TICK_SECONDS)

    def _tell(self, what: str) -> None:
        """Write a line into the error log, once for as long as it goes on."""
        if what != self._told:
            _log.error(what)
        self._told = what

    def _open(self) -> LogWriter:
        cards = self._gate.cards
        _put_aside_retired(self._gate.settings.log, origin=cards.current.card.log_origin)
        with self._gate.readers.connect() as connection:
            known_size = count_published(connection)
        return LogWriter(
            self._gate.settings.log,
            origin=cards.current.card.log_origin,
            key=cards.log_key,
            known_size=known_size,
        )

    def _write(self, log: LogWriter) -> None:
        self._publish(log)
        while True:
            now = self._gate.now_seconds()
            # A clock that was set back must not silence the log until it has caught up.
            pace = Pace.of(self._gate.cards.current.card)
            if now >= self._next_at or self._next_at > now + pace.interval_seconds:
                self._queue_public()
                self._in_writer(partial(sequence_batch, pace=pace, now_seconds=now))
                self._next_at = now + pace.interval_seconds
                self._publish(log)
            if self._stopped.wait(_TICK_SECONDS):
                return

    def _publish(self, log: LogWriter) -> Checkpoint:
        start = log.checkpoint.size
        with self._gate.readers.connect() as connection:
            if count_places(connection) < start:
                raise TlogError("log.database_older", size=start)
            entries = list_unpublished(connection, since=start)
        known = [entry for entry in entries if entry is not None]
        if len(known) < len(entries):  # Published once, not in this folder: an older copy of it.
            raise TlogError("log.rolled_back", size=start)
        checkpoint = log.append(known, start=start)
        self._in_writer(lambda connection: forget_published(connection, size=checkpoint.size))
        self._told = ""
        if checkpoint.size > start:
            self._cosigners.wake()
        return checkpoint

    def _queue_public(self) -> None:
        """Put the card and the bundle's manifest on record, each version once."""
        card = self._gate.cards.current.signed.decode("utf-8")
        manifest = self._gate.bundle.get_asset(MANIFEST).plain.decode("utf-8")
        entries = [
            build_public(kind="card", text=card),
            build_public(kind="bundle_manifest", text=manifest),
        ]

        now = self._gate.now_seconds()

        def queue(connection: Connection) -> None:
            for entry in entries:
                queue_entry(connection, entry, is_public=True, now_seconds=now)

        self._in_writer(queue)

    def _in_writer(self, job: Job[T]) -> T:
        return self._gate.writer.submit(job).result()


def _put_aside_retired(folder: Path, *, origin: str) -> None:
    """Rename the folder of a log of another name than ``origin``, once; its files stay."""
    with suppress(FileNotFoundError):
        other = read_checkpoint((folder / CHECKPOINT).read_bytes()).checkpoint.origin
        if other != origin:
            mark = hashlib.sha256(other.encode("utf-8")).hexdigest()[:16]
            folder.rename(folder.with_name(f"{folder.name}-{mark}"))
            sync_folder(folder.parent)
