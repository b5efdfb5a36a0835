"""Signing in with more than one person here: a password, then a second step."""

from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from tests.conftest import Founding

from aigaq.accounts import services
from aigaq.accounts.models import Staff
from aigaq.core.models import AuditEvent

PASSWORD = "quiet lamp under seven hills"
Make = Callable[[str], Staff]


@pytest.fixture
def colleague(open_desk: Founding, staff_of: Make) -> Iterator[Staff]:
    """Give a caseworker with a password and no second step."""
    staff = staff_of("caseworker")
    services.set_sign_in(staff=staff, username="erlan", password=PASSWORD)
    yield staff
    cache.clear()


def sign_in(password: str = PASSWORD) -> tuple[Client, str]:
    browser = Client()
    answer = browser.post("/account/login", {"login": "erlan", "password": password})
    return browser, answer.headers.get("Location", "")


def code_now(secret: str) -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def test_a_password_alone_leads_only_to_adding_a_second_step(colleague: Staff) -> None:
    browser, address = sign_in()

    assert address == "/"
    assert browser.get("/inbox")["Location"] == "/account/second-factor/"
    assert browser.get("/no-such-address")["Location"] == "/account/second-factor/"
    assert browser.get("/account/second-factor/").status_code == 200


def test_an_app_with_codes_is_set_up_and_then_asked_for(colleague: Staff) -> None:
    browser, _address = sign_in()
    page = browser.get("/account/second-factor/totp/activate/")
    secret = page.context["form"].secret
    answer = browser.post("/account/second-factor/totp/activate/", {"code": code_now(secret)})
    assert answer.status_code == 302
    assert browser.get("/inbox").status_code == 200
    cache.clear()  # A code works once; the next sign-in would otherwise wait half a minute.

    second, address = sign_in()
    assert address == "/account/second-factor/authenticate/"
    assert second.get("/inbox")["Location"] == "/account/login"
    second.post(address, {"code": "000000"})
    assert second.get("/inbox")["Location"] == "/account/login"
    second.post(address, {"code": code_now(secret)})
    assert second.get("/inbox").status_code == 200


def test_the_last_second_step_cannot_be_removed(colleague: Staff) -> None:
    browser, _address = sign_in()
    secret = browser.get("/account/second-factor/totp/activate/").context["form"].secret
    browser.post("/account/second-factor/totp/activate/", {"code": code_now(secret)})

    browser.post("/account/second-factor/totp/deactivate/")

    kinds = set(Authenticator.objects.filter(user=colleague).values_list("type", flat=True))
    assert "totp" in kinds


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(colleague: Staff) -> None:
    def errors_of(name: str) -> object:
        answer = Client().post("/account/login", {"login": name, "password": "wrong"})
        return answer.status_code, answer.context["form"].errors

    assert errors_of("erlan") == errors_of("nobody")


def test_nobody_signs_themselves_up(colleague: Staff) -> None:
    for address in ("/account/signup", "/account/password/reset", "/account/email"):
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"]) == (302, "/account/login")


def test_signing_in_is_recorded_with_who_and_how(colleague: Staff) -> None:
    sign_in()

    event = AuditEvent.objects.filter(code="accounts.signed_in").last()
    assert event is not None
    assert (event.actor, event.context) == (str(colleague.pk), {"by": "own"})


def test_an_invited_colleague_chooses_a_sign_in_and_comes_in(
    open_desk: Founding, browser_of: Callable[[Staff], Client]
) -> None:
    founder = browser_of(open_desk.founder)
    own = {"username": "aigul", "password": PASSWORD}
    assert founder.post("/people/invite", own)["Location"] == "/people/invite"
    shown = founder.post("/people/invite", {"display_name": "Ерлан", "roles": ["lawyer"]})
    link = shown.context["link"]
    address = link[link.index("/invitation/") :]

    guest = Client()
    assert guest.get(address).status_code == 200
    joined = guest.post(address, {"username": "erlan", "password": PASSWORD})
    assert joined["Location"] == "/account/login"
    assert guest.get(address).status_code == 404
    browser, _address = sign_in()
    assert browser.get("/inbox")["Location"] == "/account/second-factor/"
    assert "/invitation/" not in founder.get("/people").content.decode()
    cache.clear()
