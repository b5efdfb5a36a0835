"""One fictional organisation, its gate and one Chromium for all tests of the reporters' pages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.gate.organisation import (
    EXIT_URL,
    Organisation,
    free_port,
    make_organisation,
    running_gate,
)

NEUTRAL = "<!doctype html><title>Weather</title><p>Weather"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def organisation_and_origin(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Organisation, str]]:
    port = free_port()
    organisation = make_organisation(gate_origin=f"http://127.0.0.1:{port}")
    folder: Path = tmp_path_factory.mktemp("gate")
    with running_gate(organisation, folder=folder, port=port) as origin:
        yield organisation, origin


@pytest.fixture(scope="session")
def origin(organisation_and_origin: tuple[Organisation, str]) -> str:
    return organisation_and_origin[1]


@pytest.fixture(scope="session")
def organisation(organisation_and_origin: tuple[Organisation, str]) -> Organisation:
    return organisation_and_origin[0]


@pytest.fixture
def open_page(chromium: Browser, origin: str) -> Iterator[OpenPage]:
    """Open the pages in a context of their own: language, colours, width, script or none."""
    contexts = []

    def open_one(
        language: str = "en", *, scheme: str = "light", width: int = 360, scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 640},
            color_scheme="dark" if scheme == "dark" else "light",
            extra_http_headers={"Accept-Language": language},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.route(
            f"{EXIT_URL}**", lambda route: route.fulfill(body=NEUTRAL, content_type="text/html")
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{origin}/")
        return page

    yield open_one
    for context in contexts:
        context.close()
