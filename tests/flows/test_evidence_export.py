"""From a phone to a court: an item comes through a real gate and leaves as a package."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Founding
from tests.flows.partner import Partner, wait_until, work
from tests.flows.stage import GateProcess, Reporter
from tests.unit.intake.desk_of import carry_report

from aigaq.core.commands import get_command
from aigaq.evidence import heads
from aigaq.evidence.selectors import read_custody_head
from aigaq.intake import collecting, export_work, exports, selectors
from aigaq.intake.errors import PackageRefused
from aigaq.intake.package_gathering import PackageChoice

pytestmark = pytest.mark.slow
PHOTO = b"\xff\xd8 fictional photo"


@pytest.fixture
def interval_seconds() -> int:
    """Give batches that a test can wait for."""
    return 3


def export(**arguments: Any) -> dict[str, Any]:
    """Do what the running desk does for `aigaq evidence export`."""
    whole = {"reports": [1], "items": None, "purpose": "prove", "audience": "court", **arguments}
    answer = get_command("export-package").run(json.loads(json.dumps(whole)))
    taken: dict[str, Any] = json.loads(json.dumps(answer))
    return taken


def test_an_item_from_a_phone_becomes_a_package_that_a_court_verifies(
    founding: Founding,
    gate: GateProcess,
    partner: Partner,
    new_reporter: Callable[[], Reporter],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(heads.SETTING, "1")
    new_reporter().tell(
        items=[("Фото.jpg", "image/jpeg", PHOTO)], consents=(("keep", "team"), ("prove", "court"))
    )

    def round_of_all() -> None:
        work()
        partner.cosign()

    out, policy = tmp_path / "package.zip", partner.write_policy(tmp_path / "policy.json", founding)
    wait_until(lambda: judge_package(out, policy)["exit"] == 0, do=round_of_all)
    verdict = judge_package(out, policy)
    assert verdict["verdict"] == "verified"
    assert "fixed by the log" in verdict["items"][0]["words"]
    assert read_custody_head().count > 2
    with pytest.raises(PackageRefused) as refused:
        export(out=str(tmp_path / "public"), purpose="complain", audience="authority")
    assert refused.value.code == "consent.missing"


def check_page(founding: Founding, *, policy: Path, folder: Path) -> None:
    """What is asked for on the page is made in the background, fetched, and verified by a court."""
    choice = PackageChoice({1: (0,)}, purpose="prove", audience="court", languages=("kk",))
    export_id = exports.ask_for_export(
        actor=founding.founder, choice=choice, recipient="a fictional court"
    )
    export_work.do_round(is_stopping=lambda: False)
    file = exports.open_export(actor=founding.founder, export_id=export_id)
    path = folder / "fetched.zip"
    path.write_bytes(b"".join(file.chunks))
    assert judge(path, policy)["verdict"] == "verified"


def check_collection(founding: Founding, *, policy: Path, folder: Path) -> None:
    """A collection leaves as one package; without consent only what is allowed of it leaves."""
    silent = carry_report(founding, items=[("b.txt", "text/plain", b"fictional")])
    collection = collecting.make_collection(actor=founding.founder, name="Вымышленный мост")
    empty = folder / "empty"
    refusals = [export_refused(out=str(empty), reports=[], collection="Вымышленный мост")]
    first = selectors.find_by_register_number(actor=founding.founder, number=1)
    for report_id in (first, silent.report.pk):
        collecting.add_report(actor=founding.founder, collection_id=collection, report_id=report_id)
    whole = {"reports": [], "collection": " Вымышленный  мост"}
    refusals.append(export_refused(out=str(empty), **whole))
    refusals.append(export_refused(out=str(empty), reports=[], collection="another"))
    refusals.append(export_refused(out=str(empty), items="allowed", purpose="refer", **whole))
    assert refusals == [
        "collection.empty",
        "consent.missing",
        "collection.unknown",
        "package.nothing_allowed",
    ]
    assert not empty.exists()
    out = folder / "collection.zip"
    answer = export(out=str(out), items="allowed", **whole)
    assert (answer["items"], answer["reports"], answer["left_out"]) == (1, 1, 1)
    assert judge(out, policy)["verdict"] == "verified"


def export_refused(**arguments: Any) -> str:
    """Return the code of a refusal."""
    with pytest.raises(PackageRefused) as refused:
        export(**arguments)
    return refused.value.code


def judge_package(out: Path, policy: Path) -> dict[str, Any]:
    """Hand the package out anew and let a court judge it; at first it is in no cosigned head."""
    out.unlink(missing_ok=True)
    try:
        answer = export(out=str(out))
    except PackageRefused as refused:
        return {"exit": refused.code}
    assert len(answer["control"]) == len(answer["seal"]) == 64
    return judge(out, policy)


def judge(out: Path, policy: Path) -> dict[str, Any]:
    """Have a court judge a package."""
    command = [str(Path(sys.executable).with_name("aigaq-verify")), "package", str(out)]
    done = subprocess.run(
        [*command, "--policy", str(policy), "--json"], capture_output=True, text=True, check=False
    )
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert verdict["exit"] == done.returncode
    return verdict
