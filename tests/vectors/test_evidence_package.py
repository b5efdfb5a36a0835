"""The vector package: every later verifier takes it as it is, and one installed alone does too."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aigaq.age import decrypt_bytes, parse_identity
from aigaq_verify.cli import main
from aigaq_verify.errors import VerifyError
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import parse_policy
from aigaq_verify.sealed import check_sealed
from aigaq_verify.sources import check_names

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "spec/vectors/evidence-package"
POLICY = FOLDER / "v1.policy.json"


def test_the_vector_package_verifies_under_its_policy() -> None:
    assert main(["package", str(FOLDER / "v1"), "--policy", str(POLICY)]) == 0


def test_it_holds_an_open_a_sealed_and_an_empty_item() -> None:
    verdict = verify_package(FOLDER / "v1", policy=parse_policy(POLICY.read_bytes()))
    items = [one.path for one in verdict.items]
    assert [Path(one).suffix for one in items] == [".jpg", ".age", ".txt"]
    assert (FOLDER / "v1" / items[2]).read_bytes() == b""
    identity = parse_identity((FOLDER / "recipient.txt").read_text().strip())
    opened = decrypt_bytes((FOLDER / "v1" / items[1]).read_bytes(), identities=[identity])
    assert opened.startswith(b"OggS, fictional.")


def test_every_file_of_the_vector_counts(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER / "v1", tmp_path / "v1")
    for path in sorted(one for one in copy.rglob("*") if one.is_file()):
        data = path.read_bytes()
        path.write_bytes(data + b"\n")
        assert main(["package", str(copy), "--policy", str(POLICY)]) == 1, path
        path.write_bytes(data)


def test_every_file_of_an_earlier_head_counts(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER / "v1-earlier", tmp_path / "v1-earlier")
    policy = parse_policy((FOLDER / "v1-earlier.policy.json").read_bytes())
    now = datetime(2035, 4, 1, tzinfo=UTC)
    for path in sorted(one for one in (copy / "evidence").rglob("*") if one.is_file()):
        data = path.read_bytes()
        path.write_bytes(data + b"\n")
        assert verify_package(copy, policy=policy, now=now).outcome == "failed", path
        path.unlink()
        assert verify_package(copy, policy=policy, now=now).outcome == "failed", path
        path.write_bytes(data)
    assert verify_package(copy, policy=policy, now=now).outcome == "verified"


def test_the_vector_of_copies_says_what_came_and_what_did_not() -> None:
    policy = parse_policy((FOLDER / "v1-copies.policy.json").read_bytes())
    verdict = verify_package(FOLDER / "v1-copies", policy=policy)
    assert verdict.outcome == "verified", verdict.to_text()
    assert [one.result for one in verdict.items] == ["unknown", "unknown", "passed"]
    copy, sealed, came = ((FOLDER / "v1-copies" / one.path).read_bytes() for one in verdict.items)
    maker = b"FictionalPhoneMaker"
    identity = parse_identity((FOLDER / "recipient.txt").read_text().strip())
    opened = decrypt_bytes(sealed, identities=[identity])
    assert [maker in one for one in (copy, opened, came)] == [False, False, True]
    told = ["told to staff" in one.words for one in verdict.items]
    assert told == [True, True, False]
    for one in verdict.items[:2]:
        assert "not the file that came" in one.words


def test_the_vector_of_an_earlier_head_says_since_when_its_reports_are_there() -> None:
    policy = parse_policy((FOLDER / "v1-earlier.policy.json").read_bytes())
    for at in (datetime(2035, 4, 1, tzinfo=UTC), datetime(2125, 12, 31, tzinfo=UTC)):
        verdict = verify_package(FOLDER / "v1-earlier", policy=policy, now=at)
        assert verdict.outcome == "verified", verdict.to_text()
        said = verdict.steps[6].words
        assert said.index("2026-05-05T09:00:00Z") < said.index("2035-03-01T09:00:00Z")


def read(name: str) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((FOLDER / name).read_text())
    return vectors


def code_of(check: Callable[[], object]) -> str | None:
    """Return the code with which ``check`` refuses, or None."""
    try:
        check()
    except VerifyError as error:
        return error.code
    return None


@pytest.mark.parametrize("vector", read("policies.json"), ids=lambda one: str(one["name"]))
def test_a_policy_is_taken_or_refused(vector: dict[str, Any]) -> None:
    data = vector["policy"].encode("utf-8", "surrogatepass")
    assert code_of(lambda: parse_policy(data)) == vector["error"]


@pytest.mark.parametrize("vector", read("names.json"), ids=lambda one: str(one["name"]))
def test_names_of_files_are_apart_or_not(vector: dict[str, Any]) -> None:
    assert code_of(lambda: check_names(vector["names"])) == vector["error"]


@pytest.mark.parametrize("vector", read("sealed-items.json"), ids=lambda one: str(one["name"]))
def test_a_sealed_item_is_one_or_not(vector: dict[str, Any]) -> None:
    beginning = base64.b64decode(vector["beginning"])
    values = {name: vector[name] for name in ("file_size", "item_size", "recipient")}
    assert code_of(lambda: check_sealed(beginning, **values)) == vector["error"]


def find_uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    assert found, "uv is what scripts/bootstrap.sh installs"
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an environment with the verifier and its two dependencies, and nothing else.

    Built and installed from what the lock file names and uv has kept: without any network.
    """
    venv = tmp_path_factory.mktemp("alone") / "venv"
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(venv), "UV_OFFLINE": "1"}
    environment.pop("VIRTUAL_ENV", None)
    only = ["--frozen", "--no-dev", "--no-editable", "--package", "aigaq-verify"]
    command = [find_uv(), "sync", "--quiet", *only, "--python", sys.executable]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return venv


@pytest.mark.slow
def test_the_verifier_installed_alone_takes_the_vector_package(alone: Path) -> None:
    done = subprocess.run(
        [alone / "bin/aigaq-verify", "package", FOLDER / "v1", "--policy", POLICY],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VERIFIED" in done.stdout


@pytest.mark.slow
def test_alone_it_brings_its_two_dependencies_and_nothing_of_the_platform(alone: Path) -> None:
    (site,) = (alone / "lib").glob("python3*/site-packages")
    names = {one.name.split("-")[0].lower() for one in site.glob("*.dist-info")}
    assert {"aigaq_verify", "cryptography", "rfc3161_client"} <= names
    # What cryptography itself stands on, and nothing more.
    assert names <= {"aigaq_verify", "cryptography", "rfc3161_client", "cffi", "pycparser"}
    assert not (site / "aigaq").exists()
