"""The services and windows of care of a pack, in the form of the team card.

Only what the pack states with a confidence of 0.9 or more is given; a number that might be wrong is
worse than none. Source: ``packs/<id>-services.yaml``; form: ``spec/card.md``.
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from aigaq.jurisdictions.errors import PackError
from aigaq.sealing.card import CareWindow, Service

MINIMUM_CONFIDENCE = 0.9
LANGUAGES = ("kk", "ru", "en")
POLICE_LEARNS = ("yes", "no", "unknown")


@dataclass(frozen=True)
class CardServices:
    """What a card lists."""

    services: tuple[Service, ...]
    windows: tuple[CareWindow, ...]


def load_card_services(*, pack: str) -> CardServices:
    """Return the services and windows of the pack ``pack``, such as ``kz``.

    Raises `PackError`: ``pack.unknown``; ``pack.incomplete`` (a text lacks a language, or a source
    or confidence is not stated); ``pack.bad_police_learns``.
    """
    if not pack.isalpha():
        raise PackError("pack.unknown")
    file = files("aigaq.jurisdictions").joinpath("packs", f"{pack}-services.yaml")
    if not file.is_file():
        raise PackError("pack.unknown")
    data = yaml.safe_load(file.read_text("utf-8"))
    return CardServices(
        services=tuple(_read_service(row) for row in data["services"] if _is_sure(row)),
        windows=tuple(_read_window(row) for row in data["windows"] if _is_sure(row)),
    )


def _is_sure(row: dict[str, Any]) -> bool:
    if "confidence" not in row or not row.get("source"):
        raise PackError("pack.incomplete", id=row.get("id"))
    return bool(row["confidence"] >= MINIMUM_CONFIDENCE)


def _read_service(row: dict[str, Any]) -> Service:
    if row["police_learns"] not in POLICE_LEARNS:
        raise PackError("pack.bad_police_learns", id=row["id"])
    return Service(
        id=row["id"],
        name=_read_texts(row, "name"),
        number=row["number"],
        answered_by=_read_texts(row, "answered_by"),
        note=None if row["note"] is None else _read_texts(row, "note"),
        police_learns=row["police_learns"],
    )


def _read_window(row: dict[str, Any]) -> CareWindow:
    return CareWindow(id=row["id"], hours=row["hours"], text=_read_texts(row, "text"))


def _read_texts(row: dict[str, Any], name: str) -> dict[str, str]:
    texts = row[name]
    if sorted(texts) != sorted(LANGUAGES) or not all(texts.values()):
        raise PackError("pack.incomplete", id=row["id"])
    return dict(texts)
