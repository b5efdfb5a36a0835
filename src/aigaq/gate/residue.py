"""What SQLite leaves behind of erased rows, and how it goes.

``secure_delete`` overwrites what is deleted, but a page that was split keeps a copy of rows that
moved to the other one, and the write-ahead file keeps older states of pages. So after something was
erased that must not be found, the janitor has the database written anew (VACUUM) and the
write-ahead file emptied. Source: https://www.sqlite.org/pragma.html#pragma_secure_delete.
"""

import logging
import secrets as random
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from aigaq.gate.tables import secrets

#: A larger database is not written anew, because writers would wait for too long.
MAXIMUM_BYTES = 256 * 1024 * 1024
_WAIT_SECONDS = 30
_MARK = "erased"
_log = logging.getLogger("aigaq.gate")


def note_erased(connection: Connection) -> None:
    """Remember, in the caller's transaction, that something was erased that must not be found."""
    connection.execute(delete(secrets).where(secrets.c.name == _MARK))
    connection.execute(insert(secrets).values(name=_MARK, value=random.token_bytes(8)))


def find_mark(connection: Connection) -> bytes | None:
    """Return what `note_erased` left last, or None: then there is nothing to write anew."""
    mark: bytes | None = connection.scalar(select(secrets.c.value).where(secrets.c.name == _MARK))
    return mark


def forget_mark(connection: Connection, *, mark: bytes) -> None:
    """Say that what was erased up to ``mark`` is gone; what was erased since has another one."""
    connection.execute(delete(secrets).where(secrets.c.name == _MARK, secrets.c.value == mark))


def write_anew(path: Path, *, free_bytes: int) -> bool:
    """Write the database anew; tell whether it was.

    One that is too large for that, or for the disk, is left, and the error log says so.
    """
    size = path.stat().st_size
    if size > MAXIMUM_BYTES or free_bytes < 3 * size:
        _log.error("gate.residue_left")
        return False
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("VACUUM")
    return True
