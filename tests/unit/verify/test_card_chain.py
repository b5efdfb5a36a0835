"""The chain of cards in a package: each the next version of the one before, under one root."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.courthouse import AT, Court
from tests.insider import Insider

from aigaq.sealing.card import build_card
from aigaq.sealing.retirement import KeyRetirement, build_retirement
from aigaq.sealing.signatures import public_bytes

Judge = Callable[..., dict[str, Any]]
SEEN_AT = AT + timedelta(days=2)  # When the partner cosigned.


@pytest.fixture
def own_court(tmp_path: Path) -> Court:
    """Give a court whose organisation may change its card."""
    made = Court(tmp_path / "court")
    made.add_report([("a.jpg", b"content")])
    made.publish()
    return made


def sign_card(court: Court, **changes: Any) -> bytes:
    organisation = court.organisation
    return build_card(replace(organisation.card, **changes), root_key=organisation.root)


def chain_of(court: Court, *versions: int) -> dict[int, bytes]:
    return {version: sign_card(court, version=version) for version in versions}


def test_a_chain_from_the_first_card_on_is_taken(
    own_court: Court, judge_own: Judge, tmp_path: Path
) -> None:
    package = own_court.write(tmp_path / "package", cards=chain_of(own_court, 1, 2, 3, 4))
    verdict = judge_own(package)
    assert verdict["verdict"] == "verified"
    assert "card 4" in verdict["steps"][3]["words"]


def test_a_chain_may_begin_where_the_desk_has_its_first_card(
    own_court: Court, judge_own: Judge, tmp_path: Path
) -> None:
    package = own_court.write(tmp_path / "package", cards=chain_of(own_court, 7, 8))
    assert judge_own(package)["verdict"] == "verified"


@pytest.fixture
def judge_own(own_court: Court, tmp_path: Path, check: Judge) -> Judge:
    def run(package: Path, **policy: Any) -> dict[str, Any]:
        path = own_court.write_policy(tmp_path / "policy.json", **policy)
        return check("package", package, "--policy", path)

    return run


def find_fault(verdict: dict[str, Any]) -> tuple[int, str]:
    step = next(one for one in verdict["steps"] if one["result"] == "failed")
    return step["number"], step["code"]


def test_a_card_that_is_left_out_is_missed(
    own_court: Court, judge_own: Judge, tmp_path: Path
) -> None:
    package = own_court.write(tmp_path / "package", cards=chain_of(own_court, 1, 2, 3))
    insider = Insider(own_court, package)
    insider.remove("evidence/cards/000002.card")
    assert find_fault(judge_own(insider.seal())) == (3, "card.gap")


def test_every_card_of_the_chain_is_checked(
    own_court: Court, judge_own: Judge, tmp_path: Path
) -> None:
    """Not the newest alone: one of another team, of another root, or changed, is found."""
    lies = {
        "card.other_team": sign_card(own_court, team_id=bytes(16)),
        "card.wrong_signature": build_card(
            own_court.organisation.card, root_key=Ed25519PrivateKey.generate()
        ),
    }
    for code, card in lies.items():
        cards = {1: card, 2: sign_card(own_court, version=2)}
        package = own_court.write(tmp_path / code, cards=cards)
        assert find_fault(judge_own(package)) == (3, code)


def replace_key(court: Court, *, at: datetime, **changes: Any) -> dict[int, bytes]:
    """Return a chain whose second card, signed ``at``, names another key for the log."""
    key = public_bytes(Ed25519PrivateKey.generate())
    second = sign_card(court, version=2, log_key=key, signed_at=at, **changes)
    return {1: court.organisation.signed_card(), 2: second}


@pytest.mark.parametrize("changes", [{}, {"log_origin": "127.0.0.1:8470/log/2"}])
def test_an_older_log_key_counts_for_what_was_seen_before_it_was_replaced(
    own_court: Court, judge_own: Judge, tmp_path: Path, changes: dict[str, str]
) -> None:
    """Who seizes the old key, and has the desk's, cannot enter a report under it afterwards."""
    later = replace_key(own_court, at=SEEN_AT, **changes)
    assert judge_own(own_court.write(tmp_path / "before", cards=later))["verdict"] == "verified"
    earlier = replace_key(own_court, at=SEEN_AT - timedelta(seconds=1), **changes)
    verdict = judge_own(own_court.write(tmp_path / "after", cards=earlier))
    assert find_fault(verdict) == (4, "checkpoint.retired")


def test_without_a_policy_an_older_log_key_is_not_anchored(
    own_court: Court, check: Judge, tmp_path: Path
) -> None:
    cards = replace_key(own_court, at=SEEN_AT - timedelta(days=1))
    package = own_court.write(tmp_path / "package", cards=cards)
    assert check("package", package)["exit"] == 3


def test_a_package_without_the_card_of_its_own_log(
    own_court: Court, judge_own: Judge, tmp_path: Path
) -> None:
    """Whoever has a desk key of before leaves the newer cards out, and takes the newer log."""
    card, key = own_court.organisation.card, Ed25519PrivateKey.generate()
    before = sign_card(own_court, log_origin="before.example/log", log_key=public_bytes(key))
    told = KeyRetirement(
        log_key=public_bytes(key),
        log_origin="before.example/log",
        new_log_origin=card.log_origin,
        last_checkpoint=None,
        retired_at=AT,
        team_id=card.team_id,
    )
    retired = build_retirement(told, root_key=own_court.organisation.root)
    package = own_court.write(tmp_path / "package", cards={1: before})
    verdict = judge_own(package, retirements=[retired])
    assert (verdict["exit"], verdict["steps"][4]["code"]) == (1, "checkpoint.other_log")
