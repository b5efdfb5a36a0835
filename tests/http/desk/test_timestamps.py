"""The pages of timestamps: how authorities stand, what to do about a fault, an item's tokens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext, override
from tests.conftest import Founding
from tests.timestamp_authority import LocalAuthority, Server
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq.accounts.models import Staff
from aigaq.core.commands import get_command
from aigaq.desk import timestamp_words
from aigaq.evidence.models import Item
from aigaq.evidence.timestamp_models import TimestampToken, TimestampWish
from aigaq.intake import timestamp_tasks as tasks
from aigaq.intake.alarms import raise_alarm

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
NOTE = b"fictional note"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(LocalAuthority(tmp_path / "authority"))
    yield server
    server.close()


@pytest.fixture
def carried(open_desk: Founding) -> Carried:
    return carry_report(open_desk, items=[("note.txt", "text/plain", NOTE)])


def name_authority(server: Server, folder: Path) -> None:
    assert server.authority is not None
    pem = folder / "root.pem"
    pem.write_text(server.authority.root.pem)
    get_command("authority-add").run(
        {"name": "Fictional A", "url": server.url, "country": "KZ", "certificates": str(pem)}
    )


def test_a_click_has_an_item_timestamped_and_its_page_shows_by_whom(
    open_desk: Founding, browser_of: Browser, carried: Carried, server: Server, tmp_path: Path
) -> None:
    name_authority(server, tmp_path)
    browser, item = browser_of(open_desk.founder), Item.objects.get()
    page = f"/reports/{carried.report.pk}/evidence"
    assert "Fictional A" not in browser.get(page).content.decode()

    answer = browser.post(f"/evidence/{item.pk}/timestamp")

    assert answer["Location"] == f"{page}#item-0"
    assert TimestampWish.objects.count() == 1
    tasks.do_round()
    assert TimestampToken.objects.get().item_id == item.pk
    assert "Fictional A" in browser.get(page).content.decode()


def test_without_an_authority_nothing_waits(
    open_desk: Founding, browser_of: Browser, carried: Carried
) -> None:
    browser, item = browser_of(open_desk.founder), Item.objects.get()
    assert browser.post(f"/evidence/{item.pk}/timestamp").status_code == 302
    assert not TimestampWish.objects.exists()


def test_who_sees_no_items_has_none_timestamped(
    open_desk: Founding, browser_of: Browser, staff_of: Callable[[str], Staff], carried: Carried
) -> None:
    browser, item = browser_of(staff_of("administrator")), Item.objects.get()
    assert browser.post(f"/evidence/{item.pk}/timestamp").status_code == 404
    assert not TimestampWish.objects.exists()


def test_notices_show_how_each_authority_stands_and_what_to_do(
    open_desk: Founding, browser_of: Browser, carried: Carried, server: Server, tmp_path: Path
) -> None:
    browser = browser_of(open_desk.founder)
    name_authority(server, tmp_path)
    server.fault = "error"
    get_command("timestamp").run({"item": str(Item.objects.get().pk)})
    html = browser.get("/notices").content.decode()
    # Beside the alarm and in the list of authorities, in plain sight.
    assert html.count("<bdi>Fictional A</bdi>") == 2
    with override(open_desk.founder.language or "ru"):
        assert str(timestamp_words.ALARMS["timestamp.bad_status"]) in html
        assert str(timestamp_words.ADVICE["timestamp.bad_status"]) in html


def test_every_fault_that_is_an_alarm_has_words_in_three_languages(open_desk: Founding) -> None:
    assert timestamp_words.ALARMS.keys() == timestamp_words.ADVICE.keys()
    for table in (timestamp_words.ALARMS, timestamp_words.ADVICE):
        for text in table.values():
            texts = set()
            for language in ("kk", "ru", "en"):
                with override(language):
                    texts.add(str(text))
            assert len(texts) == 3


def test_an_alarm_of_another_kind_keeps_its_own_words(
    open_desk: Founding, browser_of: Browser
) -> None:
    raise_alarm("report.same_commitment")
    html = browser_of(open_desk.founder).get("/notices").content.decode()
    with override(open_desk.founder.language or "ru"):
        assert gettext("What came was kept and not acted on.") in html
        assert not any(str(one) in html for one in timestamp_words.ADVICE.values())
