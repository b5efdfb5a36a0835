"""The constant headers and cookies of the desk, on open and locked pages alike."""

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.desk.locking import LOCKING

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PAGES = ("/", "/organisation", "/people", "/unlock", "/no-such-address", "/static/desk/desk.css")


@pytest.mark.parametrize("locked", [False, True])
def test_every_answer_has_the_constant_headers(
    locked: bool, open_desk: Founding, browser_of: Callable[[Staff], Client]
) -> None:
    browser = browser_of(open_desk.founder)
    LOCKING._ready = not locked

    for page in PAGES:
        answer = browser.get(page)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "page",
    [
        "/organisation",
        "/people",
        "/people/invite",
        "/account/second-factor/",
        "/account/second-factor/totp/activate/",
        "/account/second-factor/webauthn/add/",
        "/organisation/history",
    ],
)
def test_no_page_has_inline_script_or_style(
    page: str, open_desk: Founding, browser_of: Callable[[Staff], Client]
) -> None:
    text = browser_of(open_desk.founder).get(page).content.decode()

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert " src=" in script or 'type="application/json"' in script


def test_cookies_are_closed_to_scripts_and_other_sites(open_desk: Founding) -> None:
    browser = Client()
    browser.post("/unlock", {"passphrase": "apple river stone cloud paper lamp green"})

    for name in ("desk-session", "desk-csrf"):
        cookie = browser.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", "")


def test_a_foreign_host_is_refused(open_desk: Founding) -> None:
    for host in ("evil.example", "localhost.evil.example", ""):
        assert Client(SERVER_NAME=host).get("/unlock").status_code == 400


def test_djangos_own_checks_find_nothing() -> None:
    call_command("check", "--fail-level", "WARNING")


def test_a_zero_byte_in_a_report_never_reaches_a_page(
    open_desk: Founding, browser_of: Callable[[Staff], Client]
) -> None:
    carried = carry_report(open_desk, answers=[(4, "before\0after"), (17, "d")])
    carried.write(body={"text": "letter\0letter"})
    browser = browser_of(open_desk.founder)
    for page in ("/inbox", f"/reports/{carried.report.pk}", f"/mailboxes/{carried.box.pk}"):
        shown = browser.get(page).content
        assert b"\0" not in shown
        assert page == "/inbox" or "\ufffd".encode() in shown
