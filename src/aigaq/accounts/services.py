"""Writes of accounts: staff, invitations, settings. One transaction and one audit event each."""

import hashlib
import re
import secrets
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors
from aigaq.accounts.errors import AccountsError, NotThere
from aigaq.accounts.models import Invitation, Organisation, Staff
from aigaq.accounts.permissions import TABLE, Capability, Role
from aigaq.core import audit

INVITATION_DAYS = 3
USERNAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@transaction.atomic
def sign_in_only_person() -> Staff:
    """Return the only person here, who has just given the passphrase. Raises `NotThere`."""
    person = selectors.get_only_person()
    if person is None:
        raise NotThere
    audit.record("accounts.signed_in", actor=person, subject=person, context={"by": "passphrase"})
    return person


def invite_staff(*, invited_by: Staff, display_name: str, roles: list[Role]) -> str:
    """Invite a colleague and return the secret of the one-time link, which is kept nowhere.

    Raises `AccountsError`: ``accounts.no_name``, ``accounts.no_role``, ``accounts.no_own_sign_in``
    (who founded the desk and has no sign-in of their own would be locked out by a second person),
    ``accounts.needs_second_person`` as `change_roles`.
    """
    if not display_name.strip():
        raise AccountsError("accounts.no_name")
    if not roles:
        raise AccountsError("accounts.no_role")
    if not invited_by.has_usable_password():
        raise AccountsError("accounts.no_own_sign_in")
    _check_may_give(giver=invited_by, to=None, roles=roles)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            secret_sha256=hash_secret(secret),
            display_name=display_name.strip(),
            roles=sorted(roles),
            invited_by=invited_by,
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.record(
            "accounts.staff_invited",
            actor=invited_by,
            subject=invitation,
            context={"roles": sorted(roles)},
        )
    return secret


@transaction.atomic
def take_back_invitation(*, invitation_id: UUID, taken_back_by: Staff) -> None:
    """End an invitation that nobody has taken up; its link is as one that never was.

    Raises `NotThere`, also when the invited person was quicker.
    """
    invitation = access_open_invitation(invitation_id=invitation_id)
    audit.record("accounts.invitation_taken_back", actor=taken_back_by, subject=invitation)
    invitation.delete()


def access_open_invitation(*, invitation_id: UUID) -> Invitation:
    """Return an invitation that nobody has taken up, for who keeps people. Raises `NotThere`."""
    invitation = Invitation.objects.filter(pk=invitation_id, used_at=None).first()
    if invitation is None:
        raise NotThere
    return invitation


def access_invitation(*, secret: str) -> Invitation:
    """Return the live invitation of a link. Raises `NotThere` for unknown, used and old ones."""
    invitation = Invitation.objects.filter(
        secret_sha256=hash_secret(secret), used_at=None, expires_at__gt=clock.now()
    ).first()
    if invitation is None:
        raise NotThere
    return invitation


@transaction.atomic
def accept_invitation(*, secret: str, username: str, password: str, language: str) -> Staff:
    """Make the invited person's account; the link is used up.

    Raises `NotThere`; `AccountsError`: ``accounts.bad_username``, ``accounts.username_taken``,
    ``accounts.weak_password``.
    """
    invitation = access_invitation(secret=secret)
    staff = Staff(
        display_name=invitation.display_name,
        roles=invitation.roles,
        language=language,
        created_at=clock.now(),
    )
    _set_sign_in(staff, username=username, password=password)
    staff.save(force_insert=True)
    invitation.used_at = clock.now()
    invitation.save(update_fields=["used_at"])
    audit.record("accounts.staff_joined", actor=staff, subject=invitation)
    return staff


@transaction.atomic
def set_sign_in(*, staff: Staff, username: str, password: str) -> None:
    """Give the founder, who came in by the passphrase, a name and password of their own.

    Raises `AccountsError` as `accept_invitation` does.
    """
    _set_sign_in(staff, username=username, password=password)
    staff.save(update_fields=["username", "password"])
    audit.record("accounts.settings_changed", actor=staff, subject=staff)


@transaction.atomic
def choose_language(*, staff: Staff, language: str) -> None:
    """Keep the language that someone chose for every sign-in from now on; again changes nothing."""
    if staff.language == language:
        return
    staff.language = language
    staff.save(update_fields=["language"])
    audit.record("accounts.language_chosen", actor=staff, subject=staff)


def change_roles(*, staff: Staff, roles: list[Role], changed_by: Staff) -> None:
    """Give a colleague other roles.

    Raises `AccountsError`: ``accounts.no_role``, ``accounts.last_administrator``;
    ``accounts.needs_second_person`` if someone would come to read reports without the hand of
    another who reads them (the try is recorded).
    """
    if not roles:
        raise AccountsError("accounts.no_role")
    if Role.ADMINISTRATOR not in roles:
        _check_not_last_administrator(staff)
    _check_may_give(giver=changed_by, to=staff, roles=roles)
    with transaction.atomic():
        staff.roles = sorted(roles)
        staff.save(update_fields=["roles"])
        audit.record(
            "accounts.role_changed",
            actor=changed_by,
            subject=staff,
            context={"roles": sorted(roles)},
        )


@transaction.atomic
def deactivate_staff(*, staff: Staff, deactivated_by: Staff) -> None:
    """Let someone in no more; what they did stays. Raises ``accounts.last_administrator``."""
    _check_not_last_administrator(staff)
    staff.is_active = False
    staff.save(update_fields=["is_active"])
    audit.record("accounts.staff_deactivated", actor=deactivated_by, subject=staff)


@transaction.atomic
def change_settings(*, one_unlock: bool, idle_lock_minutes: int, changed_by: Staff) -> Organisation:
    """Change how the desk opens and when it locks by itself.

    Raises `AccountsError` ``accounts.bad_idle_minutes`` outside 1 to 240.
    """
    if not 1 <= idle_lock_minutes <= 240:
        raise AccountsError("accounts.bad_idle_minutes")
    organisation = selectors.get_organisation()
    organisation.one_unlock = one_unlock
    organisation.idle_lock_minutes = idle_lock_minutes
    organisation.save(update_fields=["one_unlock", "idle_lock_minutes"])
    audit.record(
        "accounts.settings_changed",
        actor=changed_by,
        subject=organisation,
        context={"idle_lock_minutes": idle_lock_minutes, "one_unlock": one_unlock},
    )
    return organisation


def hash_secret(secret: str) -> bytes:
    """Return SHA-256 of a link's secret: it has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _set_sign_in(staff: Staff, *, username: str, password: str) -> None:
    name = username.strip().lower()
    if not USERNAME.fullmatch(name):
        raise AccountsError("accounts.bad_username")
    if Staff.objects.filter(username=name).exclude(pk=staff.pk).exists():
        raise AccountsError("accounts.username_taken")
    staff.username = name
    try:
        validate_password(password, staff)
    except ValidationError:
        raise AccountsError("accounts.weak_password") from None
    staff.set_password(password)


def _check_may_give(*, giver: Staff, to: Staff | None, roles: list[Role]) -> None:
    """Check that two people stand behind a new reader of reports; ``to`` None is someone new.

    Whoever keeps the desk running must not open reports by a tick of their own, nor by inviting a
    colleague whom nobody else knows. So a role that reads reports is given by someone who reads
    them, and never to oneself. Where nobody reads them any more, an administrator may bring in
    another person; where nobody else is left, the one who is here may take the role. A refusal is
    recorded, too.
    """
    reads = any(Capability.READ_REPORTS in TABLE[role] for role in roles)
    if not reads or (to is not None and to.reads_content):
        return
    is_own = to is not None and to.pk == giver.pk
    others = list(Staff.objects.filter(is_active=True).exclude(pk=giver.pk))
    if is_own:
        is_allowed = not others
    else:
        is_allowed = giver.reads_content or not any(one.reads_content for one in others)
    if not is_allowed:
        audit.record(
            "accounts.role_refused",
            actor=giver,
            subject=to,
            kind="" if to else "invitation",
            context={"roles": sorted(roles)},
        )
        raise AccountsError("accounts.needs_second_person")


def _check_not_last_administrator(staff: Staff) -> None:
    others = Staff.objects.filter(is_active=True).exclude(pk=staff.pk)
    if not any(Role.ADMINISTRATOR in person.list_roles() for person in others):
        raise AccountsError("accounts.last_administrator")
