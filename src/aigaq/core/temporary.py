"""Temporary files of the desk: in memory (tmpfs) only, closed to others, gone at the end.

A folder has the number of its process in its name: what a process left that was killed is swept.

Swap is the owner's to turn off; `docs/reference/desk.md` says so.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aigaq.errors import AigaqError

TMPFS = Path("/dev/shm")  # noqa: S108 - this is the system's folder in memory.
PREFIX = "aigaq-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder in memory and remove it with all it holds. Raises if there is no tmpfs."""
    if not TMPFS.is_dir():
        raise AigaqError("temporary.no_tmpfs")
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=TMPFS))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_temporary() -> int:
    """Remove the folders of our processes that are gone; return how many."""
    swept = 0
    for folder in TMPFS.glob(f"{PREFIX}*"):
        named = re.fullmatch(rf"{PREFIX}([0-9]+)-[a-z0-9_]+", folder.name)
        if named is None or Path("/proc", named[1]).exists():
            continue
        if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept
