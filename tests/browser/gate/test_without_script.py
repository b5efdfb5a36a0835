"""The two other ways: the form without script, and the page that came as a file."""

import re
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.desk import Desk
from tests.browser.gate.organisation import Organisation, texts
from tests.browser.gate.test_accessible import OWN_LOOK, TAGS

pytestmark = pytest.mark.browser

LANGUAGES = ("kk", "ru", "en")
# The gate takes a form token only two seconds after it made it (spec/gate-api.md).
TOKEN_RIPENS_MS = 2_500


def _open_plain_form(page: Page, language: str) -> dict[str, str]:
    words = texts(language)
    page.get_by_role("button", name=words["nojs.go"]).click()
    page.get_by_role("heading", name=words["plain.title"]).wait_for()
    return words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plain_form_warns_sends_and_shows_its_code_once(
    open_page: OpenPage, organisation: Organisation, origin: str, language: str
) -> None:
    page = open_page(language, scripts=False)
    words = _open_plain_form(page, language)
    form = page.inner_text("main")
    assert form.index(words["plain.warning"]) < form.index(words["q.age_band.label"])
    page.fill("#q4", walk.WORDS)
    page.check("input[name=q2][value=relative]")
    page.wait_for_timeout(TOKEN_RIPENS_MS)
    page.get_by_role("button", name=words["plain.send"], exact=True).click()
    page.get_by_role("heading", name=words["plain.code_title"]).wait_for()
    assert re.fullmatch(r"\d{24}", walk.shown_code(page))
    manifest = Desk(organisation, origin).pull_newest()
    answers = {answer["number"]: answer["value"] for answer in manifest["answers"]}
    assert answers == {2: "relative", 4: walk.WORDS}


def test_a_code_of_the_plain_form_opens_a_mailbox_that_says_who_knew_it(
    open_page: OpenPage,
) -> None:
    plain = open_page("en", scripts=False)
    words = _open_plain_form(plain, "en")
    plain.fill("#q4", walk.WORDS)
    plain.wait_for_timeout(TOKEN_RIPENS_MS)
    plain.get_by_role("button", name=words["plain.send"], exact=True).click()
    plain.wait_for_selector(".code-groups")
    page = open_page("en")
    page.click("#go-code")
    page.fill("#code-typed", walk.shown_code(plain))
    walk.press(page, words["mail.open"])
    page.get_by_text(words["mail.server_knew"]).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plain_form_is_accessible(
    chromium: Browser, origin: str, language: str, scheme: str
) -> None:
    """With script on, since axe is one; the form is asked for as a browser without script does."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(origin)
    page.evaluate(
        """language => {
          const form = document.createElement("form");
          form.method = "post";
          form.action = "/plain";
          form.enctype = "multipart/form-data";
          const field = document.createElement("input");
          field.name = "language";
          field.value = language;
          form.append(field);
          document.body.append(form);
          form.submit();
        }""",
        language,
    )
    page.wait_for_selector("#q4")
    faults = [fault["id"] for fault in Axe().run(page, options=TAGS).response["violations"]]
    assert faults + page.evaluate(OWN_LOOK) == []
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_that_came_as_a_file_seals_without_any_line(
    chromium: Browser, origin: str, tmp_path: Path, language: str
) -> None:
    with urllib.request.urlopen(f"{origin}/offline.{language}.html") as answer:
        (tmp_path / "page.html").write_bytes(answer.read())
    words = texts(language)
    context = chromium.new_context(offline=True, viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(f"file://{tmp_path}/page.html")
    assert words["offline.notice"] in page.inner_text("#home")
    walk.open_form(page)
    walk.go_to_step(page, "what", words)
    page.fill("#q-4", walk.WORDS)
    walk.go_to_step(page, "code", words)
    walk.type_code_back(page, words)
    assert page.get_by_role("button", name=words["review.send"], exact=True).count() == 0
    with page.expect_download() as saved:
        walk.press(page, words["review.file"])
    assert re.fullmatch(r"backup-\d{4}\.tar", saved.value.suggested_filename)
    context.close()
