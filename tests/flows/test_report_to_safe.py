"""From a phone through a real gate to the desk and back: filed, answered, safe."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.conftest import Founding
from tests.erased import erase_report
from tests.flows.stage import GateProcess, Reporter

from aigaq.core import audit
from aigaq.intake import answering, fetching, models, selectors, tasks
from aigaq.intake.shapes import InboxView, ReportState, Urgency
from aigaq.intake.spool import Spool
from aigaq.sealing.receipts import parse_filing_receipt

pytestmark = pytest.mark.slow

NewReporter = Callable[[], Reporter]


def work() -> None:
    """Let the desk fetch and work once."""
    fetching.pull_round()
    tasks.work_until_nothing_waits()


def test_a_report_is_pulled_opened_filed_receipted_and_safe(
    founding: Founding, new_reporter: NewReporter, second_place: Path, gate: GateProcess
) -> None:
    reporter = new_reporter()
    sealed = reporter.tell(
        answers=((1, "16_17"), (2, "survivor"), (3, "no"), (4, "Вымышленный рассказ")),
        items=(("фото.txt", "text/plain", "примета".encode()),),
    )
    work()
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    assert row.register_number == 1
    assert row.state == ReportState.FILED
    assert row.urgency == Urgency.NOW
    assert row.under_18
    assert row.summary == "Вымышленный рассказ"
    assert row.is_safe
    detail = selectors.access_report(actor=founding.founder, report_id=row.id)
    assert detail.report_id == sealed.report_id.hex()
    assert detail.items[0].name == "фото.txt"
    assert detail.items[0].preview_state == "ready"
    answering.send_reply(
        actor=founding.founder, mailbox_id=detail.mailbox_id or row.id, text="Мы с вами."
    )
    work()
    mailbox_id = detail.mailbox_id or row.id
    box = selectors.access_mailbox(actor=founding.founder, mailbox_id=mailbox_id)
    assert [one.delivery for one in box.messages] == ["at_gate"] * 3
    messages = reporter.read()
    work()
    box = selectors.access_mailbox(actor=founding.founder, mailbox_id=mailbox_id)
    assert [one.delivery for one in box.messages] == ["read"] * 3
    kinds = [(one.kind, one.sequence) for one in messages]
    assert kinds == [("filing_receipt", 1), ("safe", 2), ("text", 3)]
    receipt = parse_filing_receipt(
        messages[0].body["filing_receipt"], message_key=reporter.card.message_key
    )
    assert receipt.register_number == 1
    assert receipt.commitment == sealed.commitment
    assert messages[1].body == {"report_id": sealed.report_id.hex()}
    assert messages[2].body == {"text": "Мы с вами."}
    left = list((gate.folder / "data" / "items").rglob("*"))
    assert [path for path in left if path.is_file()] == []
    reporter.write(body={"text": "Спасибо"})
    work()
    box = selectors.access_mailbox(actor=founding.founder, mailbox_id=detail.mailbox_id or row.id)
    assert [one.text for one in box.messages if one.direction == "to_desk"] == ["Спасибо"]
    (waiting,) = selectors.list_inbox(actor=founding.founder, view=InboxView.WAITING).rows
    assert waiting.id == row.id
    assert selectors.list_alarms(actor=founding.founder) == []
    assert audit.check_chain() > 0


def test_without_a_second_place_nothing_is_called_safe_and_the_gate_keeps_its_copy(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    reporter = new_reporter()
    reporter.tell(items=(("a.bin", "application/octet-stream", b"\0" * 100),))
    work()
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    assert not row.is_safe
    assert selectors.get_second_place(actor=founding.founder).state == "not_set"
    assert [one.kind for one in reporter.read()] == ["filing_receipt"]
    files = [path for path in (gate.folder / "data" / "items").rglob("*") if path.is_file()]
    assert len(files) == 1


def test_a_report_that_is_forgotten_before_it_is_safe_is_erased_at_the_gate_too(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    reporter = new_reporter()
    reporter.tell(items=(("a.bin", "application/octet-stream", b"\0" * 100),))
    fetching.pull_round()
    tasks.file_ready(Spool(founding.home))
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    mailbox_id = selectors.access_report(actor=founding.founder, report_id=row.id).mailbox_id
    assert mailbox_id is not None
    answering.send_reply(actor=founding.founder, mailbox_id=mailbox_id, text="Вымышленное письмо")
    erase_report(actor=founding.founder, report_id=row.id, reason="asked")
    box = selectors.access_mailbox(actor=founding.founder, mailbox_id=mailbox_id)
    assert [one.text for one in box.messages] == [None, None]
    work()
    files = [path for path in (gate.folder / "data" / "items").rglob("*") if path.is_file()]
    assert files == []
    assert [one.kind for one in reporter.read()] == ["filing_receipt", "text"]
    assert not models.Message.objects.exclude(ciphertext=b"").exists()


def test_an_unreachable_gate_is_a_state_that_people_see(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    fetching.pull_round()
    assert selectors.get_gate_status().state == "reached"
    gate.stop()
    assert fetching.pull_round().code == "gate.unreachable"
    status = selectors.get_gate_status()
    assert status.state == "unreachable"
    assert status.last_contact_at is not None
    gate.start()
    assert fetching.pull_round().code is None
    assert selectors.get_gate_status().state == "reached"


def test_a_part_stands_under_its_first_report_and_raises_its_urgency(
    founding: Founding, new_reporter: NewReporter
) -> None:
    reporter = new_reporter()
    first = reporter.tell(answers=((4, "first"),))
    reporter.tell(answers=((3, "no"), (4, "second")), continues=first.report_id)
    work()
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    assert row.parts == 1
    assert row.urgency == Urgency.NOW
    detail = selectors.access_report(actor=founding.founder, report_id=row.id)
    assert [part.register_number for part in detail.parts] == [2]


def test_a_part_of_another_mailbox_is_never_joined(
    founding: Founding, new_reporter: NewReporter
) -> None:
    first = new_reporter().tell()
    new_reporter().tell(continues=first.report_id)
    work()
    rows = selectors.list_inbox(actor=founding.founder, view=InboxView.ALL).rows
    assert [row.parts for row in rows] == [0, 0]


def test_what_a_stranger_sees_of_the_card_is_compared_with_our_own(
    founding: Founding, gate: GateProcess
) -> None:
    fetching.pull_round()
    assert selectors.get_public_watch().card.state == "same"
    assert httpx.get(f"{gate.origin}/card", trust_env=False).content == founding.card
