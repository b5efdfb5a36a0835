"""Temporary files of the desk: in memory (tmpfs) only, closed to others, gone at the end.

A folder or file has the number of its process in its name: what a process left that was killed is
swept.

Swap is the owner's to turn off; `docs/reference/desk.md` says so.
"""

import os
import re
import shutil
import stat
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
    folder = Path(tempfile.mkdtemp(prefix=temporary_prefix(), dir=TMPFS))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def temporary_prefix() -> str:
    """Return how the name of everything begins that this process makes in `TMPFS`."""
    return f"{PREFIX}{os.getpid()}-"


def sweep_temporary() -> int:
    """Remove folders and files of our processes that are gone; return how many."""
    swept = 0
    for left in TMPFS.glob(f"{PREFIX}*"):
        named = re.fullmatch(rf"{PREFIX}([0-9]+)-[a-z0-9_]+", left.name)
        if named is None or Path("/proc", named[1]).exists():
            continue
        facts = left.lstat()
        if facts.st_uid != os.getuid():
            continue
        if stat.S_ISDIR(facts.st_mode):
            shutil.rmtree(left, ignore_errors=True)
            swept += 1
        elif stat.S_ISREG(facts.st_mode):
            left.unlink(missing_ok=True)
            swept += 1
    return swept
