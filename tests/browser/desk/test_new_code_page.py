"""Each step of drawing a new receipt code passes axe, fits 360 pixels and breaks no policy."""

import pytest
from tests.browser.desk.conftest import OpenPage
from tests.browser.desk.house import Desk
from tests.browser.desk.test_accessible import look

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("kk", 360, "light"), ("ru", 360, "dark"), ("en", 1280, "light")],
)
def test_every_step_passes_axe(
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
    page.goto(reports["urgent"])
    page.goto(desk.origin + str(page.get_attribute(".page-head a.button", "href")))
    page.click("a[href$='/new-code']")
    found: list[str] = []

    def look_at(step: str) -> None:
        page.wait_for_selector(f"[data-step={step}]:not([hidden])")
        assert page.locator("[data-step]:not([hidden])").count() == 1
        found.extend(look(page))
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert sideways <= 0, step

    look_at("ask")
    page.check("input[name=reason][value=seen]")
    page.check("input[name=sure]")
    page.click("[data-draw]")
    look_at("draw")
    code = "".join(page.locator("[data-code] span").all_inner_texts())
    page.click("[data-written]")
    page.fill("#typed", "1")
    page.keyboard.press("Enter")
    look_at("type")
    page.fill("#typed", code)
    page.keyboard.press("Enter")
    look_at("bind")

    assert found == []
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []
