"""The gate asks a cosigner over the network: `aigaq cosign --serve`, as a process of its own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import brotli
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation, RunningGate, free_port

from aigaq.sealing.card import build_card
from aigaq.tlog import CosignerVerifier, open_note, parse_note
from aigaq.watching.seeds import describe_cosigner, open_seed_file

INTERVAL = 1


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[RunningGate, Path]]:
    """Give a gate whose card names a cosigner with an address, and the cosigner's seed file."""
    port, partner_port = free_port(), free_port()
    seed = tmp_path / "partner.seed"
    listed = describe_cosigner(
        open_seed_file(seed, name="partner.example/aigaq"),
        is_independent=True,
        url=f"http://127.0.0.1:{partner_port}",
    )
    organisation = Organisation.found(
        port=port, batch=4, interval_seconds=INTERVAL, cosigners=(listed,), version=2
    )
    gate = RunningGate(organisation, folder=tmp_path / "gate", port=port)
    gate.start()
    yield gate, seed
    gate.stop()


@pytest.fixture
def partner(asked: tuple[RunningGate, Path], tmp_path: Path) -> Iterator[None]:
    """Run the cosigner."""
    gate, seed = asked
    card = tmp_path / "card.json"
    card.write_bytes(gate.organisation.signed_card())
    with answering(gate, seed=seed, card=card):
        yield


@contextmanager
def answering(gate: RunningGate, *, seed: Path, card: Path) -> Iterator[None]:
    """Run a cosigner that was given ``card``."""
    address = gate.organisation.card.cosigners[0]["url"].removeprefix("http://")
    command = [str(Path(sys.executable).with_name("aigaq")), "cosign"]
    command += [
        "--log",
        f"{gate.origin}/log",
        "--card",
        str(card),
        "--seed",
        str(seed),
        "--serve",
        address,
    ]
    process = subprocess.Popen(command, env=os.environ.copy())
    for _ in range(200):
        try:
            httpx.get(f"http://{address}/", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.05)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def read_cosigned(gate: RunningGate) -> bytes | None:
    answer = httpx.get(f"{gate.origin}/log/cosigned", trust_env=False)
    return answer.content if answer.status_code == 200 else None


def wait_for_size(gate: RunningGate, *, above: int) -> bytes:
    for _ in range(600):
        note = read_cosigned(gate)
        if note is not None and int(note.split(b"\n")[1]) > above:
            return note
        time.sleep(0.1)
    raise AssertionError("the cosigner has not signed")


@pytest.mark.usefixtures("partner")
def test_a_cosigner_with_an_address_is_asked_after_each_publication(
    asked: tuple[RunningGate, Path],
) -> None:
    gate, seed = asked
    keys = [CosignerVerifier(key) for key in open_seed_file(seed).keys]
    note = wait_for_size(gate, above=0)
    assert len(open_note(parse_note(note), verifiers=keys)) == 2
    size = int(note.split(b"\n")[1])
    wait_for_size(gate, above=size)
    gate.stop()  # A gate that forgot what the cosigner knows asks again from there.
    gate.start()
    wait_for_size(gate, above=size + 4)


def test_a_cosigner_that_does_not_answer_holds_up_nothing(
    asked: tuple[RunningGate, Path],
) -> None:
    gate, _seed = asked
    sizes = []
    for _ in range(3):
        text = httpx.get(f"{gate.origin}/log/checkpoint", trust_env=False).text
        sizes.append(int(text.split("\n")[1]) if text.count("\n") > 2 else 0)
        time.sleep(2.5)
    assert sizes[0] < sizes[1] < sizes[2]
    assert read_cosigned(gate) is None


class Packed(BaseHTTPRequestHandler):
    """A cosigner whose answer is small on the line and large when it is unpacked."""

    answer = b""
    asked_for: ClassVar[list[str | None]] = []

    def do_POST(self) -> None:
        self.asked_for.append(self.headers["accept-encoding"])
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-encoding", "br")
        self.send_header("content-length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def peak_mib(pid: int) -> int:
    (line,) = [
        one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in one
    ]
    return int(line.split()[1]) // 1024


def test_an_answer_is_limited_as_it_is_on_the_line(asked: tuple[RunningGate, Path]) -> None:
    gate, _seed = asked
    port = int(gate.organisation.card.cosigners[0]["url"].rpartition(":")[2])
    Packed.answer = brotli.compress(bytes(256 << 20), quality=2)
    assert len(Packed.answer) < 64 * 1024
    with HTTPServer(("127.0.0.1", port), Packed) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        for _ in range(200):
            if len(Packed.asked_for) > 2:
                break
            time.sleep(0.1)
        server.shutdown()
        thread.join()
    assert len(Packed.asked_for) > 2
    assert set(Packed.asked_for) == {"identity"}
    assert max(map(peak_mib, gate.worker_pids())) < 250


def test_a_cosigner_that_answers_follows_the_card_to_a_new_key_of_the_log(
    asked: tuple[RunningGate, Path], tmp_path: Path
) -> None:
    """It is given an older card, with another log key, and finds the newer one at the gate."""
    gate, seed = asked
    older = replace(
        gate.organisation.card,
        version=1,
        log_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw(),
    )
    card = tmp_path / "card.json"
    card.write_bytes(build_card(older, root_key=gate.organisation.root))
    with answering(gate, seed=seed, card=card):
        wait_for_size(gate, above=0)
