"""P6: after *Exit* the browser's own folder holds no content, code, title or path of the pages."""

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Playwright
from tests.browser.gate import walk
from tests.browser.gate.organisation import texts
from tests.chromium import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.browser

EN = texts("en")


def _spellings(text: str) -> list[bytes]:
    return [text.encode(), text.encode("utf-16-le")]


def test_after_exit_the_profile_holds_no_word_code_title_or_path(
    playwright: Playwright, origin: str, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=ARGUMENTS, locale="en"
    )
    page = context.pages[0]
    page.goto(f"{origin}/")
    code = walk.through_all_steps(page, EN, lambda _: None)
    walk.send(page, EN)
    page.click("#exit")
    page.wait_for_timeout(3_000)
    context.close()

    grouped = " ".join(re.findall("....", code))
    told = [walk.WORDS, "сурет.jpg", code, grouped, EN["home.title"], EN["step.what"]]
    told += ["/a/main.", "/a/seal.", "/a/texts.", "/a/page.", "/api/uploads", "/api/reports"]
    told += ["Aigaq trial"]
    read = 0
    found: list[tuple[str, Path]] = []
    for path in profile.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            read += 1
            for one in told:
                if any(each in content for each in _spellings(one)):
                    found.append((one, path.relative_to(profile)))
    assert read > 10
    assert found == []

    with sqlite3.connect(profile / "Default" / "History") as history:
        visited = history.execute("SELECT url, title FROM urls").fetchall()
    ours = [row for row in visited if row[0].startswith(origin)]
    assert all(row in ((f"{origin}/", "Info"), (f"{origin}/", "")) for row in ours), ours
