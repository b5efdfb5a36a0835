"""The binding of a new mailbox to an old one, whose code was lost or seen by someone else.

Signed JSON by the message key; the gate makes the new mailbox and lets the old one go dead without
a sign. Source: spec/mailbox.md, "Messages"; PROTOCOL 20.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.clock import format_time
from aigaq.sealing.age_files import parse_hybrid_recipient
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.header import RECIPIENT_BYTES
from aigaq.sealing.signed_json import build_signed_json, open_signed_json

FORMAT = "aigaq/rebind/v1"
MAXIMUM_REBIND_BYTES = 8_192
NAMES = (
    "first_commitment",
    "format",
    "new_mailbox_key",
    "new_mailbox_recipient",
    "old_mailbox_key",
    "rebound_at",
    "team_id",
)


@dataclass(frozen=True)
class Rebind:
    """A new mailbox takes the place of an old one, under the same first commitment."""

    team_id: bytes
    first_commitment: bytes
    old_mailbox_key: bytes
    new_mailbox_key: bytes
    new_mailbox_recipient: str
    rebound_at: datetime


def build_rebind(rebind: Rebind, *, message_key: Ed25519PrivateKey) -> str:
    """Return the rebinding signed by the message key."""
    members = {
        "first_commitment": rebind.first_commitment.hex(),
        "format": FORMAT,
        "new_mailbox_key": encode_base64(rebind.new_mailbox_key),
        "new_mailbox_recipient": rebind.new_mailbox_recipient,
        "old_mailbox_key": encode_base64(rebind.old_mailbox_key),
        "rebound_at": format_time(rebind.rebound_at),
        "team_id": rebind.team_id.hex(),
    }
    return build_signed_json(members, key=message_key).decode("utf-8")


def parse_rebind(text: str, *, message_key: bytes, team_id: bytes) -> Rebind:
    """Return the rebinding in ``text``, its signature checked under the card's message key.

    Raises `SealingError`: ``rebind.bad_form``, ``rebind.wrong_signature``, ``rebind.other_team``.
    """
    data = text.encode("utf-8", errors="replace")
    if len(data) > MAXIMUM_REBIND_BYTES:
        raise SealingError("rebind.bad_form")
    try:
        members = open_signed_json(data, format_name=FORMAT, public_key=message_key)
    except SealingError as error:
        wrong = error.code == "signed_json.wrong_signature"
        raise SealingError("rebind.wrong_signature" if wrong else "rebind.bad_form") from None
    form = Form(members, names=NAMES, code="rebind.bad_form")
    recipient = form.text("new_mailbox_recipient", maximum_bytes=RECIPIENT_BYTES)
    parse_hybrid_recipient(recipient, code="rebind.bad_form")
    rebind = Rebind(
        team_id=form.hex("team_id", length=16),
        first_commitment=form.hex("first_commitment"),
        old_mailbox_key=form.base64("old_mailbox_key"),
        new_mailbox_key=form.base64("new_mailbox_key"),
        new_mailbox_recipient=recipient,
        rebound_at=form.time("rebound_at"),
    )
    if rebind.team_id != team_id:
        raise SealingError("rebind.other_team")
    if rebind.new_mailbox_key == rebind.old_mailbox_key:
        raise form.fault()
    return rebind
