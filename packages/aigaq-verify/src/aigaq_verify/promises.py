"""The gate's promise and the desk's filing receipt in a receipt file: who said what, and by when.

Source: ``spec/receipts.md``; ``spec/policy.md``, steps 4 and 7 of receipts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aigaq_verify.cards import Card
from aigaq_verify.encoding import Form, format_time
from aigaq_verify.errors import VerifyError
from aigaq_verify.signatures import open_signed_json
from aigaq_verify.words import Told

_LONGEST_DELAY_SECONDS = 366 * 86_400
#: Behind it a date with the delays added would be none.
_LATEST_YEAR = 9_000
_STATES = ("filed", "damaged", "duplicate")
_PROMISE = (
    "commitment",
    "format",
    "log_origin",
    "maximum_delay_seconds",
    "promised_at",
    "report_id",
    "team_id",
)
_FILING = (
    "commitment",
    "filed_at",
    "format",
    "register_number",
    "report_id",
    "state",
    "team_id",
)


@dataclass(frozen=True)
class Promise:
    """When the gate took the report, by when the log must hold it and the desk have filed it."""

    promised_at: datetime
    due_at: datetime
    filing_due_at: datetime


def open_promise(
    data: bytes, *, card: Card, report_id: bytes, commitment: bytes, now: datetime
) -> Promise:
    """Return the promise in ``data`` over this report. Raises `VerifyError`: ``promise.*``."""
    members: Any = open_signed_json(
        data, format_name="aigaq/promise/v1", public_key=card.log_key, area="promise"
    )
    form = Form(members, names=_PROMISE, code="promise.bad_form")
    at, delay = form.time("promised_at"), form.integer("maximum_delay_seconds")
    same = {
        "promise.other_team": form.hex("team_id", length=16) == card.team_id,
        "promise.other_log": form.text("log_origin") == card.log_origin,
        "promise.other_report": form.hex("report_id") == report_id,
        "promise.wrong_commitment": form.hex("commitment") == commitment,
        # With a delay of years it would never be missing.
        "promise.other_delay": delay <= min(card.maximum_delay_seconds, _LONGEST_DELAY_SECONDS),
        "promise.from_the_future": at - now <= timedelta(days=1) and at.year <= _LATEST_YEAR,
    }
    for code, holds in same.items():
        if not holds:
            raise VerifyError(code)
    due_at = at + timedelta(seconds=delay)
    reading = min(card.reading_hours * 3_600, _LONGEST_DELAY_SECONDS)
    return Promise(at, due_at, due_at + timedelta(seconds=reading))


@dataclass(frozen=True)
class Filing:
    """What the organisation says that became of the report; only that it says so is proven."""

    state: str
    number: int
    filed_at: datetime

    def describe(self) -> Told:
        """Tell it."""
        return (f"filing_{self.state}", str(self.number), format_time(self.filed_at))

    def has_other_time(self, promise: Promise | None, *, now: datetime) -> bool:
        """Tell whether it is dated before the report came, or after ``now``, by over a day."""
        day = timedelta(days=1)
        is_before = promise is not None and promise.promised_at - self.filed_at > day
        return is_before or self.filed_at - now > day


def open_filing(data: bytes, *, card: Card, report_id: bytes, commitment: bytes) -> Filing:
    """Return what the filing receipt in ``data`` says, its signature checked.

    Raises `VerifyError`: ``filing_receipt.*``.
    """
    members: Any = open_signed_json(
        data,
        format_name="aigaq/filing-receipt/v1",
        public_key=card.message_key,
        area="filing_receipt",
    )
    form = Form(members, names=_FILING, code="filing_receipt.bad_form")
    if form.hex("team_id", length=16) != card.team_id:
        raise VerifyError("filing_receipt.other_team")
    if form.hex("report_id") != report_id:
        raise VerifyError("filing_receipt.other_report")
    if form.hex("commitment") != commitment:
        raise VerifyError("filing_receipt.wrong_commitment")
    if form.text("state") not in _STATES:
        raise VerifyError("filing_receipt.bad_form")
    number = form.integer("register_number", minimum=1)
    return Filing(form.text("state"), number, form.time("filed_at"))
