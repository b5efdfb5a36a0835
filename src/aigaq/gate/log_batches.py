"""Which entries come into the log next: a batch of one width, whatever happened.

One interval, one batch: public texts as they wait, and exactly ``width`` blinded entries, of which
commitments come first, then heads, the rest is chaff; shuffled, so that no place tells the kind. A
head that has waited for half the longest delay goes before the commitments, so that none starves. A
place once given, in one transaction, is for ever. Source: ``spec/log.md``, "Intervals, batches,
chaff"; PROTOCOL 22. Times are whole Unix seconds.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)

from aigaq.gate.log_tables import cosignatures, log_chaff, log_entries, log_waiting, log_width
from aigaq.gate.residue import note_erased
from aigaq.gate.tables import commitments, promises
from aigaq.sealing.card import Card
from aigaq.sealing.log_entries import Opening, build_blinded, make_chaff
from aigaq.tlog import hash_entry

#: A batch that grew stays wide for so long, so that the end of a surge is not seen either.
WIDE_SECONDS = 7 * 24 * 3600
_LARGEST_DOUBLINGS = 16
_SPARE_INTERVALS = 2


@dataclass(frozen=True)
class Pace:
    """What the card says of time: seconds between batches, their width, the longest delay."""

    interval_seconds: int
    batch: int
    maximum_delay_seconds: int

    @classmethod
    def of(cls, card: Card) -> "Pace":
        """Return the pace of ``card``."""
        return cls(card.interval_seconds, card.batch, card.maximum_delay_seconds)


def sequence_batch(connection: Connection, *, pace: Pace, now_seconds: int) -> int:
    """Give the next batch its places and return how many entries it has."""
    width = _choose_width(connection, pace=pace, now_seconds=now_seconds)
    urgent = _is_urgent(pace=pace, now_seconds=now_seconds)
    heads = _take_waiting(connection, is_public=False, limit=width, only=urgent)
    limit = width - len(heads)
    reports = _take(connection, commitments, limit=limit, columns=("commitment",))
    heads = [*heads, *_take_waiting(connection, is_public=False, limit=limit - len(reports))]
    chaff = [make_chaff() for _ in range(width - len(reports) - len(heads))]
    blinded = [
        *(build_blinded(row.commitment) for row in reports),
        *(row.entry for row in heads),
        *(build_blinded(one.blinded) for one in chaff),
    ]
    secrets.SystemRandom().shuffle(blinded)
    public = [row.entry for row in _take_waiting(connection, is_public=True, limit=width)]
    _place(connection, [*public, *blinded])
    if reports:
        note_erased(connection)
    _keep_chaff(connection, chaff)
    return len(public) + len(blinded)


def choose_doublings(*, due: Sequence[int], pace: Pace, now_seconds: int, at_least: int) -> int:
    """Return how often the batch must double so that no promise is missed.

    ``due`` are moments at which entries must be in the log, the earliest of each ``pace.batch``
    of the queue, in its order; two intervals are kept to spare.
    """
    spare = _SPARE_INTERVALS * pace.interval_seconds
    doublings = at_least
    while doublings < _LARGEST_DOUBLINGS:
        late = (
            now_seconds + (place >> doublings) * pace.interval_seconds > moment - spare
            for place, moment in enumerate(due)
            # Nothing helps what goes now already, and it comes first: it must not widen for ever.
            if place >> doublings
        )
        if not any(late):
            break
        doublings += 1
    return doublings


def begin_new_log(connection: Connection) -> None:
    """Forget the places of a log whose key is retired; what waits goes into the new one.

    Promises of the old log go with it: their key counts no more, and no phone could check them.
    Openings of chaff stay until the desk took them.
    """
    for table in (log_entries, log_width, cosignatures):
        connection.execute(delete(table))
    queued = select(commitments.c.commitment)
    connection.execute(delete(promises).where(promises.c.commitment.not_in(queued)))


def count_places(connection: Connection) -> int:
    """Return how many entries were ever given a place."""
    last = connection.scalar(select(func.max(log_entries.c["index"])))
    return 0 if last is None else int(last) + 1


def count_published(connection: Connection) -> int:
    """Return how many entries the published log had at least, as the database remembers."""
    published = select(log_entries.c["index"]).where(log_entries.c.entry.is_(None))
    last = connection.scalar(published.order_by(log_entries.c["index"].desc()).limit(1))
    return 0 if last is None else int(last) + 1


def list_unpublished(connection: Connection, *, since: int) -> list[bytes | None]:
    """Return the entries with a place from ``since`` on; None for one that was published."""
    rows = connection.execute(
        select(log_entries.c.entry)
        .where(log_entries.c["index"] >= since)
        .order_by(log_entries.c["index"])
    )
    return [row.entry for row in rows]


def forget_published(connection: Connection, *, size: int) -> None:
    """Drop the bytes of entries that the tiles hold; their leaf and place stay."""
    entries = log_entries.c
    connection.execute(
        update(log_entries)
        .where(entries["index"] < size, entries.entry.is_not(None))
        .values(entry=None)
    )


def queue_entry(connection: Connection, entry: bytes, *, is_public: bool, now_seconds: int) -> None:
    """Let ``entry`` wait for the next batch, unless it waits already, also as the commitment of a
    report that came by the gate, or has its place.
    """
    known = (
        select(log_waiting.c.number).where(log_waiting.c.entry == entry),
        select(log_entries.c["index"]).where(log_entries.c.leaf == hash_entry(entry)),
        select(commitments.c.number).where(commitments.c.commitment == entry[1:]),
    )
    if all(connection.scalar(query) is None for query in known):
        row = {"entry": entry, "is_public": is_public, "queued_at": now_seconds}
        connection.execute(insert(log_waiting).values(**row))


def find_indexes(connection: Connection, values: Sequence[bytes], *, size: int) -> list[int | None]:
    """Return where each blinded value stands in the published log of ``size`` entries."""
    leaves = [hash_entry(build_blinded(value)) for value in values]
    rows = connection.execute(
        select(log_entries.c.leaf, func.min(log_entries.c["index"]).label("first"))
        .where(log_entries.c.leaf.in_(leaves), log_entries.c["index"] < size)
        .group_by(log_entries.c.leaf)
    )
    found = {row.leaf: row.first for row in rows}
    return [found.get(leaf) for leaf in leaves]


def _choose_width(connection: Connection, *, pace: Pace, now_seconds: int) -> int:
    row = connection.execute(select(log_width).order_by(log_width.c.until.desc())).first()
    # A clock that was ahead for a while must not keep batches wide for years.
    until = min(row.until, now_seconds + WIDE_SECONDS) if row is not None else 0
    kept = row.doublings if row is not None and until > now_seconds else 0
    due = _list_due(connection, pace=pace, now_seconds=now_seconds)
    doublings = choose_doublings(due=due, pace=pace, now_seconds=now_seconds, at_least=kept)
    if doublings > kept:
        until = now_seconds + WIDE_SECONDS
    if row is None or (row.doublings, row.until) != (doublings, until):
        connection.execute(delete(log_width))
        if doublings:
            connection.execute(insert(log_width).values(doublings=doublings, until=until))
    return pace.batch << doublings


def _list_due(connection: Connection, *, pace: Pace, now_seconds: int) -> list[int]:
    """Return when the first of each batch of what waits must be in the log, in its order.

    The database looks through the queue; what comes here is one number for each batch.
    """
    turn = case((_is_urgent(pace=pace, now_seconds=now_seconds), 0), else_=2)
    # A head of a gate that kept no time of it waits as if for half the delay already.
    unknown = now_seconds - pace.maximum_delay_seconds // 2
    heads = select(
        turn.label("turn"),
        log_waiting.c.number,
        func.coalesce(log_waiting.c.queued_at, unknown).label("queued_at"),
    ).where(log_waiting.c.is_public.is_(False))
    reports = select(literal(1).label("turn"), commitments.c.number, commitments.c.queued_at)
    waiting = union_all(heads, reports).subquery()
    order = (waiting.c.turn, waiting.c.number)
    place = (func.row_number().over(order_by=order) - 1).label("place")
    queue = select(waiting.c.queued_at, place).subquery()
    batch = queue.c.place // pace.batch
    earliest = select(func.min(queue.c.queued_at)).group_by(batch).order_by(batch)
    return [at + pace.maximum_delay_seconds for at in connection.scalars(earliest)]


def _is_urgent(*, pace: Pace, now_seconds: int) -> ColumnElement[bool]:
    """Say which heads go before commitments: those that waited long, or came by a clock ahead."""
    at = log_waiting.c.queued_at
    return or_(at.is_(None), at <= now_seconds - pace.maximum_delay_seconds // 2, at > now_seconds)


def _take(
    connection: Connection, table: Table, *, limit: int, columns: tuple[str, ...]
) -> Sequence[Any]:
    """Return the first rows of a queue and erase them there."""
    wanted = [table.c.number, *(table.c[name] for name in columns)]
    rows = connection.execute(select(*wanted).order_by(table.c.number).limit(limit)).all()
    if rows:
        connection.execute(
            delete(table).where(table.c.number == bindparam("taken")),
            [{"taken": row.number} for row in rows],
        )
    return rows


def _take_waiting(
    connection: Connection,
    *,
    is_public: bool,
    limit: int,
    only: ColumnElement[bool] | None = None,
) -> Sequence[Any]:
    waiting = log_waiting.c
    rows = connection.execute(
        select(waiting.number, waiting.entry)
        .where(waiting.is_public == is_public, true() if only is None else only)
        .order_by(waiting.number)
        .limit(limit)
    ).all()
    if rows:
        connection.execute(
            delete(log_waiting).where(waiting.number == bindparam("taken")),
            [{"taken": row.number} for row in rows],
        )
    return rows


def _place(connection: Connection, entries: Sequence[bytes]) -> None:
    start = count_places(connection)
    rows = [
        {"index": start + at, "leaf": hash_entry(entry), "entry": entry}
        for at, entry in enumerate(entries)
    ]
    if rows:
        connection.execute(insert(log_entries), rows)


def _keep_chaff(connection: Connection, chaff: Sequence[Opening]) -> None:
    if chaff:
        rows = [{"salt": one.salt, "value": one.value} for one in chaff]
        connection.execute(insert(log_chaff), rows)
