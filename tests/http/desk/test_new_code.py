"""The page that replaces a lost receipt code: what it lets in, and what it holds."""

from collections.abc import Callable

import pytest
from django.db.models import Model
from django.test import Client
from tests.conftest import Founding
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.age import HybridIdentity
from aigaq.desk.views.new_code import POLICY
from aigaq.intake import models
from aigaq.sealing.encoding import encode_base64

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
KEY = encode_base64(bytes(range(32)))


def typed(**more: str) -> dict[str, str]:
    whole = {
        "reason": "lost",
        "sure": "on",
        "mailbox_key": KEY,
        "mailbox_recipient": str(HybridIdentity.generate().recipient),
    }
    return {name: text for name, text in (whole | more).items() if text}


def address_of(box: Model) -> str:
    return f"/mailboxes/{box.pk}/new-code"


def test_only_this_page_lets_webassembly_run_and_it_has_one_script_of_its_own(
    open_desk: Founding, browser_of: Browser
) -> None:
    box = carry_report(open_desk).box
    browser = browser_of(open_desk.founder)

    answer = browser.get(address_of(box))

    assert answer["Content-Security-Policy"] == POLICY
    assert "'wasm-unsafe-eval'" in POLICY
    assert "require-trusted-types-for 'script'" in POLICY
    assert answer.content.decode().count("desk/new-code.js") == 1
    other = browser.get(f"/mailboxes/{box.pk}")
    assert "wasm" not in other["Content-Security-Policy"]
    assert b"new-code.js" not in other.content


def test_no_field_of_the_form_takes_digits(open_desk: Founding, browser_of: Browser) -> None:
    box = carry_report(open_desk).box
    page = browser_of(open_desk.founder).get(address_of(box)).content.decode()

    typed_back = page[page.index('<input id="typed"') :].split(">")[0]
    assert "name=" not in typed_back
    assert 'autocomplete="off"' in typed_back


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sure": ""}, "sure"),
        ({"reason": ""}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"mailbox_key": ""}, "mailbox_key"),
        ({"mailbox_key": encode_base64(bytes(31))}, "mailbox_key"),
        ({"mailbox_key": "12345678901234567890"}, "mailbox_key"),
        ({"mailbox_recipient": "age1pq1no"}, "mailbox_recipient"),
    ],
)
def test_what_is_no_key_or_not_made_sure_of_binds_nothing(
    more: dict[str, str], field: str, open_desk: Founding, browser_of: Browser
) -> None:
    box = carry_report(open_desk).box

    answer = browser_of(open_desk.founder).post(address_of(box), typed(**more))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert models.Mailbox.objects.count() == 1


def test_a_gate_that_does_not_answer_leaves_the_keys_in_the_page_and_the_mailbox_alive(
    open_desk: Founding, browser_of: Browser
) -> None:
    """No gate runs here."""
    box = carry_report(open_desk).box

    answer = browser_of(open_desk.founder).post(address_of(box), typed())

    assert answer.status_code == 422
    assert KEY in answer.content.decode()
    assert b"data-draw" not in answer.content
    box.refresh_from_db()
    assert box.rebound_at is None


def test_a_dead_mailbox_has_no_such_page(open_desk: Founding, browser_of: Browser) -> None:
    box = carry_report(open_desk).box
    models.Mailbox.objects.filter(pk=box.pk).update(rebound_at=box.created_at)
    browser = browser_of(open_desk.founder)

    assert browser.get(address_of(box)).status_code == 404
    assert browser.post(address_of(box), typed()).status_code == 404
    assert address_of(box) not in browser.get(f"/mailboxes/{box.pk}").content.decode()


def test_who_answers_no_reports_has_no_such_page(
    open_desk: Founding, browser_of: Browser, staff_of: Callable[[str], Staff]
) -> None:
    box = carry_report(open_desk).box
    for role in ("administrator", "editor", "analyst"):
        assert browser_of(staff_of(role)).post(address_of(box), typed()).status_code == 404
