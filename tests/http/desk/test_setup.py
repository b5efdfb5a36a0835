"""The ceremony in the browser, from an empty folder to an open desk."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import MASTER

from aigaq.core.held_keys import HELD
from aigaq.core.home import Home
from aigaq.core.vault import Vault
from aigaq.desk.locking import LOCKING
from aigaq.desk.views.setup import PENDING

CHOICES = {
    "name_kk": "Сынақ",
    "name_ru": "Проба",
    "name_en": "Trial",
    "founder": "Айгүл",
    "gate_origin": "http://127.0.0.1:8470",
    "exit_url": "https://www.kazhydromet.kz/",
    "reading_hours": "24",
    "state": "trial",
    "root": "words",
}


@pytest.fixture
def empty_desk(clean_home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Give a desk without an organisation, locked."""
    monkeypatch.setattr(settings, "AIGAQ_SCRYPT_WORK_FACTOR", 1)
    PENDING.forget()
    yield clean_home
    LOCKING._ready = False
    HELD.hold(master=MASTER)


def begin(browser: Client) -> str:
    return str(browser.post("/setup", CHOICES)["Location"])


def read_words(browser: Client, address: str) -> str:
    page = browser.get(address).content.decode()
    return " ".join(re.findall(r"<li>([a-z]+)</li>", page))


def test_a_desk_without_an_organisation_leads_to_the_setup(empty_desk: Home) -> None:
    browser = Client()

    assert browser.get("/inbox")["Location"] == "/unlock"
    assert browser.get("/unlock")["Location"] == "/setup"
    assert browser.get("/setup").status_code == 200


def test_each_secret_is_shown_once_and_typed_back_before_the_next(empty_desk: Home) -> None:
    browser, address, shown = Client(), "/setup", []
    address = begin(browser)
    for count in (7, 24, 20, 20, 20):
        words = read_words(browser, address)
        assert len(words.split()) == count
        assert words not in browser.get(f"{address}?type").content.decode()
        address = browser.post(address, {"typed": words.upper()})["Location"]
        shown.append(words)

    assert address == "/setup/end"
    assert len(set(shown)) == 5
    assert not empty_desk.is_set_up()


def test_real_work_with_unreviewed_texts_begins_only_with_a_reason(empty_desk: Home) -> None:
    browser = Client()
    live = CHOICES | {"state": "live", "gate_origin": "https://example.org"}

    asked = browser.post("/setup", live)
    assert asked.status_code == 200
    assert list(asked.context["form"].errors) == ["accept_unreviewed"]

    begun = browser.post("/setup", live | {"accept_unreviewed": "A fictional reason."})
    assert begun["Location"] == "/setup/keep/passphrase"


def test_a_wrong_copy_does_not_go_on(empty_desk: Home) -> None:
    browser = Client()
    address = begin(browser)
    words = read_words(browser, address).split()

    answer = browser.post(address, {"typed": " ".join([*words[:-1], "zoo zoo"])})

    assert answer.status_code == 200
    assert browser.get("/setup/end")["Location"] == address


def test_a_step_cannot_be_skipped(empty_desk: Home) -> None:
    browser = Client()
    first = begin(browser)

    assert browser.get("/setup/keep/part-3")["Location"] == first
    assert browser.post("/setup/end")["Location"] == first


def test_another_browser_does_not_see_the_secrets(empty_desk: Home) -> None:
    address = begin(Client())

    assert Client().get(address)["Location"] == "/setup"
    stranger = Client()
    stranger.cookies["desk-setup"] = "\xe9"
    assert stranger.get(address)["Location"] == "/setup"


def test_another_computer_finds_no_setup(empty_desk: Home) -> None:
    assert Client(REMOTE_ADDR="192.0.2.7").get("/setup").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gate_origin", "http://example.org"),
        ("gate_origin", "https://example.org/path"),
        ("exit_url", "javascript:alert(1)"),
        ("reading_hours", "0"),
        ("name_kk", " "),
    ],
)
def test_a_wrong_choice_is_asked_again(field: str, value: str, empty_desk: Home) -> None:
    answer = Client().post("/setup", {**CHOICES, field: value})

    assert answer.status_code == 200
    assert field in answer.context["form"].errors


def test_there_is_no_setup_once_an_organisation_was_founded(empty_desk: Home) -> None:
    empty_desk.record_set_up()
    Vault(empty_desk.keys, work_factor=1).change_passphrase(master=MASTER, passphrase="a")

    assert Client().get("/setup").status_code == 404
