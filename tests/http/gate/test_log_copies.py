"""A gate whose log folder and database are not of one moment, or whose workers die, or lied to."""

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, Phone, RunningGate, free_port

from aigaq.sealing.witnessing import build_cosigner
from aigaq.tlog import (
    Checkpoint,
    Cosigner,
    Ed25519Verifier,
    Note,
    SignatureLine,
    TileTree,
    add_signatures,
    check_log,
    open_checkpoint,
    read_tile,
)

DESK = Cosigner(name="desk.example/cosigner", seed=bytes(32))
DATABASE = ("gate.sqlite3", "gate.sqlite3-wal", "gate.sqlite3-shm")


@pytest.fixture
def make_gate(tmp_path: Path) -> Iterator[Callable[..., RunningGate]]:
    made: list[RunningGate] = []

    def make(*options: str) -> RunningGate:
        port = free_port()
        cosigner = build_cosigner(
            name=DESK.name, verifier_keys=tuple(map(str, DESK.keys)), is_independent=False
        )
        organisation = Organisation.found(
            port=port, batch=4, interval_seconds=1, cosigners=(cosigner,)
        )
        gate = RunningGate(organisation, folder=tmp_path, port=port, options=options)
        made.append(gate)
        gate.start()
        return gate

    yield make
    for gate in made:
        gate.stop()


def log_verifier(gate: RunningGate) -> Ed25519Verifier:
    card = gate.organisation.card
    return Ed25519Verifier(card.log_origin, card.log_key)


def head_of(gate: RunningGate) -> Checkpoint:
    data = (gate.data / "log/checkpoint").read_bytes()
    origin = gate.organisation.card.log_origin
    return open_checkpoint(data, origin=origin, verifiers=[log_verifier(gate)]).checkpoint


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def wait_for_size(gate: RunningGate, size: int) -> Checkpoint:
    wait_until(lambda: (gate.data / "log/checkpoint").exists() and head_of(gate).size >= size)
    return head_of(gate)


def wait_for_line(gate: RunningGate, line: str) -> None:
    wait_until(lambda: line in gate.log.read_text())


def copy_database(gate: RunningGate, folder: Path) -> None:
    folder.mkdir()
    with (
        closing(sqlite3.connect(gate.data / "gate.sqlite3")) as source,
        closing(sqlite3.connect(folder / "gate.sqlite3")) as target,
    ):
        source.backup(target)


def test_an_older_copy_of_the_folder_stops_the_log_and_is_not_signed_on(
    make_gate: Callable[..., RunningGate], tmp_path: Path
) -> None:
    gate = make_gate()
    wait_for_size(gate, 6)
    gate.stop()
    shutil.copytree(gate.data / "log", tmp_path / "older")
    gate.start()
    wait_for_size(gate, head_of(gate).size + 8)
    gate.stop()
    shutil.rmtree(gate.data / "log")
    shutil.copytree(tmp_path / "older", gate.data / "log")
    before = head_of(gate)
    gate.start()
    wait_for_line(gate, "gate.log_stopped log.rolled_back")
    assert head_of(gate) == before


def test_a_folder_that_is_gone_is_not_begun_anew(make_gate: Callable[..., RunningGate]) -> None:
    gate = make_gate()
    wait_for_size(gate, 6)
    gate.stop()
    shutil.rmtree(gate.data / "log")
    gate.start()
    wait_for_line(gate, "gate.log_stopped log.rolled_back")
    assert not (gate.data / "log/checkpoint").exists()
    assert httpx.get(f"{gate.origin}/log/checkpoint").status_code == 404


def test_a_database_older_than_the_folder_stops_the_log(
    make_gate: Callable[..., RunningGate], tmp_path: Path
) -> None:
    """Going on would give places that are taken: a report with a promise would get none."""
    gate = make_gate()
    wait_for_size(gate, 6)
    gate.stop()
    copy_database(gate, tmp_path / "older")
    gate.start()
    wait_for_size(gate, head_of(gate).size + 8)
    gate.stop()
    for name in DATABASE:
        (gate.data / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "older/gate.sqlite3", gate.data / "gate.sqlite3")
    before = head_of(gate)
    gate.start()
    wait_for_line(gate, "gate.log_stopped log.database_older")
    assert head_of(gate) == before


def test_another_worker_goes_on_with_the_log_when_its_writer_dies(
    make_gate: Callable[..., RunningGate],
) -> None:
    gate = make_gate("--workers", "2")
    before = wait_for_size(gate, 6)
    for worker in gate.worker_pids()[1:]:
        os.kill(worker, signal.SIGKILL)
        wait_for_size(gate, head_of(gate).size + 8)
    gate.stop()
    origin, folder = gate.organisation.card.log_origin, gate.data / "log"
    checked = check_log(folder, origin=origin, verifiers=[log_verifier(gate)])
    tree = TileTree(size=checked.checkpoint.size, read=lambda tile: read_tile(folder, tile))
    assert tree.root_at(before.size) == before.root


def test_a_tile_of_a_size_that_was_never_published_is_not_there(
    make_gate: Callable[..., RunningGate],
) -> None:
    gate = make_gate()
    wait_for_size(gate, 6)
    assert httpx.get(f"{gate.origin}/log/tile/0/000.p/6").status_code == 200
    assert httpx.get(f"{gate.origin}/log/tile/0/000.p/5").status_code == 404


def test_a_failure_that_goes_on_is_told_once(make_gate: Callable[..., RunningGate]) -> None:
    gate = make_gate()
    wait_for_size(gate, 6)
    gate.stop()
    (gate.data / "log/checkpoint").write_bytes(b"not a note\n")
    gate.start()
    wait_for_line(gate, "gate.log_stopped note.bad_form")
    time.sleep(3)
    assert gate.log.read_text().count("gate.log_stopped") == 1


def test_a_line_that_looks_like_the_logs_own_does_not_spoil_what_is_served(
    make_gate: Callable[..., RunningGate],
) -> None:
    """Anyone has the desk's cosignature, and can send it again with a line of the same key id."""
    gate = make_gate()
    wait_for_size(gate, 6)
    verifiers = [log_verifier(gate)]
    origin = gate.organisation.card.log_origin
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        answer = client.get("/log/checkpoint").content
        signed = open_checkpoint(answer, origin=origin, verifiers=verifiers)
        lines = DESK.cosign(signed.checkpoint, at=1_800_000_000)
        alike = SignatureLine("stranger.example", verifiers[0].key_id, bytes(64))
        note = Note(signed.note.text, (alike, *signed.note.signatures[:1]))
        sent = client.post("/log/cosignatures", content=add_signatures(note, lines).encode())
        assert sent.json() == {"taken": 2}
        served = client.get("/log/cosigned").content
    assert open_checkpoint(served, origin=origin, verifiers=verifiers).checkpoint.size >= 6


def test_the_gate_keeps_no_cosignatures_that_nobody_asks_for(
    make_gate: Callable[..., RunningGate],
) -> None:
    gate = make_gate()
    size = 0
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        phone = Phone(client, gate.organisation)
        for _ in range(3):
            size = wait_for_size(gate, size + 1).size
            data = client.get("/log/checkpoint").content
            origin = gate.organisation.card.log_origin
            signed = open_checkpoint(data, origin=origin, verifiers=[log_verifier(gate)])
            lines = DESK.cosign(signed.checkpoint, at=1_800_000_000)
            cosigned = add_signatures(signed.note, lines).encode()
            assert phone.client.post("/log/cosignatures", content=cosigned).status_code == 200
    with closing(sqlite3.connect(gate.data / "gate.sqlite3")) as database:
        (sizes,) = database.execute("SELECT count(DISTINCT size) FROM cosignatures").fetchone()
    assert sizes == 1
