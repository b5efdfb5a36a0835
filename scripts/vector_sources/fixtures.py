"""Keys, ids and texts that the vectors share. Everything grows from a label; nothing is secret."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.age import HybridIdentity
from aigaq.sealing.card import Card, CareWindow, Service, build_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.receipt_code import MailboxKeys
from aigaq.sealing.signatures import public_bytes

Vector = dict[str, Any]


def seed(label: str) -> bytes:
    """Return 32 bytes that belong to ``label``."""
    return hashlib.sha256(f"aigaq vectors {label}".encode()).digest()


def key(label: str) -> Ed25519PrivateKey:
    """Return the Ed25519 key of ``label``."""
    return Ed25519PrivateKey.from_private_bytes(seed(f"key {label}"))


def identity(label: str) -> HybridIdentity:
    """Return the hybrid identity of ``label``."""
    return HybridIdentity.from_seed(seed(f"identity {label}"))


def b64(data: bytes) -> str:
    """Return base64, the form of all bytes that are not hashes."""
    return encode_base64(data)


def to_file(vectors: Any) -> bytes:
    """Return vectors as the bytes of their file: JSON that a person can read."""
    return (json.dumps(vectors, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


AT = datetime(2026, 5, 4, 9, 0, 0, tzinfo=UTC)
TEAM_ID = seed("team")[:16]
OTHER_TEAM_ID = seed("other team")[:16]
TEAM = identity("team")
OTHER_TEAM = identity("other team")
ROOT = key("root")
MESSAGE = key("message")
LOG = key("log")
DESK = key("desk")
FETCH = key("fetch")
MAILBOX = MailboxKeys(identity=identity("mailbox"), key=key("mailbox"))
OTHER_MAILBOX = MailboxKeys(identity=identity("other mailbox"), key=key("other mailbox"))
GATE_ORIGIN = "http://127.0.0.1:8470"
LOG_ORIGIN = "127.0.0.1:8470/log"


def in_all(en: str, kk: str, ru: str) -> dict[str, str]:
    """Return a text in the three languages."""
    return {"en": en, "kk": kk, "ru": ru}


CARD = Card(
    version=3,
    team_id=TEAM_ID,
    names=in_all("Sample team", "Үлгі топ", "Команда-образец"),
    languages=("kk", "ru", "en"),
    team_recipient=str(TEAM.recipient),
    message_key=public_bytes(MESSAGE),
    desk_key=public_bytes(DESK),
    fetch_key=public_bytes(FETCH),
    log_key=public_bytes(LOG),
    log_origin=LOG_ORIGIN,
    gate_origin=GATE_ORIGIN,
    batch=16,
    interval_seconds=600,
    maximum_delay_seconds=86_400,
    reading_hours=24,
    reading_text=in_all(
        "A person reads every day.", "Адам күн сайын оқиды.", "Человек читает каждый день."
    ),
    services=(
        Service(
            id="sample",
            name=in_all("Sample line", "Үлгі желі", "Линия-образец"),
            number="000",
            answered_by=in_all("nobody, a sample", "ешкім, үлгі", "никто, образец"),
            note=None,
            police_learns="unknown",
        ),
    ),
    windows=(
        CareWindow(
            id="hiv_pep",
            hours=72,
            text=in_all("HIV medicine", "АИТВ-ға қарсы дәрі", "Лекарство от ВИЧ"),
        ),
    ),
    cosigners=(),
    timestamp_authorities=(),
    exit_url="https://weather.example/",
    state="trial",
    signed_at=AT,
)


def card_bytes() -> bytes:
    """Return the sample card, signed by the sample root key."""
    return build_card(CARD, root_key=ROOT)
