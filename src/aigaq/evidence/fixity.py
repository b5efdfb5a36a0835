"""Hashes the store's files again, a share at a time, and writes the result into custody.

All files of an item are read together, so one line of custody speaks for the item. A file that
differs or is gone stays where it is; it is told to the caller, who raises an alarm that a person
sees, and to the audit chain. Source: PROTOCOL 29; OAIS, "fixity".
"""

import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F, Q

from aigaq import clock
from aigaq.core import audit, blob_store
from aigaq.core.errors import BlobError
from aigaq.evidence import custody, models
from aigaq.evidence.shapes import FileKind, Fixity

ROUND_SECONDS = 3_600.0
#: A desk is open for a part of the day; each round does so much more than an even share.
SHARE = 4
CODES = {Fixity.CHANGED: "evidence.file_changed", Fixity.GONE: "evidence.file_gone"}


@dataclass(frozen=True)
class Fault:
    """A file that is not what was written."""

    code: str
    report_id: bytes
    item_number: int | None
    what: str


def hash_file(row: models.StoredFile) -> Fixity:
    """Read a file and compare size and hash with what was written down."""
    digest, size = hashlib.sha256(), 0
    try:
        for chunk in blob_store.read_chunks(row.blob_id):
            digest.update(chunk)
            size += len(chunk)
    except BlobError as error:
        return Fixity.GONE if error.code == "blob.gone" else Fixity.CHANGED
    is_same = size == row.size_bytes and digest.digest() == bytes(row.sha256)
    return Fixity.SAME if is_same else Fixity.CHANGED


def look_at_file(row: models.StoredFile) -> Fixity:
    """Return what the last hashing found, or that the file is gone since."""
    return Fixity(row.fixity) if blob_store.has_file(row.blob_id) else Fixity.GONE


def check_fixity(
    *,
    on_fault: Callable[[Fault], None],
    now: datetime | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Hash this round's share of the store and return how many files were read.

    A file is due when it was never read back, or not for half the number of days that the terms
    name; after the whole number of days it is read whatever the share is. ``on_fault`` is called in
    the transaction that records the fault.
    """
    now = now or clock.now()
    read = 0
    files = list_due(now=now)
    for _key, group in groupby(files, key=lambda one: (one.filed_id, one.item_id)):
        if is_stopping():
            break
        read += _check_group(list(group), on_fault=on_fault, now=now)
    return read


def list_due(*, now: datetime) -> list[models.StoredFile]:
    """Return the files of this round, whole items, the longest waiting first."""
    days = read_fixity_days()
    half, whole = now - timedelta(days=days / 2), now - timedelta(days=days)
    # What a clock that was ahead wrote down is no check: it would be the last one for years.
    is_old = Q(checked_at=None) | Q(checked_at__lte=half) | Q(checked_at__gt=now)
    waiting = models.StoredFile.objects.filter(is_old)
    oldest = waiting.order_by(F("checked_at").asc(nulls_first=True), "filed_id", "item_id")
    total = models.StoredFile.objects.count()
    share = math.ceil(SHARE * total * ROUND_SECONDS / (days / 2 * 86_400))
    overdue = models.StoredFile.objects.filter(checked_at__lte=whole).count()
    chosen = oldest.values_list("filed_id", "item_id")[: max(share, overdue)]
    groups = dict.fromkeys(chosen)
    files: list[models.StoredFile] = []
    for filed_id, item_id in groups:
        rows = models.StoredFile.objects.filter(filed_id=filed_id, item_id=item_id)
        files += rows.select_related("filed", "item").order_by("created_at")
    return files


def read_fixity_days() -> int:
    """Return within how many days every file is hashed again."""
    terms = models.Terms.objects.first()
    return terms.fixity_days if terms else models.Terms().fixity_days


def _check_group(
    files: list[models.StoredFile], *, on_fault: Callable[[Fault], None], now: datetime
) -> int:
    # Read outside the transaction: a gigabyte is not hashed under the database's write lock.
    results = [(one, hash_file(one)) for one in files]
    _record(results, on_fault=on_fault, now=now)
    return len(files)


@transaction.atomic
def _record(
    results: list[tuple[models.StoredFile, Fixity]],
    *,
    on_fault: Callable[[Fault], None],
    now: datetime,
) -> None:
    still = models.StoredFile.objects.filter(pk__in=[one.pk for one, _result in results])
    there = set(still.values_list("pk", flat=True))
    if len(there) != len(results):
        return  # Forgotten meanwhile, in whole or in part: what is left is read another time.
    first = results[0][0]
    report_id = bytes(first.filed.report_id)
    number = None if first.item is None else first.item.number
    for one, result in results:
        models.StoredFile.objects.filter(pk=one.pk).update(fixity=result, checked_at=now)
        if result not in CODES:
            continue
        what = one.member or one.recipe
        context = {"kind": one.kind, "what": what}
        audit.record(CODES[result], actor=None, subject=one, context=context)
        on_fault(Fault(CODES[result], report_id=report_id, item_number=number, what=what))
    custody.append(
        "fixity",
        by=None,
        report_id=report_id,
        item_number=number,
        sha256=_find_hash(results),
        note=_say(result for _one, result in results),
        at=now,
    )


def _find_hash(results: list[tuple[models.StoredFile, Fixity]]) -> bytes | None:
    """Return the hash of the working copy, if it is what was written."""
    for one, result in results:
        if one.kind == FileKind.WORKING and result == Fixity.SAME:
            return bytes(one.sha256)
    return None


def _say(results: Iterable[Fixity]) -> str:
    counted = dict.fromkeys((Fixity.SAME, Fixity.CHANGED, Fixity.GONE), 0)
    for result in results:
        counted[result] += 1
    return ", ".join(f"{result} {count}" for result, count in counted.items() if count)
