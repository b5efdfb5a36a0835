"""A false gate that serves a few public pages, for what the real one would refuse to serve."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serve_public(*, port: int, pages: Mapping[str, bytes]) -> Iterator[None]:
    """Serve ``pages`` by path at a port of this computer; anything else is 404.

    At ``/`` stands the document of ``pages`` in the language that is asked for.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            language = (self.headers["Accept-Language"] or "")[:2]
            self.answer(f"/index.{language}.html" if self.path == "/" else self.path)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(f"/index.{body.removeprefix('language=')}.html")

        def answer(self, path: str) -> None:
            body = pages.get(path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
