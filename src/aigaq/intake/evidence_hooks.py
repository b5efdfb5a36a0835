"""Hands to the evidence store what was filed, in the transaction that files it.

A desk that filed reports before the store was there hands them over once, in the register's order
(`hand_over_older`): what each report's manifest says is read again from the envelope as received.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.core import blob_store
from aigaq.core.errors import BlobError
from aigaq.evidence import selectors as evidence
from aigaq.evidence import services as evidence_services
from aigaq.evidence.shapes import FiledFile, FiledItem, Filing, Provenance
from aigaq.intake import models
from aigaq.intake.shapes import ReportState
from aigaq.sealing.container import Reader
from aigaq.sealing.header import Header, item_name
from aigaq.sealing.manifest import Manifest
from aigaq.sealing.opening import examine_report

RECEIPT_STATES = {
    ReportState.FILED: "filed",
    ReportState.DUPLICATE: "duplicate",
    ReportState.DAMAGED: "damaged",
    ReportState.CONTRADICTORY: "damaged",
}
#: What the page recorded is hers; of what she chose from her phone nothing is known yet.
PROVENANCE = {"recorded": Provenance.RECORDED, "answer": Provenance.RECORDED}


def record_filed(
    report: models.Report,
    *,
    header: Header | None,
    manifest: Manifest | None,
    by: Staff | None,
    came_by: str | None = None,
    heals: int | None = None,
) -> None:
    """Write a report, whose rows are there, into the evidence store.

    ``heals`` is the number under which a damaged copy of it was filed before; ``came_by`` then says
    how the whole one came.
    """
    is_open = manifest is not None and header is not None
    agrees = is_open and manifest.commitment() == header.commitment  # type: ignore[union-attr]
    filing = Filing(
        report_id=bytes(report.report_id),
        register_number=report.register_number,
        state=RECEIPT_STATES[ReportState(report.state)],
        came_by=came_by or report.came_by,
        commitment=None if report.commitment is None else bytes(report.commitment),
        mailbox_key=None if header is None else header.mailbox_key,
        root_salt=manifest.root_salt if manifest is not None and agrees else None,
        leaves=tuple(manifest.leaves()) if manifest is not None and agrees else (),
        received_at=report.received_at,
        filed_at=report.filed_at,
        members={
            one.name: FiledFile(one.blob_id, one.size_bytes, bytes(one.sha256))
            for one in report.members.order_by("name")
        },
        items=tuple(_list_items(report, manifest=manifest)),
        heals=heals,
    )
    evidence_services.record_filed(filing=filing, by=by)


def _list_items(report: models.Report, *, manifest: Manifest | None) -> Iterator[FiledItem]:
    if manifest is None:
        return
    before = len(manifest.answers) + len(manifest.consents)
    for row in report.items.order_by("number"):
        working = None
        if row.blob_id is not None:
            working = FiledFile(row.blob_id, row.size_bytes, bytes(row.sha256))
        yield FiledItem(
            number=row.number,
            name=row.name,
            media_type=row.type,
            size_bytes=row.size_bytes,
            sha256=bytes(row.sha256),
            salt=bytes(row.salt),
            leaf_index=before + row.number,
            provenance=PROVENANCE.get(row.source, Provenance.RECEIVED),
            hidden_details=row.hidden_details,
            fault=row.fault,
            member=item_name(row.number),
            working=working,
        )


def hand_over_older(*, limit: int = 20) -> int:
    """Write reports that were filed before the store was there into it; return how many."""
    last = evidence.read_register_head().count
    rows = models.Report.objects.filter(register_number__gt=last).order_by("register_number")
    older = list(rows[:limit])
    for report in older:
        _hand_over(report)
    return len(older)


@transaction.atomic
def _hand_over(report: models.Report) -> None:
    if report.forgotten_at is not None:
        evidence_services.record_forgotten_number(number=report.register_number)
        return
    header = manifest = None
    try:
        examined = examine_report(
            BlobSource(report),
            identities=accounts.list_team_identities(),
            team_id=bytes.fromhex(accounts.get_organisation().team_id),
        )
        header, manifest = examined.header, examined.manifest
    except BlobError:
        # What is lost stays lost, and fixity says so; it must not hold up every new report.
        pass
    record_filed(report, header=header, manifest=manifest, by=None)


class BlobSource:
    """The members of a filed report, read from the blob store."""

    def __init__(self, report: models.Report) -> None:
        self._members: dict[str, tuple[UUID, int]] = {
            one.name: (one.blob_id, one.size_bytes) for one in report.members.all()
        }

    def names(self) -> Sequence[str]:
        """Return the names of the members."""
        return list(self._members)

    def size(self, name: str) -> int:
        """Return the size of a member in bytes."""
        return self._members[name][1]

    @contextmanager
    def open(self, name: str) -> Iterator[Reader]:
        """Give a member's bytes."""
        yield _Chunks(blob_store.read_chunks(self._members[name][0]))


class _Chunks:
    """Reads chunks as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, all that is left for -1, none at the end."""
        while size < 0 or len(self._left) < size:
            more = next(self._chunks, b"")
            if not more:
                break
            self._left += more
        data = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(data) :]
        return data
