"""Two doors to the gate's database: one that writes, one at a time, and many that read.

The SQLite settings stand here and nowhere else: WAL, ``synchronous=FULL``, foreign keys, BEGIN
IMMEDIATE for the writer, overwriting of what is deleted. Everything else is portable SQL. Source:
DESIGN 7; https://www.sqlite.org/pragma.html.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from aigaq.gate.errors import GateError
from aigaq.gate.log_tables import metadata

READERS = 8
#: What a statement raises, and what setting up a connection and BEGIN raise, unwrapped.
STORAGE_ERRORS = (DBAPIError, sqlite3.Error)
_LOCK_WAIT_SECONDS = 30
_CHECKPOINT_PAGES = 4_000  # 16 MiB of log before its pages move into the database.


def open_writer(path: Path) -> Engine:
    """Return the engine of the one writer thread; makes what of the tables is not there."""
    engine = _open(path, connections=1, begin="BEGIN IMMEDIATE", pragmas=_WRITER_PRAGMAS)
    metadata.create_all(engine)
    with engine.begin() as connection:
        _add_columns(connection)
    return engine


def _add_columns(connection: Connection) -> None:
    """Give tables of an older gate the columns that came since; each may be empty."""
    for table in metadata.sorted_tables:
        there = {one["name"] for one in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                added = f"{column.name} {column.type.compile(connection.dialect)}"
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {added}")


def open_readers(path: Path) -> Engine:
    """Return the engine of the reading connections, which cannot write."""
    return _open(path, connections=READERS, begin="BEGIN", pragmas=("PRAGMA query_only=ON",))


def storage_error(error: Exception) -> GateError:
    """Return what one of `STORAGE_ERRORS` means to a client: full, or out of order."""
    bare = error.orig if isinstance(error, DBAPIError) else error
    if getattr(bare, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return GateError("gate.full")
    return GateError("gate.storage_failed")


def shrink_log(path: Path) -> None:
    """Move SQLite's log into the database and empty it, so that erased bytes do not stay there."""
    with closing(sqlite3.connect(path, timeout=_LOCK_WAIT_SECONDS)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}",
)


def _open(path: Path, *, connections: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": _LOCK_WAIT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # We begin ourselves.
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection) -> None:  # type: ignore[no-untyped-def]
        connection.connection.cursor().execute(begin)

    return engine
