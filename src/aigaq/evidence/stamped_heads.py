"""The signed notes of checkpoints that were stamped, and which of them a package carries.

A token is over a checkpoint's text alone; a package needs the whole note, with the log's signature.
So it is kept beside the tokens, and what cosignatures came for it later are added. A checkpoint
that was stamped before notes were kept has none: its tokens stay good, and no package carries it.
Source: ``spec/evidence-package.md``, "Earlier heads".
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from aigaq import clock
from aigaq.evidence.timestamp_models import StampedNote, TimestampToken
from aigaq.tlog import SignedCheckpoint, TlogError, add_signatures, parse_note

#: As many as a package may name.
MAXIMUM_EARLIER = 16


@dataclass(frozen=True)
class StampedHead:
    """A head of before that was stamped, with its note as it is kept."""

    size: int
    note: bytes


def hash_text(checkpoint: SignedCheckpoint) -> bytes:
    """Return what a token over a checkpoint is over: SHA-256 of its text."""
    return hashlib.sha256(checkpoint.note.text.encode("utf-8")).digest()


@transaction.atomic
def keep_note(checkpoint: SignedCheckpoint) -> None:
    """Keep the signed note of a checkpoint that is stamped, with all lines known of it."""
    if not add_cosignatures(checkpoint):
        StampedNote.objects.create(
            sha256=hash_text(checkpoint),
            log_origin=checkpoint.checkpoint.origin,
            size=checkpoint.checkpoint.size,
            note=checkpoint.note.encode(),
            kept_at=clock.now(),
        )


@transaction.atomic
def add_cosignatures(checkpoint: SignedCheckpoint) -> bool:
    """Add the lines of a checkpoint to its kept note; tell whether one is kept."""
    row = StampedNote.objects.filter(sha256=hash_text(checkpoint)).first()
    if row is None:
        return False
    note = add_signatures(parse_note(bytes(row.note)), checkpoint.note.signatures).encode()
    try:
        parse_note(note)
    except TlogError:  # More lines than a note holds: what is kept stays.
        return True
    if note != bytes(row.note):
        row.note = note
        row.save(update_fields=["note"])
    return True


def count_without_note() -> int:
    """Return of how many stamped checkpoints only the text is kept."""
    rows = TimestampToken.objects.filter(checkpoint_size__isnull=False, renews=None)
    kept = StampedNote.objects.values("sha256")
    return rows.exclude(sha256__in=kept).values("sha256").distinct().count()


def find_earlier(*, log_origin: str, holds: int, below: int) -> tuple[StampedHead, ...]:
    """Return earlier heads of a log by size: of each authority the one that shows most.

    That is the head under which its tokens, still good, prove the earliest moment, among those that
    hold entry ``holds`` and are smaller than ``below``.
    """
    stamped = TimestampToken.objects.filter(
        log_origin=log_origin,
        checkpoint_size__gt=holds,
        checkpoint_size__lt=below,
        renews=None,
        sha256__in=StampedNote.objects.values("sha256"),
    )
    found: set[bytes] = set()
    for name in stamped.order_by("authority").values_list("authority", flat=True).distinct():
        best: tuple[datetime, bytes] | None = None
        for row in stamped.filter(authority=name).order_by("stamped_at", "checkpoint_size"):
            if best is not None and row.stamped_at >= best[0]:
                break  # No later row proves an earlier moment.
            since = find_since(row)
            if since is not None and (best is None or since < best[0]):
                best = since, bytes(row.sha256)
        if best is not None:
            found.add(best[1])
    rows = StampedNote.objects.filter(sha256__in=found).order_by("size", "sha256")
    return tuple(StampedHead(row.size, bytes(row.note)) for row in rows[:MAXIMUM_EARLIER])


def find_since(token: TimestampToken) -> datetime | None:
    """Return since when a token and what renewed it prove now that its checkpoint was there.

    None if it ended and nothing renewed it. One that was renewed late is proof from then on.
    """
    since: datetime | None = None
    lived_from: datetime | None = None
    for one in reversed([token, *list_renewals(token)]):
        is_kept = clock.now() < one.ends_at or (lived_from is not None and lived_from < one.ends_at)
        lived_from = one.stamped_at if is_kept else None
        since = one.stamped_at if is_kept else since
    return since


def list_renewals(token: TimestampToken) -> Iterator[TimestampToken]:
    """Yield what renewed a token, what renewed that, and so on."""
    following = TimestampToken.objects.filter(renews=token).first()
    while following is not None:
        yield following
        following = TimestampToken.objects.filter(renews=following).first()
