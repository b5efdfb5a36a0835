"""The database: encrypted on the disk, durable, and gone when the desk locks."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction
from sqlcipher3 import dbapi2 as sqlcipher
from tests.conftest import HOME, MASTER

from aigaq.core import audit
from aigaq.core.errors import AuditError, DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.core.models import AuditEvent, BlobKey
from aigaq.core.sqlcipher.base import OPEN_CONNECTIONS, drop_keys

CANARY = "canary-6f1c9a-айғақ"


@pytest.fixture
def keys_back() -> Iterator[None]:
    yield
    HELD.hold(master=MASTER)


def ask(pragma: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        row: Any = cursor.fetchone()
    return row[0]


@pytest.mark.django_db
def test_the_database_is_durable_and_strict() -> None:
    facts = {name: ask(name) for name in ("journal_mode", "synchronous", "foreign_keys")}

    assert facts == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert ask("cipher_memory_security") == "1"
    assert ask("secure_delete") == 1
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.django_db(transaction=True)
def test_nothing_readable_reaches_the_disk() -> None:
    audit.register_codes({CANARY: "A canary."})
    audit.record(CANARY, actor=None, context={"canary": CANARY})
    assert AuditEvent.objects.get().context == {"canary": CANARY}

    files = [path for path in HOME.rglob("test*.db*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert CANARY.encode() not in content
        assert b"SQLite format 3" not in content


@pytest.mark.django_db(transaction=True)
def test_another_key_opens_nothing(keys_back: None) -> None:
    connection.close()
    HELD.drop()
    HELD.hold(master=b"x" * 32)

    with pytest.raises(Exception, match="file is not a database"):
        AuditEvent.objects.count()
    connection.close()
    HELD.drop()


@pytest.mark.django_db(transaction=True)
def test_a_plain_sqlite_reads_nothing() -> None:
    AuditEvent.objects.count()
    plain = sqlite3.connect(connection.settings_dict["NAME"])
    try:
        with pytest.raises(sqlite3.DatabaseError):
            plain.execute("SELECT * FROM sqlite_master").fetchall()
    finally:
        plain.close()


@pytest.mark.django_db(transaction=True)
def test_the_first_page_after_the_lock_is_answered_on_a_thread_that_had_a_connection(
    keys_back: None,
) -> None:
    """Django looks at each connection as a request begins, before any page of ours."""
    AuditEvent.objects.count()
    drop_keys()
    assert connection.connection is not None

    close_old_connections()

    assert connection.connection is None
    with pytest.raises(DeskLocked):
        AuditEvent.objects.count()


@pytest.mark.django_db(transaction=True)
def test_locking_closes_the_connections_of_every_thread(keys_back: None) -> None:
    opened, locked, seen = threading.Event(), threading.Event(), []

    def work() -> None:
        AuditEvent.objects.count()
        opened.set()
        locked.wait(10)
        try:
            AuditEvent.objects.count()
        except DeskLocked as error:
            seen.append(error.code)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert opened.wait(10)
    AuditEvent.objects.count()
    drop_keys()
    for wrapper in OPEN_CONNECTIONS:
        if wrapper.connection is not None:
            with pytest.raises(sqlcipher.ProgrammingError, match="closed"):
                wrapper.connection.execute("SELECT 1")
    locked.set()
    thread.join(10)

    assert seen == ["desk.locked"]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_was_cut_by_the_lock_leaves_nothing(keys_back: None) -> None:
    @transaction.atomic
    def write_while_the_desk_locks() -> None:
        audit.record("desk.unlocked", actor=None)
        HELD.drop()
        AuditEvent.objects.count()

    with pytest.raises(DeskLocked):
        write_while_the_desk_locks()
    HELD.hold(master=MASTER)
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db
def test_audit_events_form_a_chain() -> None:
    for number in range(3):
        audit.record("desk.unlocked", actor=None, context={"number": number})

    assert audit.check_chain() == 3
    assert [event.sequence for event in AuditEvent.objects.all()] == [1, 2, 3]


@pytest.mark.django_db
def test_the_database_refuses_to_change_or_remove_an_audit_event() -> None:
    audit.record("desk.unlocked", actor=None)

    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.update(actor="someone")
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.all().delete()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core_auditevent SET actor = 'x' WHERE sequence = 2",
        "DELETE FROM core_auditevent WHERE sequence = 2",
    ],
)
def test_a_changed_or_removed_audit_event_is_found(change: str) -> None:
    for _ in range(3):
        audit.record("desk.unlocked", actor=None)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_change")
        cursor.execute("DROP TRIGGER audit_no_removal")
        cursor.execute(change)

    with pytest.raises(AuditError) as caught:
        audit.check_chain()
    assert (caught.value.code, caught.value.context) == ("audit.broken_chain", {"sequence": 2})


@pytest.mark.django_db
def test_an_unknown_audit_code_is_refused() -> None:
    with pytest.raises(AuditError) as caught:
        audit.record("no.such_code", actor=None)
    assert caught.value.code == "audit.unknown_code"


@pytest.mark.django_db
def test_what_was_done_to_one_thing_is_listed_newest_first() -> None:
    for number in range(2):
        audit.record(
            "desk.unlocked", actor=None, kind="report", subject_id="7", context={"number": number}
        )
    audit.record("desk.unlocked", actor=None, kind="report", subject_id="8")

    listed = audit.list_about(kind="report", subject_id="7")
    assert [event.context["number"] for event in listed] == [1, 0]


@pytest.mark.django_db
def test_migrations_say_all_that_the_models_say() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", "core", "accounts", verbosity=0)
    assert BlobKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_closing_breaks_off_a_backup(tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE large AS SELECT zeroblob(40000000) AS content")
    target = sqlcipher.connect(str(tmp_path / "copy.db"))
    target.execute("PRAGMA key = 'another'")
    failed = threading.Event()

    def back_up() -> None:
        with pytest.raises(sqlcipher.OperationalError, match="interrupted"):
            connection_here.copy_into(target, pages=1)
        failed.set()

    connection_here = connection.connection
    thread = threading.Thread(target=back_up)
    thread.start()
    until = time.monotonic() + 10
    while connection_here.guard.acquire(blocking=False):  # Until the backup holds it.
        connection_here.guard.release()
        assert time.monotonic() < until
    connection.close()
    assert failed.wait(10)
    thread.join(10)
    target.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE large")
