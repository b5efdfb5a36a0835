"""A fictional court for the verifier's tests, and the verifier's command in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import Court
from tests.insider import Insider

from aigaq_verify.cli import main

Check = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    made = Court(tmp_path_factory.mktemp("court"))
    made.add_report([("Фото 1.jpg", b"\xff\xd8" + bytes(5_000)), ("голос.ogg", b"OggS" * 700)])
    made.add_report([("clip.mp4", bytes(range(256)) * 64)])
    made.publish()
    return made


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def run(*arguments: object) -> dict[str, Any]:
        code = main([*map(str, arguments), "--json"])
        verdict: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert verdict["exit"] == code
        return verdict

    return run


@pytest.fixture
def insider(court: Court, tmp_path: Path) -> Insider:
    return Insider(court, court.write(tmp_path / "package"))


@pytest.fixture
def judge(court: Court, tmp_path: Path, check: Check) -> Callable[..., dict[str, Any]]:
    """Give the verdict of a court that trusts the organisation's root and its partner."""

    def run(package: Path, **policy: Any) -> dict[str, Any]:
        path = court.write_policy(tmp_path / "policy.json", **policy)
        return check("package", package, "--policy", path)

    return run


@pytest.fixture
def failing(judge: Callable[..., dict[str, Any]]) -> Callable[..., tuple[int, str, str]]:
    """Give step, code and place of the one step that failed; all later ones were skipped."""

    def run(package: Path, **policy: Any) -> tuple[int, str, str]:
        verdict = judge(package, **policy)
        assert verdict["exit"] == 1, verdict
        results = [step["result"] for step in verdict["steps"]]
        at = results.index("failed")
        assert set(results[at + 1 :]) <= {"skipped"}
        assert "failed" not in results[:at]
        assert verdict["items"] == []
        step = verdict["steps"][at]
        return step["number"], step["code"], step["where"]

    return run
