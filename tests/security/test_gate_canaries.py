"""P1: a gate that is seized or copied holds no word of what a report says.

Random canaries stand in an answer, in the content of a file and in its name. They are sealed in
another process, sent, and read by the desk; then the memory of every process of the gate
(/proc/PID/mem), the database, every file and the temporary folders are searched, in plain, as
UTF-16, hex and base64. The test proves itself: samples of ciphertext and the public mailbox key are
found where they must be.
"""

import base64
import ctypes
import json
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, Phone, RunningGate, free_port

ROOT = Path(__file__).parents[2]
BLOCK_BYTES = 1 << 20
PAGE_BYTES = 4_096
PR_CAPBSET_DROP, CAP_SYS_PTRACE = 24, 19
# Seals and sends in a process of its own, so that no canary comes near the gate but by the line.
PHONE = """
import json, sys, httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation, Phone, mailbox_keys, seal
from aigaq.sealing.card import parse_card
from aigaq.sealing.messages import Message, build_message
task = json.load(sys.stdin)
root = bytes.fromhex(task["root"])
with httpx.Client(base_url=task["origin"], timeout=60, verify=False) as client:
    card = parse_card(client.get("/card").content, root_key=root)
    class Known:
        pass
    known = Known()
    known.card = card
    phone = Phone(client, known)
    keys = mailbox_keys()
    content = (task["content"] * 3000).encode()
    parcel = seal(known, keys, answer=task["answer"], items=[(task["name"], content)] * 3)
    assert phone.send(parcel).status_code == 201
    assert phone.mailbox(keys).promises
    data = parcel.items["item-0001.age"]
    print(json.dumps({"sample": data[5000:5064].hex(), "mailbox_key": keys.public_key.hex(),
                      "report_id": parcel.report_id.hex(), "body": parcel.body[3000:3064].hex()}))
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[RunningGate]:
    port = free_port()
    running = RunningGate(
        Organisation.found(port=port), folder=tmp_path, port=port, options=["--workers", "2"]
    )
    running.start()
    yield running
    running.stop()


def forms_of(canary: str) -> list[bytes]:
    """Return how ``canary`` could lie in memory or on disk."""
    data = canary.encode()
    encoded = [base64.b64encode(data[shift:])[:24] for shift in range(3)]
    return [data, canary.encode("utf-16-le"), canary.encode("utf-32-le"), data.hex().encode()] + [
        text for text in encoded if len(text) == 24
    ]


def read_memory(pid: int) -> bytes:
    """Return every readable page of a process that holds anything, as its debugger would see it."""
    found: list[bytes] = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *rest = line.split()
            if not rights.startswith("r") or rest[-1:] in (["[vvar]"], ["[vsyscall]"]):
                continue
            at, end = (int(one, 16) for one in span.split("-"))
            while at < end:
                size = min(BLOCK_BYTES, end - at)
                try:
                    memory.seek(at)
                    block = memory.read(size)
                except OSError:  # Mapped beyond the end of its file: there is nothing to read.
                    size, block = PAGE_BYTES, b""
                at += len(block) or size
                if block.count(0) < len(block):
                    found.append(block)
    return b"".join(found)


def files_since(began: float, folders: list[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield every file in ``folders`` that was written since ``began``."""
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= began:
                    yield path, path.read_bytes()
            except OSError:  # Another test's file that went away.
                continue


@pytest.mark.slow
def test_no_word_of_a_report_is_in_memory_on_disk_or_in_a_log_of_the_gate(
    gate: RunningGate,
) -> None:
    began = time.time() - 2
    canaries = {what: f"canary-{what}-{secrets.token_hex(16)}" for what in ("answer", "content")}
    canaries["name"] = f"canary-name-{secrets.token_hex(16)}.jpg"
    task = {
        **canaries,
        "origin": gate.origin,
        "root": gate.organisation.root_public.hex(),
    }
    sent = subprocess.run(
        [sys.executable, "-c", PHONE],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert sent.returncode == 0, sent.stderr
    facts = json.loads(sent.stdout)
    header_canary = f"canary-header-{secrets.token_hex(16)}"
    with httpx.Client(base_url=gate.origin, timeout=60, verify=False) as client:
        phone = Phone(client, gate.organisation)
        for name in ("item-0000.age", "manifest.age"):
            path = f"/api/desk/reports/{facts['report_id']}/{name}"
            assert phone.desk("GET", path).status_code == 200
        assert phone.signed(
            "GET", "/api/time", key=gate.organisation.desk, headers={"user-agent": header_canary}
        )
        processes = gate.worker_pids()
        assert len(processes) == 3
        memory = {pid: read_memory(pid) for pid in processes}
    disk = dict(files_since(0, [gate.data, gate.log.parent]))
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/dev/shm")]
    temporary = dict(files_since(began, places))
    # 1. The search finds what must be there.
    assert any(bytes.fromhex(facts["sample"]) in data for data in disk.values())
    assert any(bytes.fromhex(facts["body"]) in data for data in disk.values())
    assert any(bytes.fromhex(facts["mailbox_key"]) in data for data in memory.values())
    # 2. Not one canary, in any form, anywhere.
    for what, canary in canaries.items():
        for form in forms_of(canary):
            for pid, data in memory.items():
                assert form not in data, f"{what} in the memory of {pid}"
            for place, data in [*disk.items(), *temporary.items()]:
                assert form not in data, f"{what} in {place}"
    # 3. Nor what a browser says of itself, on disk.
    for place, data in disk.items():
        assert header_canary.encode() not in data, place


def test_the_log_of_a_gate_holds_neither_address_nor_path(gate: RunningGate) -> None:
    marker = secrets.token_hex(8)
    with httpx.Client(base_url=gate.origin, verify=False) as client:
        client.get(f"/{marker}", headers={"user-agent": marker, "referer": f"http://{marker}/"})
        client.post("/api/reports", content=marker.encode() * 500)
        client.patch(f"/api/uploads/{marker}", headers={"tus-resumable": "1.0.0"})
    gate.stop()
    text = gate.log.read_text()
    assert marker not in text
    assert "127.0.0.1" not in text


@pytest.mark.slow
def test_a_core_dump_is_not_written_by_itself(gate: RunningGate) -> None:
    for pid in gate.worker_pids():
        limits = Path(f"/proc/{pid}/limits").read_text()
        (line,) = [one for one in limits.splitlines() if one.startswith("Max core file size")]
        assert line.split()[4:6] == ["0", "0"]


def without_tracing(work: Callable[[], None]) -> None:
    """Run ``work``, and what it starts, without the right to read every process's memory."""

    def run() -> None:
        assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) == 0
        work()

    thread = threading.Thread(target=run)  # The right goes with this thread alone.
    thread.start()
    thread.join()


def test_no_program_of_the_same_user_reads_the_memory_of_a_gate(tmp_path: Path) -> None:
    port = free_port()
    gate = RunningGate(Organisation.found(port=port), folder=tmp_path, port=port)
    readable: dict[int, bool] = {}

    def look() -> None:
        gate.start()
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        for pid in (other.pid, *gate.worker_pids()):
            opening = f"open('/proc/{pid}/mem', 'rb')"
            seen = subprocess.run([sys.executable, "-c", opening], capture_output=True)
            readable[pid] = seen.returncode == 0
        other.communicate(b"\n")

    try:
        without_tracing(look)
    finally:
        gate.stop()
    # The search finds what it may: a program that did not shut itself off.
    assert list(readable.values()) == [True, False, False]


@pytest.mark.slow
def test_a_gate_on_a_public_address_does_not_start_beside_a_desk(tmp_path: Path) -> None:
    for place in ("data", "desk"):
        home = tmp_path / place
        (home / place).mkdir(parents=True)
        (home / place / "desk.marker").write_text("A desk lies here.")
        port = free_port()
        refused = RunningGate(
            Organisation.found(port=port),
            folder=home,
            port=port,
            options=["--host", "0.0.0.0"],
        )
        with pytest.raises(AssertionError) as failure:
            refused.start()
        assert "gate.desk_here" in str(failure.value) + refused.log.read_text()
        assert not (refused.data / "gate.sqlite3").exists()
