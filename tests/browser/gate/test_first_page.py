"""The first page: what is seen at once, what works without script, what it weighs."""

import gzip

import pytest
from playwright.sync_api import Response
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.organisation import BUNDLE, SERVICES, texts

pytestmark = pytest.mark.browser

LANGUAGES = ("kk", "ru", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_tell_code_and_leave_are_seen_at_once(open_page: OpenPage, language: str) -> None:
    page = open_page(language)
    for tile in ("#go-help", "#go-tell", "#go-code", "#go-leave"):
        box = page.locator(tile).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640, tile


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_stand_there_without_script(open_page: OpenPage, language: str) -> None:
    page, words = open_page(language, scripts=False), texts(language)
    shown = page.inner_text("#help")
    for service in SERVICES:
        assert service.number in shown
        assert service.name[language] in shown
        assert service.answered_by[language] in shown
        assert words[f"help.police.{service.police_learns}"] in shown
    assert words["help.call_log"] in shown
    assert page.is_visible("#before-title")
    assert not page.is_visible("#go-tell")


def test_without_script_another_language_comes_at_the_same_address(open_page: OpenPage) -> None:
    page = open_page("ru", scripts=False)
    before = page.url
    page.click("button[value=kk]")
    assert page.inner_text("#home-title") == texts("kk")["home.title"]
    assert page.url == before


def test_another_language_keeps_what_was_written(open_page: OpenPage) -> None:
    page = open_page("ru")
    walk.open_form(page)
    walk.go_to_step(page, "what", texts("ru"))
    page.fill("#q-4", walk.WORDS)
    page.click("button[value=kk]")
    page.wait_for_function("() => document.documentElement.lang === 'kk'")
    assert walk.title(page) == texts("kk")["step.what"]
    assert page.input_value("#q-4") == walk.WORDS
    page.click("button[value=ru]")
    page.wait_for_function("() => document.documentElement.lang === 'ru'")
    assert walk.title(page) == texts("ru")["step.what"]


def test_four_requests_in_all_and_none_elsewhere(open_page: OpenPage, origin: str) -> None:
    page = open_page("ru")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.reload()
    page.wait_for_function("() => window.aigaqSealer !== undefined")
    paths = [answer.url.removeprefix(origin) for answer in answers]
    assert paths == ["/", "/a/page.css", "/a/main.ru.js", "/a/seal.ru.js"]


def _zipped_bytes(language: str, *names: str) -> int:
    files = [BUNDLE / name.replace("<lang>", language) for name in names]
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_light(language: str) -> None:
    """The budgets of DESIGN 6, of the bundle before the card is stamped into it."""
    help_now = _zipped_bytes(language, "index.<lang>.html", "a/page.css")
    first = help_now + _zipped_bytes(language, "a/main.<lang>.js")
    assert help_now <= 10_000
    assert first <= 25_000
    assert first + _zipped_bytes(language, "a/seal.<lang>.js") <= 100_000


def test_no_error_and_no_refused_policy_is_reported(open_page: OpenPage) -> None:
    page, words = open_page(), texts("en")
    told: list[str] = []
    page.on(
        "console", lambda message: told.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: told.append(str(error)))
    page.reload()
    walk.through_all_steps(page, words, lambda _: None)
    walk.send(page, words)
    assert told == []


VOICES = """kind => {
  const voice = {name: "v", lang: "en-GB", localService: kind === "local"};
  speechSynthesis.getVoices = () => [voice];
}"""


@pytest.mark.parametrize(("kind", "buttons"), [("local", 1), ("network", 0)])
def test_only_a_voice_of_this_phone_reads_aloud(
    open_page: OpenPage, kind: str, buttons: int
) -> None:
    page = open_page()
    page.evaluate(VOICES, kind)
    walk.open_form(page)
    listen = page.get_by_role("button", name=texts("en")["ui.listen"], exact=True)
    assert listen.count() == buttons


def test_nothing_of_it_can_be_printed(open_page: OpenPage) -> None:
    page = open_page()
    page.emulate_media(media="print")
    assert not page.is_visible("body")


def test_help_comes_back_to_where_she_was(open_page: OpenPage) -> None:
    page, words = open_page(), texts("en")
    walk.open_form(page)
    walk.go_to_step(page, "what", words)
    page.fill("#q-4", walk.WORDS)
    page.click("#to-help")
    assert page.is_visible("#help")
    walk.press(page, words["nav.return"])
    assert page.input_value("#q-4") == walk.WORDS
