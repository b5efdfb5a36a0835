"""Reading the log: its checkpoint under the card's key, every entry under its root, one proof.

A source gives bytes and is believed in nothing. Sources: ``spec/log.md``; https://c2sp.org/tlog-tiles.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from aigaq.sealing.card import Card
from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import (
    Checkpoint,
    Ed25519Verifier,
    Tile,
    TileTree,
    TlogError,
    build_bundle,
    check_inclusion,
    hash_entry,
    list_tiles,
    open_checkpoint,
    parse_bundle,
    read_tile,
)
from aigaq.tlog.hashing import HASH_BYTES, hash_entries
from aigaq.tlog.tiles import WIDTH
from aigaq.tlog.writer import CHECKPOINT, Frontier


class LogSource(Protocol):
    """Where a log is read: a gate as any stranger sees it, or a folder."""

    def read_checkpoint(self) -> bytes:
        """Return the newest checkpoint's note."""

    def read_tile(self, tile: Tile) -> bytes | None:
        """Return the bytes of a tile or an entry bundle; None if it is not there."""


class FolderLog:
    """A log in folder form."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_checkpoint(self) -> bytes:
        """Return the checkpoint. Raises `TlogError` ``log.bad_checkpoint``."""
        try:
            return (self._folder / CHECKPOINT).read_bytes()
        except OSError:
            raise TlogError("log.bad_checkpoint") from None

    def read_tile(self, tile: Tile) -> bytes | None:
        """Return a tile, cut from a full one if need be."""
        try:
            return read_tile(self._folder, tile)
        except TlogError:
            return None


class OpenedLog:
    """A log at one checkpoint that the card's log key signed."""

    def __init__(self, source: LogSource, *, card: Card, note: bytes | None = None) -> None:
        """Open the log at ``note``, or at its newest checkpoint.

        Raises `TlogError`: ``note.*``, ``checkpoint.*``.
        """
        self._source = source
        verifier = Ed25519Verifier(card.log_origin, card.log_key)
        data = source.read_checkpoint() if note is None else note
        self.checkpoint: Checkpoint = open_checkpoint(
            data, origin=card.log_origin, verifiers=[verifier]
        ).checkpoint
        self._tree = TileTree(size=self.checkpoint.size, read=self._read)

    def check_entry(self, value: bytes, *, index: int) -> None:
        """Check that the blinded ``value`` stands at ``index``. Raises `TlogError`."""
        check_inclusion(
            leaf=hash_entry(build_blinded(value)),
            index=index,
            size=self.checkpoint.size,
            proof=self._tree.prove_inclusion(index) if index < self.checkpoint.size else [],
            root=self.checkpoint.root,
        )

    def walk(self, *, is_stopping: Callable[[], bool] = lambda: False) -> Iterator[list[bytes]]:
        """Yield every entry, a bundle at a time; raise at the end unless the root is right.

        Raises `TlogError`: ``log.missing_tile``, ``log.bad_entries``, ``log.wrong_root``.
        """
        frontier = Frontier()
        for tile in list_tiles(self.checkpoint.size):
            if tile.level >= 0 or is_stopping():
                break
            entries = parse_bundle(self._read(tile), width=tile.width)
            frontier.append(hash_entries(entries))
            yield entries
        if frontier.root() != self.checkpoint.root:
            raise TlogError("log.wrong_root")

    def _read(self, tile: Tile) -> bytes:
        data = self._source.read_tile(tile)
        if data is not None:
            return data
        if tile.width == WIDTH:
            raise TlogError("log.missing_tile", path=tile.path)
        # A partial tile goes once the full one is there.
        full = self._read(Tile(tile.level, tile.index))
        if tile.level >= 0:
            return full[: tile.width * HASH_BYTES]
        return build_bundle(parse_bundle(full, width=WIDTH)[: tile.width])
