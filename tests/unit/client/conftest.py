"""The built bundle in Chromium, a real gate behind a line that can be cut, and a desk."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.gate.organisation import (
    Organisation,
    free_port,
    make_organisation,
    running_gate,
)
from tests.unit.client.desk import Desk
from tests.unit.client.line import Line

# The sealer of the page, and what a test made with it.
BEGIN = """async () => {
  const stamp = JSON.parse(document.getElementById("stamp").textContent);
  const card = JSON.parse(stamp.card.split("\\n", 1)[0]);
  window.sealer = aigaqSealer.create({ rootKey: stamp.root_key, cardText: stamp.card, card });
  window.code = sealer.makeReceiptCode();
  window.session = await sealer.startReport(code);
  window.progress = [];
  window.partOf = (text, ...contents) => ({
    answers: text === null ? [] : [{ number: 3, value: text }],
    consents: [{ purpose: "lawyer", audience: "ours", items: null }],
    items: contents.map((content) => ({
      content, name: content.name ?? "voice", type: content.type, hiddenDetails: null,
      source: content instanceof File ? "chosen" : "recorded",
    })),
    language: "kk",
  });
  window.bytes = (size, seed) => {
    const data = new Uint8Array(size);
    let state = seed;
    for (let index = 0; index < size; index += 1) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      data[index] = state >>> 16;
    }
    return data;
  };
  window.fileOf = (size, seed) =>
    new File([bytes(size, seed)], "../né\\u202e.jpg", { type: "image/jpeg" });
  window.hashOf = async (data) =>
    Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
  window.sendPart = async (part) => {
    window.sending = session.send(part, (progress) => window.progress.push(progress));
    try {
      const { receiptFile, ...received } = await sending.received;
      return { ...received, receiptName: receiptFile.name, receipt: await receiptFile.blob.text() };
    } catch (error) {
      return { error: error.code ?? String(error), context: error.context };
    }
  };
}"""


@dataclass(frozen=True)
class World:
    """A phone's page (through the line), the organisation and its desk."""

    organisation: Organisation
    desk: Desk
    line: Line
    gate_folder: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    gate_port = free_port()
    line = Line(gate_port)
    line.open()
    organisation = make_organisation(gate_origin=f"http://127.0.0.1:{line.port}")
    folder: Path = tmp_path_factory.mktemp("gate")
    with running_gate(organisation, folder=folder, port=gate_port):
        yield World(organisation, Desk(organisation, gate_port), line, folder)
    line.close()


def wait_until(page: Page, condition: str) -> None:
    """Wait until ``condition`` holds; Playwright's own way needs the eval that we forbid."""
    for _ in range(1_000):
        if page.evaluate(f"() => {condition}"):
            return
        time.sleep(0.02)
    raise TimeoutError(condition)


@pytest.fixture
def phone(world: World, chromium: Browser) -> Iterator[Page]:
    """Return a page of the gate in which the sealer is there and a code was made."""
    context = chromium.new_context(extra_http_headers={"Accept-Language": "ru"})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{world.line.port}/")
    wait_until(page, "window.aigaqSealer !== undefined")
    page.evaluate(BEGIN)
    yield page
    context.close()
