"""The pages on which staff write down consent that was given or taken back by word of mouth."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq.accounts.models import Staff
from aigaq.consent import selectors as consent
from aigaq.consent.errors import NoConsent
from aigaq.consent.shapes import Grant
from aigaq.intake.export_models import Export
from aigaq.intake.export_offer import offer_items

pytestmark = pytest.mark.django_db(transaction=True)
Browser = Callable[[Staff], Client]
ITEMS = [("a.txt", "text/plain", b"fictional"), ("b.txt", "text/plain", b"fictional too")]


@pytest.fixture
def carried(open_desk: Founding) -> Carried:
    return carry_report(open_desk, items=ITEMS)


@pytest.fixture
def browser(open_desk: Founding, browser_of: Browser) -> Client:
    return browser_of(open_desk.founder)


def page_of(carried: Carried) -> str:
    return f"/reports/{carried.report.pk}/consents"


def said(**more: Any) -> dict[str, Any]:
    now = timezone.localtime() - timedelta(minutes=5)
    whole = {
        "purpose": "prove",
        "scope": "whole",
        "how": "phone",
        "detail": "перезвонили сами",
        "heard_by": "Вымышленная коллега",
        "said_on": f"{now:%Y-%m-%d}",
        "said_at": f"{now:%H:%M}",
    }
    return {name: value for name, value in (whole | more).items() if value}


def grants(carried: Carried) -> list[Grant]:
    return list(consent.list_grants(bytes(carried.report.report_id)))


def last(carried: Carried) -> Grant:
    return grants(carried)[-1]


def test_a_consent_by_word_of_mouth_is_written_down_with_all_that_was_said(
    carried: Carried, browser: Client, open_desk: Founding
) -> None:
    until = timezone.localdate() + timedelta(days=30)
    form = said(scope="some", items=["1"], limits="только для адвоката", until=f"{until:%Y-%m-%d}")

    answer = browser.post(page_of(carried), form)

    assert (answer.status_code, answer["Location"]) == (302, page_of(carried))
    grant = last(carried)
    assert (grant.number, grant.purpose, grant.audience, grant.items) == (
        None,
        "prove",
        "court",
        (1,),
    )
    assert "перезвонили сами" in grant.how
    assert (grant.heard_by, grant.limits) == ("Вымышленная коллега", "только для адвоката")
    assert grant.written_by == str(open_desk.founder)
    assert grant.valid_until is not None
    assert timezone.localtime(grant.valid_until).date() == until + timedelta(days=1)
    assert grant.given_at < timezone.now() - timedelta(minutes=4)
    assert consent.require(bytes(carried.report.report_id), 1, "prove", "court").id == grant.id
    with pytest.raises(NoConsent):
        consent.require(bytes(carried.report.report_id), 0, "prove", "court")


def test_the_history_says_who_heard_it_who_wrote_it_down_and_what_limits_it(
    carried: Carried, browser: Client
) -> None:
    browser.post(page_of(carried), said(limits="только для адвоката"))
    html = browser.get(page_of(carried)).content.decode()
    for words in ("перезвонили сами", "Вымышленная коллега", "только для адвоката"):
        assert words in html


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"purpose": None}, "purpose"),
        ({"purpose": "sell"}, "purpose"),
        ({"scope": None}, "scope"),
        ({"scope": "some"}, "items"),
        ({"scope": "some", "items": ["9"]}, "items"),
        ({"how": None}, "how"),
        ({"how": "rumour"}, "how"),
        ({"heard_by": None}, "heard_by"),
        ({"said_on": None}, "said_on"),
        ({"said_at": None}, "said_at"),
        ({"said_on": "2999-01-01"}, "said_on"),
        ({"until": "2020-01-01"}, "until"),
        ({"limits": "x" * 501}, "limits"),
    ],
)
def test_what_is_incomplete_or_cannot_be_is_not_written_down(
    more: dict[str, Any], field: str, carried: Carried, browser: Client
) -> None:
    before = grants(carried)
    answer = browser.post(page_of(carried), said(**more))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert grants(carried) == before


def test_no_word_of_mouth_opens_what_the_reporter_signed_shut(
    carried: Carried, browser: Client
) -> None:
    carried.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    before = grants(carried)
    answer = browser.post(page_of(carried), said())
    assert answer.status_code == 422
    assert grants(carried) == before


def withdrawal_of(carried: Carried, *, purpose: str) -> str:
    grant = next(one for one in grants(carried) if one.purpose == purpose)
    return f"/reports/{carried.report.pk}/consents/{grant.id}/withdraw"


def test_a_withdrawal_by_word_of_mouth_holds_at_once_and_says_who_heard_it(
    carried: Carried, browser: Client
) -> None:
    form = {name: one for name, one in said().items() if name not in ("purpose", "scope")}
    answer = browser.post(
        withdrawal_of(carried, purpose="publish"), form | {"reason": "боится за брата"}
    )
    assert (answer.status_code, answer["Location"]) == (302, page_of(carried))
    grant = next(one for one in grants(carried) if one.purpose == "publish")
    assert (grant.withdrawn_by, grant.withdrawn_because) == ("mouth", "боится за брата")
    assert (grant.withdrawn_heard_by, "перезвонили" in grant.withdrawn_how) == (
        "Вымышленная коллега",
        True,
    )
    assert grant.withdrawn_at is not None
    assert grant.withdrawn_said_at is not None
    assert grant.withdrawn_at > grant.withdrawn_said_at
    with pytest.raises(NoConsent) as refused:
        consent.require(bytes(carried.report.report_id), None, "publish", "public")
    assert refused.value.code == "consent.withdrawn"
    assert "боится за брата" in browser.get(page_of(carried)).content.decode()


def test_asking_to_take_it_back_changes_nothing_before_the_form_is_sent(
    carried: Carried, browser: Client
) -> None:
    before = grants(carried)
    assert browser.get(withdrawal_of(carried, purpose="publish")).status_code == 200
    assert (
        browser.post(withdrawal_of(carried, purpose="publish"), {"detail": "x"}).status_code == 422
    )
    assert grants(carried) == before


def test_what_has_left_already_is_named_before_it_is_taken_back(
    carried: Carried, browser: Client, open_desk: Founding
) -> None:
    browser.post(page_of(carried), said())
    row = Export.objects.create(
        asked_by=open_desk.founder,
        asked_at=timezone.now(),
        purpose="prove",
        audience="court",
        recipient="Вымышленный суд",
        languages=["ru"],
        state="removed",
        handed_out=1,
        handed_out_at=timezone.now(),
    )
    row.reports.create(report=carried.report, items=[0])
    gone = browser.get(withdrawal_of(carried, purpose="prove")).content.decode()
    other = browser.get(withdrawal_of(carried, purpose="publish")).content.decode()
    assert ("Вымышленный суд" in gone, "Вымышленный суд" in other) == (True, False)


def test_a_consent_is_taken_back_once_and_only_in_its_own_report(
    carried: Carried, browser: Client, open_desk: Founding
) -> None:
    other = carry_report(open_desk)
    grant = next(one for one in grants(carried) if one.purpose == "publish")
    stranger = f"/reports/{other.report.pk}/consents/{grant.id}/withdraw"
    assert browser.post(stranger, said()).status_code == 404
    assert browser.post(withdrawal_of(carried, purpose="publish"), said()).status_code == 302
    assert browser.get(withdrawal_of(carried, purpose="publish")).status_code == 404


def test_a_forgotten_report_has_no_page_of_consents(
    carried: Carried, browser: Client, open_desk: Founding
) -> None:
    erase_report(actor=open_desk.founder, report_id=carried.report.pk, reason="asked")
    assert browser.get(page_of(carried)).status_code == 404


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_pages_are_there_in_three_languages(
    carried: Carried, browser: Client, open_desk: Founding, language: str
) -> None:
    open_desk.founder.language = language
    open_desk.founder.save()
    words = {"kk": "Келісімді жазып қою", "ru": "Записать согласие", "en": "Write down a consent"}
    assert words[language] in browser.get(page_of(carried)).content.decode()


def test_what_staff_took_down_is_not_called_sealed_by_the_reporter(
    open_desk: Founding, browser: Client
) -> None:
    words = ((4, "fictional"), (202, "phone"))
    told = carry_report(open_desk, items=ITEMS, answers=words, consents=(("prove", "court"),))
    own = carry_report(open_desk, items=ITEMS, consents=(("prove", "court"),))
    pages = [browser.get(page_of(one), headers={"accept-language": "en"}) for one in (told, own)]
    sealed = "sealed by the reporter"
    assert [sealed in one.content.decode() for one in pages] == [False, True]
    assert ["Told to staff" in one.content.decode() for one in pages] == [True, False]
    offered = offer_items(
        actor=open_desk.founder,
        report_ids=[told.report.pk, own.report.pk],
        purpose="prove",
    )
    assert [[item.is_by_mouth for item in one.items] for one in offered] == [
        [True, True],
        [False, False],
    ]
