"""Files leave as a package: chosen, made before one's eyes, saved, and checked as a court would.

A real gate and a real desk, on a phone's width in Kazakh. The log takes a batch when the gate
starts, so the gate is started anew once the report is there.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.desk.test_accessible import look
from tests.browser.story.town import _found, _running
from tests.flows.stage import Reporter, _answers, free_port, read_card, wait_for

from aigaq.cli.local_desk import ask_running_desk, is_running
from aigaq.cli.sample_media import build_photo
from aigaq.core.home import Home
from aigaq.sealing.encoding import decode_base64

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
NOTE = "Вымышленная записка, которая никуда не уходит.".encode()
LIMITS = "тек ойдан шығарылған адвокатқа"
WIDTH = 360


@dataclass(frozen=True)
class Hall:
    """Where the desk answers, and what opens it."""

    page: str
    passphrase: str


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Run a desk with one report, photo and note, that stands in the log of its gate."""
    gate_port, desk_port = free_port(), free_port()
    origin = f"http://127.0.0.1:{gate_port}"
    home = Home(tmp_path_factory.mktemp("hall") / "home")
    environment = os.environ | {"AIGAQ_HOME": str(home.folder)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    passphrase = _found(environment, origin=origin)
    root_key = str(json.loads((home.locked / "gate.json").read_bytes())["root_key"])
    gate = [
        *("gate", "serve", "--port", str(gate_port), "--root", root_key, "--reserve-mib", "1"),
        *("--card", str(home.gate / "card.json"), "--log-key", str(home.gate / "log.key")),
        *("--data", str(home.gate / "data"), "--bundle", str(home.gate / "bundle")),
    ]
    desk = ["desk", "serve", "--port", str(desk_port)]
    card = read_card(home.gate / "card.json", root_key=decode_base64(root_key))
    with _running(desk, environment=environment):
        wait_for(lambda: is_running(home))
        ask_running_desk(home, command="unlock", passphrase=passphrase)
        with _running(gate, environment=environment):
            wait_for(lambda: _answers(origin))
            reporter = Reporter(origin=origin, card=card)
            reporter.tell(
                items=[("IMG_1.jpg", "image/jpeg", build_photo()), ("a.txt", "text/plain", NOTE)],
                consents=(("keep", "team"), ("prove", "court")),
            )
            reporter.close()
            ask_running_desk(home, command="pull")
        with _running(gate, environment=environment):
            wait_for(lambda: _answers(origin))
            ask_running_desk(home, command="pull")
            yield Hall(f"http://127.0.0.1:{desk_port}", passphrase)


@pytest.fixture
def page(hall: Hall, chromium: Browser) -> Iterator[Page]:
    """Open the desk on a phone's width, and stand on the page of the one report."""
    context = chromium.new_context(viewport={"width": WIDTH, "height": 800}, locale="kk")
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(hall.page + "/today")
    page.fill("input[type=password]", hall.passphrase)
    page.click("main form button")
    page.wait_for_selector("nav.rail")
    page.goto(hall.page + "/inbox")
    page.click("tbody th a")
    page.wait_for_url("**/reports/*")
    yield page
    context.close()


def check_page(page: Page) -> None:
    assert look(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


def test_a_photo_leaves_as_a_package_and_a_consent_by_voice_is_given_and_taken_back(
    page: Page, hall: Hall, tmp_path: Path
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    report = page.url
    choose_the_photo(page)
    path = watch_and_save(page, tmp_path)
    check_what_a_court_finds(path)
    give_and_take_back_by_voice(page, report=report)
    page.goto(report)
    check_page(page)
    assert page.locator("a[href^='/exports/']").count() == 1
    assert [line for line in said if "Content Security Policy" in line or "Refused" in line] == []


def choose_the_photo(page: Page) -> None:
    page.click("a[href$='/export']")
    page.wait_for_url("**/export")
    check_page(page)
    assert page.locator("input[name=items]:checked").count() == 0
    page.click("main form .button-main")
    page.wait_for_selector("main form")  # Nothing is chosen: the browser or the desk says so.
    page.check("input[name=items] >> nth=0")
    page.fill("[name=recipient]", "Ойдан шығарылған сот")
    page.click("main form .button-main")
    page.wait_for_url("**/exports/*")


def watch_and_save(page: Page, folder: Path) -> Path:
    """The page goes on by itself until the package is there; nobody reloads it."""
    page.wait_for_selector("form[action$='/download'], .notice.is-overdue", timeout=300_000)
    check_page(page)
    assert page.locator("form[action$='/download']").count() == 1, page.inner_text("main")
    with page.expect_download() as saving:
        page.click("form[action$='/download'] button")
    path = folder / "package.zip"
    saving.value.save_as(path)
    return path


def check_what_a_court_finds(path: Path) -> None:
    command = [str(Path(sys.executable).with_name("aigaq-verify")), "package", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["verdict"] == "not_anchored", done.stdout
    with zipfile.ZipFile(path) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
    assert build_photo() in whole
    assert NOTE not in whole


def give_and_take_back_by_voice(page: Page, *, report: str) -> None:
    page.goto(report + "/export?for=represent")
    assert page.locator("[name=items]").count() == 0
    check_page(page)
    page.click("a[href$='/consents']")
    page.click("details.fold summary")
    check_page(page)
    page.check("[name=purpose][value=represent]")
    page.check("[name=scope][value=whole]")
    page.fill("[name=limits]", LIMITS)
    page.check("[name=how][value=phone]")
    page.click("main form .button-main")
    page.wait_for_selector(".toast")
    assert LIMITS in page.inner_text("main")
    check_page(page)
    page.goto(report + "/export?for=represent")
    assert page.locator("[name=items]:not([disabled])").count() == 2
    page.goto(report + "/consents")
    page.locator("a[href*='/withdraw']").last.click()
    check_page(page)
    page.check("[name=how][value=phone]")
    page.click("button.button-grave")
    page.wait_for_url("**/consents")
    check_page(page)
    page.goto(report + "/export?for=represent")
    assert page.locator("[name=items]").count() == 0
