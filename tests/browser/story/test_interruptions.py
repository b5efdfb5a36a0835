"""What breaks in the middle is said clearly, and what was acknowledged stays.

Small counts: 200 files in one report. Full counts: 10,000.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.gate import walk
from tests.browser.gate.organisation import texts
from tests.browser.story.conftest import NewPhone
from tests.browser.story.test_story import come_back, enter_desk
from tests.browser.story.town import Town
from tests.flows.stage import ROUNDS_FULL

pytestmark = [pytest.mark.browser, pytest.mark.timeout(3_600 if ROUNDS_FULL else 300)]

EN = texts("en")
FILES = 10_000 if ROUNDS_FULL else 200
FILE_BYTES = 12_000_000
PARTS = "**/api/uploads/*"


def _open_form(phone: Page, town: Town) -> None:
    phone.goto(town.reporters_page)
    walk.open_form(phone)


def _attach(phone: Page, file: Path) -> str:
    """Attach a file, keep the code and stand on the review; return the code."""
    file.write_bytes(bytes(FILE_BYTES))
    walk.go_to_step(phone, "files", EN)
    phone.set_input_files("#files", file)
    walk.go_to_step(phone, "code", EN)
    return walk.type_code_back(phone, EN)


def _begin_sending(phone: Page, town: Town) -> None:
    """Press *Send* and have the line break in mid-upload; no part gets through until `_mend`."""
    phone.route(PARTS, lambda route: route.fallback() if town.line.cuts else route.abort())
    town.line.cut_after(1_000_000)
    walk.press(phone, EN["review.send"])
    phone.get_by_text(EN["send.waiting"].split("{")[0]).wait_for()


def _mend(phone: Page) -> None:
    phone.unroute(PARTS)


def _watch_completion(phone: Page) -> list[str]:
    """Return a list that gets an entry when the phone asks the gate to make a report of it."""
    asked: list[str] = []
    phone.on(
        "request",
        lambda request: asked.append(request.url) if request.url.endswith("/api/reports") else None,
    )
    return asked


def test_a_file_that_changes_before_it_is_sent_is_named_and_can_be_left_out(
    town: Town, new_phone: NewPhone, tmp_path: Path
) -> None:
    phone = new_phone("en")
    completed = _watch_completion(phone)
    _open_form(phone, town)
    walk.go_to_step(phone, "what", EN)
    phone.fill("#q-4", walk.WORDS)
    _attach(phone, tmp_path / "1.mp4")
    (tmp_path / "1.mp4").write_bytes(bytes(FILE_BYTES // 2))
    walk.press(phone, EN["review.send"])
    phone.get_by_role("heading", name=EN["error.title"], exact=True).wait_for()
    assert "1.mp4" in phone.inner_text("#view .notice.error")
    assert completed == []

    walk.press(phone, EN["nav.to_review"])
    phone.get_by_role(
        "button", name=EN["review.change"].replace("{what}", EN["review.files"])
    ).click()
    phone.locator(".files li button").click()
    walk.press(phone, EN["nav.to_review"])
    walk.send(phone, EN)
    assert len(completed) == 1


def test_a_file_that_changes_while_it_is_sent_makes_no_report(
    town: Town, new_phone: NewPhone, tmp_path: Path
) -> None:
    phone = new_phone("en")
    completed = _watch_completion(phone)
    _open_form(phone, town)
    _attach(phone, tmp_path / "2.mp4")
    _begin_sending(phone, town)
    (tmp_path / "2.mp4").write_bytes(b"\x01" * FILE_BYTES)
    _mend(phone)
    phone.get_by_role("heading", name=EN["error.title"], exact=True).wait_for()
    assert "2.mp4" in phone.inner_text("#view .notice.error")
    assert completed == []


def test_a_reload_in_mid_upload_asks_first_and_loses_nothing_that_was_received(
    town: Town, new_phone: NewPhone, tmp_path: Path
) -> None:
    phone = new_phone("en")
    asked = walk.note_dialogs(phone)
    _open_form(phone, town)
    walk.go_to_step(phone, "what", EN)
    phone.fill("#q-4", walk.WORDS)
    walk.go_to_step(phone, "code", EN)
    code = walk.type_code_back(phone, EN)
    walk.press(phone, EN["review.send_part"])
    phone.get_by_role("heading", name=EN["sent.title"], exact=True).wait_for()
    walk.press(phone, EN["sent.more"])
    walk.go_to_step(phone, "files", EN)
    (tmp_path / "3.mp4").write_bytes(bytes(FILE_BYTES))
    phone.set_input_files("#files", tmp_path / "3.mp4")
    walk.press(phone, EN["nav.finish"])
    _begin_sending(phone, town)
    phone.reload()
    assert asked == ["beforeunload"]
    phone.get_by_text(EN["leave.gone"]).wait_for()

    town.ask_desk("pull")
    come_back(phone, town, language="en", code=code)
    assert EN["mail.filed"] in phone.inner_text("#view")


def test_a_report_of_very_many_files_arrives_whole(town: Town, new_phone: NewPhone) -> None:
    phone = new_phone("en")
    _open_form(phone, town)
    walk.go_to_step(phone, "files", EN)
    phone.evaluate(
        """(count) => {
          const files = new DataTransfer();
          for (let n = 0; n < count; n++) files.items.add(new File([`${n}`], `${n}.txt`));
          const input = document.getElementById("files");
          input.files = files.files;
          input.dispatchEvent(new Event("change"));
        }""",
        FILES,
    )
    walk.go_to_step(phone, "code", EN)
    walk.type_code_back(phone, EN)
    phone.set_default_timeout(3_600_000 if ROUNDS_FULL else 120_000)
    walk.send(phone, EN)
    # A desk locks itself after a quarter of an hour.
    town.ask_desk("unlock", passphrase=town.passphrase)
    town.ask_desk("pull", answer_seconds=3_600.0)
    desk = enter_desk(new_phone("en"), town)
    desk.goto(f"{town.desk_page}/inbox")
    expect(desk.locator("[data-row]").filter(has_text=f"{FILES} files")).to_have_count(1)
