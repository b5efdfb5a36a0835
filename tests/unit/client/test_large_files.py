"""A large file is sealed and sent in memory that does not grow with it.

A random file in the real page, without the inspector that would keep what is sent, to a real gate:
the peak of the page's process, as the kernel counts it, and that of all the browser's processes
together stay within a constant of what was held before (DESIGN: 120 MB). What a bare ``fetch`` of
as many bytes holds, `bench/client.py` prints beside it.
`AIGAQ_ROUNDS=small`: 100 MB, `full`: 100 MB and 1 GB.
"""

import hashlib
import os
from pathlib import Path

import pytest
from tests.browser.gate.organisation import free_port, make_organisation, running_gate
from tests.unit.client.bare_chromium import (
    BareChromium,
    WatchOfAll,
    forget_peak,
    peak_mib,
    resident_mib,
)
from tests.unit.client.conftest import BEGIN
from tests.unit.client.desk import Desk, content_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MEGABYTE = 10**6
MOST_GROWTH_MIB = 120
MEGABYTES = [100, 1_000] if os.environ.get("AIGAQ_ROUNDS") == "full" else [100]
PICK = """(() => {
  window.pick = document.createElement("input");
  pick.type = "file";
  document.body.append(pick);
})()"""


def write_random(file: Path, *, megabytes: int) -> str:
    """Write ``megabytes`` of random bytes; return their SHA-256 in hex."""
    running = hashlib.sha256()
    with file.open("wb") as writer:
        for _ in range(megabytes):
            piece = os.urandom(MEGABYTE)
            running.update(piece)
            writer.write(piece)
    return running.hexdigest()


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("megabytes", MEGABYTES)
def test_a_large_file_needs_no_more_memory_than_a_small_one(megabytes: int, tmp_path: Path) -> None:
    digest = write_random(tmp_path / "video.mp4", megabytes=megabytes)
    port = free_port()
    organisation = make_organisation(gate_origin=f"http://127.0.0.1:{port}")
    gate = tmp_path / "gate"
    gate.mkdir()
    with (
        running_gate(organisation, folder=gate, port=port) as origin,
        BareChromium(f"{origin}/") as phone,
    ):
        phone.wait_until("window.aigaqSealer !== undefined")
        phone.evaluate(f"({BEGIN})()")
        phone.evaluate(PICK)
        phone.choose(tmp_path / "video.mp4", element="pick")
        renderer = phone.renderer()
        before = resident_mib(renderer)
        forget_peak(renderer)
        with WatchOfAll(phone) as watch:
            received = phone.evaluate("sendPart(partOf(null, pick.files[0]))")
        growth = peak_mib(renderer) - before
        assert "reportId" in received, received
        report = Desk(organisation, port).open(received["reportId"])
        assert report.manifest is not None
        assert report.manifest.items[0].sha256.hex() == digest
        if megabytes == min(MEGABYTES):
            assert hashlib.sha256(content_of(report, 0)).hexdigest() == digest
    assert growth <= MOST_GROWTH_MIB
    assert watch.growth_mib <= MOST_GROWTH_MIB
