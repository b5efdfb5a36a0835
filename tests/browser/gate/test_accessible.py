"""Every view, in each language, light and dark, at 360 px: axe finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.browser.gate import walk
from tests.browser.gate.conftest import OpenPage
from tests.browser.gate.organisation import texts

pytestmark = pytest.mark.browser

TAGS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class Looker:
    """Runs axe, and our own look at targets and overflow, on each view."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    def __call__(self, view: str) -> None:
        # The sticky bar covers whatever is scrolled under it; that is not what is looked at here.
        self.page.evaluate("window.scrollTo(0, 0)")
        results = Axe().run(self.page, options=TAGS)
        for fault in results.response["violations"]:
            nodes = "; ".join(str(node["html"])[:200] for node in fault["nodes"])
            self.faults.append(f"{view}: {fault['id']}: {nodes}")
        self.faults += [f"{view}: {fault}" for fault in self.page.evaluate(OWN_LOOK)]


OWN_LOOK = """() => {
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
  const targets = "button, a.exit, a.number, input[type=text], textarea, select, summary, .choice";
  for (const each of document.querySelectorAll(targets)) {
    const box = each.getBoundingClientRect();
    const small = box.width > 1 && (box.height < 43.5 || box.width < 43.5);
    if (small) faults.push(`small target: ${each.outerHTML.slice(0, 120)}`);
  }
  for (const each of document.querySelectorAll("input, textarea, select")) {
    const off = each.getAttribute("autocomplete") === "off" || each.type === "hidden";
    if (!off) faults.push(`autocomplete: ${each.outerHTML.slice(0, 120)}`);
  }
  if (document.title !== "Info") faults.push("title");
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_view_is_accessible(open_page: OpenPage, language: str, scheme: str) -> None:
    words = texts(language)
    page = open_page(language, scheme=scheme)
    look = Looker(page)
    code = walk.through_all_steps(page, words, look)
    walk.send(page, words)
    look("sent")
    page.click("#to-help")
    look("help")
    page.reload()
    page.click("#go-code")
    page.fill("#code-typed", "12")
    walk.press(page, words["mail.open"])
    look("code entry, wrong")
    page.fill("#code-typed", code)
    walk.press(page, words["mail.open"])
    page.wait_for_selector("#mail-words")
    page.click("details summary")
    look("mailbox")
    assert "\n".join(look.faults) == ""
