"""Writes of the evidence store. Those of intake call them in their own transaction.

Each appends to the chain of custody what it does; none gives anything away.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.evidence import custody, models, near_pictures, register
from aigaq.evidence.custody_lines import SHREDDED, tell_shredded
from aigaq.evidence.errors import EvidenceError, NotFound
from aigaq.evidence.fixity import check_fixity as check_fixity
from aigaq.evidence.heads import begin_new_log as begin_new_log
from aigaq.evidence.heads import has_unkept_heads as has_unkept_heads
from aigaq.evidence.heads import sync_log as sync_log
from aigaq.evidence.log_audit import audit_log as audit_log
from aigaq.evidence.retention import set_terms as set_terms
from aigaq.evidence.shapes import DerivedFile, FiledItem, FileKind, Filing, Provenance, Who
from aigaq.evidence.shredder import forget_report as forget_report

#: The recipe by which a sealed member becomes the bytes that the reporter chose.
OPENED = "opened/v1"


@transaction.atomic
def record_filed(*, filing: Filing, by: Staff | None) -> None:
    """Write down a filed report: its row of the register, its items, their reception.

    Raises `EvidenceError` ``register.gap`` unless its number is the next one.
    """
    register.append(filing)
    first = _replace(filing)
    came = filing.came_by if first is None else f"{filing.came_by} heals {first.register_number}"
    report = models.FiledReport.objects.create(
        report_id=filing.report_id,
        register_number=filing.register_number,
        state=filing.state,
        came_by=filing.came_by,
        commitment=filing.commitment,
        mailbox_key=filing.mailbox_key,
        root_salt=filing.root_salt,
        leaves=b"".join(filing.leaves),
        received_at=filing.received_at,
        filed_at=filing.filed_at,
        # One commitment has one place in the log, whichever copy brought it here.
        posted_at=None if first is None else first.posted_at,
        asked_at=None if first is None else first.asked_at,
        log_index=None if first is None else first.log_index,
        logged_at=None if first is None else first.logged_at,
        retired_log="" if first is None else first.retired_log,
    )
    custody.append("received", by=by, report_id=filing.report_id, note=came)
    sealed = {
        name: models.StoredFile.objects.create(
            filed=report,
            kind=FileKind.SEALED,
            member=name,
            content_type="application/x-age" if name.endswith(".age") else "application/json",
            blob_id=file.blob_id,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            created_at=filing.filed_at,
        )
        for name, file in filing.members.items()
    }
    for one in filing.items:
        _record_item(one, report=report, sealed=sealed.get(one.member))
        if filing.root_salt is None:
            # A contents page that the header does not vouch for is anybody's: its hashes must not
            # stand in custody beside those of the true one.
            continue
        custody.append(
            "received",
            by=by,
            report_id=filing.report_id,
            item_number=one.number,
            sha256=one.sha256,
            note=one.fault or came,
        )


def _replace(filing: Filing) -> models.FiledReport | None:
    """Let the row of a damaged copy say which number heals it; its files stay and are checked."""
    if filing.heals is None:
        return None
    first = models.FiledReport.objects.get(pk=filing.heals, report_id=filing.report_id)
    first.healed_by = filing.register_number
    first.save(update_fields=["healed_by"])
    near_pictures.forget_marks(first)
    return first


@transaction.atomic
def record_forgotten_number(*, number: int) -> None:
    """Write down the number of a report that was forgotten before this app was there."""
    register.append_forgotten(number=number)
    custody.append(SHREDDED, by=None, note=tell_shredded(number=number, lines=0))


@transaction.atomic
def record_custody(
    event: str,
    *,
    by: Who,
    report_id: bytes | None = None,
    item_number: int | None = None,
    sha256: bytes | None = None,
    note: str = "",
) -> int:
    """Append an event of custody in the caller's transaction; return its sequence.

    ``event`` is one of `custody_lines.EVENTS`; ``note`` holds codes and numbers, no reporter's
    words.
    """
    return custody.append(
        event, by=by, report_id=report_id, item_number=item_number, sha256=sha256, note=note
    )


@transaction.atomic
def record_derived(
    *, report_id: bytes, item_number: int, files: Sequence[DerivedFile], by: Staff | None = None
) -> None:
    """Write down files that were made of an item's working copy, each with a line of custody.

    Raises `NotFound` for an item that is not there or has no working copy.
    """
    parent = (
        models.StoredFile.objects.select_related("item")
        .filter(
            item__filed__report_id=report_id,
            item__filed__healed_by=None,
            item__number=item_number,
            kind=FileKind.WORKING,
        )
        .first()
    )
    if parent is None or parent.item is None:
        raise NotFound
    marks = []
    for one in files:
        made = models.StoredFile.objects.create(
            filed_id=parent.filed_id,
            item_id=parent.item_id,
            kind=FileKind.DERIVATIVE,
            parent=parent,
            recipe=one.recipe,
            content_type=one.content_type,
            blob_id=one.blob_id,
            size_bytes=one.size_bytes,
            sha256=one.sha256,
            created_at=clock.now(),
        )
        if one.mark is not None:
            marks.append((made, one.mark))
        custody.append(
            "derived",
            by=by,
            report_id=report_id,
            item_number=item_number,
            sha256=one.sha256,
            note=one.recipe,
        )
    near_pictures.note_marks(parent.item, marks=marks)


@transaction.atomic
def set_provenance(*, actor: Staff, item_id: UUID, provenance: Provenance) -> None:
    """Say where an item comes from. Raises `NotFound`.

    What the reporter recorded in our page stays so: `EvidenceError` ``item.was_recorded``.
    """
    check_may(actor, capability=Capability.SEE_ITEMS)
    item = models.Item.objects.select_related("filed").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    if item.provenance == Provenance.RECORDED and item.provenance_by_id is None:
        raise EvidenceError("item.was_recorded")
    note = f"provenance {item.provenance} {provenance}"
    item.provenance, item.provenance_by = provenance, actor
    item.save(update_fields=["provenance", "provenance_by"])
    custody.append(
        "corrected",
        by=actor,
        report_id=bytes(item.filed.report_id),
        item_number=item.number,
        sha256=bytes(item.sha256),
        note=note,
    )
    audit.record(
        "evidence.provenance_set",
        actor=actor,
        subject=item,
        context={"provenance": str(provenance)},
    )


def _record_item(
    one: FiledItem, *, report: models.FiledReport, sealed: models.StoredFile | None
) -> None:
    item = models.Item.objects.create(
        filed=report,
        number=one.number,
        name=one.name,
        type=one.media_type,
        size_bytes=one.size_bytes,
        sha256=one.sha256,
        salt=one.salt,
        leaf_index=one.leaf_index,
        provenance=one.provenance,
        hidden_details=one.hidden_details,
        fault=one.fault,
    )
    if sealed is not None:
        sealed.item = item
        sealed.save(update_fields=["item"])
    if one.working is not None:
        models.StoredFile.objects.create(
            filed=report,
            item=item,
            kind=FileKind.WORKING,
            parent=sealed,
            recipe=OPENED,
            content_type=one.media_type,
            blob_id=one.working.blob_id,
            size_bytes=one.working.size_bytes,
            sha256=one.working.sha256,
            created_at=report.filed_at,
        )
