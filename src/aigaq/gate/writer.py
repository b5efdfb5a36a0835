"""One thread that writes, with group commit: whatever waits goes into one transaction.

What `Writer.run` returns from is durable. A caller that goes away changes nothing: its job was
queued, runs, and is committed. A *job* is a function of the connection. It may refuse by raising an
`AigaqError`; what it wrote before is kept (a used nonce, for instance), so a job checks first and
writes then. Any other exception takes its own transaction back and nobody else's: the batch is
rolled back and each of its jobs runs again, alone. So a job may run twice, and must hold no state.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from aigaq.errors import AigaqError
from aigaq.gate.database import storage_error
from aigaq.gate.errors import GateError

T = TypeVar("T")
Job = Callable[[Connection], T]

_LARGEST_BATCH = 256
_log = logging.getLogger("aigaq.gate")


@dataclass(frozen=True)
class _Waiting:
    job: Job[Any]
    answer: "Future[Any]"


@dataclass(frozen=True)
class _Refusal:
    error: AigaqError


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
        """Queue ``job``; the future holds its result once it is durable."""
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()  # From here on nobody can cancel it.
        self._queue.put(_Waiting(job, answer))
        return answer

    async def run(self, job: Job[T]) -> T:
        """Run ``job`` and return its result after the commit.

        Raises what the job raises, ``gate.full`` or ``gate.storage_failed``.
        """
        return await asyncio.wrap_future(self.submit(job))

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            is_last = False
            while len(batch) < _LARGEST_BATCH and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    is_last = True
                    break
                batch.append(following)
            self._commit(batch)
            if is_last:
                return

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            results = self._run_together(batch)
        except Exception as error:
            if len(batch) == 1:
                batch[0].answer.set_exception(_public(error))
                return
            for waiting in batch:
                self._commit([waiting])
            return
        for waiting, result in zip(batch, results, strict=True):
            if isinstance(result, _Refusal):
                waiting.answer.set_exception(result.error)
            else:
                waiting.answer.set_result(result)

    def _run_together(self, batch: list[_Waiting]) -> list[Any]:
        results: list[Any] = []
        with self._engine.begin() as connection:
            for waiting in batch:
                try:
                    results.append(waiting.job(connection))
                except AigaqError as refused:
                    results.append(_Refusal(refused))
        return results


def _public(error: Exception) -> AigaqError:
    if isinstance(error, DBAPIError):
        return storage_error(error)
    # The kind alone: a message could quote what a client sent.
    _log.error("gate.internal %s", type(error).__name__)
    return GateError("gate.internal")
