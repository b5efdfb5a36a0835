"""The tables of the gate, for any database that SQLAlchemy Core speaks.

Hashes and keys are raw bytes, times are whole Unix seconds. There is no column for an address, a
user agent, a title or a name, so none can be kept. `messages.number` and `reports.number` rise
strictly in the order of commits, because one transaction at a time is open for writing.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# A number that grows. SQLite wants exactly INTEGER for it; others a big integer.
NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _hash(name: str, *, unique: bool = False, index: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary(32), nullable=False, unique=unique or None, index=index or None)


secrets = Table(
    "secrets",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("version", NUMBER, primary_key=True, autoincrement=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("signed", Text, nullable=False),
)

used_nonces = Table(
    "used_nonces",
    metadata,
    Column("nonce", LargeBinary(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", String(43), primary_key=True),
    _hash("draft"),
    Column("member", String(16), nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32)),  # NULL until the last byte is durable.
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("draft", "member"),
)

reports = Table(
    "reports",
    metadata,
    Column("number", NUMBER, primary_key=True),
    _hash("id", unique=True),
    _hash("commitment", index=True),
    _hash("mailbox_key"),
    Column("received_at", BigInteger, nullable=False),
    # The same commitment came before, under another mailbox key: kept, flagged, never linked.
    Column("is_repeated", Boolean, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

items = Table(
    "items",
    metadata,
    Column("report", ForeignKey("reports.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("file", String(43), nullable=False, unique=True),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("received_at", BigInteger, nullable=False),
)

# What the log writer must integrate. It reads by number and never deletes here.
commitments = Table(
    "commitments",
    metadata,
    Column("number", NUMBER, primary_key=True),
    _hash("commitment", unique=True),
    Column("queued_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Message 0 of a mailbox, one for each part, until she confirms it.
promises = Table(
    "promises",
    metadata,
    Column("report_id", LargeBinary(32), primary_key=True),
    _hash("mailbox_key", index=True),
    _hash("commitment"),  # Zeros once the promise is sealed.
    Column("received_at", BigInteger, nullable=False),
    # The promise as an age file to the mailbox, from the moment on in which the desk has the report
    # and nothing else here names its commitment (PROTOCOL 22).
    Column("sealed", LargeBinary),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("key", LargeBinary(32), primary_key=True),
    Column("recipient", Text, nullable=False),
    _hash("first_commitment"),  # Zeros once it is sealed.
    Column("first_commitment_sealed", LargeBinary),
    Column("to_desk_sequence", BigInteger, nullable=False),
    _hash("to_desk_sha256"),
    Column("to_reporter_sequence", BigInteger, nullable=False),
    _hash("to_reporter_sha256"),
    Column("is_dead", Boolean, nullable=False),
    # A report came under the key of a dead one: to whoever has that key it is a mailbox like any,
    # to the desk it stays dead.
    Column("is_reused", Boolean),
)

messages = Table(
    "messages",
    metadata,
    Column("number", NUMBER, primary_key=True),
    _hash("mailbox_key"),
    Column("direction", String(16), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    _hash("previous"),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("mailbox_key", "direction", "sequence"),
    Index("messages_by_direction", "direction", "number"),
    sqlite_autoincrement=True,
)
