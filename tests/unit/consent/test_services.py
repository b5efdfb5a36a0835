"""Grants are written once and taken back once, by whom may; what she signed is kept as proof."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from tests.conftest import Founding
from tests.unit.consent.granting import COURT, Reporter
from tests.unit.consent.test_require import by_mouth, refusal

from aigaq import clock
from aigaq.accounts.errors import NotThere
from aigaq.consent import models, selectors, services, shredder
from aigaq.consent.errors import ConsentError
from aigaq.consent.shapes import BY_MESSAGE, BY_MOUTH, PURPOSES
from aigaq.core import audit

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]


def last_code() -> str:
    return audit.list_events(before=None, limit=1)[0].code


def test_the_purposes_are_those_of_the_list_that_every_page_reads() -> None:
    listed = json.loads((ROOT / "spec/questions.json").read_text(encoding="utf-8"))["consents"]
    assert dict(PURPOSES) == {one["purpose"]: one["audience"] for one in listed}


def test_a_grant_of_a_report_keeps_number_salt_and_place_of_its_leaf() -> None:
    hers = Reporter()
    report = hers.report(("keep", "team", None), (*COURT, (0, 2)))
    manifest = hers.reports[report]
    grant = selectors.list_grants(report)[1]
    assert (grant.number, grant.items, grant.salt) == (1, (0, 2), manifest.consents[1].salt)
    assert grant.leaf_index is not None
    assert manifest.leaves()[grant.leaf_index] == manifest.consents[1].leaf()
    assert last_code() == "consent.granted"


def test_a_signed_withdrawal_takes_the_named_grants_of_the_named_report_and_is_kept() -> None:
    hers = Reporter()
    first = hers.report(("keep", "team", None), (*COURT, None))
    second = hers.report(("keep", "team", None), (*COURT, None))
    text = hers.sign(numbers=[1], report_id=first)
    assert hers.take(text) == 1
    assert last_code() == "consent.withdrawn_by_message"
    assert refusal(first, 0, *COURT) == "consent.withdrawn"
    assert refusal(first, 0, "keep", "team") == ""
    assert refusal(second, 0, *COURT) == ""
    (change,) = selectors.list_changes([first])
    assert (change.message, change.numbers, change.report_ids) == (text, (1,), (first,))
    assert selectors.list_changes([second]) == ()


def test_a_withdrawal_of_everything_takes_grants_by_mouth_too(founding: Founding) -> None:
    hers = Reporter()
    report = hers.report((*COURT, None))
    by_mouth(founding, report, purpose="publish", audience="public")
    assert hers.withdraw() == 2
    assert {one.withdrawn_by for one in selectors.list_grants(report)} == {BY_MESSAGE}


def test_no_word_of_mouth_opens_what_she_signed_shut(founding: Founding) -> None:
    hers = Reporter()
    report = hers.report(("keep", "team", None))
    hers.withdraw()
    with pytest.raises(ConsentError) as caught:
        by_mouth(founding, report)
    assert caught.value.code == "consent.taken_back"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"key": Ed25519PrivateKey.generate()}, "consent.wrong_signature"),
        ({"team_id": "22" * 16}, "consent.other_mailbox"),
        ({"first_commitment": "22" * 32}, "consent.other_mailbox"),
        ({"kind": "text", "body": {"text": "fictional"}}, "consent.bad_form"),
        ({"body": {"consents": "all", "report_id": None}}, "consent.bad_form"),
    ],
)
def test_a_message_that_is_not_hers_or_not_a_withdrawal_takes_nothing(
    changed: dict[str, Any], code: str
) -> None:
    hers = Reporter()
    report = hers.report((*COURT, None))
    with pytest.raises(ConsentError) as caught:
        hers.take(hers.sign(**changed))
    assert caught.value.code == code
    assert refusal(report, 0, *COURT) == ""
    assert not models.Change.objects.exists()


def test_a_repeated_or_older_message_takes_nothing() -> None:
    hers = Reporter()
    older, newer = hers.sign(), hers.sign(numbers=[0])
    report = hers.report(("keep", "team", None), (*COURT, None))
    hers.take(newer)
    for text in (newer, older):
        with pytest.raises(ConsentError) as caught:
            hers.take(text)
        assert caught.value.code == "consent.wrong_sequence"
    assert refusal(report, 0, *COURT) == ""


def test_a_message_takes_nothing_of_reports_that_are_not_of_its_mailbox() -> None:
    hers, other = Reporter(), Reporter()
    hers.report((*COURT, None))
    report = other.report((*COURT, None))
    assert hers.withdraw(report_id=report) == 0
    assert refusal(report, 0, *COURT) == ""


def test_a_report_that_was_sealed_before_a_withdrawal_and_comes_after_it_opens_nothing() -> None:
    hers = Reporter()
    hers.report(("keep", "team", None))
    held_back = hers.write(("keep", "team", None), (*COURT, None))
    hers.withdraw(numbers=[1])
    report = hers.file(*held_back)
    assert refusal(report, 0, *COURT) == "consent.withdrawn"
    assert refusal(report, 0, "keep", "team") == ""
    assert [one.numbers for one in selectors.list_changes([report])] == [(1,)]


def test_a_phone_whose_clock_is_ahead_does_not_keep_a_held_back_report_open() -> None:
    hers = Reporter()
    tomorrow = clock.now() + timedelta(days=1)
    held_back = hers.write((*COURT, None), made_at=tomorrow)
    hers.withdraw()
    assert refusal(hers.file(*held_back), 0, *COURT) == "consent.withdrawn"


def test_a_report_that_she_writes_after_a_withdrawal_allows_anew() -> None:
    hers = Reporter()
    hers.report((*COURT, None))
    yesterday = clock.format_time(clock.now() - timedelta(days=1))
    hers.take(hers.sign(sent_at=yesterday))
    assert refusal(hers.report((*COURT, None)), 0, *COURT) == ""


def test_staff_take_a_grant_back_once_and_the_first_reason_stays(founding: Founding) -> None:
    report = Reporter().report((*COURT, None))
    (grant,) = selectors.list_grants(report)
    for reason in ("in a call", "again"):
        services.withdraw(actor=founding.founder, grant_id=grant.id, reason=reason)
    (after,) = selectors.list_grants(report)
    assert (after.withdrawn_by, after.withdrawn_because) == (BY_MOUTH, "in a call")
    assert last_code() == "consent.withdrawn_by_mouth"
    assert refusal(report, 0, *COURT) == "consent.withdrawn"
    assert selectors.list_for_extract(report) == ()
    with pytest.raises(NotThere):
        services.withdraw(actor=founding.founder, grant_id=uuid4(), reason="in a call")


def test_a_grant_by_mouth_says_who_wrote_it_down_how_and_when(founding: Founding) -> None:
    report = Reporter().report(("keep", "team", None))
    given_at = clock.now() - timedelta(hours=3)
    by_mouth(founding, report, items=[2, 0], how="  in a\n call ", given_at=given_at)
    grant = selectors.list_grants(report)[1]
    assert (grant.written_by, grant.how) == (str(founding.founder), "in a call")
    assert (grant.number, grant.items, grant.given_at) == (None, (0, 2), given_at)
    assert last_code() == "consent.granted_by_mouth"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purpose": "sell"}, "consent.unknown_purpose"),
        ({"audience": "public"}, "consent.unknown_purpose"),
        ({"items": []}, "consent.bad_items"),
        ({"items": [1, 1]}, "consent.bad_items"),
        ({"items": [-1]}, "consent.bad_items"),
        ({"how": " \n"}, "consent.no_how"),
        ({"how": "x" * 201}, "consent.no_how"),
        ({"given_at": clock.now() + timedelta(days=1)}, "consent.bad_time"),
        ({"valid_until": clock.now() - timedelta(days=1)}, "consent.bad_time"),
    ],
)
def test_a_grant_by_mouth_that_says_too_little_is_not_written_down(
    founding: Founding, changed: dict[str, Any], code: str
) -> None:
    report = Reporter().report(("keep", "team", None))
    with pytest.raises(ConsentError) as caught:
        by_mouth(founding, report, **changed)
    assert caught.value.code == code
    assert len(selectors.list_grants(report)) == 1


def test_who_may_not_answer_reports_neither_writes_nor_takes_back_a_grant(
    founding: Founding, staff_of: Any
) -> None:
    report = Reporter().report((*COURT, None))
    (grant,) = selectors.list_grants(report)
    admin = staff_of("administrator")
    with pytest.raises(NotThere):
        services.withdraw(actor=admin, grant_id=grant.id, reason="none")
    with pytest.raises(NotThere):
        by_mouth(Founding(founding.organisation, admin, b"", founding.drawn, founding.home), report)
    assert refusal(report, 0, *COURT) == ""


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_grant SET withdrawn_at = NULL, withdrawn_by = ''",
        "UPDATE consent_grant SET items = '[1]'",
        "UPDATE consent_grant SET valid_until = NULL, withdrawn_at = '2026-01-01', purpose = 'x'",
        "UPDATE consent_change SET message = 'other'",
        "UPDATE consent_change SET sequence = 0, message = ''",
        "UPDATE consent_changedreport SET report_id = x'00'",
        "DELETE FROM consent_change",
    ],
)
def test_the_database_refuses_to_rewrite_a_grant_or_what_took_it_back(change: str) -> None:
    hers = Reporter()
    hers.report((*COURT, None))
    hers.withdraw()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.parametrize(
    ("column", "value"), [("heard_by", "another"), ("limits", ""), ("how", "in a letter")]
)
def test_nobody_changes_afterwards_what_was_heard_by_whom_and_within_which_limits(
    founding: Founding, column: str, value: str
) -> None:
    report = Reporter().report(("keep", "team", None))
    by_mouth(founding, report, heard_by=" a  colleague ", limits="for the lawyer alone\n")
    (_, grant) = selectors.list_grants(report)
    assert (grant.heard_by, grant.limits) == ("a colleague", "for the lawyer alone")
    rows = models.Grant.objects.filter(pk=grant.id)
    now = clock.now()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**{column: value, "withdrawn_at": now, "withdrawn_by": BY_MOUTH})
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**{column: value})
    assert selectors.list_grants(report)[1] == grant


@pytest.mark.parametrize("words", [{"heard_by": "x" * 101}, {"limits": "x" * 501}])
def test_more_than_there_is_room_for_is_refused_and_never_cut(
    founding: Founding, words: dict[str, Any]
) -> None:
    report = Reporter().report(("keep", "team", None))
    with pytest.raises(ConsentError) as refused:
        by_mouth(founding, report, **words)
    assert refused.value.code == "consent.too_long"
    assert len(selectors.list_grants(report)) == 1


def test_a_withdrawal_by_mouth_says_how_to_whom_and_when_it_was_said(founding: Founding) -> None:
    report = Reporter().report((*COURT, None))
    (grant,) = selectors.list_grants(report)
    said_at = clock.now() - timedelta(hours=2)
    told: dict[str, Any] = {
        "grant_id": grant.id,
        "reason": "",
        "how": " by phone",
        "heard_by": "a colleague",
    }
    with pytest.raises(ConsentError) as refused:
        services.withdraw(actor=founding.founder, said_at=clock.now() + timedelta(hours=1), **told)
    assert refused.value.code == "consent.bad_time"
    services.withdraw(actor=founding.founder, said_at=said_at, **told)
    (after,) = selectors.list_grants(report)
    assert (after.withdrawn_how, after.withdrawn_heard_by) == ("by phone", "a colleague")
    assert after.withdrawn_said_at == said_at
    assert after.withdrawn_at is not None
    assert after.withdrawn_at > said_at


def test_keeping_is_no_longer_allowed_once_its_last_grant_is_gone(founding: Founding) -> None:
    hers = Reporter()
    report, other = hers.report(("keep", "team", None)), hers.report(("keep", "team", None))
    by_mouth(founding, report, purpose="keep", audience="team")
    assert selectors.list_withdrawn(purpose="keep") == {}
    services.withdraw(
        actor=founding.founder, grant_id=selectors.list_grants(report)[0].id, reason="in a call"
    )
    assert selectors.list_withdrawn(purpose="keep") == {}
    hers.withdraw(report_id=report)
    assert set(selectors.list_withdrawn(purpose="keep")) == {report}
    assert refusal(other, None, "keep", "team") == ""


def test_a_forgotten_report_leaves_no_grant_and_no_word_and_the_other_ones_stay() -> None:
    hers = Reporter()
    first, second = hers.report((*COURT, None)), hers.report((*COURT, None))
    hers.withdraw(numbers=[0])
    shredder.forget_report(report_id=first)
    assert selectors.list_grants(first) == ()
    assert refusal(first, 0, *COURT) == "consent.missing"
    (change,) = selectors.list_changes([second])
    assert (change.message != "", change.report_ids) == (True, (second,))
    shredder.forget_report(report_id=second)
    shredder.forget_report(report_id=second)
    assert models.Change.objects.get().message == ""
    assert not models.Grant.objects.exists()


def test_after_forgetting_a_held_back_report_opens_nothing_and_no_old_message_counts() -> None:
    hers = Reporter()
    report = hers.report((*COURT, None))
    held_back = hers.write((*COURT, None))
    text = hers.sign()
    hers.take(text)
    shredder.forget_report(report_id=report)
    assert refusal(hers.file(*held_back), 0, *COURT) == "consent.withdrawn"
    with pytest.raises(ConsentError) as caught:
        hers.take(text)
    assert caught.value.code == "consent.wrong_sequence"
