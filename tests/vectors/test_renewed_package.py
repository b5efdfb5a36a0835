"""The vector packages as of other moments: what ended, what was renewed, and what that leaves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aigaq_verify.packages import verify_package
from aigaq_verify.policy import parse_policy

FOLDER = Path(__file__).resolve().parents[2] / "spec/vectors/evidence-package"


def judge(name: str, *, at: datetime) -> tuple[str, str, str]:
    """Return the outcome, and result and code of step 5."""
    policy = parse_policy((FOLDER / f"{name}.policy.json").read_bytes())
    verdict = verify_package(FOLDER / name, policy=policy, now=at)
    return verdict.outcome, verdict.steps[5].result, verdict.steps[5].code


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("v1", datetime(2026, 12, 1, tzinfo=UTC), ("verified", "passed", "")),
        ("v1", datetime(2040, 1, 1, tzinfo=UTC), ("not_anchored", "not anchored", "token.expired")),
        ("v1-renewed", datetime(2026, 7, 31, tzinfo=UTC), ("verified", "passed", "")),
        ("v1-renewed", datetime(2026, 8, 1, tzinfo=UTC), ("verified", "passed", "token.expired")),
        ("v1-renewed", datetime(2125, 12, 31, tzinfo=UTC), ("verified", "passed", "token.expired")),
        (
            "v1-renewed",
            datetime(2126, 1, 1, tzinfo=UTC),
            ("not_anchored", "not anchored", "token.expired"),
        ),
    ],
)
def test_a_vector_package_at_a_moment(
    name: str, at: datetime, expected: tuple[str, str, str]
) -> None:
    assert judge(name, at=at) == expected


def test_the_renewed_vector_carries_renewal_list_and_chain_of_cards() -> None:
    evidence = FOLDER / "v1-renewed/evidence"
    assert len(list((evidence / "cards").iterdir())) == 3
    assert (evidence / "tokens/01.renewal-01.tsr").is_file()
    assert (evidence / "tokens/01.list-01.crl").is_file()
