"""Tiles: 256 hashes of one level of the tree, and any proof from them.

Shapes: tile ``(level, index)`` holds the hashes of the full subtrees of 256^level leaves from
``index * 256`` on; a partial tile has ``width`` hashes. An entry bundle holds the entries under a
tile of level 0. Source: https://c2sp.org/tlog-tiles; RFC 6962 sections 2.1.1 and 2.1.2 (proofs).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from aigaq.tlog.errors import TlogError
from aigaq.tlog.hashing import EMPTY_ROOT, HASH_BYTES, hash_children, hash_level

WIDTH = 256
HEIGHT = 8
MAXIMUM_ENTRY_BYTES = 65_535
_KEPT_TILES = 512
_PATH = re.compile(
    r"tile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z"
)


@dataclass(frozen=True)
class Tile:
    """Which tile: its level, or -1 for an entry bundle; its index; how many of its 256 it has."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies under the log's prefix."""
        kind = "entries" if self.level < 0 else str(self.level)
        number = f"{self.index % 1000:03d}"
        rest = self.index // 1000
        while rest:
            number, rest = f"x{rest % 1000:03d}/{number}", rest // 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{number}{partial}"


def parse_tile_path(path: str) -> Tile:
    """Return the tile at ``path``, in its only form. Raises `TlogError` (``log.bad_path``)."""
    match = _PATH.match(path)
    if match is None or len(path) > 64:
        raise TlogError("log.bad_path")
    level = -1 if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(match[3]) if match[3] else WIDTH)
    if tile.path != path:
        raise TlogError("log.bad_path")
    return tile


def list_tiles(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a tree of ``size`` leaves that a tree of ``since`` does not have.

    Entry bundles come first, then level by level.
    """
    yield from _list_level(-1, size, since)
    level = 0
    while size >> (HEIGHT * level):
        yield from _list_level(level, size >> (HEIGHT * level), since >> (HEIGHT * level))
        level += 1


def _list_level(level: int, hashes: int, since: int) -> Iterator[Tile]:
    for index in range(since // WIDTH, hashes // WIDTH):
        yield Tile(level, index)
    if hashes % WIDTH and hashes > since:
        yield Tile(level, hashes // WIDTH, hashes % WIDTH)


def covers(tile: Tile, *, size: int) -> bool:
    """Tell whether a checkpoint of ``size`` leaves needs no more than ``tile`` has."""
    hashes = size >> (HEIGHT * max(tile.level, 0))
    return tile.index * WIDTH + tile.width <= hashes


def build_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of an entry bundle. Raises `TlogError` (``log.entry_too_long``)."""
    if any(len(entry) > MAXIMUM_ENTRY_BYTES for entry in entries):
        raise TlogError("log.entry_too_long")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, *, width: int) -> list[bytes]:
    """Return the ``width`` entries of a bundle. Raises `TlogError` (``log.bad_entries``)."""
    entries = []
    at = 0
    for _ in range(width):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise TlogError("log.bad_entries")
        entries.append(data[begin:at])
    if at != len(data):
        raise TlogError("log.bad_entries")
    return entries


def parse_hashes(data: bytes, *, width: int) -> list[bytes]:
    """Return the ``width`` hashes of a tile. Raises `TlogError` (``log.bad_tile``)."""
    if len(data) != width * HASH_BYTES:
        raise TlogError("log.bad_tile")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


class TileTree:
    """A tree of ``size`` leaves, read from tiles as they are needed; the last ones are kept.

    ``read`` gives the bytes of a tile, or raises. What is read is not believed: compare `root` with
    a checkpoint before anything else.
    """

    def __init__(self, *, size: int, read: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._read = read
        # By tile: its rows, hashes at the bottom, nodes above.
        self._rows: dict[Tile, list[list[bytes]]] = {}

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        return self._root_of(0, self.size) if self.size else EMPTY_ROOT

    def root_at(self, size: int) -> bytes:
        """Return the root that the tree had at ``size`` leaves."""
        self._check_size(size)
        return self._root_of(0, size) if size else EMPTY_ROOT

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash at ``index``. Raises `TlogError` (``proof.wrong_index``)."""
        if not 0 <= index < self.size:
            raise TlogError("proof.wrong_index", index=index, size=self.size)
        return self._node(0, index)

    def prove_inclusion(self, index: int, *, size: int | None = None) -> list[bytes]:
        """Return the proof of the leaf at ``index`` in the tree of ``size``, or in the whole."""
        low, high = 0, self.size if size is None else size
        self._check_size(high)
        if not 0 <= index < high:
            raise TlogError("proof.wrong_index", index=index, size=high)
        proof = []
        while high - low > 1:
            middle = low + _left_half(high - low)
            if index < middle:
                proof.append(self._root_of(middle, high))
                high = middle
            else:
                proof.append(self._root_of(low, middle))
                low = middle
        return proof[::-1]

    def prove_consistency(self, old_size: int, *, size: int | None = None) -> list[bytes]:
        """Return the proof that the tree of ``size`` begins with that of ``old_size`` leaves."""
        high = self.size if size is None else size
        self._check_size(high)
        if not 0 < old_size <= high:
            raise TlogError("proof.wrong_index", index=old_size, size=high)
        low, proof = 0, []
        while old_size != high:
            middle = low + _left_half(high - low)
            if old_size <= middle:
                proof.append(self._root_of(middle, high))
                high = middle
            else:
                proof.append(self._root_of(low, middle))
                low = middle
        if low:
            proof.append(self._root_of(low, high))
        return proof[::-1]

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise TlogError("proof.wrong_index", index=size, size=self.size)

    def _root_of(self, low: int, high: int) -> bytes:
        """Return the root over the leaves from ``low`` to ``high``, a subtree of some tree."""
        count = high - low
        if count & (count - 1) == 0:
            return self._node(count.bit_length() - 1, low // count)
        middle = low + _left_half(count)
        return hash_children(self._root_of(low, middle), self._root_of(middle, high))

    def _node(self, height: int, index: int) -> bytes:
        """Return the root of the ``index``-th full subtree of 2^``height`` leaves."""
        level, row = divmod(height, HEIGHT)
        number = index >> (HEIGHT - row)
        hashes = self.size >> (HEIGHT * level)
        tile = Tile(level, number, min(WIDTH, hashes - number * WIDTH))
        rows = self._rows.get(tile)
        if rows is None:
            rows = [parse_hashes(self._read(tile), width=tile.width)]
            while len(rows[-1]) > 1:
                rows.append(hash_level(rows[-1]))
            if len(self._rows) >= _KEPT_TILES:  # The oldest; some 30 KiB each.
                del self._rows[next(iter(self._rows))]
            self._rows[tile] = rows
        return rows[row][index - (number << (HEIGHT - row))]


def _left_half(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return int(1 << (count - 1).bit_length() - 1)
