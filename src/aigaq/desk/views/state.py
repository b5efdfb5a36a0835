"""A light answer that tells an open page whether the desk is still open for this person."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from aigaq.accounts.selectors import get_organisation
from aigaq.desk.locking import LOCKING


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Return 204, and in how many seconds the desk locks if nobody does anything.

    A locked desk, or one that this person left, leads to the door instead.
    """
    limit = get_organisation().idle_lock_minutes * 60
    left = max(0, round(limit - LOCKING.get_idle_seconds()))
    return HttpResponse(status=204, headers={"Aigaq-Locks-In": str(left)})
