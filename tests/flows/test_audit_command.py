"""`aigaq desk audit` on real processes: exit codes, words and JSON, open desk and closed one."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.desk_process import AIGAQ, DeskProcess, Trial, found_trial
from tests.flows.stage import Reporter, wait_for

from aigaq.cli.desk_audit import GAPS, GAPS_EXIT, tell_gap

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Found a trial whose gate runs."""
    trial = found_trial(tmp_path_factory.mktemp("audit"))
    trial.gate.start()
    yield trial
    trial.gate.stop()


def run_audit(trial: Trial, *options: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"AIGAQ_HOME": str(trial.home.folder)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    reader, writer = os.pipe()
    os.write(writer, trial.passphrase.encode() + b"\n")
    os.close(writer)
    try:
        return subprocess.run(
            [AIGAQ, "desk", "audit", "--passphrase-fd", str(reader), *options],
            env=environment,
            capture_output=True,
            pass_fds=(reader,),
            check=False,
        )
    finally:
        os.close(reader)


def send_report(trial: Trial) -> None:
    reporter = Reporter(origin=trial.gate.origin, card=trial.card)
    reporter.tell(answers=((4, "fictional"),), items=(("a.txt", "text/plain", b"fictional"),))
    reporter.close()


def test_audit_says_whether_something_is_missing(trial: Trial, tmp_path: Path) -> None:
    send_report(trial)
    log, copy = trial.gate.folder / "data" / "log", tmp_path / "copy"
    desk = DeskProcess(trial)
    desk.start()
    try:
        assert run_audit(trial).returncode == 1
        desk.unlock()
        copy_log(log, target=copy)
        whole = run_audit(trial, "--json")
        answer = json.loads(whole.stdout)
        assert (whole.returncode, answer["whole"], answer["gaps"]) == (0, True, [])
        assert answer["registered"] == 1
        assert answer["size"] == sum(answer["leaves"].values()) + sum(answer["public"].values())
        blob = max(trial.home.blobs.iterdir(), key=lambda path: path.stat().st_size)
        kept = blob.read_bytes()
        blob.unlink()
        missing = run_audit(trial)
        assert missing.returncode == GAPS_EXIT
        assert b"[audit.file_gone]" in missing.stdout
        blob.write_bytes(kept)
    finally:
        desk.kill()
    # The desk opens what it had when it was audited, with neither gate nor running desk.
    closed = run_audit(trial, "--log", str(copy), "--quick", "--json")
    assert (closed.returncode, json.loads(closed.stdout)["gaps"]) == (0, [])
    (tmp_path / "empty").mkdir()
    empty = run_audit(trial, "--log", str(tmp_path / "empty"), "--quick")
    assert empty.returncode == GAPS_EXIT
    assert b"[log.bad_checkpoint]" in empty.stdout


def test_audit_names_each_entry_that_came_while_the_desk_slept(trial: Trial) -> None:
    log = trial.gate.folder / "data" / "log"
    before = read_size(log)
    trial.gate.stop()
    trial.gate.start()  # A gate that begins publishes a batch.
    wait_for(lambda: read_size(log) > before)
    trial.gate.stop()
    slept = run_audit(trial, "--log", str(log), "--quick", "--json")
    gaps = json.loads(slept.stdout)["gaps"]
    trial.gate.start()
    assert slept.returncode == GAPS_EXIT
    assert {one["code"] for one in gaps} == {"audit.unopened_leaf"}
    # Nothing waited at the gate but the report and three heads, so the rest is its chaff.
    assert {one["log_index"] for one in gaps} <= set(range(before, read_size(log)))
    assert len(gaps) >= trial.card.batch - 4


def copy_log(log: Path, *, target: Path) -> None:
    """Copy a log that may grow meanwhile: its head first, which needs what is there already."""
    target.mkdir()
    shutil.copy2(log / "checkpoint", target / "checkpoint")
    shutil.copytree(log / "tile", target / "tile")


def read_size(log: Path) -> int:
    return int((log / "checkpoint").read_text().split("\n")[1])


def test_every_gap_has_a_sentence_that_names_it() -> None:
    values = {"log_index": 3, "register_number": 4, "item": "a/1", "count": 5}
    for code in GAPS:
        said = tell_gap({"code": code, **values})
        assert said.endswith(f"[{code}]")
        assert "{" not in said
