"""Erasing is on record: who erases past the shredder, or writes a chain anew, is found by audit."""

import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import LogGate, without_triggers
from tests.unit.evidence.test_audit import audit, codes, log_report, settle
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.core import audit as history
from aigaq.core.models import AuditEvent
from aigaq.evidence import custody, register, services
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.models import (
    CustodyLine,
    FiledReport,
    ForgottenLeaf,
    Item,
    RegisterLine,
    StoredFile,
)
from aigaq.intake import models
from aigaq.intake import services as intake
from aigaq.intake.proof_models import LogProof
from aigaq.sealing.chains import (
    CUSTODY_LABEL,
    NO_HEAD,
    REGISTER_LABEL,
    extend_chain,
    hash_line,
)

pytestmark = pytest.mark.django_db


def disguise_as_forgotten(carried: Carried) -> None:
    """Delete a report's rows and leave what the shredder leaves, with no trigger taken off."""
    report_id = bytes(carried.report.report_id)
    StoredFile.objects.exclude(parent=None).delete()
    StoredFile.objects.all().delete()
    Item.objects.all().delete()
    FiledReport.objects.filter(report_id=report_id).delete()
    RegisterLine.objects.filter(number=carried.report.register_number).update(line=None)
    CustodyLine.objects.filter(report_id=report_id).update(
        line=None, report_id=None, item_number=None
    )
    ForgottenLeaf.objects.create(commitment=carried.report.commitment)
    models.Report.objects.filter(pk=carried.report.pk).update(forgotten_at=clock.now())


def test_a_report_deleted_as_if_it_had_been_forgotten_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    disguise_as_forgotten(carried)
    audited = audit(gate)
    assert codes(audited) == ["audit.not_forgotten", "audit.custody_lines_gone"]
    assert audited.gaps[0].register_number == carried.report.register_number


@pytest.mark.parametrize("said", ["custody", "history"])
def test_a_forgotten_number_is_said_in_custody_and_in_history(
    founding: Founding, gate: LogGate, said: str
) -> None:
    carried = log_report(founding, gate)
    lines = CustodyLine.objects.filter(report_id=carried.report.report_id).count()
    disguise_as_forgotten(carried)
    number = carried.report.register_number
    if said == "custody":
        services.record_custody("shredded", by=None, note=f"number {number}, lines {lines}")
    else:
        context = {"reason": "asked", "register_number": number}
        history.record(
            "intake.report_forgotten", actor=None, subject=carried.report, context=context
        )
    expected = ["audit.custody_lines_gone"] if said == "history" else []
    assert codes(audit(gate)) == ["audit.not_forgotten", *expected]


def test_erasing_by_the_desk_names_the_number_and_how_many_lines_lost_their_bytes(
    founding: Founding, gate: LogGate
) -> None:
    carry_report(founding)
    carried = log_report(founding, gate)
    lines = CustodyLine.objects.filter(report_id=carried.report.report_id).count()
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    last = CustodyLine.objects.order_by("-sequence").first()
    assert last is not None
    said = json.loads(bytes(last.line or b""))
    assert (said["event"], said["item"]) == ("shredded", None)
    assert said["note"] == f"number 2, lines {lines}"
    assert codes(audit(gate)) == []


def test_after_erasing_nothing_but_the_mailbox_says_which_entry_of_the_log_it_was(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    commitment = bytes(carried.report.commitment or b"")
    index = gate.places[commitment]
    LogProof.objects.create(
        report=carried.report, log_origin="x", index=index, size=index + 1, written_at=clock.now()
    )
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert not LogProof.objects.exists()
    holders = [
        name
        for name, rows in read_all_rows().items()
        if any(value == commitment for row in rows for value in row)
    ]
    assert holders == ["evidence_forgottenleaf", "intake_mailbox"]


def read_all_rows() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, in the order of the tables' names."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
        found = {}
        for name in tables:
            cursor.execute(f'SELECT * FROM "{name}"')
            found[name] = cursor.fetchall()
    return found


def test_a_number_that_was_forgotten_before_the_register_was_chained_is_no_gap(
    founding: Founding, gate: LogGate
) -> None:
    services.record_forgotten_number(number=1)
    report = models.Report(pk=founding.founder.pk)
    history.record(
        "intake.report_forgotten", actor=None, subject=report, context={"register_number": 1}
    )
    settle(gate)
    assert codes(audit(gate)) == []


def test_lines_of_before_that_name_no_number_stand_for_as_many_numbers(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    disguise_as_forgotten(carried)
    number = carried.report.register_number
    history.record(
        "intake.report_forgotten",
        actor=None,
        subject=carried.report,
        context={"register_number": number},
    )
    services.record_custody("shredded", by=None)
    assert codes(audit(gate)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE evidence_registerline SET line = NULL",
        "UPDATE evidence_custodyline SET line = NULL, report_id = NULL, item_number = NULL",
        "UPDATE evidence_custodyline SET line = NULL, report_id = NULL, item_number = NULL "
        "WHERE report_id IS NULL",
        "UPDATE OR REPLACE evidence_custodyline SET rowid = rowid + 1, line = NULL, "
        "report_id = NULL, item_number = NULL WHERE sequence = 1",
        "INSERT OR REPLACE INTO evidence_custodyline (rowid, sequence, line_sha256, head) "
        "SELECT 1, MAX(sequence) + 1, X'00', X'00' FROM evidence_custodyline",
        "INSERT OR REPLACE INTO evidence_registerline (rowid, number, line_sha256, head) "
        "SELECT 1, MAX(number) + 1, X'00', X'00' FROM evidence_registerline",
    ],
)
def test_the_database_keeps_the_lines_of_a_report_that_is_here(
    founding: Founding, gate: LogGate, sql: str
) -> None:
    log_report(founding, gate)
    services.record_custody("fixity", by=None, note="0 files")
    before = custody.check(), register.check()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert (custody.check(), register.check()) == before
    assert not CustodyLine.objects.filter(line=None).exists()
    assert not RegisterLine.objects.filter(line=None).exists()


def test_blanked_lines_of_a_report_that_is_here_are_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    blank = {"line": None, "report_id": None, "item_number": None}
    without_triggers(lambda: CustodyLine.objects.filter(sequence=1).update(**blank))
    without_triggers(lambda: RegisterLine.objects.update(line=None))
    audited = audit(gate)
    assert codes(audited) == ["audit.register_row_gone", "audit.custody_lines_gone"]
    assert audited.gaps[0].register_number == 1
    assert audited.gaps[1].count == 1


def put_line(table: str, label: str, line: bytes) -> None:
    """Make a chain of one line that fits its hash and head, whatever it says."""
    digest = hash_line(line)
    head = extend_chain(NO_HEAD, label=label, line_sha256=digest)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET line = %s, line_sha256 = %s, head = %s",
            [line, digest, head],
        )


BAD_LINES = [
    b"[1]",
    b"{}",
    b"null",
    b"\xff",
    b"[" * 100_000,
    b'{"number":1,"sequence":1}',
    b'{"number":1e400}',
]


@pytest.mark.parametrize("line", BAD_LINES)
@pytest.mark.parametrize(
    ("table", "label", "check"),
    [
        ("evidence_registerline", REGISTER_LABEL, register.check),
        ("evidence_custodyline", CUSTODY_LABEL, custody.check),
    ],
)
def test_a_line_of_no_form_that_fits_its_hash_is_a_gap_and_no_exception(
    founding: Founding,
    gate: LogGate,
    table: str,
    label: str,
    check: Callable[[], object],
    line: bytes,
) -> None:
    carry_report(founding)
    without_triggers(lambda: put_line(table, label, line))
    with pytest.raises(EvidenceError) as caught:
        check()
    assert (
        caught.value.code == f"{table.removeprefix('evidence_').removesuffix('line')}.wrong_chain"
    )
    assert caught.value.code in codes(audit(gate))


def test_a_line_with_a_doubled_name_is_of_no_form(founding: Founding) -> None:
    carry_report(founding)
    line = bytes(RegisterLine.objects.get().line or b"")
    doubled = line.replace(b'{"commitment"', b'{"state":"damaged","commitment"', 1)
    without_triggers(lambda: put_line("evidence_registerline", REGISTER_LABEL, doubled))
    with pytest.raises(EvidenceError) as caught:
        register.check()
    assert caught.value.code == "register.wrong_chain"


def rewrite_history(*, code: str) -> None:
    """Leave the events of a code out, and number and hash all others anew."""
    events = list(AuditEvent.objects.exclude(code=code).order_by("sequence"))

    def write() -> None:
        AuditEvent.objects.all().delete()
        previous = history.FIRST_PREVIOUS
        for number, event in enumerate(events, start=1):
            event.sequence, event.previous = number, previous
            event.hash = previous = history.hash_event(event)
            event.save(force_insert=True)

    without_triggers(write)


def test_a_history_that_was_written_anew_as_a_whole_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    carried = carry_report(founding)
    intake.open_report(actor=founding.founder, report_id=carried.report.pk)
    settle(gate)
    rewrite_history(code="intake.report_opened")
    assert history.check_chain() > 0
    audited = audit(gate)
    assert codes(audited) == ["audit.audit_head_differs"]
    assert audited.gaps[0].log_index is not None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "someone else"},
        {"context": {"n": 2**60}},
        {"context": [1], "code": "intake.report_forgotten"},
        {"sequence": 10_000},
    ],
)
def test_a_changed_event_of_the_history_is_found_by_audit(
    founding: Founding, gate: LogGate, change: dict[str, object]
) -> None:
    log_report(founding, gate)
    without_triggers(lambda: AuditEvent.objects.filter(sequence=2).update(**change))
    audited = audit(gate)
    assert codes(audited) == ["audit.broken_chain"]
    assert audited.gaps[0].count == 2
