"""A package carries the tokens over its checkpoint, and a court's verifier counts them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.timestamp_authority import LocalAuthority, Server
from tests.unit.evidence import test_export
from tests.unit.evidence.test_export import Stage

from aigaq import clock
from aigaq.accounts.cards import sign_next_card
from aigaq.evidence.timestamp_models import StampedNote, TimestampToken
from aigaq.evidence.timestamping import SECONDS_SETTING, Stamping, stamp_due, stamp_missing
from aigaq.intake.packaging import export_package
from aigaq.tlog import SignedCheckpoint, read_checkpoint
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


def build_stamping(stage: Stage, *, servers: tuple[Server, Server]) -> Stamping:
    """Return a way to both authorities, one in each of two countries; a fault fails the test."""
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
    return Stamping(
        card=replace(stage.gate.card, timestamp_authorities=named),
        connect=lambda _url: httpx.Client(timeout=5.0, trust_env=False, verify=False),
        on_failure=lambda one: pytest.fail(str(one.code)),
    )


def stamp_days_ago(stage: Stage, *, stamping: Stamping, days: int) -> SignedCheckpoint:
    """Stamp the log's head as it is, so many days ago, and let the log grow; return the head."""
    checkpoint = read_checkpoint((stage.gate.folder / "checkpoint").read_bytes())
    assert len(stamp_missing(checkpoint, stamping=stamping)) == 2
    rows = TimestampToken.objects.filter(checkpoint=checkpoint.note.text)
    rows.update(stamped_at=clock.now() - timedelta(days=days))
    stage.gate.publish()
    return checkpoint


def test_a_package_made_later_carries_the_oldest_head_that_shows_its_report(
    stage: Stage, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    stamping = build_stamping(stage, servers=servers)
    first = stamp_days_ago(stage, stamping=stamping, days=900)
    stamp_days_ago(stage, stamping=stamping, days=500)
    head = stage.head()
    stamp_missing(read_checkpoint(head.note), stamping=stamping)

    exported = stage.export(tmp_path / "package")

    evidence = exported.path / "evidence"
    sizes = {int(one.stem) for one in (evidence / "checkpoints").iterdir()}
    assert sizes == {first.checkpoint.size, head.size}
    kept = evidence / f"checkpoints/{first.checkpoint.size}.checkpoint"
    assert kept.read_bytes() == first.note.encode()
    verdict = verify_package(exported.path, policy=build_policy(stage, servers=servers, tokens=2))
    assert verdict.outcome == "verified", verdict.to_text()
    assert f"shown by {first.checkpoint.size} entries" in verdict.steps[6].words
    summary = (exported.path / "data/summary.en.html").read_text()
    assert f"{clock.now() - timedelta(days=900):%Y-%m-%d}" in summary


def test_a_head_of_which_only_the_text_is_kept_is_not_carried(
    stage: Stage, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    stamping = build_stamping(stage, servers=servers)
    stamp_days_ago(stage, stamping=stamping, days=900)
    StampedNote.objects.all().delete()
    stamp_missing(read_checkpoint(stage.head().note), stamping=stamping)
    exported = stage.export(tmp_path / "package")
    assert len(list((exported.path / "evidence/checkpoints").iterdir())) == 1
    policy = build_policy(stage, servers=servers, tokens=2)
    assert verify_package(exported.path, policy=policy).outcome == "verified"


def test_a_package_is_anchored_by_two_tokens_over_its_checkpoint(
    stage: Stage, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    stamping = build_stamping(stage, servers=servers)
    checkpoint = read_checkpoint(stage.head().note)
    assert len(stamp_missing(checkpoint, stamping=stamping)) == 2
    assert stamp_missing(checkpoint, stamping=stamping) == ()

    exported = stage.export(tmp_path / "package")

    policy = build_policy(stage, servers=servers, tokens=2)
    assert verify_package(exported.path, policy=policy).outcome == "verified"
    # Of one authority that the court does not know only one token counts.
    policy = build_policy(stage, servers=servers[:1], tokens=2)
    assert verify_package(exported.path, policy=policy).outcome == "not_anchored"


def test_a_package_carries_renewals_lists_and_every_card(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Years later, when the first certificate has ended, a court still counts the token."""
    server = Server()
    folder = tmp_path / "a"
    server.authority = LocalAuthority(
        folder, name="Fictional A", signer_days=(-1, 30), lists_url=server.lists_url
    )
    named = {
        "certificates": server.authority.root.pem,
        "country": "KZ",
        "name": server.authority.name,
        "url": server.url,
    }
    stamping = Stamping(
        card=replace(stage.gate.card, timestamp_authorities=(named,)),
        connect=lambda _url: httpx.Client(timeout=5.0, trust_env=False, verify=False),
        on_failure=lambda one: pytest.fail(str(one.code)),
    )
    head = stage.head()
    stamp_missing(read_checkpoint(head.note), stamping=stamping)
    # A newer signer; its first token over the log shows that it ends later, and it renews.
    server.authority.renew_signer((-1, 3650))
    stage.gate.publish()
    monkeypatch.setenv(SECONDS_SETTING, "1")
    TimestampToken.objects.update(stamped_at=clock.now() - timedelta(days=2))
    newest = read_checkpoint((stage.gate.folder / "checkpoint").read_bytes())
    assert [one.code for one in stamp_due(newest, stamping=stamping)] == [None, None]
    server.close()
    sign_next_card(root_seed=stage.founding.drawn.root_seed, home=stage.founding.home)

    exported = export_package(
        actor=stage.founding.founder, choice=stage.choice(), target=tmp_path / "p", head=head
    )
    tokens = {one.name for one in (exported.path / "evidence/tokens").iterdir()}
    kinds = ("chain.pem", "list-01.crl", "tsr")
    assert tokens == {f"{stem}.{kind}" for stem in ("01", "01.renewal-01") for kind in kinds}
    cards = sorted(one.name for one in (exported.path / "evidence/cards").iterdir())
    assert cards == ["000001.card", "000002.card"]

    policy = build_policy(stage, servers=(server,), tokens=1)
    for years, expected in ((0, "verified"), (5, "verified"), (15, "not_anchored")):
        now = clock.now() + timedelta(days=365 * years)
        assert verify_package(exported.path, policy=policy, now=now).outcome == expected


def test_without_a_token_such_a_policy_is_not_met(
    stage: Stage, servers: tuple[Server, Server], tmp_path: Path
) -> None:
    exported = stage.export(tmp_path / "package")
    policy = build_policy(stage, servers=servers, tokens=1)
    assert verify_package(exported.path, policy=policy).outcome == "not_anchored"
