"""What every request passes: headers, host, lock, sign-in.

A locked desk answers without a session and without the database. Who is not signed in gets the
same answer for every address, known or not; so does who is signed in but may not (P9).
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.csrf import csrf_protect

from aigaq.accounts.errors import NotThere
from aigaq.core.errors import DeskLocked
from aigaq.desk.locking import LOCKING
from aigaq.desk.views import errors

Answer = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'none'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
}
#: A background poll of a page says so, and does not keep an idle desk open.
POLL_HEADER = "Aigaq-Poll"


def security_headers(get_response: Answer) -> Answer:
    """Put the constant headers on every answer; a view may set a stricter policy of its own."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer


def check_host(get_response: Answer) -> Answer:
    """Refuse a foreign Host before anything is looked at: DNS rebinding ends here."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            return HttpResponse(status=400)
        return get_response(request)

    return answer


class LockedDesk:
    """Stands before session and database: a locked desk has its own few pages."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer from the locked pages, or count the request and pass it on."""
        if request.path == reverse("lock"):
            return self._answer_here(request)
        try:
            with LOCKING.serving():
                return self._get_response(request)
        except DeskLocked:
            return self._answer_locked(request)

    def _answer_locked(self, request: HttpRequest) -> HttpResponseBase:
        request.desk_locked = True  # type: ignore[attr-defined]
        request.urlconf = "aigaq.desk.urls_locked"  # type: ignore[assignment]
        response = self._answer_here(request, urlconf="aigaq.desk.urls_locked")
        if getattr(request, "passphrase_checked", False):
            del request.urlconf
            request.desk_locked = False  # type: ignore[attr-defined]
            with LOCKING.serving():
                return self._get_response(request)
        return response

    def _answer_here(self, request: HttpRequest, *, urlconf: str | None = None) -> HttpResponseBase:
        try:
            match = resolve(request.path, urlconf=urlconf)
        except Resolver404:
            return HttpResponseRedirect(reverse("unlock"))
        request.resolver_match = match
        view = csrf_protect(match.func)
        response: HttpResponseBase = view(request, *match.args, **match.kwargs)
        return response


def signed_in_only(get_response: Answer) -> Answer:
    """Send everyone who is not signed in to the door, whatever they asked for."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            if POLL_HEADER not in request.headers:
                LOCKING.note_activity()
            return get_response(request)
        if _is_open_to_all(request.path):
            return get_response(request)
        return HttpResponseRedirect(reverse(settings.LOGIN_URL))

    def _is_open_to_all(path: str) -> bool:
        from aigaq.desk.urls import OPEN_TO_ALL

        try:
            return resolve(path).view_name in OPEN_TO_ALL
        except Resolver404:
            return False

    return answer


class NotThereAnswer:
    """Turns `NotThere` of a view into the answer for an address that does not exist."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for `NotThere`."""
        return errors.not_there(request) if isinstance(exception, NotThere) else None
