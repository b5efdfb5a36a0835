"""Copies without hidden details, for items whose reporter said "remove them" when sending.

Made in the sandbox when such an item is to leave for the first time, kept encrypted as a derivative
of its working copy, with a line of custody that names the recipe. Without such a copy the item does
not leave. Source: ``spec/evidence-package.md``, ``strip/v1``.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from aigaq.core import blob_store
from aigaq.evidence import services as evidence
from aigaq.evidence.shapes import DerivedFile, FileKind, ItemEvidence, StoredFile
from aigaq.intake import staging
from aigaq.intake.errors import PackageRefused
from aigaq.intake.previews import begin_chunks
from aigaq.redaction.strip import RECIPE, StripError, open_stripped
from aigaq.redaction.strip.make import Reader

STRIP = "strip"


def must_be_stripped(item: ItemEvidence) -> bool:
    """Tell whether the reporter chose that nobody outside the team sees the hidden details."""
    return item.hidden_details == STRIP


def find_stripped(item: ItemEvidence) -> StoredFile | None:
    """Return the copy of an item without hidden details, if there is one."""
    found = [one for one in item.files if one.recipe == RECIPE]
    return found[-1] if found else None


def find_leaving_sha256(item: ItemEvidence) -> bytes:
    """Return the hash of what leaves of an item: the file that came, or its copy."""
    copy = find_stripped(item) if must_be_stripped(item) else None
    return item.sha256 if copy is None else copy.sha256


def strip_items(items: Iterable[ItemEvidence]) -> None:
    """Make the copies that are not there yet, of items that must be stripped.

    Raises `PackageRefused` ``package.not_stripped``; ``found`` says why (`StripError`).
    """
    for item in items:
        if must_be_stripped(item) and find_stripped(item) is None:
            try:
                _strip(item)
            except StripError as error:
                raise PackageRefused(
                    "package.not_stripped", number=item.number, found=error.code
                ) from None


def _strip(item: ItemEvidence) -> None:
    working = next(one for one in item.files if one.kind == FileKind.WORKING)
    chunks = begin_chunks(blob_store.read_chunks(working.blob_id))
    with open_stripped(chunks=chunks, size_bytes=item.size_bytes) as stripped:
        hashing = _Hashing(stripped.content)
        blob_id = staging.stage_blob(hashing)
    _record(
        item,
        blob_id=blob_id,
        file=DerivedFile(
            blob_id=blob_id,
            size_bytes=stripped.size_bytes,
            sha256=hashing.sha256,
            content_type=stripped.content_type,
            recipe=RECIPE,
        ),
    )


@transaction.atomic
def _record(item: ItemEvidence, *, blob_id: UUID, file: DerivedFile) -> None:
    staging.keep_blobs(blob_id)
    evidence.record_derived(report_id=item.report_id, item_number=item.number, files=[file])


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: Reader) -> None:
        self._file, self._hasher = file, hashlib.sha256()

    @property
    def sha256(self) -> bytes:
        return self._hasher.digest()

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._hasher.update(data)
        return data
