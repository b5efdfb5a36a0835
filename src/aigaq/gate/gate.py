"""What every route of the gate works with, made once a process and passed on: no globals.

Blocking work has two pools of threads: database reads, and files. A slow disk that holds up
uploads does not hold up a mailbox.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from aigaq.clock import Clock, now
from aigaq.gate.bodies import Line
from aigaq.gate.cards import Cards
from aigaq.gate.database import READERS, open_readers, open_writer
from aigaq.gate.errors import GateError
from aigaq.gate.item_files import ItemFiles
from aigaq.gate.nonces import Nonces
from aigaq.gate.sealed_names import seal_all_names
from aigaq.gate.settings import Settings
from aigaq.gate.static_bundle import Bundle
from aigaq.gate.writer import Job, Writer

T = TypeVar("T")
_FILE_THREADS = 16


#: What the desk needs to empty a full gate. Measured by tests/faults/test_gate_crashes.py: at worst
#: a write-ahead log that grows from nothing to its 16 MiB, half a MiB of tombstones, and 2 MiB of
#: texts that came while the free space was last looked at; the rest is for a slower look.
ERASING_BYTES = 24 * 1024 * 1024


@dataclass(frozen=True)
class Gate:
    """The storage, keys and files of one running gate."""

    settings: Settings
    writer: Writer
    readers: Engine
    files: ItemFiles
    cards: Cards
    nonces: Nonces
    bundle: Bundle
    read_threads: ThreadPoolExecutor
    file_threads: ThreadPoolExecutor
    clock: Clock = now
    # The parts that this process is taking at the moment, by the id of their upload.
    lines: dict[str, Line] = field(default_factory=dict)
    # Held while one large body is in memory.
    large_bodies: asyncio.Lock = field(default_factory=asyncio.Lock)

    def now(self) -> datetime:
        """Return the gate's time."""
        return self.clock()

    def now_seconds(self) -> int:
        """Return the gate's time in whole Unix seconds."""
        return int(self.clock().timestamp())

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` on a reading connection, in a thread."""

        def run() -> T:
            with self.readers.connect() as connection:
                return query(connection)

        return await self.on_reading_thread(run)

    async def on_reading_thread(self, work: Callable[[], T]) -> T:
        """Run short blocking work, such as sealing an answer, away from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.read_threads, work)

    async def on_disk(self, work: Callable[[], T]) -> T:
        """Run blocking file work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.file_threads, work)

    async def write(self, job: Job[T]) -> T:
        """Run a writing job; what it returns is durable."""
        return await self.writer.run(job)

    def check_space_for_upload(self, size: int) -> None:
        """Raise ``gate.full`` if ``size`` more bytes would touch the reserve for texts."""
        kept = self.settings.reserve_bytes + ERASING_BYTES
        if self.files.free_bytes() - size < kept:
            raise GateError("gate.full")

    def check_space_for_text(self, size: int) -> None:
        """Raise ``gate.full`` if ``size`` bytes would touch what erasing itself needs."""
        kept = self.settings.reserve_bytes // 4 + ERASING_BYTES
        if self.files.free_bytes() - size < kept:
            raise GateError("gate.full")


def open_gate(settings: Settings) -> Gate:
    """Open storage, card and bundle, and start the writer. Raises `AigaqError` if one is wrong."""
    writing = open_writer(settings.database)
    writer = Writer(writing)
    with writing.begin() as connection:
        nonces = Nonces.load(connection)
        cards = Cards.load(settings, connection=connection)
        seal_all_names(connection, cards=cards)
    writer.start()
    return Gate(
        settings=settings,
        writer=writer,
        readers=open_readers(settings.database),
        files=ItemFiles(settings.items),
        cards=cards,
        nonces=nonces,
        bundle=Bundle.load(settings.bundle),
        read_threads=ThreadPoolExecutor(READERS, thread_name_prefix="read"),
        file_threads=ThreadPoolExecutor(_FILE_THREADS, thread_name_prefix="file"),
    )


def close_gate(gate: Gate) -> None:
    """Finish what is queued and close everything."""
    gate.writer.stop()
    gate.read_threads.shutdown()
    gate.file_threads.shutdown()
    gate.readers.dispose()
