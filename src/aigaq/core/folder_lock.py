"""Only one process may open a desk's folder; it holds ``desk.lock`` while it does."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from aigaq.core.home import Home
from aigaq.errors import AigaqError


@contextmanager
def holding_folder(home: Home) -> Iterator[None]:
    """Hold the folder. Raises `AigaqError` ``desk.already_running`` if another process does."""
    home.create()
    descriptor = os.open(home.process_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AigaqError("desk.already_running") from None
        yield
    finally:
        os.close(descriptor)
