"""Bring a whole log into a folder, and check it there, entry by entry.

The head is the newest that all cosigners of the card signed, or an independent one, if there is
such a one, since only such a copy can show that an entry is missing. A copy that is there already
is evidence: a newer head must go on from it, or nothing of it is touched and both heads are kept
beside it. Files that are there stay as they are, so that a second run brings only what is new; the
checkpoint is replaced last, after all was checked.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from aigaq.blobs import write_durably
from aigaq.clock import now
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import (
    CheckedLog,
    Ed25519Verifier,
    SignedCheckpoint,
    Tile,
    TileTree,
    TlogError,
    check_log,
    keep_lines,
    list_tiles,
    open_checkpoint,
)
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES
from aigaq.tlog.writer import CHECKPOINT
from aigaq.watching.cosigned import CosignedHead, fetch_cosigned
from aigaq.watching.errors import WatchError
from aigaq.watching.sources import Source, read_remote_tile
from aigaq.watching.store import Store

_MODE = 0o644


def fetch_head(source: Source, *, card: Card, at_least: int = 0) -> SignedCheckpoint:
    """Return the newest cosigned head of ``at_least`` so many entries, or else the newest one.

    Raises `WatchError`, `TlogError`.
    """
    names = [one.name for one in read_cosigners(card) if one.is_independent]
    cosigned = [
        head.signed
        for by in (None, *names)
        if (head := _try_cosigned(source, card=card, by=by)) is not None
        and head.signed.checkpoint.size >= at_least
    ]
    if cosigned:
        return max(cosigned, key=lambda one: one.checkpoint.size)
    data = source.get("/log/checkpoint", limit=MAXIMUM_NOTE_BYTES)
    if data is None:
        raise WatchError("watch.no_checkpoint")
    log = Ed25519Verifier(card.log_origin, card.log_key)
    newest = open_checkpoint(data, origin=card.log_origin, verifiers=[log])
    return SignedCheckpoint(newest.checkpoint, keep_lines(newest.note, verifiers=[log]))


def copy_log(
    source: Source,
    folder: Path,
    *,
    card: Card,
    store: Store,
    on: Callable[[int, int], None] = lambda done, total: None,
) -> CheckedLog:
    """Copy the log of ``card`` into ``folder`` and check all of it; ``on`` is told of tiles.

    Raises `WatchError`: ``watch.unreachable``, ``watch.no_tile``, ``watch.no_checkpoint``;
    `TlogError`: ``note.*``, ``log.*``, and ``log.rolled_back`` or ``log.forked`` where the folder
    holds a longer log or another one: both heads are then kept in ``store``.
    """
    log = Ed25519Verifier(card.log_origin, card.log_key)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    known: SignedCheckpoint | None = None
    if path.exists():
        known = open_checkpoint(path.read_bytes(), origin=card.log_origin, verifiers=[log])
    size = 0 if known is None else known.checkpoint.size
    head = fetch_head(source, card=card, at_least=size)
    if known is not None:
        _check_goes_on(source, known=known, head=head, store=store)
    tiles = list(list_tiles(head.checkpoint.size))
    brought: list[Path] = []
    for done, tile in enumerate(tiles, start=1):
        brought += _keep_tile(source, folder, tile)
        on(done, len(tiles))
    note = head.note.encode()
    try:
        checked = check_log(folder, origin=card.log_origin, verifiers=[log], note=note)
    except TlogError:
        for one in brought:  # What is wrong must not stay and spoil the next run.
            one.unlink()
        raise
    write_durably(path, note, mode=_MODE)
    return checked


def _try_cosigned(source: Source, *, card: Card, by: str | None) -> CosignedHead | None:
    try:
        return fetch_cosigned(source, card=card, by=by)
    except TlogError:
        return None


def _check_goes_on(
    source: Source, *, known: SignedCheckpoint, head: SignedCheckpoint, store: Store
) -> None:
    """Check that ``head`` has the log of ``known`` as its beginning; if not, keep both."""
    old, new = known.checkpoint, head.checkpoint
    if new.size < old.size:
        raise _contradiction("log.rolled_back", known=known, head=head, store=store)
    if new.size == old.size:
        is_same = new.root == old.root
    else:
        tree = TileTree(size=new.size, read=lambda tile: read_remote_tile(source, tile))
        is_same = tree.root() == new.root and tree.root_at(old.size) == old.root
    if not is_same:
        raise _contradiction("log.forked", known=known, head=head, store=store)


def _contradiction(
    code: str, *, known: SignedCheckpoint, head: SignedCheckpoint, store: Store
) -> TlogError:
    sizes = {"known": str(known.checkpoint.size), "size": str(head.checkpoint.size)}
    files = {"remembered.checkpoint": known.note.encode(), "served.checkpoint": head.note.encode()}
    mark = hashlib.sha256(b"".join(files.values())).hexdigest()
    store.create()
    store.raise_alarm(code, at=now(), mark=mark, details=sizes, files=files)
    return TlogError(code, folder=str(store.folder), **sizes)


def _keep_tile(source: Source, folder: Path, tile: Tile) -> list[Path]:
    """Bring a tile that is not there; return where it lies, if it was brought."""
    path = folder / tile.path
    if path.exists():
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, read_remote_tile(source, tile), mode=_MODE)
    return [path]
