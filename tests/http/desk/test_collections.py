"""The pages of collections: made, renamed, filled, emptied and dissolved; the reports stay."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.errors import NotThere
from aigaq.accounts.models import Staff
from aigaq.core.models import AuditEvent
from aigaq.intake import collecting
from aigaq.intake.collecting import CollectionError
from aigaq.intake.models import Report

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
NAME = "Вымышленный поворот у моста"


@pytest.fixture
def browser(open_desk: Founding, browser_of: Browser) -> Client:
    return browser_of(open_desk.founder)


def make(browser: Client, name: str = NAME) -> str:
    answer = browser.post("/collections", {"name": name})
    assert answer.status_code == 302
    return str(answer["Location"])


def numbers(founding: Founding, page: str) -> list[int]:
    found = collecting.access_collection(
        actor=founding.founder, collection_id=UUID(page.rsplit("/", 1)[1])
    )
    return [one.register_number for one in found.reports]


def test_reports_come_in_by_number_or_from_their_page_and_go_out_again(
    open_desk: Founding, browser: Client
) -> None:
    first, second = (carry_report(open_desk).report for _ in range(2))
    page = make(browser)
    assert browser.post(page, {"number": second.register_number}).status_code == 302
    collect = f"/reports/{first.pk}/collect"
    browser.post(collect, {"collection": page.rsplit("/", 1)[1]})
    browser.post(collect, {"collection": page.rsplit("/", 1)[1]})
    assert numbers(open_desk, page) == [first.register_number, second.register_number]
    assert NAME in browser.get(f"/reports/{first.pk}").content.decode()
    browser.post(f"{page}/reports/{first.pk}/take-out")
    assert numbers(open_desk, page) == [second.register_number]
    assert Report.objects.count() == 2


def test_a_number_that_is_not_here_is_said(open_desk: Founding, browser: Client) -> None:
    page = make(browser)
    answer = browser.post(page, {"number": 77})
    assert answer.status_code == 422
    assert list(answer.context["add"].errors) == ["number"]
    assert browser.post(f"{page[:-12]}000000000000", {"number": 77}).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_collection_has_a_name(open_desk: Founding, browser: Client, name: str) -> None:
    answer = browser.post("/collections", {"name": name})
    assert answer.status_code == 422
    assert collecting.list_collections(actor=open_desk.founder) == []


def test_two_collections_have_two_names(open_desk: Founding, browser: Client) -> None:
    make(browser)
    page = make(browser, "Другая")
    assert browser.post("/collections", {"name": f"  {NAME} "}).status_code == 422
    answer = browser.post(f"{page}/rename", {"name": NAME})
    assert answer.status_code == 422
    assert browser.post(f"{page}/rename", {"name": "Третья"}).status_code == 302
    names = [one.name for one in collecting.list_collections(actor=open_desk.founder)]
    assert sorted(names) == sorted([NAME, "Третья"])


def test_a_dissolved_collection_leaves_its_reports(open_desk: Founding, browser: Client) -> None:
    report = carry_report(open_desk).report
    page = make(browser)
    browser.post(page, {"number": report.register_number})
    assert browser.post(f"{page}/dissolve")["Location"] == "/collections"
    assert browser.get(page).status_code == 404
    assert browser.get(f"/reports/{report.pk}").status_code == 200


def test_a_forgotten_report_leaves_its_collections(open_desk: Founding, browser: Client) -> None:
    report = carry_report(open_desk).report
    page = make(browser)
    browser.post(page, {"number": report.register_number})
    erase_report(actor=open_desk.founder, report_id=report.pk, reason="asked")
    assert numbers(open_desk, page) == []
    assert browser.post(page, {"number": report.register_number}).status_code == 422


def test_the_audit_chain_knows_what_was_done_and_no_name(
    open_desk: Founding, browser: Client
) -> None:
    report = carry_report(open_desk).report
    page = make(browser)
    browser.post(page, {"number": report.register_number})
    browser.post(f"{page}/rename", {"name": "Другая"})
    browser.post(f"{page}/reports/{report.pk}/take-out")
    browser.post(f"{page}/dissolve")
    events = AuditEvent.objects.filter(code__contains="collect").order_by("sequence")
    assert [one.code for one in events] == [
        "intake.collection_made",
        "intake.report_collected",
        "intake.collection_renamed",
        "intake.report_uncollected",
        "intake.collection_dissolved",
    ]
    assert not any(NAME in str(one.context) or "Другая" in str(one.context) for one in events)


def test_a_collection_is_full_at_its_limit(
    open_desk: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "REPORTS", 1)
    founder = open_desk.founder
    collection = collecting.make_collection(actor=founder, name=NAME)
    first, second = (carry_report(open_desk).report for _ in range(2))
    collecting.add_report(actor=founder, collection_id=collection, report_id=first.pk)
    with pytest.raises(CollectionError) as refused:
        collecting.add_report(actor=founder, collection_id=collection, report_id=second.pk)
    assert refused.value.code == "collection.full"


@pytest.mark.parametrize("role", ["editor", "analyst", "administrator"])
def test_who_reads_no_reports_finds_no_collection(
    open_desk: Founding,
    browser: Client,
    browser_of: Browser,
    staff_of: Callable[[str], Staff],
    role: str,
) -> None:
    page, stranger = make(browser), staff_of(role)
    client = browser_of(stranger)
    assert client.get(page).status_code == 404
    for ending in ("", "/rename", "/dissolve"):
        assert client.post(page + ending, {"name": "x", "number": "1"}).status_code == 404
    with pytest.raises(NotThere):
        collecting.find_by_name(actor=stranger, name=NAME)
    assert collecting.find_by_name(actor=open_desk.founder, name=f" {NAME}").row.name == NAME
