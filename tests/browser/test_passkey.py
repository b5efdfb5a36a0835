"""A colleague is invited, adds a passkey under the strict policy, and signs in with it alone."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.desk.conftest import enter
from tests.browser.desk.house import Desk, running_desk

pytestmark = pytest.mark.browser
PASSWORD = "quiet lamp under seven hills"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        # A passkey belongs to a name; no browser takes an address of digits for one.
        yield replace(running, origin=running.origin.replace("127.0.0.1", "localhost"))


def invite(page: Page, desk: Desk) -> str:
    """Give the founder a sign-in, invite a caseworker, and return the one-time link."""
    page.goto(desk.origin + "/people/invite")
    page.fill("[name=username]", "aigul")
    page.fill("[name=password]", PASSWORD)
    page.click("main form .button-main")
    page.fill("[name=display_name]", "Ерлан")
    page.check("[value=caseworker]")
    page.click("main form .button-main")
    return page.locator("main input[readonly]").input_value()


def fill_sign_in(page: Page, *, name_field: str) -> None:
    page.fill(f"[name={name_field}]", "erlan")
    page.fill("[name=password]", PASSWORD)
    page.click("main form .button-main")


def test_a_passkey_is_added_and_opens_the_desk_under_the_strict_policy(
    desk: Desk, chromium: Browser
) -> None:
    founder = chromium.new_context(locale="en").new_page()
    enter(founder, desk)
    link = invite(founder, desk)
    guest = chromium.new_context(locale="en").new_page()
    faults: list[str] = []
    guest.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    guest.on("pageerror", lambda error: faults.append(str(error)))
    session = guest.context.new_cdp_session(guest)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    guest.goto(link)
    fill_sign_in(guest, name_field="username")
    fill_sign_in(guest, name_field="login")
    guest.wait_for_url("**/account/second-factor/")
    guest.goto(desk.origin + "/account/second-factor/webauthn/add/")
    guest.fill("[name=name]", "phone")
    guest.check("[name=passwordless]")
    guest.click("#mfa_webauthn_add")
    guest.wait_for_url("**/recovery-codes/")
    assert guest.locator(".key-words li").count() == 10

    guest.goto(desk.origin + "/account/logout")
    guest.click("main form .button-main")
    guest.wait_for_url("**/account/login")
    guest.click("#passkey_login")
    guest.wait_for_url("**/today")
    assert faults == []
