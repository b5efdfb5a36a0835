"""The first page: what is seen at once, what works without script, what it weighs."""

import pytest
from playwright.sync_api import Response, Route
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.organisation import SERVICES, texts

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


def test_three_requests_in_all_and_none_elsewhere(open_page: OpenPage, origin: str) -> None:
    page = open_page("ru")
    page.wait_for_load_state("networkidle")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.reload()
    page.wait_for_function("() => window.aigaqSealer !== undefined")
    page.wait_for_load_state("networkidle")
    paths = [answer.url.removeprefix(origin) for answer in answers]
    assert paths[0] == "/"
    assert sorted(paths[1:]) == ["/a/seal.js", "/a/texts.ru.json"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_light_with_the_heads_of_every_answer(
    open_page: OpenPage, origin: str, language: str
) -> None:
    """The budgets of DESIGN 6, of all bytes that Chromium received over HTTP/1.1."""
    page = open_page(language)
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    paths: dict[str, str] = {}
    received: dict[str, int] = {}
    session.on(
        "Network.responseReceived",
        lambda event: paths.update({event["requestId"]: event["response"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: received.update({paths[event["requestId"]]: event["encodedDataLength"]}),
    )
    session.send("Network.enable")
    page.reload()
    page.wait_for_function("() => window.aigaqSealer !== undefined")
    page.wait_for_load_state("networkidle")
    assert len(received) == 3
    assert 0 < received[f"{origin}/"] <= 25_000
    assert sum(received.values()) <= 100_000


def test_the_page_says_that_it_has_no_icon_to_ask_for(open_page: OpenPage) -> None:
    """Without that a browser asks for /favicon.ico, and gets 404 with a head of its own."""
    page = open_page()
    assert page.get_attribute("link[rel=icon]", "href") == "data:,"


INJECTED = """source => {
  window.ran = 0;
  const script = document.createElement("script");
  try {
    if (source.startsWith("/")) script.setAttribute("src", source);
    else script.append(source);
    document.head.append(script);
  } catch {}
  try {
    trustedTypes.createPolicy("sealer", { createScript: text => text });
    window.ran = 2;
  } catch {}
}"""


@pytest.mark.parametrize("source", ["window.ran = 1", "/a/main.js", "/a/seal.js"])
def test_no_script_runs_but_the_two_of_the_build(open_page: OpenPage, source: str) -> None:
    page = open_page()
    page.wait_for_function("() => window.aigaqSealer !== undefined")
    page.evaluate("() => { window.aigaqSealer = undefined; }")
    page.evaluate(INJECTED, source)
    page.wait_for_timeout(300)
    assert page.evaluate("() => [window.ran, window.aigaqSealer === undefined]") == [0, True]


def test_a_sealing_script_with_one_byte_changed_does_not_run(open_page: OpenPage) -> None:
    page = open_page()

    def alter(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + " ")

    page.route("**/a/seal.js", alter)
    page.reload()
    walk.open_form(page)
    told = texts("en")["error.bundle.sealer_not_loaded"]
    page.locator("main").get_by_text(told).wait_for()
    assert page.evaluate("() => window.aigaqSealer === undefined")


def test_texts_with_one_byte_changed_are_not_shown(open_page: OpenPage) -> None:
    page = open_page("en")
    page.route(
        "**/a/texts.kk.json",
        lambda route: route.fulfill(json={"home.title": "changed"}),
    )
    page.click("button[value=kk]")
    told = texts("en")["error.bundle.sealer_not_loaded"]
    page.wait_for_function("told => announce.textContent === told", arg=told)
    assert page.inner_text("#home-title") == texts("en")["home.title"]


def test_no_error_and_no_refused_policy_is_reported(open_page: OpenPage) -> None:
    page, words = open_page(), texts("en")
    told: list[str] = []
    page.on(
        "console",
        lambda message: told.append(message.text) if message.type in ("error", "warning") else None,
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
