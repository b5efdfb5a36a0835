"""`make run` runs `aigaq up`: from nothing to an opened sample report, and again on the same home.

It needs the two ports of a trial, 8470 and 8471; only one such test runs at a time on a computer.
"""

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

START_SECONDS = 180
DESK = "http://127.0.0.1:8471"
GATE = "http://127.0.0.1:8470"
PASSPHRASE = re.compile(r"Passphrase\s+(\S[a-z ]+\S)")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def alone() -> Iterator[None]:
    """Wait until no other test on this computer uses the two ports."""
    with Path("/tmp/aigaq-test-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running_up(home: Path) -> Iterator[str]:
    """Run `aigaq up` as `make run` does, until it says what to try; give what it said."""
    environment = os.environ | {"AIGAQ_HOME": str(home)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    log = home.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "aigaq.cli", "up"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + START_SECONDS
        while "Try this" not in log.read_text() and process.poll() is None:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        assert process.poll() is None, log.read_text()
        yield log.read_text()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert process.returncode == 0, log.read_text()


def open_reports(said: str) -> list[str]:
    """Enter the desk with the passphrase that was printed; return the pages of all reports."""
    found = PASSPHRASE.search(said)
    assert found is not None, said
    with httpx.Client(
        base_url=DESK, trust_env=False, follow_redirects=True, verify=False
    ) as browser:
        page = browser.get("/unlock").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token.group(1), "passphrase": found.group(1)}
        browser.post("/unlock", data=form)
        addresses = set(re.findall(r"/reports/[0-9a-f-]{36}", browser.get("/inbox").text))
        return [browser.get(address).raise_for_status().text for address in sorted(addresses)]


def check_sample(said: str) -> None:
    """Exactly the sample is there, with its photo, its voice note and its video."""
    (report,) = open_reports(said)
    assert "/remove-sample" in report
    assert len(set(re.findall(r"/items/[0-9a-f-]{36}", report))) == 3


def test_an_empty_home_comes_to_an_opened_sample_report_and_so_does_the_second_run(
    alone: None, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with running_up(home) as said:
        assert "Founding a trial organisation" in said
        assert httpx.get(GATE, trust_env=False).status_code == 200
        check_sample(said)
    with running_up(home) as said:
        assert "Founding" not in said
        assert "Sealing and sending" not in said
        check_sample(said)
