"""The files of uploads and items: ciphertext under a random name, in one folder.

A file's name is the id of the upload that made it; the database says what it belongs to. A row is
made before its file and removed before its file, so a file without a row is left over, never new
(`clean`). The bytes of a cut part stay. `Part` hashes while it writes; after a restart, or when
another process wrote in between, the missing stretch is read back. Blocking: call from a thread.
"""

import errno
import fcntl
import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from aigaq.blobs import sync_folder
from aigaq.gate.errors import GateError

_READ_BYTES = 1 << 20
# One write makes the pages of the file as large as it is itself, and the kernel looks long for
# free pages of a mebibyte and more: a megabyte cost 0.3 ms of CPU in writes of this size and up to
# 2.4 ms in writes of 4 MiB (Linux 6.18, ext4).
_WRITTEN_BYTES = 256 * 1024
_REMEMBERED_HASHES = 1_024
_FREE_IS_FRESH_SECONDS = 0.25
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class _Hasher(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...
    def copy(self) -> Self: ...


@dataclass(frozen=True)
class _Hashed:
    """The SHA-256 state over the first ``size`` bytes of a file."""

    hasher: _Hasher
    size: int


class ItemFiles:
    """The folder of item files, with the running hashes of those that still grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashed: OrderedDict[str, _Hashed] = OrderedDict()
        self._lock = threading.Lock()
        self._free = (0, float("-inf"))

    def path(self, name: str) -> Path:
        """Return where the file of upload ``name`` lies, whether or not it does."""
        return self.folder / name

    def size(self, name: str) -> int:
        """Return how many bytes have come: 0 for a file that was not begun."""
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return 0

    def changed_at(self, name: str) -> int | None:
        """Return when the last byte came, in Unix seconds, or None before the first."""
        try:
            return int(self.path(name).stat().st_mtime)
        except FileNotFoundError:
            return None

    def free_bytes(self) -> int:
        """Return what an ordinary user may still write here, as of a quarter of a second ago."""
        now = time.monotonic()
        free, looked_at = self._free
        if now - looked_at > _FREE_IS_FRESH_SECONDS:
            facts = os.statvfs(self.folder)
            free = facts.f_bavail * facts.f_frsize
            self._free = (free, now)
        return free

    def remove(self, names: list[str]) -> None:
        """Remove these files, durably; those that are gone already are no mistake."""
        for name in names:
            self._forget(name)
            self.path(name).unlink(missing_ok=True)
        if names:
            sync_folder(self.folder)

    def list_names(self) -> list[str]:
        """Return the names of all files."""
        return [path.name for path in self.folder.iterdir()]

    def read(self, name: str, *, start: int, size: int) -> Iterator[bytes]:
        """Yield ``size`` bytes from ``start`` on, in blocks. Raises `OSError` if they are gone."""
        with self.path(name).open("rb") as file:
            file.seek(start)
            while size:
                block = file.read(min(_READ_BYTES, size))
                if not block:
                    raise OSError(errno.EIO, "an item file is shorter than its report says")
                size -= len(block)
                yield block

    def open_part(self, name: str, *, offset: int) -> "Part":
        """Return the end of file ``name``, closed to anyone else, for bytes from ``offset`` on.

        Raises `GateError`: ``uploads.busy`` while another part is being written (by any process),
        ``uploads.wrong_offset`` if the file ends elsewhere, ``gate.full``.
        """
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.path(name), flags, 0o600)
        except OSError as error:
            raise storage_error(error) from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise GateError("uploads.busy") from None
            if os.fstat(descriptor).st_size != offset:
                raise GateError("uploads.wrong_offset")
            return Part(self, name=name, descriptor=descriptor, start=offset)
        except BaseException:
            os.close(descriptor)
            raise

    def _hashed_so_far(self, name: str) -> _Hashed:
        with self._lock:
            return self._hashed.get(name, _Hashed(hashlib.sha256(), 0))

    def _remember(self, name: str, hashed: _Hashed) -> None:
        with self._lock:
            self._hashed[name] = hashed
            self._hashed.move_to_end(name)
            if len(self._hashed) > _REMEMBERED_HASHES:
                self._hashed.popitem(last=False)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._hashed.pop(name, None)


class Part:
    """One PATCH: bytes added to the end of a file that is locked meanwhile."""

    def __init__(self, files: ItemFiles, *, name: str, descriptor: int, start: int) -> None:
        self._files = files
        self._name = name
        self._descriptor = descriptor
        self._start = start
        self.size = start
        hashed = files._hashed_so_far(name)
        self._hasher = hashed.hasher.copy()
        self._hashed_bytes = hashed.size
        if hashed.size > start:  # The file was cut back by another process: begin again.
            self._hasher = hashlib.sha256()
            self._hashed_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add ``data``. On a full disk what fitted stays, and ``gate.full`` is raised."""
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._descriptor, view[:_WRITTEN_BYTES])
            except OSError as error:
                raise storage_error(error) from None
            if self._hashed_bytes == self.size:
                self._hasher.update(view[:written])
                self._hashed_bytes += written
            self.size += written
            view = view[written:]

    def sync(self, *, is_whole: bool = False) -> None:
        """Make what was written durable: the bytes, and the name of a new or a whole file.

        (Who made the name may have been killed before it was durable, so the end sees to it again.)
        After a failed fsync nothing of the file can be believed, so it is emptied, and
        ``gate.storage_failed`` (or ``gate.full``) is raised.
        """
        try:
            os.fsync(self._descriptor)
            if self._start == 0 or is_whole:
                sync_folder(self._files.folder)
        except OSError as error:
            os.ftruncate(self._descriptor, 0)
            self._files._forget(self._name)
            raise storage_error(error) from None
        self._files._remember(self._name, _Hashed(self._hasher, self._hashed_bytes))

    def drop(self) -> None:
        """Take back everything that this part wrote."""
        os.ftruncate(self._descriptor, self._start)
        os.fsync(self._descriptor)

    def sha256(self) -> bytes:
        """Return the SHA-256 of the whole file so far, reading back what was not hashed."""
        while block := os.pread(self._descriptor, _READ_BYTES, self._hashed_bytes):
            self._hasher.update(block)
            self._hashed_bytes += len(block)
        return self._hasher.digest()

    def close(self) -> None:
        """Let the file go."""
        os.close(self._descriptor)


def storage_error(error: OSError) -> GateError:
    """Return what a failure of the disk means to a client: full, or out of order."""
    return GateError("gate.full" if error.errno in _FULL else "gate.storage_failed")
