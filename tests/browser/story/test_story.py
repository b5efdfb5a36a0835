"""The main job, once in each language: from a phone to the desk, back, and once more.

Small counts and full counts alike: a photo, a voice note and a video of 100 MB.
"""

import hashlib
import random
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect
from tests.browser.gate import walk
from tests.browser.gate.organisation import texts
from tests.browser.story.conftest import NewPhone
from tests.browser.story.town import Town

from aigaq.cli.sample_media import build_photo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

VIDEO_BYTES = 100_000_000
MP4_HEAD = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
CUTS = (3_000_000, 25_000_000, 40_000_000)
SENDING_MS = 300_000
QUIET_SIGN = "c"

STORIES = {
    "kk": "Ойдан шығарылған оқиға: өткен қыста, өзен жағасында, көк машина.",
    "ru": "Вымышленный рассказ: прошлой зимой, у реки, синяя машина.",
    "en": "A fictional story: last winter, by the river, a blue car.",
}
LETTERS = {
    "kk": "Хабарламаңызды оқыдық. Ойдан шығарылған жауап.",
    "ru": "Мы прочли сообщение. Вымышленный ответ.",
    "en": "We have read the report. A fictional answer.",
}
REPLIES = {"kk": "Рақмет, күтемін.", "ru": "Спасибо, буду ждать.", "en": "Thank you, I will wait."}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_report_goes_to_the_desk_and_answers_come_back(
    language: str, town: Town, new_phone: NewPhone, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "video.mp4", seed=language)
    photo = build_photo()

    phone = new_phone(language)
    code, voice_sha256 = tell(phone, town, language=language, photo=photo, video=video)
    send_through_a_breaking_line(phone, town, language=language)
    assert walk.shown_code(phone) == code
    phone.context.close()

    town.ask_desk("pull")
    desk = enter_desk(new_phone(language), town)
    open_newest_report(desk, words=STORIES[language])
    files = {
        hashlib.sha256(photo).hexdigest(),
        hashlib.sha256(video.read_bytes()).hexdigest(),
        voice_sha256,
    }
    assert hashes_of_all_files(desk) == files
    write_letter(desk, town, text=LETTERS[language])

    phone = new_phone(language)
    come_back(phone, town, language=language, code=code)
    read_and_answer(phone, language=language)

    town.ask_desk("pull")
    find_the_quiet_sign(desk, language=language)


def make_video(path: Path, *, seed: str) -> Path:
    """Write a file that begins like a video and goes on with noise."""
    noise = random.Random(seed).randbytes(VIDEO_BYTES - len(MP4_HEAD))
    path.write_bytes(MP4_HEAD + noise)
    return path


def look(page: Page) -> None:
    """Nothing may stick out at 360 pixels."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360, page.inner_text("main")[:200]


def tell(phone: Page, town: Town, *, language: str, photo: bytes, video: Path) -> tuple[str, str]:
    """Read, write, attach, record, keep the code; return it and the voice note's SHA-256."""
    words = texts(language)
    phone.goto(town.reporters_page)
    expect(phone.locator("html")).to_have_attribute("lang", language)
    look(phone)
    phone.click("#go-tell")
    look(phone)
    phone.click("#begin")
    phone.check("input[value='18_24']")
    walk.go_to_step(phone, "what", words)
    phone.fill("#q-4", STORIES[language])
    walk.go_to_step(phone, "sign", words)
    look(phone)
    phone.check(f"input[value={QUIET_SIGN}]")
    walk.go_to_step(phone, "files", words)
    phone.set_input_files("#files", FilePayload(name="1.jpg", mimeType="image/jpeg", buffer=photo))
    phone.set_input_files("#files", video)
    voice_sha256 = record_voice(phone, words)
    look(phone)
    walk.go_to_step(phone, "code", words)
    look(phone)
    code = walk.type_code_back(phone, words)
    look(phone)
    assert STORIES[language] in phone.inner_text("dl.answers")
    assert phone.locator("ol.words li").all_inner_texts() == town.fingerprint
    return code, voice_sha256


def record_voice(phone: Page, words: dict[str, str]) -> str:
    """Record from the made-up microphone; return the SHA-256 of what it gave."""
    files = phone.locator(".files > li")
    before = files.count()
    walk.press(phone, words["rec.voice"])
    phone.get_by_role("button", name=words["rec.stop"], exact=True).wait_for()
    phone.wait_for_timeout(1_500)
    walk.press(phone, words["rec.stop"])
    expect(files).to_have_count(before + 1)
    content = phone.evaluate(
        "async () => [...new Uint8Array(await new Blob(window.heard).arrayBuffer())]"
    )
    assert len(content) > 100
    return hashlib.sha256(bytes(content)).hexdigest()


def send_through_a_breaking_line(phone: Page, town: Town, *, language: str) -> None:
    """Send while the line is cut three times in mid-upload; wait for *received*."""
    words, cut_before = texts(language), town.line.made_cuts
    town.line.cut_after(*CUTS)
    walk.press(phone, words["review.send"])
    phone.get_by_text(words["send.waiting"].split("{")[0]).wait_for()
    look(phone)
    received = phone.get_by_role("heading", name=words["sent.title"], exact=True)
    received.wait_for(timeout=SENDING_MS)
    assert town.line.made_cuts == cut_before + len(CUTS)
    look(phone)


def enter_desk(page: Page, town: Town) -> Page:
    """Open the desk's page with the passphrase."""
    page.goto(f"{town.desk_page}/today")
    if page.locator("input[type=password]").count():
        page.fill("input[type=password]", town.passphrase)
        page.click("main form button")
    page.wait_for_selector("nav.rail")
    return page


def open_newest_report(desk: Page, *, words: str) -> None:
    """Find the report in the inbox by its words, and read it."""
    desk.goto(f"{_origin(desk)}/inbox")
    look(desk)
    desk.get_by_role("link", name=words).click()
    desk.wait_for_url("**/reports/*")
    expect(desk.locator(".answers")).to_contain_text(words)
    look(desk)


def _origin(page: Page) -> str:
    origin: str = page.evaluate("location.origin")
    return origin


def hashes_of_all_files(desk: Page) -> set[str]:
    """Return the SHA-256 that stands on the page of each file of the open report."""
    report = desk.url
    addresses = desk.locator(".files a").evaluate_all("links => links.map(each => each.href)")
    found = set()
    for address in addresses:
        desk.goto(address)
        look(desk)
        found.add(desk.locator("#facts + dl .hash").inner_text())
    desk.goto(report)
    return found


def write_letter(desk: Page, town: Town, *, text: str) -> None:
    """Write to the reporter through the page, and have the desk deliver it."""
    desk.click(".page-head a.button-main")
    desk.wait_for_url("**/mailboxes/*")
    look(desk)
    desk.fill("textarea[name=text]", text)
    desk.click("form.card button.button-main")
    expect(desk.locator(".letters .from-desk").last).to_contain_text(text)
    town.ask_desk("pull")


def come_back(phone: Page, town: Town, *, language: str, code: str) -> None:
    """Open the mailbox with the code, in a browser that knows nothing."""
    words = texts(language)
    phone.goto(town.reporters_page)
    phone.click("#go-code")
    phone.fill("#code-typed", code)
    walk.press(phone, words["mail.open"])
    phone.get_by_role("heading", name=words["mail.box"], exact=True).wait_for()
    look(phone)


def read_and_answer(phone: Page, *, language: str) -> None:
    """Read filed, safe and the letter; confirm them; write back with the quiet sign."""
    words = texts(language)
    shown = phone.inner_text("#view")
    for key in ("mail.received", "mail.filed", "mail.safe"):
        assert words[key] in shown, key
    expect(phone.locator("article.message")).to_contain_text(LETTERS[language])
    walk.press(phone, words["mail.confirm"])
    phone.get_by_text(words["mail.none"]).wait_for()
    phone.fill("#mail-words", REPLIES[language])
    phone.check(f"input[name=sign-text][value={QUIET_SIGN}]")
    walk.press(phone, words["mail.send"])
    phone.locator("#view").get_by_text(words["mail.sent"]).wait_for()
    assert REPLIES[language] not in phone.content()


def find_the_quiet_sign(desk: Page, *, language: str) -> None:
    """See the reply with its sign in the open mailbox, and that the letter was read."""
    desk.reload()
    reply = desk.locator(".letters .from-reporter").last
    expect(reply).to_contain_text(REPLIES[language])
    expect(reply.locator(".chip")).to_have_count(1)
    expect(desk.locator(".notice.is-overdue").first).to_be_visible()
    look(desk)
    desk.click("a.crumb")
    desk.wait_for_url(re.compile("/reports/"))
    expect(desk.locator(".notice.is-overdue").first).to_be_visible()
