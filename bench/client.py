"""Sealing and sending a video in real Chromium: MB/s of the whole, of each phase, and memory.

Run alone: ``python -m bench.client [--megabytes 100]``. A megabyte is 10^6 bytes of content. *Bare*
is the same page sending as many random bytes to the same gate in the same parts with plain
``fetch``, one after the other, unsealed and unhashed. *Hash* is the first reading, *encrypt* the
whole sealed file of the same item without a line, its two readings and hashes in it. Each is the
best of three rounds; memory is the first round's. Nothing inspects the network: an inspector keeps
all that is sent.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, build_parser, show
from tests.browser.gate.organisation import free_port, make_organisation, running_gate
from tests.unit.client.bare_chromium import (
    BareChromium,
    WatchOfAll,
    forget_peak,
    peak_mib,
    resident_mib,
)
from tests.unit.client.conftest import BEGIN

ROUNDS = 3
MEGABYTE = 10**6
MOST_GROWTH_MIB = 120
PART_BYTES = 2 * 1024 * 1024

# What the bench asks of the page; all return milliseconds.
ASKED = """(() => {
  window.pick = document.createElement("input");
  pick.type = "file";
  document.body.append(pick);
  window.sendIt = async () => {
    const moments = {};
    const begin = performance.now();
    const part = partOf(null, pick.files[0]);
    await session.send(part, ({ phase, doneBytes, totalBytes }) => {
      if (phase === "reading" && doneBytes === totalBytes) moments.hash = performance.now() - begin;
    }).received;
    return { ...moments, whole: performance.now() - begin };
  };
  window.sealIt = async () => {
    const begin = performance.now();
    await session.saveSealedFile(partOf(null, pick.files[0]), () => {});
    return performance.now() - begin;
  };
  window.bare = async (size, partBytes) => {
    const text = (bytes) => btoa(String.fromCharCode(...bytes));
    const draft = text(crypto.getRandomValues(new Uint8Array(32)));
    const tus = { "Tus-Resumable": "1.0.0" };
    const metadata = `draft ${draft},member ${btoa("item-0000.age")}`;
    const data = new Uint8Array(partBytes);
    for (let at = 0; at < partBytes; at += 65_536) {
      crypto.getRandomValues(data.subarray(at, at + 65_536));
    }
    const begin = performance.now();
    const created = await fetch("/api/uploads", { method: "POST", headers: {
      ...tus, "Upload-Length": String(size), "Upload-Metadata": metadata,
    } });
    const path = created.headers.get("Location");
    for (let at = 0; at < size; at += partBytes) {
      const body = data.subarray(0, size - at);
      const answer = await fetch(path, { method: "PATCH", body, headers: {
        ...tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(at),
      } });
      if (answer.status !== 204) throw new Error(String(answer.status));
    }
    const milliseconds = performance.now() - begin;
    await fetch(path, { method: "DELETE", headers: tus });
    return milliseconds;
  };
})()"""


def measure(*, megabytes: int) -> Iterator[Figure]:
    """Send a random file from a page of its own and yield the figures."""
    with tempfile.TemporaryDirectory(prefix="aigaq-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        video = folder / "video.mp4"
        with video.open("wb") as writer:
            for _ in range(megabytes):
                writer.write(os.urandom(MEGABYTE))
        port = free_port()
        organisation = make_organisation(gate_origin=f"http://127.0.0.1:{port}")
        (folder / "gate").mkdir()
        with (
            running_gate(organisation, folder=folder / "gate", port=port) as origin,
            BareChromium(f"{origin}/") as phone,
        ):
            phone.wait_until("window.aigaqSealer !== undefined")
            phone.evaluate(f"({BEGIN})()")
            phone.evaluate(ASKED)
            phone.choose(video, element="pick")
            yield from _measure(phone, megabytes=megabytes)


def _measure(phone: BareChromium, *, megabytes: int) -> Iterator[Figure]:
    renderer = phone.renderer()
    before = resident_mib(renderer)
    forget_peak(renderer)
    with WatchOfAll(phone) as watch:
        sent = [phone.evaluate("sendIt()")]
    growth = peak_mib(renderer) - before
    sent += [phone.evaluate("sendIt()") for _ in range(ROUNDS - 1)]
    sealed = [phone.evaluate("sealIt()") for _ in range(ROUNDS)]
    size = megabytes * MEGABYTE
    with WatchOfAll(phone) as bare_watch:
        bare = [phone.evaluate(f"bare({size}, {PART_BYTES})")]
    bare += [phone.evaluate(f"bare({size}, {PART_BYTES})") for _ in range(ROUNDS - 1)]
    whole = _rate(megabytes, [one["whole"] for one in sent])
    alone = _rate(megabytes, bare)
    beside = f"bare fetch {alone:.1f} MB/s ({whole / alone:.2f} ×)"
    yield Figure(f"{megabytes} MB sealed and acknowledged", whole, "MB/s", beside=beside)
    yield Figure("hash: the first reading", _rate(megabytes, [one["hash"] for one in sent]), "MB/s")
    yield Figure("encrypt: both readings, no line", _rate(megabytes, sealed), "MB/s")
    yield Figure("upload: bare fetch of as many bytes", alone, "MB/s")
    yield Figure("memory grown in the page's process", growth, "MiB", MOST_GROWTH_MIB)
    yield Figure(
        "memory grown in all of the browser",
        watch.growth_mib,
        "MiB",
        MOST_GROWTH_MIB,
        beside=f"bare fetch {bare_watch.growth_mib:.0f} MiB",
    )


def _rate(megabytes: int, milliseconds: list[float]) -> float:
    return megabytes / min(milliseconds) * 1_000


def main() -> None:
    """Print the table."""
    parser = build_parser(__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    arguments = parser.parse_args()
    show(measure(megabytes=arguments.megabytes), as_json=arguments.json)


if __name__ == "__main__":
    main()
