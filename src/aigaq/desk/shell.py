"""What every page of the desk has around it: places, languages, who is here, the lock.

A context processor. It must work on a locked desk, so it reads nothing but the request and the
URL table: `request.desk` is set by the desk's own middleware, and is absent while locked.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}


@dataclass(frozen=True)
class Place:
    """One entry of the rail: where it leads, its word and icon, and whether we stand there."""

    name: str
    url: str
    label: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Language:
    """One language in its own name, so that who cannot read the page still finds it."""

    code: str
    name: str
    current: bool


@dataclass(frozen=True)
class Shell:
    """What ``base.html`` shows around a page."""

    places: tuple[Place, ...]
    languages: tuple[Language, ...]
    lock_url: str
    language_url: str
    home_url: str
    path: str
    signed_in: bool
    person: str
    role: str


def shell(request: HttpRequest) -> dict[str, object]:
    """Return ``shell`` for templates."""
    locked = getattr(request, "desk_locked", False)
    user = None if locked else getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "shell": Shell(
            places=_list_places(request, reads_content=_reads_content(user)) if signed_in else (),
            languages=_list_languages(),
            lock_url="" if locked else url_of("lock"),
            language_url=url_of("set_language"),
            home_url=url_of("today") or "/",
            path=request.get_full_path(),
            signed_in=signed_in,
            person=str(user) if signed_in else "",
            role=str(getattr(user, "role_label", "")) if signed_in else "",
        )
    }


def url_of(name: str) -> str:
    """Return the URL called ``name``, or an empty string when this desk has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _reads_content(user: object) -> bool:
    return bool(getattr(user, "reads_content", True))


def _list_places(request: HttpRequest, *, reads_content: bool) -> tuple[Place, ...]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    content = [
        ("today", _("Today"), "sun", ("today",)),
        ("inbox", _("Inbox"), "inbox", ("inbox", "report", "mailbox")),
    ]
    everyone = [
        ("notices", _("Notices"), "bell", ("notices",)),
        ("people", _("People"), "users", ("people", "person")),
        ("organisation", _("Organisation"), "settings", ("organisation",)),
    ]
    places = []
    for name, label, icon, pages in (content if reads_content else []) + everyone:
        if url := url_of(name):
            places.append(Place(name, url, label, icon, here.split("-")[0] in pages))
    return tuple(places)


def _list_languages() -> tuple[Language, ...]:
    active = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return tuple(Language(code, name, code == active) for code, name in LANGUAGE_NAMES.items())
