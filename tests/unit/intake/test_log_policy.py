"""The policy that the desk writes for others: it never lets the organisation vouch for itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import Authority, Court

from aigaq.intake.log_policy import write_policy
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import build_cosigner
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import parse_policy


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    made = Court(tmp_path_factory.mktemp("court"))
    made.add_report([("photo.jpg", b"fictional")])
    made.publish()
    return made


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    folder = tmp_path_factory.mktemp("authorities")
    return Authority(folder / "a", name="First"), Authority(folder / "b", name="Second")


def card_of(court: Court, *, is_independent: bool, authorities: Any = ()) -> Card:
    """Return the card with one cosigner, who signs every head of the court."""
    keys = tuple(str(key) for key in court.partner.keys)
    cosigner = build_cosigner(
        name=court.partner.name, verifier_keys=keys, is_independent=is_independent
    )
    stamping = tuple(
        {
            "certificates": one.root_pem,
            "country": country,
            "name": one.name,
            "url": "https://tsa.example",
        }
        for one, country in authorities
    )
    card = court.organisation.card
    return replace(card, cosigners=(cosigner,), timestamp_authorities=stamping)


def judge(court: Court, folder: Path, *, card: Card, stamped_by: Any = ()) -> str:
    """Return the outcome of a package under the policy that the desk writes of ``card``."""
    _, note = court.checkpoint()
    text = note.rpartition(b"\n\n")[0] + b"\n"
    package = court.write(folder / "package", tokens=[one.token(text) for one in stamped_by])
    policy = write_policy([card], root_key=court.organisation.root_public, retired=())
    return verify_package(package, policy=parse_policy(policy.text.encode())).outcome


def test_an_independent_cosigner_anchors(court: Court, tmp_path: Path) -> None:
    assert judge(court, tmp_path, card=card_of(court, is_independent=True)) == "verified"


def test_the_desk_s_own_cosigner_anchors_nothing(court: Court, tmp_path: Path) -> None:
    card = card_of(court, is_independent=False)
    assert judge(court, tmp_path, card=card) == "not_anchored"
    assert not write_policy([card], root_key=bytes(32), retired=()).is_independent


@pytest.mark.parametrize(
    ("countries", "outcome"), [(("KZ", "DE"), "verified"), (("KZ", "KZ"), "not_anchored")]
)
def test_two_authorities_anchor_only_from_different_countries(
    court: Court,
    authorities: tuple[Authority, Authority],
    tmp_path: Path,
    countries: tuple[str, str],
    outcome: str,
) -> None:
    listed = tuple(zip(authorities, countries, strict=True))
    card = card_of(court, is_independent=False, authorities=listed)
    assert judge(court, tmp_path, card=card, stamped_by=authorities) == outcome


def test_one_of_two_timestamps_is_not_enough(
    court: Court, authorities: tuple[Authority, Authority], tmp_path: Path
) -> None:
    listed = tuple(zip(authorities, ("KZ", "DE"), strict=True))
    card = card_of(court, is_independent=False, authorities=listed)
    assert judge(court, tmp_path, card=card, stamped_by=authorities[:1]) == "not_anchored"
