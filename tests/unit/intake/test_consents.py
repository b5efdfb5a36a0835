"""What reports allow goes to consent as they are filed, and what messages take back at once."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import without_triggers
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.errors import NotThere
from aigaq.consent import selectors as consent
from aigaq.consent.errors import NoConsent
from aigaq.consent.models import Change, ChangedReport, Grant
from aigaq.intake import consent_hooks, models, selectors, spoken_consent
from aigaq.sealing.messages import decrypt_message

pytestmark = pytest.mark.django_db

PICTURE = (("a.txt", "text/plain", b"fictional"),)


def report_id(carried: Carried) -> bytes:
    return bytes(carried.report.report_id)


def withdraw(carried: Carried, numbers: list[int] | None = None) -> None:
    body = {"consents": numbers, "report_id": None}
    assert carried.write(kind="withdraw_consent", body=body) == ""


def allow(founding: Founding, carried: Carried, *, items: list[int] | None = None) -> UUID:
    return spoken_consent.record_consent(
        actor=founding.founder,
        report_id=carried.report.pk,
        purpose="prove",
        audience="court",
        items=items,
        how="in a call",
        given_at=clock.now(),
    )


def test_a_filed_report_allows_what_its_manifest_says(founding: Founding) -> None:
    carried = carry_report(founding)
    for purpose, audience in (("keep", "team"), ("publish", "public")):
        assert consent.require(report_id(carried), None, purpose, audience).leaf_index is not None
    with pytest.raises(NoConsent):
        consent.require(report_id(carried), None, "prove", "court")


def test_a_message_shuts_the_exit_as_it_is_taken_and_its_signed_text_is_kept(
    founding: Founding,
) -> None:
    carried = carry_report(founding)
    withdraw(carried, [1])
    with pytest.raises(NoConsent) as caught:
        consent.require(report_id(carried), None, "publish", "public")
    assert caught.value.code == "consent.withdrawn"
    (change,) = consent.list_changes([report_id(carried)])
    row = models.Message.objects.get(kind="withdraw_consent")
    signed = decrypt_message(bytes(row.ciphertext), identities=accounts.list_team_identities())
    assert change.message.encode() == signed
    assert change.mailbox_key == bytes(carried.box.key)


def test_a_message_that_waited_for_its_predecessor_takes_back_once_it_counts(
    founding: Founding,
) -> None:
    carried = carry_report(founding)
    with suppress(Undone), transaction.atomic():
        carried.write()
        withdraw(carried, [1])
        text, letter = models.Message.objects.filter(direction="to_desk").order_by("sequence")
        raise Undone
    assert hand_over(carried, letter) == "message.out_of_order"
    assert consent.require(report_id(carried), None, "publish", "public")
    assert hand_over(carried, text) == ""
    with pytest.raises(NoConsent):
        consent.require(report_id(carried), None, "publish", "public")


class Undone(Exception):
    """Nothing of this came to the desk after all."""


def hand_over(carried: Carried, row: models.Message) -> str:
    sequence, previous = row.sequence, bytes(row.previous)
    return carried.hand_over(bytes(row.ciphertext), sequence=sequence, previous=previous)


def test_texts_that_an_older_version_took_are_handed_over_once(founding: Founding) -> None:
    carried, other = carry_report(founding), carry_report(founding)
    withdraw(carried)
    kept = [one.message for one in consent.list_changes([report_id(carried)])]
    forget_changes()
    assert consent.list_changes([report_id(carried)]) == ()
    assert consent_hooks.hand_over_older() == 1
    assert consent_hooks.hand_over_older() == 0
    assert [one.message for one in consent.list_changes([report_id(carried)])] == kept
    assert consent.list_changes([report_id(other)]) == ()


def test_an_older_text_takes_nothing_from_a_report_that_came_after_it(founding: Founding) -> None:
    carried = carry_report(founding)
    withdraw(carried)
    forget_changes()
    models.Message.objects.update(kept_at=clock.now() - timedelta(days=1))
    assert consent_hooks.hand_over_older() == 1
    assert consent.list_changes([report_id(carried)]) == ()


def forget_changes() -> None:
    """Bring the tables to what an update finds: no change was ever written down."""

    def forget() -> None:
        ChangedReport.objects.all().delete()
        Change.objects.all().delete()

    without_triggers(forget)


def test_a_consent_by_mouth_is_shown_with_the_others_and_taken_back_like_them(
    founding: Founding,
) -> None:
    carried = carry_report(founding, items=PICTURE)
    grant = allow(founding, carried, items=[0])
    assert consent.require(report_id(carried), 0, "prove", "court").id == grant
    detail = selectors.access_report(actor=founding.founder, report_id=carried.report.pk)
    assert [(one.number, one.is_live) for one in detail.consents] == [
        (0, True),
        (1, True),
        (None, True),
    ]
    spoken_consent.withdraw_consent(actor=founding.founder, consent_id=grant, reason="in a call")
    detail = selectors.access_report(actor=founding.founder, report_id=carried.report.pk)
    assert [one.is_live for one in detail.consents] == [True, True, False]


def test_no_consent_is_written_for_an_item_or_a_report_that_is_not_there(
    founding: Founding,
) -> None:
    carried = carry_report(founding, items=PICTURE)
    with pytest.raises(NotThere):
        allow(founding, carried, items=[1])
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    with pytest.raises(NotThere):
        allow(founding, carried)
    assert not Grant.objects.exists()
