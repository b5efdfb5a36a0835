"""Which entries come into the log next, and what somebody who only watches the log can tell."""

import itertools
import random
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, update

from aigaq.gate.database import open_writer, shrink_log
from aigaq.gate.log_batches import (
    WIDE_SECONDS,
    Pace,
    choose_doublings,
    count_places,
    count_published,
    forget_published,
    list_unpublished,
    queue_entry,
    sequence_batch,
)
from aigaq.gate.log_tables import log_chaff, log_entries, log_waiting, log_width
from aigaq.gate.tables import commitments
from aigaq.sealing.log_entries import CHAFF, Opening, build_blinded, build_public

NOW = 1_800_000_000
INTERVAL = 600
PACE = Pace(interval_seconds=INTERVAL, batch=16, maximum_delay_seconds=86_400)
#: So many batches fit between the receipt of a report and two intervals before it is due.
IN_TIME = 86_400 // INTERVAL - 2


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder in memory, for days with hundreds of commits."""
    with tempfile.TemporaryDirectory(prefix="aigaq-batches-", dir="/dev/shm") as name:
        yield Path(name)


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    opened = open_writer(folder / "gate.sqlite3")
    yield opened
    opened.dispose()


@pytest.fixture
def receive(engine: Engine) -> Callable[..., list[bytes]]:
    """Give a function that lets reports come and returns their commitments."""
    numbers = itertools.count()

    def come(count: int, *, at: int = NOW) -> list[bytes]:
        values = [sha256(b"%d" % next(numbers)).digest() for _ in range(count)]
        rows = [{"commitment": one, "queued_at": at} for one in values]
        if rows:
            with engine.begin() as connection:
                connection.execute(insert(commitments), rows)
        return values

    return come


def sequence(engine: Engine, *, at: int = NOW) -> list[bytes]:
    """Give a batch its places and return its entries in their order."""
    with engine.begin() as connection:
        start = count_places(connection)
        count = sequence_batch(connection, pace=PACE, now_seconds=at)
        entries = [one for one in list_unpublished(connection, since=start) if one is not None]
        forget_published(connection, size=start + count)
    assert len(entries) == count
    return entries


def queue(engine: Engine, entry: bytes, *, is_public: bool, at: int = NOW) -> None:
    with engine.begin() as connection:
        queue_entry(connection, entry, is_public=is_public, now_seconds=at)


def empty_queue(engine: Engine) -> None:
    """Let the crowd be over, so that a narrow batch is enough again."""
    with engine.begin() as connection:
        connection.execute(commitments.delete())


def count_waiting(engine: Engine) -> int:
    with engine.begin() as connection:
        return connection.scalar(select(func.count()).select_from(commitments)) or 0


def chaff_of(engine: Engine) -> set[bytes]:
    with engine.begin() as connection:
        rows = connection.execute(select(log_chaff)).all()
    return {build_blinded(Opening(CHAFF, row.salt, row.value).blinded) for row in rows}


@pytest.mark.parametrize("reports", [0, 1, 16, 40])
def test_a_batch_has_its_width_whatever_came(
    engine: Engine, receive: Callable[..., list[bytes]], reports: int
) -> None:
    receive(reports)
    assert list(map(len, sequence(engine))) == [33] * 16


def test_reports_come_first_then_heads_and_chaff_is_the_rest(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    heads = [build_blinded(bytes([number]) * 32) for number in range(1, 9)]
    for head in heads:
        queue(engine, head, is_public=False)
    reports = [build_blinded(one) for one in receive(12)]
    first, second = set(sequence(engine)), set(sequence(engine))
    assert first == {*reports, *heads[:4]}
    assert second - chaff_of(engine) == set(heads[4:])
    assert len(second & chaff_of(engine)) == 12


def test_no_head_starves_while_reports_fill_every_batch(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    """Sixteen reports in each interval: the head goes in time, and so does each of them."""
    head = build_blinded(b"H" * 32)
    queue(engine, head, is_public=False)
    due = {head: NOW + 86_400}
    for number in range(200):
        at = NOW + number * INTERVAL
        due |= {build_blinded(one): at + 86_400 for one in receive(16, at=at)}
        for entry in sequence(engine, at=at):
            if entry in due:
                assert at <= due.pop(entry) - 2 * INTERVAL
    assert head not in due


def test_heads_too_many_for_their_time_double_the_batch(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * (IN_TIME + 1))
    queue(engine, build_blinded(b"H" * 32), is_public=False)
    assert len(sequence(engine)) == 32


def test_a_head_of_a_gate_that_kept_no_time_of_it_goes_at_once(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    head = build_blinded(b"H" * 32)
    queue(engine, head, is_public=False)
    with engine.begin() as connection:
        connection.execute(update(log_waiting).values(queued_at=None))
    receive(40)
    batch = sequence(engine)
    assert (head in batch, len(batch)) == (True, 16)


def test_the_place_in_a_batch_does_not_tell_the_kind(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    places = set()
    for _ in range(320):
        (report,) = receive(1)
        places.add(sequence(engine).index(build_blinded(report)))
    assert places == set(range(16))


def test_every_chaff_has_an_opening_for_the_desk(engine: Engine) -> None:
    entries = sequence(engine)
    assert set(entries) == chaff_of(engine)


def test_a_public_text_is_entered_once_and_stands_outside_the_width(engine: Engine) -> None:
    card = build_public(kind="card", text="a fictional card")
    for _ in range(2):
        queue(engine, card, is_public=True)
    first = sequence(engine)
    assert (first.count(card), len(first)) == (1, 17)
    queue(engine, card, is_public=True)
    assert len(sequence(engine)) == 16
    queue(engine, build_public(kind="card", text="the next version"), is_public=True)
    assert len(sequence(engine)) == 17


def test_a_report_leaves_the_queue_when_it_gets_its_place(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(20)
    sequence(engine)
    assert count_waiting(engine) == 4
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(log_waiting)) == 0


def test_what_can_still_go_in_time_does_not_double(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * (IN_TIME + 1))
    assert len(sequence(engine)) == 16


def test_one_report_more_than_fits_in_time_doubles_the_batch(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * (IN_TIME + 1) + 1)
    assert len(sequence(engine)) == 32


def test_a_batch_doubles_as_often_as_it_must(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * 4 * (IN_TIME + 1) + 1)
    assert len(sequence(engine)) == 16 * 8


def test_no_promise_is_missed_in_any_surge(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    """Random surges over two days; each report is in the log two intervals before it is due."""
    due: dict[bytes, int] = {}
    chance = random.Random(7)
    for number in range(288):
        at = NOW + number * INTERVAL
        crowd = chance.choice((0, 0, 1, 5, 20, 400)) if number < 140 else 0
        due |= {build_blinded(one): at + 86_400 for one in receive(crowd, at=at - 1)}
        for entry in sequence(engine, at=at):
            if entry in due:
                assert at <= due.pop(entry) - 2 * INTERVAL
    assert due == {}


def test_a_wide_batch_stays_wide_for_seven_days(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * (IN_TIME + 1) + 1)
    assert len(sequence(engine)) == 32
    empty_queue(engine)
    assert len(sequence(engine, at=NOW + WIDE_SECONDS - 1)) == 32
    assert len(sequence(engine, at=NOW + WIDE_SECONDS)) == 16


def test_a_second_surge_begins_the_seven_days_anew(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * (IN_TIME + 1) + 1)
    sequence(engine)
    empty_queue(engine)
    later = NOW + WIDE_SECONDS - INTERVAL
    receive(16 * 2 * (IN_TIME + 1) + 1, at=later)
    assert len(sequence(engine, at=later)) == 64
    empty_queue(engine)
    assert len(sequence(engine, at=later + WIDE_SECONDS - 1)) == 64


def test_a_gate_that_was_down_does_not_widen_for_what_goes_at_once(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16)
    assert len(sequence(engine, at=NOW + 30 * 86_400)) == 16


def test_a_clock_that_was_years_ahead_keeps_batches_wide_for_seven_days_at_most(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        row = {"doublings": 2, "until": NOW + 10 * 366 * 86_400}
        connection.execute(insert(log_width).values(**row))
    assert len(sequence(engine)) == 64
    assert len(sequence(engine, at=NOW + WIDE_SECONDS)) == 16


def test_a_clock_that_goes_back_changes_no_width(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    receive(16 * (IN_TIME + 1) + 1)
    assert len(sequence(engine)) == 32
    assert len(sequence(engine, at=NOW - 3 * 86_400)) == 32


def test_a_very_long_queue_ends_the_doubling() -> None:
    due = [NOW] * 200_000
    assert choose_doublings(due=due, pace=PACE, now_seconds=NOW, at_least=0) == 16


def test_what_was_published_is_remembered_by_its_leaf_alone(engine: Engine) -> None:
    sequence(engine)
    with engine.begin() as connection:
        assert (count_published(connection), count_places(connection)) == (16, 16)
        sequence_batch(connection, pace=PACE, now_seconds=NOW)
        assert (count_published(connection), count_places(connection)) == (16, 32)
        assert list_unpublished(connection, since=0)[:16] == [None] * 16


def test_a_seized_gate_cannot_tell_chaff_from_reports(
    engine: Engine, receive: Callable[..., list[bytes]], folder: Path
) -> None:
    """After publication, and when the desk took the openings: not in rows, not in freed bytes."""
    traces = [*receive(40)]
    for number in range(5):
        sequence(engine, at=NOW + number * INTERVAL)
    with engine.begin() as connection:
        rows = connection.execute(select(log_chaff)).all()
        traces += [trace for row in rows for trace in (row.salt, row.value)]
        connection.execute(log_chaff.delete())
        kept = connection.execute(select(log_entries)).all()
    assert {(row.entry, len(row.leaf)) for row in kept} == {(None, 32)}
    engine.dispose()
    shrink_log(folder / "gate.sqlite3")
    disk = b"".join(path.read_bytes() for path in folder.glob("gate.sqlite3*"))
    assert kept[0].leaf in disk
    assert [trace for trace in traces if trace in disk] == []


def observe(engine: Engine, receive: Callable[..., list[bytes]], arrivals: list[int]) -> object:
    """Run a gate's days; return all that the public log shows: when, how many, how long."""
    shown = []
    for number, count in enumerate(arrivals):
        at = NOW + number * INTERVAL
        receive(count, at=at - 300)
        entries = sequence(engine, at=at)
        assert len(set(entries)) == len(entries)
        shown.append((at, list(map(len, entries)), {entry[:1] for entry in entries}))
    return shown


PATTERNS = {
    "no report": [0] * 432,
    "one report": [0] * 100 + [1] + [0] * 331,
    "a few every day": ([3] + [0] * 143) * 3,
    "a crowd in one hour": [0] * 50 + [200] * 6 + [0] * 376,
    "always some": [16] * 432,
}


@pytest.mark.parametrize("name", PATTERNS)
def test_number_and_moment_of_reports_cannot_be_read_off_the_log(
    engine: Engine, receive: Callable[..., list[bytes]], name: str
) -> None:
    """Three days with reports look as three days without: same times, sizes, lengths, types."""
    quiet = [(NOW + n * INTERVAL, [33] * 16, {b"\x01"}) for n in range(432)]
    assert observe(engine, receive, PATTERNS[name]) == quiet


def test_a_surge_that_doubles_the_batch_is_seen(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    """What the documents admit: this much cannot be hidden without breaking promises."""
    shown = observe(engine, receive, [0, 16 * (IN_TIME + 2), 0])
    assert isinstance(shown, list)
    assert [len(lengths) for _at, lengths, _types in shown] == [16, 32, 32]


def test_who_fills_the_batches_himself_sees_how_many_places_others_took(
    engine: Engine, receive: Callable[..., list[bytes]]
) -> None:
    """What the documents admit: a report for each place buys him the number of the others."""
    own, others = receive(14), receive(2)
    entries = set(sequence(engine))
    own_places = sum(build_blinded(one) in entries for one in own)
    assert len(entries) - own_places == len(others)
    assert {build_blinded(one) for one in others} < entries
