"""One trial desk with three fictional reports, and one Chromium, for all tests of its pages."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.desk.house import WORDS, Desk, running_desk, seal_fictional_report

from aigaq.cli.sample_media import build_photo

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture(scope="session")
def reports(desk: Desk, chromium: Browser) -> dict[str, str]:
    """Carry three reports in through the page for files; give their addresses."""
    page = chromium.new_context(locale="en").new_page()
    enter(page, desk)
    addresses = {
        "urgent": carry_in(
            page,
            desk,
            answers=((1, "16_17"), (2, "relative"), (3, "no"), (4, WORDS), (10, "heard lawyer")),
            items=(
                ("IMG_1.jpg", "image/jpeg", build_photo()),
                ("../\u202egpj.exe", "application/x-thing", b"MZ fictional"),
            ),
        ),
        "kazakh": carry_in(page, desk, answers=((4, "Ойдан шығарылған."),), language="kk"),
        "silent": carry_in(page, desk, answers=(), items=(("a.txt", "text/plain", b"a"),)),
    }
    page.context.close()
    return addresses


def carry_in(
    page: Page,
    desk: Desk,
    *,
    answers: Sequence[tuple[int, str]],
    items: Sequence[tuple[str, str, bytes]] = (),
    language: str = "ru",
) -> str:
    """Seal a fictional report, take it in through the page for files, return its address."""
    file = seal_fictional_report(desk, answers=answers, items=items, language=language)
    page.goto(desk.origin + "/inbox/import")
    page.set_input_files(
        "input[type=file]",
        {"name": "backup-1234.tar", "mimeType": "application/x-tar", "buffer": file},
    )
    page.click("main form button")
    page.wait_for_url("**/reports/*")
    return page.url


@pytest.fixture
def open_page(desk: Desk, chromium: Browser) -> Iterator[OpenPage]:
    """Give a function that opens the desk in a browser of its own, signed in."""
    contexts = []

    def opened(*, language: str = "en", width: int = 1280, scheme: str = "light") -> Page:
        context = chromium.new_context(
            locale=language,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        page = context.new_page()
        enter(page, desk)
        if page.get_attribute("html", "lang") != language:
            # Whoever sits here chose another one in an earlier test, and it holds for the person.
            page.click(".menu summary")
            page.click(f".menu button[value={language}]")
            page.wait_for_selector(f"html[lang={language}]")
        return page

    yield opened
    for context in contexts:
        context.close()


def enter(page: Page, desk: Desk) -> None:
    """Open the desk and stand on *today*."""
    page.goto(desk.origin + "/today")
    if page.locator("input[type=password]").count():
        page.fill("input[type=password]", desk.passphrase)
        page.click("main form button")
    page.wait_for_selector("nav.rail")
