"""P4 at the log: killed between any two system calls, it is whole and never takes a word back.

A process grows a log with the gate's own steps; strace kills it at one call (before it is done) or
makes one call fail. After each fault the log is opened again, and then: fsck passes; every
checkpoint that was ever readable is a beginning of it; what has its place in the database stands
there in the log; every commitment that was queued is there once. A second test kills a real gate.
`AIGAQ_ROUNDS=small`: 40 faults and 4 kills of the gate, `full`: 560 and 40.
"""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from sqlite3 import connect

import httpx
import pytest
from tests.faults.log_process import KEY, ORIGIN, commitment
from tests.gatehouse import Organisation, Parcel, Phone, RunningGate, free_port, mailbox_keys, seal

from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import (
    Checkpoint,
    Ed25519Verifier,
    TileTree,
    check_log,
    hash_entry,
    open_checkpoint,
    read_tile,
)

pytestmark = pytest.mark.faults

IS_FULL = os.environ.get("AIGAQ_ROUNDS") == "full"
FAULTS = 560 if IS_FULL else 40
FAULTS_A_LOG = 40
KILLS = 40 if IS_FULL else 4
BATCHES = 2
VERIFIER = Ed25519Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
# Every call that changes something on the disk, or makes it durable, as Python and SQLite do.
CALLS = (
    "openat",
    "write",
    "pwrite64",
    "rename",
    "fsync",
    "fdatasync",
    "mkdir",
    "unlink",
    "unlinkat",
    "rmdir",
    "ftruncate",
)
FAILING = ("write", "pwrite64", "rename", "fsync", "fdatasync", "mkdir")
ERRORS = ("ENOSPC", "EIO")
_NEVER = 65_000


class Reader(threading.Thread):
    """Somebody who looks at the checkpoint all the time and forgets none."""

    def __init__(self, folder: Path, *, origin: str, verifier: Ed25519Verifier) -> None:
        super().__init__(daemon=True)
        self._path, self._origin, self._verifier = folder / "checkpoint", origin, verifier
        self._over = threading.Event()
        self._notes: set[bytes] = set()
        self.seen: dict[int, bytes] = {}

    def run(self) -> None:
        while not self._over.wait(0.001):
            with suppress(FileNotFoundError):
                self._notes.add(self._path.read_bytes())

    def stop(self) -> None:
        self._over.set()
        self.join()

    def take(self) -> None:
        """Open what was read; two roots of one size are a fork."""
        with suppress(FileNotFoundError):
            self._notes.add(self._path.read_bytes())
        for note in sorted(self._notes):
            signed = open_checkpoint(note, origin=self._origin, verifiers=[self._verifier])
            remember(self.seen, signed.checkpoint)
        self._notes.clear()


def remember(seen: dict[int, bytes], head: Checkpoint) -> None:
    assert seen.setdefault(head.size, head.root) == head.root, "the log forked"


def check_seen(folder: Path, seen: dict[int, bytes], *, head: Checkpoint) -> None:
    """Check that every checkpoint ever read is a beginning of the log under ``head``."""
    assert max(seen) <= head.size, "the log was rolled back"
    tree = TileTree(size=head.size, read=lambda tile: read_tile(folder, tile))
    assert tree.root() == head.root
    for size, root in seen.items():
        assert tree.root_at(size) == root, "the log forked"


@dataclass
class Trial:
    """A log under faults: its folder, the process that forks its writers, its reader."""

    folder: Path
    nursery: "subprocess.Popen[str]"
    reader: Reader
    fired: Counter[str] = field(default_factory=Counter)

    def run(self, call: str | None, fault: str = "", *, number: int = 1) -> bool:
        """Grow the log once, under a fault if a ``call`` is named; tell whether it happened."""
        lines, into = self.nursery.stdout, self.nursery.stdin
        assert lines is not None
        assert into is not None
        into.write(f"{BATCHES}\n")
        into.flush()
        pid = int(lines.readline())
        if call is None:
            os.kill(pid, signal.SIGCONT)
            assert int(lines.readline()) == 0
            return False
        record = self.folder / "strace.out"
        inject = f"inject={call}:{fault}:when={number}"
        command = ["strace", "-f", "-qq", "-o", str(record), "-e", f"trace={call}", "-e", inject]
        strace = subprocess.Popen([*command, "-p", str(pid)])
        while f"TracerPid:\t{strace.pid}\n" not in Path(f"/proc/{pid}/status").read_text():
            assert strace.poll() is None, "strace could not take hold of the process"
            time.sleep(0.001)
        os.kill(pid, signal.SIGCONT)
        code = int(lines.readline())
        strace.wait(60)
        has_fired = code == -9 if "KILL" in fault else "(INJECTED)" in record.read_text()
        assert code == (-9 if "KILL" in fault and has_fired else 0), (call, fault, number, code)
        self.fired[f"{call} {fault}"] += has_fired
        return has_fired

    def count_calls(self) -> dict[str, int]:
        """Return how often a run without faults makes each call."""
        counts = {}
        for call in CALLS:
            self.run(call, "error=EINVAL", number=_NEVER)
            record = (self.folder / "strace.out").read_text()
            counts[call] = len(re.findall(rf"\b{call}\(", record))
        return counts

    def check(self) -> None:
        """Check what the fault left, and that the next writer goes on from there."""
        self.reader.take()
        log = self.folder / "log"
        if self.reader.seen:
            found = check_log(log, origin=ORIGIN, verifiers=[VERIFIER])
            check_seen(log, self.reader.seen, head=found.checkpoint)
        self.run(None)
        self.reader.take()
        entries: list[bytes] = []
        checked = check_log(
            log,
            origin=ORIGIN,
            verifiers=[VERIFIER],
            on_entry=lambda _index, entry: entries.append(entry),
        )
        assert checked.unpublished == (), "a writer left something behind"
        check_seen(log, self.reader.seen, head=checked.checkpoint)
        self._check_database(entries)

    def _check_database(self, entries: list[bytes]) -> None:
        with closing(connect(self.folder / "gate.sqlite3")) as database:
            places = database.execute('SELECT "index", leaf FROM log_entries ORDER BY 1').fetchall()
            waiting = {one for (one,) in database.execute("SELECT commitment FROM commitments")}
            query = "SELECT seq FROM sqlite_sequence WHERE name = 'commitments'"
            (queued,) = database.execute(query).fetchone()
            (state,) = database.execute("PRAGMA integrity_check").fetchone()
        assert state == "ok"
        assert places == [(at, hash_entry(entry)) for at, entry in enumerate(entries)]
        times = Counter(entry for entry in entries)
        for number in range(1, queued + 1):
            one = commitment(number)
            assert times[build_blinded(one)] + (one in waiting) == 1, "lost or doubled"


@contextmanager
def new_trial() -> Iterator[Trial]:
    """Give an empty log, in memory: a kill leaves what was written, synced or not, on any disk."""
    with tempfile.TemporaryDirectory(prefix="aigaq-log-", dir="/dev/shm") as name:
        folder = Path(name)
        nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.log_process", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        reader = Reader(folder / "log", origin=ORIGIN, verifier=VERIFIER)
        reader.start()
        try:
            yield Trial(folder, nursery, reader)
        finally:
            reader.stop()
            assert nursery.stdin is not None
            assert nursery.stdout is not None
            nursery.stdin.close()
            nursery.stdout.close()
            os.killpg(nursery.pid, signal.SIGKILL)  # A child may still be stopped.
            nursery.wait(60)


def list_faults(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Return every fault that a run can meet, the kinds by turns, each at chance calls."""
    kinds = [(call, "signal=KILL") for call in CALLS]
    kinds += [(call, f"error={error}") for call in FAILING for error in ERRORS]
    faults = []
    for call, fault in kinds:
        numbers = random.sample(range(1, counts[call] + 1), counts[call])
        faults += [(turn, call, fault, number) for turn, number in enumerate(numbers)]
    return [(call, fault, number) for _, call, fault, number in sorted(faults)]


@pytest.mark.timeout(3_600)
def test_a_log_killed_between_any_two_calls_is_whole_and_takes_nothing_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    fired: Counter[str] = Counter()
    checkpoints, began = 0, time.monotonic()
    with new_trial() as trial:
        trial.run(None)
        faults = cycle(list_faults(trial.count_calls()))
    # A new log now and then: the first steps of a log are killed, too, and checks stay short.
    while fired.total() < FAULTS:
        with new_trial() as trial:
            while trial.fired.total() < FAULTS_A_LOG:
                call, fault, number = next(faults)
                if trial.run(call, fault, number=number):
                    trial.check()
            fired += trial.fired
            checkpoints += len(trial.reader.seen)
        with capfd.disabled():
            seconds = time.monotonic() - began
            told = f"{fired.total()} faults, {checkpoints} checkpoints, {seconds:.0f} s"
            print(f"{told}, fsck clean each time", file=sys.stderr, flush=True)
    with capfd.disabled():
        kinds = ", ".join(f"{name} {times}" for name, times in sorted(fired.items()))
        print(kinds, file=sys.stderr, flush=True)
    assert checkpoints >= FAULTS, "too few checkpoints were read to say anything"


@dataclass
class Story:
    """What a gate acknowledged, and the checkpoints that it served."""

    acknowledged: list[Parcel] = field(default_factory=list)
    seen: dict[int, bytes] = field(default_factory=dict)


def make_organisation(port: int) -> Organisation:
    return Organisation.found(port=port, batch=4, interval_seconds=1)


def use_gate(gate: RunningGate, story: Story, *, seconds: float) -> None:
    """Send reports and look at the checkpoint for a while."""
    organisation, until = gate.organisation, time.monotonic() + seconds
    log = log_verifier(organisation)
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        phone = Phone(client, organisation)
        while time.monotonic() < until or not story.seen:
            if random.random() < 0.3:
                parcel = seal(organisation, mailbox_keys())
                assert phone.send(parcel).status_code == 201
                story.acknowledged.append(parcel)
            answer = client.get("/log/checkpoint")
            if answer.status_code == 200:
                origin = organisation.card.log_origin
                signed = open_checkpoint(answer.content, origin=origin, verifiers=[log])
                remember(story.seen, signed.checkpoint)


def log_verifier(organisation: Organisation) -> Ed25519Verifier:
    return Ed25519Verifier(organisation.card.log_origin, organisation.card.log_key)


def check_stopped(gate: RunningGate, story: Story) -> list[bytes]:
    """Check the folder of a gate that is dead; return the entries of its log."""
    entries: list[bytes] = []
    checked = check_log(
        gate.data / "log",
        origin=gate.organisation.card.log_origin,
        verifiers=[log_verifier(gate.organisation)],
        on_entry=lambda _index, entry: entries.append(entry),
    )
    check_seen(gate.data / "log", story.seen, head=checked.checkpoint)
    return entries


@pytest.mark.timeout(1_800)
def test_the_log_of_a_gate_that_is_killed_at_any_instant_goes_on(tmp_path: Path) -> None:
    port = free_port()
    gate = RunningGate(make_organisation(port), folder=tmp_path, port=port)
    story = Story()
    for _ in range(KILLS):
        gate.start()
        use_gate(gate, story, seconds=random.uniform(0.3, 2.5))
        gate.kill()
        check_stopped(gate, story)
    gate.start()
    wait_until_logged(gate, story)
    gate.stop()
    entries = Counter(check_stopped(gate, story))
    for parcel in story.acknowledged:
        assert entries[build_blinded(parcel.commitment)] == 1, "lost or doubled"
    assert len(story.acknowledged) >= KILLS
    assert len(story.seen) >= KILLS


def wait_until_logged(gate: RunningGate, story: Story) -> None:
    """Wait for every acknowledged report: four a second have room, at best."""
    values = [parcel.commitment.hex() for parcel in story.acknowledged]
    end = time.monotonic() + 60 + len(values)
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        phone = Phone(client, gate.organisation)
        for start in range(0, len(values), 500):
            some = {"values": values[start : start + 500]}
            while None in phone.desk("POST", "/api/desk/log/indexes", some).json()["indexes"]:
                assert time.monotonic() < end, "not logged in time"
                time.sleep(0.5)
