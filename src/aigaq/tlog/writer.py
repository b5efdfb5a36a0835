"""Growing a log in a folder: every byte durable before the checkpoint that promises it.

The folder is the log as it is served: ``checkpoint``, ``tile/…``. What is appended was given its
place before, durably, by the caller (``spec/log.md``, "One writer, durable"), so that after a crash
the same entries come again at the same place: what is there already must be the same. The new
checkpoint is the one moment of publication. Blocking: call from a thread.
"""

import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.blobs import sync_folder, write_durably
from aigaq.tlog.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from aigaq.tlog.errors import TlogError
from aigaq.tlog.hashing import EMPTY_ROOT, HASH_BYTES, hash_entries, hash_level
from aigaq.tlog.notes import Ed25519Verifier
from aigaq.tlog.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    TileTree,
    build_bundle,
    list_tiles,
    parse_bundle,
    parse_hashes,
)

CHECKPOINT = "checkpoint"
_LOCK = ".writer"
_TEMPORARY = ".tmp"
_MODE = 0o644


class Frontier:
    """The right edge of a tree: by level, the hashes of its last, unfinished tile."""

    def __init__(self, edges: Sequence[list[bytes]] = (), *, size: int = 0) -> None:
        self.size = size
        self._edges = [list(edge) for edge in edges]

    def append(self, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
        """Add leaf hashes; return the tiles that are new by it, as bytes."""
        tiles: dict[Tile, bytes] = {}
        self.size += len(leaves)
        level, new = 0, list(leaves)
        while new:
            if level == len(self._edges):
                self._edges.append([])
            row = self._edges[level] + new
            first = ((self.size >> (HEIGHT * level)) - len(row)) // WIDTH
            full = len(row) // WIDTH
            new = []
            for number in range(full):
                hashes = row[number * WIDTH : (number + 1) * WIDTH]
                tiles[Tile(level, first + number)] = b"".join(hashes)
                while len(hashes) > 1:
                    hashes = hash_level(hashes)
                new.append(hashes[0])
            edge = self._edges[level] = row[full * WIDTH :]
            if edge:
                tiles[Tile(level, first + full, len(edge))] = b"".join(edge)
            level += 1
        return tiles

    def edge(self, level: int) -> list[bytes]:
        """Return the hashes of the unfinished tile of ``level``."""
        return list(self._edges[level]) if level < len(self._edges) else []

    def copy(self) -> "Frontier":
        """Return a frontier that grows apart from this one."""
        return Frontier(self._edges, size=self.size)

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        rows = {
            Tile(level, (self.size >> (HEIGHT * level)) // WIDTH, len(edge)): b"".join(edge)
            for level, edge in enumerate(self._edges)
            if edge
        }
        return TileTree(size=self.size, read=rows.__getitem__).root() if self.size else EMPTY_ROOT


class LogWriter:
    """The only writer of the log in ``folder``; holds the folder's lock until it is closed."""

    def __init__(
        self, folder: Path, *, origin: str, key: Ed25519PrivateKey, known_size: int = 0
    ) -> None:
        """Open the log, or begin an empty one; ``known_size`` leaves were published before.

        Raises `TlogError`: ``log.already_open``, ``log.rolled_back`` (fewer leaves than were known;
        nothing is signed then), ``note.*``, ``checkpoint.*``, or, where the checkpoint's tiles are
        not there: ``log.missing_tile``, ``.bad_tile``, ``.wrong_root``.
        """
        self.folder, self.origin, self._key = folder, origin, key
        if not folder.exists():
            folder.mkdir(parents=True)
            sync_folder(folder.parent)
        self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take_lock()
            self._clean()
            self.checkpoint = self._read_checkpoint(known_size=known_size)
            self._frontier = self._read_frontier()
            if self._frontier.root() != self.checkpoint.root:
                raise TlogError("log.wrong_root")
            self._remove_partials(since=0, newest_only=True)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._lock)

    def append(self, entries: Sequence[bytes], *, start: int) -> Checkpoint:
        """Publish ``entries``, whose first has the index ``start``; return the new checkpoint.

        When this returns, entries, tiles and checkpoint are durable. Raises `TlogError`:
        ``log.wrong_start`` (not the published size), ``log.entry_too_long``, ``log.bad_entries``
        (the last bundle is not what was hashed), ``log.forked`` (a file is there with other bytes).
        Then nothing was published. After an `OSError` of the disk open the log anew.
        """
        if start != self.checkpoint.size:
            raise TlogError("log.wrong_start", start=start, size=self.checkpoint.size)
        if not entries:
            return self.checkpoint
        frontier = self._frontier.copy()
        files = self._build_bundles(entries, start=start)
        files.update(frontier.append(hash_entries(entries)))
        self._write_all(files)
        checkpoint = Checkpoint(origin=self.origin, size=frontier.size, root=frontier.root())
        self._publish(checkpoint)
        self._frontier, self.checkpoint = frontier, checkpoint
        self._remove_partials(since=start, newest_only=False)
        return checkpoint

    def tree(self) -> TileTree:
        """Return the published tree, read from the folder."""
        return TileTree(size=self.checkpoint.size, read=self.read)

    def read(self, tile: Tile) -> bytes:
        """Return the bytes of a tile. Raises `TlogError` (``log.missing_tile``)."""
        return read_tile(self.folder, tile)

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TlogError("log.already_open") from None

    def _clean(self) -> None:
        """Remove what a killed writer left half written."""
        for left in self.folder.rglob(f".*{_TEMPORARY}"):
            left.unlink()

    def _read_checkpoint(self, *, known_size: int) -> Checkpoint:
        path = self.folder / CHECKPOINT
        if not path.exists():
            if known_size:
                raise TlogError("log.rolled_back", size=0, known=known_size)
            empty = Checkpoint(origin=self.origin, size=0, root=EMPTY_ROOT)
            self._publish(empty)
            return empty
        verifier = Ed25519Verifier(self.origin, self._key.public_key().public_bytes_raw())
        signed = open_checkpoint(path.read_bytes(), origin=self.origin, verifiers=[verifier])
        if signed.checkpoint.size < known_size:
            raise TlogError("log.rolled_back", size=signed.checkpoint.size, known=known_size)
        # A killed writer renamed it, perhaps not durably; the caller forgets what it covers.
        sync_folder(self.folder)
        return signed.checkpoint

    def _read_frontier(self) -> Frontier:
        size, edges, level = self.checkpoint.size, [], 0
        while hashes := size >> (HEIGHT * level):
            width = hashes % WIDTH
            tile = Tile(level, hashes // WIDTH, width)
            edges.append(parse_hashes(self.read(tile), width=width) if width else [])
            level += 1
        return Frontier(edges, size=size)

    def _build_bundles(self, entries: Sequence[bytes], *, start: int) -> dict[Tile, bytes]:
        number, width = divmod(start, WIDTH)
        waiting = list(entries)
        if width:
            before = parse_bundle(self.read(Tile(-1, number, width)), width=width)
            if hash_entries(before) != self._frontier.edge(0):
                raise TlogError("log.bad_entries", path=Tile(-1, number, width).path)
            waiting = before + waiting
        bundles = {}
        for at in range(0, len(waiting), WIDTH):
            part = waiting[at : at + WIDTH]
            bundles[Tile(-1, number + at // WIDTH, len(part))] = build_bundle(part)
        return bundles

    def _write_all(self, files: dict[Tile, bytes]) -> None:
        """Make every file durable under its name, and every folder that has a new one."""
        changed: set[Path] = set()
        for tile, data in files.items():
            path = self.folder / tile.path
            if path.exists():
                if path.read_bytes() != data:
                    raise TlogError("log.forked", path=tile.path)
                changed.add(path.parent)  # A killed writer renamed it; perhaps not durably.
                continue
            changed.update(_make_folders(path.parent, up_to=self.folder))
            changed.add(path.parent)
            temporary = path.with_name(f".{path.name}{_TEMPORARY}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        for folder in sorted(changed, reverse=True):
            sync_folder(folder)

    def _publish(self, checkpoint: Checkpoint) -> None:
        note = sign_checkpoint(checkpoint, key=self._key)
        write_durably(self.folder / CHECKPOINT, note.encode(), mode=_MODE)

    def _remove_partials(self, *, since: int, newest_only: bool) -> None:
        """Remove partial tiles whose full tile a checkpoint covers, as tlog-tiles allows."""
        for tile in list_tiles(self.checkpoint.size, since=since):
            level = max(tile.level, 0)
            last = (self.checkpoint.size >> (HEIGHT * level)) // WIDTH - 1
            if tile.width == WIDTH and (not newest_only or tile.index == last):
                shutil.rmtree(self.folder / f"{tile.path}.p", ignore_errors=True)


def read_tile(folder: Path, tile: Tile) -> bytes:
    """Return the bytes of a tile in ``folder``, from the full one if the partial one is gone.

    Raises `TlogError` (``log.missing_tile``, ``log.bad_tile``, ``log.bad_entries``).
    """
    try:
        return (folder / tile.path).read_bytes()
    except FileNotFoundError:
        if tile.width == WIDTH:
            raise TlogError("log.missing_tile", path=tile.path) from None
    full = read_tile(folder, Tile(tile.level, tile.index))
    if tile.level >= 0:
        return full[: tile.width * HASH_BYTES]
    return build_bundle(parse_bundle(full, width=WIDTH)[: tile.width])


def _make_folders(folder: Path, *, up_to: Path) -> list[Path]:
    """Make ``folder`` and what it lies in; return the folders that have a new one in them."""
    missing = []
    while not folder.exists() and folder != up_to:
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir()
    return [one.parent for one in missing]
