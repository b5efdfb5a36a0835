"""That a log key counts no more, said by the root key after a seizure.

Source: ``spec/log.md``, "Retirement"; PROTOCOL 25.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.clock import format_time
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.signed_json import build_signed_json, open_signed_json

FORMAT = "aigaq/key-retirement/v1"
MAXIMUM_BYTES = 8_192
_NAMES = (
    "format",
    "last_checkpoint",
    "log_key",
    "log_origin",
    "new_log_origin",
    "retired_at",
    "team_id",
)


@dataclass(frozen=True)
class KeyRetirement:
    """Which key of which log ends when; the last head of it that others are known to have seen."""

    log_key: bytes
    log_origin: str
    new_log_origin: str
    last_checkpoint: str | None
    retired_at: datetime
    team_id: bytes


def build_retirement(retirement: KeyRetirement, *, root_key: Ed25519PrivateKey) -> str:
    """Return the retirement signed by the root key."""
    members = {
        "format": FORMAT,
        "last_checkpoint": retirement.last_checkpoint,
        "log_key": encode_base64(retirement.log_key),
        "log_origin": retirement.log_origin,
        "new_log_origin": retirement.new_log_origin,
        "retired_at": format_time(retirement.retired_at),
        "team_id": retirement.team_id.hex(),
    }
    return build_signed_json(members, key=root_key).decode("utf-8")


def parse_retirement(text: str, *, root_key: bytes) -> KeyRetirement:
    """Return the retirement in ``text``, its signature checked.

    Raises `SealingError`: ``retirement.bad_form``, ``retirement.wrong_signature``.
    """
    data = text.encode("utf-8", errors="replace")
    if len(data) > MAXIMUM_BYTES:
        raise SealingError("retirement.bad_form")
    try:
        members = open_signed_json(data, format_name=FORMAT, public_key=root_key)
    except SealingError as error:
        wrong = error.code == "signed_json.wrong_signature"
        code = "retirement.wrong_signature" if wrong else "retirement.bad_form"
        raise SealingError(code) from None
    form = Form(members, names=_NAMES, code="retirement.bad_form")
    last = (
        None
        if form.is_null("last_checkpoint")
        else form.text("last_checkpoint", maximum_bytes=1_024, minimum_bytes=1)
    )
    return KeyRetirement(
        log_key=form.base64("log_key"),
        log_origin=form.text("log_origin", maximum_bytes=255, minimum_bytes=1),
        new_log_origin=form.text("new_log_origin", maximum_bytes=255, minimum_bytes=1),
        last_checkpoint=last,
        retired_at=form.time("retired_at"),
        team_id=form.hex("team_id", length=16),
    )
