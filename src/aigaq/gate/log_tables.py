"""The tables of the log. What is kept of an entry is the same for reports, heads and chaff, so that
who seizes the gate cannot tell them apart (PROTOCOL 22).
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, String, Table, Text

from aigaq.gate.tables import NUMBER, metadata

__all__ = ["cosignatures", "log_chaff", "log_entries", "log_waiting", "log_width", "metadata"]

# Every entry that has its place, published or about to be, under its leaf hash.
log_entries = Table(
    "log_entries",
    metadata,
    Column("index", NUMBER, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary(32), nullable=False, index=True),
    Column("entry", LargeBinary),  # NULL once it is published: the tiles have it.
    Index("log_entries_unpublished", "index", sqlite_where=Column("entry").is_not(None)),
)

# Heads and public texts that wait for the next batch.
log_waiting = Table(
    "log_waiting",
    metadata,
    Column("number", NUMBER, primary_key=True),
    Column("is_public", Boolean, nullable=False),
    Column("entry", LargeBinary, nullable=False, unique=True),
    Column("queued_at", BigInteger),
    sqlite_autoincrement=True,
)

# Openings of chaff until the desk took them.
log_chaff = Table(
    "log_chaff",
    metadata,
    Column("number", NUMBER, primary_key=True),
    Column("salt", LargeBinary(32), nullable=False),
    Column("value", LargeBinary(32), nullable=False),
    sqlite_autoincrement=True,
)

# How wide batches are at the moment, and until when.
log_width = Table(
    "log_width",
    metadata,
    Column("doublings", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(255), primary_key=True),
    Column("key_id", LargeBinary(4), primary_key=True),
    Column("line", Text, nullable=False),
    Column("note", Text, nullable=False),  # The log's own note of that size.
)
