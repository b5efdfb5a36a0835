"""A lost or seen receipt code is replaced at the desk, in each language, over a real gate.

The code is drawn in the desk's browser; its digits reach neither the desk's server nor its disk.
"""

import json
import re
import subprocess

import pytest
from playwright.sync_api import Page, Request, expect
from tests.browser.gate import walk
from tests.browser.gate.organisation import texts
from tests.browser.story.conftest import NewPhone
from tests.browser.story.test_story import come_back, enter_desk, look
from tests.browser.story.town import AIGAQ, Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LETTER = "A fictional letter after the new code."
LANGUAGES = ["kk", "ru", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lost_code_is_replaced_and_the_old_one_goes_dead(
    language: str, town: Town, new_phone: NewPhone
) -> None:
    old_code = tell_little(new_phone(language), town, language=language)
    town.ask_desk("pull")
    desk = open_page_for_a_new_code(new_phone(language), town)
    asked = note_requests(desk)

    new_code = draw(desk)
    desk.click("[data-step=bind] button.button-grave")
    desk.wait_for_url(re.compile(r"/mailboxes/[0-9a-f-]+$"))
    expect(desk.locator(".toasts")).to_be_visible()
    write(desk)
    town.ask_desk("pull")

    assert asked
    assert not [one for one in asked if holds(one, new_code) or holds(one, old_code)]
    assert read_kinds(town, code=new_code) == ["rebind", "text"]
    sees_nothing(new_phone(language), town, language=language, code=old_code)
    phone = new_phone(language)
    come_back(phone, town, language=language, code=new_code)
    expect(phone.locator("article.message")).to_contain_text(LETTER)


def test_digits_typed_from_a_wrong_paper_bind_nothing(town: Town, new_phone: NewPhone) -> None:
    tell_little(new_phone("en"), town, language="en")
    town.ask_desk("pull")
    desk = open_page_for_a_new_code(new_phone("en"), town)

    code = show(desk)
    desk.click("[data-written]")
    desk.fill("#typed", code[:-1])
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-fault=digits]")).to_be_visible()
    desk.fill("#typed", "0000 0000 0000 0000 0001" if code[0] != "0" else "1" * 19 + "4")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-step=bind]")).to_be_hidden()
    assert desk.input_value("[name=mailbox_key]") == ""

    desk.click("[data-step=type] [data-again]")
    assert code not in all_that_the_page_holds(desk)
    assert show(desk) != code


def test_nothing_is_bound_while_the_gate_does_not_answer_and_the_paper_stays_good(
    town: Town, new_phone: NewPhone
) -> None:
    tell_little(new_phone("en"), town, language="en")
    town.ask_desk("pull")
    desk = open_page_for_a_new_code(new_phone("en"), town)
    code = draw(desk)

    town.line.is_down = True
    desk.click("[data-step=bind] button.button-grave")
    expect(desk.locator("[role=alert].is-overdue")).to_be_visible()
    town.line.is_down = False
    desk.click("[data-step=bind] button.button-grave")
    desk.wait_for_url(re.compile(r"/mailboxes/[0-9a-f-]+$"))
    town.ask_desk("pull")

    assert read_kinds(town, code=code) == ["rebind"]


def tell_little(phone: Page, town: Town, *, language: str) -> str:
    """Send a report of a few fictional words; return its code."""
    words = texts(language)
    phone.goto(town.reporters_page)
    walk.open_form(phone)
    phone.check("input[value='18_24']")
    walk.go_to_step(phone, "what", words)
    phone.fill("#q-4", walk.WORDS)
    walk.go_to_step(phone, "code", words)
    code = walk.type_code_back(phone, words)
    walk.send(phone, words)
    phone.context.close()
    return code


def open_page_for_a_new_code(desk: Page, town: Town) -> Page:
    """From the newest report over its letters to the page that draws a code."""
    enter_desk(desk, town)
    desk.goto(f"{town.desk_page}/inbox?view=all")
    desk.locator("[data-row] a").first.click()
    desk.wait_for_url("**/reports/*")
    desk.click(".page-head a.button-main")
    desk.wait_for_url("**/mailboxes/*")
    desk.click("a[href$='/new-code']")
    desk.wait_for_url("**/new-code")
    look(desk)
    return desk


def note_requests(desk: Page) -> list[str]:
    """Address, headers and body of every request that this page makes from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.url}\n{request.headers}\n{request.post_data or ''}")

    desk.on("request", note)
    return asked


def show(desk: Page) -> str:
    """Say that it is surely the reporter, and have a code drawn; return what is shown."""
    desk.check("input[name=reason][value=lost]")
    desk.check("input[name=sure]")
    desk.click("[data-draw]")
    look(desk)
    code = "".join(desk.locator("[data-code] span").all_inner_texts())
    assert re.fullmatch("[0-9]{20}", code)
    return code


def draw(desk: Page) -> str:
    """Draw a code and type it back; the page holds it nowhere afterwards."""
    code = show(desk)
    desk.click("[data-written]")
    assert code not in all_that_the_page_holds(desk)
    look(desk)
    desk.fill("#typed", " ".join(code[i : i + 4] for i in range(0, 20, 4)))
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-step=bind]")).to_be_visible()
    look(desk)
    assert code not in all_that_the_page_holds(desk)
    return code


def all_that_the_page_holds(desk: Page) -> str:
    """Text, attributes, field values and storage, without spaces."""
    held: str = desk.evaluate(
        "() => [document.documentElement.outerHTML, location.href, document.cookie,"
        " ...[...document.querySelectorAll('input')].map(one => one.value),"
        " JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})].join('\\n')"
    )
    return re.sub(r"<[^>]*>|\s", "", held) + held


def holds(text: str, code: str) -> bool:
    """Tell whether any group of the code's own length stands in a request, however spaced."""
    return code[:19] in re.sub(r"[^0-9]", "", text)


def write(desk: Page) -> None:
    desk.fill("textarea[name=text]", LETTER)
    desk.click("form.card button.button-main")
    expect(desk.locator(".letters .from-desk").last).to_contain_text(LETTER)


def read_kinds(town: Town, *, code: str) -> list[str]:
    """What people wrote into the mailbox of a code, without confirming it.

    Proofs of the log come by themselves, when its next batch is public.
    """
    pinned = json.loads((town.home.locked / "gate.json").read_bytes())
    done = subprocess.run(
        [
            *(AIGAQ, "mailbox", "--gate", town.reporters_page.rstrip("/")),
            *("--root", pinned["root_key"], "--code", "-", "read", "--json"),
        ],
        input=f"{code}\n".encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    kinds = [one["kind"] for one in json.loads(done.stdout)["messages"]]
    return [kind for kind in kinds if kind != "proof"]


def sees_nothing(phone: Page, town: Town, *, language: str, code: str) -> None:
    """The old code answers as a code that nobody ever used."""
    words = texts(language)
    phone.goto(town.reporters_page)
    phone.click("#go-code")
    phone.fill("#code-typed", code)
    walk.press(phone, words["mail.open"])
    phone.get_by_text(words["mail.not_found"]).wait_for()
    assert phone.locator("article.message").count() == 0
    phone.context.close()
