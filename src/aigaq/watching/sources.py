"""Where a watched log is read: paths below the gate's origin, as any stranger gets them.

``/log/checkpoint``, ``/log/tile/…``, ``/card``, ``/bundle-manifest.json``, the files that it names
and, as a phone asks for it, the document at ``/``. Nothing that comes back is believed here; each
answer has a limit in bytes, and is taken as it comes: one that is packed could unpack to more than
memory holds.
"""

import time
from typing import Protocol

import httpx

from aigaq.tlog import Tile, TlogError, build_bundle, parse_bundle
from aigaq.tlog.hashing import HASH_BYTES
from aigaq.tlog.tiles import WIDTH
from aigaq.watching.errors import WatchError
from aigaq.watching.phone import PHONE, Asking, Page

TIMEOUT_SECONDS = 30.0
#: One answer may take so long in all, however steadily it drips.
ANSWER_SECONDS = 120.0
MAXIMUM_TILE_BYTES = WIDTH * 65_537
COSIGNATURES = "/log/cosignatures"
UNPACKED = {"Accept-Encoding": "identity"}


class Source(Protocol):
    """A gate as a watcher needs it."""

    def get(self, path: str, *, limit: int) -> bytes | None:
        """Return what lies at ``path``, None for 404. Raises `WatchError`."""

    def read_document(self, asking: Asking, *, limit: int) -> Page | None:
        """Return the reporters' page as a phone gets it, None for 404. Raises `WatchError`."""

    def post_cosignatures(self, note: bytes) -> bool:
        """Hand cosignatures over; tell whether they were taken. Raises `WatchError`."""


class HttpSource:
    """A gate over HTTP. ``post`` is the session that hands over, on a way of its own if wished."""

    def __init__(self, http: httpx.Client, *, post: httpx.Client | None = None) -> None:
        self._http = http
        self._post = post or http

    def get(self, path: str, *, limit: int) -> bytes | None:
        """Return what lies at ``path``, None for 404.

        Raises `WatchError`: ``watch.unreachable``, ``watch.bad_answer`` (another status, too long).
        """
        page = self._ask("GET", path, headers=PHONE | UNPACKED, limit=limit)
        return None if page is None else page.body

    def read_document(self, asking: Asking, *, limit: int) -> Page | None:
        """Return the document at ``/`` packed as it came, None for 404. Raises as `get` does."""
        url = self._http.base_url
        headers = asking.build_headers(origin=f"{url.scheme}://{url.netloc.decode()}")
        return self._ask(asking.method, "/", headers=headers, limit=limit, form=asking.form)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        limit: int,
        form: bytes | None = None,
    ) -> Page | None:
        end = time.monotonic() + ANSWER_SECONDS
        try:
            with self._http.stream(method, path, headers=headers, content=form) as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code != 200:
                    raise WatchError("watch.bad_answer", status=answer.status_code)
                body = bytearray()
                for piece in answer.iter_raw():
                    body += piece
                    if len(body) > limit or time.monotonic() > end:
                        raise WatchError("watch.bad_answer")
                return Page(answer.headers.get("Content-Encoding", ""), bytes(body))
        except httpx.HTTPError:
            raise WatchError("watch.unreachable") from None

    def post_cosignatures(self, note: bytes) -> bool:
        """Hand a note with cosignatures over. Raises `WatchError` ``watch.unreachable``."""
        headers = UNPACKED | {"Content-Type": "text/plain; charset=utf-8"}
        try:
            # What it says beside its status is not read.
            with self._post.stream("POST", COSIGNATURES, content=note, headers=headers) as answer:
                return answer.status_code == 200
        except httpx.HTTPError:
            raise WatchError("watch.unreachable") from None


def read_remote_tile(source: Source, tile: Tile) -> bytes:
    """Return the bytes of a tile, cut from the full one where the partial one is gone.

    Raises `WatchError`: ``watch.no_tile``, and what the source raises.
    """
    data = source.get(f"/log/{tile.path}", limit=MAXIMUM_TILE_BYTES)
    if data is not None:
        return data
    if tile.width == WIDTH:
        raise WatchError("watch.no_tile", path=tile.path)
    full = read_remote_tile(source, Tile(tile.level, tile.index))
    if tile.level >= 0:
        return full[: tile.width * HASH_BYTES]
    try:
        return build_bundle(parse_bundle(full, width=WIDTH)[: tile.width])
    except TlogError:
        raise WatchError("watch.no_tile", path=tile.path) from None
