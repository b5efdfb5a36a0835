"""A light answer that tells an open page whether the desk is still open for this person."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Return 204; a locked desk, or one that this person left, leads to the door instead."""
    return HttpResponse(status=204)
