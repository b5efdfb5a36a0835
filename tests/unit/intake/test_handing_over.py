"""A real handover of a package is written down: into custody of each file, and into audit."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import LogGate
from tests.unit.evidence.test_export import Stage, build_stage

from aigaq.accounts.errors import NotThere
from aigaq.core.models import AuditEvent
from aigaq.evidence import custody
from aigaq.intake import exports, services
from aigaq.intake.errors import NotFound, PackageRefused
from aigaq.intake.export_work import work_exports
from aigaq.intake.handing_over import (
    Handover,
    list_handovers,
    read_note,
    record_handover,
    run_handover_command,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(founding: Founding, tmp_path: Path) -> Stage:
    return build_stage(founding, LogGate.of(founding, tmp_path))


def make(stage: Stage, *, is_fetched: bool = True) -> str:
    """Have a package made, perhaps fetched; return its seal."""
    founder = stage.founding.founder
    choice = stage.choice(items=(0, 1))
    export_id = exports.ask_for_export(actor=founder, choice=choice, recipient="Вымышленный суд")
    work_exports(read_head=stage.head)
    if is_fetched:
        b"".join(exports.open_export(actor=founder, export_id=export_id).chunks)
    return exports.access_export(actor=founder, export_id=export_id).seal


def build(**changes: object) -> Handover:
    whole: dict[str, object] = {
        "to": "Вымышленный районный суд, канцелярия",
        "on": timezone.localdate(),
        "carried_by": "Вымышленный юрист",
        "act": "акт № 7",
    }
    return Handover(**(whole | changes))  # type: ignore[arg-type]


def see(stage: Stage, seal: str) -> list[Handover]:
    of = [stage.carried.report.pk]
    return list_handovers(actor=stage.founding.founder, seal=seal, of=of)


def said(stage: Stage) -> list[tuple[int | None, str]]:
    events = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    return [(one.item_number, one.note) for one in events if one.event == "handed_over"]


def test_it_stands_in_custody_of_each_file_and_in_audit_without_names(stage: Stage) -> None:
    seal, given = make(stage), build()
    assert record_handover(actor=stage.founding.founder, seal=seal, handover=given) == 2
    assert sorted(number or 0 for number, _ in said(stage)) == [0, 1]
    for _, note in said(stage):
        assert note.startswith(seal)
        assert read_note(note) == given
    custody.check()
    event = AuditEvent.objects.get(code="intake.package_handed_over")
    assert event.subject_id == seal
    assert "суд" not in str(event.context)
    assert see(stage, seal) == [given]


def test_the_papers_of_a_later_package_tell_it_from_work_passed_on_within(
    stage: Stage, tmp_path: Path
) -> None:
    founder = stage.founding.founder
    record_handover(actor=founder, seal=make(stage), handover=build())
    services.assign_report(actor=founder, report_id=stage.carried.report.pk, to=founder)
    path = stage.export(tmp_path / "later", items=(0,)).path
    told = (path / "data/summary.en.html").read_text()
    assert told.count("handed over outside the organisation") == 1
    assert told.count("passed on within the organisation") == 1
    assert "Вымышленный районный суд, канцелярия" in (path / "evidence/custody.jsonl").read_text()


def test_one_package_may_be_handed_to_several_each_on_its_act(stage: Stage) -> None:
    seal, founder = make(stage), stage.founding.founder
    other = build(to="Вымышленная прокуратура", act="акт № 8 · от руки\n")
    record_handover(actor=founder, seal=seal, handover=build())
    record_handover(actor=founder, seal=seal, handover=other)
    first, second = see(stage, seal)
    assert (first, second.to, second.act) == (build(), other.to, "акт № 8 от руки")


def test_what_never_left_the_desk_was_handed_to_nobody(stage: Stage) -> None:
    for seal in (make(stage, is_fetched=False), "0" * 64, "", "exported"):
        with pytest.raises(NotFound):
            record_handover(actor=stage.founding.founder, seal=seal, handover=build())
    assert said(stage) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": " "}, "handover.incomplete"),
        ({"carried_by": ""}, "handover.incomplete"),
        ({"act": "·"}, "handover.incomplete"),
        ({"to": "ы" * 201}, "handover.too_long"),
        ({"on": timezone.localdate() + timedelta(days=2)}, "handover.wrong_day"),
        ({"on": date(2001, 1, 1)}, "handover.wrong_day"),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused(
    stage: Stage, changes: dict[str, object], code: str
) -> None:
    seal = make(stage)
    with pytest.raises(PackageRefused) as refused:
        record_handover(actor=stage.founding.founder, seal=seal, handover=build(**changes))
    assert refused.value.code == code
    assert said(stage) == []


def test_who_may_not_hand_out_packages_may_not_write_it_down(stage: Stage) -> None:
    seal, founder = make(stage), stage.founding.founder
    founder.is_active = False
    founder.save()
    with pytest.raises(NotThere):
        record_handover(actor=founder, seal=seal, handover=build())


def test_an_erased_report_takes_the_names_with_it(stage: Stage) -> None:
    seal = make(stage)
    record_handover(actor=stage.founding.founder, seal=seal, handover=build())
    report_id = stage.carried.report.pk
    erase_report(actor=stage.founding.founder, report_id=report_id, reason="kept_long_enough")
    assert see(stage, seal) == []


def test_the_command_says_that_nobody_signed_in(stage: Stage) -> None:
    arguments = {
        "seal": make(stage).upper(),
        "to": "Вымышленный суд",
        "on": timezone.localdate().isoformat(),
        "carried_by": "Вымышленный юрист",
        "act": "№ 9",
        "by": stage.founding.founder.get_username(),
    }
    assert run_handover_command(arguments)["items"] == 2
    events = custody.list_events(report_id=bytes(stage.carried.report.report_id))
    by = {one.by for one in events if one.event == "handed_over"}
    assert [one.startswith("command line, said to be ") for one in by] == [True]
    with pytest.raises(PackageRefused):
        run_handover_command(arguments | {"on": "yesterday"})
