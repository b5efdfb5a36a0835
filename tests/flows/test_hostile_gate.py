"""Adversary A: what a gate can do to a desk, one test a trick. Each is caught, and nothing is lost.

The tricks are played by changing the files and rows of a real gate behind its back, or by a false
gate where the real one would refuse to play.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.flows.false_gate import serve_public
from tests.flows.stage import GateProcess, Reporter

from aigaq.accounts.rotation import rotate_team_identity
from aigaq.age import HybridIdentity
from aigaq.desk.desk_commands import publish_card
from aigaq.intake import answering, fetching, selectors, services, tasks
from aigaq.intake.gate_client import read_public
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.public_watch import raise_watch_alarms, watch_public
from aigaq.intake.shapes import Consent, InboxView, ReportState
from aigaq.sealing.mailbox_answer import Head, Heads

pytestmark = pytest.mark.slow

NewReporter = Callable[[], Reporter]


def work() -> None:
    """Let the desk fetch and work once."""
    fetching.pull_round()
    tasks.work_round()


def change(gate: GateProcess, sql: str, *values: object) -> int:
    """Change the stopped gate's database as its owner could; return the number of rows."""
    with sqlite3.connect(gate.folder / "data" / "gate.sqlite3") as database:
        count = database.execute(sql, values).rowcount
    database.close()
    return count


def ask(gate: GateProcess, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Read the gate's database as its owner could."""
    database = sqlite3.connect(gate.folder / "data" / "gate.sqlite3")
    rows = database.execute(sql, values).fetchall()
    database.close()
    return rows


def list_codes(founding: Founding) -> list[str]:
    """Return the codes of the open alarms."""
    return sorted(one.code for one in selectors.list_alarms(actor=founding.founder))


def test_a_swapped_recipient_in_a_report_is_not_for_us_and_is_kept(
    founding: Founding, new_reporter: NewReporter, second_place: Path
) -> None:
    stranger = str(HybridIdentity.generate().recipient)
    reporter = new_reporter()
    _sealed, file = reporter.seal(team_recipient=stranger)
    reporter.send(file)
    work()
    (row,) = selectors.list_inbox(actor=founding.founder, view=InboxView.FLAGGED).rows
    detail = selectors.access_report(actor=founding.founder, report_id=row.id)
    assert detail.row.state == ReportState.DAMAGED
    assert "report.not_for_us" in detail.faults
    assert not row.is_safe
    assert list_codes(founding) == ["report.damaged"]


def test_a_swapped_card_is_seen_as_a_stranger_sees_it(
    founding: Founding, gate: GateProcess
) -> None:
    files = read_locked_files(founding.home)
    assert watch_public(founding.home, files=files).card.state == "same"
    gate.stop()
    false = founding.card.replace(b'"batch":16', b'"batch":17')
    with serve_public(port=int(gate.origin.rpartition(":")[2]), pages={"/card": false}):
        watch = watch_public(founding.home, files=files)
    assert watch.card.state == "different"
    raise_watch_alarms()
    assert list_codes(founding) == ["watch.bundle_differs", "watch.card_differs"]


def test_one_changed_file_of_the_bundle_is_noticed_even_under_its_old_manifest(
    founding: Founding, gate: GateProcess
) -> None:
    files = read_locked_files(founding.home)
    assert watch_public(founding.home, files=files).bundle.state == "same"
    manifest = read_public(origin=gate.origin, path="/bundle-manifest.json")
    paths = [one["path"] for one in json.loads(manifest)["files"]]
    pages = {f"/{path}": read_public(origin=gate.origin, path=f"/{path}") for path in paths}
    pages |= {"/card": founding.card, "/bundle-manifest.json": manifest}
    gate.stop()
    port = int(gate.origin.rpartition(":")[2])
    with serve_public(port=port, pages=pages):
        assert watch_public(founding.home, files=files).bundle.state == "same"
    changed = next(path for path in paths if path.endswith(".js"))
    with serve_public(port=port, pages=pages | {f"/{changed}": b"steal()"}):
        watch = watch_public(founding.home, files=files)
    assert watch.card.state == "same"
    assert (watch.bundle.state, watch.bundle.differences) == ("different", (changed,))
    assert watch_public(founding.home, files=files).bundle.state == "unreachable"


def test_the_card_can_be_published_again_in_one_action(
    founding: Founding, gate: GateProcess
) -> None:
    services.publish_again(actor=founding.founder, what="card")
    assert selectors.get_public_watch().card.state == "same"


def test_phones_get_a_rotated_key_from_the_pages_that_the_desk_made(
    founding: Founding, gate: GateProcess
) -> None:
    files = read_locked_files(founding.home)
    assert watch_public(founding.home, files=files).bundle.state == "same"
    signed = rotate_team_identity(root_seed=founding.drawn.root_seed, home=founding.home)
    told = publish_card({})
    assert told["version"] == 2

    files = read_locked_files(founding.home)
    watch = watch_public(founding.home, files=files)
    assert (watch.card.state, watch.bundle.state) == ("same", "different")

    gate.stop()  # Its folder is the one in which the desk made the pages: nothing to carry.
    gate.start()
    watch = watch_public(founding.home, files=files)
    assert (watch.card.state, watch.bundle.state) == ("same", "same")
    recipient = json.loads(signed.split(b"\n")[0])["team_recipient"]
    assert recipient.encode() in read_public(origin=gate.origin, path="/")


def test_a_swapped_report_under_the_same_id_is_refused(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    new_reporter().tell()
    new_reporter().tell()
    gate.stop()
    (first, second) = ask(gate, "SELECT number, header FROM reports ORDER BY number")
    change(gate, "UPDATE reports SET header = ? WHERE number = ?", second[1], first[0])
    gate.start()
    assert fetching.pull_round().code == "gate.swapped_report"
    tasks.work_round()
    rows = selectors.list_inbox(actor=founding.founder, view=InboxView.ALL).rows
    assert [row.state for row in rows] == [ReportState.FILED]
    assert selectors.get_gate_status().code == "gate.swapped_report"


def test_a_swapped_member_is_fetched_again_and_at_last_filed_as_damaged(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess, second_place: Path
) -> None:
    new_reporter().tell(items=(("a", "text/plain", b"first"),))
    new_reporter().tell(items=(("b", "text/plain", b"other"),))
    files = sorted(p for p in (gate.folder / "data" / "items").rglob("*") if p.is_file())
    assert len(files) == 2
    kept = files[0].read_bytes()
    shutil.copy(files[1], files[0])
    codes = [fetching.pull_round().code for _round in range(3)]
    assert codes == ["gate.wrong_member", "gate.wrong_member", None]
    tasks.work_round()
    rows = selectors.list_inbox(actor=founding.founder, view=InboxView.ALL).rows
    assert sorted(row.state for row in rows) == [ReportState.DAMAGED, ReportState.FILED]
    # Which of the two the gate named first is chance.
    (whole,) = (row.register_number for row in rows if row.state == ReportState.FILED)
    assert list_codes(founding) == ["gate.wrong_member", "report.damaged"]
    assert sorted(row.is_safe for row in rows) == [False, True]
    # The gate was never told that the damaged one is safe, so it must still hold it.
    assert files[0].exists()
    assert kept != files[0].read_bytes()

    # Once more the same lie, then the truth: asked by hand, healed, safe, and only now erased.
    assert fetching.pull_round().code is None
    assert fetching.pull_round(by_hand=True).code == "gate.wrong_member"
    files[0].write_bytes(kept)
    assert fetching.pull_round().code is None
    tasks.work_round()
    assert files[0].exists()
    assert fetching.pull_round(by_hand=True).reports == 1
    tasks.work_round()
    rows = selectors.list_inbox(actor=founding.founder, view=InboxView.ALL).rows
    assert [(row.register_number, row.state, row.is_safe) for row in rows] == [
        (3, ReportState.FILED, True),
        (whole, ReportState.FILED, True),
    ]
    assert not files[0].exists()
    assert list_codes(founding) == ["gate.wrong_member", "report.damaged"]


def test_a_member_that_comes_right_the_second_time_is_filed_whole(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    new_reporter().tell(items=(("a", "text/plain", b"first"),))
    (path,) = [p for p in (gate.folder / "data" / "items").rglob("*") if p.is_file()]
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert fetching.pull_round().code == "gate.wrong_member"
    path.write_bytes(good)
    assert fetching.pull_round().code is None
    tasks.work_round()
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    assert row.state == ReportState.FILED


def test_a_swapped_message_is_kept_flagged_and_never_acted_on(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    alice, eve = new_reporter(), new_reporter()
    alice.tell(consents=(("keep", "team"), ("publish", "public")))
    eve.tell()
    work()
    eve.read()
    eve.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    gate.stop()
    changed = change(
        gate, "UPDATE messages SET mailbox_key = ? WHERE direction = 'to_desk'", alice.mailbox_key
    )
    assert changed == 1
    gate.start()
    work()
    assert list_codes(founding) == ["message.wrong_signature"]
    assert not [one for one in list_consents(founding) if one.withdrawn_at is not None]


def test_a_dropped_message_is_noticed_and_blocks_nothing_when_it_turns_up(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    reporter = new_reporter()
    reporter.tell()
    work()
    reporter.read()
    reporter.write(body={"text": "one"})
    gate.stop()
    (hidden,) = ask(gate, "SELECT * FROM messages WHERE direction = 'to_desk'")
    change(gate, "DELETE FROM messages WHERE direction = 'to_desk'")
    gate.start()
    reporter.write(body={"text": "two"})
    work()
    assert list_codes(founding) == ["message.out_of_order"]
    assert read_texts(founding) == []
    gate.stop()
    marks = ", ".join("?" for _value in hidden)
    change(gate, f"INSERT INTO messages VALUES ({marks})", 900_000, *hidden[1:])
    gate.start()
    work()
    assert read_texts(founding) == ["one", "two"]


def test_a_replayed_message_is_noticed_and_not_acted_on_again(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    reporter = new_reporter()
    reporter.tell()
    work()
    reporter.read()
    reporter.write(body={"text": "one"})
    gate.stop()
    (kept,) = ask(gate, "SELECT * FROM messages WHERE direction = 'to_desk'")
    gate.start()
    work()
    gate.stop()
    marks = ", ".join("?" for _value in kept)
    change(gate, f"INSERT INTO messages VALUES ({marks})", 900_000, *kept[1:])
    gate.start()
    work()
    assert list_codes(founding) == ["message.repeated"]
    assert read_texts(founding) == ["one"]


def test_reordered_messages_are_read_in_their_own_order(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess
) -> None:
    reporter = new_reporter()
    reporter.tell()
    work()
    reporter.read()
    for text in ("one", "two"):
        reporter.write(body={"text": text})
    gate.stop()
    change(
        gate,
        "UPDATE messages SET number = number + 1000 WHERE direction = 'to_desk' AND sequence = 1",
    )
    gate.start()
    work()
    assert list_codes(founding) == ["message.out_of_order"]
    assert read_texts(founding) == ["one", "two"]


def test_a_gate_that_tells_her_of_another_chain_is_noticed(
    founding: Founding, new_reporter: NewReporter
) -> None:
    reporter = new_reporter()
    reporter.tell()
    work()
    reporter.read()
    lie = Head(7, hashlib.sha256(b"never written").digest())
    reporter.write(heads=Heads(to_desk=reporter.sent, to_reporter=lie))
    work()
    assert list_codes(founding) == ["mailbox.heads_disagree"]


def test_a_gate_that_lost_a_message_of_the_desk_is_noticed(
    founding: Founding, new_reporter: NewReporter, gate: GateProcess, second_place: Path
) -> None:
    reporter = new_reporter()
    reporter.tell()
    work()
    gate.stop()
    change(gate, "UPDATE mailboxes SET to_reporter_sequence = 1")
    gate.start()
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    box = selectors.access_report(actor=founding.founder, report_id=row.id).mailbox_id
    assert box is not None
    answering.send_reply(actor=founding.founder, mailbox_id=box, text="three")
    work()
    assert list_codes(founding) == ["mailbox.gate_refuses_order"]
    messages = selectors.access_mailbox(actor=founding.founder, mailbox_id=box).messages
    # Her proof from the log, if it is there by now, waits behind the letter that was refused.
    assert [one.delivery for one in messages][:3] == ["at_gate", "at_gate", "not_taken"]
    assert {one.delivery for one in messages[3:]} <= {"waiting"}


def test_a_report_that_is_sent_again_after_it_was_filed_changes_nothing(
    founding: Founding, new_reporter: NewReporter, second_place: Path
) -> None:
    reporter = new_reporter()
    _sealed, file = reporter.seal()
    reporter.send(file)
    work()
    reporter.send(file)
    work()
    assert len(selectors.list_inbox(actor=founding.founder, view=InboxView.ALL).rows) == 1


def list_consents(founding: Founding) -> list[Consent]:
    """Return the consents of every report."""
    rows = selectors.list_inbox(actor=founding.founder, view=InboxView.ALL).rows
    reports = [selectors.access_report(actor=founding.founder, report_id=row.id) for row in rows]
    return [one for report in reports for one in report.consents]


def read_texts(founding: Founding) -> list[str]:
    """Return what was accepted from the one reporter, in the order of her chain."""
    (row,) = selectors.list_inbox(actor=founding.founder).rows
    box = selectors.access_report(actor=founding.founder, report_id=row.id).mailbox_id
    assert box is not None
    messages = selectors.access_mailbox(actor=founding.founder, mailbox_id=box).messages
    accepted = [one for one in messages if one.direction == "to_desk" and one.fault is None]
    return [one.text or "" for one in sorted(accepted, key=lambda one: one.sequence)]
