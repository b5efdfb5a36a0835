"""Reads of the evidence store. Pages and other apps use these and `services`, never `models`."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from uuid import UUID

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.evidence import custody, models, register
from aigaq.evidence.errors import NotFound
from aigaq.evidence.holdings import split_leaves
from aigaq.evidence.near_pictures import list_near as list_near
from aigaq.evidence.retention import get_terms as get_terms
from aigaq.evidence.retention import list_due as list_due
from aigaq.evidence.shapes import (
    ChainHead,
    FileKind,
    FirstCopy,
    Fixity,
    ItemEvidence,
    KeyOfReport,
    LeafOfReport,
    LoggedOpening,
    LogState,
    Provenance,
    ReportEvidence,
    StoredFile,
    StoredLine,
)
from aigaq.sealing.card import parse_card
from aigaq.sealing.encoding import merkle_root
from aigaq.sealing.log_entries import CUSTODY_HEAD, Opening
from aigaq.sealing.witnessing import is_independently_witnessed


def access_report(*, actor: Staff, report_id: bytes) -> ReportEvidence:
    """Return all that is known of a report's evidence. Raises `NotFound`."""
    check_may(actor, capability=Capability.READ_REPORTS)
    row = models.FiledReport.objects.filter(report_id=report_id, healed_by=None).first()
    if row is None:
        raise NotFound
    card = parse_card(accounts.get_card(), root_key=bytes(accounts.get_organisation().root_key))
    return ReportEvidence(
        report_id=report_id,
        register_number=row.register_number,
        state=row.state,
        came_by=row.came_by,
        received_at=row.received_at,
        filed_at=row.filed_at,
        commitment=None if row.commitment is None else bytes(row.commitment),
        items=list_items(report_id=report_id),
        log_state=judge_log_state(row, maximum_delay_seconds=card.maximum_delay_seconds),
        log_index=row.log_index,
        logged_at=row.logged_at,
        is_independently_witnessed=is_independently_witnessed(card),
        custody=custody.list_events(report_id=report_id),
    )


def access_item(*, actor: Staff, item_id: UUID) -> ItemEvidence:
    """Return one item with its files. Raises `NotFound`."""
    check_may(actor, capability=Capability.SEE_ITEMS)
    rows = models.Item.objects.select_related("filed", "provenance_by").prefetch_related("files")
    row = rows.filter(pk=item_id).first()
    if row is None:
        raise NotFound
    return _build_item(row)


def list_items(*, report_id: bytes) -> tuple[ItemEvidence, ...]:
    """Return the items of a report with their files, by number; for pages, ask before."""
    rows = models.Item.objects.filter(filed__report_id=report_id, filed__healed_by=None)
    rows = rows.order_by("number")
    rows = rows.select_related("filed", "provenance_by").prefetch_related("files")
    return tuple(_build_item(row) for row in rows)


def access_leaf(*, report_id: bytes) -> LeafOfReport:
    """Return what a proof of a report needs. Raises `NotFound`, also for one without a manifest."""
    row = models.FiledReport.objects.filter(report_id=report_id, healed_by=None).first()
    if row is None or row.root_salt is None or row.mailbox_key is None or row.commitment is None:
        raise NotFound
    leaves = split_leaves(bytes(row.leaves))
    return LeafOfReport(
        report_id=report_id,
        register_number=row.register_number,
        state=row.state,
        received_at=row.received_at,
        filed_at=row.filed_at,
        mailbox_key=bytes(row.mailbox_key),
        root_salt=bytes(row.root_salt),
        leaves=leaves,
        root=merkle_root(leaves),
        commitment=bytes(row.commitment),
        log_index=row.log_index,
        logged_at=row.logged_at,
    )


def list_mailbox_keys() -> Iterator[KeyOfReport]:
    """Yield the mailbox key of every filed report that names one."""
    rows = models.FiledReport.objects.filter(mailbox_key__isnull=False, healed_by=None)
    for row in rows.only("report_id", "mailbox_key", "filed_at").iterator(chunk_size=1_000):
        yield KeyOfReport(bytes(row.report_id), bytes(row.mailbox_key or b""), row.filed_at)


def read_custody_head() -> ChainHead:
    """Return how long the chain of custody is, and its head."""
    return custody.read_head()


def read_custody_lines(*, up_to: int | None = None) -> Iterator[StoredLine]:
    """Yield the chain of custody in order, as a package carries it."""
    return custody.read_lines(up_to=up_to)


def read_register_head() -> ChainHead:
    """Return the highest number of the register, and its head."""
    return register.read_head()


def find_logged_head(
    *, kind: str = CUSTODY_HEAD, size: int | None = None, retired_log: str = ""
) -> LoggedOpening | None:
    """Return the newest head of a kind whose place in a log (its first ``size``) is known.

    ``retired_log`` names a log whose key was retired; empty stands for the present one.
    """
    rows = models.HeadOpening.objects.filter(
        kind=kind, log_index__isnull=False, retired_log=retired_log
    )
    if size is not None:
        rows = rows.filter(log_index__lt=size)
    row = rows.order_by("-count", "-log_index").first()
    if row is None or row.log_index is None or row.logged_at is None:
        return None
    return LoggedOpening(
        count=row.count,
        head=bytes(row.head),
        opening=Opening(kind=row.kind, salt=bytes(row.salt), value=bytes(row.value)),
        log_index=row.log_index,
        logged_at=row.logged_at,
    )


def list_first_copies(*, report_id: bytes) -> tuple[FirstCopy, ...]:
    """Return the damaged copies of a report that was filed whole later; at most one today."""
    rows = models.FiledReport.objects.filter(report_id=report_id, healed_by__isnull=False)
    return tuple(
        FirstCopy(row.register_number, row.came_by, row.received_at, row.filed_at)
        for row in rows.order_by("register_number")
    )


def list_healed() -> dict[int, bytes]:
    """Return the report id of every number under which a damaged copy stands that was healed."""
    rows = models.FiledReport.objects.filter(healed_by__isnull=False)
    return {number: bytes(one) for number, one in rows.values_list("register_number", "report_id")}


def find_healed(*, number: int) -> bytes | None:
    """Return the id of the report of which a damaged, healed copy stands under a number."""
    rows = models.FiledReport.objects.filter(pk=number, healed_by__isnull=False)
    found = rows.values_list("report_id", flat=True).first()
    return None if found is None else bytes(found)


def list_blobs(*, report_id: bytes) -> list[UUID]:
    """Return every blob that is kept of a report, its first, damaged copy's with it."""
    rows = models.StoredFile.objects.filter(filed__report_id=report_id)
    return list(rows.values_list("blob_id", flat=True))


def get_retired_log(*, report_id: bytes) -> str:
    """Return the log that a report stands in, if its key was retired; empty for the present one."""
    rows = models.FiledReport.objects.filter(report_id=report_id, healed_by=None)
    return rows.values_list("retired_log", flat=True).first() or ""


def judge_log_state(row: models.FiledReport, *, maximum_delay_seconds: int) -> LogState:
    """Tell where a commitment stands now."""
    if row.commitment is None:
        return LogState.NOTHING
    if row.log_index is not None:
        return LogState.LOGGED
    late = clock.now() - row.received_at > timedelta(seconds=maximum_delay_seconds)
    return LogState.OVERDUE if late else LogState.WAITING


def _build_item(row: models.Item) -> ItemEvidence:
    return ItemEvidence(
        id=row.pk,
        report_id=bytes(row.filed.report_id),
        number=row.number,
        name=row.name,
        media_type=row.type,
        size_bytes=row.size_bytes,
        sha256=bytes(row.sha256),
        salt=bytes(row.salt),
        leaf_index=row.leaf_index,
        provenance=Provenance(row.provenance),
        provenance_by="" if row.provenance_by is None else str(row.provenance_by),
        hidden_details=row.hidden_details,
        fault=row.fault,
        files=tuple(_build_files(row.files.all())),
    )


def _build_files(rows: Iterable[models.StoredFile]) -> Iterator[StoredFile]:
    order = list(FileKind)
    for row in sorted(rows, key=lambda one: (order.index(FileKind(one.kind)), one.created_at)):
        yield StoredFile(
            id=row.pk,
            kind=FileKind(row.kind),
            parent_id=row.parent_id,
            member=row.member,
            recipe=row.recipe,
            content_type=row.content_type,
            blob_id=row.blob_id,
            size_bytes=row.size_bytes,
            sha256=bytes(row.sha256),
            fixity=Fixity(row.fixity),
            checked_at=row.checked_at,
        )
