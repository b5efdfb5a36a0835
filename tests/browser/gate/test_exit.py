"""*Leave*: at once, from every view, asking nothing, leaving nothing to come back to."""

import pytest
from playwright.sync_api import Page
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.organisation import EXIT_URL, texts

pytestmark = pytest.mark.browser

STORAGE = """async () => ({
  local: localStorage.length, session: sessionStorage.length, cookies: document.cookie,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
NOTHING = {"local": 0, "session": 0, "cookies": "", "databases": 0, "caches": 0, "workers": 0}


def _write(page: Page) -> None:
    walk.open_form(page)
    walk.go_to_step(page, "what", texts("en"))
    page.fill("#q-4", walk.WORDS)


def test_leave_goes_to_the_neutral_site_and_back_does_not_return(open_page: OpenPage) -> None:
    page = open_page()
    entries = page.evaluate("history.length")
    _write(page)
    page.click("#exit")
    page.wait_for_url(EXIT_URL)
    assert page.evaluate("history.length") == entries
    page.go_back()
    assert page.url == "about:blank"


def test_unsent_words_do_not_hold_her_back(open_page: OpenPage) -> None:
    page = open_page()
    asked = walk.note_dialogs(page)
    _write(page)
    page.click("#exit")
    page.wait_for_url(EXIT_URL)
    assert asked == []


def test_the_page_is_covered_in_the_same_moment(open_page: OpenPage) -> None:
    page = open_page()
    _write(page)
    left = page.evaluate(
        """() => {
          document.getElementById("exit").click();
          return [document.body.innerText.trim(), document.body.firstElementChild.className];
        }"""
    )
    assert left == ["", "overlay"]
    page.wait_for_url(EXIT_URL)


def test_three_times_shift_leaves_and_is_announced(open_page: OpenPage) -> None:
    page, words = open_page(), texts("en")
    _write(page)
    page.keyboard.press("Shift")
    assert page.inner_text("#dots") == "●○○"
    assert page.inner_text("#announce") == words["exit.pressed_1"]
    page.keyboard.press("Shift")
    assert page.inner_text("#announce") == words["exit.pressed_2"]
    page.keyboard.press("Shift")
    page.wait_for_url(EXIT_URL)


@pytest.mark.parametrize("chord", ["Alt+Shift", "Control+Shift", "Shift+A", "Shift+Alt"])
def test_changing_the_keyboard_language_and_capitals_do_not_count(
    open_page: OpenPage, chord: str
) -> None:
    page = open_page()
    _write(page)
    for _ in range(4):
        page.keyboard.press(chord)
    assert page.inner_text("#dots") == ""
    assert walk.title(page) == texts("en")["step.what"]


def test_three_shifts_slower_than_five_seconds_do_not_count(open_page: OpenPage) -> None:
    page = open_page()
    page.clock.install()
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.clock.fast_forward(5_100)
    assert page.inner_text("#dots") == ""
    page.keyboard.press("Shift")
    assert page.inner_text("#dots") == "●○○"


def test_escape_does_nothing(open_page: OpenPage) -> None:
    page = open_page()
    _write(page)
    for _ in range(3):
        page.keyboard.press("Escape")
    assert page.input_value("#q-4") == walk.WORDS


def test_the_first_key_of_the_keyboard_reaches_leave(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "exit-skip"
    page.keyboard.press("Enter")
    page.wait_for_url(EXIT_URL)


def test_leave_works_without_script(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.click("#exit")
    page.wait_for_url(EXIT_URL)


def test_nothing_is_stored_and_the_address_never_changes(open_page: OpenPage) -> None:
    page, words = open_page(), texts("en")
    start, entries = page.url, page.evaluate("history.length")
    walk.through_all_steps(page, words, lambda _: None)
    walk.send(page, words)
    assert (page.url, page.evaluate("history.length")) == (start, entries)
    assert page.title() == "Info"
    assert page.evaluate(STORAGE) == NOTHING


def test_nothing_that_fails_on_the_way_keeps_her_here(open_page: OpenPage) -> None:
    page = open_page()
    _write(page)
    page.evaluate("() => { speechSynthesis.cancel = () => { throw new Error('no voice'); }; }")
    page.click("#exit")
    page.wait_for_url(EXIT_URL)


def test_a_microphone_that_is_allowed_after_she_went_on_stays_off(open_page: OpenPage) -> None:
    page, words = open_page(), texts("en")
    walk.open_form(page)
    walk.go_to_step(page, "files", words)
    # The phone asks for permission, and she goes on before she answers.
    page.evaluate(
        """() => {
          const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          const allowed = new Promise((resolve) => { window.allow = resolve; });
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            await allowed;
            return (window.given = await ask(wanted));
          };
        }"""
    )
    walk.press(page, words["rec.voice"])
    walk.press(page, words["nav.on"])
    page.evaluate("window.allow()")
    page.wait_for_function("() => window.given !== undefined")
    page.wait_for_function(
        """() => {
          const states = window.given.getTracks().map((track) => track.readyState);
          return states.length === 1 && states[0] === "ended";
        }"""
    )


def test_no_browser_service_gets_her_words_or_code(open_page: OpenPage) -> None:
    """Spelling, writing help and translation may send what they read to the browser's maker."""
    page, words = open_page(), texts("en")
    _write(page)
    field = page.locator("#q-4")
    assert field.evaluate("(field) => [field.spellcheck, field.writingSuggestions]") == [
        False,
        "false",
    ]
    walk.go_to_step(page, "code", words)
    page.wait_for_selector(".code-groups")
    assert page.locator(".code-groups").evaluate("(shown) => shown.translate") is False
    walk.type_code_back(page, words)
    shown = page.locator("dl.answers dd").filter(has_text=walk.WORDS)
    assert shown.evaluate("(shown) => shown.translate") is False


def test_no_browser_service_gets_the_words_of_the_path_without_script(
    open_page: OpenPage,
) -> None:
    page = open_page(scripts=False)
    page.locator("form[action='/plain'] button").first.click()
    page.wait_for_selector("textarea")
    body = page.locator("body")
    assert body.get_attribute("spellcheck") == "false"
    assert body.get_attribute("writingsuggestions") == "false"
