"""For how many days a wish to withdraw, delete or limit waits, as the organisation set it.

Source: PROTOCOL 19.
"""

from django.db import transaction

from aigaq.accounts.permissions import Capability, may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.intake import models
from aigaq.intake.errors import IntakeError, NotFound

LONGEST_DAYS = 90


def get_cooling_off_days() -> int:
    """Return how many days a wish to withdraw, delete or limit waits."""
    row = models.CoolingOff.objects.first()
    return row.days if row else models.CoolingOff().days


@transaction.atomic
def set_cooling_off_days(*, actor: Staff, days: int) -> None:
    """Set the cooling-off of what is planned from now on.

    Raises `NotFound`; `IntakeError` ``intake.bad_cooling_off`` unless it is 1 to 90 days.
    """
    if not may(actor, capability=Capability.MANAGE_ORGANISATION):
        raise NotFound
    if not 1 <= days <= LONGEST_DAYS:
        raise IntakeError("intake.bad_cooling_off")
    models.CoolingOff.objects.update_or_create(pk=1, defaults={"days": days})
    audit.record("intake.cooling_off_set", actor=actor, kind="cooling_off", context={"days": days})
