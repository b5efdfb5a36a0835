"""What was taken back stays so: the database refuses to put it back, and audit finds it if it is.

The attacks are those of a person at the desk's database: with the triggers on, and past them.
"""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.conftest import gate as gate
from tests.unit.evidence.log_of import LogGate, without_triggers
from tests.unit.evidence.test_audit import audit, codes, settle
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq.consent import models, selectors
from aigaq.consent.errors import NoConsent
from aigaq.evidence.models import FiledReport
from aigaq.intake import spoken_consent

pytestmark = pytest.mark.django_db
EVERYTHING = {"consents": None, "report_id": None}
OVER = {
    "withdrawn_at": "NULL",
    "withdrawn_by": "''",
    "withdrawn_because": "''",
    "withdrawn_how": "''",
    "withdrawn_heard_by": "''",
    "withdrawn_said_at": "NULL",
}


@pytest.fixture
def carried(founding: Founding, gate: LogGate) -> Carried:
    """Give a report whose consents were all taken back by a signed message."""
    carried = carry_report(founding, consents=(("keep", "team"), ("prove", "court")))
    assert not carried.write(kind="withdraw_consent", body=EVERYTHING)
    settle(gate)
    return carried


def is_open(carried: Carried) -> bool:
    try:
        selectors.require(bytes(carried.report.report_id), None, "prove", "court")
    except NoConsent:
        return False
    return True


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def copy_grants(**changed: str) -> str:
    """Return the statement that writes every grant again, as if nobody had taken it back."""
    columns = [field.attname for field in models.Grant._meta.concrete_fields]
    said = ", ".join((OVER | changed).get(column, column) for column in columns)
    return (
        f"INSERT OR REPLACE INTO consent_grant ({', '.join(columns)}) "
        f"SELECT {said} FROM consent_grant"
    )


def push_out(table: str, columns: str, values: str) -> str:
    """Return the statement that puts another row on the rowid of the first."""
    first = f"(SELECT MIN(rowid) FROM {table})"
    return (
        f"INSERT OR REPLACE INTO {table} (rowid, {columns}) "
        f"SELECT {first}, {values} FROM {table} LIMIT 1"
    )


GRANT = [field.attname for field in models.Grant._meta.concrete_fields]
ATTACKS = [
    copy_grants(),
    copy_grants(id="lower(hex(randomblob(16)))"),
    "DELETE FROM consent_grant",
    "DELETE FROM consent_changedreport",
    "UPDATE consent_change SET message = ''",
    "UPDATE OR REPLACE consent_grant SET rowid = rowid + 1",
    push_out(
        "consent_grant",
        ", ".join(GRANT),
        ", ".join(
            {"id": "lower(hex(randomblob(16)))", "number": "9"}.get(one, one) for one in GRANT
        ),
    ),
    "INSERT OR REPLACE INTO consent_changedreport (id, change_id, report_id) "
    "SELECT id, change_id, zeroblob(32) FROM consent_changedreport",
    "INSERT OR REPLACE INTO consent_change (id, mailbox_key, sequence, numbers, message, sent_at, "
    "taken_at) SELECT id, mailbox_key, sequence, '[9]', message, sent_at, taken_at "
    "FROM consent_change",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_the_database_refuses_to_revive_a_grant_of_a_report_that_is_here(
    carried: Carried, sql: str
) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(sql)
    assert not is_open(carried)
    assert models.ChangedReport.objects.count() == models.Change.objects.count() == 1


def revive_all() -> None:
    execute(copy_grants())


def revive_and_unsay() -> None:
    execute(copy_grants())
    execute("DELETE FROM consent_changedreport")


def unsay_as_a_whole() -> None:
    execute(copy_grants())
    execute("DELETE FROM consent_changedreport")
    execute("DELETE FROM consent_change")


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (revive_all, "audit.consent_revived"),
        (revive_and_unsay, "audit.withdrawal_gone"),
        (unsay_as_a_whole, "audit.withdrawal_gone"),
    ],
)
def test_a_consent_that_was_revived_past_the_triggers_is_found_by_audit(
    carried: Carried, gate: LogGate, attack: Callable[[], None], code: str
) -> None:
    assert codes(audit(gate)) == []
    without_triggers(attack)
    assert is_open(carried)
    audited = audit(gate)
    assert codes(audited) == [code]
    assert audited.gaps[0].register_number == carried.report.register_number


@pytest.mark.parametrize("changed", [{}, {"id": "lower(hex(randomblob(16)))"}])
def test_a_consent_taken_back_by_mouth_that_was_revived_is_found_by_audit(
    founding: Founding, gate: LogGate, changed: dict[str, str]
) -> None:
    carried = carry_report(founding, consents=(("keep", "team"), ("prove", "court")))
    other = carry_report(founding)
    report_id = bytes(carried.report.report_id)
    grant = selectors.list_grants(report_id)[1]
    spoken_consent.withdraw_consent(actor=founding.founder, consent_id=grant.id, reason="in a call")
    settle(gate)
    assert codes(audit(gate)) == []
    without_triggers(lambda: execute(copy_grants(**changed)))
    assert is_open(carried)
    audited = audit(gate)
    assert codes(audited) == ["audit.consent_revived"]
    assert audited.gaps[0].register_number != other.report.register_number


def test_a_withdrawal_of_one_consent_of_one_report_leaves_no_gap(
    founding: Founding, gate: LogGate
) -> None:
    carried = carry_report(founding, consents=(("keep", "team"), ("prove", "court")))
    named = carried.report.report_id.hex()
    assert not carried.write(kind="withdraw_consent", body={"consents": [0], "report_id": named})
    assert not carried.write(
        kind="withdraw_consent", body={"consents": [1], "report_id": "00" * 32}
    )
    settle(gate)
    assert codes(audit(gate)) == []
    assert is_open(carried)


def test_a_report_whose_consents_were_taken_back_can_still_be_forgotten(
    founding: Founding, carried: Carried, gate: LogGate
) -> None:
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert not FiledReport.objects.exists()
    assert not models.Grant.objects.exists()
    assert not models.ChangedReport.objects.exists()
    assert models.Change.objects.get().message == ""
    assert codes(audit(gate)) == []
