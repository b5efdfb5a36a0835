"""The offline page on ``file://``, old browsers, and cards that are not to be trusted."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route
from tests.browser.gate.organisation import BUNDLE, make_organisation
from tests.unit.client.conftest import BEGIN, World, wait_until
from tests.unit.client.desk import Desk, content_of

from aigaq.sealing.bundle import stamp_bundle
from aigaq.sealing.errors import SealingError
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.receipts import build_promise, parse_promise
from aigaq.sealing.signatures import public_bytes

pytestmark = pytest.mark.browser

SAVE = """async (part) => {
  const saved = await session.saveSealedFile(part, (progress) => window.progress.push(progress));
  const data = new Uint8Array(await saved.blob.arrayBuffer());
  let text = "";
  for (let start = 0; start < data.length; start += 8192) {
    text += String.fromCharCode(...data.subarray(start, start + 8192));
  }
  return { name: saved.name, data: btoa(text) };
}"""


@pytest.fixture
def stamped(world: World, tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    stamp_bundle(
        BUNDLE,
        folder,
        root_key=public_bytes(world.organisation.root),
        card=world.organisation.signed_card(),
    )
    return folder


@pytest.fixture
def offline(stamped: Path, chromium: Browser) -> Iterator[Page]:
    """Return the offline page, opened from a folder, in a browser without a network."""
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto((stamped / "offline.kk.html").as_uri())
    wait_until(page, "window.aigaqSealer !== undefined")
    page.evaluate(BEGIN)
    yield page
    context.close()


def test_the_offline_page_seals_a_file_that_the_desk_opens(offline: Page, world: World) -> None:
    saved = offline.evaluate(
        SAVE.replace("(part)", "()").replace(
            "(part,", "(partOf('айғақ', new Blob([bytes(200_000, 5)])),"
        )
    )
    assert re.fullmatch(r"backup-\d{4}\.tar", saved["name"])
    report = world.desk.open_tar(base64.b64decode(saved["data"]))
    assert report.manifest is not None
    assert report.manifest.answers[0].value == "айғақ"
    given = bytes(offline.evaluate("() => hashOf(bytes(200_000, 5))"))
    assert hashlib.sha256(content_of(report, 0)).digest() == given


def test_the_offline_page_asks_for_nothing_and_breaks_no_policy(
    stamped: Path, chromium: Browser
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = (stamped / "offline.ru.html").as_uri()
    page.goto(address)
    wait_until(page, "window.aigaqSealer !== undefined")
    context.close()
    assert (asked, said) == ([address], [])


def test_the_offline_page_puts_nothing_into_storage(offline: Page) -> None:
    offline.evaluate(SAVE.replace("(part)", "()").replace("(part,", "(partOf('canary'),"))
    kept = offline.evaluate(
        "() => [localStorage.length, sessionStorage.length, document.cookie, location.hash]"
    )
    assert kept == [0, 0, "", ""]


def test_without_web_assembly_the_same_code_gives_the_same_keys(
    world: World, chromium: Browser
) -> None:
    """Old Android views refuse WebAssembly under our policy; Apple's lockdown mode always does."""
    names = []
    for has_wasm in (True, False):
        context = chromium.new_context()
        page = context.new_page()
        if not has_wasm:
            page.add_init_script("delete globalThis.WebAssembly;")
        page.goto(f"http://127.0.0.1:{world.line.port}/")
        wait_until(page, "window.aigaqSealer !== undefined")
        page.evaluate(BEGIN)
        received = page.evaluate(
            """async () => {
              window.session = await sealer.startReport("00000000000000000006");
              return sendPart(partOf("x", new Blob([bytes(70_000, 1)])));
            }"""
        )
        report = world.desk.open(received["reportId"])
        assert report.manifest is not None
        names.append((report.manifest.mailbox_key, report.manifest.mailbox_recipient))
        assert len(content_of(report, 0)) == 70_000
        context.close()
    assert names[0] == names[1]


def test_a_card_of_another_root_is_not_trusted(phone: Page, world: World) -> None:
    other = make_organisation(gate_origin=world.organisation.card.gate_origin)
    code = phone.evaluate(
        """([rootKey, cardText]) => {
          try { aigaqSealer.create({ rootKey, cardText, card: {} }); } catch (e) { return e.code; }
          return null;
        }""",
        [
            base64.b64encode(public_bytes(world.organisation.root)).decode(),
            other.signed_card().decode(),
        ],
    )
    assert code == "card.other_root"


def test_a_promise_under_another_log_key_is_not_called_received(phone: Page, world: World) -> None:
    other = make_organisation(gate_origin=world.organisation.card.gate_origin)

    def change(route: Route) -> None:
        answer = route.fetch()
        signed = parse_promise(
            answer.json()["promise"], log_key=public_bytes(world.organisation.log)
        )
        route.fulfill(response=answer, json={"promise": build_promise(signed, log_key=other.log)})

    phone.route("**/api/reports", change)
    assert phone.evaluate("() => sendPart(partOf('x'))")["error"] == "promise.refused"


def test_the_fingerprint_is_the_one_that_python_shows(phone: Page, world: World) -> None:
    shown = phone.evaluate("() => sealer.fingerprint.map(({word, digits}) => `${word} ${digits}`)")
    assert " · ".join(shown) == format_fingerprint(public_bytes(world.organisation.root))


def test_codes_are_drawn_evenly(phone: Page) -> None:
    codes = phone.evaluate("() => Array.from({length: 2000}, () => sealer.makeReceiptCode())")
    assert len(set(codes)) == 2_000
    digits = "".join(code[:19] for code in codes)
    expected = len(digits) / 10
    squares = sum((digits.count(str(d)) - expected) ** 2 / expected for d in range(10))
    assert squares < 40  # Chance of more, with 9 degrees of freedom: 8 in a million.


def test_the_desk_of_another_team_cannot_open_what_was_saved(offline: Page, world: World) -> None:
    saved = offline.evaluate(SAVE.replace("(part)", "()").replace("(part,", "(partOf('x'),"))
    stranger = make_organisation(gate_origin=world.organisation.card.gate_origin)
    with pytest.raises(SealingError) as caught:
        Desk(stranger, 0).open_tar(base64.b64decode(saved["data"]))
    assert caught.value.code == "report.not_for_us"
