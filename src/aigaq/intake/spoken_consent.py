"""What a reporter allows or takes back by word of mouth, as a person at the desk writes it down.

The rows and their rules are those of `aigaq.consent`; here the report is looked up, and what lies
ready under a consent goes with it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from aigaq.accounts.selectors import Staff
from aigaq.consent import services as consent
from aigaq.intake import consent_hooks, exports
from aigaq.intake.errors import NotFound
from aigaq.intake.selectors import get_report


@transaction.atomic
def withdraw_consent(
    *,
    actor: Staff,
    consent_id: UUID,
    reason: str,
    how: str = "",
    heard_by: str = "",
    said_at: datetime | None = None,
) -> None:
    """Withdraw a consent for her, as she said in a meeting or a call; again changes nothing.

    Packages that lie here under it go at once. Raises `NotThere`, `ConsentError`.
    """
    consent.withdraw(
        actor=actor,
        grant_id=consent_id,
        reason=reason,
        how=how,
        heard_by=heard_by,
        said_at=said_at,
    )
    exports.remove_what_is_over()


@transaction.atomic
def record_consent(
    *,
    actor: Staff,
    report_id: UUID,
    purpose: str,
    audience: str,
    items: Sequence[int] | None,
    how: str,
    given_at: datetime,
    valid_until: datetime | None = None,
    heard_by: str = "",
    limits: str = "",
) -> UUID:
    """Write down a consent that she gave by word of mouth; return its id.

    Raises `NotFound`, also if an item is not there, and what `consent.services.record_staff_grant`
    raises.
    """
    report = get_report(actor=actor, report_id=report_id)
    if items is not None and not set(items) <= set(report.items.values_list("number", flat=True)):
        raise NotFound
    if report.forgotten_at is not None:
        raise NotFound
    if report.mailbox is not None:
        consent_hooks.hand_over_older(box=report.mailbox)
    return consent.record_staff_grant(
        actor=actor,
        report_id=bytes(report.report_id),
        purpose=purpose,
        audience=audience,
        items=items,
        how=how,
        given_at=given_at,
        valid_until=valid_until,
        heard_by=heard_by,
        limits=limits,
    )
