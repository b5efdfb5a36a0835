"""Reads of accounts. Other apps use these and `services`, never `models`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.accounts.errors import AccountsError, NotThere
from aigaq.accounts.models import Invitation, Organisation, RetiredLog, SignedCard, TeamKey
from aigaq.accounts.models import Staff as Staff  # The type of every `actor` above this app.
from aigaq.age import HybridIdentity, parse_identity
from aigaq.sealing.fingerprint import format_fingerprint


def get_organisation() -> Organisation:
    """Return the organisation. Raises `AccountsError` ``accounts.no_organisation``."""
    organisation = Organisation.objects.first()
    if organisation is None:
        raise AccountsError("accounts.no_organisation")
    return organisation


def list_team_identities() -> list[HybridIdentity]:
    """Return the team's identities, the one in use first, then retired ones, newest first."""
    rows = TeamKey.objects.filter(kind=TeamKey.Kind.TEAM_IDENTITY).order_by("-created_at", "-pk")
    identities = []
    for row in sorted(rows, key=lambda row: row.retired_at is not None):
        identity = parse_identity(bytes(row.secret).decode("ascii"))
        if not isinstance(identity, HybridIdentity):
            raise AccountsError("accounts.wrong_identity_kind")
        identities.append(identity)
    return identities


def get_message_key() -> Ed25519PrivateKey:
    """Return the key that signs messages and filing receipts."""
    return _get_signing_key(TeamKey.Kind.MESSAGE_KEY)


def get_desk_key() -> Ed25519PrivateKey:
    """Return the key that shows the gate that it speaks with the open desk."""
    return _get_signing_key(TeamKey.Kind.DESK_KEY)


def get_card() -> bytes:
    """Return the newest signed team card. Raises `AccountsError` ``accounts.no_card``."""
    card = SignedCard.objects.order_by("-version").first()
    if card is None:
        raise AccountsError("accounts.no_card")
    return bytes(card.signed)


def list_cards() -> list[bytes]:
    """Return every signed version of the team card, the oldest first."""
    return [
        bytes(one)
        for one in SignedCard.objects.order_by("version").values_list("signed", flat=True)
    ]


def list_retirements() -> list[RetiredLog]:
    """Return the logs whose key was retired, the oldest first."""
    return list(RetiredLog.objects.order_by("signed_at", "log_origin"))


def get_log_began_at() -> datetime:
    """Return when the present log began; the earliest time there is if none was ever retired."""
    last = RetiredLog.objects.order_by("-signed_at").first()
    return datetime.min.replace(tzinfo=UTC) if last is None else last.signed_at


def get_only_person() -> Staff | None:
    """Return who is signed in by unlocking: the only one here, if the organisation wants that."""
    if not get_organisation().one_unlock:
        return None
    people = list(Staff.objects.filter(is_active=True)[:2])
    return people[0] if len(people) == 1 else None


def list_staff() -> list[Staff]:
    """Return everyone, the active first, by name."""
    return list(Staff.objects.order_by("-is_active", "display_name"))


def access_staff(*, staff_id: UUID) -> Staff:
    """Return one colleague. Raises `NotThere`."""
    staff = Staff.objects.filter(pk=staff_id).first()
    if staff is None:
        raise NotThere
    return staff


def list_open_invitations() -> list[Invitation]:
    """Return invitations that nobody has taken up yet, newest first."""
    return list(Invitation.objects.filter(used_at=None).order_by("-created_at"))


def _get_signing_key(kind: str) -> Ed25519PrivateKey:
    row = TeamKey.objects.filter(kind=kind, retired_at=None).first()
    if row is None:
        raise AccountsError("accounts.no_key")
    return Ed25519PrivateKey.from_private_bytes(bytes(row.secret))


@dataclass(frozen=True)
class CardSummary:
    """What the organisation's page says of its card; the fingerprint is eight pairs."""

    version: int
    signed_at: datetime
    published_at: datetime | None
    fingerprint: str


def get_card_summary() -> CardSummary:
    """Return the facts of the newest card. Raises `AccountsError` ``accounts.no_card``."""
    card = SignedCard.objects.order_by("-version").first()
    if card is None:
        raise AccountsError("accounts.no_card")
    return CardSummary(
        version=card.version,
        signed_at=card.signed_at,
        published_at=card.published_at,
        fingerprint=format_fingerprint(bytes(get_organisation().root_key)),
    )
