"""What goes wrong is said clearly, and nothing that was written is lost."""

import re

import pytest
from playwright.sync_api import Page, Request, Route
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.organisation import texts

pytestmark = pytest.mark.browser

EN = texts("en")
ODD = "../../\u202egpj.exe\u0000‮сурет\n.jpg"


def _to_files(page: Page) -> None:
    walk.open_form(page)
    walk.go_to_step(page, "files", EN)


def _add_files(page: Page, code: str) -> None:
    """Give the file field files made in the page, without copying them through the debugger."""
    page.evaluate(
        f"""() => {{
          const files = new DataTransfer();
          {code}
          const input = document.getElementById("files");
          input.files = files.files;
          input.dispatchEvent(new Event("change"));
        }}"""
    )


def _to_review(page: Page) -> None:
    walk.go_to_step(page, "code", EN)
    walk.type_code_back(page, EN)


def test_an_empty_report_is_not_sent(open_page: OpenPage) -> None:
    page = open_page()
    walk.open_form(page)
    _to_review(page)
    walk.press(page, EN["review.send"])
    assert page.inner_text("#view .notice.error") == EN["review.empty"]
    assert walk.title(page) == EN["step.review"]


def test_send_is_disabled_until_the_code_was_typed(open_page: OpenPage) -> None:
    page = open_page()
    walk.open_form(page)
    walk.press(page, EN["nav.finish"])
    assert page.get_by_role("button", name=EN["review.send"]).is_disabled()
    assert EN["review.no_code"] in page.inner_text("#view")


def test_without_the_sealing_script_she_is_told_and_can_try_again(open_page: OpenPage) -> None:
    page = open_page()
    page.route("**/a/seal.*", lambda route: route.abort())
    page.reload()
    walk.open_form(page)
    page.locator("main").get_by_text(EN["error.bundle.sealer_not_loaded"]).wait_for()
    assert page.locator("textarea").count() == 0
    page.unroute("**/a/seal.*")
    page.click("#begin")
    page.get_by_role("heading", name=EN["step.age"], exact=True).wait_for()


def test_a_page_whose_card_is_not_under_its_root_key_sends_nothing(open_page: OpenPage) -> None:
    page = open_page()

    def alter(route: Route) -> None:
        answer = route.fetch()
        before, stamp, rest = answer.text().partition('id="stamp">')
        # The last letters of the signature, which end the card's text in the stamp.
        stamped, script, after = rest.partition("</script>")
        changed = re.sub(r"..==\\n", r"AA==\\n", stamped)
        assert changed != stamped
        route.fulfill(response=answer, body="".join((before, stamp, changed, script, after)))

    page.route(page.url, alter)
    page.reload()
    walk.open_form(page)
    walk.press(page, EN["nav.finish"])
    page.get_by_text(EN["error.card"]).wait_for()
    assert page.get_by_role("button", name=EN["review.send"], exact=True).is_disabled()


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("1234", "error.receipt_code.wrong_length"),
        ("12345678901234567 8x0", "error.receipt_code.not_a_digit"),
    ],
)
def test_a_code_typed_wrongly_is_explained(open_page: OpenPage, typed: str, key: str) -> None:
    page = open_page()
    walk.open_form(page)
    walk.go_to_step(page, "code", EN)
    page.fill("#code-again", typed)
    walk.press(page, EN["code.check"])
    assert page.inner_text("#code-problem") == EN[key]
    assert page.get_attribute("#code-again", "aria-invalid") == "true"


def test_another_valid_code_is_not_taken(open_page: OpenPage) -> None:
    page, other = open_page(), open_page()
    for each in (page, other):
        walk.open_form(each)
        walk.go_to_step(each, "code", EN)
        each.wait_for_selector(".code-groups")
    page.fill("#code-again", walk.shown_code(other))
    walk.press(page, EN["code.check"])
    assert page.inner_text("#code-problem") == EN["code.different"]


def test_the_code_can_be_pasted(open_page: OpenPage) -> None:
    page = open_page()
    walk.open_form(page)
    walk.go_to_step(page, "code", EN)
    page.wait_for_selector(".code-groups")
    code = walk.shown_code(page)
    page.focus("#code-again")
    page.keyboard.insert_text(code)
    walk.press(page, EN["code.check"])
    page.wait_for_selector("dl.answers")


def test_pressing_send_twice_makes_one_report(open_page: OpenPage) -> None:
    page = open_page()
    completed: list[Request] = []
    page.on(
        "request",
        lambda request: completed.append(request) if request.url.endswith("/api/reports") else None,
    )
    walk.open_form(page)
    walk.go_to_step(page, "what", EN)
    page.fill("#q-4", walk.WORDS)
    _to_review(page)
    page.evaluate(
        """label => {
          const buttons = [...document.querySelectorAll("button")];
          const send = buttons.find(each => each.textContent === label);
          send.click();
          send.click();
        }""",
        EN["review.send"],
    )
    page.get_by_role("heading", name=EN["sent.title"], exact=True).wait_for()
    assert len(completed) == 1


def test_odd_names_and_empty_files_are_shown_and_sent(open_page: OpenPage) -> None:
    page = open_page()
    _to_files(page)
    _add_files(
        page, f"files.items.add(new File([], {ODD!r})); files.items.add(new File(['x'], ''));"
    )
    names = page.locator(".files b").all_inner_texts()
    assert not any(sign in "".join(names) for sign in "\u202e\u0000\n")
    assert names[1] == EN["files.no_name"]
    assert EN["files.empty"] in page.inner_text(".files")
    _to_review(page)
    walk.send(page, EN)


def test_more_than_ten_thousand_files_are_counted_not_taken(open_page: OpenPage) -> None:
    page = open_page()
    _to_files(page)
    _add_files(
        page, "for (let n = 0; n < 10003; n++) files.items.add(new File(['x'], `${n}.txt`));"
    )
    assert EN["files.too_many"].replace("{n}", "3") in page.inner_text("#file-problems")
    assert page.locator(".files > li").count() == 40
    assert EN["files.more"].replace("{n}", "9960") in page.inner_text("#view")


def test_a_file_can_be_removed_and_its_hidden_details_be_decided(open_page: OpenPage) -> None:
    page = open_page()
    _to_files(page)
    _add_files(
        page,
        "for (const n of [1, 2]) files.items.add(new File(['x'], `${n}.jpg`));",
    )
    page.locator(".files select").nth(1).select_option("strip")
    page.locator(".files li button").first.click()
    assert page.locator(".files b").all_inner_texts() == ["2.jpg"]
    assert page.locator(".files select").input_value() == "strip"


def test_she_is_asked_before_a_reload_only_while_words_are_unsent(open_page: OpenPage) -> None:
    page = open_page()
    asked = walk.note_dialogs(page)
    walk.open_form(page)
    page.reload()
    assert asked == []
    walk.open_form(page)
    walk.go_to_step(page, "what", EN)
    page.fill("#q-4", walk.WORDS)
    page.reload()
    assert asked == ["beforeunload"]
    page.get_by_text(EN["leave.gone"]).wait_for()


def test_after_received_nothing_is_asked(open_page: OpenPage) -> None:
    page = open_page()
    asked = walk.note_dialogs(page)
    walk.through_all_steps(page, EN, lambda _: None)
    walk.send(page, EN)
    page.reload()
    assert asked == []


def test_two_windows_are_told_of_each_other(open_page: OpenPage) -> None:
    page = open_page()
    second = page.context.new_page()
    second.goto(page.url)
    for each in (page, second):
        each.get_by_text(EN["home.two_windows"]).wait_for()


def test_a_clock_years_off_is_said_and_does_not_matter(open_page: OpenPage) -> None:
    page = open_page()
    page.clock.set_system_time("2031-01-01T00:00:00Z")
    page.reload()
    walk.through_all_steps(page, EN, lambda _: None)
    walk.send(page, EN)
    assert EN["sent.clock"] in page.inner_text("#view")


def test_a_part_is_sent_and_the_next_goes_under_the_same_code(open_page: OpenPage) -> None:
    page = open_page()
    code = walk.through_all_steps(page, EN, lambda _: None)
    walk.press(page, EN["review.send_part"])
    page.get_by_role("heading", name=EN["sent.title"], exact=True).wait_for()
    assert EN["sent.part_text"] in page.inner_text("#view")
    walk.press(page, EN["sent.more"])
    page.fill("#q-4", "More.")
    walk.press(page, EN["nav.finish"])
    walk.send(page, EN)
    assert walk.shown_code(page) == code


def test_a_cut_line_is_said_and_sending_goes_on(open_page: OpenPage) -> None:
    page = open_page()
    walk.through_all_steps(page, EN, lambda _: None)
    page.context.set_offline(True)
    walk.press(page, EN["review.send"])
    page.get_by_text(EN["send.waiting"].split(".")[0]).wait_for()
    page.context.set_offline(False)
    page.get_by_role("heading", name=EN["sent.title"], exact=True).wait_for(timeout=60_000)


def test_stopping_keeps_the_words(open_page: OpenPage) -> None:
    page = open_page()
    walk.through_all_steps(page, EN, lambda _: None)
    page.context.set_offline(True)
    walk.press(page, EN["review.send"])
    walk.press(page, EN["send.cancel"])
    page.get_by_role("heading", name=EN["send.stopped"]).wait_for()
    page.context.set_offline(False)
    walk.press(page, EN["nav.to_review"])
    assert walk.WORDS in page.inner_text("#view")
