"""What every request passes: headers, host, lock, sign-in.

A locked desk answers without a session and without the database. Who is not signed in gets the
same answer for every address, known or not; so does who is signed in but may not (P9).
"""

from collections.abc import Callable
from http import HTTPStatus

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_protect

from aigaq.accounts import selectors
from aigaq.accounts.errors import NotThere
from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.desk.locking import LOCKING
from aigaq.desk.views import errors
from aigaq.desk.views.unlock import BY_PASSPHRASE

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
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
}
#: What stands in a page for a letter that is none (U+FFFD).
NO_LETTER = "\ufffd".encode()
#: Names that answer a visitor who is not signed in; everything else leads to the door.
OPEN_TO_ALL = frozenset(
    {
        "unlock",
        "lock",
        "set_language",
        "asset",
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "invitation",
    }
)
#: Names that answer someone who signed in by a password and has no second step yet.
WITHOUT_SECOND_STEP = frozenset(
    {"lock", "set_language", "asset", "account_logout", "account_reauthenticate"}
)
#: A session in which the person's own language was turned to.
LANGUAGE_MARK = "language-turned-to"
#: A background poll of a page says so, and does not keep an idle desk open.
POLL_HEADER = "Aigaq-Poll"


def security_headers(get_response: Answer) -> Answer:
    """Put the constant headers on every answer; a view may set a stricter policy of its own.

    No page has a zero byte in it, whatever a reporter's words have: parsers disagree about it.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and isinstance(response, HttpResponse) and b"\0" in response.content:
            response.content = response.content.replace(b"\0", NO_LETTER)
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
        """Answer from the locked pages, or count the request and pass it on.

        The lock and static files are the same for everyone, whether the desk is open or not.
        """
        if get_view_name(request.path) in ("lock", "asset"):
            return self._answer_here(request)
        try:
            with LOCKING.serving():
                generation = HELD.generation
                response = self._get_response(request)
        except DeskLocked:
            return self._answer_locked(request)
        if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR and (
            HELD.generation != generation
        ):
            # Locked in the middle of this request: its connection took back what it wrote.
            return HttpResponseRedirect(reverse("unlock", urlconf="aigaq.desk.urls_locked"))
        return response

    def _answer_locked(self, request: HttpRequest) -> HttpResponseBase:
        request.desk_locked = True  # type: ignore[attr-defined]
        request.urlconf = "aigaq.desk.urls_locked"
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
    """Send who is not signed in to the door, and who has no second step yet to where to add one."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        name = get_view_name(request.path)
        if not request.user.is_authenticated:
            return (
                get_response(request) if name in OPEN_TO_ALL else HttpResponseRedirect(get_door())
            )
        if POLL_HEADER not in request.headers:
            LOCKING.note_activity()
            request.session.modified = True
        if name in WITHOUT_SECOND_STEP or name.startswith("mfa_") or has_second_step(request):
            return get_response(request)
        return HttpResponseRedirect(reverse("mfa_index"))

    return answer


def language_of_person(get_response: Answer) -> Answer:
    """At the first page of a session, turn to the language that this person chose before.

    Later the cookie says it, as for everyone, so that the door speaks it too.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        person = request.user
        chosen = getattr(person, "language", "") if person.is_authenticated else ""
        is_begun = not person.is_authenticated or LANGUAGE_MARK in request.session
        if is_begun or POLL_HEADER in request.headers:
            return get_response(request)
        request.session[LANGUAGE_MARK] = True
        if not chosen:
            return get_response(request)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = get_response(request)
        if settings.LANGUAGE_COOKIE_NAME not in response.cookies:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Strict",
            )
        return response

    return answer


def get_view_name(path: str) -> str:
    """Return the name of the page at ``path``, or an empty text."""
    try:
        return resolve(path).view_name or ""
    except Resolver404:
        return ""


def get_door() -> str:
    """Return where to come in: by the passphrase where there is one person, else by sign-in."""
    return reverse("account_login" if selectors.get_only_person() is None else "unlock")


def has_second_step(request: HttpRequest) -> bool:
    """Tell whether this session may work: by passphrase alone, or with a second step set up."""
    if request.session.get(BY_PASSPHRASE):
        return True
    return bool(is_mfa_enabled(request.user))


class NotThereAnswer:
    """Turns `NotThere` of a view, and a method that a page does not have, into "nothing here"."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; "method not allowed" would tell that the page exists."""
        response = self._get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return errors.not_there(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for `NotThere`."""
        return errors.not_there(request) if isinstance(exception, NotThere) else None
