"""The team card: an organisation's public keys and facts, signed by its root key.

A card is verified under a root key that the reader already has, never under the one that the card
names. Keys are 32 raw bytes. Source: spec/card.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.clock import format_time
from aigaq.sealing.age_files import parse_hybrid_recipient
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import LANGUAGES, Form
from aigaq.sealing.header import RECIPIENT_BYTES
from aigaq.sealing.signatures import check_public_key, public_bytes
from aigaq.sealing.signed_json import build_signed_json, parse_signed_json

FORMAT = "aigaq/card/v1"
MAXIMUM_CARD_BYTES = 64 * 1024
TEXT_BYTES = 2_048
ORIGIN = re.compile(
    r"https?://[a-z0-9.-]+(:[0-9]{1,5})?\Z|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?\Z"
)
NUMBER = re.compile(r"[0-9+*() -]*[0-9][0-9+*() -]*\Z")
NAMES = (
    "batch",
    "desk_key",
    "exit_url",
    "fetch_key",
    "format",
    "gate_origin",
    "interval_seconds",
    "languages",
    "log_key",
    "log_origin",
    "maximum_delay_seconds",
    "message_key",
    "names",
    "reading_interval",
    "root_key",
    "services",
    "signed_at",
    "state",
    "team_id",
    "team_recipient",
    "version",
    "windows",
    "witnessing",
)


@dataclass(frozen=True)
class Service:
    """A telephone number that helps, who answers it, and whether the police learn of the call."""

    id: str
    name: Mapping[str, str]
    number: str
    answered_by: Mapping[str, str]
    note: Mapping[str, str] | None
    police_learns: str


@dataclass(frozen=True)
class CareWindow:
    """The hours within which a kind of care works best."""

    id: str
    hours: int
    text: Mapping[str, str]


@dataclass(frozen=True)
class Card:
    """What a card says. `build_card` signs it, `parse_card` reads it back."""

    version: int
    team_id: bytes
    names: Mapping[str, str]
    languages: tuple[str, ...]
    team_recipient: str
    message_key: bytes
    desk_key: bytes
    fetch_key: bytes
    log_key: bytes
    log_origin: str
    gate_origin: str
    batch: int
    interval_seconds: int
    maximum_delay_seconds: int
    reading_hours: int
    reading_text: Mapping[str, str]
    services: tuple[Service, ...]
    windows: tuple[CareWindow, ...]
    cosigners: tuple[Mapping[str, Any], ...]
    timestamp_authorities: tuple[Mapping[str, Any], ...]
    exit_url: str
    state: str
    signed_at: datetime


def build_card(card: Card, *, root_key: Ed25519PrivateKey) -> bytes:
    """Return the card signed by the root key.

    What it returns was read back: a card that `parse_card` would refuse is never signed away.
    Raises `SealingError` (``card.bad_form``).
    """
    members = {
        "batch": card.batch,
        "desk_key": encode_base64(card.desk_key),
        "exit_url": card.exit_url,
        "fetch_key": encode_base64(card.fetch_key),
        "format": FORMAT,
        "gate_origin": card.gate_origin,
        "interval_seconds": card.interval_seconds,
        "languages": list(card.languages),
        "log_key": encode_base64(card.log_key),
        "log_origin": card.log_origin,
        "maximum_delay_seconds": card.maximum_delay_seconds,
        "message_key": encode_base64(card.message_key),
        "names": dict(card.names),
        "reading_interval": {"hours": card.reading_hours, "text": dict(card.reading_text)},
        "root_key": encode_base64(public_bytes(root_key)),
        "services": [_service_members(one) for one in card.services],
        "signed_at": format_time(card.signed_at),
        "state": card.state,
        "team_id": card.team_id.hex(),
        "team_recipient": card.team_recipient,
        "version": card.version,
        "windows": [
            {"hours": one.hours, "id": one.id, "text": dict(one.text)} for one in card.windows
        ],
        "witnessing": {
            "cosigners": list(card.cosigners),
            "timestamp_authorities": list(card.timestamp_authorities),
        },
    }
    data = build_signed_json(members, key=root_key)
    parse_card(data, root_key=public_bytes(root_key))
    return data


def parse_card(
    data: bytes, *, root_key: bytes, team_id: bytes | None = None, seen_version: int = 0
) -> Card:
    """Return the card in ``data`` after it was verified under ``root_key``.

    ``team_id`` and ``seen_version`` are those of the card that the reader knew before, if it knew
    one. Raises `SealingError`: ``card.bad_form``, ``card.other_root``, ``card.wrong_signature``,
    ``card.other_team``, ``card.older``.
    """
    if len(data) > MAXIMUM_CARD_BYTES:
        raise SealingError("card.bad_form")
    try:
        signed = parse_signed_json(data, format_name=FORMAT)
    except SealingError:
        raise SealingError("card.bad_form") from None
    form = Form(signed.members, names=NAMES, code="card.bad_form")
    if form.base64("root_key") != root_key:
        raise SealingError("card.other_root")
    try:
        signed.check(public_key=root_key)
    except SealingError:
        raise SealingError("card.wrong_signature") from None
    card = _read_card(form)
    if team_id is not None and card.team_id != team_id:
        raise SealingError("card.other_team")
    if card.version < seen_version:
        raise SealingError("card.older")
    return card


def _read_card(form: Form) -> Card:
    reading = form.form("reading_interval", names=("hours", "text"))
    witnessing = form.form("witnessing", names=("cosigners", "timestamp_authorities"))
    return Card(
        version=form.integer("version", minimum=1),
        team_id=form.hex("team_id", length=16),
        names=form.texts("names", maximum_bytes=TEXT_BYTES),
        languages=_read_languages(form),
        team_recipient=_read_recipient(form),
        message_key=_read_key(form, "message_key"),
        desk_key=_read_key(form, "desk_key"),
        fetch_key=_read_key(form, "fetch_key"),
        log_key=_read_key(form, "log_key"),
        log_origin=form.text("log_origin", maximum_bytes=255, minimum_bytes=1),
        gate_origin=_matching(form, "gate_origin", ORIGIN),
        batch=form.integer("batch", minimum=1),
        interval_seconds=form.integer("interval_seconds", minimum=1),
        maximum_delay_seconds=form.integer("maximum_delay_seconds", minimum=1),
        reading_hours=reading.integer("hours", minimum=1),
        reading_text=reading.texts("text", maximum_bytes=TEXT_BYTES),
        services=tuple(read_service(one) for one in form.values("services", maximum=100)),
        windows=tuple(read_window(one) for one in form.values("windows", maximum=100)),
        cosigners=_read_objects(witnessing, "cosigners"),
        timestamp_authorities=_read_objects(witnessing, "timestamp_authorities"),
        exit_url=_read_exit_url(form),
        state=form.choice("state", among=("trial", "live")),
        signed_at=form.time("signed_at"),
    )


def _read_key(form: Form, name: str) -> bytes:
    key = form.base64(name)
    try:
        check_public_key(key)
    except SealingError:
        raise form.fault() from None
    return key


def _read_recipient(form: Form) -> str:
    recipient = form.text("team_recipient", maximum_bytes=RECIPIENT_BYTES)
    parse_hybrid_recipient(recipient, code="card.bad_form")
    return recipient


def _read_languages(form: Form) -> tuple[str, ...]:
    languages = form.values("languages", maximum=len(LANGUAGES))
    if not languages or any(one not in LANGUAGES for one in languages):
        raise form.fault()
    if len(set(languages)) != len(languages):
        raise form.fault()
    return tuple(languages)


def _read_exit_url(form: Form) -> str:
    url = form.text("exit_url", maximum_bytes=TEXT_BYTES)
    if not re.match(r"https://[!-~]+\Z", url):  # Any other scheme could run as script.
        raise form.fault()
    return url


def _read_objects(form: Form, name: str) -> tuple[Mapping[str, Any], ...]:
    objects = form.values(name, maximum=100)
    if not all(isinstance(one, dict) for one in objects):
        raise form.fault()
    return tuple(objects)


def _matching(form: Form, name: str, pattern: re.Pattern[str]) -> str:
    text = form.text(name, maximum_bytes=255)
    if not pattern.match(text):
        raise form.fault()
    return text


def _service_members(service: Service) -> dict[str, Any]:
    return {
        "answered_by": dict(service.answered_by),
        "id": service.id,
        "name": dict(service.name),
        "note": None if service.note is None else dict(service.note),
        "number": service.number,
        "police_learns": service.police_learns,
    }


def read_service(value: Any) -> Service:
    """Return a service of the card's form. Raises `SealingError` (``card.bad_form``)."""
    names = ("answered_by", "id", "name", "note", "number", "police_learns")
    form = Form(value, names=names, code="card.bad_form")
    return Service(
        id=form.text("id", maximum_bytes=64, minimum_bytes=1),
        name=form.texts("name", maximum_bytes=TEXT_BYTES),
        number=_matching(form, "number", NUMBER),
        answered_by=form.texts("answered_by", maximum_bytes=TEXT_BYTES),
        note=None if form.is_null("note") else form.texts("note", maximum_bytes=TEXT_BYTES),
        police_learns=form.choice("police_learns", among=("yes", "no", "unknown")),
    )


def read_window(value: Any) -> CareWindow:
    """Return a window of the card's form. Raises `SealingError` (``card.bad_form``)."""
    form = Form(value, names=("hours", "id", "text"), code="card.bad_form")
    return CareWindow(
        id=form.text("id", maximum_bytes=64, minimum_bytes=1),
        hours=form.integer("hours", minimum=1),
        text=form.texts("text", maximum_bytes=TEXT_BYTES),
    )
