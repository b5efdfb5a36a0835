"""What is typed and not sent: kept encrypted, its writer's alone, gone when it is sent."""

from collections.abc import Callable

import pytest
from django.test import Client
from tests.conftest import MASTER, Founding
from tests.http.desk.test_new_report import typed
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.desk.locking import LOCKING
from aigaq.drafts.models import Draft
from aigaq.drafts.services import MAXIMUM_LETTERS
from aigaq.intake import shredder

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
NEW = "/drafts/new-report"
WORDS = "Вымышленный рассказ, набранный наполовину"


def test_what_was_typed_is_there_again_after_the_lock(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    assert browser.get(NEW).status_code == 204
    assert browser.post(NEW, {"q4": WORDS, "q10": ["lawyer", "advice"]}).status_code == 204
    LOCKING.lock()
    assert Client().get(NEW).status_code == 302
    LOCKING.open_with(master=MASTER)
    kept = browser_of(open_desk.founder).get(NEW)
    assert kept.json() == {"fields": {"q4": [WORDS], "q10": ["lawyer", "advice"]}}
    assert "no-store" in kept["Cache-Control"]


def test_a_draft_lies_nowhere_in_plain(open_desk: Founding, browser_of: Browser) -> None:
    browser_of(open_desk.founder).post(NEW, {"q4": WORDS})
    for path in open_desk.home.folder.rglob("*"):
        if path.is_file():
            assert WORDS.encode() not in path.read_bytes()


def test_neither_files_nor_the_seed_of_a_code_nor_strange_fields_are_kept(
    open_desk: Founding, browser_of: Browser
) -> None:
    typed_in = {"q4": WORDS, "mailbox_seed": "s", "mailbox_recipient": "r", "code": "1234"}
    browser_of(open_desk.founder).post(NEW, typed_in)
    assert Draft.objects.get().fields == {"q4": [WORDS]}


def test_a_draft_goes_when_the_report_is_filed(open_desk: Founding, browser_of: Browser) -> None:
    browser = browser_of(open_desk.founder)
    browser.post(NEW, {"q4": WORDS})
    assert browser.post("/inbox/new", typed(q4="")).status_code == 302
    assert not Draft.objects.exists()


def test_a_draft_of_a_letter_goes_when_it_is_sent_and_with_the_report(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = carry_report(open_desk)
    browser, box = browser_of(open_desk.founder), carried.box
    address = f"/drafts/letter/{box.pk}"
    browser.post(address, {"text": WORDS})
    assert browser.get(address).json() == {"fields": {"text": [WORDS]}}
    assert browser.post(f"/mailboxes/{box.pk}", {"text": "Done."}).status_code == 302
    assert browser.get(address).status_code == 204

    browser.post(address, {"text": WORDS})
    shredder.forget_report(report=carried.report, actor=open_desk.founder, reason="sample")
    assert not Draft.objects.exists()


def test_what_was_typed_can_be_thrown_away_and_what_was_emptied_is_no_draft(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    for end in ({"throw-away": "1"}, {"q4": ""}):
        browser.post(NEW, {"q4": WORDS})
        assert browser.post(NEW, end).status_code == 204
        assert browser.get(NEW).status_code == 204


def test_a_strange_form_and_more_than_a_form_takes_are_refused(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    assert browser.post("/drafts/anything", {"q4": WORDS}).status_code == 404
    assert browser.post(NEW, {"q4": "a" * (MAXIMUM_LETTERS + 1)}).status_code == 413
    assert not Draft.objects.exists()


def test_a_draft_needs_the_token_of_the_page(open_desk: Founding, browser_of: Browser) -> None:
    browser = browser_of(open_desk.founder)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post(NEW, {"q4": WORDS}).status_code == 403


def test_a_page_learns_in_how_many_seconds_the_desk_locks(
    open_desk: Founding, browser_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browser_of(open_desk.founder)
    limit = open_desk.organisation.idle_lock_minutes * 60
    monkeypatch.setattr(LOCKING, "get_idle_seconds", lambda: limit - 45.0)
    answer = browser.get("/state", headers={"Aigaq-Poll": "1"})
    assert (answer.status_code, answer["Aigaq-Locks-In"]) == (204, "45")
