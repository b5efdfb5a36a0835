"""Opening a package, whichever form it has."""

import stat
from pathlib import Path

from aigaq_verify.archives import Archive
from aigaq_verify.errors import VerifyError
from aigaq_verify.sources import Folder, Source


def open_source(path: Path) -> Source:
    """Return the package at ``path``, step 0 passed.

    Raises `VerifyError`: ``files.unreadable`` (nothing there that could be one), ``files.*``.
    """
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return Folder(path)
        if stat.S_ISREG(kind):
            return Archive(path)
    except (OSError, ValueError):
        pass
    raise VerifyError("files.unreadable", path.name)
