"""Spent nonces: refused for as long as a clock may go back, and never kept without end."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, func, insert, select

from aigaq.errors import AigaqError
from aigaq.gate.nonces import (
    KEPT_AT_MOST,
    LIFETIME_SECONDS,
    Nonces,
    forget_expired_nonces,
    use_nonce,
)
from aigaq.gate.tables import metadata, used_nonces

NOW = 1_800_000_123
DAY = 24 * 3600


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = create_engine(f"sqlite:///{tmp_path / 'gate.sqlite3'}")
    metadata.create_all(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as opened:
        yield opened


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(used_nonces)) or 0


def test_a_clock_that_goes_back_does_not_revive_a_spent_nonce(connection: Connection) -> None:
    nonces = Nonces(bytes(32))
    nonce = nonces.issue(now_seconds=NOW)
    use_nonce(connection, nonce)
    for later in (LIFETIME_SECONDS + 1, 3_600, DAY - 3_600):
        forget_expired_nonces(connection, now_seconds=NOW + later)
    nonces.check(nonce, now_seconds=NOW)  # By its expiry alone it is good again.
    with pytest.raises(AigaqError) as refused:
        use_nonce(connection, nonce)
    assert refused.value.code == "request.refused"


def test_a_spent_nonce_is_forgotten_after_a_day(connection: Connection) -> None:
    use_nonce(connection, Nonces(bytes(32)).issue(now_seconds=NOW))
    forget_expired_nonces(connection, now_seconds=NOW + DAY + 3_600)
    assert count(connection) == 0


def test_what_is_kept_does_not_say_when_somebody_asked(connection: Connection) -> None:
    for later in range(0, 600, 7):
        use_nonce(connection, Nonces(bytes(32)).issue(now_seconds=NOW + later))
    assert len(set(connection.scalars(select(used_nonces.c.expires_at)))) == 2


def test_however_many_were_spent_few_are_kept_and_each_that_is_good_still(
    connection: Connection,
) -> None:
    nonces = Nonces(bytes(32))
    old = [
        {"nonce": secrets.token_bytes(32), "expires_at": NOW - number // 100}
        for number in range(KEPT_AT_MOST + 5_000)
    ]
    connection.execute(insert(used_nonces), old)
    good = [nonces.issue(now_seconds=NOW - later) for later in range(LIFETIME_SECONDS)]
    for nonce in good:
        use_nonce(connection, nonce)
    forget_expired_nonces(connection, now_seconds=NOW)
    assert KEPT_AT_MOST // 2 < count(connection) <= KEPT_AT_MOST + len(good) + 100
    for nonce in good:
        with pytest.raises(AigaqError):
            use_nonce(connection, nonce)
