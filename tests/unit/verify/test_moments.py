"""``--at``: what did not exist at that moment vouches for nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import AT, Authority, Court

from aigaq_verify.packages import verify_package
from aigaq_verify.policy import parse_policy
from aigaq_verify.verdict import Verdict

Check = Callable[..., dict[str, Any]]
VECTOR = Path(__file__).resolve().parents[3] / "spec/vectors/evidence-package"
COSIGNED = AT + timedelta(days=2)
SECOND = timedelta(seconds=1)


def name(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def package(court: Court, tmp_path: Path) -> Path:
    return court.write(tmp_path / "package")


@pytest.fixture
def receipt(court: Court, tmp_path: Path) -> Path:
    _, note = court.checkpoint()
    path = tmp_path / "receipt.json"
    path.write_bytes(court.receipt(court.sealed[0], proof=court.prove(0, note=note)))
    return path


@pytest.fixture
def policy(court: Court, tmp_path: Path) -> Path:
    return court.write_policy(tmp_path / "policy.json")


def find(verdict: dict[str, Any], number: int) -> dict[str, Any]:
    (found,) = [one for one in verdict["steps"] if one["number"] == number]
    step: dict[str, Any] = found
    return step


def test_a_package_is_not_anchored_before_anybody_cosigned(
    package: Path, policy: Path, check: Check
) -> None:
    for at in (datetime(2001, 1, 1, tzinfo=UTC), COSIGNED - SECOND):
        verdict = check("package", package, "--policy", policy, "--at", name(at))
        assert verdict["exit"] == 3
        step = find(verdict, 4)
        assert step["result"] == "not anchored"
        assert f"made after {name(at)}: 2" in step["words"]
    verdict = check("package", package, "--policy", policy, "--at", name(COSIGNED))
    assert verdict["exit"] == 0
    assert "Not counted" not in find(verdict, 4)["words"]


def test_a_receipt_is_not_anchored_before_anybody_cosigned(
    receipt: Path, policy: Path, check: Check
) -> None:
    early = name(COSIGNED - SECOND)
    verdict = check("receipt", receipt, "--policy", policy, "--at", early)
    assert verdict["exit"] == 3
    assert f"made after {early}: 2" in find(verdict, 6)["words"]
    assert check("receipt", receipt, "--policy", policy, "--at", name(COSIGNED))["exit"] == 0


def test_a_token_of_later_is_not_counted_and_is_not_called_expired(
    court: Court, tmp_path: Path, check: Check
) -> None:
    authority = Authority(tmp_path / "authority")
    _, note = court.checkpoint()
    text = note.decode().rpartition("\n\n")[0].encode() + b"\n"
    package = court.write(tmp_path / "package", tokens=[authority.token(text)])
    policy = court.write_policy(
        tmp_path / "policy.json",
        timestamp_authorities=[{"certificates": authority.root_pem, "name": authority.name}],
        require={"cosigned": False, "timestamps": 1},
    )
    verdict = check("package", package, "--policy", policy, "--at", name(COSIGNED))
    step = find(verdict, 5)
    assert (verdict["exit"], step["result"], step["code"]) == (3, "not anchored", "")
    assert f"made after {name(COSIGNED)}: 1 timestamps" in step["words"]
    assert check("package", package, "--policy", policy)["exit"] == 0


def test_an_earlier_head_shows_nothing_before_it_was_seen() -> None:
    policy = parse_policy((VECTOR / "v1-earlier.policy.json").read_bytes())

    def judge(at: datetime) -> Verdict:
        return verify_package(VECTOR / "v1-earlier", policy=policy, now=at)

    early = judge(datetime(2026, 5, 1, tzinfo=UTC))
    assert early.outcome == "not_anchored"
    assert [told[0] for told in early.steps[6].told] == ["earlier_none"]
    between = judge(datetime(2030, 1, 1, tzinfo=UTC))
    assert between.outcome == "not_anchored"
    assert [told[0] for told in between.steps[6].told] == ["since", "own_unknown"]


def test_without_a_moment_a_clock_may_be_slow_by_a_day(
    court: Court, package: Path, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        moment = COSIGNED

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return cls.moment

    monkeypatch.setattr("aigaq_verify.packages.datetime", Clock)
    trusted = parse_policy(policy.read_bytes())
    Clock.moment = COSIGNED - timedelta(hours=23)
    assert verify_package(package, policy=trusted).outcome == "verified"
    Clock.moment = COSIGNED - timedelta(hours=25)
    assert verify_package(package, policy=trusted).outcome == "not_anchored"
