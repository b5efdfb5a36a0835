"""A report that was filed damaged is filed whole when a whole copy comes (ADR 14)."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.unit.intake.test_order_of_filing import (
    NOTE,
    draw_keys,
    find_box,
    hand_out,
    seal,
)

from aigaq import clock
from aigaq.age import HybridIdentity
from aigaq.consent import selectors as consent
from aigaq.core import blob_store
from aigaq.evidence import custody, erasing_audit, holdings, register
from aigaq.evidence import models as evidence
from aigaq.evidence import selectors as evidence_selectors
from aigaq.intake import (
    carrying,
    evidence_tasks,
    filing,
    healing,
    keeping,
    models,
    selectors,
    services,
    shredder,
)
from aigaq.intake.errors import NotFound
from aigaq.intake.shapes import InboxView, ReportState
from aigaq.intake.spool import LAST_AGAIN_SECONDS, Spool
from aigaq.sealing.container import iterate_container
from aigaq.sealing.opening import FolderSource

pytestmark = pytest.mark.django_db(transaction=True)


def carry(founding: Founding, data: bytes) -> models.Report:
    """Import a report's file."""
    row_id = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(data))
    return models.Report.objects.get(pk=row_id)


def list_audit_gaps() -> list[str]:
    """Return what the audit finds in register, custody and holdings."""
    register.check()
    custody.check()
    known, forgotten = evidence_tasks._list_known(), evidence_tasks._list_forgotten()
    gaps = [one.code for one in erasing_audit.list_gaps(known=known, forgotten=forgotten)]
    return gaps + [code for code, _number, _item in holdings.list_faults()]


@pytest.mark.parametrize("spoil", ["item-0000.age", "manifest.age", "key.age"])
def test_a_whole_file_heals_what_a_gate_spoiled(
    founding: Founding, tmp_path: Path, spoil: str
) -> None:
    keys = draw_keys(founding)
    sealed, data = seal(founding, keys)
    damaged = hand_out(sealed, data, folder=tmp_path / "a", spoil=spoil)
    assert damaged.state == ReportState.DAMAGED

    whole = carry(founding, data)

    assert (whole.pk, whole.state, whole.register_number) == (damaged.pk, ReportState.FILED, 2)
    assert not whole.has_faults
    assert dict(whole.answers.values_list("number", "value")) == {4: "fictional", 17: "d"}
    (item,) = whole.items.all()
    assert item.fault == ""
    assert b"".join(blob_store.read_chunks(item.blob_id)) == NOTE  # type: ignore[arg-type]
    assert find_box(keys).quiet_sign == "d"
    assert [one.purpose for one in consent.list_grants(sealed.report_id)] == ["keep"]


def test_what_was_filed_first_stays_as_evidence(founding: Founding, tmp_path: Path) -> None:
    sealed, data = seal(founding, draw_keys(founding))
    damaged = hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    files = set(evidence.StoredFile.objects.values_list("blob_id", "sha256"))
    carry(founding, data)
    stays = evidence.StoredFile.objects.filter(filed_id=damaged.register_number)
    assert set(stays.values_list("blob_id", "sha256")) == files
    for blob_id, _sha256 in files:
        assert b"".join(blob_store.read_chunks(blob_id))
    (first,) = evidence_selectors.list_first_copies(report_id=sealed.report_id)
    assert (first.register_number, first.came_by) == (1, "gate")


def test_the_register_custody_and_audit_know_both_copies(
    founding: Founding, tmp_path: Path
) -> None:
    sealed, data = seal(founding, draw_keys(founding))
    hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    whole = carry(founding, data)
    rows = [
        register.find_said(bytes(row.line or b"")) for row in evidence.RegisterLine.objects.all()
    ]
    assert [(row.number, row.report_id) for row in rows if row] == [
        (1, sealed.report_id),
        (2, sealed.report_id),
    ]
    said = custody.list_events(report_id=sealed.report_id)
    assert "file heals 1" in [one.note for one in said if one.event == "received"]
    assert list_audit_gaps() == []
    assert selectors.find_by_register_number(actor=founding.founder, number=1) == whole.pk


def test_both_filing_receipts_stand_in_the_mailbox(founding: Founding, tmp_path: Path) -> None:
    keys = draw_keys(founding)
    sealed, data = seal(founding, keys)
    damaged = hand_out(sealed, data, folder=tmp_path / "a", spoil="key.age")
    whole = carry(founding, data)
    letters = find_box(keys).messages.filter(kind="filing_receipt").order_by("sequence")
    texts = [one.body["filing_receipt"] for one in letters]
    assert texts == [damaged.filing_receipt, whole.filing_receipt]
    said = [json.loads(text.split("\n", 1)[0]) for text in texts]
    assert [(one["register_number"], one["state"]) for one in said] == [
        (1, "damaged"),
        (2, "filed"),
    ]


def test_a_healed_report_stands_once_in_lists_and_numbers(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    first, first_data = seal(founding, keys)
    hand_out(first, first_data, folder=tmp_path / "a", spoil="item-0000.age")
    part, part_data = seal(founding, keys, continues=first)
    hand_out(part, part_data, folder=tmp_path / "b", spoil="manifest.age")
    carry(founding, first_data)
    joined = carry(founding, part_data)

    page = selectors.list_inbox(actor=founding.founder)
    assert [(row.register_number, row.parts, row.items) for row in page.rows] == [(3, 1, 2)]
    assert selectors.count_inbox(actor=founding.founder).open == 1
    flagged = selectors.list_inbox(actor=founding.founder, view=InboxView.FLAGGED)
    assert flagged.rows == ()
    assert joined.first is not None
    assert list_audit_gaps() == []


def test_a_person_closes_the_alarm_and_nobody_else(founding: Founding, tmp_path: Path) -> None:
    sealed, data = seal(founding, draw_keys(founding))
    hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    before = {row.code for row in selectors.list_alarms(actor=founding.founder)}
    carry(founding, data)
    assert {row.code for row in selectors.list_alarms(actor=founding.founder)} == before
    assert before == {"gate.wrong_member", "report.damaged"}


def test_a_healed_report_becomes_safe_and_only_then_may_the_gate_erase_it(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    sealed, data = seal(founding, keys)
    hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    (tmp_path / "place").mkdir()
    keeping.set_second_place(actor=founding.founder, folder=tmp_path / "place")
    assert keeping.copy_to_second_place().state == "fine"
    assert not find_box(keys).messages.filter(kind="safe").exists()
    carry(founding, data)
    assert keeping.copy_to_second_place().state == "fine"
    healed = models.Report.objects.get()
    assert healed.second_place_at is not None
    # The gate handed it out, so it is the gate that is told, although the whole came as a file.
    assert healed.came_by == "gate"
    assert find_box(keys).messages.filter(kind="safe").count() == 1
    for member in iterate_container(io.BytesIO(data), with_items=True):
        copy = tmp_path / "place" / "reports" / sealed.report_id.hex() / member.name
        assert copy.read_bytes() == member.read()


def test_nothing_but_the_bytes_of_the_header_heals(founding: Founding, tmp_path: Path) -> None:
    sealed, data = seal(founding, draw_keys(founding))
    damaged = hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    at = data.index(b"key.age") + 512 + 200
    spoiled = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    assert carry(founding, spoiled).register_number == damaged.register_number
    assert evidence.RegisterLine.objects.count() == 1


def test_a_report_that_was_sealed_wrongly_is_asked_for_until_its_true_bytes_are_here(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    stranger = str(HybridIdentity.generate().recipient)
    sealed, data = seal(founding, keys, team_recipient=stranger)
    damaged = hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    assert list(healing.list_healable()) == [sealed.report_id]
    true = carry(founding, data)
    assert (true.pk, true.register_number) == (damaged.pk, 2)
    # Nobody here can open it, and no other copy will change that.
    assert (true.state, true.faults) == (ReportState.DAMAGED, ["report.not_for_us"])
    assert list(healing.list_healable()) == []
    assert list_audit_gaps() == []


def test_a_forged_contents_page_allows_nothing_and_is_healed(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    sealed, data = seal(founding, keys)
    _other, forged = seal(founding, draw_keys(founding), answers=((4, "forged"),), note=b"forged")
    members = {m.name: m.read() for m in iterate_container(io.BytesIO(data), with_items=True)}
    for member in iterate_container(io.BytesIO(forged), with_items=True):
        if member.name in ("key.age", "manifest.age"):
            members[member.name] = member.read()
    folder = tmp_path / "a"
    folder.mkdir()
    for name, content in members.items():
        (folder / name).write_bytes(content)
    arrival = filing.Arrival(
        report_id=sealed.report_id, received_at=clock.now(), came_by="gate", lies=("manifest.age",)
    )
    row = filing.file_report(source=FolderSource(folder), arrival=arrival)
    assert row.state != ReportState.FILED
    assert consent.list_grants(sealed.report_id) == ()

    whole = carry(founding, data)

    assert (whole.state, whole.summary) == (ReportState.FILED, "fictional")
    # A package of the true item is not refused because of the forged one's hash.
    said = custody.list_events(report_id=sealed.report_id)
    hashes = {one.sha256 for one in said if one.event == "received" and one.item_number == 0}
    assert hashes == {hashlib.sha256(NOTE).digest()}
    assert [one.purpose for one in consent.list_grants(sealed.report_id)] == ["keep"]
    assert list_audit_gaps() == []


def test_erasing_a_healed_report_erases_both_copies(founding: Founding, tmp_path: Path) -> None:
    sealed, data = seal(founding, draw_keys(founding))
    hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    whole = carry(founding, data)
    shredder.forget_report(report=whole, actor=founding.founder, reason="asked")
    assert list(blob_store.list_blob_ids()) == []
    assert not evidence.FiledReport.objects.exists()
    assert list(evidence.RegisterLine.objects.values_list("line", flat=True)) == [None, None]
    assert evidence_tasks._list_forgotten() == {1, 2}
    assert list_audit_gaps() == []


def test_the_desk_asks_again_less_and_less_often_but_daily(founding: Founding) -> None:
    spool, report_id = Spool(founding.home), bytes(range(32))
    spool.create()
    spool.ask_again(report_id)
    assert not spool.is_asked_again(report_id)
    waits = []
    for _time in range(8):
        again = spool.read_again(report_id)
        assert again is not None
        waits.append(round((again.next_at - clock.now()) / timedelta(seconds=600)))
        spool.put_off(report_id)
    assert waits == [1, 4, 16, 64, 144, 144, 144, 144]
    assert LAST_AGAIN_SECONDS == 24 * 3600
    spool.ask_now()
    assert spool.is_asked_again(report_id)
    spool.stop_asking(report_id)
    assert not spool.is_asked_again(report_id)


def test_a_person_can_have_the_gate_asked_again_for_a_damaged_report_alone(
    founding: Founding, tmp_path: Path
) -> None:
    sealed, data = seal(founding, draw_keys(founding))
    damaged = hand_out(sealed, data, folder=tmp_path / "a", spoil="item-0000.age")
    services.ask_again(actor=founding.founder, report_id=damaged.pk)
    assert Spool(founding.home).is_asked_again(sealed.report_id)
    carry(founding, data)
    with pytest.raises(NotFound):
        services.ask_again(actor=founding.founder, report_id=damaged.pk)
