"""The public log from end to end: phone, gate, log, desk, partner, mailbox, receipt, verifier."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.conftest import Founding
from tests.flows.false_gate import serve_public
from tests.flows.partner import Partner, root_of, run, verify, wait_for_log, wait_until, work
from tests.flows.stage import GateProcess, Reporter, alter_rows, read_card

from aigaq import clock
from aigaq.accounts.card_changes import sign_changed_card
from aigaq.accounts.cards import read_card as read_own_card
from aigaq.intake import fetching, log_watch, models, proofs, selectors
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.notice_state import NoticeState
from aigaq.intake.proof_models import LogProof
from aigaq.sealing import messages
from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.log_proofs import open_log_proof
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import (
    LogWriter,
    hash_entry,
    read_checkpoint,
    sign_checkpoint,
)

pytestmark = pytest.mark.slow

NewReporter = Callable[[], Reporter]


@pytest.fixture
def interval_seconds() -> int:
    """Give batches that a test can wait for."""
    return 3


def list_codes(founding: Founding) -> list[str]:
    return sorted(one.code for one in selectors.list_alarms(actor=founding.founder))


def test_a_receipt_made_by_the_whole_way_is_verified_by_a_stranger(
    founding: Founding, gate: GateProcess, partner: Partner, tmp_path: Path
) -> None:
    card, root = str(founding.home.locked / "card.json"), root_of(founding)
    answers, report = tmp_path / "answers.json", tmp_path / "backup.tar"
    receipt = tmp_path / "receipt.json"
    answers.write_text('{"4": "fictional"}')
    of_seal = ["--card", card, "--root", root, "--answers", str(answers), "--out", str(report)]
    status, sealed = run("seal", *of_seal, "--receipt", str(receipt))
    assert status == 0
    to_gate = ["--gate", gate.origin, "--root", root]
    assert run("send", str(report), *to_gate, "--receipt", str(receipt))[0] == 0

    def round_of_all() -> None:
        work()
        partner.cosign()
        work()

    wait_until(LogProof.objects.exists, do=round_of_all)
    work()  # The gate gets the letter.

    mailbox = ["mailbox", *to_gate, "--code", "-"]
    status, read = run(*mailbox, "read", stdin=sealed["code"])
    shown = {one["kind"]: one for one in read["messages"]}
    assert shown["proof"]["independently_witnessed"] is True
    assert shown["proof"]["cosigners"] == [
        f"127.0.0.1:{gate.origin.rpartition(':')[2]}/desk",
        "partner.example/aigaq",
    ]
    assert shown["proof"]["report_id"] == sealed["report_id"]

    status, told = run(*mailbox, "receipt", str(receipt), stdin=sealed["code"])
    assert (told["filing_receipt"], told["proof"]) == (True, True)
    policy = partner.write_policy(tmp_path / "policy.json", founding)
    status, verdict = verify(receipt, "--policy", policy)
    assert (status, verdict["verdict"]) == (0, "verified"), verdict
    assert verify(receipt)[0] == 3  # Without a policy nobody knows whose keys these are.

    copy = tmp_path / "copy"
    status, copied = run("log", "copy", f"{gate.origin}/log", str(copy), "--root", root)
    assert status == 0, copied
    assert run("log", "fsck", str(copy), "--card", card)[0] == 0
    assert verify(receipt, "--log", copy, "--policy", policy)[0] == 0
    assert [code for code in list_codes(founding) if code.startswith("log.")] == []


def send_and_remove(founding: Founding, gate: GateProcess, folder: Path) -> Path:
    """Send a report, remove it before a batch holds it, and return the receipt file."""
    card, root = str(founding.home.locked / "card.json"), root_of(founding)
    answers = folder / "answers.json"
    answers.write_text('{"4": "fictional"}')
    for number in range(10):  # Now and then a batch is quicker than its thief.
        report, receipt = folder / f"backup-{number}.tar", folder / f"receipt-{number}.json"
        of_seal = ["--card", card, "--root", root, "--answers", str(answers), "--out", str(report)]
        run("seal", *of_seal, "--receipt", str(receipt))
        to_gate = ["--gate", gate.origin, "--root", root]
        assert run("send", str(report), *to_gate, "--receipt", str(receipt))[0] == 0
        gate.stop()
        removed = alter_rows(gate, "DELETE FROM commitments")
        gate.start()
        if removed:
            return receipt
    raise AssertionError("every batch was quicker")


def test_a_report_removed_at_the_gate_is_missing_for_whoever_holds_the_receipt(
    founding: Founding, gate: GateProcess, partner: Partner, tmp_path: Path
) -> None:
    root = root_of(founding)
    receipt = send_and_remove(founding, gate, tmp_path)
    policy = partner.write_policy(tmp_path / "policy.json", founding)
    copy = tmp_path / "copy"

    def cosign_both() -> None:
        log_watch.watch_log(founding.home, files=read_locked_files(founding.home))
        partner.cosign_later(days=2)

    # What is cosigned after the moment that is asked for vouches for nothing.
    three_days_on = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    judged: list[str | Path] = ["--log", copy, "--policy", policy, "--at", three_days_on]

    def is_cosigned_later() -> bool:
        run("log", "copy", f"{gate.origin}/log", str(copy), "--root", root)
        return verify(receipt, *judged)[0] == 1

    wait_until(is_cosigned_later, do=cosign_both)
    _status, verdict = verify(receipt, *judged)
    assert "receipt.missing" in [step["code"] for step in verdict["steps"]]


def test_the_desk_cosigns_while_it_is_locked_and_again_after_its_card_changed(
    founding: Founding, gate: GateProcess
) -> None:
    wait_for_log(gate)
    card = read_card(founding.home.locked / "card.json", root_key=founding_root(founding))
    (own,) = read_cosigners(card)
    assert (own.name, own.is_independent) == (f"{gate.origin.removeprefix('http://')}/desk", False)
    assert len(own.verifiers) == 2

    def is_cosigned() -> bool:
        return httpx.get(f"{gate.origin}/log/cosigned", trust_env=False).status_code == 200

    wait_until(is_cosigned, do=fetching.pull_round)  # The fetch key and the seed are all it needs.
    status = log_watch.read_log_status(founding.home)
    assert status.size >= 18
    assert status.code is None
    assert not status.is_independent


def founding_root(founding: Founding) -> bytes:
    return bytes(founding.organisation.root_key)


def test_a_desk_without_a_seed_gets_its_cosigner_with_the_next_card(founding: Founding) -> None:
    (founding.home.locked / "cosigner.key").unlink()
    before = read_own_card()
    signed = sign_changed_card(
        root_seed=founding.drawn.root_seed,
        home=founding.home,
        changes={"reading_hours": 12},
        accept_unreviewed="",
    )
    after = read_own_card()
    assert signed
    (old,), (new,) = read_cosigners(before), read_cosigners(after)
    assert old.name == new.name
    assert old.verifiers != new.verifiers


def test_damaged_reports_get_their_proof_too_and_each_report_one(
    founding: Founding, gate: GateProcess, new_reporter: NewReporter
) -> None:
    reporter = new_reporter()
    sealed, file = reporter.seal(items=(("a", "text/plain", b"first"),))
    reporter.send(file)
    (item,) = [p for p in (gate.folder / "data" / "items").rglob("*") if p.is_file()]
    good = item.read_bytes()
    item.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    for _ in range(3):
        fetching.pull_round()
    wait_until(LogProof.objects.exists, do=work)
    for _ in range(3):
        work()
    report = models.Report.objects.get()
    assert report.state == "damaged"
    letters = models.Message.objects.filter(kind="proof")
    assert letters.count() == 1
    seen = open_log_proof(
        letters.get().body["proof"], card=read_own_card(), commitment=sealed.commitment
    )
    assert not seen.is_independent
    assert seen.index == LogProof.objects.get().index


def test_a_proof_too_long_for_a_letter_goes_with_the_short_lines(
    founding: Founding,
    gate: GateProcess,
    new_reporter: NewReporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    monkeypatch.setattr(messages, "PROOF_BYTES", 2_000)
    new_reporter().tell()
    wait_until(LogProof.objects.exists, do=work)
    text = models.Message.objects.get(kind="proof").body["proof"]
    assert len(text) < 2_000
    seen = open_log_proof(text, card=read_own_card(), commitment=None)
    assert len(seen.cosigners) == 1


def test_a_forked_log_asks_the_locked_desk_to_look_and_is_an_alarm_when_open(
    founding: Founding, gate: GateProcess, tmp_path: Path
) -> None:
    wait_for_log(gate)
    wait_until(
        lambda: log_watch.read_log_status(founding.home).size > 0,
        do=lambda: log_watch.watch_quietly(founding.home),
    )
    size = log_watch.read_log_status(founding.home).size
    log_key = Ed25519PrivateKey.from_private_bytes(read_seed(founding.home.gate / "log.key"))
    origin = read_own_card().log_origin
    folder = tmp_path / "fork"
    with LogWriter(folder, origin=origin, key=log_key) as log:
        entries = [build_blinded(bytes([number % 256]) * 32) for number in range(size)]
        log.append(entries, start=0)
    gate.stop()
    port = int(gate.origin.rpartition(":")[2])
    pages = {
        f"/log/{path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    with serve_public(port=port, pages=pages):
        assert log_watch.watch_quietly(founding.home)
    log_watch.raise_log_alarms(founding.home)
    assert "log.forked" in list_codes(founding)
    (kept,) = [
        one
        for one in log_watch.open_store(founding.home, log_origin=origin).list_alarms()
        if one.code == "log.forked"
    ]
    heads = [
        read_checkpoint((kept.folder / f"{name}.checkpoint").read_bytes()).checkpoint
        for name in ("served", "remembered")
    ]
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root


def read_seed(path: Path) -> bytes:
    return b64decode(path.read_text().strip())


def test_a_wrong_log_plans_the_notice_look_at_the_desk(
    founding: Founding, gate: GateProcess
) -> None:
    wait_for_log(gate)
    fetching.pull_round()
    head = httpx.get(f"{gate.origin}/log/checkpoint", trust_env=False).content
    gate.stop()
    false = sign_checkpoint(
        read_checkpoint(head).checkpoint, key=Ed25519PrivateKey.generate()
    ).encode()
    NoticeState(founding.home).settle()
    port = int(gate.origin.rpartition(":")[2])
    with serve_public(port=port, pages={"/log/checkpoint": false}):
        fetching.pull_round()
    assert json.loads((founding.home.desk / "inbox" / "notice.json").read_bytes())["due"]
    log_watch.raise_log_alarms(founding.home)
    assert "log.wrong_signature" in list_codes(founding)


def test_a_broken_promise_is_an_alarm_of_the_report(
    founding: Founding, gate: GateProcess, new_reporter: NewReporter
) -> None:
    new_reporter().tell()
    wait_until(models.Report.objects.exists, do=work)
    LogProof.objects.all().delete()  # One that she was sent would say where it stands.
    models.Report.objects.update(
        received_at=clock.now() - timedelta(days=2), commitment=bytes([7]) * 32
    )
    wait_until(lambda: "log.promise_broken" in list_codes(founding), do=work)
    work()
    alarms = [
        one
        for one in selectors.list_alarms(actor=founding.founder)
        if one.code == "log.promise_broken"
    ]
    assert len(alarms) == 1
    assert alarms[0].report_id == models.Report.objects.get().pk


def test_no_proof_is_written_under_a_head_that_is_not_the_desk_s_own(
    founding: Founding, gate: GateProcess, new_reporter: NewReporter
) -> None:
    new_reporter().tell()
    wait_until(LogProof.objects.exists, do=work)
    head = proofs.fetch_cosigned(read_locked_files(founding.home))
    assert head is not None
    store = log_watch.open_store(founding.home, log_origin=read_own_card().log_origin)
    leaves = store.read_leaves()
    assert proofs.is_ours(head, leaves=leaves)
    other = type(leaves)(hash_entry(b"other") * leaves.size)
    assert not proofs.is_ours(head, leaves=other)
    assert "log.forked" in list_codes(founding)
