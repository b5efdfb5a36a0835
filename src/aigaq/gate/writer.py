"""One thread that writes, with group commit: whatever waits goes into one transaction.

What `Writer.run` returns from is durable. A caller that goes away changes nothing: its job was
queued, runs, and is committed. A *job* is a function of the connection. It may refuse by raising an
`AigaqError`; what it wrote before is kept (a used nonce, for instance), so a job checks first and
writes then. Any other exception takes its own transaction back and nobody else's: the batch is
rolled back and each of its jobs runs again, alone. So a job may run twice, and must hold no state.

Reports come often, so a *group job* does all of its kind in a batch at once: it gets the list of
their arguments and returns, for each, a result or the `AigaqError` that refuses it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from aigaq.errors import AigaqError
from aigaq.gate.database import STORAGE_ERRORS, storage_error
from aigaq.gate.errors import GateError

A = TypeVar("A")
T = TypeVar("T")
Job = Callable[[Connection], T]
GroupJob = Callable[[Connection, Sequence[A]], Sequence[T | AigaqError]]

_LARGEST_BATCH = 256
_FEW = 2
# A busy writer waits for so long without a new job, and in all, before it begins.
_GATHER_SECONDS = 0.005
_LONGEST_GATHER_SECONDS = 0.03
_log = logging.getLogger("aigaq.gate")


@dataclass(frozen=True)
class _Waiting:
    job: GroupJob[Any, Any]
    argument: Any
    delivery: "_Delivery"


class _Delivery(Protocol):
    """Where the outcome of a job goes: into a future of some thread, or of an event loop."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None: ...

    def set(self, outcome: Any) -> None:
        """Set a result, or an `AigaqError` as exception; nobody may be waiting any more."""


class _ToThread:
    loop = None

    def __init__(self) -> None:
        self.future: Future[Any] = Future()

    def set(self, outcome: Any) -> None:
        if isinstance(outcome, AigaqError):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class _ToLoop:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()

    def set(self, outcome: Any) -> None:
        if self.future.done():  # The client went away.
            return
        if isinstance(outcome, AigaqError):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Writer:
    """The writer thread of one process. Two processes take turns by SQLite's own lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was queued, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    def submit(self, job: Job[T]) -> "Future[T]":
        """Queue ``job``; the future holds its result once it is durable. For other threads."""
        delivery = _ToThread()
        self._queue.put(_Waiting(_run_each, job, delivery))
        return delivery.future

    async def run(self, job: Job[T]) -> T:
        """Run ``job`` and return its result after the commit.

        Raises what the job raises, ``gate.full`` or ``gate.storage_failed``.
        """
        return await self.run_in_group(_run_each, job)

    async def run_in_group(self, job: GroupJob[A, T], argument: A) -> T:
        """Run ``job`` over ``argument`` and those that wait beside it; return its own result."""
        delivery = _ToLoop()
        self._queue.put(_Waiting(job, argument, delivery))
        result: T = await delivery.future
        return result

    def _work(self) -> None:
        is_busy = False
        while (first := self._queue.get()) is not None:
            if is_busy:
                self._wait_for_others()
            batch = [first]
            is_last = False
            while len(batch) < _LARGEST_BATCH and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    is_last = True
                    break
                batch.append(following)
            is_busy = len(batch) > _FEW
            self._commit(batch)
            if is_last:
                return

    def _wait_for_others(self) -> None:
        """Wait until no more jobs come, or too long: one commit for all is cheaper than many."""
        until = time.monotonic() + _LONGEST_GATHER_SECONDS
        waiting = -1
        while waiting < self._queue.qsize() < _LARGEST_BATCH and time.monotonic() < until:
            waiting = self._queue.qsize()
            time.sleep(_GATHER_SECONDS)

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            results = self._run_together(batch)
        except Exception as error:
            if len(batch) == 1:
                _deliver([(batch[0], _public(error))])
                return
            for waiting in batch:
                self._commit([waiting])
            return
        _deliver(results)

    def _run_together(self, batch: list[_Waiting]) -> list[tuple[_Waiting, Any]]:
        groups: dict[GroupJob[Any, Any], list[_Waiting]] = {}
        for waiting in batch:
            groups.setdefault(waiting.job, []).append(waiting)
        results: list[tuple[_Waiting, Any]] = []
        with self._engine.begin() as connection:
            for job, group in groups.items():
                answers = job(connection, [waiting.argument for waiting in group])
                results += zip(group, answers, strict=True)
        return results


def _run_each(connection: Connection, jobs: Sequence[Job[Any]]) -> Sequence[Any]:
    """Run jobs that have no group, one after the other."""
    results: list[Any] = []
    for job in jobs:
        try:
            results.append(job(connection))
        except AigaqError as refused:
            results.append(refused)
    return results


def _deliver(outcomes: Sequence[tuple[_Waiting, Any]]) -> None:
    """Hand out what a commit made durable, waking each event loop once."""
    of_loops: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Any]]] = {}
    for waiting, outcome in outcomes:
        if waiting.delivery.loop is None:
            waiting.delivery.set(outcome)
        else:
            of_loops.setdefault(waiting.delivery.loop, []).append((waiting, outcome))
    for loop, pairs in of_loops.items():
        with suppress(RuntimeError):  # The loop was closed: nobody waits, and all is durable.
            loop.call_soon_threadsafe(_set_all, pairs)


def _set_all(pairs: Sequence[tuple[_Waiting, Any]]) -> None:
    for waiting, outcome in pairs:
        waiting.delivery.set(outcome)


def _public(error: Exception) -> AigaqError:
    if isinstance(error, STORAGE_ERRORS):
        return storage_error(error)
    # The kind alone: a message could quote what a client sent.
    _log.error("gate.internal %s", type(error).__name__)
    return GateError("gate.internal")
