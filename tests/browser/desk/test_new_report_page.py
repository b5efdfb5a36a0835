"""A report told to staff is typed, its code drawn in the browser; pages pass axe and fit 360 px."""

import time

import pytest
from playwright.sync_api import FilePayload, Page, Request
from tests.beacon import TITLE, build_signed_picture
from tests.browser.desk.conftest import OpenPage
from tests.browser.desk.house import Desk
from tests.browser.desk.test_accessible import look

from aigaq.sealing.receipt_code import read_typed_code

pytestmark = pytest.mark.browser
SIZES = [("kk", 360, "light"), ("ru", 360, "dark"), ("ru", 1280, "light"), ("en", 1280, "light")]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def type_report(page: Page, desk: Desk) -> None:
    page.goto(desk.origin + "/inbox")
    page.click("a[href='/inbox/new']")
    page.fill("[name=told_by]", "Вымышленная тётя")
    page.check("[name=told_how][value=phone]")
    page.fill("[name=told_when]", "вчера в десять вечера")
    page.check("input[name=language][value=kk]")
    page.fill("[name=q4]", "Вымышленный рассказ по телефону.")
    page.check("[name=q10][value=lawyer]")
    page.check("[name=consents][value=represent]")
    pictures: list[FilePayload] = [
        {
            "name": "письмо.jpg",
            "mimeType": "image/jpeg",
            "buffer": build_signed_picture(remote="http://127.0.0.1:9/nobody"),
        },
        {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": build_signed_picture()},
    ]
    page.set_input_files("[name=attached]", pictures)


@pytest.mark.parametrize(("language", "width", "scheme"), SIZES)
def test_a_told_report_gets_its_code_in_the_browser_and_no_digit_leaves_it(
    open_page: OpenPage, desk: Desk, language: str, width: int, scheme: str
) -> None:
    page = open_page(language=language, width=width, scheme=scheme)
    said: list[str] = []
    sent: list[Request] = []
    page.on("console", lambda message: said.append(message.text))
    type_report(page, desk)
    page.on("request", lambda request: sent.append(request))

    assert look(page) == []
    assert fits(page)
    page.click("[data-draw]")
    code = "".join(page.locator("[data-code] span").all_inner_texts())
    assert read_typed_code(code) == code
    assert look(page) == []
    assert fits(page)
    page.click("[data-written]")
    page.fill("#typed", code)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-step=bind]:not([hidden])")
    assert look(page) == []
    # Chromium shows no body that holds files, so what it will send is read in the page.
    form = "[...new FormData(document.querySelector('#bind')).values()].map(String)"
    values = page.evaluate(form)
    assert "Вымышленная тётя" in values
    assert not any(code in value for value in values)
    assert code not in page.content()
    page.click("button[name=mailbox][value=code]")
    page.wait_for_url("**/reports/*")

    assert not any(code in one.url for one in sent)
    assert "Вымышленный рассказ" in page.inner_text("main")
    assert look(page) == []
    assert fits(page)
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []


@pytest.mark.parametrize(("language", "width", "scheme"), SIZES)
def test_what_a_file_claims_stands_on_its_page(
    open_page: OpenPage, desk: Desk, language: str, width: int, scheme: str
) -> None:
    page = open_page(language=language, width=width, scheme=scheme)
    type_report(page, desk)
    page.click("button[name=mailbox][value=none]")
    page.wait_for_url("**/reports/*")
    links = [str(one.get_attribute("href")) for one in page.locator("a[href^='/items/']").all()]
    for link, shown in zip(dict.fromkeys(links), ("127.0.0.1:9/nobody", TITLE), strict=False):
        for _ in range(60):
            page.goto(desk.origin + link)
            if page.locator("#claims").count():
                break
            time.sleep(1)
        assert shown in page.inner_text("main")
        assert look(page) == []
        assert fits(page)
