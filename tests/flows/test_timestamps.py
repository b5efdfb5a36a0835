"""A real gate's log is timestamped by the desk, and a court's verifier asks for both tokens."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Founding
from tests.flows.partner import Partner, wait_until, work
from tests.flows.stage import GateProcess, Reporter
from tests.flows.test_evidence_export import PHOTO, judge, judge_package
from tests.timestamp_authority import LocalAuthority, Server

from aigaq.core.commands import get_command
from aigaq.evidence import heads
from aigaq.evidence.timestamp_models import TimestampToken
from aigaq.intake import timestamp_tasks
from aigaq.intake.models import Alarm

pytestmark = pytest.mark.slow


@pytest.fixture
def interval_seconds() -> int:
    """Give batches that a test can wait for."""
    return 3


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    """Give two authorities that the desk asks; the second one sorts its certificates wrongly."""
    made = [
        Server(LocalAuthority(tmp_path / "a", name="Fictional A")),
        Server(LocalAuthority(tmp_path / "b", name="Fictional B", adds="all.pem")),
    ]
    yield made
    for one in made:
        one.close()


def read_contents(package: Path) -> dict[str, Any]:
    with zipfile.ZipFile(package) as archive:
        contents: dict[str, Any] = json.loads(archive.read("evidence/package.json"))
    return contents


def read_size(checkpoint: str) -> int:
    return int(Path(checkpoint).stem)


def test_the_desk_stamps_the_log_and_a_court_counts_two_tokens(
    founding: Founding,
    gate: GateProcess,
    partner: Partner,
    new_reporter: Callable[[], Reporter],
    servers: list[Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(heads.SETTING, "1")
    new_reporter().tell(
        items=[("photo.jpg", "image/jpeg", PHOTO)], consents=(("keep", "team"), ("prove", "court"))
    )
    trusted = []
    for one, country in zip(servers, ("KZ", "DE"), strict=True):
        assert one.authority is not None
        arguments = {
            "certificates": str(one.authority.folder / "root.pem"),
            "country": country,
            "name": one.authority.name,
            "url": one.url,
        }
        get_command("authority-add").run(arguments)
        trusted.append({"certificates": one.authority.root.pem, "name": one.authority.name})

    def round_of_all() -> None:
        work()
        partner.cosign()
        timestamp_tasks.do_round()

    # 1. The day's tokens, over a checkpoint that the desk cosigned.
    wait_until(lambda: TimestampToken.objects.count() == 2, do=round_of_all)
    # 2. A package whose own checkpoint is stamped when it is handed out.
    policy = tmp_path / "policy.json"
    members = json.loads(partner.write_policy(policy, founding).read_bytes())
    members |= {
        "require": {"cosigned": True, "timestamps": 2},
        "timestamp_authorities": trusted,
    }
    policy.write_text(json.dumps(members))
    out = tmp_path / "package.zip"
    wait_until(lambda: judge_package(out, policy)["exit"] == 0, do=round_of_all)
    assert not Alarm.objects.filter(code__startswith="timestamp.").exists()
    # 3. One that is made later shows by a head of before since when the report is there.
    wait_until(
        lambda: judge_package(out, policy)["exit"] == 0 and "earlier" in read_contents(out),
        do=round_of_all,
    )
    contents, verdict = read_contents(out), judge(out, policy)
    (earlier,) = contents["earlier"]
    sizes = [read_size(one["checkpoint"]) for one in (earlier, contents)]
    assert contents["reports"][0]["log_index"] < sizes[0] < sizes[1]
    assert f"shown by {sizes[0]} entries" in verdict["steps"][6]["words"]
    # 4. The same package is not anchored for a court that knows only one of the two.
    members["timestamp_authorities"] = trusted[:1]
    policy.write_text(json.dumps(members))
    assert judge_package(out, policy)["verdict"] == "not_anchored"
