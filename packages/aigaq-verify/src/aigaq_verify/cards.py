"""Team cards: the keys of an organisation, chained under its root key.

Only the members that a verifier works with are read; the signature covers all of them. Source:
``spec/card.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from aigaq_verify.encoding import Form, decode_base64, format_time, parse_json
from aigaq_verify.errors import VerifyError
from aigaq_verify.notes import ED25519, NoteKey
from aigaq_verify.signatures import open_signed_json
from aigaq_verify.words import Told

_BAD = "card.bad_form"
_MAXIMUM_BYTES = 64 * 1024
_NAMES = (
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
class Card:
    """What a verifier needs of a card."""

    version: int
    team_id: bytes
    #: In Kazakh, Russian and English.
    names: tuple[str, str, str]
    root_key: bytes
    log_key: bytes
    log_origin: str
    message_key: bytes
    desk_key: bytes
    maximum_delay_seconds: int
    reading_hours: int
    state: str
    signed_at: datetime

    def describe(self, key: str, *, is_trusted: bool) -> list[Told]:
        """Tell whose card this is; that is the card's own word unless its root is trusted."""
        key = key if is_trusted else f"{key}_unknown"
        told: list[Told] = [(key, *self.names, str(self.version), format_time(self.signed_at))]
        return [*told, ("trial",)] if self.state == "trial" else told

    @property
    def organisations(self) -> frozenset[str]:
        """Its names, spaces as ``bag-info.txt`` has them."""
        return frozenset(" ".join(name.split()) for name in self.names)

    @property
    def log(self) -> NoteKey:
        """The key that signs checkpoints."""
        return NoteKey(self.log_origin, ED25519, self.log_key)

    @property
    def desk(self) -> NoteKey:
        """The key that signs the note beside a tag manifest."""
        return NoteKey(f"{self.team_id.hex()}/desk", ED25519, self.desk_key)


def read_root_key(data: bytes) -> bytes:
    """Return the root key that a card names, unchecked: a policy must agree before it counts."""
    members = parse_json(data.partition(b"\n")[0], code=_BAD)
    if not isinstance(members, dict) or not isinstance(members.get("root_key"), str):
        raise VerifyError(_BAD)
    return decode_base64(members["root_key"], code=_BAD)


def parse_card(data: bytes, *, root_key: bytes) -> Card:
    """Return the card in ``data``, verified under ``root_key``.

    Raises `VerifyError`: ``card.*``.
    """
    if len(data) > _MAXIMUM_BYTES:
        raise VerifyError(_BAD)
    members: Any = open_signed_json(
        data, format_name="aigaq/card/v1", public_key=root_key, area="card"
    )
    form = Form(members, names=_NAMES, code=_BAD)
    if form.base64("root_key") != root_key:
        raise VerifyError("card.other_root")
    names, state = form.form("names", names=("en", "kk", "ru")), form.text("state")
    if state not in ("trial", "live"):
        raise VerifyError(_BAD)
    return Card(
        version=form.integer("version", minimum=1),
        team_id=form.hex("team_id", length=16),
        names=(names.text("kk"), names.text("ru"), names.text("en")),
        root_key=root_key,
        log_key=form.base64("log_key"),
        log_origin=form.text("log_origin"),
        message_key=form.base64("message_key"),
        desk_key=form.base64("desk_key"),
        maximum_delay_seconds=form.integer("maximum_delay_seconds", minimum=1),
        reading_hours=form.form("reading_interval", names=("hours", "text")).integer(
            "hours", minimum=1
        ),
        state=state,
        signed_at=form.time("signed_at"),
    )


def check_chain(cards: Sequence[Card]) -> None:
    """Raise `VerifyError` unless each card is the next version of the one before, of one team."""
    for before, after in pairwise(cards):
        if after.team_id != before.team_id:
            raise VerifyError("card.other_team")
        if after.version <= before.version:
            raise VerifyError("card.older")
        if after.version != before.version + 1:
            raise VerifyError("card.gap")


def find_replaced_at(cards: Sequence[Card], *, log_key: bytes) -> datetime | None:
    """Return when a later card put another key in the place of ``log_key``; None if none did."""
    found = None
    for before, after in pairwise(cards):
        if before.log_key == log_key != after.log_key:
            found = after.signed_at
    return None if cards[-1].log_key == log_key else found
