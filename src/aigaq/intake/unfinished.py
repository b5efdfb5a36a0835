"""Packages on their way to a place outside the desk, and what a kill leaves of them.

A package is written under a name of its own beside its place and renamed there at the very end, so
that nothing incomplete ever has its name. The path is noted, encrypted, before the first byte: a
desk that was killed removes what it left when it opens again.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from aigaq import clock
from aigaq.intake.errors import PackageRefused
from aigaq.intake.models import UnfinishedExport

MARK = ".unfinished"
_STEM_LENGTH = 40
_RUN = uuid4()


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes ``target`` at the end; on an error nothing is there.

    Raises `PackageRefused` ``package.exists``, at the end too: nothing is ever written over.
    """
    if os.path.lexists(target):
        raise PackageRefused("package.exists")
    stem = f".{target.stem[:_STEM_LENGTH]}-{secrets.token_hex(4)}"
    path = target.with_name(f"{stem}{MARK}{target.suffix}")
    row = UnfinishedExport.objects.create(path=str(path), run=_RUN, begun_at=clock.now())
    try:
        yield path
        if os.path.lexists(target):
            raise PackageRefused("package.exists")
        path.rename(target)
    finally:
        remove(path)
        row.delete()


def sweep_unfinished() -> int:
    """Remove what an earlier process left; return how many. One elsewhere than now stays noted."""
    swept = 0
    for row in UnfinishedExport.objects.exclude(run=_RUN):
        path = Path(row.path)
        if not path.parent.is_dir():  # A drive that is not here now.
            continue
        if MARK in path.name and path.name.startswith("."):
            remove(path)
        if not os.path.lexists(path):
            row.delete()
            swept += 1
    return swept


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
