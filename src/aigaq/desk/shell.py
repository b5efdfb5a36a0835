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

from aigaq.accounts.permissions import Capability, HasRoles, may
from aigaq.accounts.selectors import get_organisation
from aigaq.desk import words

#: Pages that stand under *inbox*.
WORK = ("inbox", "report", "mailbox", "export", "collections", "collection")
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
    state_url: str
    account_url: str
    leave_url: str
    language_url: str
    home_url: str
    path: str
    signed_in: bool
    organisation: str
    person: str
    role: str


def shell(request: HttpRequest) -> dict[str, object]:
    """Return ``shell`` for templates."""
    locked = getattr(request, "desk_locked", False)
    person = None if locked else _get_person(request)
    return {
        "shell": Shell(
            places=_list_places(request, person) if person else (),
            languages=_list_languages(),
            lock_url="" if locked else url_of("lock"),
            state_url=url_of("state") if person else "",
            account_url=url_of("mfa_index") if person else "",
            leave_url=url_of("account_logout") if person else "",
            language_url=url_of("set_language"),
            home_url=url_of("today") or "/",
            path=request.get_full_path(),
            signed_in=person is not None,
            organisation=_name_organisation() if person else "",
            person=str(person or ""),
            role=_say_roles(person) if person else "",
        )
    }


def _get_person(request: HttpRequest) -> HasRoles | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def url_of(name: str) -> str:
    """Return the URL called ``name``, or an empty string when this desk has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _name_organisation() -> str:
    names: dict[str, str] = get_organisation().names
    return names.get(_active_language()) or next(iter(names.values()), "")


def _active_language() -> str:
    return (get_language() or settings.LANGUAGE_CODE).split("-")[0]


def _say_roles(user: HasRoles) -> str:
    return ", ".join(words.say(words.ROLES, role) for role in sorted(user.list_roles()))


def _list_places(request: HttpRequest, user: HasRoles) -> tuple[Place, ...]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    known = (
        ("today", _("Today"), "sun", ("today",), Capability.PULL),
        ("inbox", _("Inbox"), "inbox", WORK, Capability.READ_REPORTS),
        ("notices", _("Notices"), "bell", ("notices",), Capability.SEE_ALARMS),
        ("people", _("People"), "users", ("people", "person"), Capability.MANAGE_STAFF),
        (
            "organisation",
            _("Organisation"),
            "settings",
            ("organisation",),
            Capability.MANAGE_ORGANISATION,
        ),
    )
    return tuple(
        Place(name, url, label, icon, here.split("-")[0] in pages)
        for name, label, icon, pages, capability in known
        if may(user, capability=capability) and (url := url_of(name))
    )


def _list_languages() -> tuple[Language, ...]:
    active = _active_language()
    return tuple(Language(code, name, code == active) for code, name in LANGUAGE_NAMES.items())
