"""The look at the gate as a stranger: what a phone gets is compared, and no answer fills memory."""

import gzip
import hashlib
import json
import resource
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import brotli
import pytest

from aigaq.core.home import Home
from aigaq.intake.errors import GateError
from aigaq.intake.gate_client import read_public
from aigaq.intake.locked_files import LockedFiles
from aigaq.intake.public_watch import STAMPED, watch_public
from aigaq.intake.shapes import WatchState

CARD = b"the card of a test"
PAGES = {language: f"<html lang={language}>".encode() * 20 for language in ("kk", "ru", "en")}
FILES = {
    **{f"index.{language}.html": page for language, page in PAGES.items()},
    **{f"index.{language}.html.br": brotli.compress(page) for language, page in PAGES.items()},
}
Change = Callable[[str, str, str], bytes | None]


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest that names exactly these files."""
    listed = [
        {
            "path": path,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "sri": "sha384-" + b64encode(hashlib.sha384(data).digest()).decode(),
        }
        for path, data in sorted(files.items())
    ]
    text = json.dumps({"files": listed, "format": "aigaq/bundle/v1"}, separators=(",", ":"))
    return text.encode() + b"\n"


@contextmanager
def serving(
    *,
    change: Change = lambda method, language, encoding: None,
    encodings: tuple[str, ...] = ("br",),
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve card, manifest, files and documents; ``change`` may give another document."""
    asked: list[dict[str, str]] = []
    plain = {"/card": CARD, "/bundle-manifest.json": manifest_of(FILES)}
    plain |= {f"/{path}": data for path, data in FILES.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({name.lower(): value for name, value in self.headers.items()})
            if self.path == "/":
                self.document("GET", self.headers["Accept-Language"][:2])
            else:
                self.give(plain[self.path])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.document("POST", body.decode().removeprefix("language="))

        def document(self, method: str, language: str) -> None:
            taken = self.headers["Accept-Encoding"].split(", ")
            encoding = next((one for one in encodings if one in taken), "")
            data = change(method, language, encoding)
            data = PAGES[language] if data is None else data
            pack = {"br": brotli.compress, "gzip": gzip.compress}.get(encoding, bytes)
            self.give(pack(data), encoding=encoding)

        def give(self, data: bytes, *, encoding: str = "") -> None:
            self.send_response(200)
            if encoding:
                self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def look(origin: str, *, folder: Path) -> WatchState:
    """Let a desk whose pages are `FILES` look at a gate; return what it saw of the bundle."""
    home = Home(folder)
    home.create()
    (home.locked / STAMPED).write_bytes(manifest_of(FILES))
    files = cast(LockedFiles, SimpleNamespace(gate_origin=origin, card_bytes=CARD))
    watch = watch_public(home, files=files)
    assert watch.card.state == "same"
    return watch.bundle


@pytest.mark.parametrize("encodings", [("br",), ("gzip",), ()])
def test_the_documents_are_what_a_phone_gets(tmp_path: Path, encodings: tuple[str, ...]) -> None:
    with serving(encodings=encodings) as (origin, _asked):
        assert look(origin, folder=tmp_path).state == "same"


@pytest.mark.parametrize("encodings", [("br",), ("gzip",), ()])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_false_document_at_the_first_address_is_noticed_behind_true_files(
    tmp_path: Path, method: str, encodings: tuple[str, ...]
) -> None:
    def change(how: str, language: str, _encoding: str) -> bytes | None:
        return b"<script>steal()</script>" if (how, language) == (method, "kk") else None

    with serving(change=change, encodings=encodings) as (origin, _asked):
        seen = look(origin, folder=tmp_path)
    assert (seen.state, seen.differences) == ("different", (f"{method} / kk",))


def test_the_stranger_says_of_itself_what_a_phone_says(tmp_path: Path) -> None:
    with serving() as (origin, asked):
        look(origin, folder=tmp_path)
    assert asked
    assert all(one["user-agent"].startswith("Mozilla/5.0 (Linux; Android") for one in asked)
    assert "gzip, deflate, br" in {one["accept-encoding"] for one in asked}


def build_bomb(packed: str) -> bytes:
    """Return few bytes that unpack to 256 MiB of zeros, made without holding those."""
    block = bytes(1 << 20)
    if packed == "br":
        brotlied: Any = brotli.Compressor(quality=1)
        return b"".join([brotlied.process(block) for _ in range(256)]) + cast(
            bytes, brotlied.finish()
        )
    zipped = zlib.compressobj(wbits=31)
    return b"".join([zipped.compress(block) for _ in range(256)]) + zipped.flush()


@pytest.mark.parametrize("packed", ["br", "gzip"])
def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_unpacked(packed: str) -> None:
    bomb = build_bomb(packed)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", packed)
            self.send_header("Content-Length", str(len(bomb)))
            self.end_headers()
            self.wfile.write(bomb)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with pytest.raises(GateError) as caught:
            read_public(origin=f"http://127.0.0.1:{server.server_port}", path="/card")
    finally:
        server.shutdown()
        server.server_close()
    assert caught.value.code == "gate.bad_answer"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
