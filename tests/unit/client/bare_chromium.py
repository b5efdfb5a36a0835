"""Chromium as a phone has it: no inspector of the network, which keeps every body that was sent.

Playwright turns that inspector on in every page, and it copies and holds what a page uploads:
memory and speed of sending can only be measured without it. This speaks the same protocol over two
pipes and asks for nothing but evaluation and one chosen file. Memory in MiB.
"""

import contextlib
import fcntl
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--headless",
    "--remote-debugging-pipe",
    "--accept-lang=ru",
]
MESSAGE_END = b"\0"
LEAST_WORK_SECONDS = 0.1
SAMPLE_SECONDS = 0.05
BUSY = "(() => { const end = performance.now() + 400; while (performance.now() < end); })()"


class Refused(Exception):
    """Chromium's answer was an error; before a page is loaded most are."""


class BareChromium:
    """One page of a headless Chromium, at ``url``."""

    def __init__(self, url: str) -> None:
        self._profile = tempfile.mkdtemp(prefix="aigaq-chromium-", dir="/var/tmp")
        self._asked = 0
        self._session: str | None = None
        self._unread = b""
        self._start(
            ["/usr/bin/chromium", *ARGUMENTS, f"--user-data-dir={self._profile}", "about:blank"]
        )
        self._attach(url)

    def __enter__(self) -> "BareChromium":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._commands.close()
        self._process.terminate()
        self._process.wait(20)
        self._answers.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def evaluate(self, expression: str) -> Any:
        """Return the value of ``expression``, or of its promise."""
        answer = self._ask(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise Refused(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Wait until the page says that ``condition`` holds."""
        for _ in range(1_000):
            with contextlib.suppress(Refused):
                if self.evaluate(condition):
                    return
            time.sleep(0.02)
        raise TimeoutError(condition)

    def choose(self, file: Path, *, element: str) -> None:
        """Choose ``file`` in the file input that ``element`` evaluates to."""
        found = self._ask("Runtime.evaluate", expression=element)["result"]["objectId"]
        self._ask("DOM.setFileInputFiles", files=[str(file)], objectId=found)

    def renderer(self) -> psutil.Process:
        """Return the page's own process: the one that works when the page does."""
        for _ in range(20):
            before = self._renderers()
            self.evaluate(BUSY)
            after = self._renderers()
            worked = {one: seconds - before.get(one, seconds) for one, seconds in after.items()}
            busiest = max(worked, key=lambda one: worked[one])
            if worked[busiest] >= LEAST_WORK_SECONDS:
                return busiest
        raise TimeoutError("no renderer works when the page does")

    def processes(self) -> list[psutil.Process]:
        """Return the browser and all that it started: pages, network, graphics."""
        browser = psutil.Process(self._process.pid)
        return [browser, *browser.children(recursive=True)]

    def _renderers(self) -> dict[psutil.Process, float]:
        found = {}
        for one in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "--type=renderer" in one.cmdline():
                    found[one] = one.cpu_times().user
        return found

    def _start(self, command: list[str]) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Numbers far from 3 and 4, which are Chromium's for the two pipes.
        high = [fcntl.fcntl(one, fcntl.F_DUPFD, 100) for one in (theirs_in, theirs_out)]
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", f"exec {shlex.join(command)} 3<&{high[0]} 4>&{high[1]}"],
            pass_fds=high,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for one in (theirs_in, theirs_out, *high):
            os.close(one)
        self._commands = os.fdopen(ours_out, "wb", buffering=0)
        self._answers = os.fdopen(ours_in, "rb", buffering=0)

    def _attach(self, url: str) -> None:
        target = self._ask("Target.createTarget", url=url)["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        message: dict[str, Any] = {"id": self._asked, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + MESSAGE_END)
        while True:
            answer = self._read()
            if answer.get("id") == self._asked:
                if "error" in answer:
                    raise Refused(answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> dict[str, Any]:
        while MESSAGE_END not in self._unread:
            data = self._answers.read(65_536)
            if not data:
                raise AssertionError("Chromium has ended")
            self._unread += data
        text, _, self._unread = self._unread.partition(MESSAGE_END)
        message: dict[str, Any] = json.loads(text)
        return message


class WatchOfAll:
    """The most memory of its own that a browser holds, in all of its processes together.

    Sampled; pages of program files, which every Chromium on the machine shares, are left out.
    """

    def __init__(self, browser: BareChromium) -> None:
        self._browser = browser
        self._done = threading.Event()
        self._before = self._peak = self._now()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "WatchOfAll":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def growth_mib(self) -> float:
        """Return how far the peak was above what was held before."""
        return self._peak - self._before

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self._peak = max(self._peak, self._now())

    def _now(self) -> float:
        return sum(_own_mib(one) for one in self._browser.processes())


def _own_mib(process: psutil.Process) -> float:
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    kept = [line for line in lines if line.startswith(("RssAnon:", "RssShmem:"))]
    return sum(int(line.split()[1]) for line in kept) / 1024


def resident_mib(process: psutil.Process) -> float:
    """Return the memory that ``process`` holds now."""
    return float(process.memory_info().rss) / 2**20


def forget_peak(process: psutil.Process) -> None:
    """Let the kernel measure the peak from now on (proc(5), clear_refs)."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def peak_mib(process: psutil.Process) -> float:
    """Return the most memory that ``process`` held since `forget_peak`."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024
