"""The chain of custody: appends a line, reads lines, checks the whole.

A line is appended in the transaction of what it tells of, so neither is there without the other.
Source: ``spec/evidence-package.md``, "Custody event".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from aigaq import clock
from aigaq.evidence import models
from aigaq.evidence.custody_lines import (
    SHREDDED,
    CustodyLine,
    build_line,
    extend_custody,
    hash_line,
    parse_line,
)
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.shapes import (
    ChainHead,
    CustodyEvent,
    StoredLine,
    Who,
    name_item,
    name_person,
)
from aigaq.sealing.chains import NO_HEAD
from aigaq.sealing.errors import SealingError


@transaction.atomic
def append(
    event: str,
    *,
    by: Who,
    report_id: bytes | None = None,
    item_number: int | None = None,
    sha256: bytes | None = None,
    note: str = "",
    at: datetime | None = None,
) -> int:
    """Append an event in the caller's transaction and return its sequence."""
    last = models.CustodyLine.objects.order_by("-sequence").first()
    sequence = last.sequence + 1 if last else 1
    line = build_line(
        CustodyLine(
            sequence=sequence,
            at=at or clock.now(),
            by=name_person(by),
            event=event,
            item=_name(report_id, item_number=item_number),
            sha256=sha256,
            note=note,
        )
    )
    digest = hash_line(line)
    models.CustodyLine.objects.create(
        sequence=sequence,
        report_id=report_id,
        item_number=item_number,
        line=line,
        line_sha256=digest,
        head=extend_custody(bytes(last.head) if last else NO_HEAD, line_sha256=digest),
    )
    return sequence


def read_head() -> ChainHead:
    """Return how many lines there are, and the hash over them."""
    last = models.CustodyLine.objects.order_by("-sequence").values("sequence", "head").first()
    if last is None:
        return ChainHead(0, NO_HEAD)
    return ChainHead(last["sequence"], bytes(last["head"]))


def read_lines(*, up_to: int | None = None) -> Iterator[StoredLine]:
    """Yield the chain's lines in order, as a package may show them.

    Without their bytes are the forgotten ones, and those that say which report was forgotten.
    """
    rows = models.CustodyLine.objects.order_by("sequence")
    if up_to is not None:
        rows = rows.filter(sequence__lte=up_to)
    for row in rows.iterator(chunk_size=1_000):
        yield StoredLine(
            sequence=row.sequence,
            report_id=None if row.report_id is None else bytes(row.report_id),
            item_number=row.item_number,
            line=None if row.line is None or _is_of_forgotten(row) else bytes(row.line),
            line_sha256=bytes(row.line_sha256),
        )


def check() -> ChainHead:
    """Check every line and return the head.

    Raises `EvidenceError`: ``custody.gap``, ``custody.wrong_chain`` (with ``sequence``).
    """
    count, head = 0, NO_HEAD
    for row in models.CustodyLine.objects.order_by("sequence").iterator(chunk_size=1_000):
        count += 1
        if row.sequence != count:
            raise EvidenceError("custody.gap", sequence=count)
        head = extend_custody(head, line_sha256=bytes(row.line_sha256))
        is_whole = row.line is None or _says(bytes(row.line), row=row)
        if not is_whole or head != bytes(row.head):
            raise EvidenceError("custody.wrong_chain", sequence=count)
    return ChainHead(count, head)


def list_events(*, report_id: bytes, limit: int = 500) -> tuple[CustodyEvent, ...]:
    """Return what happened to a report and its items, newest first."""
    rows = models.CustodyLine.objects.filter(report_id=report_id).order_by("-sequence")[:limit]
    return tuple(_read_event(row) for row in rows)


@dataclass(frozen=True)
class ExportedItem:
    """A file that left the desk in a package, and when it first did."""

    report_id: bytes
    item_number: int
    sha256: bytes
    at: datetime


def list_exported(*, seal: str) -> tuple[ExportedItem, ...]:
    """Return the files that left the desk in the package with ``seal``, each once."""
    found: dict[tuple[bytes, int], ExportedItem] = {}
    for row, said in _list_holding(seal, event="exported"):
        if row.report_id is None or row.item_number is None or said.sha256 is None:
            continue
        item = ExportedItem(bytes(row.report_id), row.item_number, said.sha256, said.at)
        found.setdefault((item.report_id, item.item_number), item)
    return tuple(found.values())


def list_notes(event: str, *, holding: str, report_ids: Sequence[bytes]) -> list[str]:
    """Return the notes of all lines of ``event`` with ``holding`` in them, in order."""
    found = _list_holding(holding, event=event, report_ids=report_ids)
    return [said.note for _row, said in found]


def _list_holding(
    text: str, *, event: str, report_ids: Sequence[bytes] | None = None
) -> Iterator[tuple[models.CustodyLine, CustodyLine]]:
    rows = models.CustodyLine.objects.filter(item_number__isnull=False).exclude(line=None)
    if report_ids is not None:
        rows = rows.filter(report_id__in=report_ids)
    for row in rows.order_by("sequence").iterator(chunk_size=1_000):
        if row.line is None or text.encode("utf-8") not in bytes(row.line):
            continue
        said = find_said(row)
        if said is not None and said.event == event and text in said.note.split(" "):
            yield row, said


def find_said(row: models.CustodyLine) -> CustodyLine | None:
    """Return what a line says; None if it was forgotten, or is of no form."""
    if row.line is None:
        return None
    try:
        return parse_line(bytes(row.line))
    except SealingError:
        return None


def _is_of_forgotten(row: models.CustodyLine) -> bool:
    said = find_said(row) if row.report_id is None else None
    return said is not None and said.event == SHREDDED


def _says(line: bytes, *, row: models.CustodyLine) -> bool:
    """Tell whether the bytes are those that were hashed, and stand where they say."""
    said = find_said(row)
    if said is None or hash_line(line) != bytes(row.line_sha256):
        return False
    report_id = None if row.report_id is None else bytes(row.report_id)
    return (said.sequence, said.item) == (
        row.sequence,
        _name(report_id, item_number=row.item_number),
    )


def _name(report_id: bytes | None, *, item_number: int | None) -> str | None:
    """Return how a line names what it tells of, None for the whole store."""
    return None if report_id is None else name_item(report_id=report_id, item_number=item_number)


def _read_event(row: models.CustodyLine) -> CustodyEvent:
    said = find_said(row)
    return CustodyEvent(
        sequence=row.sequence,
        line_sha256=bytes(row.line_sha256),
        at=said.at if said else None,
        by=said.by if said else "",
        event=said.event if said else "",
        item_number=row.item_number,
        sha256=said.sha256 if said else None,
        note=said.note if said else "",
    )
