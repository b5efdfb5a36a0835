"""What a card says of those who watch its log: cosigners and timestamp authorities.

Source: ``spec/log.md``, "The card's witnessing"; PROTOCOL 26.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigaq.sealing.card import Card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.tlog import CosignerVerifier, TlogError, parse_verifier_key

_MAXIMUM_URL_BYTES = 2_048
_MAXIMUM_PEM_BYTES = 32_768
_URL = re.compile(r"https?://[!-~]+\Z")


@dataclass(frozen=True)
class CardCosigner:
    """A cosigner that the organisation names; ``is_independent`` if others control it."""

    name: str
    is_independent: bool
    url: str | None
    verifiers: tuple[CosignerVerifier, ...]


@dataclass(frozen=True)
class CardAuthority:
    """A timestamp authority: where it answers, in which country, under which roots (PEM)."""

    name: str
    url: str
    country: str
    certificates: str


def read_cosigners(card: Card) -> tuple[CardCosigner, ...]:
    """Return the cosigners of ``card``. Raises `SealingError` (``card.bad_form``)."""
    return tuple(map(_read_cosigner, card.cosigners))


def read_authorities(card: Card) -> tuple[CardAuthority, ...]:
    """Return the timestamp authorities of ``card``. Raises `SealingError` (``card.bad_form``)."""
    return tuple(map(_read_authority, card.timestamp_authorities))


def is_independently_witnessed(card: Card) -> bool:
    """Tell whether P3 and P4 may be claimed under ``card``."""
    if any(one.is_independent for one in read_cosigners(card)):
        return True
    return len({one.country for one in read_authorities(card)}) >= 2


def build_cosigner(
    *, name: str, verifier_keys: tuple[str, ...], is_independent: bool, url: str | None = None
) -> dict[str, Any]:
    """Return the members of a cosigner in a card."""
    return {
        "independent": is_independent,
        "name": name,
        "url": url,
        "vkeys": list(verifier_keys),
    }


def _read_cosigner(members: Mapping[str, Any]) -> CardCosigner:
    form = Form(dict(members), names=("independent", "name", "url", "vkeys"), code="card.bad_form")
    name = form.text("name", maximum_bytes=255, minimum_bytes=1)
    keys = form.values("vkeys", maximum=2)
    try:
        verifiers = tuple(CosignerVerifier(parse_verifier_key(one)) for one in keys)
    except (TlogError, AttributeError):
        raise form.fault() from None
    if not verifiers or any(one.name != name for one in verifiers):
        raise form.fault()
    return CardCosigner(
        name=name,
        is_independent=form.boolean("independent"),
        url=None if form.is_null("url") else _read_url(form),
        verifiers=verifiers,
    )


def _read_authority(members: Mapping[str, Any]) -> CardAuthority:
    form = Form(
        dict(members), names=("certificates", "country", "name", "url"), code="card.bad_form"
    )
    country = form.text("country", maximum_bytes=2)
    if not re.fullmatch("[A-Z]{2}", country):
        raise form.fault()
    return CardAuthority(
        name=form.text("name", maximum_bytes=255, minimum_bytes=1),
        url=_read_url(form),
        country=country,
        certificates=form.text("certificates", maximum_bytes=_MAXIMUM_PEM_BYTES),
    )


def _read_url(form: Form) -> str:
    url = form.text("url", maximum_bytes=_MAXIMUM_URL_BYTES)
    if not _URL.match(url):
        raise SealingError("card.bad_form")
    return url
