"""From a phone to a court: an item comes through a real gate and leaves as a package."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Founding
from tests.flows.stage import GateProcess, Reporter
from tests.flows.test_public_log import Partner, partner, wait_until, work

from aigaq.core.commands import get_command
from aigaq.evidence import heads
from aigaq.evidence.selectors import read_custody_head
from aigaq.intake.errors import PackageRefused

pytestmark = pytest.mark.slow
__all__ = ["partner"]
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


def judge_package(out: Path, policy: Path) -> dict[str, Any]:
    """Hand the package out anew and let a court judge it; at first it is in no cosigned head."""
    out.unlink(missing_ok=True)
    try:
        answer = export(out=str(out))
    except PackageRefused as refused:
        return {"exit": refused.code}
    assert len(answer["control"]) == len(answer["seal"]) == 64
    command = [str(Path(sys.executable).with_name("aigaq-verify")), "package", str(out)]
    done = subprocess.run(
        [*command, "--policy", str(policy), "--json"], capture_output=True, text=True, check=False
    )
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert verdict["exit"] == done.returncode
    return verdict
