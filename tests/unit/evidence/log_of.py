"""A gate's log in a folder, under the log key of the organisation of a test."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from tests.conftest import Founding

from aigaq.evidence.log_source import FolderLog, OpenedLog
from aigaq.intake.gate_client import ListedChaff
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.log_entries import build_blinded, build_public, make_chaff
from aigaq.tlog import LogWriter


@dataclass
class LogGate:
    """What a gate does for the log, without a wire: it queues, publishes, and keeps chaff."""

    folder: Path
    card: Card
    key: Ed25519PrivateKey
    queued: list[bytes] = field(default_factory=list)
    places: dict[bytes, int] = field(default_factory=dict)
    chaff: list[ListedChaff] = field(default_factory=list)
    posts: int = 0
    numbered: int = 0

    @classmethod
    def of(cls, founding: Founding, folder: Path) -> "LogGate":
        key = decode_base64((founding.home.gate / "log.key").read_text("ascii").strip())
        card = parse_card(founding.card, root_key=bytes(founding.organisation.root_key))
        gate = cls(folder / "log", card, Ed25519PrivateKey.from_private_bytes(key))
        gate.publish(entries=[build_public(kind="card", text=founding.card.decode())])
        return gate

    def publish(self, values: Iterable[bytes] = (), *, entries: Iterable[bytes] = ()) -> None:
        """Enter values, what is queued and two of chaff."""
        chaff = [make_chaff(), make_chaff()]
        blinded = [*values, *self.queued, *(one.blinded for one in chaff)]
        number = self.numbered
        self.numbered += len(chaff)
        self.chaff += [
            ListedChaff(number + at, one.salt, one.value) for at, one in enumerate(chaff, start=1)
        ]
        with LogWriter(self.folder, origin=self.card.log_origin, key=self.key) as writer:
            start = writer.checkpoint.size
            first = list(entries)
            writer.append([*first, *map(build_blinded, blinded)], start=start)
        for at, value in enumerate(blinded, start=start + len(first)):
            self.places.setdefault(value, at)
        self.queued.clear()

    @property
    def source(self) -> FolderLog:
        return FolderLog(self.folder)

    def open(self) -> OpenedLog:
        return OpenedLog(self.source, card=self.card)

    def post_heads(self, values: Sequence[bytes]) -> None:
        self.posts += 1
        self.queued += [one for one in values if one not in self.queued + list(self.places)]

    def find_indexes(self, values: Sequence[bytes]) -> list[int | None]:
        return [self.places.get(one) for one in values]

    def list_chaff(self, *, after: int) -> list[ListedChaff]:
        return [one for one in self.chaff if one.number > after]

    def confirm_chaff(self, *, up_to: int) -> None:
        self.chaff = [one for one in self.chaff if one.number > up_to]


def without_triggers(change: Callable[[], object]) -> None:
    """Change the database as someone would who has its key and takes the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        change()
        for _, made in triggers:
            cursor.execute(made)
