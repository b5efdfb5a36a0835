"""Files made durable: what these functions return from survives a crash or a power cut.

A write goes to a temporary name in the same folder, is fsynced, renamed, and the folder is fsynced
too; a reader never sees half a file. Source: the rename rules of POSIX and ext4's documentation.
"""

import os
import secrets
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make renames, creations and removals in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` by ``data`` atomically and durably. Raises `OSError` as the system does."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def remove_durably(path: Path) -> None:
    """Remove ``path``, whether or not it exists, and make that durable."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
