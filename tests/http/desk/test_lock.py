"""Opening and locking in the browser; what a locked desk answers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from tests.conftest import MASTER, PASSPHRASE, Founding

from aigaq import clock
from aigaq.accounts.models import Staff
from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.core.models import AuditEvent
from aigaq.desk import locking
from aigaq.desk.locking import LOCKING

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]


@pytest.fixture
def fast_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong passphrase costs a second; tests of other promises need not wait."""
    monkeypatch.setattr(locking, "WRONG_SECRET_SECONDS", 0)


@pytest.fixture
def locked_desk(open_desk: Founding) -> Founding:
    """Give a desk that was just locked."""
    LOCKING.lock()
    return open_desk


def test_the_passphrase_alone_lets_the_only_person_in(locked_desk: Founding) -> None:
    browser = Client()

    answer = browser.post("/unlock", {"passphrase": f"  {PASSPHRASE.upper()} "})

    assert answer["Location"] == "/"
    assert browser.get("/organisation").status_code == 200


def test_a_wrong_passphrase_opens_nothing(locked_desk: Founding, fast_refusal: None) -> None:
    answer = Client().post("/unlock", {"passphrase": "apple apple"})

    assert answer.status_code == 200
    assert not LOCKING.is_open
    assert not HELD.is_open


def test_every_wrong_passphrase_gets_the_same_answer(
    locked_desk: Founding, fast_refusal: None
) -> None:
    def strip(text: str) -> list[str]:
        return [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line]

    first = Client().post("/unlock", {"passphrase": "apple"}).content.decode()
    locked_desk.home.keys.joinpath("passphrase.age").write_bytes(b"not an age file")
    damaged = Client().post("/unlock", {"passphrase": PASSPHRASE}).content.decode()

    assert strip(first) == strip(damaged)


def test_locking_drops_the_keys_and_leads_to_the_door(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    generation = HELD.generation

    answer = browser.post("/lock")

    assert answer["Location"] == "/unlock"
    assert HELD.generation == generation + 1
    assert browser.get("/organisation")["Location"] == "/unlock"
    with pytest.raises(DeskLocked):
        AuditEvent.objects.count()


def test_locking_needs_the_token_of_our_own_page(open_desk: Founding) -> None:
    answer = Client(enforce_csrf_checks=True).post("/lock")

    assert answer.status_code == 403
    assert LOCKING.is_open


def test_a_session_does_not_outlive_a_lock(open_desk: Founding, browser_of: Browser) -> None:
    browser = browser_of(open_desk.founder)
    LOCKING.lock()
    LOCKING.open_with(master=MASTER)

    assert browser.get("/organisation")["Location"] == "/unlock"


def test_with_two_people_the_passphrase_opens_and_each_signs_in(
    open_desk: Founding, staff_of: Callable[[str], Staff]
) -> None:
    staff_of("caseworker")
    LOCKING.lock()
    browser = Client()

    answer = browser.post("/unlock", {"passphrase": PASSPHRASE}, follow=True)

    assert answer.redirect_chain[-1][0] == "/account/login"
    assert LOCKING.is_open


def test_an_open_desk_of_one_person_asks_another_browser_for_the_passphrase(
    open_desk: Founding, fast_refusal: None
) -> None:
    wrong, right = Client(), Client()

    wrong.post("/unlock", {"passphrase": "apple"})
    right.post("/unlock", {"passphrase": PASSPHRASE})

    assert wrong.get("/organisation")["Location"] == "/unlock"
    assert right.get("/organisation").status_code == 200


def test_opening_is_recorded(locked_desk: Founding) -> None:
    Client().post("/unlock", {"passphrase": PASSPHRASE})

    codes = list(AuditEvent.objects.values_list("code", flat=True))
    assert codes[-2:] == ["desk.unlocked", "accounts.signed_in"]


def test_a_desk_without_work_locks_itself(open_desk: Founding, browser_of: Browser) -> None:
    from aigaq.desk.desk_commands import build_idle_watch

    watch = build_idle_watch()
    browser = browser_of(open_desk.founder)
    LOCKING._last_activity -= 14 * 60
    watch._run()
    assert LOCKING.is_open

    LOCKING._last_activity -= 60
    browser.get("/organisation", headers={"Aigaq-Poll": "1"})
    watch._run()
    assert not LOCKING.is_open


def test_work_keeps_the_desk_open(open_desk: Founding, browser_of: Browser) -> None:
    from aigaq.desk.desk_commands import build_idle_watch

    LOCKING._last_activity -= 15 * 60
    browser_of(open_desk.founder).get("/organisation")
    build_idle_watch()._run()

    assert LOCKING.is_open


def test_a_page_that_only_polls_does_not_keep_its_session_alive(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    Session.objects.update(expire_date=clock.now() + timedelta(minutes=1))

    browser.get("/state", headers={"Aigaq-Poll": "1"})
    assert Session.objects.get().expire_date < clock.now() + timedelta(minutes=2)

    browser.get("/organisation")
    assert Session.objects.get().expire_date > clock.now() + timedelta(minutes=20)
