"""What the desk does by itself: one thing that cannot be taken holds up nothing else."""

import io
import os
import time

import pytest
from tests.conftest import Founding
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.consent import shredder
from aigaq.core import blob_store
from aigaq.evidence.models import FiledReport
from aigaq.intake import contents, models, staging, tasks
from aigaq.intake.spool import READY, Entry, Spool
from aigaq.sealing.manifest import Manifest
from aigaq.sealing.opening import ContainerSource

pytestmark = pytest.mark.django_db(transaction=True)


def fetch_again(founding: Founding, carried: Carried, *, number: int) -> Spool:
    """Lay a report into the spool as the puller does, as if the desk did not know it."""
    changes = {"report_id": os.urandom(32), "commitment": os.urandom(32)}
    models.Report.objects.filter(pk=carried.report.pk).update(**changes)
    FiledReport.objects.filter(pk=carried.report.register_number).update(**changes)
    shredder.forget_report(report_id=carried.sealed.report_id)
    spool = Spool(founding.home)
    spool.create()
    report_id = carried.sealed.report_id
    entry = Entry(report_id=report_id, number=number, received_at=clock.now(), members=())
    spool.write_entry(entry)
    source = ContainerSource(io.BytesIO(carried.file))
    for name in source.names():
        with source.open(name) as reader:
            (spool.get_members(report_id) / name).write_bytes(reader.read(1 << 24))
    spool.finish_report(report_id)
    return spool


def list_filed() -> set[bytes]:
    return {bytes(one) for one in models.Report.objects.values_list("report_id", flat=True)}


def test_a_report_that_nobody_thought_of_holds_up_no_other(
    founding: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = carry_report(founding, answers=[(4, "odd")]), carry_report(founding)
    fetch_again(founding, bad, number=1)
    spool = fetch_again(founding, good, number=2)
    read_answers = contents.read_answers

    def stumble(report: models.Report, manifest: Manifest | None) -> None:
        if manifest is not None and manifest.answers[0].value == "odd":
            raise ValueError
        read_answers(report, manifest)

    with monkeypatch.context() as patched:
        patched.setattr(contents, "read_answers", stumble)
        assert tasks.file_ready(spool) == 1
        assert good.sealed.report_id in list_filed()
        assert bad.sealed.report_id not in list_filed()

    assert tasks.file_ready(spool) == 1
    assert bad.sealed.report_id in list_filed()


def test_a_part_waits_for_its_first_report_and_not_for_ever(founding: Founding) -> None:
    first = carry_report(founding)
    part = carry_report(founding, continues=first.sealed.report_id)
    spool = fetch_again(founding, part, number=2)
    entry = Entry(first.sealed.report_id, number=1, received_at=clock.now(), members=())
    spool.write_entry(entry)
    assert tasks.file_ready(spool) == 0

    ready = spool.get_folder(part.sealed.report_id) / READY
    long_ago = time.time() - tasks.FIRST_SECONDS - 1
    os.utime(ready, (long_ago, long_ago))
    assert tasks.file_ready(spool) == 1
    assert part.sealed.report_id in list_filed()


def test_a_sweep_at_the_same_moment_takes_no_content_of_a_report(
    founding: Founding, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, sweeps = contents.stage, [staging.remove_unfiled]

    def stage_and_sweep(*arguments: object) -> contents.Staged:
        staged = stage(*arguments)  # type: ignore[arg-type]
        if sweeps:
            sweeps.pop()()
        return staged

    monkeypatch.setattr(contents, "stage", stage_and_sweep)
    carried = carry_report(founding, items=[("photo.jpg", "image/jpeg", b"content")])

    item = carried.report.items.get()
    assert item.blob_id is not None
    assert blob_store.read_blob(item.blob_id) == b"content"
    assert not sweeps
