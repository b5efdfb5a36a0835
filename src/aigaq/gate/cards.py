"""The team cards that this gate has held, verified under the pinned root key, and its log key.

The newest card decides whose requests count. A promise must get the same bytes for ever, so it is
made from the card that was in force at the time that it names. A new card comes into force for
promises five seconds after it was taken, when every worker knows it. A card with another log key
retires the one before: then a new log begins (PROTOCOL 25). Source: ``spec/card.md``,
``spec/log.md``, "Retirement".
"""

import base64
import binascii
import bisect
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from aigaq.clock import now
from aigaq.gate.errors import GateError
from aigaq.gate.log_batches import begin_new_log
from aigaq.gate.settings import Settings
from aigaq.gate.tables import cards
from aigaq.sealing.card import MAXIMUM_CARD_BYTES, Card, parse_card
from aigaq.sealing.receipts import Promise, build_promise
from aigaq.sealing.signatures import public_bytes

_IN_FORCE_AFTER_SECONDS = 5


@dataclass(frozen=True)
class HeldCard:
    """A verified card, its bytes, and when this gate took it (Unix seconds)."""

    card: Card
    signed: bytes
    taken_at: int


class Cards:
    """The history of cards, oldest first, and the promises that are made under them."""

    def __init__(
        self, held: list[HeldCard], *, root_key: bytes, log_key: Ed25519PrivateKey
    ) -> None:
        self._held = held
        self._refreshing = threading.Lock()
        self._root_key = root_key
        self._log_key = log_key

    @classmethod
    def load(cls, settings: Settings, *, connection: Connection) -> "Cards":
        """Return all cards held, with the one in the settings' file taken if it is newer.

        Raises `AigaqError`: ``card.*`` for a file that is not a card under the pinned root,
        ``gate.wrong_log_key`` if the log key's file is not the key that the newest card names.
        """
        log_key = read_private_key(settings.log_key)
        self = cls([], root_key=settings.root_key, log_key=log_key)
        self.refresh(connection)
        signed = settings.card.read_bytes()[: MAXIMUM_CARD_BYTES + 1]
        card = parse_card(signed, root_key=settings.root_key)
        if not self._held or card.version > self.current.card.version:
            self.take(connection, signed=signed, now_seconds=int(now().timestamp()))
            self.refresh(connection)
        elif card.team_id != self.current.card.team_id:
            raise GateError("card.other_team")
        if self.current.card.log_key != public_bytes(log_key):
            raise GateError("gate.wrong_log_key")
        return self

    @property
    def log_key(self) -> Ed25519PrivateKey:
        """The key that signs promises and checkpoints."""
        return self._log_key

    @property
    def current(self) -> HeldCard:
        """The newest card."""
        return self._held[-1]

    def refresh(self, connection: Connection) -> None:
        """Read cards that another worker has taken."""
        with self._refreshing:
            seen = self._held[-1].card.version if self._held else 0
            newer = select(cards).where(cards.c.version > seen).order_by(cards.c.version)
            for row in connection.execute(newer):
                signed = row.signed.encode("utf-8")
                card = parse_card(signed, root_key=self._root_key)
                self._held = [*self._held, HeldCard(card, signed, row.taken_at)]

    def take(self, connection: Connection, *, signed: bytes, now_seconds: int) -> None:
        """Keep a new card, of a version above the newest; the same bytes again are no error.

        It is the current one only after `refresh`. Raises `AigaqError`: ``card.*``,
        ``gate.wrong_log_key`` for a card under whose log key this gate could not promise, or that
        changes the log's key and not its name, or its name and not its key.
        """
        self.refresh(connection)
        newest = self.current if self._held else None
        if newest is not None and signed == newest.signed:
            return
        card = parse_card(
            signed,
            root_key=self._root_key,
            team_id=newest.card.team_id if newest else None,
            seen_version=newest.card.version + 1 if newest else 0,
        )
        if card.log_key != public_bytes(self._log_key):
            raise GateError("gate.wrong_log_key")
        if newest is not None:
            _change_log(connection, before=newest.card, after=card)
        connection.execute(
            insert(cards).values(
                version=card.version, taken_at=now_seconds, signed=signed.decode("utf-8")
            )
        )

    def promise(self, *, report_id: bytes, commitment: bytes, received_at: int) -> str:
        """Return the signed promise for a report: the same bytes whenever it is asked for."""
        card, at = self._in_force(received_at)
        return build_promise(
            Promise(
                commitment=commitment,
                report_id=report_id,
                team_id=card.team_id,
                log_origin=card.log_origin,
                maximum_delay_seconds=card.maximum_delay_seconds,
                promised_at=datetime.fromtimestamp(at, UTC),
            ),
            log_key=self._log_key,
        )

    def _in_force(self, at: int) -> tuple[Card, int]:
        """Return the card for a promise about that time, and the time that it names."""
        count = bisect.bisect_right(
            self._held, at - _IN_FORCE_AFTER_SECONDS, key=lambda held: held.taken_at
        )
        card = self._held[max(count, 1) - 1].card
        if card.log_key == public_bytes(self._log_key):
            return card, at
        # A retired log key signs nothing. What waited for its log is promised anew by the next one,
        # from the day on which that began.
        first = next(one for one in self._held if one.card.log_key == public_bytes(self._log_key))
        return first.card, max(at, first.taken_at)


def _change_log(connection: Connection, *, before: Card, after: Card) -> None:
    """Begin a new log if ``after`` names one. Raises ``gate.wrong_log_key``."""
    has_new_key = before.log_key != after.log_key
    if has_new_key != (before.log_origin != after.log_origin):
        raise GateError("gate.wrong_log_key")
    if has_new_key:
        begin_new_log(connection)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Return the Ed25519 key whose 32-byte seed ``path`` holds in base64, with or without an LF.

    Raises ``gate.bad_key_file``.
    """
    try:
        seed = base64.b64decode(path.read_bytes().strip(), validate=True)
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (binascii.Error, ValueError, OSError):
        raise GateError("gate.bad_key_file") from None
