"""Which timestamp authorities the desk asks: those of its card, and further ones of its own.

Those of the card are what a court may count on (PROTOCOL 26); a further one with the name of one of
the card is refused, so that a name says one authority.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.evidence.errors import TimestampError
from aigaq.evidence.timestamp_answers import read_certificates
from aigaq.evidence.timestamp_models import AuthorityState, TimestampAuthority, TimestampWish
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import CardAuthority, read_authorities

NAME_LETTERS = 255
URL_LETTERS = 2_048
PEM_LETTERS = 32_768
COUNTRY = re.compile("[A-Z]{2}")


def list_authorities(card: Card) -> Sequence[CardAuthority]:
    """Return the authorities of the card, then the desk's own. Raises `SealingError`."""
    own = [
        CardAuthority(
            name=row.name, url=row.url, country=row.country, certificates=row.certificates
        )
        for row in TimestampAuthority.objects.order_by("name")
    ]
    named = read_authorities(card)
    taken = {one.name for one in named}
    return (*named, *(one for one in own if one.name not in taken))


@transaction.atomic
def add_authority(*, actor: Staff | None, authority: CardAuthority, card: Card) -> None:
    """Ask this authority, too, from now on; None is whoever may use the desk's own command line.

    Raises `NotThere`; `TimestampError` ``timestamp.bad_authority``,
    ``timestamp.known_authority``.
    """
    if actor is not None:
        check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    is_fine = (
        1 <= len(authority.name) <= NAME_LETTERS
        and authority.name.isprintable()
        and len(authority.url) <= URL_LETTERS
        and _is_address(authority.url)
        and COUNTRY.fullmatch(authority.country) is not None
        and len(authority.certificates) <= PEM_LETTERS
    )
    if not is_fine:
        raise TimestampError("timestamp.bad_authority")
    read_certificates(authority.certificates)
    if authority.name in {one.name for one in list_authorities(card)}:
        raise TimestampError("timestamp.known_authority")
    TimestampAuthority.objects.create(
        name=authority.name,
        url=authority.url,
        country=authority.country,
        certificates=authority.certificates,
        added_by=actor,
        added_at=clock.now(),
    )
    audit.record(
        "evidence.authority_added",
        actor=actor,
        kind="timestampauthority",
        context={
            "country": authority.country,
            "name": authority.name,
            "url": authority.url,
        },
    )


@transaction.atomic
def remove_authority(*, actor: Staff | None, name: str) -> None:
    """Ask this authority no more; its tokens stay.

    Raises `NotThere`; `TimestampError` ``timestamp.unknown_authority`` for one that is not of the
    desk's own: those of the card go with the next card.
    """
    if actor is not None:
        check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    removed, _ = TimestampAuthority.objects.filter(name=name).delete()
    if not removed:
        raise TimestampError("timestamp.unknown_authority")
    AuthorityState.objects.filter(name=name).delete()
    TimestampWish.objects.filter(authority=name).delete()
    audit.record(
        "evidence.authority_removed",
        actor=actor,
        kind="timestampauthority",
        context={"name": name},
    )


def _is_address(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname) and url.isprintable()
