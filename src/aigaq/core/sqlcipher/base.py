"""SQLCipher as Django's SQLite: every page of the database file and of its WAL is encrypted.

The raw 32-byte key comes from `aigaq.core.held_keys`; without it no connection opens. A connection
remembers the generation of its key; once the desk was locked it is closed and refused. Source:
https://www.zetetic.net/sqlcipher/sqlcipher-api/ ("raw key", ``cipher_memory_security``).
"""

import datetime
import decimal
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from itertools import tee
from typing import Any

from django.db import DatabaseError
from django.db import connection as django_connection
from django.db.backends.sqlite3 import base as sqlite
from django.db.backends.sqlite3._functions import register as register_functions  # type: ignore[import-untyped]
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from sqlcipher3 import dbapi2 as sqlcipher

from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import DATABASE_LABEL, HELD

PRAGMAS = (
    "cipher_memory_security = ON",
    "foreign_keys = ON",
    "legacy_alter_table = OFF",
    "journal_mode = WAL",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "secure_delete = ON",
)
#: How long locking waits for readers before it leaves the WAL as it is.
CHECKPOINT_MILLISECONDS = 300
#: How long closing waits for a statement to end before it breaks it off, again and again.
INTERRUPT_SECONDS = 0.02
OPEN_CONNECTIONS: "weakref.WeakSet[DatabaseWrapper]" = weakref.WeakSet()


def adapt_datetime(value: datetime.datetime) -> str:
    """Return how Django writes a moment in SQLite."""
    return value.isoformat(" ")


for name, convert in (
    ("bool", b"1".__eq__),
    ("date", sqlite.decoder(parse_date)),
    ("time", sqlite.decoder(parse_time)),
    ("datetime", sqlite.decoder(parse_datetime)),
    ("timestamp", sqlite.decoder(parse_datetime)),
):
    sqlcipher.register_converter(name, convert)
sqlcipher.register_adapter(decimal.Decimal, str)
sqlcipher.register_adapter(datetime.date, datetime.date.isoformat)
sqlcipher.register_adapter(datetime.datetime, adapt_datetime)


class Connection(sqlcipher.Connection):
    """A connection that another thread can close at any time.

    Locking closes the connections of all threads. In C, closing one while its own thread is in a
    call of it, or closes it too, frees a statement twice and ends the process. So one call at a
    time: ``guard`` is held during each, and closing breaks off what holds it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.guard = threading.RLock()
        self._ending = threading.Lock()
        self._is_ending = False
        self._is_closed = False
        super().__init__(*args, **kwargs)

    def commit(self) -> None:
        """Commit the transaction."""
        with self.guard:
            super().commit()

    def rollback(self) -> None:
        """Take the transaction back."""
        with self.guard:
            super().rollback()

    def copy_into(self, target: Any, *, pages: int) -> None:
        """Copy the database into ``target``, so many pages at a time; closing breaks it off."""

        def check_open(*_progress: int) -> None:
            if self._is_ending:
                raise sqlcipher.OperationalError("interrupted")

        with self.guard:
            self.backup(target, pages=pages, progress=check_open)

    def interrupt(self) -> None:
        """Break off the statement that it is in; for any thread, and also once it is closed."""
        with self._ending:
            if not self._is_closed:
                super().interrupt()

    def close(self) -> None:
        """Close it; from another thread, as soon as the statement that it is in was broken off."""
        self._is_ending = True
        while not self.guard.acquire(timeout=INTERRUPT_SECONDS):
            self.interrupt()
        try:
            with self._ending:
                self._is_closed = True
                super().close()
        finally:
            self.guard.release()


class Cursor(sqlcipher.Cursor):
    """Django's cursor of the same name on SQLCipher's: turns ``%s`` into ``?``."""

    connection: Connection

    def execute(self, query: str, params: Any = None) -> Any:
        """Run ``query``."""
        with self.connection.guard:
            if params is None:
                return super().execute(query)
            names = list(params) if isinstance(params, Mapping) else None
            return super().execute(self.convert_query(query, param_names=names), params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run ``query`` once for each of ``param_list``."""
        peekable, rows = tee(iter(param_list))
        first = next(peekable, None)
        names = list(first) if first and isinstance(first, Mapping) else None
        with self.connection.guard:
            return super().executemany(self.convert_query(query, param_names=names), rows)

    def __next__(self) -> Any:
        with self.connection.guard:
            return super().__next__()

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""
        with self.connection.guard:
            return super().fetchone()

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Return some rows."""
        with self.connection.guard:
            return super().fetchmany(*args, **kwargs)

    def fetchall(self) -> Any:
        """Return all rows that are left."""
        with self.connection.guard:
            return super().fetchall()

    def close(self) -> None:
        """Let go of the statement."""
        with self.connection.guard:
            super().close()

    # Django's own conversion, which uses nothing of its class.
    convert_query: Any = sqlite.SQLiteCursorWrapper.convert_query


class DatabaseWrapper(sqlite.DatabaseWrapper):
    """One thread's connection to the encrypted database."""

    Database = sqlcipher
    generation = -1

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open, key and set up a connection. Raises `DeskLocked`."""
        key, self.generation = HELD.get(label=DATABASE_LABEL)
        connection = sqlcipher.connect(**conn_params, factory=Connection)
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        register_functions(connection)
        OPEN_CONNECTIONS.add(self)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that speaks Django's parameter style."""
        return self.connection.cursor(factory=Cursor)

    def _set_autocommit(self, autocommit: bool) -> None:
        with self.connection.guard:  # Setting the isolation level commits, in C.
            super()._set_autocommit(autocommit)  # type: ignore[misc]

    def ensure_connection(self) -> None:
        """Never use a connection whose key was dropped since. Raises `DeskLocked`."""
        if self.connection is not None and self.generation != HELD.generation:
            inside_transaction = self.in_atomic_block
            self.close()
            if inside_transaction:
                raise DeskLocked
        super().ensure_connection()

    def close_if_unusable_or_obsolete(self) -> None:
        """Let go of a connection whose key was dropped, and open none.

        Django asks this as a request begins, before any page: to open one would fail on a locked
        desk, and leave its door without an answer.
        """
        if self.connection is not None and self.generation != HELD.generation:
            self.close()
            return
        super().close_if_unusable_or_obsolete()


def drop_keys() -> None:
    """Fold the WAL into the database, drop the keys of the process and close its connections."""
    with suppress(DatabaseError, DeskLocked), django_connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {CHECKPOINT_MILLISECONDS}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    HELD.drop()
    close_stale_connections()


def interrupt_connections() -> None:
    """Break off the statement that any thread is in. Source: sqlite3_interrupt, for any thread."""
    for wrapper in list(OPEN_CONNECTIONS):
        connection = wrapper.connection
        if connection is not None:
            connection.interrupt()


def close_stale_connections() -> None:
    """Break off and close every connection of the process that was opened with a dropped key.

    The keys inside SQLCipher die with its connections, so locking does not wait for each thread to
    come back and notice. Whoever was in the middle of a statement gets an error; who comes back
    later finds the generation changed.
    """
    for wrapper in list(OPEN_CONNECTIONS):
        connection = wrapper.connection
        if connection is not None and wrapper.generation != HELD.generation:
            connection.close()
