"""Writes big contents into the blob store before the transaction that files them.

A gigabyte is not written under the database's write lock. Each blob's id is noted first, so that
what a kill leaves without a report is found and shredded when the desk opens again.
"""

import queue
import threading
import uuid
from collections.abc import Callable

from django.db import transaction

from aigaq.core import blob_store
from aigaq.errors import AigaqError
from aigaq.intake.errors import IntakeError
from aigaq.intake.models import StagedBlob

PIECES = 64


class SweptError(IntakeError):
    """A staged blob was swept away by a desk that opened at the same moment: stage it again."""


def stage_blob(reader: blob_store.Reader) -> uuid.UUID:
    """Store all of ``reader`` durably under an id that is noted before."""
    blob_id = uuid.uuid4()
    StagedBlob.objects.create(blob_id=blob_id)
    return blob_store.store_blob(reader, blob_id=blob_id)


def stage_written(write: "Callable[[Pipe], object]") -> uuid.UUID:
    """Store what ``write`` writes into the pipe that it gets; what it raises is raised here.

    ``write`` runs in a thread and must not touch the database.
    """
    pipe = Pipe()
    thread = threading.Thread(target=pipe.run, args=(write,), daemon=True)
    thread.start()
    try:
        return stage_blob(pipe)
    finally:
        pipe.abandon()
        thread.join()


def keep_blobs(*blob_ids: uuid.UUID) -> None:
    """Say, in the transaction that files them, that these blobs belong to something now.

    Raises `SweptError` if one of them was swept away meanwhile: nothing may be filed without its
    content.
    """
    kept, _by_table = StagedBlob.objects.filter(pk__in=blob_ids).delete()
    if kept != len(blob_ids):
        raise SweptError("intake.blob_swept")


def remove_unfiled() -> int:
    """Shred what was staged and never filed; return the number. Only while nothing is filed."""
    staged = list(StagedBlob.objects.values_list("pk", flat=True))
    for blob_id in staged:
        with transaction.atomic():
            blob_store.delete_blob(blob_id)
            StagedBlob.objects.filter(pk=blob_id).delete()
    return len(staged)


class _AbandonedError(AigaqError):
    """The reader is gone."""


class Pipe:
    """Hands what one thread writes to another that reads, a few pieces at a time."""

    def __init__(self) -> None:
        self._pieces: queue.Queue[bytes | BaseException | None] = queue.Queue(PIECES)
        self._left = b""
        self._ended = False
        self._abandoned = threading.Event()

    def run(self, write: "Callable[[Pipe], object]") -> None:
        """Call ``write``; hand on its end or what it raises."""
        try:
            write(self)
            self._put(None)
        except _AbandonedError:
            pass
        except BaseException as error:
            self._put(error)

    def write(self, data: bytes, /) -> int:
        """Hand ``data`` on, waiting for room."""
        self._put(bytes(data))
        return len(data)

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end; raise what the writer raised."""
        while not self._left and not self._ended:
            piece = self._pieces.get()
            if isinstance(piece, BaseException):
                self._ended = True
                raise piece
            self._ended = piece is None
            self._left = piece or b""
        data, self._left = self._left[:size], self._left[size:]
        return data

    def abandon(self) -> None:
        """Let the writer end if it still writes."""
        self._abandoned.set()

    def _put(self, piece: bytes | BaseException | None) -> None:
        while not self._abandoned.is_set():
            try:
                self._pieces.put(piece, timeout=0.2)
                return
            except queue.Full:
                continue
        raise _AbandonedError("staging.abandoned")
