"""What a grant covers, and whether it stands. No database here.

The same rules stand a second time, on purpose, in ``aigaq_verify.consent``; a test gives both the
same cases. Source: ``spec/evidence-package.md``, "Consent extract".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aigaq.consent.errors import NoConsent
from aigaq.consent.shapes import Grant


@dataclass(frozen=True)
class Wanted:
    """What is to leave; ``item_number`` None for the report as a whole."""

    report_id: bytes
    item_number: int | None
    purpose: str
    audience: str

    def refuse(self, code: str) -> NoConsent:
        """Return the error that names what is lacking."""
        return NoConsent(
            code,
            report=self.report_id.hex(),
            item=self.item_number,
            purpose=self.purpose,
            audience=self.audience,
        )


def covers(grant: Grant, *, wanted: Wanted) -> bool:
    """Tell whether a grant is for this, whether it still stands or not."""
    if (grant.purpose, grant.audience) != (wanted.purpose, wanted.audience):
        return False
    if grant.report_id != wanted.report_id:
        return False
    if grant.items is None:
        return True
    return wanted.item_number is not None and wanted.item_number in grant.items


def is_in_time(grant: Grant, *, at: datetime) -> bool:
    """Tell whether ``at`` lies within the grant's time: its end is outside."""
    return grant.valid_from <= at and (grant.valid_until is None or at < grant.valid_until)


def is_live(grant: Grant, *, at: datetime) -> bool:
    """Tell whether a grant stands. One that was taken back stands at no time."""
    return grant.withdrawn_at is None and is_in_time(grant, at=at)


def find_live(grants: Iterable[Grant], *, wanted: Wanted, at: datetime) -> Grant:
    """Return a grant that lets ``wanted`` leave at ``at``; one of the report before one by mouth.

    Raises `NoConsent`: ``consent.missing`` (none, or none yet), ``consent.withdrawn`` (all that
    cover it were taken back), ``consent.expired`` (what was not taken back is over).
    """
    covering = [grant for grant in grants if covers(grant, wanted=wanted)]
    live = [grant for grant in covering if is_live(grant, at=at)]
    if live:
        return min(live, key=lambda grant: (grant.number is None, grant.given_at, str(grant.id)))
    standing = [grant for grant in covering if grant.withdrawn_at is None]
    if covering and not standing:
        raise wanted.refuse("consent.withdrawn")
    if any(grant.valid_until is not None and grant.valid_until <= at for grant in standing):
        raise wanted.refuse("consent.expired")
    raise wanted.refuse("consent.missing")
