"""The reporter's page in real Chromium: bytes, requests, and seconds on a slow phone.

Run alone: ``python -m bench.page``. A trial's own gate serves its stamped pages on loopback. Bytes
are compressed bodies; what the heads of HTTP/1.1 add stands below them without a limit, since with
TLS and HTTP/2 they are said once and not four times. The slow phone is Chromium's own:
400 ms and 400 kbit/s both ways, a CPU six times slower; each figure is the median of five loads in
a browser that remembers nothing. *Usable* is the moment in which the first page's tiles take a tap,
*able to seal* the one in which the sealer has been made from a card that verified. Peers: measured
the same way in November 2026 (docs/explanation/peers.md).
"""

import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figures import Figure, build_parser, show
from playwright.sync_api import Browser, CDPSession, sync_playwright
from tests.browser.story.town import running_town
from tests.chromium import ARGUMENTS

LANGUAGES = ("kk", "ru", "en")
LOADS = 5
LATENCY_MS = 400
BYTES_A_SECOND = 400_000 / 8
CPU_SLOWDOWN = 6
FIRST_BYTES, FIRST_REQUESTS, ALL_BYTES, SECONDS = 25_000, 4, 100_000, 4.0
SEALER = "/a/seal."

# Notes when the tiles take a tap and when the sealer has been made.
WATCH = """(() => {
  window.moments = {};
  const note = (name) => { window.moments[name] ??= performance.now(); };
  let made;
  Object.defineProperty(window, "aigaqSealer", {
    configurable: true,
    get: () => made,
    set: (sealer) => {
      made = { ...sealer, create: (stamp) => {
        const result = sealer.create(stamp);
        note("sealing");
        return result;
      } };
    },
  });
  const look = () => {
    const tile = document.getElementById("go-tell");
    if (tile !== null && !tile.disabled) note("usable");
    else setTimeout(look, 10);
  };
  look();
})()"""


@dataclass
class Load:
    """One load of the page: bytes by path, and seconds until usable and able to seal."""

    body_bytes: dict[str, int] = field(default_factory=dict)
    wire_bytes: float = 0.0
    usable_seconds: float = 0.0
    sealing_seconds: float = 0.0

    def count_first(self) -> tuple[int, int]:
        """Return bytes and requests of the first page, without the sealer."""
        first = [size for path, size in self.body_bytes.items() if SEALER not in path]
        return sum(first), len(first)


def load_page(chromium: Browser, address: str, *, language: str, is_slow: bool) -> Load:
    """Load the page once in a new context."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 640}, extra_http_headers={"Accept-Language": language}
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    session = context.new_cdp_session(page)
    load = Load()
    _count_bytes(session, load, origin=address.rstrip("/"))
    if is_slow:
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        slow = {"latency": LATENCY_MS, "offline": False}
        speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
        session.send("Network.emulateNetworkConditions", slow | speed)
    page.goto(address)
    page.wait_for_function("window.moments.usable && window.moments.sealing", timeout=120_000)
    moments = page.evaluate("window.moments")
    load.usable_seconds = moments["usable"] / 1_000
    load.sealing_seconds = moments["sealing"] / 1_000
    context.close()
    return load


def _count_bytes(session: CDPSession, load: Load, *, origin: str) -> None:
    def answered(event: dict[str, Any]) -> None:
        response = event["response"]
        path = response["url"].removeprefix(origin)
        load.body_bytes[path] = int(response["headers"]["content-length"])

    def finished(event: dict[str, Any]) -> None:
        load.wire_bytes += event["encodedDataLength"]

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")


def measure() -> Iterator[Figure]:
    """Load the page of each language and yield the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_town(Path(folder)) as town,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for language in LANGUAGES:
            address = town.reporters_page
            yield from weigh(
                load_page(chromium, address, language=language, is_slow=False), language
            )
            loads = [
                load_page(chromium, address, language=language, is_slow=True) for _ in range(LOADS)
            ]
            yield from time_loads(loads, language)
        chromium.close()


def weigh(load: Load, language: str) -> Iterator[Figure]:
    """Yield bytes and requests of one load."""
    first, requests = load.count_first()
    yield Figure(
        f"{language}: first page, compressed",
        first / 1_000,
        "KB",
        FIRST_BYTES / 1_000,
        beside=_beside(first / 1_000, globaleaks=1_170, hush_line=278, unit="KB"),
    )
    yield Figure(
        f"{language}: requests of the first page",
        requests,
        "",
        FIRST_REQUESTS,
        beside=_beside(requests, globaleaks=16, hush_line=13, unit=""),
    )
    everything = sum(load.body_bytes.values())
    yield Figure(
        f"{language}: all that sealing needs, {len(load.body_bytes)} requests",
        everything / 1_000,
        "KB",
        ALL_BYTES / 1_000,
        beside=_beside(everything / 1_000, globaleaks=1_170, hush_line=278, unit="KB"),
    )
    yield Figure(f"{language}: the same with the heads of HTTP/1.1", load.wire_bytes / 1_000, "KB")


def time_loads(loads: list[Load], language: str) -> Iterator[Figure]:
    """Yield the medians of some slow loads."""
    usable = statistics.median(load.usable_seconds for load in loads)
    sealing = statistics.median(load.sealing_seconds for load in loads)
    yield Figure(
        f"{language}: usable on the slow phone",
        usable,
        "s",
        SECONDS,
        beside=_beside(usable, globaleaks=25, hush_line=2.1, unit="s"),
    )
    yield Figure(
        f"{language}: able to seal on the slow phone",
        sealing,
        "s",
        SECONDS,
        beside=_beside(sealing, globaleaks=25, hush_line=7.1, unit="s"),
    )


def _beside(measured: float, *, globaleaks: float, hush_line: float, unit: str) -> str:
    peers = (("GlobaLeaks", globaleaks), ("Hush Line", hush_line))
    texts = [f"{name} {value:,g} {unit}".strip() for name, value in peers]
    times = [f"{value / measured:.1f} ×" for _name, value in peers]
    return ", ".join(f"{text} ({ratio})" for text, ratio in zip(texts, times, strict=True))


def main() -> None:
    """Print the table."""
    arguments = build_parser(__doc__).parse_args()
    show(measure(), as_json=arguments.json)


if __name__ == "__main__":
    main()
