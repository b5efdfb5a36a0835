"""Audit opens every leaf of the log and names what is missing: each test is one loss."""

import hashlib
import io
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import LogGate, without_triggers
from tests.unit.evidence.test_heads import sync
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq import clock
from aigaq.core import blob_store
from aigaq.evidence import selectors, services
from aigaq.evidence.log_audit import Audited
from aigaq.evidence.models import (
    ChaffOpening,
    CustodyLine,
    FiledReport,
    ForgottenLeaf,
    HeadOpening,
    Item,
    RegisterLine,
    StoredFile,
)
from aigaq.intake import models
from aigaq.intake.evidence_tasks import _list_known, audit_desk
from aigaq.sealing.log_entries import encode_head
from aigaq.tlog import TlogError, read_checkpoint, sign_checkpoint

pytestmark = pytest.mark.django_db
PHOTO = [("photo.jpg", "image/jpeg", b"fictional pixels" * 5_000)]


def audit(gate: LogGate, *, hash_files: bool = True) -> Audited:
    return audit_desk(folder=gate.folder, hash_files=hash_files)


def codes(audited: Audited) -> list[str]:
    return [one.code for one in audited.gaps]


def log_report(founding: Founding, gate: LogGate) -> Carried:
    """File a report with a photo and let all that is due come into the log."""
    carried = carry_report(founding, items=PHOTO)
    settle(gate)
    return carried


def settle(gate: LogGate) -> None:
    sync(gate)
    gate.publish()
    sync(gate)


def remove_from_store(report_id: bytes) -> None:
    """Delete every row of a report, as someone would who wants it never to have been."""

    def remove() -> None:
        number = FiledReport.objects.get(report_id=report_id).register_number
        StoredFile.objects.filter(filed=number).exclude(parent=None).delete()
        StoredFile.objects.filter(filed=number).delete()
        Item.objects.filter(filed=number).delete()
        FiledReport.objects.filter(pk=number).delete()
        RegisterLine.objects.filter(number=number).delete()

    without_triggers(remove)


def test_a_whole_log_is_opened_to_its_last_leaf(founding: Founding, gate: LogGate) -> None:
    log_report(founding, gate)
    audited = audit(gate)
    assert codes(audited) == []
    assert audited.is_whole
    assert audited.leaves["report"] == 1
    heads = ("register_head", "custody_head", "audit_head")
    assert [audited.leaves[kind] for kind in heads] == [1, 1, 1]
    assert audited.leaves["chaff"] == 4
    assert audited.public == {"card": 1}
    assert audited.size == sum(audited.leaves.values()) + 1
    assert audited.hashed_files == StoredFile.objects.count() == 5


def test_a_report_removed_at_the_gate_is_found_by_audit(founding: Founding, gate: LogGate) -> None:
    log_report(founding, gate)
    taken = hashlib.sha256(b"the commitment of a report that the gate never handed over").digest()
    gate.publish([taken])
    sync(gate)
    audited = audit(gate)
    assert codes(audited) == ["audit.unopened_leaf"]
    assert audited.gaps[0].log_index == gate.places[taken]


def test_a_report_removed_at_the_gate_before_it_came_into_the_log_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    carried = carry_report(founding)
    late = clock.now() - timedelta(seconds=gate.card.maximum_delay_seconds + 1)
    FiledReport.objects.update(came_by="gate", received_at=late)
    settle(gate)
    audited = audit(gate)
    assert codes(audited) == ["audit.not_logged"]
    assert audited.gaps[0].register_number == carried.report.register_number


def test_a_report_within_the_promised_delay_is_no_gap(founding: Founding, gate: LogGate) -> None:
    carry_report(founding)
    FiledReport.objects.update(came_by="gate")
    settle(gate)
    assert codes(audit(gate)) == []


def test_a_report_not_filed_at_the_desk_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    with transaction.atomic():
        never_filed = carry_report(founding).report
        transaction.set_rollback(True)
    gate.publish([bytes(never_filed.commitment or b"")])
    settle(gate)
    assert codes(audit(gate)) == ["audit.unopened_leaf"]


def test_a_report_deleted_from_the_desk_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    report_id = bytes(carried.report.report_id)
    remove_from_store(report_id)
    audited = audit(gate)
    assert set(codes(audited)) == {
        "audit.unopened_leaf",
        "audit.register_head_differs",
        "audit.not_registered",
    }


def test_a_report_deleted_from_the_desk_with_a_number_behind_it_leaves_a_hole(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    carry_report(founding)
    settle(gate)
    remove_from_store(bytes(carried.report.report_id))
    assert "register.gap" in codes(audit(gate))


def test_a_report_deleted_from_the_inbox_alone_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    carried = log_report(founding, gate)
    models.Report.objects.filter(pk=carried.report.pk).update(forgotten_at=clock.now())
    audited = audit(gate)
    assert codes(audited) == ["audit.report_gone"]
    assert audited.gaps[0].register_number == 1


def test_a_report_forgotten_by_the_shredder_is_no_gap(founding: Founding, gate: LogGate) -> None:
    carried = log_report(founding, gate)
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    audited = audit(gate)
    assert codes(audited) == []
    assert audited.leaves["forgotten_report"] == 1
    assert "report" not in audited.leaves


def test_a_leaf_that_is_called_forgotten_without_a_forgotten_number_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    hidden = hashlib.sha256(b"hidden").digest()
    gate.publish([hidden])
    sync(gate)
    ForgottenLeaf.objects.create(commitment=hidden)
    assert codes(audit(gate)) == ["audit.too_many_forgotten"]


def test_custody_cut_behind_a_logged_head_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    last = CustodyLine.objects.order_by("-sequence").first()
    assert last is not None
    without_triggers(last.delete)
    assert codes(audit(gate)) == ["audit.custody_head_differs"]


def test_a_register_that_was_written_anew_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    row = RegisterLine.objects.get()
    without_triggers(RegisterLine.objects.all().delete)
    RegisterLine.objects.create(
        number=1, line=row.line, line_sha256=row.line_sha256, head=bytes(32)
    )
    assert set(codes(audit(gate))) == {"register.wrong_chain", "audit.register_head_differs"}


def test_a_head_that_the_gate_keeps_out_of_the_log_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    sync(gate)
    late = clock.now() - timedelta(seconds=gate.card.maximum_delay_seconds + 1)
    HeadOpening.objects.update(made_at=late)
    assert codes(audit(gate)) == ["audit.head_not_logged"] * 3


def test_chaff_that_the_gate_never_opened_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    settle(gate)
    gate.publish()
    gate.chaff.clear()
    sync(gate)
    assert codes(audit(gate)) == ["audit.unopened_leaf"] * 2


def test_an_opening_that_was_lost_at_the_desk_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    settle(gate)
    ChaffOpening.objects.first().delete()  # type: ignore[union-attr]
    assert codes(audit(gate)) == ["audit.unopened_leaf"]


def test_a_removed_report_that_is_called_chaff_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    taken = hashlib.sha256(b"a commitment that someone wants to be chaff").digest()
    gate.publish([taken])
    settle(gate)
    ChaffOpening.objects.create(blinded=taken, salt=bytes(32), value=bytes(32))
    assert codes(audit(gate)) == ["audit.unopened_leaf"]


def test_custody_written_anew_with_a_head_that_fits_it_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    without_triggers(CustodyLine.objects.all().delete)
    services.record_custody("received", by=None, note="a history that never was")
    services.record_custody("received", by=None, note="nor this one")
    head = selectors.read_custody_head()
    HeadOpening.objects.filter(kind="custody_head").update(
        count=head.count,
        head=head.head,
        value=encode_head(count=head.count, head=head.head),
    )
    assert codes(audit(gate)) == ["audit.unopened_leaf"]


def test_another_commitment_in_the_books_than_in_the_register_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    hidden = hashlib.sha256(b"a report to be hidden").digest()
    gate.publish([hidden])
    settle(gate)
    FiledReport.objects.update(commitment=hidden, root_salt=None)
    assert set(codes(audit(gate))) == {"audit.report_differs", "audit.unopened_leaf"}


def find_file(kind: str) -> StoredFile:
    return StoredFile.objects.get(kind=kind, item__isnull=False)


@pytest.mark.parametrize("kind", ["sealed", "working"])
def test_an_item_whose_file_was_changed_is_found_by_audit(
    founding: Founding, gate: LogGate, kind: str
) -> None:
    log_report(founding, gate)
    path = settings.HOME.blobs / find_file(kind).blob_id.hex
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    audited = audit(gate)
    assert codes(audited) == ["audit.file_changed"]
    assert (audited.gaps[0].item or "").endswith("/0")


def test_an_item_whose_file_was_replaced_by_another_whole_one_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    other = blob_store.store_blob(io.BytesIO(b"other pixels" * 100))
    StoredFile.objects.filter(pk=find_file("working").pk).update(blob_id=other)
    assert codes(audit(gate)) == ["audit.file_changed"]


@pytest.mark.parametrize("hash_files", [True, False])
def test_an_item_whose_file_is_gone_is_found_by_audit(
    founding: Founding, gate: LogGate, hash_files: bool
) -> None:
    log_report(founding, gate)
    (settings.HOME.blobs / find_file("working").blob_id.hex).unlink()
    assert codes(audit(gate, hash_files=hash_files)) == ["audit.file_gone"]


@pytest.mark.parametrize(
    "change",
    [{"sha256": bytes(32)}, {"name": "other.jpg"}, {"size_bytes": 1}, {"salt": bytes(32)}],
)
def test_an_item_that_was_changed_in_the_books_is_found_by_audit(
    founding: Founding, gate: LogGate, change: dict[str, object]
) -> None:
    log_report(founding, gate)
    Item.objects.update(**change)
    assert codes(audit(gate)) == ["audit.item_differs"]


def test_an_item_that_was_taken_out_of_the_books_is_found_by_audit(
    founding: Founding, gate: LogGate
) -> None:
    log_report(founding, gate)
    StoredFile.objects.filter(kind="working").delete()
    StoredFile.objects.update(item=None)
    Item.objects.all().delete()
    assert codes(audit(gate)) == ["audit.report_differs"]


def test_a_changed_leaf_of_the_log_is_found_by_audit(founding: Founding, gate: LogGate) -> None:
    log_report(founding, gate)
    bundle = gate.folder / "tile" / "entries" / "000.p" / str(gate.open().checkpoint.size)
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    assert "log.wrong_root" in codes(audit(gate))


def test_a_log_under_another_key_is_found_by_audit(founding: Founding, gate: LogGate) -> None:
    log_report(founding, gate)
    note = gate.folder / "checkpoint"
    signed = read_checkpoint(note.read_bytes())
    note.write_bytes(sign_checkpoint(signed.checkpoint, key=Ed25519PrivateKey.generate()).encode())
    assert codes(audit(gate)) == ["note.not_signed"]


def test_no_log_at_all_is_found_by_audit(founding: Founding, gate: LogGate) -> None:
    audited = services.audit_log(
        TlogError("log.bad_checkpoint"), card=gate.card, known=_list_known()
    )
    assert codes(audited) == ["log.bad_checkpoint"]
