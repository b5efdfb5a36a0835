"""The proof in the mailbox, the completed receipt file, and the sheet that is printed of it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.desk import Desk
from tests.browser.gate.organisation import Organisation, texts
from tests.small_log import prove_commitment

pytestmark = pytest.mark.browser


def report_and_save_receipt(page: Page, words: dict[str, str], folder: Path) -> tuple[str, Path]:
    """Send a short report, save its receipt file; return the code and the file."""
    walk.open_form(page)
    walk.go_to_step(page, "what", words)
    page.fill("#q-4", walk.WORDS)
    walk.go_to_step(page, "sign", words)
    page.check("input[value=c]")
    walk.go_to_step(page, "code", words)
    code = walk.type_code_back(page, words)
    walk.send(page, words)
    with page.expect_download() as download:
        walk.press(page, words["sent.receipt_save"])
    file = folder / "receipt.json"
    download.value.save_as(file)
    return code, file


def send_proof(organisation: Organisation, desk: Desk) -> None:
    desk.pull_newest()
    proof = prove_commitment(
        bytes.fromhex(desk.report["commitment"]),
        key=organisation.log,
        origin=organisation.card.log_origin,
    )
    desk.send("proof", {"proof": proof, "report_id": desk.report["id"]})


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_proof_becomes_a_sheet_that_says_its_risk_and_prints_without_it(
    open_page: OpenPage, organisation: Organisation, origin: str, tmp_path: Path, language: str
) -> None:
    words, page = texts(language), open_page(language)
    desk = Desk(organisation, origin)
    code, file = report_and_save_receipt(page, words, tmp_path)
    # Nobody outside watches this organisation's log, so the page claims no more than that.
    assert words["before.limit_witness"] in page.inner_text("#view")
    send_proof(organisation, desk)
    page.reload()
    page.click("#go-code")
    page.fill("#code-typed", code)
    walk.press(page, words["mail.open"])
    page.get_by_text(words["mail.proof"], exact=True).wait_for()
    assert words["mail.proof_alone"].replace("{n}", "2") in page.inner_text("#view")

    page.locator("summary", has_text=words["mail.receipt_add"]).last.click()
    with page.expect_download() as download:
        page.locator("input[type=file]").last.set_input_files(file)
    completed = tmp_path / "completed.json"
    download.value.save_as(completed)
    assert json.loads(completed.read_text())["proof"].startswith("c2sp.org/tlog-proof@v1\n")

    walk.press(page, words["sheet.show"])
    page.get_by_role("heading", name=words["sheet.title"], exact=True).wait_for()
    shown = page.inner_text("#view")
    assert words["sheet.risk"] in shown
    assert words["sheet.alone"] in shown
    assert desk.report["commitment"] in shown.replace(" ", "")
    assert organisation.card.log_origin in shown
    assert walk.WORDS not in shown
    assert page.locator("svg.qr path").count() == 1
    page.emulate_media(media="print")
    assert page.locator("svg.qr").is_visible()
    assert not page.get_by_text(words["sheet.risk"]).is_visible()
    assert not page.get_by_role("button", name=words["sheet.print"], exact=True).is_visible()
    page.screenshot(path=tmp_path / f"sheet-{language}.png", full_page=True)
    page.emulate_media(media="screen")
    walk.press(page, words["nav.back"])
    page.emulate_media(media="print")
    assert not page.locator("#view").is_visible()  # Nothing else of the page is ever printed.
