"""Clean-up: what expired goes, however much it is, and nothing acknowledged goes with it."""

import asyncio
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select
from tests.gatehouse import Organisation, Parcel, mailbox_keys, seal, write_files

from aigaq.clock import now
from aigaq.gate import janitor
from aigaq.gate.gate import Gate, close_gate, open_gate
from aigaq.gate.reports import parse_envelope, receive_report
from aigaq.gate.settings import Settings
from aigaq.gate.tables import items, uploads


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.found(port=1)


@pytest.fixture
def gate(organisation: Organisation, tmp_path: Path) -> Iterator[Gate]:
    write_files(organisation, folder=tmp_path)
    settings = Settings(
        card=tmp_path / "card.json",
        root_key=organisation.root_public,
        log_key=tmp_path / "log.key",
        data=tmp_path / "data",
        bundle=tmp_path / "bundle",
        reserve_bytes=0,
    )
    settings.items.mkdir(parents=True)
    # A day and an hour after whatever these tests upload.
    opened = replace(open_gate(settings), clock=lambda: now() + timedelta(hours=25))
    yield opened
    close_gate(opened)


def upload(gate: Gate, parcel: Parcel) -> None:
    """Bring the one item of ``parcel`` as a finished upload of long ago."""
    name = secrets.token_urlsafe(32)
    part = gate.files.open_part(name, offset=0)
    part.write(parcel.items["item-0000.age"])
    part.sync()
    row = {
        "id": name,
        "draft": parcel.draft,
        "member": "item-0000.age",
        "length": part.size,
        "sha256": part.sha256(),
        "created_at": int(now().timestamp()),
    }
    part.close()
    gate.writer.submit(lambda connection: connection.execute(insert(uploads), row)).result()


def wait_for(queued: int, gate: Gate) -> None:
    while gate.writer._queue.qsize() < queued:
        time.sleep(0.01)


def test_the_file_of_a_report_that_came_while_uploads_expired_stays(
    gate: Gate, organisation: Organisation
) -> None:
    parcel = seal(organisation, mailbox_keys(), items=[("a.jpg", b"fictional" * 100)])
    upload(gate, parcel)
    envelope = parse_envelope(parcel.body, team_id=organisation.card.team_id)
    busy, go_on = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        busy.set()
        go_on.wait(30)

    gate.writer.submit(hold)
    assert busy.wait(30)  # From here on what is queued keeps its order.
    report = threading.Thread(
        target=lambda: asyncio.run(receive_report(gate, envelope=envelope, draft=parcel.draft))
    )
    report.start()
    wait_for(1, gate)
    cleaning = threading.Thread(target=janitor.clean, args=(gate,))
    cleaning.start()
    wait_for(2, gate)
    go_on.set()
    report.join()
    cleaning.join()
    with gate.readers.connect() as connection:
        files = connection.scalars(select(items.c.file)).all()
    assert [gate.files.path(file).read_bytes() for file in files] == list(parcel.items.values())


def test_any_number_of_uploads_expires(gate: Gate) -> None:
    many, of_one_statement = 1_700, 999
    made_at = int(now().timestamp())

    def begin(connection: Connection) -> None:
        # SQLite takes so many values at once; a build may allow 250,000, which are made as easily.
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, of_one_statement)
        rows = [
            {
                "id": f"{number:043d}",
                "draft": number.to_bytes(32, "big"),
                "member": "item-0000.age",
                "length": 1,
                "created_at": made_at,
            }
            for number in range(many)
        ]
        connection.execute(insert(uploads), rows)

    gate.writer.submit(begin).result()
    janitor.clean(gate)
    with gate.readers.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(uploads)) == 0
