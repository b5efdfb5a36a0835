"""Packages through the verifier's command: good ones verify, and each lie is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.courthouse import Authority, Court

Check = Callable[..., dict[str, Any]]


def failed(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the one step that failed; all before it passed, all after it were skipped."""
    (step,) = [one for one in verdict["steps"] if one["result"] == "failed"]
    found: dict[str, Any] = step
    return found


def test_a_good_package_verifies_under_a_policy(court: Court, tmp_path: Path, check: Check) -> None:
    package = court.write(tmp_path / "package")
    policy = court.write_policy(tmp_path / "policy.json")
    verdict = check("package", package, "--policy", policy)
    assert verdict["verdict"] == "verified", verdict
    assert len(verdict["items"]) == 3


def test_without_a_policy_nothing_is_better_than_not_anchored(
    court: Court, tmp_path: Path, check: Check
) -> None:
    package = court.write(tmp_path / "package")
    assert (check("package", package))["exit"] == 3


def test_a_package_forged_as_a_whole_fails_under_the_policy(
    court: Court, tmp_path: Path, check: Check
) -> None:
    forger = Court(tmp_path / "forger")
    forger.add_report([("a.jpg", b"forged")])
    forger.publish()
    package = forger.write(tmp_path / "package")
    assert check("package", package)["verdict"] == "not_anchored"
    policy = court.write_policy(tmp_path / "policy.json")
    assert failed(check("package", package, "--policy", policy))["code"] == "policy.other_root"


def test_tokens_of_the_policys_authorities_anchor_a_package(
    court: Court, tmp_path: Path, check: Check
) -> None:
    authority = Authority(tmp_path / "authority")
    _, note = court.checkpoint()
    text = note.decode().rpartition("\n\n")[0].encode() + b"\n"
    package = court.write(tmp_path / "package", tokens=[authority.token(text)])
    trusted = [{"certificates": authority.root_pem, "name": authority.name}]
    policy = court.write_policy(
        tmp_path / "policy.json",
        timestamp_authorities=trusted,
        require={"cosigned": True, "timestamps": 1},
    )
    assert check("package", package, "--policy", policy)["verdict"] == "verified"
    stranger = court.write_policy(
        tmp_path / "stranger.json", require={"cosigned": True, "timestamps": 1}
    )
    assert check("package", package, "--policy", stranger)["verdict"] == "not_anchored"


def test_a_token_over_another_text_fails(court: Court, tmp_path: Path, check: Check) -> None:
    authority = Authority(tmp_path / "authority")
    package = court.write(tmp_path / "package", tokens=[authority.token(b"another text\n")])
    step = failed(check("package", package))
    assert (step["code"], step["where"]) == ("token.wrong_imprint", "evidence/tokens/01.tsr")
