"""Over a real gate: the desk feeds the log, keeps what opens it, and finds what is missing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.conftest import Founding
from tests.flows.stage import GateProcess, Reporter, alter_rows, wait_for

from aigaq.core.home import Home
from aigaq.evidence import selectors
from aigaq.evidence.log_audit import Audited
from aigaq.evidence.models import ChaffOpening, FiledReport, HeadOpening
from aigaq.intake import fetching, tasks
from aigaq.intake.evidence_tasks import audit_desk
from aigaq.sealing.log_entries import CUSTODY_HEAD, REGISTER_HEAD
from aigaq.tlog import read_checkpoint

pytestmark = pytest.mark.slow

NewReporter = Callable[[], Reporter]


@pytest.fixture
def founding(committed_db: None, clean_home: Home, gate_port: int) -> Founding:
    """Found an organisation whose log has a batch every second."""
    from aigaq.accounts.ceremony import Choices, draw_secrets, write_organisation
    from aigaq.accounts.models import Organisation
    from aigaq.jurisdictions.services import load_card_services

    drawn = draw_secrets()
    choices = Choices(
        names={"en": "Trial", "kk": "Сынақ", "ru": "Проба"},
        gate_origin=f"http://127.0.0.1:{gate_port}",
        exit_url="https://www.kazhydromet.kz/",
        founder="Айгүл",
        interval_seconds=1,
    )
    shutil.rmtree(clean_home.desk / "inbox", ignore_errors=True)
    services = load_card_services(pack="kz")
    card, founder = write_organisation(
        home=clean_home,
        choices=choices,
        drawn=drawn,
        services=services.services,
        windows=services.windows,
        gate=clean_home.gate,
    )
    clean_home.record_set_up()
    (clean_home.keys / "passphrase.age").write_bytes(b"wrapped")
    return Founding(Organisation.objects.get(), founder, card, drawn, clean_home)


def work() -> None:
    fetching.pull_round()
    tasks.work_round()


def read_size(gate: GateProcess) -> int:
    answer = httpx.get(f"{gate.origin}/log/checkpoint", trust_env=False)
    return read_checkpoint(answer.content).checkpoint.size


def work_until(is_so: Callable[[], bool]) -> None:
    def tried() -> bool:
        work()
        return is_so()

    wait_for(tried, seconds=90)


def all_logged() -> bool:
    heads = HeadOpening.objects.exclude(log_index=None).count() == 3
    return heads and not FiledReport.objects.filter(log_index=None).exists()


def codes(audited: Audited) -> list[str]:
    return [one.code for one in audited.gaps]


def test_the_desk_finds_its_report_and_heads_in_the_log_and_opens_every_leaf(
    new_reporter: NewReporter, gate: GateProcess
) -> None:
    sealed = new_reporter().tell(
        answers=((4, "fictional"),), items=(("note.txt", "text/plain", b"fictional"),)
    )
    work_until(lambda: FiledReport.objects.exists() and all_logged())
    assert selectors.find_logged_head(kind=REGISTER_HEAD) is not None
    assert selectors.find_logged_head(kind=CUSTODY_HEAD) is not None
    assert ChaffOpening.objects.exists()
    audited = audit_desk(folder=None, hash_files=True)
    assert codes(audited) == []
    assert audited.leaves["report"] == 1
    leaf = selectors.access_leaf(report_id=sealed.report_id)
    assert leaf.commitment == sealed.commitment
    assert leaf.log_index is not None
    assert leaf.log_index < audited.size


def test_a_report_that_the_gate_took_and_never_handed_over_is_found_by_audit(
    new_reporter: NewReporter, gate: GateProcess, founding: Founding
) -> None:
    before = read_size(gate)
    new_reporter().tell(answers=((4, "fictional"),))
    wait_for(lambda: read_size(gate) > before + 40)
    gate.stop()
    assert alter_rows(gate, "DELETE FROM reports") == 1
    gate.start()
    work()
    audited = audit_desk(folder=None, hash_files=True)
    assert codes(audited) == ["audit.unopened_leaf"]


def test_a_log_that_was_copied_is_audited_without_the_gate(
    new_reporter: NewReporter, gate: GateProcess, tmp_path: Path
) -> None:
    new_reporter().tell(answers=((4, "fictional"),))
    work_until(lambda: FiledReport.objects.exists() and all_logged())
    gate.stop()
    copied = tmp_path / "log"
    shutil.copytree(gate.folder / "data" / "log", copied)
    gate.start()
    work()
    gate.stop()
    audited = audit_desk(folder=copied, hash_files=True)
    assert codes(audited) == []
    assert audited.leaves["report"] == 1
