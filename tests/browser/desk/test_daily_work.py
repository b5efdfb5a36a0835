"""A day at the desk: read, look, answer, hand over, lock, with the keyboard and without."""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.desk.conftest import OpenPage, carry_in, enter
from tests.browser.desk.house import WORDS, Desk, lock_from_the_command_line, mark_sample

pytestmark = pytest.mark.browser

PREVIEW_SECONDS = 60


def test_a_report_is_read_in_the_reporters_order(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["urgent"])
    assert page.locator(".answers dt").all_inner_texts() == [
        "Age",
        "Who writes",
        "Safe right now",
        "What happened",
        "What the reporter wants",
    ]
    assert page.locator(".answers dd").nth(3).inner_text() == WORDS
    expect(page.locator(".chips").first).to_contain_text("Under 18")
    expect(page.locator("#opened + ol")).to_contain_text("opened the report")


def test_the_inbox_is_walked_with_j_k_and_enter(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(desk.origin + "/inbox")
    rows = page.locator("[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("data-selected", "")
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_attribute("data-selected", "")
    wanted = rows.nth(0).locator("a").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{wanted}")


def test_a_register_number_leads_to_its_report(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(desk.origin + "/inbox")
    page.keyboard.press("/")
    page.keyboard.type("№ 1")
    page.keyboard.press("Enter")
    page.wait_for_url(reports["urgent"])


def test_a_picture_stays_grey_and_small_until_someone_asks(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["urgent"])
    assert page.locator("main img").count() == 0
    page.locator(".files a").first.click()
    page.wait_for_url("**/items/*")
    until = time.monotonic() + PREVIEW_SECONDS
    while not page.locator("[data-calm]").count() and time.monotonic() < until:
        time.sleep(1)
        page.reload()
    picture = page.locator("[data-calm] img")
    expect(picture).to_be_hidden()
    page.locator("[data-calm] summary").click()
    grey = re.compile("grayscale")
    expect(picture).to_be_visible()
    expect(picture).to_have_css("filter", grey)
    small = picture.evaluate("one => one.getBoundingClientRect().width")
    button = page.locator("[data-calm-toggle]")
    button.click()
    expect(picture).to_have_css("filter", "none")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert picture.evaluate("one => one.getBoundingClientRect().width") > small
    page.locator("[data-calm] summary").click()
    page.locator("[data-calm] summary").click()
    expect(picture).to_have_css("filter", grey)


def test_a_look_at_a_file_is_noted_with_its_name(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["urgent"])
    page.locator(".files a").first.click()
    page.wait_for_url("**/items/*")
    page.goto(reports["urgent"])
    expect(page.locator("#opened + ol")).to_contain_text("looked at a file: IMG_1.jpg")


def test_an_unknown_file_is_shown_as_name_size_and_hash(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["urgent"])
    page.locator(".files a").nth(1).click()
    page.wait_for_url("**/items/*")
    facts = page.locator("#facts + dl")
    expect(facts).to_contain_text("12 bytes")
    expect(facts.locator(".hash")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    assert page.locator("main img, main video, main audio").count() == 0


def test_an_original_is_saved_as_an_attachment(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["urgent"])
    page.locator(".files a").nth(1).click()
    page.wait_for_url("**/items/*")
    with page.expect_download() as saving:
        page.click("form[action$=download] button")
    assert "/" not in saving.value.suggested_filename
    assert "\u202e" not in saving.value.suggested_filename


def test_a_letter_goes_out_and_says_how_far_it_is(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["kazakh"])
    page.click(".page-head a.button")
    page.wait_for_url("**/mailboxes/*")
    page.fill("textarea[name=text]", "Сәлеметсіз бе. Хабарламаңызды оқыдық.")
    page.click("form.card .button-main")
    letter = page.locator(".letters .from-desk").last
    expect(letter).to_contain_text("Хабарламаңызды оқыдық")
    expect(letter.locator("footer")).to_contain_text("waits for the gate to answer")


def test_an_empty_letter_is_not_sent_and_says_so(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page(language="kk")
    page.goto(reports["kazakh"])
    page.click(".page-head a.button")
    page.wait_for_url("**/mailboxes/*")
    letters = page.locator(".letters li").count()
    page.fill("textarea[name=text]", "   ")
    page.click("form.card .button-main")
    page.wait_for_selector("[aria-invalid=true]")
    assert page.locator(".letters li").count() == letters


def test_a_report_is_handed_over_and_taken_back(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["silent"])
    page.select_option("select[name=to]", index=1)
    page.click("form[action$=hand-over] button")
    expect(page.locator(".toast")).to_contain_text("works on the report now")
    page.select_option("select[name=to]", value="")
    page.click("form[action$=hand-over] button")
    expect(page.locator(".toast")).to_contain_text("Nobody works on the report now")


def test_a_consent_is_taken_back_after_being_told_what_that_does(
    open_page: OpenPage, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["kazakh"])
    consents = page.locator(".consent")
    assert consents.nth(0).locator("a").count() == 0, "keeping is what sending means"
    given = consents.nth(1)
    expect(given.locator(".chip")).to_have_text("Allowed")
    given.locator("a").click()
    expect(page.locator("main")).to_contain_text("What cannot be called back")
    page.check("[name=how][value=phone]")
    page.click("button.button-grave")
    expect(page.locator(".toast")).to_contain_text("taken back")
    page.goto(reports["kazakh"])
    expect(page.locator(".consent").nth(1).locator(".chip")).to_have_text("Taken back")


def test_the_tile_of_the_quiet_sign_is_not_shown(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    carry_in(page, desk, answers=((4, "Fictional."), (17, "b")))
    assert "Quiet sign" in page.inner_text(".answers")
    assert "bell" not in page.inner_text("main")


def test_the_sample_is_marked_and_removed_in_one_tap(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    carry_in(page, desk, answers=((4, "A fictional sample."),))
    mark_sample(desk, report_id=page.locator(".hash").first.inner_text())
    page.reload()
    expect(page.locator(".page-head .chip").first).to_have_text("Fictional")
    page.goto(desk.origin + "/today")
    page.click("form[action$=remove-sample] button")
    expect(page.locator(".toast")).to_contain_text("removed")
    assert page.locator("form[action$=remove-sample]").count() == 0


def test_a_file_that_is_no_report_is_refused_with_a_reason(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(desk.origin + "/inbox/import")
    page.set_input_files(
        "input[type=file]",
        {"name": "x.tar", "mimeType": "application/x-tar", "buffer": b"not a report" * 100},
    )
    page.click("main form button")
    expect(page.locator("[role=alert]")).to_be_focused()
    expect(page.locator("input[type=file]")).to_have_attribute("aria-invalid", "true")


def test_who_waits_is_settled(open_page: OpenPage, desk: Desk, reports: dict[str, str]) -> None:
    page = open_page()
    page.goto(reports["silent"])
    settle = page.locator("form[action$=settle] button")
    expect(settle).to_be_visible()
    settle.click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("form[action$=settle]")).to_have_count(0)


def test_the_language_is_switched_and_kept(open_page: OpenPage, desk: Desk) -> None:
    page = open_page(language="en")
    page.click(".menu summary")
    page.click(".menu button[value=kk]")
    page.wait_for_selector("html[lang=kk]")
    page.goto(desk.origin + "/inbox")
    assert page.inner_text("h1") == "Кіріс хабарламалар"
    elsewhere = page.context.browser
    assert elsewhere is not None
    with elsewhere.new_context(locale="ru") as context:
        other = context.new_page()
        enter(other, desk)
        other.wait_for_selector("html[lang=kk]")


def test_one_key_locks_every_tab_and_nothing_stays_on_the_screen(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    other = page.context.new_page()
    other.goto(reports["urgent"])
    page.goto(reports["urgent"])
    page.keyboard.press("Control+Alt+KeyL")
    for tab in (page, other):
        tab.wait_for_selector("input[type=password]")
        assert WORDS not in tab.content()
    page.go_back()
    page.wait_for_selector("input[type=password]")
    assert WORDS not in page.content()
    enter(page, desk)


def test_a_page_left_open_goes_blank_when_the_desk_locks_by_itself(
    open_page: OpenPage, desk: Desk, reports: dict[str, str]
) -> None:
    page = open_page()
    page.goto(reports["urgent"])
    lock_from_the_command_line(desk)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("input[type=password]")
    assert WORDS not in page.content()
    enter(page, desk)


def test_the_desk_works_without_its_script(
    desk: Desk, reports: dict[str, str], chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page: Page = context.new_page()
    enter(page, desk)
    page.goto(reports["silent"])
    page.select_option("select[name=to]", index=1)
    page.click("form[action$=hand-over] button")
    expect(page.locator(".toast")).to_have_count(1)
    page.click("#lock button")
    page.wait_for_selector("input[type=password]")
    context.close()
