"""The pages of evidence: what they show, what they record, and who may change what."""

import hashlib
import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from PIL import Image
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts.models import Staff
from aigaq.desk import words
from aigaq.evidence import custody
from aigaq.evidence import selectors as evidence
from aigaq.evidence.models import FiledReport, Item, StoredFile
from aigaq.evidence.shapes import Provenance, TermsOfKeeping
from aigaq.intake import previews

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
NOTE = b"fictional note"


def file_report(founding: Founding) -> Carried:
    return carry_report(founding, items=[("note.txt", "text/plain", NOTE)])


def page(browser: Client, carried: Carried) -> str:
    answer = browser.get(f"/reports/{carried.report.pk}/evidence")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_shows_the_hash_large_and_whole(open_desk: Founding, browser_of: Browser) -> None:
    carried = file_report(open_desk)
    html = page(browser_of(open_desk.founder), carried)
    digest = hashlib.sha256(NOTE).hexdigest()
    large = html.split('class="hash-large"')[1].split("</p>")[0]
    parts = [digest[at : at + 8] for at in range(0, 64, 8)]
    assert [one for one in parts if f"<span>{one}</span>" in large] == parts


def test_looking_at_the_page_stands_in_custody(open_desk: Founding, browser_of: Browser) -> None:
    carried = file_report(open_desk)
    page(browser_of(open_desk.founder), carried)
    last = custody.list_events(report_id=bytes(carried.report.report_id))[0]
    assert (last.event, last.item_number) == ("opened", None)


@pytest.mark.parametrize("state", ["waiting", "logged", "overdue", "nothing"])
def test_the_page_says_where_the_report_stands_in_the_log(
    open_desk: Founding, browser_of: Browser, state: str
) -> None:
    carried = file_report(open_desk)
    rows = FiledReport.objects.all()
    if state == "logged":
        rows.update(log_index=918273, logged_at=clock.now())
    if state == "overdue":
        rows.update(received_at="2026-01-01T00:00:00Z")
    if state == "nothing":
        rows.update(commitment=None)
    found = evidence.access_report(
        actor=open_desk.founder, report_id=bytes(carried.report.report_id)
    )
    assert found.log_state == state
    assert ("918273" in page(browser_of(open_desk.founder), carried)) == (state == "logged")


def test_a_log_without_independent_witnesses_is_said_to_be_one(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = file_report(open_desk)
    browser = browser_of(open_desk.founder)
    browser.post("/language", {"language": "en", "next": "/"})
    assert "Not independently witnessed" in page(browser, carried)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_page_is_there_in_three_languages(
    open_desk: Founding, browser_of: Browser, language: str
) -> None:
    carried = file_report(open_desk)
    open_desk.founder.language = language
    open_desk.founder.save()
    words = {"kk": "Сақтау тарихы", "ru": "История хранения", "en": "Custody"}
    assert words[language] in page(browser_of(open_desk.founder), carried)


def test_where_a_file_comes_from_is_set_on_the_page(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = file_report(open_desk)
    item = Item.objects.get()
    answer = browser_of(open_desk.founder).post(
        f"/evidence/{item.pk}/provenance", {"provenance": "official"}
    )
    assert answer["Location"] == f"/reports/{carried.report.pk}/evidence#item-0"
    item.refresh_from_db()
    assert item.provenance == Provenance.OFFICIAL


def test_a_provenance_that_does_not_exist_is_refused(
    open_desk: Founding, browser_of: Browser
) -> None:
    file_report(open_desk)
    item = Item.objects.get()
    browser = browser_of(open_desk.founder)
    answer = browser.post(f"/evidence/{item.pk}/provenance", {"provenance": "invented"})
    assert answer.status_code == 404
    item.refresh_from_db()
    assert item.provenance == Provenance.RECEIVED


def test_a_file_that_was_changed_is_marked_on_the_page(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = file_report(open_desk)
    StoredFile.objects.filter(kind="working").update(fixity="changed", checked_at=clock.now())
    browser = browser_of(open_desk.founder)
    assert "chip is-overdue" in page(browser, carried)


def test_a_forgotten_report_has_no_page_of_evidence(
    open_desk: Founding, browser_of: Browser
) -> None:
    carried = file_report(open_desk)
    erase_report(actor=open_desk.founder, report_id=carried.report.pk, reason="asked")
    answer = browser_of(open_desk.founder).get(f"/reports/{carried.report.pk}/evidence")
    assert answer.status_code == 404


def test_near_pictures_stand_side_by_side_grey_and_closed(
    open_desk: Founding, browser_of: Browser
) -> None:
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(buffer, "PNG")
    pictures = [("p.png", "image/png", buffer.getvalue())]
    first, second = (carry_report(open_desk, items=pictures) for _ in range(2))
    for one in (first, second):
        previews.preview_item(item_id=one.report.items.get().pk)
    answer = browser_of(open_desk.founder).get(f"/items/{second.report.items.get().pk}")
    near = answer.content.decode().split('id="near"')[1]
    pair = near.split('class="pair"')[1].split("</section>")[0]
    assert pair.count('<details class="calm fold" data-calm>') == 2
    assert pair.count("<img ") == 2
    assert f"/items/{first.report.items.get().pk}" in near


def test_what_is_due_is_listed_with_its_reason(open_desk: Founding, browser_of: Browser) -> None:
    from aigaq.evidence.services import set_terms

    carried = file_report(open_desk)
    set_terms(actor=open_desk.founder, terms=TermsOfKeeping(keep_days=0))
    html = browser_of(open_desk.founder).get("/due").content.decode()
    assert f"/reports/{carried.report.pk}" in html


def test_terms_are_set_on_their_page_and_wrong_ones_are_said(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    wrong = browser.post("/organisation/terms", {"fixity_days": "0"})
    assert wrong.status_code == 422
    days = {"fixity_days": "60", "keep_days": "3650", "cooling_off_days": "7"}
    right = browser.post("/organisation/terms", days | {"legal_basis": "§ 1"})
    assert right["Location"] == "/organisation"
    assert evidence.get_terms() == TermsOfKeeping(
        fixity_days=60, keep_days=3_650, legal_basis="§ 1"
    )


@pytest.mark.parametrize(
    ("event", "note", "said"),
    [
        ("received", "gate", "through the gate"),
        ("received", "report.bad_item", "A file was changed or cut on the way."),
        ("fixity", "same 3, changed 1", "unchanged: 3, changed: not what was written: 1"),
        ("corrected", "provenance received official", "an official document"),
        ("derived", "preview/still/v1", "for viewing"),
        ("derived", "strip/v1", "without hidden details"),
        ("copied", "package prove court", "for a package that was begun"),
        ("copied", "second_place", "to the second place"),
        ("handed_over", "Айгүл (3f2a91c0)", "Айгүл (3f2a91c0)"),
        ("handed_over", "nobody", "to nobody yet"),
        ("opened", "", ""),
    ],
)
def test_a_note_of_custody_is_said_in_words(event: str, note: str, said: str) -> None:
    with override("en"):
        assert words.say_custody_note(event, note) == said


def test_the_page_asks_the_database_as_often_for_one_file_as_for_many(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    counts = []
    for many in (1, 12):
        items = [(f"{number}.txt", "text/plain", b"%d" % number) for number in range(many)]
        carried = carry_report(open_desk, items=items)
        page(browser, carried)
        with CaptureQueriesContext(connection) as asked:
            page(browser, carried)
        counts.append(len(asked))
    assert counts[0] == counts[1]
