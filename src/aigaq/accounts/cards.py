"""Builds and signs versions of the team card, and keeps them. Source: ``spec/card.md``.

The root key comes in as its 32-byte seed, signs, and is not kept.
"""

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors
from aigaq.accounts.errors import AccountsError
from aigaq.accounts.models import Organisation, SignedCard, TeamKey
from aigaq.blobs import write_durably
from aigaq.core import audit
from aigaq.core.home import Home
from aigaq.sealing.card import Card, CareWindow, Service, build_card, parse_card
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.signatures import public_bytes
from aigaq.watching.seeds import describe_cosigner, open_desk_cosigner

INTERVAL_SECONDS = 600
BATCH = 16
MAXIMUM_DELAY_SECONDS = 86400
COSIGNER_KEY = "cosigner.key"


@dataclass(frozen=True)
class PublicKeys:
    """The public half of what the desk holds in use."""

    team_recipient: str
    message_key: bytes
    desk_key: bytes


def describe_first_card(
    *,
    organisation: Organisation,
    keys: PublicKeys,
    services: tuple[Service, ...],
    windows: tuple[CareWindow, ...],
    interval_seconds: int = INTERVAL_SECONDS,
) -> Card:
    """Return what the first card says."""
    return Card(
        version=1,
        team_id=bytes.fromhex(organisation.team_id),
        names=organisation.names,
        languages=tuple(organisation.languages),
        team_recipient=keys.team_recipient,
        message_key=keys.message_key,
        desk_key=keys.desk_key,
        fetch_key=bytes(organisation.fetch_key),
        log_key=bytes(organisation.log_key),
        log_origin=organisation.log_origin,
        gate_origin=organisation.gate_origin,
        batch=BATCH,
        interval_seconds=interval_seconds,
        maximum_delay_seconds=MAXIMUM_DELAY_SECONDS,
        reading_hours=organisation.reading_hours,
        reading_text=say_reading_interval(organisation.reading_hours),
        services=services,
        windows=windows,
        cosigners=(),
        timestamp_authorities=(),
        exit_url=organisation.exit_url,
        state=organisation.state,
        signed_at=clock.now(),
    )


def say_reading_interval(hours: int) -> dict[str, str]:
    """Return how often people read, in each language, without a promise."""
    teen = 11 <= hours % 100 <= 14
    russian = "час" if hours % 10 == 1 and not teen else "часов"
    if 2 <= hours % 10 <= 4 and not teen:
        russian = "часа"
    return {
        "en": f"People read new reports at least every {hours} hour{'s' if hours > 1 else ''}.",
        "kk": f"Жаңа хабарламаларды адамдар кемінде {hours} сағатта бір рет оқиды.",
        "ru": f"Новые сообщения люди читают не реже чем раз в {hours} {russian}.",
    }


def parse_root(root_seed: bytes, *, organisation: Organisation) -> Ed25519PrivateKey:
    """Return the root key of the seed. Raises `AccountsError` ``accounts.other_root``."""
    key = Ed25519PrivateKey.from_private_bytes(root_seed)
    if public_bytes(key) != bytes(organisation.root_key):
        raise AccountsError("accounts.other_root")
    return key


def read_card() -> Card:
    """Return what the newest card says, verified under the organisation's root key."""
    root_key = bytes(selectors.get_organisation().root_key)
    return parse_card(selectors.get_card(), root_key=root_key)


@transaction.atomic
def sign_next_card(*, root_seed: bytes, home: Home, last: Card | None = None) -> bytes:
    """Sign the next version with the keys now in use; the rest stays as in the last version.

    ``last`` is the last version with what shall change in it. The desk's open folder gets the new
    card too. Raises `AccountsError` ``accounts.other_root``.
    """
    root = parse_root(root_seed, organisation=selectors.get_organisation())
    last, keys = last or read_card(), get_public_keys()
    following = replace(
        list_desk_cosigner(last, home=home),
        version=last.version + 1,
        team_recipient=keys.team_recipient,
        message_key=keys.message_key,
        desk_key=keys.desk_key,
        signed_at=clock.now(),
    )
    return record_card(following, root=root, home=home)


def list_desk_cosigner(card: Card, *, home: Home) -> Card:
    """Return ``card`` with the desk's own cosigner among its cosigners, as its seed says now."""
    own = open_desk_cosigner(home.locked / COSIGNER_KEY, gate_origin=card.gate_origin)
    others = tuple(one for one in card.cosigners if one.get("name") != own.name)
    return replace(card, cosigners=(describe_cosigner(own, is_independent=False), *others))


def record_card(card: Card, *, root: Ed25519PrivateKey, home: Home) -> bytes:
    """Sign ``card``, keep it, and lay it open for the locked desk; return the signed bytes."""
    signed = build_card(card, root_key=root)
    row = SignedCard.objects.create(version=card.version, signed=signed, signed_at=card.signed_at)
    audit.record("accounts.card_signed", actor=None, subject=row)
    transaction.on_commit(lambda: write_durably(home.locked / "card.json", signed))
    return signed


@transaction.atomic
def record_published(*, version: int) -> None:
    """Note that the gate took this version. Raises `AccountsError` ``accounts.no_card``."""
    row = SignedCard.objects.filter(version=version).first()
    if row is None:
        raise AccountsError("accounts.no_card")
    row.published_at = clock.now()
    row.save(update_fields=["published_at"])
    audit.record("accounts.card_published", actor=None, subject=row)


def get_public_keys() -> PublicKeys:
    """Return the public keys now in use."""
    rows = dict(TeamKey.objects.filter(retired_at=None).values_list("kind", "public"))
    return PublicKeys(
        team_recipient=rows[TeamKey.Kind.TEAM_IDENTITY],
        message_key=decode_base64(rows[TeamKey.Kind.MESSAGE_KEY]),
        desk_key=decode_base64(rows[TeamKey.Kind.DESK_KEY]),
    )
