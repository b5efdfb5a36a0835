"""Rows of many reports, for lists and their speed. Fictional, without contents."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from aigaq.accounts.models import Staff
from aigaq.intake.models import Report

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def make_reports(count: int, *, assigned_to: Staff | None = None, start: int = 0) -> None:
    """Make reports numbered behind ``start``, a tenth waiting, a fiftieth flagged."""
    batch = [
        Report(
            id=uuid.uuid4(),
            report_id=hashlib.sha256(number.to_bytes(8, "big")).digest(),
            register_number=number,
            state="filed",
            came_by="gate",
            language="ru",
            role="survivor",
            summary=f"fictional report {number}",
            urgency=(2 if number % 20 == 0 else 1 if number % 5 == 0 else 0),
            received_at=BEGIN + timedelta(minutes=number),
            filed_at=BEGIN + timedelta(minutes=number + 1),
            waiting_since=BEGIN + timedelta(minutes=number) if number % 10 == 0 else None,
            assigned_to=assigned_to if number % 3 == 0 else None,
            has_faults=number % 50 == 0,
        )
        for number in range(start + 1, start + count + 1)
    ]
    Report.objects.bulk_create(batch, batch_size=500)
