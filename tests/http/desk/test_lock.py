"""Opening and locking in the browser; what a locked desk answers."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from tests.conftest import MASTER, PASSPHRASE, Founding

from aigaq import clock
from aigaq.accounts.models import Staff
from aigaq.core.background import Rounds
from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.core.models import AuditEvent
from aigaq.desk import locking
from aigaq.desk.locking import LOCKING
from aigaq.desk.log_filter import NoContent

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


def test_wrong_words_at_the_door_are_counted_and_recorded_when_it_opens(
    locked_desk: Founding, fast_refusal: None
) -> None:
    (locked_desk.home.desk / "wrong-words.json").unlink(missing_ok=True)
    for tried in ("apple", "secret words that someone typed"):
        Client().post("/unlock", {"passphrase": tried})
    Client().post("/unlock", {"passphrase": PASSPHRASE})

    event = AuditEvent.objects.get(code="desk.wrong_words")
    assert event.context["count"] == 2
    assert set(event.context) == {"count", "first_at", "last_at"}
    assert not (locked_desk.home.desk / "wrong-words.json").exists()
    assert "(2)" in _read_history(locked_desk)


def test_wrong_words_on_an_open_desk_are_recorded_at_once(
    open_desk: Founding, fast_refusal: None
) -> None:
    (open_desk.home.desk / "wrong-words.json").unlink(missing_ok=True)
    Client().post("/unlock", {"passphrase": "apple"})

    assert AuditEvent.objects.get(code="desk.wrong_words").context["count"] == 1


def test_a_failed_sign_in_is_recorded_without_what_was_typed(
    open_desk: Founding, staff_of: Callable[[str], Staff]
) -> None:
    staff_of("caseworker")

    Client().post("/account/login", {"login": "typed-here", "password": "typed there"})

    event = AuditEvent.objects.get(code="accounts.sign_in_failed")
    assert "typed" not in str(event.context) + event.subject_id + event.actor


def _read_history(desk: Founding) -> str:
    browser = Client()
    browser.post("/unlock", {"passphrase": PASSPHRASE})
    return browser.get("/organisation/history").content.decode()


def test_a_desk_locked_in_the_middle_of_a_page_leads_to_the_door_and_logs_no_fault(
    open_desk: Founding,
    browser_of: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(locking, "DRAIN_SECONDS", 0)
    browser = browser_of(open_desk.founder)
    browser.raise_request_exception = False
    caplog.handler.addFilter(NoContent())
    seen = []

    def lock_first(execute: Any, sql: str, *more: Any) -> Any:
        seen.append(sql)
        if "accounts_signedcard" in sql:
            LOCKING.lock()
        return execute(sql, *more)

    with connection.execute_wrapper(lock_first):
        answer = browser.get("/organisation")

    assert any("accounts_signedcard" in sql for sql in seen)
    assert (answer.status_code, answer["Location"]) == (302, "/unlock")
    assert [line.getMessage() for line in caplog.records if line.levelname == "ERROR"] == []


def test_a_round_that_the_lock_cuts_short_is_no_fault(
    open_desk: Founding, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def locked_meanwhile() -> None:
        LOCKING.lock()
        done.set()
        AuditEvent.objects.count()

    rounds = Rounds(name="test", seconds=60, run=locked_meanwhile)
    rounds.start()
    assert done.wait(10)
    rounds.stop()

    assert [line.getMessage() for line in caplog.records] == []


@pytest.mark.parametrize("language", ["kk", "en"])
def test_the_language_that_someone_chose_holds_at_the_next_sign_in(
    open_desk: Founding, language: str
) -> None:
    first, other = Client(), Client(headers={"Accept-Language": "ru"})
    first.post("/unlock", {"passphrase": PASSPHRASE})
    first.post("/language", {"language": language, "next": "/organisation"})

    other.post("/unlock", {"passphrase": PASSPHRASE})
    pages = [other.get("/organisation").content.decode() for _time in range(2)]

    assert all(f'<html lang="{language}">' in page for page in pages)
    assert other.cookies["desk-language"].value == language


def test_who_chose_no_language_gets_that_of_the_browser(open_desk: Founding) -> None:
    browser = Client(headers={"Accept-Language": "kk"})
    browser.post("/unlock", {"passphrase": PASSPHRASE})

    assert '<html lang="kk">' in browser.get("/organisation").content.decode()


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


def test_an_idle_desk_waits_for_the_end_of_a_command_and_then_locks(open_desk: Founding) -> None:
    from aigaq.desk.desk_commands import build_idle_watch

    watch = build_idle_watch()
    LOCKING._last_activity -= 15 * 60
    with LOCKING.counting_command():
        watch._run()
        assert LOCKING.is_open
    watch._run()

    assert not LOCKING.is_open


def test_a_page_that_only_polls_does_not_keep_its_session_alive(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    Session.objects.update(expire_date=clock.now() + timedelta(minutes=1))

    browser.get("/state", headers={"Aigaq-Poll": "1"})
    assert Session.objects.get().expire_date < clock.now() + timedelta(minutes=2)

    browser.get("/organisation")
    assert Session.objects.get().expire_date > clock.now() + timedelta(minutes=20)
