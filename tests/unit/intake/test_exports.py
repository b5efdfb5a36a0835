"""Packages asked for on a page: made behind it, checked, kept a day, gone when they must be."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import LogGate
from tests.unit.evidence.test_export import PHOTO, VOICE, Stage, build_stage

from aigaq import clock
from aigaq.accounts.errors import NotThere
from aigaq.accounts.models import Staff
from aigaq.age import X25519Identity
from aigaq.consent import selectors as consent
from aigaq.core import blob_store
from aigaq.core.temporary import TMPFS
from aigaq.evidence import custody
from aigaq.intake import exports, keeping, models, spoken_consent
from aigaq.intake.errors import IntakeError, PackageRefused
from aigaq.intake.export_models import Export
from aigaq.intake.export_shapes import ExportDetail, ExportState
from aigaq.intake.export_work import work_exports
from aigaq.intake.package_gathering import LogHead
from aigaq_verify.packages import verify_package

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(founding: Founding, tmp_path: Path) -> Stage:
    return build_stage(founding, LogGate.of(founding, tmp_path))


def ask(stage: Stage, **changes: object) -> UUID:
    choice = stage.choice(**({"items": (0, 1)} | changes))
    founder = stage.founding.founder
    return exports.ask_for_export(actor=founder, choice=choice, recipient="Вымышленный суд")


def see(stage: Stage, export_id: UUID) -> ExportDetail:
    return exports.access_export(actor=stage.founding.founder, export_id=export_id)


def make(stage: Stage, **changes: object) -> UUID:
    export_id = ask(stage, **changes)
    assert work_exports(read_head=stage.head) == 1
    assert see(stage, export_id).state == ExportState.READY
    return export_id


def fetch(stage: Stage, export_id: UUID) -> bytes:
    file = exports.open_export(actor=stage.founding.founder, export_id=export_id)
    return b"".join(file.chunks)


def exported(stage: Stage) -> list[int]:
    events = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    return sorted(one.item_number or 0 for one in events if one.event == "exported")


def test_what_was_asked_for_is_made_verified_and_fetched_as_it_was_made(
    stage: Stage, tmp_path: Path
) -> None:
    export_id = ask(stage)
    assert see(stage, export_id).state == ExportState.WAITING
    assert work_exports(read_head=stage.head) == 1
    made = see(stage, export_id)
    assert (made.state, made.percent, made.items) == (ExportState.READY, 100, 2)
    assert made.outcome == "not_anchored"
    assert [one.number for one in made.steps] == list(range(12))
    # Without timestamps there is nothing to look at, which is not called passed on the page.
    assert [one.name for one in made.steps if one.has_nothing] == ["tokens"]
    data = fetch(stage, export_id)
    assert len(data) == made.size_bytes
    path = tmp_path / "fetched.zip"
    path.write_bytes(data)
    verdict = verify_package(path, policy=stage.policy())
    assert verdict.outcome == "verified", verdict.to_text()
    assert made.seal in verdict.steps[-1].words


def test_it_stands_in_custody_as_exported_when_it_is_fetched_and_not_before(stage: Stage) -> None:
    export_id = make(stage)
    assert exported(stage) == []
    fetch(stage, export_id)
    assert exported(stage) == [0, 1]
    fetch(stage, export_id)
    assert exported(stage) == [0, 0, 1, 1]
    assert see(stage, export_id).handed_out == 2


def test_what_was_not_chosen_is_not_in_it(stage: Stage) -> None:
    with zipfile.ZipFile(io.BytesIO(fetch(stage, make(stage, items=(1,))))) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
    assert VOICE in whole
    assert PHOTO not in whole


def test_for_one_person_nothing_lies_open_in_it(stage: Stage) -> None:
    identity = X25519Identity.generate()
    export_id = make(stage, sealed_to=identity.recipient)
    assert see(stage, export_id).sealed_to == str(identity.recipient)
    assert PHOTO not in fetch(stage, export_id)


def test_nothing_of_it_lies_in_plain_on_the_disk_or_in_memory_when_it_is_made(
    stage: Stage,
) -> None:
    before = set(TMPFS.glob("aigaq-*"))
    make(stage)
    assert set(TMPFS.glob("aigaq-*")) == before
    blob_id = Export.objects.get().blob_id
    assert blob_id is not None
    sealed = (stage.founding.home.blobs / blob_id.hex).read_bytes()
    assert PHOTO not in sealed
    assert not models.StagedBlob.objects.exists()


def test_a_consent_that_is_taken_back_removes_what_waits_at_once(stage: Stage) -> None:
    export_id = make(stage)
    blob_id = Export.objects.get().blob_id
    stage.carried.write(kind="withdraw_consent", body={"consents": None, "report_id": None})
    gone = see(stage, export_id)
    assert (gone.state, gone.code) == (ExportState.REFUSED, "consent.withdrawn")
    assert blob_id is not None
    assert not blob_store.has_file(blob_id)
    with pytest.raises(NotThere):
        fetch(stage, export_id)
    assert exported(stage) == []


def test_a_consent_taken_back_at_the_desk_removes_what_waits_too(stage: Stage) -> None:
    export_id = make(stage)
    grants = consent.list_grants(bytes(stage.carried.report.report_id))
    grant = next(one for one in grants if one.purpose == "prove")
    spoken_consent.withdraw_consent(
        actor=stage.founding.founder, consent_id=grant.id, reason="in a call"
    )
    assert see(stage, export_id).code == "consent.withdrawn"


def test_a_consent_that_is_over_when_it_is_fetched_keeps_it_here(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken_consent.record_consent(
        actor=stage.founding.founder,
        report_id=stage.carried.report.pk,
        purpose="complain",
        audience="authority",
        items=None,
        how="in a call",
        given_at=clock.now(),
        valid_until=clock.now() + timedelta(hours=1),
    )
    export_id = make(stage, purpose="complain", audience="authority")
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(PackageRefused) as refused:
        fetch(stage, export_id)
    assert refused.value.code == "consent.expired"
    assert see(stage, export_id).state == ExportState.REFUSED
    assert exported(stage) == []


def test_after_a_day_it_is_gone_and_what_was_handed_out_stays_on_record(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = make(stage)
    fetch(stage, export_id)
    later = clock.now() + timedelta(hours=exports.KEPT_HOURS)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert work_exports(read_head=stage.head) == 0
    gone = see(stage, export_id)
    assert (gone.state, gone.handed_out, gone.recipient) == (
        ExportState.REMOVED,
        1,
        "Вымышленный суд",
    )
    assert gone.seal
    with pytest.raises(NotThere):
        fetch(stage, export_id)


def test_a_forgotten_report_takes_its_packages_along(stage: Stage) -> None:
    export_id = make(stage)
    blob_id = Export.objects.get().blob_id
    erase_report(actor=stage.founding.founder, report_id=stage.carried.report.pk, reason="asked")
    gone = see(stage, export_id)
    assert (gone.state, gone.recipient, gone.steps, gone.items) == (ExportState.REMOVED, "", (), 0)
    assert blob_id is not None
    assert not blob_store.has_file(blob_id)


def test_a_wish_that_was_removed_is_not_made(stage: Stage) -> None:
    export_id = ask(stage)
    exports.remove_export(actor=stage.founding.founder, export_id=export_id)
    assert work_exports(read_head=stage.head) == 0
    assert see(stage, export_id).state == ExportState.REMOVED


def test_a_wish_removed_while_it_is_made_leaves_nothing_behind(stage: Stage) -> None:
    export_id = ask(stage)

    def remove_meanwhile() -> LogHead:
        exports.remove_export(actor=stage.founding.founder, export_id=export_id)
        return stage.head()

    work_exports(read_head=remove_meanwhile)
    assert see(stage, export_id).state == ExportState.REMOVED
    assert not models.StagedBlob.objects.exists()


def test_a_desk_that_locks_in_the_middle_makes_it_anew_later(stage: Stage) -> None:
    export_id = ask(stage)
    asked = iter([False, False, False, True, True, True, True, True])
    work_exports(read_head=stage.head, is_stopping=lambda: next(asked))
    assert see(stage, export_id).state == ExportState.WORKING
    assert work_exports(read_head=stage.head) == 1
    assert see(stage, export_id).state == ExportState.READY


def refuse_log() -> LogHead:
    raise PackageRefused("package.no_log")


def test_without_the_log_it_is_refused_and_can_be_asked_for_again(stage: Stage) -> None:
    export_id = ask(stage)
    work_exports(read_head=refuse_log)
    refused = see(stage, export_id)
    assert (refused.state, refused.code) == (ExportState.REFUSED, "package.no_log")
    exports.try_again(actor=stage.founding.founder, export_id=export_id)
    work_exports(read_head=stage.head)
    assert see(stage, export_id).state == ExportState.READY


def fail_on_the_disk() -> LogHead:
    raise OSError(28, "no space left")


def fail_by_a_fault_of_ours() -> LogHead:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("read_head", "code"),
    [(fail_on_the_disk, "package.disk_full"), (fail_by_a_fault_of_ours, "package.failed")],
)
def test_what_cannot_be_made_is_said_once_and_holds_up_no_other(
    stage: Stage, read_head: Callable[[], LogHead], code: str
) -> None:
    first, second = ask(stage), ask(stage, items=(0,))
    assert work_exports(read_head=read_head) == 2
    assert [see(stage, one).code for one in (first, second)] == [code, code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "complain", "audience": "authority"}, "consent.missing"),
        ({"purpose": "publish", "audience": "public"}, "consent.wrong_purpose"),
        ({"languages": ()}, "package.no_language"),
        ({"items": ()}, "package.no_items"),
        ({"items": None}, "package.no_items"),
    ],
)
def test_what_may_not_leave_is_not_even_begun(
    stage: Stage, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(IntakeError) as refused, transaction.atomic():
        ask(stage, **changes)
    assert refused.value.code == code
    assert not Export.objects.exists()


@pytest.mark.parametrize("recipient", ["", "   ", "x" * 201])
def test_nobody_in_particular_gets_nothing(stage: Stage, recipient: str) -> None:
    founder, choice = stage.founding.founder, stage.choice(items=(0,))
    with pytest.raises(PackageRefused) as refused, transaction.atomic():
        exports.ask_for_export(actor=founder, choice=choice, recipient=recipient)
    assert refused.value.code == "package.no_recipient"


def test_a_stranger_to_reports_sees_none_of_it(
    stage: Stage, staff_of: Callable[[str], Staff]
) -> None:
    export_id = make(stage)
    stranger = staff_of("administrator")
    with pytest.raises(NotThere):
        exports.access_export(actor=stranger, export_id=export_id)
    with pytest.raises(NotThere):
        exports.open_export(actor=stranger, export_id=export_id)
    with pytest.raises(NotThere):
        exports.ask_for_export(actor=stranger, choice=stage.choice(items=(0,)), recipient="x")


@pytest.mark.django_db(transaction=True)
def test_the_second_place_does_not_copy_packages(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    keeping.set_second_place(actor=stage.founding.founder, folder=folder)
    make(stage)
    assert keeping.copy_to_second_place().state == "fine"
    blob_id = Export.objects.get().blob_id
    assert blob_id is not None
    assert not (folder / "blobs" / blob_id.hex).exists()
    assert list((folder / "blobs").iterdir())


def test_the_table_itself_keeps_no_package_that_is_not_ready(stage: Stage) -> None:
    make(stage)
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.update(state=ExportState.REMOVED)
