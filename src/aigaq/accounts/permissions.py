"""The one table of who may do what: role × capability.

An administrator keeps the desk running and sees no page with content. A capability is the question
that a view asks; there is no other way to ask. Source: DESIGN 2, "People".
"""

from enum import StrEnum
from typing import Protocol

from aigaq.accounts.errors import NotThere


class Role(StrEnum):
    """What someone is in the organisation."""

    CASEWORKER = "caseworker"
    LAWYER = "lawyer"
    EDITOR = "editor"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


class Capability(StrEnum):
    """What a page or a command asks for."""

    READ_REPORTS = "reports.read"
    ANSWER_REPORTS = "reports.answer"
    HAND_OVER_REPORTS = "reports.hand_over"
    SEE_ITEMS = "items.see"
    HAND_OUT_PACKAGES = "packages.hand_out"
    IMPORT_REPORTS = "reports.import"
    SEE_WHO_OPENED = "audit.see_who_opened"
    SEE_ALARMS = "alarms.see"
    MANAGE_STAFF = "staff.manage"
    MANAGE_ORGANISATION = "organisation.manage"
    MANAGE_SECOND_PLACE = "second_place.manage"
    READ_AUDIT = "audit.read"
    PULL = "gate.pull"


_CARE = frozenset(
    {
        Capability.READ_REPORTS,
        Capability.ANSWER_REPORTS,
        Capability.HAND_OVER_REPORTS,
        Capability.SEE_ITEMS,
        Capability.HAND_OUT_PACKAGES,
        Capability.IMPORT_REPORTS,
        Capability.SEE_WHO_OPENED,
        Capability.SEE_ALARMS,
        Capability.PULL,
    }
)
_KEEPING = frozenset(
    {
        Capability.MANAGE_STAFF,
        Capability.MANAGE_ORGANISATION,
        Capability.MANAGE_SECOND_PLACE,
        Capability.READ_AUDIT,
        Capability.SEE_ALARMS,
        Capability.PULL,
    }
)

TABLE: dict[Role, frozenset[Capability]] = {
    Role.CASEWORKER: _CARE,
    Role.LAWYER: _CARE,
    Role.EDITOR: frozenset(),
    Role.ANALYST: frozenset(),
    Role.ADMINISTRATOR: _KEEPING,
}


class HasRoles(Protocol):
    """Someone who may be signed in."""

    @property
    def is_authenticated(self) -> bool: ...
    @property
    def is_active(self) -> bool: ...
    def list_roles(self) -> frozenset[Role]: ...


def may(person: HasRoles, *, capability: Capability) -> bool:
    """Tell whether ``person`` may; for showing or hiding a link, never for guarding a page."""
    if not (person.is_authenticated and person.is_active):
        return False
    return any(capability in TABLE[role] for role in person.list_roles())


def check_may(person: HasRoles, *, capability: Capability) -> None:
    """Raise `NotThere` unless ``person`` may: the same answer as for what does not exist."""
    if not may(person, capability=capability):
        raise NotThere
