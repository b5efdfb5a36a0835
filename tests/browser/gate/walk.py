"""The way through the pages, as a reporter goes it; used by several tests."""

from collections.abc import Callable

from playwright.sync_api import Dialog, FilePayload, Page

STEPS = (
    "age",
    "you",
    "what",
    "where",
    "who",
    "wants",
    "contact",
    "sign",
    "consent",
    "files",
    "code",
    "review",
)
WORDS = "Fictional words for a test: last winter, near the river."


def title(page: Page) -> str:
    return page.locator("#view h1").inner_text()


def open_form(page: Page) -> None:
    page.click("#go-tell")
    page.click("#begin")


def press(page: Page, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).first.click()


def go_to_step(page: Page, step: str, texts: dict[str, str]) -> None:
    """From the first step onwards with *Continue* until ``step`` is shown."""
    for _ in STEPS:
        if title(page) == texts[f"step.{step}"]:
            return
        press(page, texts["nav.on"])
    raise AssertionError(step)


def shown_code(page: Page) -> str:
    return "".join(page.locator(".code-groups span").all_inner_texts())


def type_code_back(page: Page, texts: dict[str, str]) -> str:
    """On the code step: type the code back as shown; returns its digits."""
    page.wait_for_selector(".code-groups")
    code = shown_code(page)
    page.fill("#code-again", " ".join(code[i : i + 4] for i in range(0, len(code), 4)))
    press(page, texts["code.check"])
    page.wait_for_selector("dl.answers")
    return code


def through_all_steps(page: Page, texts: dict[str, str], look: Callable[[str], None]) -> str:
    """Answer a little on each step up to the review, ``look`` at each; returns the code."""
    look("home")
    page.click("#go-tell")
    look("before")
    page.click("#begin")
    page.check("input[value='16_17']")
    look("age")
    press(page, texts["nav.on"])
    page.check("input[value=survivor]")
    page.check("input[value=no]")
    look("you")
    press(page, texts["nav.on"])
    page.fill("#q-4", WORDS)
    look("what")
    for step in ("where", "who", "wants", "contact", "sign", "consent"):
        press(page, texts["nav.on"])
        if step == "wants":
            page.check("input[value=advice]")
            page.check("input[value=lawyer]")
        if step == "sign":
            page.check("input[value=c]")
        if step == "consent":
            page.locator("input[role=switch]").nth(2).check()
        look(step)
    press(page, texts["nav.on"])
    picture = FilePayload(name="сурет.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8 fictional")
    page.set_input_files("#files", picture)
    look("files")
    press(page, texts["nav.on"])
    page.wait_for_selector(".code-groups")
    look("code")
    code = type_code_back(page, texts)
    look("review")
    return code


def send(page: Page, texts: dict[str, str]) -> None:
    press(page, texts["review.send"])
    page.wait_for_function(
        "title => document.querySelector('#view h1').textContent === title", arg=texts["sent.title"]
    )


def note_dialogs(page: Page) -> list[str]:
    """Accept every dialog; the kinds of those that came stand in the list."""
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    return asked
