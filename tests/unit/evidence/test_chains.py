"""The chains of custody and register: they only grow, and whatever was done to them shows."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from aigaq.accounts.models import Staff
from aigaq.evidence import custody, register, selectors, services
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.models import CustodyLine, FiledReport, RegisterLine
from aigaq.evidence.shapes import Filing
from aigaq.sealing.chains import CUSTODY_LABEL, NO_HEAD, REGISTER_LABEL
from aigaq.sealing.encoding import hash_parts

AT = datetime(2026, 11, 22, tzinfo=UTC)


def filing(number: int) -> Filing:
    return Filing(
        report_id=hashlib.sha256(b"report %d" % number).digest(),
        register_number=number,
        state="filed",
        came_by="gate",
        commitment=hashlib.sha256(b"commitment %d" % number).digest(),
        mailbox_key=bytes(32),
        root_salt=bytes(32),
        leaves=(bytes(32),),
        received_at=AT,
        filed_at=AT,
        members={},
        items=(),
    )


def alter(sql: str, *values: bytes) -> None:
    """Change the database as someone would who has its key and takes the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(sql, values)
        for _, made in triggers:
            cursor.execute(made)


@pytest.mark.django_db
def test_the_head_of_custody_is_that_of_the_written_format() -> None:
    services.record_custody("opened", by=None, report_id=b"r" * 32, item_number=3)
    services.record_custody("exported", by=None, note="package")
    first, second = CustodyLine.objects.order_by("sequence")
    head = NO_HEAD
    for row in (first, second):
        head = hash_parts(CUSTODY_LABEL, head, hashlib.sha256(bytes(row.line or b"")).digest())
    assert selectors.read_custody_head().head == head == custody.check().head
    assert selectors.read_custody_head().count == 2


@pytest.mark.django_db
def test_a_line_of_custody_names_who_did_it(staff_of: Callable[[str], Staff]) -> None:
    staff = staff_of("lawyer")
    services.record_custody("opened", by=staff, report_id=b"r" * 32, item_number=0)
    (event,) = custody.list_events(report_id=b"r" * 32)
    assert event.by == f"{staff.display_name} ({str(staff.pk)[:8]})"
    assert (event.event, event.item_number, event.sequence) == ("opened", 0, 1)


@pytest.mark.django_db
def test_the_head_of_the_register_is_that_of_the_written_format() -> None:
    for number in (1, 2):
        services.record_filed(filing=filing(number), by=None)
    head = NO_HEAD
    for number in (1, 2):
        digest = hashlib.sha256(register.build_line(filing(number))).digest()
        head = hash_parts(REGISTER_LABEL, head, digest)
    assert selectors.read_register_head().head == head == register.check().head


@pytest.mark.django_db
def test_the_register_takes_no_number_but_the_next() -> None:
    with pytest.raises(EvidenceError) as caught:
        services.record_filed(filing=filing(2), by=None)
    assert caught.value.code == "register.gap"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE evidence_custodyline SET line = X'7B7D'",
        "UPDATE evidence_custodyline SET line = NULL",
        "UPDATE evidence_custodyline SET head = X'00'",
        "UPDATE evidence_custodyline SET sequence = 7",
        "DELETE FROM evidence_custodyline",
        "INSERT INTO evidence_custodyline (sequence, line_sha256, head) VALUES (4, X'00', X'00')",
        "INSERT INTO evidence_custodyline (sequence, line_sha256, head) VALUES (1, X'00', X'00')",
        "UPDATE evidence_registerline SET line = X'7B7D'",
        "UPDATE evidence_registerline SET line_sha256 = X'00'",
        "DELETE FROM evidence_registerline",
        "INSERT INTO evidence_registerline (number, line_sha256, head) VALUES (3, X'00', X'00')",
    ],
)
def test_the_database_refuses_what_is_not_growth(sql: str) -> None:
    services.record_filed(filing=filing(1), by=None)
    services.record_custody("opened", by=None, report_id=b"r" * 32, item_number=0)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert custody.check().count == 2
    assert register.check().count == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM evidence_custodyline WHERE sequence = 2", "custody.gap"),
        ("DELETE FROM evidence_custodyline WHERE sequence = 1", "custody.gap"),
        (
            "UPDATE evidence_custodyline SET line = X'7B7D' WHERE sequence = 2",
            "custody.wrong_chain",
        ),
        (
            "UPDATE evidence_custodyline SET line_sha256 = zeroblob(32), line = NULL "
            "WHERE sequence = 2",
            "custody.wrong_chain",
        ),
        ("UPDATE evidence_custodyline SET head = zeroblob(32)", "custody.wrong_chain"),
    ],
)
def test_what_was_done_to_custody_past_the_triggers_is_found(sql: str, code: str) -> None:
    for _ in range(3):
        services.record_custody("opened", by=None, report_id=b"r" * 32, item_number=0)
    alter(sql)
    with pytest.raises(EvidenceError) as caught:
        custody.check()
    assert caught.value.code == code


@pytest.mark.django_db
def test_a_number_taken_out_of_the_register_is_found() -> None:
    for number in (1, 2, 3):
        services.record_filed(filing=filing(number), by=None)
    alter("DELETE FROM evidence_registerline WHERE number = 2")
    with pytest.raises(EvidenceError) as caught:
        register.check()
    assert caught.value.code == "register.gap"


@pytest.mark.django_db
def test_a_row_of_the_register_that_was_rewritten_is_found() -> None:
    services.record_filed(filing=filing(1), by=None)
    forged = register.build_line(filing(1)).replace(b'"filed"', b'"damaged"')
    alter("UPDATE evidence_registerline SET line = %s", forged)
    with pytest.raises(EvidenceError) as caught:
        register.check()
    assert caught.value.code == "register.wrong_chain"


@pytest.mark.django_db
def test_a_forgotten_line_leaves_a_chain_that_still_checks() -> None:
    services.record_filed(filing=filing(1), by=None)
    services.record_custody("opened", by=None, report_id=b"r" * 32, item_number=0)
    services.record_custody("exported", by=None)
    before = custody.check(), register.check()
    FiledReport.objects.all().delete()
    CustodyLine.objects.filter(sequence=1).update(line=None, report_id=None, item_number=None)
    RegisterLine.objects.filter(number=1).update(line=None)
    assert (custody.check(), register.check()) == before
