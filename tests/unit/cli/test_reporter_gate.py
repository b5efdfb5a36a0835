"""What a hostile gate cannot do to the computer of a reporter who sends from a command line."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import brotli
import httpx
import pytest

from aigaq.intake.reporter_gate import ReporterGate, SendingError
from aigaq.sealing.errors import SealingError
from aigaq.watching.sources import HttpSource

MIB = 1024 * 1024


class EndlessCard(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(64):
                self.wfile.write(bytes(MIB))
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class PackedCard(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        packing = brotli.Compressor(quality=1)
        body = b"".join([packing.process(bytes(MIB)) for _ in range(64)]) + packing.finish()
        self.send_response(200)
        self.send_header("Content-Encoding", "br")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_answer_without_an_end_does_not_fill_the_memory() -> None:
    with serving(EndlessCard) as origin, ReporterGate(origin, tries=1) as gate:
        tracemalloc.start()
        with pytest.raises(SendingError) as refused:
            gate.fetch_card(root_key=bytes(32))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert refused.value.code == "send.bad_answer"
    assert most < 8 * MIB


def test_a_packed_answer_is_not_unpacked() -> None:
    with serving(PackedCard) as origin, ReporterGate(origin, tries=1) as gate:
        tracemalloc.start()
        with pytest.raises(SealingError) as refused:
            gate.fetch_card(root_key=bytes(32))
        with httpx.Client(base_url=origin, trust_env=False, verify=False) as http:
            seen = HttpSource(http).get("/card", limit=MIB)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert refused.value.code == "card.bad_form"
    assert seen is not None
    assert len(seen) < MIB // 8
    assert most < 8 * MIB
