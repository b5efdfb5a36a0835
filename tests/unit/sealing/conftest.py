"""A team, a mailbox and a small report for the tests of sealing."""

import io
from dataclasses import dataclass, field
from typing import Any

import pytest

from aigaq.age import HybridIdentity
from aigaq.clock import now
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ContainerSink,
    ItemToSeal,
    ReportToSeal,
    SealedReport,
    seal_report,
)
from aigaq.sealing.opening import ContainerSource, ExaminedReport, examine_report
from aigaq.sealing.receipt_code import MailboxKeys, derive_mailbox_keys


@dataclass
class Sender:
    """A reporter and the team that she writes to."""

    team: HybridIdentity = field(default_factory=HybridIdentity.generate)
    team_id: bytes = bytes(range(16))
    keys: MailboxKeys = field(
        default_factory=lambda: derive_mailbox_keys("0" * 19 + "6", team_id=bytes(range(16)))
    )

    def report(self, **changes: Any) -> ReportToSeal:
        """Return a report with one answer, one consent and no item, changed as asked."""
        values: dict[str, Any] = {
            "team_id": self.team_id,
            "team_recipient": str(self.team.recipient),
            "card_version": 1,
            "language": "ru",
            "made_at": now(),
            "answers": [(3, "Вымышленный пример")],
            "consents": [ConsentToSeal(purpose="case", audience="team")],
        }
        return ReportToSeal(**(values | changes))

    def seal(self, **changes: Any) -> tuple[bytes, SealedReport]:
        """Return a container and what sealing it gave."""
        buffer = io.BytesIO()
        sealed = seal_report(self.report(**changes), keys=self.keys, sink=ContainerSink(buffer))
        return buffer.getvalue(), sealed

    def examine(self, container: bytes) -> ExaminedReport:
        """Open a container as the desk does."""
        source = ContainerSource(io.BytesIO(container))
        return examine_report(source, identities=[self.team], team_id=self.team_id)


def item(content: bytes, **changes: Any) -> ItemToSeal:
    """Return an item to seal."""
    values: dict[str, Any] = {"name": "фото.jpg", "media_type": "image/jpeg"}
    return ItemToSeal(io.BytesIO(content), size_bytes=len(content), **(values | changes))


def content_of(report: ExaminedReport, number: int) -> bytes:
    """Return the content of an item."""
    writer = io.BytesIO()
    report.copy_item(number, writer=writer)
    return writer.getvalue()


@pytest.fixture(scope="session")
def sender() -> Sender:
    """Give a reporter with her team."""
    return Sender()
