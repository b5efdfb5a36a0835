"""A partner that falls silent: proofs go on under the other one, and the desk says who it is."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.flows.partner import Partner, wait_until, work
from tests.flows.stage import GateProcess, Reporter

from aigaq.accounts.card_changes import sign_changed_card
from aigaq.accounts.cards import read_card as read_own_card
from aigaq.desk.desk_commands import publish_card
from aigaq.intake import models, selectors
from aigaq.intake.proof_models import LogProof
from aigaq.sealing.log_proofs import open_log_proof
from aigaq.watching import cosigned

pytestmark = pytest.mark.slow


@pytest.fixture
def interval_seconds() -> int:
    """Give batches that a test can wait for."""
    return 3


@pytest.fixture
def silent(founding: Founding, gate: GateProcess, partner: Partner, tmp_path: Path) -> Partner:
    """Name a second partner in the card, who never signs."""
    made = Partner(gate, partner.fingerprint, tmp_path / "silent.seed")
    sign_changed_card(
        root_seed=founding.drawn.root_seed,
        home=founding.home,
        changes={"cosigners": [partner.describe(), made.describe()]},
        accept_unreviewed="",
    )
    publish_card({})
    return made


def test_a_silent_partner_stops_no_proof_and_is_named(
    founding: Founding,
    partner: Partner,
    silent: Partner,
    new_reporter: Callable[[], Reporter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cosigned, "PATIENCE_SECONDS", 9)
    monkeypatch.setattr(cosigned, "SILENCE", timedelta(seconds=9))
    monkeypatch.setattr(cosigned, "LOOK_SECONDS", 0)
    new_reporter().tell()

    def round_of_all() -> None:
        work()
        partner.cosign()

    wait_until(LogProof.objects.exists, do=round_of_all)
    text = models.Message.objects.get(kind="proof").body["proof"]
    seen = open_log_proof(text, card=read_own_card(), commitment=None)
    assert seen.is_independent
    assert silent.describe()["name"] not in seen.cosigners

    def named() -> set[str]:
        return {
            one.details["cosigner"]
            for one in selectors.list_alarms(actor=founding.founder)
            if one.code == "log.cosigner_silent"
        }

    wait_until(named, do=round_of_all)
    assert silent.describe()["name"] in named()
