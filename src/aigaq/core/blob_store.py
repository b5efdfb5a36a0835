"""Files at rest: each under a key of its own, which a row of the encrypted database holds.

A blob is `aigaq.age.stream` (chunks of 64 KiB that each prove themselves) under HKDF-SHA512(desk's
blob key followed by the row's random key). It lies in ``blobs/`` by its random id. Deleting the row
shreds the key, and with it every copy of the file. Content is read as it proves itself: a caller
that gets `BlobError` discards what it read.
"""

import os
import secrets
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from aigaq import clock
from aigaq.age import AgeError, stream
from aigaq.blobs import sync_folder
from aigaq.core.errors import BlobError, DeskLocked
from aigaq.core.held_keys import BLOBS_LABEL, HELD, KEY_BYTES, derive_key
from aigaq.core.models import BlobKey

FILE_LABEL = b"aigaq/desk/blob/v1"


class Reader(Protocol):
    """Something that gives up to ``size`` bytes, and none at its end."""

    def read(self, size: int, /) -> bytes: ...


def store_blob(content: Reader, *, blob_id: uuid.UUID | None = None) -> uuid.UUID:
    """Encrypt all of ``content`` durably and return the blob's id, a random one or ``blob_id``.

    The row belongs to the caller's transaction; without a commit the file is noise, and the next
    unlock sweeps it away. Raises `OSError` if the disk is full.
    """
    blob = BlobKey(
        key=secrets.token_bytes(KEY_BYTES),
        size_bytes=0,
        created_at=clock.now(),
        id=blob_id or uuid.uuid4(),
    )
    path = _get_path(blob.id)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for sealed in stream.encrypt_chunks(_derive(blob), content):
                file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
            blob.size_bytes = stream.plain_size(file.tell())
        sync_folder(path.parent)
        blob.save(force_insert=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return blob.id


def get_size(blob_id: uuid.UUID) -> int:
    """Return the number of bytes of the content. Raises `BlobError` ``blob.gone``."""
    return _get_row(blob_id).size_bytes


def has_file(blob_id: uuid.UUID) -> bool:
    """Tell whether a blob has its key and its file; whether the file is whole shows in reading."""
    return BlobKey.objects.filter(pk=blob_id).exists() and _get_path(blob_id).is_file()


def read_chunks(blob_id: uuid.UUID) -> Iterator[bytes]:
    """Yield the content in chunks of at most 64 KiB.

    Raises `BlobError`: ``blob.gone`` (no key or no file), ``blob.damaged``; `DeskLocked` as soon as
    the desk is locked, however long a download or a preview that is under way would go on.
    """
    row = _get_row(blob_id)
    _desk_key, generation = HELD.get(label=BLOBS_LABEL)
    try:
        with _get_path(blob_id).open("rb") as file:
            for chunk in stream.decrypt_chunks(_derive(row), file):
                if HELD.generation != generation:
                    raise DeskLocked
                yield chunk
    except FileNotFoundError:
        raise BlobError("blob.gone", blob=blob_id) from None
    except AgeError:
        raise BlobError("blob.damaged", blob=blob_id) from None


def read_blob(blob_id: uuid.UUID) -> bytes:
    """Return the whole content; raises as `read_chunks` does."""
    return b"".join(read_chunks(blob_id))


def list_blob_ids() -> Iterator[uuid.UUID]:
    """Return the ids of all blobs, in no order."""
    return BlobKey.objects.values_list("pk", flat=True).iterator()


def delete_blob(blob_id: uuid.UUID) -> None:
    """Shred the key with the caller's transaction and remove the file once it is committed."""
    BlobKey.objects.filter(pk=blob_id).delete()
    transaction.on_commit(lambda: _get_path(blob_id).unlink(missing_ok=True))


def remove_orphans() -> int:
    """Remove files that have no key: of a crash between file and commit. Return their number.

    Only while nothing else stores blobs, as when the desk unlocks.
    """
    known = {row.hex for row in BlobKey.objects.values_list("pk", flat=True)}
    orphans = [path for path in _get_folder().iterdir() if path.name not in known]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _derive(row: BlobKey) -> bytes:
    desk_key, _generation = HELD.get(label=BLOBS_LABEL)
    return derive_key(secret=desk_key + bytes(row.key), label=FILE_LABEL)


def _get_row(blob_id: uuid.UUID) -> BlobKey:
    row = BlobKey.objects.filter(pk=blob_id).first()
    if row is None:
        raise BlobError("blob.gone", blob=blob_id)
    return row


def _get_folder() -> Path:
    folder: Path = settings.HOME.blobs
    return folder


def _get_path(blob_id: uuid.UUID) -> Path:
    return _get_folder() / blob_id.hex
