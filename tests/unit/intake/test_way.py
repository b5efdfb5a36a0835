"""The desk reaches the gate through a SOCKS5 proxy, on a circuit of its own for each purpose.

The proxy is a real one on loopback: handshake of RFC 1928 and 1929, then bytes both ways.
"""

import contextlib
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.intake import way
from aigaq.intake.errors import GateError
from aigaq.intake.gate_client import GateClient, read_public
from aigaq.intake.way import DESK, FETCH, STRANGER, find_proxy

ORIGIN = "http://gate.invalid"
DOMAIN = 3


@dataclass
class Asked:
    """One connection that the proxy was asked for."""

    user: str
    password: str
    kind: int
    host: str
    port: int


@dataclass
class SocksProxy:
    """Leads every connection to ``gate_port``, whatever name it was asked for."""

    gate_port: int
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections, at once: a thread that waits for one would take it still."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as coming:
            version, count = coming.read(2)
            methods = coming.read(count)
            if version != 5 or 2 not in methods:
                return
            line.sendall(b"\x05\x02")
            if coming.read(1) != b"\x01":
                return
            user = coming.read(coming.read(1)[0]).decode()
            password = coming.read(coming.read(1)[0]).decode()
            line.sendall(b"\x01\x00")
            _, command, _, kind = coming.read(4)
            if command != 1 or kind != DOMAIN:
                return
            host = coming.read(coming.read(1)[0]).decode()
            (port,) = struct.unpack(">H", coming.read(2))
            self.asked.append(Asked(user, password, kind, host, port))
            with socket.create_connection(("127.0.0.1", self.gate_port)) as gate:
                line.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                threading.Thread(target=_carry, args=(gate, line), daemon=True).start()
                while data := coming.read1(65_536):
                    gate.sendall(data)


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


class Gate(BaseHTTPRequestHandler):
    """Answers every question with the same few bytes, and a nonce."""

    def do_GET(self) -> None:
        body = b'{"unread":[]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Aigaq-Nonce", "A" * 43 + "=")
        self.send_header("Aigaq-Expiry", "4102444800")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def gate_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy(gate_port: int) -> Iterator[SocksProxy]:
    running = SocksProxy(gate_port)
    yield running
    with contextlib.suppress(OSError):
        running.close()


@pytest.fixture
def named(proxy: SocksProxy, monkeypatch: pytest.MonkeyPatch) -> SocksProxy:
    monkeypatch.setenv("AIGAQ_PROXY", f"socks5://127.0.0.1:{proxy.port}")
    return proxy


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGAQ_PROXY", raising=False)


def publish(*, origin: str = ORIGIN, purpose: str = DESK) -> None:
    key = Ed25519PrivateKey.generate()
    with GateClient(origin=origin, team_id=bytes(16), key=key, purpose=purpose) as client:
        client.publish_card(card=b"{}")


def test_a_named_proxy_gets_the_name_and_resolves_it_itself(named: SocksProxy) -> None:
    assert read_public(origin=ORIGIN, path="/card") == b'{"unread":[]}'

    assert [(one.kind, one.host, one.port) for one in named.asked] == [(DOMAIN, "gate.invalid", 80)]


def test_each_purpose_has_a_circuit_of_its_own_and_keeps_it(named: SocksProxy) -> None:
    for _ in range(2):
        with pytest.raises(GateError):
            publish(purpose=DESK)
        with pytest.raises(GateError):
            publish(purpose=FETCH)
        read_public(origin=ORIGIN, path="/card")

    circuits = {(one.user, one.password) for one in named.asked}
    assert {user for user, _ in circuits} == {"aigaq-desk", "aigaq-fetch", "aigaq-stranger"}
    assert len(circuits) == 3
    assert len({password for _, password in circuits}) == 3


def test_the_stranger_is_another_one_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = way._Passwords()
    first = passwords.get(STRANGER)
    desk = passwords.get(DESK)
    assert passwords.get(STRANGER) == first

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + way.STRANGER_SECONDS + 1)
    assert passwords.get(STRANGER) != first
    assert passwords.get(DESK) == desk


def test_nothing_goes_straight_while_the_named_proxy_does_not_answer(
    gate_port: int, named: SocksProxy
) -> None:
    named.close()
    with pytest.raises(GateError) as caught:
        read_public(origin=f"http://127.0.0.1:{gate_port}", path="/card")
    assert caught.value.code == "gate.unreachable"


def test_a_program_that_speaks_no_socks_is_a_gate_that_does_not_answer(
    gate_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGAQ_PROXY", f"socks5://127.0.0.1:{gate_port}")
    with pytest.raises(GateError) as caught:
        read_public(origin=ORIGIN, path="/card", timeout_seconds=5.0)
    assert caught.value.code == "gate.unreachable"


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:9050",
        "http://127.0.0.1:9050",
        "socks5://user:word@127.0.0.1:9050",
        "socks5://127.0.0.1",
        "socks5://127.0.0.1:0",
        "socks5://127.0.0.1:99999",
        "socks5://127.0.0.1:9050/more",
    ],
)
def test_a_setting_that_names_no_proxy_is_refused_and_nothing_goes_straight(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGAQ_PROXY", text)
    with pytest.raises(GateError) as caught:
        find_proxy(origin=ORIGIN, purpose=DESK)
    assert caught.value.code == "gate.bad_proxy"


def test_a_tor_at_its_usual_port_is_used_by_itself_but_not_for_this_computer(
    proxy: SocksProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way, "TOR", ("127.0.0.1", proxy.port))

    found = find_proxy(origin="https://example.org", purpose=STRANGER)
    assert found is not None
    assert (found.port, found.user) == (proxy.port, "aigaq-stranger")
    for origin in ("http://127.0.0.1:8470", "http://localhost:8470", "http://[::1]:8470"):
        assert find_proxy(origin=origin, purpose=STRANGER) is None
    monkeypatch.setenv("AIGAQ_PROXY", "none")
    assert find_proxy(origin="https://example.org", purpose=STRANGER) is None


def test_another_program_at_that_port_is_not_taken_for_tor(
    gate_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(way, "TOR", ("127.0.0.1", gate_port))
    assert find_proxy(origin="https://example.org", purpose=DESK) is None


def test_the_desk_does_not_start_with_a_setting_that_names_no_proxy(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("aigaq")), "desk", "serve"],
        env={"AIGAQ_HOME": str(tmp_path), "AIGAQ_PROXY": "tor", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "gate.bad_proxy" in done.stderr
