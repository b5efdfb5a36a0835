"""Tables of accounts: organisation (one row), its keys and cards, staff and invitations.

All of it lies in the encrypted database. Secrets of the team (identity, message key, desk key) are
rows of `TeamKey` and are nowhere else; the root key is never here. Ids that a person can see are
random. ``secret`` of an Ed25519 key is its 32-byte seed, of a team identity its age text form.
"""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from aigaq.accounts.permissions import TABLE, Capability, Role

ORGANISATION_ID = 1
ONE_ROW = models.Q(id=ORGANISATION_ID)
ROLE_LABELS = {
    Role.CASEWORKER: _("caseworker"),
    Role.LAWYER: _("lawyer"),
    Role.EDITOR: _("editor"),
    Role.ANALYST: _("analyst"),
    Role.ADMINISTRATOR: _("administrator"),
}


class Organisation(models.Model):
    """The organisation of this desk; there is exactly one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=ORGANISATION_ID)
    team_id = models.CharField(max_length=32, editable=False)
    names = models.JSONField()
    languages = models.JSONField()
    gate_origin = models.URLField(max_length=200)
    exit_url = models.URLField(max_length=200)
    reading_hours = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=5)
    log_origin = models.CharField(max_length=200)
    root_key = models.BinaryField(max_length=32)
    log_key = models.BinaryField(max_length=32)
    fetch_key = models.BinaryField(max_length=32)
    one_unlock = models.BooleanField(default=True)
    idle_lock_minutes = models.PositiveSmallIntegerField(default=15)
    founded_at = models.DateTimeField()

    class Meta:
        """One row, and a state that a card knows."""

        constraints = (
            models.CheckConstraint(condition=ONE_ROW, name="organisation_one_row"),
            models.CheckConstraint(
                condition=models.Q(state__in=("trial", "live")), name="organisation_state"
            ),
            models.CheckConstraint(
                condition=models.Q(idle_lock_minutes__range=(1, 240)), name="organisation_idle"
            ),
        )


class TeamKey(models.Model):
    """A secret key of the team; a retired team identity still opens old reports."""

    class Kind(models.TextChoices):
        """What the key is for (PROTOCOL 3)."""

        TEAM_IDENTITY = "team_identity"
        MESSAGE_KEY = "message_key"
        DESK_KEY = "desk_key"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    secret = models.BinaryField()
    public = models.TextField()
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        """At most one key of a kind is in use."""

        constraints = (
            models.UniqueConstraint(
                fields=("kind",),
                condition=models.Q(retired_at__isnull=True),
                name="team_key_one_in_use",
            ),
        )


class SignedCard(models.Model):
    """A version of the team card, as signed by the root key."""

    version = models.PositiveIntegerField(primary_key=True)
    signed = models.BinaryField()
    signed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)


class RetiredLog(models.Model):
    """A log whose key the root key retired after a seizure; its text goes into the next log.

    Signatures of the key count up to ``last_size`` entries, or under what others saw before
    ``retired_at``; the next log began at ``signed_at``.
    """

    log_origin = models.CharField(max_length=255, primary_key=True)
    log_key = models.BinaryField(max_length=32)
    last_size = models.PositiveBigIntegerField(default=0)
    retired_at = models.DateTimeField()
    signed_at = models.DateTimeField()
    signed = models.TextField()


class StaffManager(BaseUserManager["Staff"]):
    """Finds staff by the name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> "Staff":
        """Return who signs in as ``username``."""
        return self.get(username=username)


class Staff(AbstractBaseUser):
    """Someone who works at this desk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.SlugField(_("sign-in name"), max_length=40, unique=True)
    display_name = models.CharField(_("name"), max_length=80)
    roles = models.JSONField(default=list)
    # Empty until the person has chosen one: then that of the browser holds.
    language = models.CharField(max_length=2, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = StaffManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    def list_roles(self) -> frozenset[Role]:
        """Return the roles; a word that is not a role counts for nothing."""
        return frozenset(Role(role) for role in self.roles if role in set(Role))

    @property
    def role_label(self) -> str:
        """The roles in words."""
        return ", ".join(str(label) for role, label in ROLE_LABELS.items() if role in self.roles)

    @property
    def reads_content(self) -> bool:
        """Whether any role may read reports; the shell shows those places only then."""
        return any(Capability.READ_REPORTS in TABLE[role] for role in self.list_roles())

    def get_full_name(self) -> str:
        """Return the name that colleagues see."""
        return self.display_name

    def __str__(self) -> str:
        return self.display_name

    def natural_key(self) -> Any:
        """Return the name to sign in with."""
        return (self.username,)


class Invitation(models.Model):
    """A one-time link for one new colleague; only the hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    secret_sha256 = models.BinaryField(max_length=32, unique=True)
    display_name = models.CharField(max_length=80)
    roles = models.JSONField(default=list)
    invited_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
