"""A report told to staff is filed at once, and then has everything that a reporter's own has."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.erased import erase_report
from tests.flows.stage import GateProcess, Reporter
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts import selectors as accounts
from aigaq.core.models import AuditEvent
from aigaq.evidence.models import Item
from aigaq.intake import fetching, models, selectors, tasks, told_numbers
from aigaq.intake.answering import send_reply
from aigaq.intake.errors import ImportRefused, NotFound, ReplyRefused
from aigaq.intake.evidence_hooks import BlobSource
from aigaq.intake.shapes import ReportState
from aigaq.intake.told import BoxKeys, ToldFile, ToldReport, file_told
from aigaq.intake.told_receipts import ToldReceipt, find_receipt, hand_out_receipt
from aigaq.sealing.envelope import SealedReport
from aigaq.sealing.opening import examine_report
from aigaq.sealing.receipts import parse_promise, parse_receipt_file
from aigaq_verify.receipts import verify_receipt

pytestmark = pytest.mark.slow
LETTER = b"%PDF-1.4 a fictional letter"


def tell(*, words: str = "fictional words, told by phone", how: str = "phone") -> ToldReport:
    letter = ToldFile(io.BytesIO(LETTER), len(LETTER), "letter.pdf", "application/pdf")
    return ToldReport(
        language="ru",
        by="мама",
        how=how,
        when="today at ten",
        answers=[(2, "relative"), (4, words)],
        consents=[("represent", "lawyer")],
        files=[letter],
    )


def as_sealed(row: models.Report) -> SealedReport:
    """What her own phone would remember, as far as reading letters needs it."""
    examined = examine_report(
        BlobSource(row),
        identities=accounts.list_team_identities(),
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
    )
    assert list(examined.faults) == []
    assert examined.manifest is not None
    commitment = examined.manifest.commitment()
    return SealedReport(bytes(row.report_id), commitment, b"", examined.manifest)


def keys_of(reporter: Reporter) -> BoxKeys:
    return BoxKeys(key=reporter.keys.key, recipient=reporter.keys.recipient)


def test_a_told_report_is_filed_promised_and_receipted_like_any_other(
    founding: Founding,
    gate: GateProcess,
    new_reporter: Callable[[], Reporter],
    second_place: Path,
) -> None:
    reporter = new_reporter()

    report_id = file_told(actor=founding.founder, told=tell(), keys=keys_of(reporter))

    row = models.Report.objects.get(pk=report_id)
    assert (row.state, row.came_by, row.register_number) == (ReportState.FILED, "desk", 1)
    assert row.faults == []
    tasks.work_round()
    sent = models.SentReport.objects.get(report=row)
    assert parse_promise(sent.promise, log_key=reporter.card.log_key)
    tasks.work_round()
    reporter.first = as_sealed(row)
    assert [one.kind for one in reporter.read()] == ["filing_receipt", "safe"]


def test_the_gate_erases_its_copy_and_the_report_is_filed_once(
    founding: Founding,
    gate: GateProcess,
    new_reporter: Callable[[], Reporter],
    second_place: Path,
) -> None:
    file_told(actor=founding.founder, told=tell(), keys=keys_of(new_reporter()))
    for _ in range(3):
        tasks.work_round()
        fetching.pull_round()

    assert models.Report.objects.count() == 1
    row = models.Report.objects.get()
    assert row.safe_at is not None
    assert list((gate.folder / "data").rglob("item-0000*")) == []


def test_nothing_of_it_is_lost_while_the_gate_cannot_be_reached(
    founding: Founding, gate: GateProcess, new_reporter: Callable[[], Reporter]
) -> None:
    gate.stop()
    report_id = file_told(actor=founding.founder, told=tell(), keys=keys_of(new_reporter()))
    tasks.work_round()

    detail = selectors.access_report(actor=founding.founder, report_id=report_id)
    assert detail.row.register_number == 1
    assert "told by phone" in detail.row.summary
    assert not models.SentReport.objects.exists()

    gate.start()
    tasks.work_round()
    assert models.SentReport.objects.get().report_id == report_id


def test_a_report_forgotten_before_it_was_sent_never_goes(
    founding: Founding, gate: GateProcess, new_reporter: Callable[[], Reporter]
) -> None:
    gate.stop()
    report_id = file_told(actor=founding.founder, told=tell(), keys=keys_of(new_reporter()))
    erase_report(actor=founding.founder, report_id=report_id, reason="no_report")
    gate.start()
    tasks.work_round()

    assert not models.SentReport.objects.exists()


def test_who_wants_no_mailbox_gets_none_and_nobody_writes_to_it(
    founding: Founding, gate: GateProcess
) -> None:
    report_id = file_told(actor=founding.founder, told=tell(), keys=None)
    tasks.work_round()

    assert models.SentReport.objects.get().report_id == report_id
    mailbox_id = models.Report.objects.get().mailbox_id
    assert mailbox_id is not None
    mailbox = selectors.access_mailbox(actor=founding.founder, mailbox_id=mailbox_id)
    assert (mailbox.can_reply, mailbox.cannot_reply_code) == (False, "intake.no_mailbox")
    with pytest.raises(ReplyRefused) as refused:
        send_reply(actor=founding.founder, mailbox_id=mailbox_id, text="fictional")
    assert refused.value.code == "intake.no_mailbox"


def test_files_of_a_told_report_are_received_from_another(founding: Founding) -> None:
    file_told(actor=founding.founder, told=tell(), keys=None)

    assert [one.provenance for one in Item.objects.all()] == ["received"]


def test_a_told_report_without_a_known_way_is_refused_whole(founding: Founding) -> None:
    with pytest.raises(ImportRefused) as refused:
        file_told(actor=founding.founder, told=tell(how="rumour"), keys=None)

    assert refused.value.code == "told.unknown_way"
    assert not models.Report.objects.exists()


def test_what_staff_say_of_it_is_sealed_with_it(founding: Founding) -> None:
    report_id = file_told(actor=founding.founder, told=tell(), keys=None)

    detail = selectors.access_report(actor=founding.founder, report_id=report_id)
    said = {one.question: one.value for one in detail.answers}
    assert said[told_numbers.TOLD_BY] == "мама"
    assert said[told_numbers.TOLD_HOW] == "phone"
    assert said[told_numbers.TOLD_WHEN] == "today at ten"
    assert said[told_numbers.TOLD_MAILBOX] == "none"
    assert {one.purpose for one in detail.consents} == {"keep", "advise", "represent"}


def test_whoever_told_it_gets_a_receipt_file_that_a_lawyer_checks(
    founding: Founding, gate: GateProcess, new_reporter: Callable[[], Reporter], second_place: Path
) -> None:
    report_id = file_told(actor=founding.founder, told=tell(), keys=None)
    before = find_receipt(actor=founding.founder, report_id=report_id)
    with pytest.raises(NotFound):
        hand_out_receipt(actor=founding.founder, report_id=report_id)
    tasks.work_round()

    data = hand_out_receipt(actor=founding.founder, report_id=report_id)

    after = find_receipt(actor=founding.founder, report_id=report_id)
    assert (before, after) == (ToldReceipt(False, False), ToldReceipt(True, False))
    receipt = parse_receipt_file(data)
    row = models.Report.objects.get(pk=report_id)
    assert (receipt.report_id, receipt.commitment) == (
        bytes(row.report_id),
        bytes(row.commitment or b""),
    )
    assert receipt.filing_receipt == row.filing_receipt
    assert b"fictional words" not in data
    assert b"letter.pdf" not in data
    verdict = verify_receipt(data, policy=None, log=None)
    assert [step.code for step in verdict.steps if step.result == "failed"] == []
    assert AuditEvent.objects.filter(code="intake.receipt_handed_out").count() == 1


def test_a_report_that_was_not_told_or_is_erased_has_no_receipt_file_here(
    founding: Founding, gate: GateProcess, second_place: Path
) -> None:
    carried = carry_report(founding).report
    assert find_receipt(actor=founding.founder, report_id=carried.pk) is None
    with pytest.raises(NotFound):
        hand_out_receipt(actor=founding.founder, report_id=carried.pk)
    told = file_told(actor=founding.founder, told=tell(), keys=None)
    tasks.work_round()
    erase_report(actor=founding.founder, report_id=told, reason="no_report")
    assert find_receipt(actor=founding.founder, report_id=told) is None
    with pytest.raises(NotFound):
        hand_out_receipt(actor=founding.founder, report_id=told)
