"""Coming back with the code: answers, states, writing, wishes, alarms; what the desk reads."""

import json
import re

import pytest
from playwright.sync_api import Page
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.desk import Desk
from tests.browser.gate.organisation import Organisation, texts

pytestmark = pytest.mark.browser

EN = texts("en")


@pytest.fixture
def desk(organisation: Organisation, origin: str) -> Desk:
    return Desk(organisation, origin)


def _report(page: Page) -> str:
    """Send a short report and return its code."""
    walk.open_form(page)
    walk.go_to_step(page, "what", EN)
    page.fill("#q-4", walk.WORDS)
    walk.go_to_step(page, "sign", EN)
    page.check("input[value=c]")
    walk.go_to_step(page, "code", EN)
    code = walk.type_code_back(page, EN)
    walk.send(page, EN)
    return code


def _come_back(page: Page, code: str) -> None:
    page.reload()
    page.click("#go-code")
    page.fill("#code-typed", code)
    walk.press(page, EN["mail.open"])
    page.get_by_role("heading", name=EN["mail.box"], exact=True).wait_for()


def _write(page: Page, words: str, tile: str) -> None:
    page.fill("#mail-words", words)
    page.check(f"input[name=sign-text][value={tile}]")
    walk.press(page, EN["mail.send"])


def test_the_desk_reads_the_answers_consents_and_language(open_page: OpenPage, desk: Desk) -> None:
    page, words = open_page("kk"), texts("kk")
    walk.through_all_steps(page, words, lambda _: None)
    walk.send(page, words)
    manifest = desk.pull_newest()
    answers = {answer["number"]: answer["value"] for answer in manifest["answers"]}
    assert answers == {
        1: "16_17",
        2: "survivor",
        3: "no",
        4: walk.WORDS,
        10: "advice lawyer",
        17: "c",
    }
    granted = [(one["purpose"], one["audience"]) for one in manifest["consents"]]
    assert granted == [("keep", "team"), ("advise", "team"), ("represent", "lawyer")]
    (item,) = manifest["items"]
    assert (item["name"], item["source"], item["hidden_details"]) == ("сурет.jpg", "chosen", "keep")
    assert manifest["language"] == "kk"


def test_an_answer_by_voice_arrives_as_an_item(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    walk.open_form(page)
    walk.go_to_step(page, "what", EN)
    walk.press(page, EN["rec.answer"])
    page.wait_for_timeout(1_200)
    walk.press(page, EN["rec.stop"])
    page.wait_for_selector("audio")
    walk.go_to_step(page, "code", EN)
    walk.type_code_back(page, EN)
    walk.send(page, EN)
    (item,) = desk.pull_newest()["items"]
    assert (item["name"], item["source"], item["type"]) == ("q4.webm", "answer", "audio/webm")
    assert item["size"] > 0


def test_received_filed_and_safe_are_shown_until_confirmed(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    code = _report(page)
    desk.pull_newest()
    desk.file()
    desk.send("text", {"text": "Fictional answer.\nSecond line."})
    desk.send("safe", {"report_id": desk.report["id"]})
    _come_back(page, code)
    shown = page.inner_text("#view")
    for key in ("mail.received", "mail.filed", "mail.safe"):
        assert EN[key] in shown
    assert "Fictional answer.\nSecond line." in shown
    walk.press(page, EN["mail.confirm"])
    page.get_by_text(EN["mail.none"]).wait_for()
    _come_back(page, code)
    assert "Fictional answer." not in page.inner_text("#view")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_only_what_is_not_safe_yet_is_said_to_lie_on_the_server(
    open_page: OpenPage, desk: Desk, language: str
) -> None:
    words = texts(language)
    lies_there = words["mail.received_text"].partition("{time}. ")[2]
    page = open_page()
    code = _report(page)
    page.reload()
    page.click(f"button[value={language}]")
    page.wait_for_function("to => document.documentElement.lang === to", arg=language)
    page.click("#go-code")
    page.fill("#code-typed", code)
    walk.press(page, words["mail.open"])
    page.get_by_text(lies_there).wait_for()
    desk.pull_newest()
    desk.file()
    desk.send("safe", {"report_id": desk.report["id"]})
    walk.press(page, words["mail.again"])
    page.get_by_text(words["mail.safe"], exact=True).wait_for()
    shown = page.inner_text("#view")
    assert lies_there not in shown


def test_what_she_writes_carries_the_tile_and_is_not_shown_again(open_page: OpenPage) -> None:
    page = open_page()
    code = _report(page)
    _come_back(page, code)
    walk.press(page, EN["mail.send"])
    page.get_by_text(EN["mail.nothing"]).wait_for()
    page.fill("#mail-words", "Fictional question.")
    walk.press(page, EN["mail.send"])
    page.get_by_text(EN["mail.sign_missing"]).wait_for()
    _write(page, "Fictional question.", "b")
    page.locator("#view").get_by_text(EN["mail.sent"]).wait_for()
    assert page.input_value("#mail-words") == ""
    assert page.locator("input[name=sign-text]:checked").count() == 0
    _come_back(page, code)
    assert "Fictional question." not in page.content()


def test_unsent_words_survive_another_language_and_are_asked_for(open_page: OpenPage) -> None:
    page = open_page()
    asked = walk.note_dialogs(page)
    _come_back(page, _report(page))
    page.fill("#mail-words", "Fictional question.")
    page.click("button[value=kk]")
    page.wait_for_function("() => document.documentElement.lang === 'kk'")
    assert page.input_value("#mail-words") == "Fictional question."
    page.reload()
    assert asked == ["beforeunload"]


def test_a_wish_to_limit_is_sent(open_page: OpenPage) -> None:
    page = open_page()
    code = _report(page)
    _come_back(page, code)
    page.get_by_text(EN["mail.change"], exact=True).click()
    page.check("input[value=limit]")
    page.check("input[name=sign-wish][value=d]")
    walk.press(page, EN["mail.action_send"])
    page.locator("#view").get_by_text(EN["mail.action_sent"]).wait_for()


def test_an_unknown_code_says_nothing_about_which_codes_exist(open_page: OpenPage) -> None:
    page = open_page()
    walk.open_form(page)
    walk.go_to_step(page, "code", EN)
    page.wait_for_selector(".code-groups")
    _come_back(page, walk.shown_code(page))
    assert EN["mail.not_found"] in page.inner_text("#view")
    assert page.locator("#mail-words").count() == 0


def test_a_forged_answer_raises_the_alarm_and_stops_writing(
    open_page: OpenPage, desk: Desk
) -> None:
    page = open_page()
    code = _report(page)
    desk.pull_newest()
    desk.send("text", {"text": "Forged."}, forged=True)
    _come_back(page, code)
    assert EN["mail.alarm"] in page.inner_text("[role=alert]")
    assert EN["mail.alarm.wrong_signature"] in page.inner_text("[role=alert]")
    assert page.locator("#mail-words").count() == 0


def test_a_part_added_later_continues_the_report(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    code = _report(page)
    desk.pull_newest()
    first = desk.report
    _come_back(page, code)
    walk.press(page, EN["mail.go_on"])
    page.fill("#q-4", "More.")
    walk.press(page, EN["nav.finish"])
    walk.send(page, EN)
    manifest = desk.pull_newest()
    assert manifest["continues"] == first["id"]
    assert desk.report["mailbox_key"] == first["mailbox_key"]


def test_the_receipt_file_is_saved_only_when_asked(open_page: OpenPage) -> None:
    page = open_page()
    saved: list[str] = []
    page.on("download", lambda download: saved.append(download.suggested_filename))
    _report(page)
    assert saved == []
    with page.expect_download() as download:
        walk.press(page, EN["sent.receipt_save"])
    receipt = json.loads(download.value.path().read_text("utf-8"))
    assert receipt["format"] == "aigaq/receipt/v1"
    assert receipt["filing_receipt"] is None


@pytest.mark.parametrize(
    ("language", "date"),
    [
        ("kk", r"\d{4} жылғы \d{1,2} [а-яәғқңөұүһі]+, \d\d:\d\d"),
        ("ru", r"\d{1,2} [а-я]+ \d{4} г\. в \d\d:\d\d"),
        ("en", r"\d{1,2} [A-Z][a-z]+ \d{4} at \d\d:\d\d"),
    ],
)
def test_the_time_of_receipt_is_said_in_words(
    open_page: OpenPage, language: str, date: str
) -> None:
    page, words = open_page(language), texts(language)
    walk.through_all_steps(page, words, lambda _: None)
    walk.send(page, words)
    assert re.search(words["sent.at"].replace("{time}", date), page.inner_text("#view"))
