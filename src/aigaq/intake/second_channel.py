"""The safe way to ask a reporter once more: named in the first report, or agreed in a meeting.

Nothing that comes through the mailbox names or changes it: whoever took the code could. What was
agreed in a meeting is written down here by staff; the newest by meeting holds, older ones stay to
be seen. Source: PROTOCOL 19.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability, may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.evidence import services as evidence
from aigaq.intake import models, urgency
from aigaq.intake.errors import IntakeError, NotFound
from aigaq.intake.rows import build_person
from aigaq.intake.shapes import ChannelRow

TEXT_LENGTH, NAME_LENGTH = 1_000, 200
#: One that was agreed later than this before an erasing is shown as new: someone may have been
#: made to agree to it.
NEW_DAYS = 30


@transaction.atomic
def write_second_channel(
    *, actor: Staff, mailbox_id: UUID, text: str, agreed_by: str, agreed_at: datetime
) -> UUID:
    """Write down what was agreed in a meeting: how, by whom of the team, and when; return its id.

    Raises `NotFound`, also when every report of the mailbox is erased; `IntakeError`
    ``intake.bad_channel`` for an empty or too long text or name, or a day that has not come yet.
    """
    if not may(actor, capability=Capability.ANSWER_REPORTS):
        raise NotFound
    box = models.Mailbox.objects.filter(pk=mailbox_id, rebound_at=None).first()
    first = find_first_report(box) if box else None
    if box is None or first is None:
        raise NotFound
    text, agreed_by = text.strip(), " ".join(agreed_by.split())
    is_long = len(text) > TEXT_LENGTH or len(agreed_by) > NAME_LENGTH
    if not text or not agreed_by or is_long or agreed_at > clock.now():
        raise IntakeError("intake.bad_channel")
    row = models.SecondChannel.objects.create(
        mailbox=box,
        text=text,
        agreed_by=agreed_by,
        agreed_at=agreed_at,
        written_by=actor,
        written_at=clock.now(),
    )
    evidence.record_custody(
        "corrected", by=actor, report_id=bytes(first.report_id), note="second_channel"
    )
    audit.record("intake.second_channel_agreed", actor=actor, subject=row)
    return row.pk


def list_second_channels(box: models.Mailbox | None) -> tuple[ChannelRow, ...]:
    """Return what holds first, then what held before; that of the first report is the last."""
    if box is None:
        return ()
    now = clock.now()
    agreed = [
        ChannelRow(
            text=row.text,
            is_of_meeting=True,
            agreed_by=row.agreed_by,
            agreed_at=row.agreed_at,
            written_by=build_person(row.written_by),
            is_new=now - max(row.agreed_at, row.written_at) < timedelta(days=NEW_DAYS),
        )
        for row in box.second_channels.select_related("written_by").order_by(
            "-agreed_at", "-written_at"
        )
    ]
    first = find_first_report(box)
    named = first and first.answers.filter(number=urgency.SECOND_CHANNEL).first()
    if first and named:
        is_new = now - first.received_at < timedelta(days=NEW_DAYS)
        agreed.append(ChannelRow(named.value, False, "", first.received_at, None, is_new))
    return tuple(agreed)


def find_first_report(box: models.Mailbox) -> models.Report | None:
    """Return her first report that is still here; never a part, which any holder of the code sends.

    A part that came before its first report is none either.
    """
    living = box.reports.filter(forgotten_at=None, first=None, continues=None)
    return living.order_by("register_number").first()
