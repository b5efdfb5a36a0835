"""What the page of a damaged report says and offers, and what it says once the whole is here."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext, override
from tests.conftest import Founding
from tests.unit.intake.test_order_of_filing import draw_keys, hand_out, seal

from aigaq.accounts.models import Staff
from aigaq.intake import carrying
from aigaq.intake.spool import Spool

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]


def test_a_damaged_report_offers_to_ask_the_gate_and_a_whole_one_says_that_it_came(
    open_desk: Founding, browser_of: Browser, tmp_path: Path
) -> None:
    sealed, data = seal(open_desk, draw_keys(open_desk))
    report = hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    browser, to_ask = browser_of(open_desk.founder), f"/reports/{report.pk}/ask-again"
    assert to_ask in browser.get(f"/reports/{report.pk}").content.decode()
    assert browser.post(to_ask).status_code == 302
    assert Spool(open_desk.home).is_asked_again(sealed.report_id)

    file = io.BytesIO(data)
    file.name = "backup-0001.tar"
    answer = browser.post("/inbox/import", {"file": file})

    assert (answer.status_code, answer["Location"]) == (302, f"/reports/{report.pk}")
    html = browser.get(f"/reports/{report.pk}").content.decode()
    assert to_ask not in html
    with override("ru"):
        assert gettext("The whole report is here now") in html
    assert browser.post(to_ask).status_code == 404
    # The number of the first receipt leads here, too.
    assert browser.get("/inbox?number=1")["Location"] == f"/reports/{report.pk}"


def test_the_whole_file_of_a_report_is_not_refused_as_known(
    open_desk: Founding, tmp_path: Path
) -> None:
    sealed, data = seal(open_desk, draw_keys(open_desk))
    report = hand_out(sealed, data, folder=tmp_path / "a", spoil="key.age")
    found = carrying.import_report_file(actor=open_desk.founder, file=io.BytesIO(data))
    assert found == report.pk
