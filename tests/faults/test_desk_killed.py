"""P2 at the desk: killed at any instant while it works, it loses and doubles nothing."""

import hashlib
import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.desk_process import DeskProcess, Trial, found_trial, look_into
from tests.flows.stage import ROUNDS_FULL, Reporter, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(3_600)]

KILLS = 60 if ROUNDS_FULL else 6
REPORTS = 40 if ROUNDS_FULL else 8
ITEM_BYTES = 3_000_000


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """Found an organisation and run its gate."""
    found = found_trial(tmp_path / "home")
    found.gate.start()
    yield found
    found.gate.stop()


FACTS = """(lambda reports, blobs, used: {
    "numbers": list(reports.values_list("register_number", flat=True)),
    "ids": sorted(bytes(one.report_id).hex() for one in reports),
    "states": sorted({one.state for one in reports}),
    "unsafe": reports.filter(safe_at=None).count(),
    "items": {
        bytes(one.sha256).hex(): hashlib.sha256(blob_store.read_blob(one.blob_id)).hexdigest()
        for one in models.Item.objects.all()
    },
    "staged": models.StagedBlob.objects.count(),
    "orphan_blobs": len(blobs - used),
    "files": {path.name for path in get_home().blobs.iterdir()} == {one.hex for one in blobs},
    "messages": models.Message.objects.filter(direction="to_desk", fault="").count(),
    "flagged": models.Message.objects.exclude(fault="").count(),
    "alarms": sorted(models.Alarm.objects.values_list("code", flat=True)),
    "audited": audit.check_chain() > 0,
    "spool": sum(len(names) for _f, _d, names in os.walk(get_home().desk / "inbox" / "reports")),
})(
    models.Report.objects.order_by("register_number"),
    set(BlobKey.objects.values_list("pk", flat=True)),
    {
        blob_id
        for rows in (models.Member, models.Item, models.Preview)
        for blob_id in rows.objects.values_list("blob_id", flat=True)
    },
)"""


def test_a_desk_killed_at_any_instant_loses_and_doubles_nothing(
    trial: Trial, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    reporters = [Reporter(origin=trial.gate.origin, card=trial.card) for _ in range(REPORTS)]
    contents = [secrets.token_bytes(ITEM_BYTES) for _ in reporters]
    for reporter, content in zip(reporters, contents, strict=True):
        reporter.tell(items=(("a.bin", "application/octet-stream", content),))
        reporter.write(body={"text": "one"})
    seed = int(os.environ.get("AIGAQ_SEED", secrets.randbelow(2**31)))
    print(f"AIGAQ_SEED={seed}")
    chance = random.Random(seed)
    desk = DeskProcess(trial)
    try:
        for number in range(KILLS):
            desk.start()
            if number % 3 != 2:
                desk.unlock()
            if number == 0:
                desk.ask("set-second-place", folder=str(second))
            # From within the first fetch to after the last copy.
            time.sleep(chance.uniform(0.0, 2.5))
            desk.kill()
        desk.start()
        desk.unlock()
        wait_for(lambda: desk.ask("pull")["code"] is None)
        wait_for(lambda: _is_all_delivered(desk), seconds=120)
        desk.ask("pull")
        desk.stop()
    finally:
        desk.kill()
    facts = look_into(trial, expression=FACTS)
    assert facts["numbers"] == list(range(1, REPORTS + 1))
    sent = sorted(one.first.report_id.hex() for one in reporters if one.first)
    assert facts["ids"] == sent
    assert facts["states"] == ["filed"]
    assert facts["unsafe"] == 0
    hashes = {hashlib.sha256(one).hexdigest() for one in contents}
    assert facts["items"] == {one: one for one in hashes}
    assert (facts["staged"], facts["orphan_blobs"], facts["files"]) == (0, 0, True)
    assert (facts["messages"], facts["flagged"]) == (REPORTS, 0)
    assert facts["alarms"] == []
    assert facts["audited"]
    assert facts["spool"] == 0
    for reporter in reporters:
        kinds = [(one.kind, one.sequence) for one in reporter.read()]
        assert kinds[:2] == [("filing_receipt", 1), ("safe", 2)]
        # Her proof from the log comes when the log has her report, and once.
        assert kinds[2:] in ([], [("proof", 3)])
        reporter.close()


def _is_all_delivered(desk: DeskProcess) -> bool:
    status = desk.ask("pull-status")
    desk.ask("pull")
    return bool(status["waiting_reports"] == 0 and status["waiting_messages"] == 0)
