"""Checking a whole log in a folder: from its entries up to its checkpoint, file by file.

Memory stays small: one tile a level. Source: ``spec/log.md``, "One writer, durable".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aigaq.tlog.checkpoints import Checkpoint, open_checkpoint
from aigaq.tlog.errors import TlogError
from aigaq.tlog.hashing import HASH_BYTES, hash_entries
from aigaq.tlog.notes import Verifier
from aigaq.tlog.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    build_bundle,
    covers,
    list_tiles,
    parse_bundle,
    parse_tile_path,
)
from aigaq.tlog.writer import CHECKPOINT, Frontier, read_tile


@dataclass(frozen=True)
class CheckedLog:
    """A log that is whole, and the files in it that no checkpoint covers yet."""

    checkpoint: Checkpoint
    unpublished: tuple[str, ...]


def check_log(
    folder: Path,
    *,
    origin: str,
    verifiers: Iterable[Verifier],
    on_entry: Callable[[int, bytes], None] = lambda index, entry: None,
    note: bytes | None = None,
) -> CheckedLog:
    """Check that ``folder`` holds exactly the log of its checkpoint; tell ``on_entry`` each entry.

    ``note`` is a checkpoint that stands for the one in the folder.

    Raises `TlogError`: ``log.bad_checkpoint``, ``log.missing_tile``, ``log.bad_entries``,
    ``log.bad_tile`` (with the ``path``), ``log.wrong_root``; ``note.*``, ``checkpoint.other_log``.
    """
    try:
        data = (folder / CHECKPOINT).read_bytes() if note is None else note
    except FileNotFoundError:
        raise TlogError("log.bad_checkpoint") from None
    checkpoint = open_checkpoint(data, origin=origin, verifiers=verifiers).checkpoint
    frontier, index = Frontier(), 0
    for bundle in list_tiles(checkpoint.size):
        if bundle.level >= 0:
            break
        entries = _read_entries(folder, bundle)
        for entry in entries:
            on_entry(index, entry)
            index += 1
        _check_older(folder, bundle, cut=partial(_cut_entries, entries))
        for tile, data in frontier.append(hash_entries(entries)).items():
            if not _is_final(tile, size=checkpoint.size):
                continue
            if read_tile(folder, tile) != data:
                raise TlogError("log.bad_tile", path=tile.path)
            _check_older(folder, tile, cut=partial(_cut_hashes, data))
    if frontier.root() != checkpoint.root:
        raise TlogError("log.wrong_root")
    return CheckedLog(checkpoint, _list_unpublished(folder, size=checkpoint.size))


def _check_older(folder: Path, tile: Tile, *, cut: Callable[[int], bytes]) -> None:
    """Check the partial tiles that earlier checkpoints left beside ``tile``."""
    older = folder / f"{Tile(tile.level, tile.index).path}.p"
    if not older.is_dir():
        return
    for width in range(1, tile.width):
        path = older / str(width)
        if path.is_file() and path.read_bytes() != cut(width):
            raise TlogError("log.bad_tile", path=str(path.relative_to(folder)))


def _cut_entries(entries: list[bytes], width: int) -> bytes:
    return build_bundle(entries[:width])


def _cut_hashes(data: bytes, width: int) -> bytes:
    return data[: width * HASH_BYTES]


def _read_entries(folder: Path, bundle: Tile) -> list[bytes]:
    try:
        return parse_bundle(read_tile(folder, bundle), width=bundle.width)
    except TlogError as error:
        raise TlogError(error.code, path=bundle.path) from None


def _is_final(tile: Tile, *, size: int) -> bool:
    """Tell whether a tree of ``size`` has this tile: all full ones, the last partial ones."""
    hashes = size >> (HEIGHT * tile.level)
    return tile.width == min(WIDTH, hashes - WIDTH * tile.index)


def _list_unpublished(folder: Path, *, size: int) -> tuple[str, ...]:
    known = {tile.path for tile in list_tiles(size)}
    found = (str(one.relative_to(folder)) for one in (folder / "tile").rglob("*") if one.is_file())
    return tuple(sorted(one for one in found if one not in known and not _is_older(one, size=size)))


def _is_older(path: str, *, size: int) -> bool:
    """Tell whether ``path`` is a partial tile of an earlier checkpoint."""
    try:
        return covers(parse_tile_path(path), size=size)
    except TlogError:
        return False
