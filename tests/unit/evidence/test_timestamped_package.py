"""A package carries the tokens over its checkpoint, and a court's verifier counts them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.timestamp_authority import LocalAuthority, Server
from tests.unit.evidence import test_export
from tests.unit.evidence.test_export import Stage

from aigaq.evidence.timestamping import Stamping, stamp_missing
from aigaq.tlog import read_checkpoint
from aigaq_verify.certificates import parse_certificates
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import Authority, Policy

pytestmark = pytest.mark.django_db
stage = test_export.stage


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Give two authorities; the second one sorts its certificates wrongly."""
    made = (
        Server(LocalAuthority(tmp_path / "a", name="Fictional A")),
        Server(LocalAuthority(tmp_path / "b", name="Fictional B", adds="all.pem")),
    )
    yield made
    for one in made:
        one.close()


def build_policy(stage: Stage, *, servers: tuple[Server, ...], tokens: int) -> Policy:
    """Return a court's policy that trusts these authorities and wants so many tokens."""
    authorities = tuple(
        Authority(
            name=one.authority.name,
            certificates=tuple(
                parse_certificates(one.authority.root.pem.encode(), code="policy.bad_form")
            ),
        )
        for one in servers
        if one.authority is not None
    )
    return replace(stage.policy(), authorities=authorities, needed_timestamps=tokens)


def test_a_package_is_anchored_by_two_tokens_over_its_checkpoint(
    stage: Stage, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    named = tuple(
        {
            "certificates": one.authority.root.pem,
            "country": country,
            "name": one.authority.name,
            "url": one.url,
        }
        for one, country in zip(servers, ("KZ", "DE"), strict=True)
        if one.authority is not None
    )
    stamping = Stamping(
        card=replace(stage.gate.card, timestamp_authorities=named),
        connect=lambda _url: httpx.Client(timeout=5.0, trust_env=False),
        on_failure=lambda one: pytest.fail(str(one.code)),
    )
    checkpoint = read_checkpoint(stage.head().note)
    assert len(stamp_missing(checkpoint, stamping=stamping)) == 2
    assert stamp_missing(checkpoint, stamping=stamping) == ()

    exported = stage.export(tmp_path / "package")

    policy = build_policy(stage, servers=servers, tokens=2)
    assert verify_package(exported.path, policy=policy).outcome == "verified"
    # Of one authority that the court does not know only one token counts.
    policy = build_policy(stage, servers=servers[:1], tokens=2)
    assert verify_package(exported.path, policy=policy).outcome == "not_anchored"


def test_without_a_token_such_a_policy_is_not_met(
    stage: Stage, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    exported = stage.export(tmp_path / "package")
    policy = build_policy(stage, servers=servers, tokens=1)
    assert verify_package(exported.path, policy=policy).outcome == "not_anchored"
