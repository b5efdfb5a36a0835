"""What an organisation must be able to do in its pages: name the copies' place and the letters'
addressees, and erase a report that the reporter wants erased."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.intake import cooling_off, keeping, models, notices, selectors, services
from aigaq.intake.shapes import InboxView

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
PLAN = {"reason": "asked", "confirmed": "yes", "number": "1"}
LETTER = {
    "to": "a@example.org\nb@example.org",
    "sender": "desk@example.org",
    "host": "mail.example.org",
    "port": "465",
    "security": "tls",
    "password": "fictional password",
}


def test_the_second_place_is_named_in_the_pages_and_then_holds_everything(
    open_desk: Founding, browser_of: Browser, tmp_path: Path
) -> None:
    carry_report(open_desk)
    browser = browser_of(open_desk.founder)

    answer = browser.post("/organisation/second-place", {"folder": str(tmp_path)})

    assert answer["Location"] == "/organisation"
    assert keeping.copy_to_second_place().state == "fine"
    assert models.Report.objects.get().second_place_at is not None
    assert str(tmp_path) in browser.get("/organisation").content.decode()


def test_a_second_place_on_the_disk_of_the_desk_is_called_none(
    open_desk: Founding, browser_of: Browser
) -> None:
    beside = open_desk.home.desk.parent / "beside"
    beside.mkdir(exist_ok=True)

    browser_of(open_desk.founder).post("/organisation/second-place", {"folder": str(beside)})

    assert selectors.get_second_place(actor=open_desk.founder).is_trial


@pytest.mark.parametrize("folder", ["relative", "/no/such/folder", "desk", ""])
def test_a_folder_that_cannot_be_the_second_place_is_refused_in_words(
    open_desk: Founding, browser_of: Browser, folder: str
) -> None:
    tried = str(open_desk.home.blobs) if folder == "desk" else folder

    answer = browser_of(open_desk.founder).post("/organisation/second-place", {"folder": tried})

    assert answer.status_code == 422
    assert answer.context["form"].errors["folder"]
    assert not models.SecondPlace.objects.exists()


def test_asking_for_a_copy_without_a_second_place_says_so(
    open_desk: Founding, browser_of: Browser
) -> None:
    answer = browser_of(open_desk.founder).post("/notices/copy", follow=True)

    assert [one.level_tag for one in answer.context["messages"]] == ["due"]


def test_the_letter_is_set_in_the_pages_and_keeps_its_password(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)

    browser.post("/organisation/letter", LETTER)
    browser.post("/organisation/letter", LETTER | {"password": "", "to": "c@example.org"})

    stored = notices.parse_stored(models.NoticeStore.objects.get().stored)
    assert stored.settings.to == ("c@example.org",)
    assert stored.password == "fictional password"
    assert notices.read_notice_settings(open_desk.home) is None
    page = browser.get("/organisation/letter").content.decode()
    assert "c@example.org" in page
    assert "fictional password" not in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to": "nobody"}, "to"),
        ({"sender": "nobody"}, "sender"),
        ({"security": "none"}, "security"),
        ({"port": "0"}, "port"),
    ],
)
def test_letters_that_would_harm_are_refused_at_their_field(
    open_desk: Founding, browser_of: Browser, wrong: dict[str, str], field: str
) -> None:
    answer = browser_of(open_desk.founder).post("/organisation/letter", LETTER | wrong)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not models.NoticeStore.objects.exists()


def test_the_letter_can_be_stopped(open_desk: Founding, browser_of: Browser) -> None:
    browser = browser_of(open_desk.founder)
    browser.post("/organisation/letter", LETTER | {"also_while_locked": "on"})
    assert notices.read_notice_settings(open_desk.home) is not None

    browser.post("/organisation/letter", {"stop": "yes"})

    assert not models.NoticeStore.objects.exists()
    assert notices.read_notice_settings(open_desk.home) is None


def test_a_wish_to_delete_leads_to_erasing_and_is_decided_by_it(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = carry_report(open_desk)
    carried.write(kind="request", body={"action": "delete", "report_id": None})
    browser = browser_of(open_desk.founder)
    erase = f"/reports/{carried.report.pk}/erase"
    asked = models.PersonRequest.objects.get()
    assert (
        f"/mailboxes/{carried.box.pk}#request-{asked.pk}" in browser.get("/today").content.decode()
    )
    assert erase in browser.get(f"/mailboxes/{carried.box.pk}").content.decode()

    browser.post(f"/mailboxes/{carried.box.pk}/requests/{asked.pk}", {"decision": "done"})
    assert models.PersonRequest.objects.get().decided_at is None
    browser.post(erase, PLAN)

    assert models.Report.objects.get().forgotten_at is None
    assert models.Erasing.objects.get().is_confirmed
    report = browser.get(f"/reports/{carried.report.pk}").content.decode()
    off = f"/reports/{carried.report.pk}/call-off"
    assert off in report
    assert off in browser.get(erase).content.decode()
    assert f"/reports/{carried.report.pk}" in browser.get("/today").content.decode()
    browser.post(off)
    assert models.Erasing.objects.get().called_off_how == "staff"
    assert off not in browser.get(f"/reports/{carried.report.pk}").content.decode()


def test_a_second_channel_is_written_down_and_shown_where_it_is_needed(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = carry_report(open_desk, answers=[(4, "fictional"), (17, "d"), (18, "the library")])
    browser = browser_of(open_desk.founder)
    channel = f"/mailboxes/{carried.box.pk}/second-channel"
    met = {"agreed_by": "Айгүл", "met_on": "2026-01-05", "met_at": "10:00"}

    assert browser.post(channel, met | {"text": "by"}).status_code == 302
    assert browser.post(channel, met | {"text": ""}).status_code == 422
    assert browser.post(channel, met | {"text": "by", "met_on": "2126-01-05"}).status_code == 422

    for page in (channel, f"/mailboxes/{carried.box.pk}", f"/reports/{carried.report.pk}/erase"):
        shown = browser.get(page).content.decode()
        assert "Айгүл" in shown
        assert "the library" in shown


def test_the_cooling_off_is_a_term_of_the_organisation(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    assert 'value="7"' in browser.get("/organisation/terms").content.decode()

    browser.post("/organisation/terms", {"fixity_days": "90", "cooling_off_days": "14"})

    assert cooling_off.get_cooling_off_days() == 14


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"reason": "asked"},
        PLAN | {"number": "2"},
        PLAN | {"confirmed": ""},
        PLAN | {"confirmed": "no"},
        {"number": "1"},
    ],
)
def test_nothing_is_erased_without_a_reason_and_the_number_of_the_report(
    open_desk: Founding, browser_of: Browser, typed: dict[str, str]
) -> None:
    carried = carry_report(open_desk)

    browser_of(open_desk.founder).post(f"/reports/{carried.report.pk}/erase", typed)

    assert not models.Erasing.objects.exists()


def test_an_administrator_is_told_who_can_give_a_role_that_reads_reports(
    open_desk: Founding, browser_of: Browser, staff_of: Callable[[str], Staff]
) -> None:
    keeper = staff_of("administrator")
    keeper.set_password("quiet lamp under seven hills")
    keeper.save()
    browser = browser_of(keeper)
    typed = {"display_name": "Ерлан", "roles": ["administrator", "caseworker"]}

    own = browser.post(f"/people/{keeper.pk}", typed)
    other = browser.post("/people/invite", typed)

    assert own.context["form"].non_field_errors()
    assert other.context["form"].errors["roles"]
    assert not Staff.objects.get(pk=keeper.pk).reads_content


def test_reports_of_someone_who_left_are_nobodys_and_seen_as_such(
    open_desk: Founding, browser_of: Browser, staff_of: Callable[[str], Staff]
) -> None:
    leaves, founder = staff_of("caseworker"), open_desk.founder
    carried = carry_report(open_desk)
    services.assign_report(actor=founder, report_id=carried.report.pk, to=leaves)

    browser_of(founder).post(f"/people/{leaves.pk}", {"deactivate": "yes"})

    rows = selectors.list_inbox(actor=founder, view=InboxView.UNASSIGNED).rows
    assert [row.id for row in rows] == [carried.report.pk]


def test_a_history_that_was_changed_behind_the_desks_back_is_named(
    open_desk: Founding, browser_of: Browser
) -> None:
    carry_report(open_desk)
    browser = browser_of(open_desk.founder)
    whole = browser.get("/organisation/history?check=1").context["checked"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("UPDATE core_auditevent SET actor = 'nobody' WHERE sequence = 2")
        for _name, sql in triggers:
            cursor.execute(sql)

    changed = browser.get("/organisation/history?check=1").context["checked"]

    assert whole["broken_at"] is None
    assert whole["whole"] > 2
    assert changed == {"whole": None, "broken_at": 2}
