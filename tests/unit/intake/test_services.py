"""What staff and the desk do with reports: one write, one transaction, one audit event."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import Founding
from tests.erased import erase_report
from tests.unit.intake.desk_of import Carried, carry_report

from aigaq.accounts.models import Staff
from aigaq.consent import selectors as consent
from aigaq.consent import shredder
from aigaq.core import audit
from aigaq.core.models import AuditEvent, BlobKey
from aigaq.evidence.models import FiledReport
from aigaq.intake import answering, carrying, models, previews, selectors, services, viewing
from aigaq.intake.errors import (
    AlreadyDecided,
    ImportRefused,
    IntakeError,
    NotFound,
    ReplyRefused,
)
from aigaq.intake.shapes import ReportState


def last_codes(count: int) -> list[str]:
    """Return the codes of the last audit events, oldest first."""
    events = AuditEvent.objects.order_by("-sequence")[:count]
    return [event.code for event in reversed(events)]


def withdrawn(carried: Carried) -> list[str]:
    """Return the purposes of the consents that are withdrawn."""
    grants = consent.list_grants(bytes(carried.report.report_id))
    return sorted(one.purpose for one in grants if one.withdrawn_at is not None)


def test_a_carried_report_is_filed_once(founding: Founding) -> None:
    carried = carry_report(founding)
    assert last_codes(1) == ["intake.report_imported"]
    again = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(carried.file))
    assert again == carried.report.pk
    assert models.Report.objects.count() == 1


@pytest.mark.parametrize(
    ("cut", "code"),
    [(slice(0, 700), "container.truncated"), (slice(512, None), "container.bad_tar")],
)
def test_a_file_that_is_no_report_is_refused(founding: Founding, cut: slice, code: str) -> None:
    carried = carry_report(founding)
    with pytest.raises(ImportRefused) as caught:
        carrying.import_report_file(actor=founding.founder, file=io.BytesIO(carried.file[cut]))
    assert caught.value.code == code


def test_the_same_commitment_under_another_header_is_a_duplicate(founding: Founding) -> None:
    carried = carry_report(founding)
    row = carried.report
    models.Report.objects.filter(pk=row.pk).update(report_id=bytes(32))
    FiledReport.objects.update(report_id=bytes(32))
    shredder.forget_report(report_id=bytes(row.report_id))
    again = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(carried.file))
    detail = selectors.access_report(actor=founding.founder, report_id=again)
    assert detail.row.state == ReportState.DUPLICATE
    assert detail.same_commitment == row.pk


def test_old_team_identities_still_open_old_reports(founding: Founding) -> None:
    from aigaq import clock
    from aigaq.accounts.ceremony import record_team_identity
    from aigaq.accounts.models import TeamKey
    from aigaq.age import HybridIdentity

    TeamKey.objects.filter(kind=TeamKey.Kind.TEAM_IDENTITY).update(retired_at=clock.now())
    record_team_identity(HybridIdentity.generate())
    assert carry_report(founding).report.state == ReportState.FILED


def test_a_withdrawn_consent_acts_at_once_and_an_older_message_cannot_undo_it(
    founding: Founding,
) -> None:
    carried = carry_report(founding)
    assert carried.write(kind="withdraw_consent", body={"consents": [1], "report_id": None}) == ""
    assert withdrawn(carried) == ["publish"]
    kept = models.Message.objects.get(kind="withdraw_consent")
    fault = carried.hand_over(
        bytes(kept.ciphertext), sequence=kept.sequence, previous=bytes(kept.previous)
    )
    assert fault == "message.repeated"
    assert withdrawn(carried) == ["publish"]


def test_withdrawing_names_only_reports_of_her_own_mailbox(founding: Founding) -> None:
    hers, other = carry_report(founding), carry_report(founding)
    named = bytes(other.report.report_id).hex()
    hers.write(kind="withdraw_consent", body={"consents": None, "report_id": named})
    assert withdrawn(other) == []
    assert withdrawn(hers) == []


def test_the_quiet_sign_of_the_first_report_says_that_she_is_watched(founding: Founding) -> None:
    carried = carry_report(founding)
    carried.write(sign="b")
    assert carried.box.watched_at is None
    carried.write(sign="d")
    assert carried.box.watched_at is not None
    row = selectors.list_inbox(actor=founding.founder).rows[0]
    assert row.is_watched


def test_a_wish_to_delete_goes_to_a_person_and_deletes_nothing(founding: Founding) -> None:
    carried = carry_report(founding)
    carried.write(kind="request", body={"action": "delete", "report_id": None})
    (request,) = selectors.list_requests(actor=founding.founder)
    assert request.action == "delete"
    assert models.Answer.objects.count() == 2
    services.decide_request(
        actor=founding.founder, request_id=request.id, decision="kept", note="silence"
    )
    assert last_codes(1) == ["intake.request_decided"]
    assert selectors.list_requests(actor=founding.founder) == []
    with pytest.raises(AlreadyDecided):
        services.decide_request(
            actor=founding.founder, request_id=request.id, decision="done", note=""
        )


def test_a_forgotten_report_leaves_its_number_and_nothing_else(
    founding: Founding, django_capture_on_commit_callbacks: Any
) -> None:
    carried = carry_report(founding, items=(("a.txt", "text/plain", b"fictional"),))
    item = carried.report.items.get()
    previews.preview_item(item_id=item.pk)
    carried.write(body={"text": "fictional"})
    carried.write(kind="request", body={"action": "delete", "report_id": None})
    models.PersonRequest.objects.update(note="fictional")
    models.Report.objects.update(assigned_note="fictional")
    assert BlobKey.objects.count() == 6
    with django_capture_on_commit_callbacks(execute=True):
        erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert BlobKey.objects.count() == 0
    assert list(founding.home.blobs.iterdir()) == []
    for rows in (models.Answer, models.Item, models.Member, models.Preview):
        assert rows.objects.count() == 0
    assert consent.list_grants(bytes(carried.report.report_id)) == ()
    row = models.Report.objects.get()
    assert (row.register_number, row.state) == (1, ReportState.FORGOTTEN)
    assert (row.commitment, row.summary, row.filing_receipt) == (None, "", "")
    assert (row.assigned_note, row.requests.get().note) == ("", "")
    assert not models.Message.objects.exclude(body={}).exists()
    decided = row.requests.get()
    assert (decided.decision, decided.decided_by) == ("done", founding.founder)
    assert carry_report(founding).report.register_number == 2
    assert audit.check_chain() > 0


def test_a_wish_to_delete_is_done_by_erasing_and_by_nothing_else(founding: Founding) -> None:
    carried = carry_report(founding)
    carried.write(kind="request", body={"action": "delete", "report_id": None})
    (request,) = selectors.list_requests(actor=founding.founder)
    with pytest.raises(IntakeError) as caught:
        services.decide_request(
            actor=founding.founder, request_id=request.id, decision="done", note=""
        )
    assert caught.value.code == "intake.not_erased"
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert selectors.list_requests(actor=founding.founder) == []


def test_the_parts_of_a_forgotten_report_are_forgotten_with_it(founding: Founding) -> None:
    first, part = carry_report(founding), carry_report(founding)
    models.Report.objects.filter(pk=part.report.pk).update(first=first.report, mailbox=first.box)
    erase_report(actor=founding.founder, report_id=first.report.pk, reason="asked")
    assert models.Answer.objects.count() == 0
    assert models.Report.objects.filter(forgotten_at=None).count() == 0


def test_a_forgotten_part_is_no_longer_spoken_for_by_its_first_report(founding: Founding) -> None:
    first, part = carry_report(founding), carry_report(founding)
    models.Report.objects.filter(pk=part.report.pk).update(first=first.report)
    models.Report.objects.filter(pk=first.report.pk).update(
        urgency=2, urgency_reasons=["urgency.not_safe"], under_18=True, parts_count=1
    )
    erase_report(actor=founding.founder, report_id=part.report.pk, reason="asked")
    row = models.Report.objects.get(pk=first.report.pk)
    assert (row.urgency, row.urgency_reasons, row.under_18, row.parts_count) == (0, [], False, 0)
    assert row.answers.count() == 2


def test_a_letter_after_erasing_is_shown_to_people(founding: Founding) -> None:
    carried = carry_report(founding)
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert carried.write(body={"text": "fictional"}) == ""
    assert [one.code for one in selectors.list_alarms(actor=founding.founder)] == [
        "message.after_erasing"
    ]


def test_a_letter_that_waited_and_was_forgotten_blocks_nothing(founding: Founding) -> None:
    carried = carry_report(founding)
    carried.write()
    first = models.Message.objects.get(direction="to_desk")
    models.Mailbox.objects.update(to_desk_sequence=0, to_desk_sha256=bytes(32))
    models.Message.objects.filter(pk=first.pk).delete()
    assert carried.write() == "message.out_of_order"
    erase_report(actor=founding.founder, report_id=carried.report.pk, reason="asked")
    assert carried.hand_over(bytes(first.ciphertext), sequence=1, previous=bytes(32)) == ""


def test_a_reply_to_a_contradictory_report_is_refused(founding: Founding) -> None:
    carried = carry_report(founding)
    models.Report.objects.update(state=ReportState.CONTRADICTORY)
    with pytest.raises(ReplyRefused) as caught:
        answering.send_reply(actor=founding.founder, mailbox_id=carried.box.pk, text="x")
    assert caught.value.code == "intake.contradictory"


@pytest.mark.parametrize(
    ("text", "code"), [("  ", "intake.empty_text"), ("я" * 4_097, "intake.text_too_long")]
)
def test_a_reply_that_cannot_be_sent_says_why(founding: Founding, text: str, code: str) -> None:
    carried = carry_report(founding)
    with pytest.raises(ReplyRefused) as caught:
        answering.send_reply(actor=founding.founder, mailbox_id=carried.box.pk, text=text)
    assert caught.value.code == code


def test_who_opened_what_is_written_down(founding: Founding) -> None:
    carried = carry_report(founding, items=(("a.txt", "text/plain", b"fictional"),))
    actor = founding.founder
    services.open_report(actor=actor, report_id=carried.report.pk)
    item_id = carried.report.items.get().pk
    viewing.open_item(actor=actor, item_id=item_id)
    download = viewing.read_item(actor=actor, item_id=item_id)
    assert b"".join(download.chunks) == b"fictional"
    assert download.headers["Content-Disposition"] == 'attachment; filename="report-1-item-0.txt"'
    assert download.headers["Content-Security-Policy"].startswith("sandbox")
    assert last_codes(3) == [
        "intake.report_opened",
        "intake.item_opened",
        "intake.item_downloaded",
    ]
    openings = selectors.list_openings(actor=actor, report_id=carried.report.pk)
    assert [one.what for one in openings] == ["download", "item", "report"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "report-1-item-0.bin"),
        ('a";b\r\nX: y.jpg', "report-1-item-0.jpg"),
        ("фото\u202egpj.exe", "report-1-item-0.exe"),
        ("x\0.png", "report-1-item-0.png"),
        ("", "report-1-item-0.bin"),
    ],
)
def test_a_download_has_a_name_of_our_own(name: str, safe: str) -> None:
    assert viewing.build_safe_name(name, register_number=1, number=0) == safe


def test_names_in_any_script_and_an_empty_file_are_kept_as_they_are(founding: Founding) -> None:
    names = ["../../фото", "a\u202eb", "\0", "٣.jpg", "x" * 1_000]
    carried = carry_report(founding, items=[(name, "image/jpeg", b"") for name in names])
    detail = selectors.access_report(actor=founding.founder, report_id=carried.report.pk)
    assert [item.name for item in detail.items] == names
    assert {item.size_bytes for item in detail.items} == {0}


def test_a_report_goes_only_to_a_colleague_who_may_read_it(
    founding: Founding, staff_of: Callable[[str], Staff]
) -> None:
    carried = carry_report(founding)
    with pytest.raises(NotFound):
        services.assign_report(
            actor=founding.founder, report_id=carried.report.pk, to=staff_of("administrator")
        )
    lawyer = staff_of("lawyer")
    services.assign_report(
        actor=founding.founder, report_id=carried.report.pk, to=lawyer, note="fictional note"
    )
    detail = selectors.access_report(actor=lawyer, report_id=carried.report.pk)
    assert detail.assigned_note == "fictional note"
    assert not AuditEvent.objects.filter(context__icontains="fictional note").exists()
    row = selectors.list_inbox(actor=lawyer).rows[0]
    assert row.assigned_to is not None
    assert row.assigned_to.id == lawyer.pk


def test_for_an_administrator_no_report_exists(
    founding: Founding, staff_of: Callable[[str], Staff]
) -> None:
    carried = carry_report(founding)
    administrator = staff_of("administrator")
    for ask in (
        lambda: selectors.access_report(actor=administrator, report_id=carried.report.pk),
        lambda: selectors.access_mailbox(actor=administrator, mailbox_id=carried.box.pk),
        lambda: services.open_report(actor=administrator, report_id=carried.report.pk),
    ):
        with pytest.raises(NotFound):
            ask()
