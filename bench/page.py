"""The reporter's page in real Chromium: bytes, requests, and seconds on a slow phone.

Run alone: ``python -m bench.page``. A trial's own gate serves its stamped pages on loopback. Bytes
are all that Chromium receives: heads of HTTP/1.1 and bodies, in brotli where the build made it and
in gzip otherwise. Beside them stands what a browser gets that takes gzip alone. The slow phone is
Chromium's own: 400 ms and 400 kbit/s both ways, a CPU six times slower; each figure is the median
of five loads in a browser that remembers nothing. *Usable* is the moment in which the first page's
tiles take a tap, *able to seal* the one in which the sealer has been made from a card that
verified. Peers: measured the same way in November 2026 (docs/explanation/peers.md).
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
DOCUMENT = "/"

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

    paths: dict[str, str] = field(default_factory=dict)
    wire_bytes: dict[str, float] = field(default_factory=dict)
    usable_seconds: float = 0.0
    sealing_seconds: float = 0.0


def load_page(
    chromium: Browser, address: str, *, language: str, is_slow: bool = False, encodings: str = ""
) -> Load:
    """Load the page once in a new context, with other ``encodings`` than Chromium's if any."""
    headers = {"Accept-Language": language}
    if encodings:
        headers["Accept-Encoding"] = encodings
    context = chromium.new_context(
        viewport={"width": 360, "height": 640}, extra_http_headers=headers
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
    page.wait_for_function("() => window.moments.usable && window.moments.sealing", timeout=120_000)
    moments = page.evaluate("window.moments")
    load.usable_seconds = moments["usable"] / 1_000
    load.sealing_seconds = moments["sealing"] / 1_000
    page.wait_for_load_state("networkidle")
    context.close()
    return load


def _count_bytes(session: CDPSession, load: Load, *, origin: str) -> None:
    def answered(event: dict[str, Any]) -> None:
        load.paths[event["requestId"]] = event["response"]["url"].removeprefix(origin)

    def finished(event: dict[str, Any]) -> None:
        load.wire_bytes[load.paths[event["requestId"]]] = event["encodedDataLength"]

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
            load = load_page(chromium, address, language=language)
            zipped = load_page(chromium, address, language=language, encodings="gzip")
            yield from weigh(load, zipped=zipped, language=language)
            loads = [
                load_page(chromium, address, language=language, is_slow=True) for _ in range(LOADS)
            ]
            yield from time_loads(loads, language)
        chromium.close()


def weigh(load: Load, *, zipped: Load, language: str) -> Iterator[Figure]:
    """Yield bytes and requests of one load, beside the same with gzip alone."""
    first = load.wire_bytes[DOCUMENT] / 1_000
    alone = f"gzip alone {zipped.wire_bytes[DOCUMENT] / 1_000:.1f} KB; "
    yield Figure(
        f"{language}: first page, heads and bodies",
        first,
        "KB",
        FIRST_BYTES / 1_000,
        beside=alone + _beside(first, globaleaks=1_170, hush_line=278, unit="KB"),
    )
    yield Figure(
        f"{language}: requests of the first page and of sealing",
        len(load.wire_bytes),
        "",
        FIRST_REQUESTS,
        beside=_beside(len(load.wire_bytes), globaleaks=16, hush_line=13, unit=""),
    )
    everything = sum(load.wire_bytes.values()) / 1_000
    alone = f"gzip alone {sum(zipped.wire_bytes.values()) / 1_000:.1f} KB; "
    yield Figure(
        f"{language}: all that sealing needs, heads and bodies",
        everything,
        "KB",
        ALL_BYTES / 1_000,
        beside=alone + _beside(everything, globaleaks=1_170, hush_line=278, unit="KB"),
    )


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
