"""Mailboxes over a real gate: one that is replaced, and a letter of one that nobody knows."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.flows.stage import GateProcess, Reporter, alter_rows

from aigaq.accounts import selectors as accounts
from aigaq.core import audit
from aigaq.intake import answering, fetching, models, selectors, tasks
from aigaq.sealing.errors import SealingError
from aigaq.sealing.mailbox_requests import MailboxRequest
from aigaq.sealing.rebinding import parse_rebind

pytestmark = pytest.mark.slow

NewReporter = Callable[[], Reporter]


def work() -> None:
    """Let the desk fetch and work until nothing waits."""
    fetching.pull_round()
    tasks.work_until_nothing_waits()


def list_codes(founding: Founding) -> list[str]:
    return [one.code for one in selectors.list_alarms(actor=founding.founder)]


def age_letters(founding: Founding, *, seconds: int) -> None:
    """Make the letters in the spool as old as if they had waited so long for their report."""
    then = time.time() - seconds
    for path in (founding.home.desk / "inbox" / "messages").glob("*.json"):
        os.utime(path, (then, then))


def test_a_letter_without_its_report_waits_an_hour_and_then_raises_one_alarm(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    reporter = new_reporter()
    reporter.tell()
    reporter.write(body={"text": "A fictional letter."})
    gate.stop()  # Its owner takes the report away and leaves the letter.
    assert alter_rows(gate, "DELETE FROM reports") == 1
    gate.start()
    work()
    age_letters(founding, seconds=3_300)
    work()
    assert list_codes(founding) == []
    age_letters(founding, seconds=3_900)
    work()
    work()
    assert list_codes(founding) == ["message.unknown_mailbox"]
    (alarm,) = models.Alarm.objects.all()
    assert alarm.details == {"mailbox_key": reporter.mailbox_key.hex()[:16]}
    # The letter is not lost: here and at the gate it waits for its report.
    assert not models.Message.objects.exists()
    assert len(list((founding.home.desk / "inbox" / "messages").glob("*.json"))) == 1


def test_a_new_mailbox_takes_the_place_of_one_whose_code_was_lost(
    founding: Founding, new_reporter: NewReporter, second_place: Path
) -> None:
    old, new = new_reporter(), new_reporter()
    old.tell()
    old.write(body={"text": "From the old mailbox."})
    work()
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    report = selectors.access_report(actor=founding.founder, report_id=row.id)
    assert report.mailbox_id is not None
    answering.rebind_mailbox(
        actor=founding.founder,
        mailbox_id=report.mailbox_id,
        new_mailbox_key=new.mailbox_key,
        new_mailbox_recipient=str(new.keys.identity.recipient),
        reason="lost",
    )
    work()

    for said in (None, old.build(body={"text": "Somebody with the old code."})):
        with pytest.raises(SealingError) as refused:  # As if there had never been a mailbox.
            old.ask(MailboxRequest(send=said))
        assert refused.value.code == "mailbox.not_for_us"

    new.first = old.first
    messages = new.read()
    assert [(one.kind, one.sequence) for one in messages] == [("rebind", 1)]
    told = parse_rebind(
        str(messages[0].body["rebind"]),
        message_key=new.card.message_key,
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
    )
    assert (told.old_mailbox_key, told.new_mailbox_key) == (old.mailbox_key, new.mailbox_key)
    new.write(body={"text": "From the new mailbox."})
    work()

    mailbox_id = selectors.access_report(actor=founding.founder, report_id=row.id).mailbox_id
    assert mailbox_id not in (None, report.mailbox_id)
    assert mailbox_id is not None
    answering.send_reply(actor=founding.founder, mailbox_id=mailbox_id, text="An answer.")
    work()
    assert [one.body for one in new.read()] == [{"text": "An answer."}]
    texts = models.Message.objects.filter(direction="to_desk").order_by("gate_number")
    assert [one.body["text"] for one in texts] == ["From the old mailbox.", "From the new mailbox."]
    assert list_codes(founding) == []
    assert audit.check_chain() > 0
