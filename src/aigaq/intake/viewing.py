"""What people look at: items, their previews, and downloads, each on record.

Whatever is shown was opened, and stands in custody in the same transaction.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, blob_store
from aigaq.evidence import services as evidence
from aigaq.intake import models
from aigaq.intake.errors import NotFound
from aigaq.intake.selectors import check_may, get_item
from aigaq.intake.shapes import Download

#: Pictures and sounds that are fetched so soon after their item was opened belong to that opening.
ONE_LOOK = timedelta(minutes=15)
DOWNLOAD_HEADERS = {
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@transaction.atomic
def open_item(*, actor: Staff, item_id: UUID) -> None:
    """Record that someone clicked through to an item. Raises `NotFound`."""
    item = get_item(actor=actor, item_id=item_id)
    models.Opening.objects.create(
        report_id=item.report_id, item=item, what="item", by=actor, at=clock.now()
    )
    _record_custody("opened", by=actor, item=item)
    audit.record("intake.item_opened", actor=actor, subject=item)


@transaction.atomic
def read_preview(*, actor: Staff, preview_id: UUID) -> bytes:
    """Return the bytes of a preview: pixels, samples or text of our own encoding.

    What is shown was opened: unless the same person opened its item within `ONE_LOOK`, this is
    recorded as an opening. So a picture that is shown beside another one is on record, too.
    """
    check_may(actor, capability=Capability.SEE_ITEMS)
    row = models.Preview.objects.filter(pk=preview_id).first()
    if row is None:
        raise NotFound
    now = clock.now()
    looks = models.Opening.objects.filter(item=row.item_id, what="item", by=actor)
    if not looks.filter(at__gt=now - ONE_LOOK, at__lte=now).exists():
        open_item(actor=actor, item_id=row.item_id)
    return blob_store.read_blob(row.blob_id)


@transaction.atomic
def read_item(*, actor: Staff, item_id: UUID) -> Download:
    """Record the download and return the original as a stream that no browser will run.

    Raises `NotFound`, also for a damaged item, which has no original.
    """
    item = get_item(actor=actor, item_id=item_id)
    if item.blob_id is None:
        raise NotFound
    models.Opening.objects.create(
        report_id=item.report_id, item=item, what="download", by=actor, at=clock.now()
    )
    _record_custody("copied", by=actor, item=item, note="download")
    audit.record("intake.item_downloaded", actor=actor, subject=item)
    register_number = models.Report.objects.values_list("register_number", flat=True).get(
        pk=item.report_id
    )
    name = build_safe_name(item.name, register_number=register_number, number=item.number)
    headers = DOWNLOAD_HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    chunks: Iterator[bytes] = blob_store.read_chunks(item.blob_id)
    return Download(name=name, size_bytes=item.size_bytes, headers=headers, chunks=chunks)


def build_safe_name(name: str, *, register_number: int, number: int) -> str:
    """Return a name made by us; of hers only a short, harmless extension is kept."""
    found = re.search(r"\.([A-Za-z0-9]{1,5})\Z", name)
    extension = found[1].lower() if found else "bin"
    return f"report-{register_number}-item-{number}.{extension}"


def _record_custody(event: str, *, by: Staff, item: models.Item, note: str = "") -> None:
    evidence.record_custody(
        event,
        by=by,
        report_id=bytes(item.report.report_id),
        item_number=item.number,
        sha256=bytes(item.sha256),
        note=note,
    )
