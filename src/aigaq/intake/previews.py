"""Has the sandbox turn items into pixels, samples or text, and keeps those encrypted.

What cannot be shown says why; the original is untouched. Made again it would be the same, so an
item is tried once, and again only if bubblewrap was missing.
"""

import hashlib
import io
import uuid
from collections.abc import Iterator
from itertools import chain

from django.db import transaction

from aigaq.core import audit, blob_store
from aigaq.evidence import services as evidence
from aigaq.evidence.shapes import DerivedFile
from aigaq.intake import models, staging
from aigaq.redaction.preview import Made, PreviewError, make_previews

#: Reasons that are about this computer and not about the item.
TRY_AGAIN = ("preview.no_bubblewrap", "preview.no_decoders")


def preview_item(*, item_id: uuid.UUID) -> None:
    """Make the previews of one item, or record why it cannot be shown; again changes nothing."""
    item = models.Item.objects.filter(pk=item_id, report__forgotten_at=None).first()
    if item is None or item.blob_id is None or item.preview_state == "ready":
        return
    staged: list[tuple[Made, uuid.UUID]] = []
    code = ""
    try:
        chunks = begin_chunks(blob_store.read_chunks(item.blob_id))
        for made in make_previews(chunks=chunks, size_bytes=item.size_bytes):
            staged.append((made, staging.stage_blob(io.BytesIO(made.data))))
    except PreviewError as error:
        code = error.code
    _record(item=item, staged=staged, code=code)


def begin_chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first chunk now: the key comes from the database, which is this thread's alone."""
    return chain([next(chunks, b"")], chunks)


@transaction.atomic
def _record(*, item: models.Item, staged: list[tuple[Made, uuid.UUID]], code: str) -> None:
    row = models.Item.objects.get(pk=item.pk)
    if row.preview_state == "ready" or row.blob_id is None:
        return
    numbers: dict[str, int] = {}
    for made, blob_id in staged:
        number = numbers.get(made.kind, 0)
        numbers[made.kind] = number + 1
        models.Preview.objects.create(
            item=row,
            kind=made.kind,
            number=number,
            content_type=made.content_type,
            size_bytes=len(made.data),
            width=made.width,
            height=made.height,
            seconds=made.seconds,
            blob_id=blob_id,
        )
    staging.keep_blobs(*(blob_id for _made, blob_id in staged))
    evidence.record_derived(
        report_id=bytes(row.report.report_id),
        item_number=row.number,
        files=[
            DerivedFile(
                blob_id=blob_id,
                size_bytes=len(made.data),
                sha256=hashlib.sha256(made.data).digest(),
                content_type=made.content_type,
                recipe=f"preview/{made.kind}/v1",
                mark=made.mark,
            )
            for made, blob_id in staged
        ],
    )
    # A cut video still has the pictures before the cut.
    row.preview_state = "ready" if staged else "cannot_be_shown"
    row.preview_code = code
    row.save(update_fields=["preview_state", "preview_code"])
    context = {"code": code, "previews": len(staged)}
    audit.record("intake.previews_made", actor=None, subject=row, context=context)


def preview_waiting(*, limit: int = 5) -> int:
    """Make previews of a few items that wait; return how many were looked at."""
    waiting = models.Item.objects.filter(
        preview_state="waiting", blob_id__isnull=False, report__forgotten_at=None
    ).order_by("report__register_number", "number")
    found = list(waiting.values_list("pk", flat=True)[:limit])
    for item_id in found:
        preview_item(item_id=item_id)
    return len(found)


@transaction.atomic
def reset_after_install() -> None:
    """Try again what could not be shown for want of bubblewrap or decoders."""
    models.Item.objects.filter(preview_code__in=TRY_AGAIN).update(
        preview_state="waiting", preview_code=""
    )
