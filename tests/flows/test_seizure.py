"""The gate is seized with the key of its log: what was proven stays, nothing can be back-dated."""

import shutil
from base64 import b64decode
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.conftest import Founding
from tests.flows.partner import Partner, root_of, run, verify, wait_until, work
from tests.flows.stage import GateProcess, read_card

from aigaq import clock
from aigaq.accounts.cards import read_card as read_own_card
from aigaq.core.commands import get_command
from aigaq.evidence import heads
from aigaq.evidence.models import FiledReport
from aigaq.evidence.selectors import find_logged_head
from aigaq.intake import fetching, gate_session, models, selectors, tasks
from aigaq.intake.errors import PackageRefused
from aigaq.intake.evidence_tasks import audit_desk
from aigaq.intake.log_policy import build_policy
from aigaq.intake.log_retiring import run_plan_command, run_retire_command
from aigaq.intake.proof_models import LogProof
from aigaq.intake.spool import Spool
from aigaq.sealing.log_entries import PublicEntry, build_blinded, parse_entry
from aigaq.sealing.receipts import Promise, build_promise, build_receipt_file, parse_receipt_file
from aigaq.sealing.retirement import parse_retirement
from aigaq.tlog import (
    Ed25519Verifier,
    LogWriter,
    ProofFile,
    add_signatures,
    build_proof_file,
    check_log,
    parse_note,
)
from aigaq.watching.seeds import open_seed_file

pytestmark = pytest.mark.slow


@pytest.fixture
def interval_seconds() -> int:
    """Give batches that a test can wait for."""
    return 3


@dataclass
class Sender:
    """Someone who seals and sends from a command line, with a receipt file."""

    founding: Founding
    gate: GateProcess
    folder: Path

    def seal(self, name: str, *, card: Path) -> tuple[Path, dict[str, Any]]:
        """Seal a report; return where receipt and report lie."""
        answers = self.folder / "answers.json"
        answers.write_text('{"4": "fictional"}')
        receipt, report = self.folder / f"{name}.json", self.folder / f"{name}.tar"
        of_seal = ["--card", str(card), "--root", root_of(self.founding)]
        of_seal += ["--answers", str(answers), "--out", str(report), "--receipt", str(receipt)]
        (self.folder / "letter.txt").write_text("a fictional letter")
        of_seal += ["--item", str(self.folder / "letter.txt"), "--consent", "prove:court"]
        status, sealed = run("seal", *of_seal)
        assert status == 0, sealed
        return receipt, sealed

    def send(self, name: str) -> tuple[Path, str]:
        """Seal and send under the card in force; return the receipt file and the code."""
        receipt, sealed = self.seal(name, card=self.founding.home.locked / "card.json")
        to_gate = ["--gate", self.gate.origin, "--root", root_of(self.founding)]
        report = str(receipt.with_suffix(".tar"))
        assert run("send", report, *to_gate, "--receipt", str(receipt))[0] == 0
        return receipt, sealed["code"]

    def complete(self, receipt: Path, *, code: str) -> None:
        """Put proof and filing receipt into the receipt file."""
        to_gate = ["--gate", self.gate.origin, "--root", root_of(self.founding), "--code", "-"]
        status, told = run("mailbox", *to_gate, "receipt", str(receipt), stdin=code)
        assert (status, told["proof"]) == (0, True), told


@dataclass
class Thief:
    """Who has all that the gate had: its log key and its log."""

    card: bytes
    key: Ed25519PrivateKey
    log: Path

    @classmethod
    def seize(cls, gate: GateProcess, *, folder: Path) -> "Thief":
        shutil.copytree(gate.folder / "data" / "log", folder)
        seed = b64decode((gate.folder / "log.key").read_text().strip())
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls((gate.folder / "card.json").read_bytes(), key, folder)

    def forge(self, receipt: Path, *, founding: Founding, partner: Partner) -> None:
        """Promise a report of today for last month, enter it, and have a partner cosign that."""
        (receipt.parent / "old.card").write_bytes(self.card)
        card = read_card(receipt.parent / "old.card", root_key=root_key(founding))
        kept = parse_receipt_file(receipt.read_bytes())
        promise = Promise(
            commitment=kept.commitment,
            report_id=kept.report_id,
            team_id=card.team_id,
            log_origin=card.log_origin,
            maximum_delay_seconds=card.maximum_delay_seconds,
            promised_at=clock.now() - timedelta(days=30),
        )
        with LogWriter(self.log, origin=card.log_origin, key=self.key) as log:
            index = log.checkpoint.size
            head = log.append([build_blinded(kept.commitment)], start=index)
            path = log.tree().prove_inclusion(index)
        note = parse_note((self.log / "checkpoint").read_bytes())
        later = int((clock.now() + timedelta(hours=1)).timestamp())
        lines = open_seed_file(partner.seed).cosign(head, at=later)
        checkpoint = add_signatures(note, lines).encode()
        (self.log / "checkpoint").write_bytes(checkpoint)
        proof = build_proof_file(ProofFile(index=index, hashes=tuple(path), checkpoint=checkpoint))
        forged = replace(
            kept, promise=build_promise(promise, log_key=self.key), proof=proof.decode()
        )
        receipt.write_bytes(build_receipt_file(forged))


def root_key(founding: Founding) -> bytes:
    return bytes(founding.organisation.root_key)


def read_log(gate: GateProcess, *, founding: Founding) -> list[bytes]:
    """Return the entries of the present log, checked whole."""
    card, entries = read_card(gate.folder / "card.json", root_key=root_key(founding)), []
    check_log(
        gate.folder / "data" / "log",
        origin=card.log_origin,
        verifiers=[Ed25519Verifier(card.log_origin, card.log_key)],
        on_entry=lambda _index, entry: entries.append(entry),
    )
    return entries


def retire(founding: Founding) -> dict[str, Any]:
    return run_retire_command({"root_words": founding.drawn.root_words})


def has_custody_head() -> bool:
    found = find_logged_head()
    return found is not None and found.count > 0


def export(*numbers: int, out: Path) -> None:
    """Do what the running desk does for `aigaq evidence export`."""
    whole = {"reports": list(numbers), "items": None, "purpose": "prove", "audience": "court"}
    get_command("export-package").run({**whole, "out": str(out)})


def list_codes(founding: Founding) -> list[str]:
    return [one.code for one in selectors.list_alarms(actor=founding.founder)]


@pytest.mark.parametrize("server", ["new", "same"])
def test_a_seized_key_back_dates_nothing_and_what_was_proven_stays(
    founding: Founding,
    gate: GateProcess,
    partner: Partner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: str,
) -> None:
    monkeypatch.setenv(heads.SETTING, "1")

    def round_of_all() -> None:
        work()
        partner.cosign()
        work()

    sender = Sender(founding, gate, tmp_path)
    old, code = sender.send("old")
    wait_until(lambda: LogProof.objects.exists() and has_custody_head(), do=round_of_all)
    sender.send("second")  # Its proof is under a head that holds the one of custody, too.
    wait_until(lambda: LogProof.objects.count() == 2, do=round_of_all)
    work()  # The gate gets the letters.
    sender.complete(old, code=code)
    proven = parse_receipt_file(old.read_bytes()).commitment

    # One more is filed, and not yet proven, when the gate falls into other hands.
    unproven, waiting_code = sender.send("unproven")
    waiting = parse_receipt_file(unproven.read_bytes())
    fetching.pull_round()
    tasks.file_ready(Spool(founding.home))
    gate.stop()
    thief = Thief.seize(gate, folder=tmp_path / "stolen")
    plan = run_plan_command({})
    assert (plan["proven"], plan["waiting"]) == (2, 1)
    done = retire(founding)
    assert done["log"] == f"{plan['log']}-2"

    if server == "new":
        shutil.rmtree(gate.folder / "data")
    gate.start()
    later, code = sender.send("later")
    origin = read_own_card().log_origin
    wait_until(lambda: LogProof.objects.filter(log_origin=origin).count() == 2, do=round_of_all)
    work()
    sender.complete(later, code=code)
    receipts = [old, later]
    if server == "same":  # On a new server her mailbox is gone; the entry is there all the same.
        sender.complete(unproven, code=waiting_code)
        receipts.append(unproven)

    # A report that was not safe when the gate was seized holds up nothing at the new one.
    with gate_session.open_gate() as client:
        client.confirm_safe(report_id=bytes(32))

    policy = tmp_path / "policy.json"
    policy.write_text(build_policy().text)
    for receipt in receipts:
        status, verdict = verify(receipt, "--policy", policy)
        assert (status, verdict["verdict"]) == (0, "verified"), verdict

    # A court gets what the retired log proves, under its last heads; one package has one log.
    export(1, out=tmp_path / "package")
    status, verdict = verify(tmp_path / "package", "--policy", policy, what="package")
    assert (status, verdict["verdict"]) == (0, "verified"), verdict
    with pytest.raises(PackageRefused) as refused:
        export(1, 4, out=tmp_path / "both")
    assert refused.value.code == "package.two_logs"

    (tmp_path / "thief.card").write_bytes(thief.card)
    forged, _sealed = sender.seal("forged", card=tmp_path / "thief.card")
    thief.forge(forged, founding=founding, partner=partner)
    status, verdict = verify(forged, "--policy", policy)
    assert (status, verdict["verdict"]) == (1, "failed")
    assert "checkpoint.retired" in [step["code"] for step in verdict["steps"]]
    # The promise alone accuses nobody, and the stolen log as a whole counts no more.
    kept = parse_receipt_file(forged.read_bytes())
    forged.write_bytes(build_receipt_file(replace(kept, proof=None)))
    assert verify(forged, "--policy", policy)[0] == 4
    assert verify(forged, "--log", thief.log, "--policy", policy)[0] == 1

    entries = read_log(gate, founding=founding)
    public = [one for one in map(parse_entry, entries) if isinstance(one, PublicEntry)]
    assert [one.kind for one in public][:2] == ["card", "bundle_manifest"]
    (text,) = [one.text for one in public if one.kind == "key_retirement"]
    retirement = parse_retirement(text, root_key=root_key(founding))
    assert (retirement.log_origin, retirement.new_log_origin) == (plan["log"], origin)
    # Only what no proof stands for is in both logs: nothing else is told from chaff by that.
    assert build_blinded(waiting.commitment) in entries
    assert build_blinded(proven) not in entries

    assert audit_desk(folder=None, hash_files=False).gaps == []
    assert FiledReport.objects.exclude(retired_log="").count() == 2
    assert [one for one in list_codes(founding) if one == "log.promise_broken"] == []
    assert models.Report.objects.count() == 4


def test_a_retirement_cut_short_is_finished_and_not_signed_twice(
    founding: Founding, gate: GateProcess
) -> None:
    gate.stop()
    retire(founding)
    key = founding.home.gate / "log.key"
    # As if it had been killed between the commit and the last step.
    key.rename(founding.home.gate / "log.key.next")
    assert run_plan_command({})["unfinished"] is True
    assert run_retire_command({})["version"] == read_own_card().version == 2
    gate.start()
    assert build_policy().retired == 1
