"""Whatever intake does with a report stands in custody, in the same transaction."""

import hashlib
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import transaction
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.evidence.log_of import without_triggers
from tests.unit.intake.desk_of import carry_report

from aigaq.accounts.models import Staff
from aigaq.evidence import custody, register, selectors, shredder
from aigaq.evidence import services as evidence
from aigaq.evidence.custody_lines import hide_line
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.models import (
    CustodyLine,
    FiledReport,
    ForgottenLeaf,
    Item,
    RegisterLine,
    StoredFile,
)
from aigaq.evidence.shapes import FileKind, Provenance
from aigaq.intake import evidence_hooks, models, previews, services, viewing
from aigaq.sealing.header import HEADER, KEY, MANIFEST

pytestmark = pytest.mark.django_db
NOTE = b"what she wrote down, fictional"


def events(report_id: bytes) -> list[tuple[str, int | None]]:
    return [
        (one.event, one.item_number) for one in reversed(custody.list_events(report_id=report_id))
    ]


def test_a_filed_report_is_received_with_each_of_its_items(founding: Founding) -> None:
    carried = carry_report(
        founding, items=[("a.txt", "text/plain", NOTE), ("b.txt", "text/plain", b"b")]
    )
    report_id = bytes(carried.report.report_id)
    assert events(report_id) == [("received", None), ("received", 0), ("received", 1)]
    found = custody.list_events(report_id=report_id)
    assert found[1].sha256 == hashlib.sha256(NOTE).digest()


def test_original_working_copy_and_derivative_are_three_files(founding: Founding) -> None:
    carried = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    previews.preview_item(item_id=carried.report.items.get().pk)
    report_id = bytes(carried.report.report_id)
    (item,) = selectors.list_items(report_id=report_id)
    sealed, working, derivative = item.files
    assert (sealed.kind, working.kind, derivative.kind) == tuple(FileKind)
    assert sealed.sha256 == bytes(carried.report.members.get(name="item-0000.age").sha256)
    assert working.sha256 == hashlib.sha256(NOTE).digest()
    assert len({one.blob_id for one in item.files}) == 3
    assert (sealed.parent_id, working.parent_id, derivative.parent_id) == (
        None,
        sealed.id,
        working.id,
    )
    assert (sealed.recipe, working.recipe, derivative.recipe) == (
        "",
        "opened/v1",
        "preview/text/v1",
    )
    assert events(report_id)[-1] == ("derived", 0)


def test_the_rest_of_the_envelope_is_kept_as_files_without_an_item(founding: Founding) -> None:
    carried = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    rows = StoredFile.objects.filter(filed__report_id=carried.report.report_id, item=None)
    assert {row.member for row in rows} == {HEADER, KEY, MANIFEST}


def test_opening_downloading_and_handing_over_stand_in_custody(
    founding: Founding, staff_of: Callable[[str], Staff]
) -> None:
    carried = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    actor, item = founding.founder, carried.report.items.get()
    services.open_report(actor=actor, report_id=carried.report.pk)
    viewing.open_item(actor=actor, item_id=item.pk)
    viewing.read_item(actor=actor, item_id=item.pk)
    services.assign_report(actor=actor, report_id=carried.report.pk, to=staff_of("lawyer"))
    assert events(bytes(carried.report.report_id))[2:] == [
        ("opened", None),
        ("opened", 0),
        ("copied", 0),
        ("handed_over", None),
    ]
    last = custody.list_events(report_id=bytes(carried.report.report_id))[0]
    assert last.by == f"{actor.display_name} ({str(actor.pk)[:8]})"
    assert last.note.startswith("lawyer 1 (")


def test_what_is_undone_leaves_no_line_of_custody(founding: Founding) -> None:
    carried = carry_report(founding)
    before = custody.read_head()
    with transaction.atomic():
        services.open_report(actor=founding.founder, report_id=carried.report.pk)
        transaction.set_rollback(True)
    assert custody.read_head() == before
    assert models.Opening.objects.count() == 0


def test_a_leaf_stands_for_each_item_where_it_says(founding: Founding) -> None:
    carried = carry_report(
        founding, items=[("a.txt", "text/plain", NOTE), ("b.txt", "text/plain", b"b")]
    )
    leaf = selectors.access_leaf(report_id=bytes(carried.report.report_id))
    assert leaf.commitment == carried.sealed.commitment
    items = selectors.list_items(report_id=bytes(carried.report.report_id))
    assert [one.leaf_index for one in items] == [4, 5]
    assert len(leaf.leaves) == 6


def test_forgetting_takes_bytes_and_salts_and_leaves_whole_chains(founding: Founding) -> None:
    other = carry_report(founding)
    carried = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    report_id, commitment = bytes(carried.report.report_id), carried.sealed.commitment
    heads = custody.read_head(), register.read_head()
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert register.check() == heads[1]
    assert custody.check().count == heads[0].count + 1
    forgotten = CustodyLine.objects.get(pk=heads[0].count)
    assert (forgotten.line, forgotten.report_id, bytes(forgotten.head)) == (
        None,
        None,
        heads[0].head,
    )
    assert not Item.objects.exists()
    assert not StoredFile.objects.exclude(filed__report_id=other.report.report_id).exists()
    assert not FiledReport.objects.filter(report_id=report_id).exists()
    assert RegisterLine.objects.get(pk=2).line is None
    assert bytes(ForgottenLeaf.objects.get().commitment) == commitment
    everything = b"".join(bytes(one.line or b"") for one in CustodyLine.objects.all()) + b"".join(
        bytes(one.line or b"") for one in RegisterLine.objects.all()
    )
    assert report_id.hex().encode() not in everything
    assert commitment.hex().encode() not in everything


def test_a_forgotten_line_and_the_one_that_says_so_are_hidden_in_a_package_by_their_hashes(
    founding: Founding,
) -> None:
    carried = carry_report(founding)
    (stored,) = selectors.read_custody_lines()
    shredder.forget_report(report_id=bytes(carried.report.report_id), by=None)
    (after, shredded) = selectors.read_custody_lines()
    assert after.line is None
    hidden = hide_line(sequence=after.sequence, line_sha256=after.line_sha256)
    assert stored.line_sha256.hex().encode() in hidden
    assert shredded.line is None
    last = CustodyLine.objects.get(pk=2)
    assert b'"item":null,"note":"number 1, lines 1"' in bytes(last.line or b"")


def test_forgetting_twice_changes_nothing(founding: Founding) -> None:
    carried = carry_report(founding)
    shredder.forget_report(report_id=bytes(carried.report.report_id), by=None)
    head = custody.read_head()
    shredder.forget_report(report_id=bytes(carried.report.report_id), by=None)
    assert custody.read_head() == head


def test_where_a_file_comes_from_is_said_by_staff_and_stands_in_custody(
    founding: Founding,
) -> None:
    carried = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    report_id = bytes(carried.report.report_id)
    (item,) = selectors.list_items(report_id=report_id)
    assert item.provenance == Provenance.RECEIVED
    evidence.set_provenance(actor=founding.founder, item_id=item.id, provenance=Provenance.OFFICIAL)
    (item,) = selectors.list_items(report_id=report_id)
    assert (item.provenance, item.provenance_by) == (Provenance.OFFICIAL, "Айгүл")
    assert custody.list_events(report_id=report_id)[0].note == "provenance received official"


def test_what_the_reporter_recorded_in_our_page_stays_so(founding: Founding) -> None:
    carried = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    Item.objects.update(provenance=Provenance.RECORDED)
    (item,) = selectors.list_items(report_id=bytes(carried.report.report_id))
    with pytest.raises(EvidenceError) as caught:
        evidence.set_provenance(
            actor=founding.founder, item_id=item.id, provenance=Provenance.SECONDARY
        )
    assert caught.value.code == "item.was_recorded"


def test_a_desk_of_before_hands_its_reports_over_in_their_order(founding: Founding) -> None:
    first = carry_report(founding, items=[("a.txt", "text/plain", NOTE)])
    second, third = carry_report(founding), carry_report(founding)
    erase_report(actor=founding.founder, report_id=second.report.pk, reason="asked")
    expected = selectors.access_leaf(report_id=bytes(first.report.report_id))
    _empty_the_store()
    assert evidence_hooks.hand_over_older() == 3
    assert evidence_hooks.hand_over_older() == 0
    assert register.check().count == 3
    assert selectors.access_leaf(report_id=bytes(first.report.report_id)) == expected
    (item,) = selectors.list_items(report_id=bytes(first.report.report_id))
    assert [one.kind for one in item.files] == [FileKind.SEALED, FileKind.WORKING]
    assert RegisterLine.objects.get(pk=2).line is None
    assert FiledReport.objects.filter(report_id=third.report.report_id).exists()


def test_a_new_report_is_filed_behind_those_that_were_not_handed_over_yet(
    founding: Founding,
) -> None:
    carry_report(founding)
    _empty_the_store()
    carry_report(founding)
    assert register.check().count == 2


def test_an_older_report_whose_files_are_lost_holds_up_no_new_one(founding: Founding) -> None:
    lost = carry_report(founding)
    _empty_the_store()
    for member in lost.report.members.all():
        (settings.HOME.blobs / member.blob_id.hex).unlink()
    carry_report(founding)
    assert register.check().count == 2
    kept = FiledReport.objects.get(pk=1)
    assert kept.root_salt is None
    assert bytes(kept.commitment or b"") == lost.sealed.commitment


def _empty_the_store() -> None:
    """Leave the store as it is on a desk that was made before it."""
    StoredFile.objects.exclude(parent=None).delete()
    for table in (StoredFile, Item, FiledReport, ForgottenLeaf):
        table.objects.all().delete()
    without_triggers(RegisterLine.objects.all().delete)
    without_triggers(CustodyLine.objects.all().delete)
