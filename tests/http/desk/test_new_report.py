"""The page on which a report told to staff is typed: what it lets in, and what it never holds."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from tests.beacon import TITLE, build_signed_picture
from tests.conftest import Founding

from aigaq.accounts.models import Staff
from aigaq.consent import selectors as consent
from aigaq.desk import forms_new_report as forms
from aigaq.desk.views.new_code import POLICY
from aigaq.evidence.models import Item
from aigaq.intake import claims, models
from aigaq.sealing.card import parse_card
from aigaq.sealing.encoding import decode_base64, encode_base64
from aigaq.sealing.receipt_code import derive_mailbox_keys, draw_code
from aigaq.sealing.receipts import Promise, build_promise, parse_receipt_file
from aigaq.sealing.signatures import public_bytes

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
PAGE = "/inbox/new"


def typed(**more: Any) -> dict[str, Any]:
    whole = {
        "told_by": "мама",
        "told_how": "door",
        "told_when": "вчера вечером",
        "language": "ru",
        "q4": "Вымышленный рассказ.",
        "q10": ["lawyer", "advice"],
        "consents": ["represent", "prove"],
        "mailbox": "none",
    }
    return {name: value for name, value in (whole | more).items() if value}


def test_a_told_report_without_a_mailbox_is_filed(open_desk: Founding, browser_of: Browser) -> None:
    letter = io.BytesIO(b"%PDF-1.4 fictional")
    letter.name = "письмо.pdf"

    answer = browser_of(open_desk.founder).post(PAGE, typed(attached=[letter]))

    report = models.Report.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/reports/{report.pk}")
    assert (report.state, report.came_by, report.language) == ("filed", "desk", "ru")
    said = dict(report.answers.values_list("number", "value"))
    assert said[4] == "Вымышленный рассказ."
    # The order of the list, not the order of the taps.
    assert said[10] == "advice lawyer"
    assert (said[201], said[202], said[204]) == ("мама", "door", "none")
    granted = consent.list_grants(bytes(report.report_id))
    assert [(one.purpose, one.audience) for one in granted] == [
        ("keep", "team"),
        ("advise", "team"),
        ("represent", "lawyer"),
        ("prove", "court"),
    ]
    assert [one.name for one in report.items.all()] == ["письмо.pdf"]


@pytest.mark.parametrize(("said", "kept"), [("strip", "strip"), ("keep", "keep"), ("", None)])
def test_what_was_said_of_hidden_details_holds_for_the_files(
    open_desk: Founding, browser_of: Browser, said: str, kept: str | None
) -> None:
    photo = io.BytesIO(b"a fictional photo")
    photo.name = "photo.jpg"

    browser_of(open_desk.founder).post(PAGE, typed(attached=[photo], hidden_details=said))

    assert [one.hidden_details for one in Item.objects.all()] == [kept]


def test_the_mailbox_is_that_of_the_code_which_the_browser_drew(
    open_desk: Founding, browser_of: Browser
) -> None:
    team_id = bytes.fromhex(open_desk.organisation.team_id)
    keys = derive_mailbox_keys(draw_code(), team_id=team_id)
    seed = encode_base64(keys.key.private_bytes_raw())

    answer = browser_of(open_desk.founder).post(
        PAGE, typed(mailbox="code", mailbox_seed=seed, mailbox_recipient=keys.recipient)
    )

    assert answer.status_code == 302
    box = models.Mailbox.objects.get()
    assert (bytes(box.key), box.recipient) == (public_bytes(keys.key), keys.recipient)
    report = models.Report.objects.get()
    assert report.faults == []
    assert report.answers.get(number=204).value == "code"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"told_by": ""}, "told_by"),
        ({"told_how": ""}, "told_how"),
        ({"told_how": "rumour"}, "told_how"),
        ({"told_when": ""}, "told_when"),
        ({"language": "xx"}, "language"),
        ({"q4": "", "q10": [], "consents": []}, "q4"),
        ({"q10": ["gold"]}, "q10"),
        ({"consents": ["keep"]}, "consents"),
        ({"mailbox": ""}, None),
        ({"mailbox": "code"}, None),
        ({"mailbox": "code", "mailbox_seed": "12345678901234567890"}, None),
    ],
)
def test_what_is_incomplete_or_unknown_files_nothing(
    more: dict[str, Any], field: str | None, open_desk: Founding, browser_of: Browser
) -> None:
    answer = browser_of(open_desk.founder).post(PAGE, typed(**more))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field or "__all__"]
    assert not models.Report.objects.exists()


def test_after_a_refusal_the_paper_with_the_code_stays_good(
    open_desk: Founding, browser_of: Browser
) -> None:
    team_id = bytes.fromhex(open_desk.organisation.team_id)
    keys = derive_mailbox_keys(draw_code(), team_id=team_id)
    seed = encode_base64(keys.key.private_bytes_raw())
    sent = typed(mailbox="code", mailbox_seed=seed, mailbox_recipient=keys.recipient, told_by="")
    browser = browser_of(open_desk.founder)

    page = browser.post(PAGE, sent)

    assert page.status_code == 422
    assert page["Cache-Control"] == "no-store"
    assert b"data-draw" not in page.content
    assert seed in page.content.decode()
    # And nowhere for who did not send it.
    assert seed not in browser.get(PAGE).content.decode()


def test_files_that_were_too_large_to_take_stop_the_report(
    open_desk: Founding, browser_of: Browser, settings: Any
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    letter = io.BytesIO(b"fictional, and too large")
    letter.name = "a.txt"

    answer = browser_of(open_desk.founder).post(PAGE, typed(attached=[letter]))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["attached"]
    assert not models.Report.objects.exists()


def test_only_the_script_that_draws_runs_and_no_field_takes_digits(
    open_desk: Founding, browser_of: Browser
) -> None:
    answer = browser_of(open_desk.founder).get(PAGE)
    page = answer.content.decode()

    assert answer["Content-Security-Policy"] == POLICY
    assert page.count("desk/new-code.js") == 1
    assert "name=" not in page[page.index('<input id="typed"') :].split(">")[0]


def test_the_form_asks_what_the_reporters_form_asks() -> None:
    import json
    from pathlib import Path

    spec = json.loads((Path(__file__).parents[3] / "spec" / "questions.json").read_bytes())
    kinds = {"many": forms.MANY, "short": forms.SHORT, "long": forms.LONG}
    listed = spec["questions"]
    assert tuple(one["number"] for one in listed) == forms.NUMBERS
    for kind, numbers in kinds.items():
        assert tuple(one["number"] for one in listed if one["kind"] == kind) == numbers
    optional = {one["purpose"]: one["audience"] for one in spec["consents"] if not one["needed"]}
    assert optional == forms.AUDIENCES


def test_an_items_page_shows_what_it_claims_as_claims(
    open_desk: Founding, browser_of: Browser
) -> None:
    picture = io.BytesIO(build_signed_picture())
    picture.name = "снимок.jpg"
    browser = browser_of(open_desk.founder)
    browser.post(PAGE, typed(attached=[picture]))
    item = models.Item.objects.get()
    assert TITLE not in browser.get(f"/items/{item.pk}").content.decode()

    claims.read_waiting_claims()

    page = browser.get(f"/items/{item.pk}")
    assert page.context["claims"].title == TITLE
    assert TITLE in page.content.decode()


def test_the_signing_key_is_never_kept(open_desk: Founding, browser_of: Browser) -> None:
    key = Ed25519PrivateKey.generate()
    team_id = bytes.fromhex(open_desk.organisation.team_id)
    recipient = derive_mailbox_keys(draw_code(), team_id=team_id).recipient
    seed = key.private_bytes_raw()
    sent = typed(mailbox="code", mailbox_seed=encode_base64(seed), mailbox_recipient=recipient)
    browser_of(open_desk.founder).post(PAGE, sent)

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in cursor.fetchall() if not name.startswith("sqlite_")]
        assert "intake_mailbox" in tables
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    assert seed != value
                    assert encode_base64(seed) not in str(value)


def test_the_receipt_file_of_a_told_report_is_there_once_the_gate_has_promised(
    open_desk: Founding, browser_of: Browser
) -> None:
    browser = browser_of(open_desk.founder)
    browser.post(PAGE, typed())
    report = models.Report.objects.get()
    address = f"/reports/{report.pk}/receipt"
    assert address not in browser.get(f"/reports/{report.pk}").content.decode()
    assert browser.post(address).status_code == 404
    promise_for(open_desk, report)

    answer = browser.post(address)

    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="receipt-0001.json"'
    assert parse_receipt_file(answer.content).report_id == bytes(report.report_id)
    assert address in browser.get(f"/reports/{report.pk}").content.decode()


def promise_for(founding: Founding, report: models.Report) -> None:
    """Keep the promise that the gate of this organisation would sign."""
    card = parse_card(founding.card, root_key=bytes(founding.organisation.root_key))
    key = decode_base64((founding.home.gate / "log.key").read_text("ascii").strip())
    promise = Promise(
        commitment=bytes(report.commitment or b""),
        report_id=bytes(report.report_id),
        team_id=card.team_id,
        log_origin=card.log_origin,
        maximum_delay_seconds=card.maximum_delay_seconds,
        promised_at=report.received_at,
    )
    text = build_promise(promise, log_key=Ed25519PrivateKey.from_private_bytes(key))
    models.SentReport.objects.create(report=report, promise=text, sent_at=report.received_at)
