"""Words that were typed and not sent outlive the lock, and lie in no browser."""

import pytest
from tests.browser.desk.conftest import OpenPage, enter
from tests.browser.desk.house import Desk

pytestmark = pytest.mark.browser
FIRST = "#id_q4"
WORDS = "Вымышленный рассказ, набранный наполовину"
STORED = "() => localStorage.length + sessionStorage.length"


def test_what_was_typed_comes_back_after_the_lock_and_can_be_thrown_away(
    desk: Desk, open_page: OpenPage
) -> None:
    page = open_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(desk.origin + "/inbox/new")
    page.fill("#id_told_by", "mother")
    # Locked at once: nothing waits for the pause in the typing.
    page.fill(FIRST, WORDS)
    with page.expect_request("**/drafts/new-report") as saved:
        page.click("#lock button")
    assert saved.value.method == "POST"
    page.wait_for_url("**/unlock*")
    assert page.evaluate(STORED) == 0

    enter(page, desk)
    page.goto(desk.origin + "/inbox/new")
    page.wait_for_selector("[data-draft] .notice")
    assert page.input_value(FIRST) == WORDS
    assert page.input_value("#id_told_by") == "mother"
    assert page.evaluate(STORED) == 0

    page.click("[data-draft-away]")
    page.wait_for_selector("[data-draft] .notice", state="hidden")
    assert page.input_value(FIRST) == ""
    page.goto(desk.origin + "/inbox/new")
    page.wait_for_load_state("networkidle")
    assert page.input_value(FIRST) == ""
    assert not page.is_visible("[data-draft] .notice")
    assert errors == []
