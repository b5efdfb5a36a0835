"""A reporter with a mailbox key who grants in reports and signs withdrawals; no intake needed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq import clock
from aigaq.consent import services
from aigaq.consent.services import MailboxOf
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.manifest import Answer, Consent, Manifest
from aigaq.sealing.signatures import public_bytes
from aigaq.sealing.signed_json import build_signed_json

TEAM = bytes(range(16))
FIRST = bytes(range(32))
COURT = ("prove", "court")


@dataclass
class Reporter:
    """Whose word counts; ``reports`` are those that are here."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    reports: dict[bytes, Manifest] = field(default_factory=dict)
    sequence: int = 0

    @property
    def mailbox(self) -> MailboxOf:
        return MailboxOf(team_id=TEAM, key=public_bytes(self.key), first_commitment=FIRST)

    def write(
        self,
        *consents: tuple[str, str, tuple[int, ...] | None],
        made_at: datetime | None = None,
    ) -> tuple[bytes, Manifest]:
        """Return a new report that allows these, not filed yet."""
        manifest = Manifest(
            team_id=TEAM,
            card_version=1,
            mailbox_key=self.mailbox.key,
            mailbox_recipient="fictional",
            root_salt=os.urandom(32),
            language="kk",
            made_at=made_at or clock.now(),
            continues=None,
            answers=(Answer(4, os.urandom(32), "fictional"),),
            consents=tuple(
                Consent(number, os.urandom(32), purpose, audience, items)
                for number, (purpose, audience, items) in enumerate(consents)
            ),
            items=(),
        )
        return os.urandom(32), manifest

    def file(
        self, report_id: bytes, manifest: Manifest, *, received_at: datetime | None = None
    ) -> bytes:
        """Have the desk write down what a report allows."""
        services.record_grants(
            report_id=report_id,
            manifest=manifest,
            mailbox_key=self.mailbox.key,
            received_at=received_at or clock.now(),
            by=None,
        )
        self.reports[report_id] = manifest
        return report_id

    def report(self, *consents: tuple[str, str, tuple[int, ...] | None]) -> bytes:
        """File a report that allows these; return its id."""
        return self.file(*self.write(*consents))

    def sign(
        self,
        *,
        numbers: Sequence[int] | None = None,
        report_id: bytes | None = None,
        **changed: Any,
    ) -> str:
        """Return her next message, signed, with members ``changed`` as a test asks."""
        self.sequence += 1
        heads = {"sequence": 0, "sha256": "00" * 32}
        key = changed.pop("key", self.key)
        members = {
            "body": {
                "consents": None if numbers is None else list(numbers),
                "report_id": None if report_id is None else report_id.hex(),
            },
            "direction": "to_desk",
            "first_commitment": FIRST.hex(),
            "format": "aigaq/message/v1",
            "heads": {"to_desk": heads, "to_reporter": heads},
            "kind": "withdraw_consent",
            "mailbox_key": encode_base64(self.mailbox.key),
            "previous": ("00" if self.sequence == 1 else "11") * 32,
            "sent_at": clock.format_time(clock.now()),
            "sequence": self.sequence,
            "sign": "b",
            "team_id": TEAM.hex(),
        } | changed
        return build_signed_json(members, key=key).decode("utf-8")

    def take(self, text: str) -> int:
        """Have the desk take a signed message; return how many grants it took back."""
        return services.withdraw_by_message(
            text=text, mailbox=self.mailbox, report_ids=list(self.reports)
        )

    def withdraw(
        self, *, numbers: Sequence[int] | None = None, report_id: bytes | None = None
    ) -> int:
        """Take grants back by a signed message."""
        return self.take(self.sign(numbers=numbers, report_id=report_id))
