"""An open invitation can be taken back; its link is then as one that never was."""

from collections.abc import Callable

import pytest
from django.test import Client
from tests.conftest import Founding

from aigaq.accounts import services
from aigaq.accounts.errors import NotThere
from aigaq.accounts.models import Invitation, Staff
from aigaq.accounts.permissions import Role
from aigaq.core.models import AuditEvent

PASSWORD = "quiet lamp under seven hills"
Browser = Callable[[Staff], Client]


@pytest.fixture
def secret(open_desk: Founding) -> str:
    services.set_sign_in(staff=open_desk.founder, username="aigul", password=PASSWORD)
    return services.invite_staff(
        invited_by=open_desk.founder, display_name="Ерлан", roles=[Role.EDITOR]
    )


def test_a_link_that_was_taken_back_is_dead_and_the_history_says_by_whom(
    open_desk: Founding, browser_of: Browser, secret: str
) -> None:
    invitation = Invitation.objects.get()
    browser = browser_of(open_desk.founder)
    address = f"/people/invitations/{invitation.pk}/take-back"
    assert address in browser.get("/people").content.decode()

    asked = browser.get(address)
    assert "Ерлан" in asked.content.decode()
    assert Client().get(f"/invitation/{secret}").status_code == 200
    assert browser.post(address)["Location"] == "/people"

    unknown = Client().get("/invitation/never-was")
    gone = Client().get(f"/invitation/{secret}")
    assert (gone.status_code, gone.content) == (unknown.status_code, unknown.content)
    typed = {"username": "erlan", "password": PASSWORD}
    assert Client().post(f"/invitation/{secret}", typed).status_code == 404
    assert not Staff.objects.filter(username="erlan").exists()
    assert "Ерлан" not in browser.get("/people").content.decode().split("</table>")[1]
    event = AuditEvent.objects.get(code="accounts.invitation_taken_back")
    assert (event.actor, event.subject_id) == (str(open_desk.founder.pk), str(invitation.pk))


def test_an_invitation_that_was_taken_up_cannot_be_taken_back(
    open_desk: Founding, browser_of: Browser, secret: str
) -> None:
    services.accept_invitation(secret=secret, username="erlan", password=PASSWORD, language="ru")
    invitation = Invitation.objects.get()

    with pytest.raises(NotThere):
        services.take_back_invitation(invitation_id=invitation.pk, taken_back_by=open_desk.founder)
    browser = browser_of(open_desk.founder)
    assert browser.post(f"/people/invitations/{invitation.pk}/take-back").status_code == 404
    assert Staff.objects.filter(username="erlan", is_active=True).exists()


def test_who_keeps_no_people_takes_no_invitation_back(
    browser_of: Browser, staff_of: Callable[[str], Staff], secret: str
) -> None:
    address = f"/people/invitations/{Invitation.objects.get().pk}/take-back"
    for role in ("caseworker", "editor", "analyst"):
        assert browser_of(staff_of(role)).post(address).status_code == 404
    assert Invitation.objects.count() == 1
