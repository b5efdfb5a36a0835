"""Reads of intake. Pages and other apps use these and `services`, never `models`.

Each takes the member of staff who asks; whoever may not, and whatever is not there, gets the same
`NotFound`. A list costs the same at a hundred and at a hundred thousand reports: keyset pagination
over an index, and a number of queries that does not grow.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from aigaq import clock
from aigaq.accounts.permissions import Capability, HasRoles, may
from aigaq.accounts.selectors import Staff
from aigaq.consent import selectors as consent
from aigaq.evidence import selectors as evidence
from aigaq.intake import inbox, models, shapes
from aigaq.intake.errors import NotFound
from aigaq.intake.log_watch import LogStatus, read_log_status
from aigaq.intake.notices import parse_stored
from aigaq.intake.public_watch import read_watch
from aigaq.intake.rows import (
    build_alarm,
    build_consent,
    build_inbox_row,
    build_item,
    build_message,
    build_part,
    build_person,
    build_preview,
    build_request,
)
from aigaq.intake.second_channel import list_second_channels
from aigaq.intake.shapes import InboxPage, InboxView, ReportState
from aigaq.intake.spool import Spool
from aigaq.intake.told_numbers import has_no_reader
from aigaq.sealing.opening import CONTRADICTIONS

COUNTED = 999


def check_may(actor: HasRoles, *, capability: Capability) -> None:
    """Raise `NotFound` unless ``actor`` may."""
    if not may(actor, capability=capability):
        raise NotFound


def list_inbox(
    *,
    actor: Staff,
    view: InboxView = InboxView.OPEN,
    cursor: str | None = None,
    limit: int = 50,
) -> InboxPage:
    """Return a page of a list, and where the next one begins; a strange cursor is `NotFound`."""
    check_may(actor, capability=Capability.READ_REPORTS)
    rows, next_cursor = inbox.read_page(view=view, actor_id=actor.pk, cursor=cursor, limit=limit)
    return InboxPage(rows=tuple(build_inbox_row(row) for row in rows), next_cursor=next_cursor)


def count_inbox(*, actor: Staff) -> shapes.InboxCounts:
    """Return the numbers of the menu, each counted up to 999."""
    check_may(actor, capability=Capability.READ_REPORTS)

    def count(rows: QuerySet[models.Report]) -> int:
        return rows.order_by()[:COUNTED].count()

    views = {
        view: count(inbox.filter_view(view=view, actor_id=actor.pk))
        for view in (
            InboxView.OPEN,
            InboxView.WAITING,
            InboxView.MINE,
            InboxView.UNASSIGNED,
            InboxView.FLAGGED,
        )
    }
    return shapes.InboxCounts(
        open=views[InboxView.OPEN],
        waiting=views[InboxView.WAITING],
        mine=views[InboxView.MINE],
        unassigned=views[InboxView.UNASSIGNED],
        flagged=views[InboxView.FLAGGED],
        alarms=models.Alarm.objects.filter(resolved_at=None)[:COUNTED].count(),
        requests=models.PersonRequest.objects.filter(decided_at=None)[:COUNTED].count(),
    )


def access_report(*, actor: Staff, report_id: UUID) -> shapes.ReportDetail:
    """Return a report with its parts, items and consents. Raises `NotFound`."""
    row = get_report(actor=actor, report_id=report_id)
    items = row.items.prefetch_related("previews").order_by("number")
    same = (
        models.Report.objects.filter(commitment=row.commitment)
        .exclude(pk=row.pk)
        .order_by("register_number")
        .first()
        if row.commitment is not None
        else None
    )
    return shapes.ReportDetail(
        row=build_inbox_row(row),
        report_id=bytes(row.report_id).hex(),
        commitment=None if row.commitment is None else bytes(row.commitment).hex(),
        mailbox_id=row.mailbox_id,
        came_by=row.came_by,
        made_at=row.made_at,
        faults=tuple(row.faults),
        answers=tuple(
            shapes.Answer(question=one.number, value=one.value)
            for one in row.answers.order_by("number")
        ),
        items=tuple(build_item(one) for one in items),
        consents=tuple(
            build_consent(one, at=clock.now()) for one in consent.list_grants(bytes(row.report_id))
        ),
        parts=tuple(build_part(one) for one in row.parts.order_by("register_number")),
        first_id=row.first_id,
        second_place_at=row.second_place_at,
        safe_at=row.safe_at,
        filing_receipt=row.filing_receipt or None,
        same_commitment=None if same is None else same.pk,
        assigned_note=row.assigned_note,
    )


def access_mailbox(*, actor: Staff, mailbox_id: UUID) -> shapes.MailboxDetail:
    """Return both directions of a mailbox, its alarms and requests. Raises `NotFound`."""
    check_may(actor, capability=Capability.READ_REPORTS)
    box = models.Mailbox.objects.filter(pk=mailbox_id).first()
    if box is None:
        raise NotFound
    reports = list(box.reports.order_by("register_number"))
    code = cannot_reply(box)
    requests = models.PersonRequest.objects.filter(report__mailbox=box).select_related(
        "report", "message", "decided_by"
    )
    return shapes.MailboxDetail(
        id=box.pk,
        reports=tuple(build_part(one) for one in reports),
        is_watched=box.watched_at is not None,
        watched_at=box.watched_at,
        is_dead=box.rebound_at is not None,
        second_channels=list_second_channels(box),
        messages=tuple(
            build_message(one)
            for one in box.messages.select_related("author").order_by("at", "sequence")
        ),
        alarms=tuple(
            build_alarm(one) for one in box.alarms.select_related("resolved_by").order_by("-at")
        ),
        requests=tuple(build_request(one) for one in requests.order_by("-asked_at")),
        can_reply=code is None,
        cannot_reply_code=code,
    )


def cannot_reply(box: models.Mailbox) -> str | None:
    """Return why a mailbox cannot be written to, or None.

    A contradictory report's mailbox might be another person's, so it is never answered (P9 of the
    protocol: "the desk refuses to answer"). A file that came damaged is no such reason: else a gate
    could silence the desk by one wrong byte.
    """
    if box.rebound_at is not None:
        return "intake.dead_mailbox"
    whole = (ReportState.FILED, ReportState.DUPLICATE, ReportState.FORGOTTEN)
    damaged = box.reports.filter(
        state=ReportState.DAMAGED, commitment__isnull=False, made_at__isnull=False
    )
    agree = any(CONTRADICTIONS.isdisjoint(report.faults) for report in damaged)
    if not agree and not box.reports.filter(state__in=whole).exists():
        contradict = any(
            report.state == ReportState.CONTRADICTORY
            or not CONTRADICTIONS.isdisjoint(report.faults)
            for report in box.reports.all()
        )
        return "intake.contradictory" if contradict else "intake.unreadable"
    if has_no_reader(box):
        return "intake.no_mailbox"
    return None


def access_item(*, actor: Staff, item_id: UUID) -> shapes.ItemDetail:
    """Return one item. Raises `NotFound`."""
    return build_item(get_item(actor=actor, item_id=item_id))


def access_preview(*, actor: Staff, preview_id: UUID) -> shapes.Preview:
    """Return what is known of a preview. Raises `NotFound`."""
    check_may(actor, capability=Capability.SEE_ITEMS)
    row = models.Preview.objects.filter(pk=preview_id).first()
    if row is None:
        raise NotFound
    return build_preview(row)


def find_by_register_number(*, actor: Staff, number: int) -> UUID:
    """Return the id of the report with a register number. Raises `NotFound`."""
    check_may(actor, capability=Capability.READ_REPORTS)
    row = models.Report.objects.filter(register_number=number).first()
    if row is None:
        # A damaged copy stood there first: the report has gone on to another number.
        healed = evidence.find_healed(number=number)
        row = models.Report.objects.filter(report_id=healed).first() if healed else None
    if row is None:
        raise NotFound
    return row.pk


def find_by_report_id(*, actor: Staff, report_id: bytes) -> UUID:
    """Return the id of the report with a report id. Raises `NotFound`."""
    check_may(actor, capability=Capability.READ_REPORTS)
    row = models.Report.objects.filter(report_id=report_id).first()
    if row is None:
        raise NotFound
    return row.pk


def list_near(*, actor: Staff, item_id: UUID) -> list[shapes.NearRow]:
    """Return items with pictures near to this one's, the nearest first. Raises `NotFound`."""
    item = get_item(actor=actor, item_id=item_id)
    near = evidence.list_near(report_id=bytes(item.report.report_id), item_number=item.number)
    blobs = [blob for one in near for blob in (one.ours, one.theirs)]
    rows = models.Preview.objects.filter(blob_id__in=blobs).select_related("item__report")
    shown = {row.blob_id: row for row in rows}
    return [
        shapes.NearRow(
            item_id=shown[one.theirs].item_id,
            report_id=shown[one.theirs].item.report_id,
            register_number=shown[one.theirs].item.report.register_number,
            name=shown[one.theirs].item.name,
            is_same_file=one.is_same_file,
            ours=shown[one.ours].pk,
            theirs=shown[one.theirs].pk,
        )
        for one in near
        if one.ours in shown and one.theirs in shown
    ]


def list_due(*, actor: Staff) -> list[shapes.DueRow]:
    """Return reports that terms or consent say should go, the longest due first, at most 500."""
    check_may(actor, capability=Capability.READ_REPORTS)
    withdrawn = consent.list_withdrawn(purpose="keep")
    due = evidence.list_due(withdrawn=withdrawn)
    ids = dict(
        models.Report.objects.filter(
            register_number__in=[one.register_number for one in due], forgotten_at=None
        ).values_list("register_number", "pk")
    )
    return [
        shapes.DueRow(
            id=ids[one.register_number],
            register_number=one.register_number,
            reason=str(one.reason),
            due_at=one.due_at,
        )
        for one in due
        if one.register_number in ids
    ]


def list_alarms(*, actor: Staff, open_only: bool = True) -> list[shapes.AlarmRow]:
    """Return alarms, newest first, at most 500."""
    check_may(actor, capability=Capability.SEE_ALARMS)
    rows = models.Alarm.objects.select_related("resolved_by").order_by("-at")
    if open_only:
        rows = rows.filter(resolved_at=None)
    return [build_alarm(row) for row in rows[:500]]


def list_requests(*, actor: Staff, open_only: bool = True) -> list[shapes.RequestRow]:
    """Return requests to a person, the longest waiting first, at most 500."""
    check_may(actor, capability=Capability.READ_REPORTS)
    rows = models.PersonRequest.objects.select_related("report", "message", "decided_by")
    if open_only:
        rows = rows.filter(decided_at=None)
    return [build_request(row) for row in rows.order_by("asked_at")[:500]]


def list_openings(*, actor: Staff, report_id: UUID) -> list[shapes.OpeningRow]:
    """Return who opened a report or its items, newest first, at most 500."""
    check_may(actor, capability=Capability.SEE_WHO_OPENED)
    get_report(actor=actor, report_id=report_id)
    rows = models.Opening.objects.filter(report_id=report_id).select_related("by", "item")
    found = []
    for row in rows.order_by("-at", "-pk")[:500]:
        person = build_person(row.by)
        assert person is not None  # noqa: S101 - the column is not null.
        name = row.item.name if row.item is not None else ""
        found.append(shapes.OpeningRow(what=row.what, name=name, by=person, at=row.at))
    return found


def get_gate_status(*, actor: Staff | None = None) -> shapes.GateStatus:
    """Return how the last contact with the gate went. Reads files only: a locked desk may ask."""
    spool = Spool(settings.HOME)
    state = spool.read_state()
    reports, messages = spool.count_waiting()
    return shapes.GateStatus(
        state=state.state,
        last_contact_at=_parse(state.last_contact_at),
        last_attempt_at=_parse(state.last_attempt_at),
        code=state.code,
        waiting_reports=reports,
        waiting_messages=messages,
        fetching=state.fetching,
        fetched_bytes=state.fetched_bytes,
        total_bytes=state.total_bytes,
    )


def get_second_place(*, actor: Staff) -> shapes.SecondPlaceStatus:
    """Return where the encrypted copy lies and how the last copy went."""
    if not may(actor, capability=Capability.READ_REPORTS):
        check_may(actor, capability=Capability.MANAGE_SECOND_PLACE)
    return read_second_place()


def get_public_watch() -> shapes.PublicWatch:
    """Return what a stranger sees of card and bundle. Reads a file only."""
    return read_watch(settings.HOME)


def get_log_status() -> LogStatus:
    """Return how the public log stands, as this desk watches it. Reads files only."""
    return read_log_status(settings.HOME)


def get_notice_settings(*, actor: Staff) -> shapes.NoticeSettings | None:
    """Return where notices go, without the password, or None."""
    check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    row = models.NoticeStore.objects.first()
    return None if row is None else parse_stored(row.stored).settings


def read_second_place() -> shapes.SecondPlaceStatus:
    """Return the state of the second place, for the desk itself."""
    row = models.SecondPlace.objects.first()
    waiting = models.Report.objects.filter(
        second_place_at=None, safe_at=None, forgotten_at=None, state__in=list_copied_states()
    ).count()
    if row is None:
        return shapes.SecondPlaceStatus("not_set", None, False, None, None, waiting)
    state = "failed" if row.code else "fine"
    if not Path(row.folder).is_dir():
        state = "missing"
    return shapes.SecondPlaceStatus(
        state=state,
        folder=row.folder,
        is_trial=row.is_trial,
        last_copied_at=row.last_copied_at,
        code=row.code or None,
        waiting_reports=waiting,
    )


def list_copied_states() -> tuple[str, ...]:
    """Return the states of reports that were opened, and so can become safe (PROTOCOL 20)."""
    return (ReportState.FILED, ReportState.DUPLICATE)


def get_report(*, actor: Staff, report_id: UUID) -> models.Report:
    """Return the row of a report, for this app's services. Raises `NotFound`."""
    check_may(actor, capability=Capability.READ_REPORTS)
    row = models.Report.objects.select_related("assigned_to").filter(pk=report_id).first()
    if row is None:
        raise NotFound
    return row


def get_item(*, actor: Staff, item_id: UUID) -> models.Item:
    """Return the row of an item, for this app's services. Raises `NotFound`."""
    check_may(actor, capability=Capability.SEE_ITEMS)
    found = (
        models.Item.objects.prefetch_related("previews")
        .filter(pk=item_id, report__forgotten_at=None)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _parse(text: str | None) -> datetime | None:
    return clock.parse_time(text) if text else None
