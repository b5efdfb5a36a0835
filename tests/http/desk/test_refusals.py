"""What goes wrong behind a button is said in words and is never an error page."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.consent import shredder
from aigaq.evidence.models import FiledReport
from aigaq.intake import models
from aigaq.intake.alarms import raise_alarm

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
Make = Callable[[str], Staff]


def test_a_card_that_the_gate_cannot_take_now_is_said_in_words(
    open_desk: Founding, browser_of: Browser
) -> None:
    open_desk.organisation.gate_origin = "http://127.0.0.1:9"
    open_desk.organisation.save(update_fields=["gate_origin"])

    answer = browser_of(open_desk.founder).post("/notices/publish-card", follow=True)

    assert answer.redirect_chain == [("/notices", 302)]
    assert [one.level_tag for one in answer.context["messages"]] == ["due"]


def test_an_alarm_that_a_colleague_has_just_closed_stays_closed(
    open_desk: Founding, browser_of: Browser
) -> None:
    alarm = raise_alarm("watch.card_differs")
    browser = browser_of(open_desk.founder)

    for _time in range(2):
        answer = browser.post(f"/notices/{alarm.pk}/close", {"note": "seen"})
        assert answer["Location"] == "/notices"


def test_a_report_with_a_photo_is_taken_in_from_a_file(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = carry_report(open_desk, items=[("photo.jpg", "image/jpeg", bytes(4_000_000))])
    other = carry_report(open_desk, items=[("photo.jpg", "image/jpeg", bytes(4_000_000))])
    assert len(other.file) > 2_621_440
    models.Report.objects.filter(pk=other.report.pk).update(report_id=bytes(32))
    FiledReport.objects.filter(pk=other.report.register_number).update(report_id=bytes(32))
    shredder.forget_report(report_id=other.sealed.report_id)
    file = io.BytesIO(other.file)
    file.name = "backup-1234.tar"

    answer = browser_of(open_desk.founder).post("/inbox/import", {"file": file})

    assert answer.status_code == 302
    found = models.Report.objects.get(report_id=other.sealed.report_id)
    assert found.items_count == 1
    assert found.pk not in (carried.report.pk, other.report.pk)
    assert not list(Path("/dev/shm").glob("*.upload*"))


def test_a_large_file_of_someone_who_may_take_nothing_in_is_written_nowhere(
    open_desk: Founding, staff_of: Make, browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr("tempfile.NamedTemporaryFile", lambda *_a, **_m: made.append("file"))
    for browser in (Client(), browser_of(staff_of("analyst"))):
        file = io.BytesIO(bytes(3_000_000))
        file.name = "backup-1234.tar"
        browser.post("/inbox/import", {"file": file})

    assert made == []
