"""Bring a whole log into a folder, and check it there, entry by entry.

The head is the newest that each cosigner of the card signed, if there is one, since only such a
copy can show that an entry is missing. Files that are there already are kept, so that a second run
brings only what is new; the checkpoint is written last.
"""

from collections.abc import Callable
from pathlib import Path

from aigaq.blobs import write_durably
from aigaq.sealing.card import Card
from aigaq.tlog import (
    CheckedLog,
    Ed25519Verifier,
    SignedCheckpoint,
    Tile,
    TlogError,
    check_log,
    list_tiles,
    open_checkpoint,
    read_checkpoint,
)
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES, Verifier
from aigaq.tlog.tiles import WIDTH
from aigaq.tlog.writer import CHECKPOINT
from aigaq.watching.errors import WatchError
from aigaq.watching.sources import Source, read_remote_tile

_MODE = 0o644


def fetch_head(source: Source, *, origin: str, verifiers: list[Verifier]) -> SignedCheckpoint:
    """Return the newest cosigned head, or the newest one. Raises `WatchError`, `TlogError`."""
    for path in ("/log/cosigned", "/log/checkpoint"):
        data = source.get(path, limit=MAXIMUM_NOTE_BYTES)
        if data is not None:
            return open_checkpoint(data, origin=origin, verifiers=verifiers)
    raise WatchError("watch.no_checkpoint")


def copy_log(
    source: Source,
    folder: Path,
    *,
    card: Card,
    on: Callable[[int, int], None] = lambda done, total: None,
) -> CheckedLog:
    """Copy the log of ``card`` into ``folder`` and check all of it; ``on`` is told of tiles.

    Raises `WatchError`: ``watch.unreachable``, ``watch.no_tile``, ``watch.no_checkpoint``;
    `TlogError`: ``note.*``, ``log.*``, and ``log.rolled_back`` where the folder holds a longer log.
    """
    log = Ed25519Verifier(card.log_origin, card.log_key)
    head = fetch_head(source, origin=card.log_origin, verifiers=[log])
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / CHECKPOINT
    if kept.exists():
        known = read_checkpoint(kept.read_bytes()).checkpoint
        if known.size > head.checkpoint.size:
            raise TlogError("log.rolled_back", size=head.checkpoint.size, known=known.size)
    tiles = list(list_tiles(head.checkpoint.size))
    for done, tile in enumerate(tiles, start=1):
        _keep_tile(source, folder, tile)
        on(done, len(tiles))
    write_durably(kept, head.note.encode(), mode=_MODE)
    return check_log(folder, origin=card.log_origin, verifiers=[log])


def _keep_tile(source: Source, folder: Path, tile: Tile) -> None:
    path = folder / tile.path
    if path.exists() and tile.width == WIDTH:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, read_remote_tile(source, tile), mode=_MODE)
