"""Every file is hashed again within the days that the terms name, and what differs is an alarm."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq import clock
from aigaq.core.models import AuditEvent
from aigaq.evidence import custody, fixity
from aigaq.evidence.models import CustodyLine, StoredFile
from aigaq.evidence.shapes import Fixity
from aigaq.intake.evidence_tasks import check_fixity
from aigaq.intake.models import Alarm

pytestmark = pytest.mark.django_db
PHOTO = [("photo.jpg", "image/jpeg", b"fictional pixels" * 5_000)]


def check(*, now: datetime | None = None) -> list[fixity.Fault]:
    faults: list[fixity.Fault] = []
    fixity.check_fixity(on_fault=faults.append, now=now)
    return faults


def damage(row: StoredFile) -> None:
    path = settings.HOME.blobs / row.blob_id.hex
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_every_file_is_read_back_and_custody_says_so(founding: Founding) -> None:
    carried = carry_report(founding, items=PHOTO)
    while StoredFile.objects.filter(checked_at=None).exists():
        assert check() == []
    assert set(StoredFile.objects.values_list("fixity", flat=True)) == {Fixity.SAME}
    lines = custody.list_events(report_id=bytes(carried.report.report_id))[:2]
    assert {(one.event, one.item_number, one.note) for one in lines} == {
        ("fixity", None, "same 3"),
        ("fixity", 0, "same 2"),
    }
    assert {one.by for one in lines} == {"desk"}


def test_a_changed_file_is_an_alarm_that_a_person_sees_and_an_audit_event(
    founding: Founding,
) -> None:
    carried = carry_report(founding, items=PHOTO)
    row = StoredFile.objects.get(kind="working")
    damage(row)
    StoredFile.objects.exclude(item=None).update(checked_at=None)
    StoredFile.objects.filter(item=None).update(checked_at=clock.now())
    check_fixity()
    row.refresh_from_db()
    assert row.fixity == Fixity.CHANGED
    alarm = Alarm.objects.get(code="evidence.file_changed")
    assert alarm.report == carried.report
    assert alarm.details == {"file": "opened/v1", "item": "0"}
    assert AuditEvent.objects.filter(code="evidence.file_changed").count() == 1
    line = custody.list_events(report_id=bytes(carried.report.report_id))[0]
    assert (line.event, line.note, line.sha256) == ("fixity", "same 1, changed 1", None)


def test_the_same_fault_found_again_is_one_alarm(founding: Founding) -> None:
    carry_report(founding, items=PHOTO)
    damage(StoredFile.objects.get(kind="working"))
    for _ in range(2):
        StoredFile.objects.update(checked_at=None)
        for _ in range(3):
            check_fixity()
    assert Alarm.objects.filter(code="evidence.file_changed").count() == 1


def test_a_file_that_is_gone_is_an_alarm(founding: Founding) -> None:
    carry_report(founding, items=PHOTO)
    (settings.HOME.blobs / StoredFile.objects.get(kind="working").blob_id.hex).unlink()
    for _ in range(3):
        check_fixity()
    assert Alarm.objects.filter(code="evidence.file_gone").exists()


def test_a_fresh_check_is_not_repeated_at_once(founding: Founding) -> None:
    carry_report(founding, items=PHOTO)
    StoredFile.objects.update(checked_at=clock.now())
    before = CustodyLine.objects.count()
    assert check() == []
    assert CustodyLine.objects.count() == before


def test_what_was_read_by_a_clock_that_was_years_ahead_is_read_again(founding: Founding) -> None:
    carry_report(founding, items=PHOTO)
    StoredFile.objects.update(checked_at=clock.now() + timedelta(days=900))
    for _ in range(StoredFile.objects.count()):
        assert check() == []
    assert not StoredFile.objects.filter(checked_at__gt=clock.now()).exists()
    assert set(StoredFile.objects.values_list("fixity", flat=True)) == {Fixity.SAME}


def test_a_round_reads_a_share_and_the_days_suffice_for_all(founding: Founding) -> None:
    for _ in range(12):
        carry_report(founding)
    start = clock.now()
    StoredFile.objects.update(checked_at=start)
    days = fixity.read_fixity_days()
    # A desk that is open for eight hours a day.
    most = 0
    for day in range(days + 1):
        for hour in range(9, 17):
            now = start + timedelta(days=day, hours=hour)
            most = max(most, len(fixity.list_due(now=now)))
            check(now=now)
    limit = start + timedelta(days=days + 1)
    oldest = StoredFile.objects.order_by("checked_at").first()
    assert oldest is not None
    assert oldest.checked_at is not None
    assert start < oldest.checked_at <= limit
    assert most < StoredFile.objects.count()


def test_what_is_overdue_is_read_whatever_the_share_is(founding: Founding) -> None:
    for _ in range(4):
        carry_report(founding)
    long_ago = clock.now() - timedelta(days=fixity.read_fixity_days() + 1)
    StoredFile.objects.update(checked_at=long_ago)
    check()
    assert not StoredFile.objects.filter(checked_at=long_ago).exists()
