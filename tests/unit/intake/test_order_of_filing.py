"""What a gate cannot change by spoiling a file, by its order, or what who has an old code can."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.conftest import Founding

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.consent import selectors as consent
from aigaq.intake import answering, carrying, filing, mail, models
from aigaq.intake.errors import ReplyRefused
from aigaq.intake.gate_client import ListedMessage
from aigaq.intake.shapes import ReportState
from aigaq.sealing.card import parse_card
from aigaq.sealing.container import ContainerWriter, iterate_container
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ItemToSeal,
    ReportToSeal,
    SealedReport,
    seal_report,
)
from aigaq.sealing.mailbox_answer import NO_HASH, Heads
from aigaq.sealing.messages import Message, build_message
from aigaq.sealing.opening import FolderSource
from aigaq.sealing.rebinding import Rebind, build_rebind
from aigaq.sealing.receipt_code import MailboxKeys, derive_mailbox_keys, draw_code
from aigaq.sealing.signatures import public_bytes

NOTE = b"fictional note"


def draw_keys(founding: Founding) -> MailboxKeys:
    """Return the keys of a new receipt code."""
    return derive_mailbox_keys(draw_code(), team_id=bytes.fromhex(founding.organisation.team_id))


def seal(
    founding: Founding,
    keys: MailboxKeys,
    *,
    answers: Sequence[tuple[int, str]] = ((4, "fictional"), (17, "d")),
    continues: SealedReport | None = None,
    team_recipient: str = "",
    note: bytes = NOTE,
) -> tuple[SealedReport, bytes]:
    """Seal a report with one file; return it and its container."""
    card = parse_card(founding.card, root_key=bytes(founding.organisation.root_key))
    file = io.BytesIO()
    item = ItemToSeal(
        content=io.BytesIO(note), size_bytes=len(note), name="a.txt", media_type="text/plain"
    )
    report = ReportToSeal(
        team_id=card.team_id,
        team_recipient=team_recipient or card.team_recipient,
        card_version=1,
        language="ru",
        made_at=clock.now(),
        answers=answers,
        consents=[ConsentToSeal(purpose="keep", audience="team")],
        continues=continues.report_id if continues else None,
        items=[item],
    )
    sealed = seal_report(report, keys=keys, sink=ContainerWriter(file))
    return sealed, file.getvalue()


def hand_out(sealed: SealedReport, data: bytes, *, folder: Path, spoil: str = "") -> models.Report:
    """File a report as a gate hands it out, one member of it spoiled."""
    folder.mkdir(parents=True)
    for member in iterate_container(io.BytesIO(data), with_items=True):
        content = member.read()
        if member.name == spoil:
            content = bytes([content[0] ^ 1]) + content[1:]
        (folder / member.name).write_bytes(content)
    arrival = filing.Arrival(
        report_id=sealed.report_id,
        received_at=clock.now(),
        came_by="gate",
        lies=(spoil,) if spoil else (),
    )
    return filing.file_report(source=FolderSource(folder), arrival=arrival)


def find_box(keys: MailboxKeys) -> models.Mailbox:
    """Return the mailbox of these keys as the desk knows it now."""
    return models.Mailbox.objects.get(key=public_bytes(keys.key))


def test_a_gate_that_spoils_a_file_of_the_first_report_does_not_take_the_quiet_sign(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    row = hand_out(*seal(founding, keys), folder=tmp_path / "a", spoil="item-0000.age")
    assert row.state == ReportState.DAMAGED
    assert find_box(keys).quiet_sign == "d"


def test_a_gate_that_hands_out_the_part_first_takes_nothing(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    first, first_data = seal(founding, keys)
    part, part_data = seal(founding, keys, answers=((4, "more"),), continues=first)
    hand_out(part, part_data, folder=tmp_path / "part")
    hand_out(first, first_data, folder=tmp_path / "first")
    box = find_box(keys)
    assert box.quiet_sign == "d"
    assert bytes(box.first_commitment) == first.commitment
    row = models.Report.objects.get(report_id=part.report_id)
    assert row.first is not None
    assert bytes(row.first.report_id) == first.report_id
    assert (row.first.parts_count, row.first.items_count, row.waiting_since) == (1, 2, None)


def test_a_letter_that_came_before_the_first_report_counts_once_that_is_here(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    first, first_data = seal(founding, keys)
    part, part_data = seal(founding, keys, answers=((4, "more"),), continues=first)
    hand_out(part, part_data, folder=tmp_path / "part")
    letter = Message(
        direction="to_desk",
        kind="withdraw_consent",
        body={"consents": None, "report_id": None},
        team_id=bytes.fromhex(founding.organisation.team_id),
        mailbox_key=public_bytes(keys.key),
        first_commitment=first.commitment,
        sequence=1,
        previous=NO_HASH,
        heads=Heads(),
        sent_at=clock.now(),
        sign="d",
    )
    recipient = str(accounts.list_team_identities()[0].recipient)
    ciphertext = build_message(letter, key=keys.key, recipient=recipient)
    listed = ListedMessage(
        number=1,
        mailbox_key=public_bytes(keys.key),
        sequence=1,
        previous=NO_HASH,
        ciphertext=ciphertext,
        received_at=clock.now(),
    )
    assert mail.receive_message(listed).fault == "message.other_mailbox"
    hand_out(first, first_data, folder=tmp_path / "first")
    row = models.Message.objects.get(direction="to_desk")
    assert (row.fault, row.kind, row.watched) == ("", "withdraw_consent", True)
    assert find_box(keys).to_desk_sequence == 1
    for one in (first, part):
        grants = consent.list_grants(one.report_id)
        assert [grant.withdrawn_at is not None for grant in grants] == [True]


def test_a_later_report_changes_neither_sign_nor_first_commitment(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    first, first_data = seal(founding, keys, answers=((4, "fictional"),))
    hand_out(first, first_data, folder=tmp_path / "first")
    # Whoever found her code cannot make each of her letters look as if she were watched.
    later, later_data = seal(founding, keys, answers=((4, "other"), (17, "b")))
    hand_out(later, later_data, folder=tmp_path / "later")
    box = find_box(keys)
    assert box.quiet_sign == ""
    assert bytes(box.first_commitment) == first.commitment


def test_a_report_under_a_code_that_was_replaced_is_flagged(
    founding: Founding, tmp_path: Path
) -> None:
    keys, new = draw_keys(founding), draw_keys(founding)
    first, first_data = seal(founding, keys)
    hand_out(first, first_data, folder=tmp_path / "first")
    old = find_box(keys)
    rebind = Rebind(
        team_id=bytes.fromhex(founding.organisation.team_id),
        first_commitment=bytes(old.first_commitment),
        old_mailbox_key=bytes(old.key),
        new_mailbox_key=public_bytes(new.key),
        new_mailbox_recipient=str(new.identity.recipient),
        rebound_at=clock.now(),
    )
    text = build_rebind(rebind, message_key=accounts.get_message_key())
    answering._record_rebind(
        actor=founding.founder, old=old, rebind=rebind, text=text, reason="seen"
    )
    answers = ((4, "I take it all back"), (17, "a"))
    _, data = seal(founding, keys, answers=answers, continues=first)
    row_id = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(data))
    row = models.Report.objects.get(pk=row_id)
    assert row.has_faults
    assert row.faults == ["message.dead_mailbox"]
    codes = models.Alarm.objects.filter(report=row).values_list("code", flat=True)
    assert list(codes) == ["message.dead_mailbox"]
    assert row.first is None
    assert find_box(new).quiet_sign == "d"


def test_a_damaged_file_that_comes_again_is_the_same_report(founding: Founding) -> None:
    _sealed, data = seal(founding, draw_keys(founding))
    at = data.index(b"key.age") + 512 + 200
    spoiled = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    first = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(spoiled))
    assert models.Report.objects.get(pk=first).state == ReportState.DAMAGED
    again = carrying.import_report_file(actor=founding.founder, file=io.BytesIO(spoiled))
    assert again == first


def test_a_reporter_whose_file_a_gate_spoiled_can_be_told_so(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    hand_out(*seal(founding, keys), folder=tmp_path / "a", spoil="item-0000.age")
    box = find_box(keys)
    answering.send_reply(
        actor=founding.founder, mailbox_id=box.pk, text="The file came damaged. Please send again."
    )
    assert box.messages.filter(kind="text", delivery="waiting").exists()


def test_a_report_whose_contents_nobody_could_read_is_not_answered(
    founding: Founding, tmp_path: Path
) -> None:
    keys = draw_keys(founding)
    hand_out(*seal(founding, keys), folder=tmp_path / "a", spoil="key.age")
    with pytest.raises(ReplyRefused) as caught:
        answering.send_reply(actor=founding.founder, mailbox_id=find_box(keys).pk, text="Hello")
    assert caught.value.code == "intake.unreadable"
