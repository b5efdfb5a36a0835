"""P2 at the second place: a full disk is said, nothing is called safe, and nothing is lost."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from tests.conftest import Founding
from tests.flows.stage import GateProcess, Reporter

from aigaq.intake import fetching, keeping, selectors, tasks

pytestmark = pytest.mark.faults

NewReporter = Callable[[], Reporter]
MIB = 1024 * 1024


@pytest.fixture
def small_stick(founding: Founding, tmp_path: Path) -> Iterator[Path]:
    """Choose a file system as second place that has 6 MiB beyond two copies of the database.

    The tests before may have left it large.
    """
    if os.geteuid() != 0:
        pytest.fail("this test mounts a small tmpfs and needs root")
    folder = tmp_path / "stick"
    folder.mkdir()
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        (size,) = cursor.fetchone()
    room = f"size={2 * size + 6 * MIB}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", room, "tmpfs", str(folder)], check=True)
    keeping.set_second_place(actor=founding.founder, folder=folder)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def work() -> None:
    fetching.pull_round()
    tasks.work_until_nothing_waits()


def hold(reporter: Reporter, *, megabytes: int) -> None:
    item = ("a.bin", "application/octet-stream", os.urandom(megabytes * MIB))
    reporter.tell(items=(item,))


def count_items(gate: GateProcess) -> int:
    return sum(path.is_file() for path in (gate.folder / "data" / "items").rglob("*"))


def test_a_full_second_place_is_said_and_loses_nothing(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess, small_stick: Path
) -> None:
    small, large = new_reporter(), new_reporter()
    hold(small, megabytes=1)
    work()
    place = selectors.get_second_place(actor=founding.founder)
    assert (place.state, place.code) == ("fine", None)
    assert [one.kind for one in small.read()] == ["filing_receipt", "safe"]
    copied = (small_stick / "desk.db").read_bytes()

    hold(large, megabytes=12)
    work()
    place = selectors.get_second_place(actor=founding.founder)
    assert (place.state, place.code, place.waiting_reports) == ("failed", "second_place.full", 1)
    rows = selectors.list_inbox(actor=founding.founder).rows
    assert sorted((one.register_number, one.is_safe) for one in rows) == [(1, True), (2, False)]
    assert [one.kind for one in large.read()] == ["filing_receipt"]
    assert count_items(gate) == 1, "the gate keeps its copy"
    assert (small_stick / "desk.db").read_bytes() == copied, "the last whole copy is there"

    subprocess.run(["mount", "-o", "remount,size=256m", str(small_stick)], check=True)
    work()
    place = selectors.get_second_place(actor=founding.founder)
    assert (place.state, place.code, place.waiting_reports) == ("fine", None, 0)
    assert [one.kind for one in large.read()] == ["safe"]
    assert count_items(gate) == 0
