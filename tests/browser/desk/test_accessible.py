"""Every page of daily work passes axe in kk, ru, en, light and dark, 360 px and wide.

WCAG 2.2 A and AA and axe's best practice; nothing scrolls sideways; nothing breaks the strict
policy (a violation would stand in the console).
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.browser.desk.conftest import OpenPage
from tests.browser.desk.house import Desk

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "/today",
    "/inbox",
    "/inbox?view=mine",
    "/inbox?number=99999",
    "/inbox/import",
    "/notices",
    "/people",
    "/organisation",
    "/organisation/history",
    "/organisation/second-place",
    "/organisation/letter",
    "/organisation/terms",
    "/due",
    "/collections",
    "/desk/styleguide",
)
LOOKS = (
    ("kk", 360, "light"),
    ("kk", 1280, "dark"),
    ("ru", 360, "dark"),
    ("ru", 1280, "light"),
    ("en", 360, "light"),
    ("en", 1280, "dark"),
)


def look(page: Page) -> list[str]:
    """Return what axe finds on the page from its top: the sticky bar may cover a scrolled one."""
    page.evaluate("scrollTo(0, 0)")
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [
        f"{page.url} {rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("language", "width", "scheme"), LOOKS)
def test_every_page_passes_axe(
    open_page: OpenPage,
    desk: Desk,
    reports: dict[str, str],
    language: str,
    width: int,
    scheme: str,
) -> None:
    page = open_page(language=language, width=width, scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    addresses = [desk.origin + path for path in PAGES] + list(reports.values())
    addresses += [reports["urgent"] + end for end in ("/evidence", "/export", "/consents")]
    page.goto(reports["urgent"])
    addresses.append(desk.origin + str(page.get_attribute(".page-head a.button", "href")))
    addresses += [
        desk.origin + str(link.get_attribute("href")) for link in page.locator(".files a").all()
    ]
    found = []
    for address in addresses:
        page.goto(address)
        assert page.get_attribute("html", "lang") == language
        found += look(page)
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{address} scrolls sideways by {sideways} px"] if sideways > 0 else []
    assert not found, "\n".join(found)
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []


def test_the_door_passes_axe(open_page: OpenPage, desk: Desk) -> None:
    page = open_page(language="kk", width=360)
    page.click("#lock button")
    page.wait_for_selector("input[type=password]")
    assert not look(page)


def test_every_control_is_at_least_44_px_high(open_page: OpenPage, desk: Desk) -> None:
    page = open_page(width=360)
    low = []
    for path in ("/today", "/inbox", "/desk/styleguide"):
        page.goto(desk.origin + path)
        low += page.evaluate(
            """() => [...document.querySelectorAll('.button, .rail a, .tabs a, .tile, .input')]
            .filter(one => one.offsetParent !== null && one.getBoundingClientRect().height < 44)
            .map(one => one.outerHTML.slice(0, 80))"""
        )
    assert low == []
