"""A report filed at the desk of a test without a gate: sealed, carried as a file, imported."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Founding

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.intake import carrying, mail, models
from aigaq.intake.gate_client import ListedMessage
from aigaq.sealing.card import parse_card
from aigaq.sealing.container import ContainerWriter
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ItemToSeal,
    ReportToSeal,
    SealedReport,
    seal_report,
)
from aigaq.sealing.mailbox_answer import Head, Heads
from aigaq.sealing.messages import Message, build_message, head_of
from aigaq.sealing.receipt_code import MailboxKeys, derive_mailbox_keys, draw_code
from aigaq.sealing.signatures import public_bytes


@dataclass
class Carried:
    """A reporter whose report was carried to the desk."""

    founding: Founding
    keys: MailboxKeys
    sealed: SealedReport
    file: bytes
    report: models.Report
    head: Head = field(default_factory=Head)
    number: int = 0

    @property
    def box(self) -> models.Mailbox:
        """Her mailbox as the desk knows it now."""
        return models.Mailbox.objects.get(key=public_bytes(self.keys.key))

    def write(
        self, *, kind: str = "text", body: dict[str, Any] | None = None, sign: str = "b"
    ) -> str:
        """Have the desk take her next message; return the fault or an empty text."""
        box = self.box
        message = Message(
            direction="to_desk",
            kind=kind,
            body=body or {"text": "fictional"},
            team_id=bytes.fromhex(self.founding.organisation.team_id),
            mailbox_key=bytes(box.key),
            first_commitment=bytes(box.first_commitment),
            sequence=self.head.sequence + 1,
            previous=self.head.sha256,
            heads=Heads(
                to_desk=self.head,
                to_reporter=Head(box.to_reporter_sequence, bytes(box.to_reporter_sha256)),
            ),
            sent_at=clock.now(),
            sign=sign,
        )
        recipient = str(accounts.list_team_identities()[0].recipient)
        data = build_message(message, key=self.keys.key, recipient=recipient)
        return self.hand_over(data, sequence=message.sequence, previous=message.previous)

    def hand_over(self, data: bytes, *, sequence: int, previous: bytes) -> str:
        """Have the desk take these bytes as a gate would hand them over."""
        self.number += 1
        listed = ListedMessage(
            number=self.number,
            mailbox_key=public_bytes(self.keys.key),
            sequence=sequence,
            previous=previous,
            ciphertext=data,
            received_at=clock.now(),
        )
        received = mail.receive_message(listed)
        assert received.is_kept
        if not received.fault:
            self.head = head_of(data, sequence=sequence)
        return received.fault


def carry_report(
    founding: Founding,
    *,
    answers: Sequence[tuple[int, str]] = ((4, "fictional"), (17, "d")),
    items: Sequence[tuple[str, str, bytes]] = (),
    consents: Sequence[tuple[str, str]] = (("keep", "team"), ("publish", "public")),
    continues: bytes | None = None,
    hidden_details: str | None = None,
) -> Carried:
    """Seal a report to the team of the test and import its file."""
    card = parse_card(founding.card, root_key=bytes(founding.organisation.root_key))
    keys = derive_mailbox_keys(draw_code(), team_id=card.team_id)
    file = io.BytesIO()
    report = ReportToSeal(
        team_id=card.team_id,
        team_recipient=card.team_recipient,
        card_version=1,
        language="kk",
        made_at=clock.now(),
        answers=answers,
        consents=[ConsentToSeal(purpose=p, audience=a) for p, a in consents],
        continues=continues,
        items=[
            ItemToSeal(
                content=io.BytesIO(data),
                size_bytes=len(data),
                name=name,
                media_type=kind,
                hidden_details=hidden_details,
            )
            for name, kind, data in items
        ],
    )
    sealed = seal_report(report, keys=keys, sink=ContainerWriter(file))
    row_id = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(file.getvalue()))
    row = models.Report.objects.get(pk=row_id)
    return Carried(founding, keys, sealed, file.getvalue(), row)
