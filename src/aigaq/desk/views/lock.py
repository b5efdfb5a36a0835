"""Locks the desk. Anyone at the page may: locking harms nobody, and must never wait for a login."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from aigaq.desk.locking import LOCKING


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Drop the keys and lead to the door; the session's cookie goes too."""
    LOCKING.lock()
    response = HttpResponseRedirect(reverse("unlock"))
    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Strict")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
