"""What lies open in ``desk/locked/`` so that a locked desk can fetch and watch (PROTOCOL 3)."""

import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.core.home import Home
from aigaq.intake.errors import GateError
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.encoding import decode_base64


@dataclass(frozen=True)
class LockedFiles:
    """Gate, root key, fetch key and our own card, its signature checked."""

    gate_origin: str
    root_key: bytes
    fetch_key: Ed25519PrivateKey = field(repr=False)
    card: Card
    card_bytes: bytes


def read_locked_files(home: Home) -> LockedFiles:
    """Return what lies open. Raises `GateError` ``gate.not_set_up`` if the ceremony is not done."""
    try:
        gate = json.loads((home.locked / "gate.json").read_bytes())
        seed = decode_base64((home.locked / "fetch.key").read_text("ascii").strip())
        card_bytes = (home.locked / "card.json").read_bytes()
    except FileNotFoundError:
        raise GateError("gate.not_set_up") from None
    root_key = decode_base64(gate["root_key"])
    return LockedFiles(
        gate_origin=gate["gate_origin"],
        root_key=root_key,
        fetch_key=Ed25519PrivateKey.from_private_bytes(seed),
        card=parse_card(card_bytes, root_key=root_key),
        card_bytes=card_bytes,
    )
