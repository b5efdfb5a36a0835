"""What the root key may change in the card, from names and values to the next card.

Keys, origins and ids are not among them: `key rotate` and the ceremony make those. Values come from
``--set name=value`` (texts) or from a JSON file (values of the card's own form). Each change is
tried alone, so that a refusal names it. Source: spec/card.md.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from aigaq.accounts.cards import read_card, say_reading_interval, sign_next_card
from aigaq.accounts.errors import AccountsError
from aigaq.accounts.live_rule import accept_texts
from aigaq.accounts.models import Organisation
from aigaq.core.home import Home
from aigaq.sealing.card import Card, build_card, read_service, read_window
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import LANGUAGES
from aigaq.sealing.witnessing import read_authorities, read_cosigners

#: Least and most of each number: what a gate and its readers can bear.
NUMBERS = {
    "batch": (1, 1_024),
    "interval_seconds": (60, 86_400),
    "maximum_delay_seconds": (600, 30 * 86_400),
    "reading_hours": (1, 336),
}
#: What only a file can say, in the form that the card has.
STRUCTURED = ("cosigners", "services", "timestamp_authorities", "windows")
CHANGEABLE = (*NUMBERS, "exit_url", "languages", "names", "state", *STRUCTURED)
PLAIN_PAGE = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Return the changes in texts such as ``exit_url=https://…`` or ``names.ru=…``.

    Raises `AccountsError` ``accounts.bad_card_change`` with the name.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        field, _, language = name.partition(".")
        if not equals or field not in CHANGEABLE or field in STRUCTURED:
            raise AccountsError("accounts.bad_card_change", named=name)
        if field == "names":
            changes.setdefault("names", {})[language] = value
        elif field in NUMBERS:
            if re.fullmatch("[0-9]{1,9}", value) is None:
                raise AccountsError("accounts.bad_card_change", named=name)
            changes[field] = int(value)
        else:
            changes[field] = value.split(",") if field == "languages" else value
    return changes


def parse_changes_file(text: str) -> dict[str, Any]:
    """Return the changes in a JSON object. Raises `AccountsError` ``accounts.bad_card_change``."""
    try:
        changes = json.loads(text)
    except ValueError:
        changes = None
    if not isinstance(changes, dict):
        raise AccountsError("accounts.bad_card_change", named="JSON")
    return changes


def change_card(card: Card, changes: Mapping[str, Any]) -> Card:
    """Return ``card`` with the changes. Raises `AccountsError` ``accounts.bad_card_change``."""
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise AccountsError("accounts.bad_card_change", named=name)
        try:
            card = _change(card, name, value)
            build_card(card, root_key=Ed25519PrivateKey.generate())
        except (SealingError, TypeError, ValueError, AttributeError):
            raise AccountsError("accounts.bad_card_change", named=name) from None
    if card.maximum_delay_seconds < card.interval_seconds:
        raise AccountsError("accounts.bad_card_change", named="maximum_delay_seconds")
    return card


def _change(card: Card, name: str, value: Any) -> Card:
    if name in NUMBERS:
        least, most = NUMBERS[name]
        if type(value) is not int or not least <= value <= most:
            raise ValueError(name)
        if name == "reading_hours":
            return replace(card, reading_hours=value, reading_text=say_reading_interval(value))
        number: dict[str, Any] = {name: value}
        return replace(card, **number)
    return _CHANGES[name](card, value)


def _change_exit_url(card: Card, value: Any) -> Card:
    address = urlsplit(value)
    if address.scheme != "https" or PLAIN_PAGE.fullmatch(address.netloc) is None:
        raise ValueError(value)
    return replace(card, exit_url=value)


def _change_names(card: Card, value: Any) -> Card:
    names = {language: text.strip() for language, text in value.items()}
    if not set(names) <= set(LANGUAGES) or not all(names.values()):
        raise ValueError(value)
    return replace(card, names=dict(card.names) | names)


def _change_services(card: Card, value: Any) -> Card:
    return replace(card, services=tuple(read_service(one) for one in value))


def _change_cosigners(card: Card, value: Any) -> Card:
    """Take the others that cosign; the desk's own is listed whenever a card is signed."""
    changed = replace(card, cosigners=tuple(value))
    named = [one.name for one in read_cosigners(changed)]
    if len(named) != len(set(named)):
        raise ValueError(value)
    return changed


def _change_authorities(card: Card, value: Any) -> Card:
    changed = replace(card, timestamp_authorities=tuple(value))
    read_authorities(changed)
    return changed


def _change_windows(card: Card, value: Any) -> Card:
    return replace(card, windows=tuple(read_window(one) for one in value))


_CHANGES: dict[str, Callable[[Card, Any], Card]] = {
    "cosigners": _change_cosigners,
    "exit_url": _change_exit_url,
    "languages": lambda card, value: replace(card, languages=tuple(value)),
    "names": _change_names,
    "services": _change_services,
    "state": lambda card, value: replace(card, state=value),
    "timestamp_authorities": _change_authorities,
    "windows": _change_windows,
}


def list_differences(before: Card, after: Card) -> list[str]:
    """Return one line a difference: name, what it was, what it becomes."""
    lines = []
    for field in fields(Card):
        old, new = (dict(_flatten(field.name, getattr(one, field.name))) for one in (before, after))
        for name in [*old, *(name for name in new if name not in old)]:
            if old.get(name) != new.get(name):
                lines.append(f"{name}: {_say(old.get(name))} → {_say(new.get(name))}")
    return lines


def _flatten(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _flatten(f"{name}.{key}", one)
    elif isinstance(value, tuple) and value and isinstance(value[0], Mapping):
        for one in value:
            yield from _flatten(f"{name}.{one['name']}", one)
    elif isinstance(value, tuple) and value and hasattr(value[0], "id"):
        for one in value:
            for field in fields(one):
                yield from _flatten(f"{name}.{one.id}.{field.name}", getattr(one, field.name))
    else:
        yield name, value


def _say(value: Any) -> str:
    return "nothing" if value is None else ", ".join(value) if type(value) is tuple else str(value)


@transaction.atomic
def sign_changed_card(
    *, root_seed: bytes, home: Home, changes: Mapping[str, Any], accept_unreviewed: str
) -> bytes:
    """Sign the next version of the card with ``changes``; return the signed bytes.

    ``accept_unreviewed`` is why live pages ship unreviewed texts, or empty. Raises `AccountsError`:
    ``accounts.bad_card_change``, ``accounts.other_root``, ``accounts.unreviewed_texts``.
    """
    changed = change_card(read_card(), changes)
    accept_texts(changed.languages, state=changed.state, reason=accept_unreviewed)
    signed = sign_next_card(root_seed=root_seed, home=home, last=changed)
    Organisation.objects.update(
        names=dict(changed.names),
        languages=list(changed.languages),
        exit_url=changed.exit_url,
        reading_hours=changed.reading_hours,
        state=changed.state,
    )
    return signed
