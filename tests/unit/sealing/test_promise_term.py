"""A promise that cannot be held to is none: its delay, and the day it is dated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aigaq.sealing.errors import SealingError
from aigaq.sealing.receipts import Promise, check_promise_term

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY_SECONDS = 86_400
PROMISE = Promise(
    commitment=bytes(32),
    report_id=bytes(32),
    team_id=bytes(16),
    log_origin="example.org/log",
    maximum_delay_seconds=DAY_SECONDS,
    promised_at=NOW,
)


def check(promise: Promise) -> None:
    check_promise_term(promise, maximum_delay_seconds=DAY_SECONDS, now=NOW)


def test_a_promise_within_the_delay_of_the_card_is_taken() -> None:
    check(PROMISE)
    check(replace(PROMISE, maximum_delay_seconds=60))
    check(replace(PROMISE, promised_at=NOW + timedelta(hours=23)))


@pytest.mark.parametrize(
    ("promise", "code"),
    [
        (replace(PROMISE, maximum_delay_seconds=DAY_SECONDS + 1), "promise.other_delay"),
        (replace(PROMISE, promised_at=NOW + timedelta(days=2)), "promise.from_the_future"),
    ],
)
def test_a_promise_for_a_day_that_never_comes_is_refused(promise: Promise, code: str) -> None:
    with pytest.raises(SealingError) as caught:
        check(promise)
    assert caught.value.code == code
