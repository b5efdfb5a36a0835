"""PROTOCOL 19: what a second channel is, and what must pass before a report is erased."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from tests.conftest import Founding
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.core.models import AuditEvent
from aigaq.evidence.models import CustodyLine
from aigaq.intake import cooling_off, delivery, erasing, models, selectors, services, tasks
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.answering import _record_rebind
from aigaq.intake.erasing import AskedGate
from aigaq.intake.errors import AlreadyDecided, IntakeError, NotFound
from aigaq.intake.second_channel import write_second_channel
from aigaq.intake.spool import Spool, State
from aigaq.sealing.rebinding import Rebind
from aigaq.sealing.receipt_code import derive_mailbox_keys, draw_code
from aigaq.sealing.signatures import public_bytes


def of_gate(founding: Founding) -> Carried:
    """File a report that came by the gate, so that a letter can reach its mailbox."""
    carried = carry_report(founding, answers=[(4, "fictional"), (17, "d"), (18, "the library")])
    models.Report.objects.filter(pk=carried.report.pk).update(came_by="gate")
    return carried


def plan(carried: Carried, **changes: object) -> models.Erasing:
    """Plan to erase a report that she asked to erase and confirmed."""
    given = {"reason": "asked", "is_confirmed": True} | changes
    erasing.plan_erasing(actor=carried.founding.founder, report_id=carried.report.pk, **given)  # type: ignore[arg-type]
    return models.Erasing.objects.get(done_at=None, called_off_at=None)


def deliver(row: models.Erasing) -> None:
    """Have the gate take the letter about an erasing."""
    assert row.letter is not None
    delivery.record_delivered(message=row.letter)


def is_due(*, asked: bool = True, waiting: frozenset[bytes] = frozenset()) -> bool:
    """Tell whether something would be erased now."""
    since = clock.now() if asked else None
    return bool(erasing.list_due(AskedGate(since, waiting)))


@contextmanager
def days_later(days: float) -> Iterator[None]:
    """Let days pass."""
    with pytest.MonkeyPatch.context() as patch:
        now = clock.now()
        patch.setattr(clock, "now", lambda: now + timedelta(days=days))
        yield


def codes() -> list[str]:
    """Return every code of the history."""
    return list(AuditEvent.objects.order_by("sequence").values_list("code", flat=True))


def test_what_was_agreed_in_the_newest_meeting_holds_and_the_older_stay_to_be_seen(
    founding: Founding,
) -> None:
    carried = of_gate(founding)
    now = clock.now()
    for text, days in (("my sister", 1), ("the neighbour", 9)):
        write_second_channel(
            actor=founding.founder,
            mailbox_id=carried.box.pk,
            text=text,
            agreed_by="Айгүл",
            agreed_at=now - timedelta(days=days),
        )
    detail = selectors.access_mailbox(actor=founding.founder, mailbox_id=carried.box.pk)
    assert [(one.text, one.is_of_meeting, one.is_new) for one in detail.second_channels] == [
        ("my sister", True, True),
        ("the neighbour", True, True),
        ("the library", False, True),
    ]
    assert codes().count("intake.second_channel_agreed") == 2
    said = b"".join(bytes(one.line or b"") for one in CustodyLine.objects.all())
    assert said.count(b'"note":"second_channel"') == 2
    assert b"sister" not in said


@pytest.mark.parametrize(
    ("text", "name", "days"),
    [(" ", "Айгүл", 1), ("a", " ", 1), ("a", "b", -1), ("a" * 1_001, "b", 1), ("a", "b" * 201, 1)],
)
def test_a_second_channel_without_words_or_name_or_of_tomorrow_is_refused(
    founding: Founding, text: str, name: str, days: int
) -> None:
    box = of_gate(founding).box
    at = clock.now() - timedelta(days=days)
    with pytest.raises(IntakeError) as caught:
        write_second_channel(
            actor=founding.founder, mailbox_id=box.pk, text=text, agreed_by=name, agreed_at=at
        )
    assert caught.value.code == "intake.bad_channel"


def test_what_is_sent_through_the_mailbox_never_names_a_second_channel(founding: Founding) -> None:
    carried = of_gate(founding)
    part = carry_report(founding, answers=[(18, "ask him who has the phone")])
    rows = models.Report.objects.filter(pk=part.report.pk)
    rows.update(mailbox=carried.box, continues=bytes(carried.report.report_id))
    models.Report.objects.filter(pk=carried.report.pk).update(register_number=9)
    detail = selectors.access_mailbox(actor=founding.founder, mailbox_id=carried.box.pk)
    assert [one.text for one in detail.second_channels] == ["the library"]


def test_a_report_is_erased_only_days_after_its_letter_lay_at_the_gate(founding: Founding) -> None:
    row = plan(of_gate(founding))
    with days_later(30):
        assert not is_due()
        deliver(row)
        assert not is_due()
    with days_later(36.9):
        assert not is_due()
    with days_later(37.1):
        assert is_due()
    assert models.Report.objects.get().forgotten_at is None


def test_nothing_is_erased_while_her_letter_could_lie_at_the_gate(founding: Founding) -> None:
    carried = of_gate(founding)
    deliver(plan(carried))
    before = clock.now()
    with days_later(8):
        assert not is_due(asked=False)
        assert not erasing.list_due(AskedGate(before + timedelta(days=6)))
        assert not is_due(waiting=frozenset([bytes(carried.box.key)]))
        assert is_due()


def test_what_is_due_is_erased_with_the_name_of_who_planned_it(founding: Founding) -> None:
    carried = of_gate(founding)
    row = plan(carried, is_confirmed=False, why="She told me in person.")
    deliver(row)
    with days_later(8):
        (due,) = erasing.list_due(AskedGate(clock.now()))
        erasing.erase(due)
    assert models.Report.objects.get().forgotten_at is not None
    assert models.Erasing.objects.get().why == ""
    event = AuditEvent.objects.get(code="intake.report_forgotten")
    assert str(founding.founder.pk) in str(event.__dict__)


def test_any_letter_of_hers_calls_it_off(founding: Founding) -> None:
    carried = of_gate(founding)
    deliver(plan(carried))
    assert carried.write(kind="request", body={"action": "delete", "report_id": None}) == ""
    assert models.Erasing.objects.get().called_off_at is None
    assert carried.write(body={"text": "fictional"}) == ""
    assert models.Erasing.objects.get().called_off_how == "letter"
    with days_later(8):
        assert not is_due()


def test_a_colleague_calls_it_off_and_it_can_be_planned_anew(founding: Founding) -> None:
    carried = of_gate(founding)
    plan(carried)
    with pytest.raises(AlreadyDecided):
        plan(carried)
    erasing.call_off(actor=founding.founder, report_id=carried.report.pk)
    with pytest.raises(AlreadyDecided):
        erasing.call_off(actor=founding.founder, report_id=carried.report.pk)
    assert codes()[-1] == "intake.erasing_called_off"
    plan(carried)


def test_a_new_code_calls_it_off_and_takes_the_second_channels_along(founding: Founding) -> None:
    carried = of_gate(founding)
    plan(carried)
    old = carried.box
    write_second_channel(
        actor=founding.founder,
        mailbox_id=old.pk,
        text="my sister",
        agreed_by="Айгүл",
        agreed_at=clock.now(),
    )
    team_id = bytes.fromhex(accounts.get_organisation().team_id)
    keys = derive_mailbox_keys(draw_code(), team_id=team_id)
    rebind = Rebind(
        team_id=team_id,
        first_commitment=bytes(old.first_commitment),
        old_mailbox_key=bytes(old.key),
        new_mailbox_key=public_bytes(keys.key),
        new_mailbox_recipient=str(keys.identity.recipient),
        rebound_at=clock.now(),
    )
    new = _record_rebind(
        actor=founding.founder, old=old, rebind=rebind, text="fictional", reason="seen"
    )
    assert models.Erasing.objects.get().called_off_how == "new_code"
    detail = selectors.access_mailbox(actor=founding.founder, mailbox_id=new)
    assert [one.text for one in detail.second_channels] == ["my sister", "the library"]


def test_an_open_alarm_of_the_mailbox_holds_it(founding: Founding) -> None:
    carried = of_gate(founding)
    deliver(plan(carried))
    alarm = raise_alarm("message.out_of_order", mailbox=carried.box)
    with days_later(8):
        assert not is_due()
        services.resolve_alarm(actor=founding.founder, alarm_id=alarm.pk, note="seen")
        assert is_due()


def test_where_no_letter_reaches_her_the_days_run_at_once_and_need_no_gate(
    founding: Founding,
) -> None:
    row = plan(carry_report(founding))
    assert row.letter is None
    with days_later(6.9):
        assert not is_due(asked=False)
    with days_later(7.1):
        assert is_due(asked=False)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("reason", ["asked", "no_report"])
def test_the_letter_is_in_her_language_and_says_number_and_days(
    founding: Founding, language: str, reason: str
) -> None:
    carried = of_gate(founding)
    models.Report.objects.update(language=language)
    cooling_off.set_cooling_off_days(actor=founding.founder, days=21)
    letter = plan(carried, reason=reason).letter
    assert letter is not None
    text = letter.body["text"]
    assert str(carried.report.register_number) in text
    assert "21" in text
    assert {"kk": "хат", "ru": "письмо", "en": "letter"}[language] in text


def test_a_plan_without_confirmation_says_why(founding: Founding) -> None:
    carried = of_gate(founding)
    for changes, code in (
        ({"is_confirmed": False}, "intake.no_why"),
        ({"is_confirmed": False, "why": " "}, "intake.no_why"),
        ({"reason": "sample"}, "intake.bad_reason"),
    ):
        with pytest.raises(IntakeError) as caught:
            plan(carried, **changes)
        assert caught.value.code == code


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_a_cooling_off_is_one_to_ninety_days(founding: Founding, days: int) -> None:
    with pytest.raises(IntakeError) as caught:
        cooling_off.set_cooling_off_days(actor=founding.founder, days=days)
    assert caught.value.code == "intake.bad_cooling_off"


@pytest.mark.parametrize("action", ["withdraw", "limit"])
def test_what_she_asks_is_not_done_before_the_cooling_off_is_over(
    founding: Founding, action: str
) -> None:
    carried = of_gate(founding)
    carried.write(kind="request", body={"action": action, "report_id": None})
    (asked,) = selectors.list_requests(actor=founding.founder)

    def decide() -> None:
        services.decide_request(
            actor=founding.founder, request_id=asked.id, decision="done", note=""
        )

    with pytest.raises(IntakeError) as caught:
        decide()
    assert caught.value.code == "intake.cooling_off"
    with days_later(7.1):
        decide()
    assert models.PersonRequest.objects.get().decision == "done"


def test_only_the_sample_is_erased_at_once(founding: Founding) -> None:
    carried = of_gate(founding)
    with pytest.raises(NotFound):
        services.remove_sample(actor=founding.founder, report_id=carried.report.pk)
    models.Report.objects.update(is_sample=True)
    services.remove_sample(actor=founding.founder, report_id=carried.report.pk)
    assert models.Report.objects.get().forgotten_at is not None


def test_a_second_channel_goes_with_the_report(founding: Founding) -> None:
    carried = of_gate(founding)
    write_second_channel(
        actor=founding.founder,
        mailbox_id=carried.box.pk,
        text="my sister",
        agreed_by="Айгүл",
        agreed_at=clock.now(),
    )
    deliver(plan(carried))
    with days_later(8):
        erasing.erase(erasing.list_due(AskedGate(clock.now()))[0])
    assert not models.SecondChannel.objects.exists()
    with pytest.raises(NotFound):
        write_second_channel(
            actor=founding.founder,
            mailbox_id=carried.box.pk,
            text="a",
            agreed_by="b",
            agreed_at=clock.now(),
        )
    with pytest.raises(NotFound):
        erasing.call_off(actor=founding.founder, report_id=uuid4())


@pytest.mark.parametrize(("state", "is_erased"), [("reached", True), ("unreachable", False)])
def test_the_round_of_work_erases_what_is_due_if_the_gate_was_asked_since(
    founding: Founding, state: str, is_erased: bool
) -> None:
    deliver(plan(of_gate(founding)))
    spool = Spool(settings.HOME)
    spool.create()
    with days_later(8):
        spool.write_state(State(state=state, last_attempt_at=clock.format_time(clock.now())))
        tasks.work_round()
    assert (models.Report.objects.get().forgotten_at is not None) is is_erased
    assert (models.Erasing.objects.get().done_at is not None) is is_erased
