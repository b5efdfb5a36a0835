"""The writer thread: group commit that no client and no failing job can break."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import DBAPIError

from aigaq.errors import AigaqError
from aigaq.gate.database import open_writer, storage_error
from aigaq.gate.errors import GateError
from aigaq.gate.tables import tombstones
from aigaq.gate.writer import Writer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_writer(tmp_path / "gate.sqlite3")
    yield opened
    opened.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    started = Writer(engine)
    started.start()
    yield started
    started.stop()


def add(number: int) -> Callable[[Connection], int]:
    def job(connection: Connection) -> int:
        row = {"id": number.to_bytes(32, "big"), "received_at": number}
        connection.execute(insert(tombstones), row)
        return number

    return job


def break_down(connection: Connection) -> None:
    connection.execute(insert(tombstones), {"id": bytes(32), "received_at": 0})
    raise RuntimeError("a mistake of ours")


def refuse(_connection: Connection) -> None:
    raise GateError("gate.not_found")


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(tombstones)) or 0


def test_a_job_that_breaks_takes_back_its_own_writes_and_nobody_elses(engine: Engine) -> None:
    writer = Writer(engine)
    # Queued before the thread starts, so that all are one batch.
    futures = [writer.submit(add(number)) for number in (1, 2)]
    broken = writer.submit(break_down)
    refused = writer.submit(refuse)
    futures.append(writer.submit(add(3)))
    writer.start()
    assert [future.result() for future in futures] == [1, 2, 3]
    for future, code in ((broken, "gate.internal"), (refused, "gate.not_found")):
        with pytest.raises(AigaqError) as error:
            future.result()
        assert error.value.code == code
    writer.stop()
    assert count(engine) == 3


def test_a_caller_that_goes_away_loses_neither_its_write_nor_the_thread(
    writer: Writer, engine: Engine
) -> None:
    async def scenario() -> int:
        leaving = [asyncio.create_task(writer.run(add(n))) for n in range(1, 30)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        return await writer.run(add(99))

    assert asyncio.run(scenario()) == 99
    assert count(engine) == 30


def test_an_event_loop_that_was_closed_does_not_stop_the_writer(
    writer: Writer, engine: Engine
) -> None:
    async def leave() -> None:
        task = asyncio.create_task(writer.run(add(1)))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    assert writer.submit(add(2)).result() == 2
    assert count(engine) == 2


def test_those_who_come_together_are_done_together(engine: Engine) -> None:
    sizes: list[int] = []

    def together(_connection: Connection, numbers: Sequence[int]) -> list[int | AigaqError]:
        sizes.append(len(numbers))
        return [n * 2 if n % 2 else GateError("gate.not_found") for n in numbers]

    async def scenario() -> list[object]:
        writer = Writer(engine)
        tasks = [asyncio.create_task(writer.run_in_group(together, n)) for n in range(10)]
        await asyncio.sleep(0)
        writer.start()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        writer.stop()
        return list(results)

    results = asyncio.run(scenario())
    assert sizes == [10]
    assert [one for one in results if isinstance(one, int)] == [2, 6, 10, 14, 18]
    assert sum(isinstance(one, GateError) for one in results) == 5


def test_a_disk_that_fails_at_the_begin_is_called_what_it_is(
    writer: Writer, engine: Engine
) -> None:
    writer.submit(add(1)).result(30)
    reading = sqlite3.connect(engine.url.database or "")
    try:
        # What BEGIN raises comes without SQLAlchemy's wrapping.
        with pytest.raises(sqlite3.OperationalError) as bare:
            reading.execute("BEGIN IMMEDIATE").execute("BEGIN IMMEDIATE")
    finally:
        reading.close()
    for raised in (bare.value, DBAPIError("BEGIN", None, bare.value)):
        assert storage_error(raised).code == "gate.storage_failed"

    def fail(_connection: Connection) -> None:
        raise bare.value

    with pytest.raises(AigaqError) as told:
        writer.submit(fail).result(30)
    assert told.value.code == "gate.storage_failed"
