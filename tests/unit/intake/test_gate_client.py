"""What a false gate may answer: nothing of it holds the desk up or fills its memory."""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.errors import AigaqError
from aigaq.intake.gate_client import GateClient

NONCE = "A" * 43 + "="


@contextmanager
def false_gate(
    *,
    nonce: bytes,
    answer: bytes = b"{}",
    headers: dict[str, str] | None = None,
    drip_seconds: float = 0.0,
    grace_seconds: float = 60.0,
) -> Iterator[GateClient]:
    """Give a client of a gate that answers like this; a drip is one byte after each so long."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.answer(nonce)

        def do_GET(self) -> None:
            self.answer(answer)

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                if drip_seconds:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        time.sleep(drip_seconds)
                else:
                    self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield GateClient(
            origin=f"http://127.0.0.1:{server.server_port}",
            team_id=bytes(16),
            key=Ed25519PrivateKey.generate(),
            grace_seconds=grace_seconds,
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def list_reports(client: GateClient) -> str:
    """Ask for the list; return the code of what was refused."""
    with client, pytest.raises(AigaqError) as caught:
        client.list_reports(after=0)
    return caught.value.code


def test_an_endless_nonce_is_not_read_to_its_end() -> None:
    with false_gate(nonce=b'{"nonce":"' + b"A" * 50_000_000) as client:
        assert list_reports(client) == "gate.bad_answer"


def test_a_gate_that_drips_its_answer_is_left_though_each_byte_comes_in_time() -> None:
    nonce = b'{"nonce":"' + b"A" * 1_000
    began = time.monotonic()
    with false_gate(nonce=nonce, drip_seconds=0.05, grace_seconds=1.0) as client:
        assert list_reports(client) == "gate.too_slow"
    assert time.monotonic() - began < 20


def test_a_slow_line_that_keeps_the_pace_is_waited_for() -> None:
    nonce = f'{{"expires_at":2000000000,"nonce":"{NONCE}"}}'.encode()
    answer = b'{"reports":[]}' + b" " * 60_000
    with false_gate(nonce=nonce, answer=answer, grace_seconds=5.0) as client, client:
        assert client.list_reports(after=0) == []


def test_half_a_letter_is_a_bad_answer_and_no_crash() -> None:
    nonce = f'{{"expires_at":2000000000,"nonce":"{NONCE}"}}'.encode()
    listed = b'{"reports":[{"commitment":"\\ud800","id":"","mailbox_key":"","members":[],'
    listed += b'"number":1,"received_at":"\\ud800"}]}'
    with false_gate(nonce=nonce, answer=listed) as client:
        assert list_reports(client) == "gate.bad_answer"


def test_an_expiry_that_no_signature_can_hold_is_not_carried_on() -> None:
    nonce = f'{{"expires_at":2000000000,"nonce":"{NONCE}"}}'.encode()
    headers = {"Aigaq-Nonce": NONCE, "Aigaq-Expiry": str(2**64)}
    with false_gate(nonce=nonce, answer=b'{"reports":1}', headers=headers) as client, client:
        for _time in range(2):
            with pytest.raises(AigaqError) as caught:
                client.list_reports(after=0)
            assert caught.value.code == "gate.bad_answer"


def test_a_small_text_cannot_become_a_large_memory() -> None:
    nonce = f'{{"expires_at":2000000000,"nonce":"{NONCE}"}}'.encode()
    listed = b'{"reports":[' + b"{}," * 2_000_000 + b"{}]}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with false_gate(nonce=nonce, answer=listed) as client:
        assert list_reports(client) == "gate.bad_answer"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_the_longest_list_that_an_honest_gate_gives_is_read() -> None:
    nonce = f'{{"expires_at":2000000000,"nonce":"{NONCE}"}}'.encode()
    member = f'{{"name":"item-0000.age","sha256":"{"0" * 64}","size":8589934591}}'
    members = ",".join([member] * 10_003)
    report = (
        f'{{"commitment":"{"0" * 64}","id":"{"0" * 64}","mailbox_key":"{NONCE}",'
        f'"members":[{members}],"number":1,"received_at":"2026-05-04T09:00:00Z"}}'
    )
    listed = f'{{"reports":[{",".join([report] * 20)}]}}'.encode()
    with false_gate(nonce=nonce, answer=listed) as client, client:
        assert len(client.list_reports(after=0)) == 20
