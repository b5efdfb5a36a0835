"""The pages for what is not there, was refused or failed. One page each, the same for everyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def not_there(request: HttpRequest) -> HttpResponse:
    """Answer for what does not exist and for what is not for this person: the same bytes.

    The page is rendered without the request, so that neither address nor token can differ.
    """
    return HttpResponse(render_to_string("desk/account/not_there.html"), status=404)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an unknown address."""
    return not_there(request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal of Django as if nothing were there."""
    return not_there(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that makes no sense."""
    return HttpResponse(status=400)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that is too old or came from elsewhere; nothing was changed."""
    return render(request, "desk/account/form_too_old.html", status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer when something broke; the log has the type of the error and no content.

    Rendered without the request: whatever broke may break again when it is asked who is here.
    """
    return HttpResponse(render_to_string("desk/account/failed.html"), status=500)
