"""Turns rows of the database into the frozen values of `shapes`."""

from datetime import datetime, timedelta

from aigaq import clock
from aigaq.consent.rules import is_live
from aigaq.consent.shapes import Grant
from aigaq.intake import models, shapes
from aigaq.intake.cooling_off import get_cooling_off_days
from aigaq.intake.shapes import Direction, ReportState, RequestAction, Urgency

KINDS = {"image": "image", "audio": "sound", "video": "video", "text": "text"}


def build_person(staff: object) -> shapes.Person | None:
    """Return who a row of staff is, or None."""
    if staff is None:
        return None
    return shapes.Person(id=staff.pk, name=str(staff))  # type: ignore[attr-defined]


def build_inbox_row(row: models.Report) -> shapes.InboxRow:
    """Return one line of the inbox."""
    return shapes.InboxRow(
        id=row.pk,
        register_number=row.register_number,
        state=ReportState(row.state),
        urgency=Urgency(row.urgency),
        urgency_reasons=tuple(row.urgency_reasons),
        under_18=row.under_18,
        language=row.language,
        role=row.role or None,
        summary=row.summary,
        items=row.items_count,
        parts=row.parts_count,
        messages=row.messages_count,
        received_at=row.received_at,
        filed_at=row.filed_at,
        waiting_since=row.waiting_since,
        assigned_to=build_person(row.assigned_to),
        is_watched=row.is_watched,
        has_faults=row.has_faults,
        is_safe=row.safe_at is not None,
        is_new=row.opened_at is None,
        is_sample=row.is_sample,
    )


def build_part(row: models.Report) -> shapes.PartRow:
    """Return one report of a mailbox."""
    return shapes.PartRow(
        id=row.pk,
        register_number=row.register_number,
        received_at=row.received_at,
        state=ReportState(row.state),
    )


def build_preview(row: models.Preview) -> shapes.Preview:
    """Return what is known of a preview."""
    return shapes.Preview(
        id=row.pk,
        kind=row.kind,
        number=row.number,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        width=row.width,
        height=row.height,
        seconds=row.seconds,
    )


def build_item(row: models.Item) -> shapes.ItemDetail:
    """Return one item with its previews, which were fetched before."""
    previews = sorted(row.previews.all(), key=lambda one: (one.kind, one.number))
    made = {one.kind for one in previews}
    kind = KINDS.get(row.type.split("/")[0].lower(), "other")
    if made:
        # What the sandbox found counts more than what the phone called it.
        kind = _find_kind(made)
    return shapes.ItemDetail(
        id=row.pk,
        report_id=row.report_id,
        number=row.number,
        name=row.name,
        type=row.type,
        size_bytes=row.size_bytes,
        sha256=bytes(row.sha256).hex(),
        source=row.source,
        hidden_details=row.hidden_details,
        fault=row.fault or None,
        kind=kind,
        previews=tuple(build_preview(one) for one in previews),
        preview_state=row.preview_state,
        preview_code=row.preview_code or None,
    )


def _find_kind(made: set[str]) -> str:
    if "clip" in made:
        return "video"
    if "still" in made:
        return "image"
    return "sound" if "sound" in made else "text"


def build_consent(grant: Grant, *, at: datetime) -> shapes.Consent:
    """Return one consent as it stands at a moment."""
    return shapes.Consent(
        id=grant.id,
        number=grant.number,
        purpose=grant.purpose,
        audience=grant.audience,
        items=grant.items,
        is_live=is_live(grant, at=at),
        withdrawn_at=grant.withdrawn_at,
        given_at=grant.given_at,
        valid_until=grant.valid_until,
        recorded_at=grant.recorded_at,
        written_by=grant.written_by,
        how=grant.how,
        heard_by=grant.heard_by,
        limits=grant.limits,
        withdrawn_by=grant.withdrawn_by,
        withdrawn_because=grant.withdrawn_because,
        withdrawn_how=grant.withdrawn_how,
        withdrawn_heard_by=grant.withdrawn_heard_by,
        withdrawn_said_at=grant.withdrawn_said_at,
    )


def build_alarm(row: models.Alarm) -> shapes.AlarmRow:
    """Return one alarm."""
    return shapes.AlarmRow(
        id=row.pk,
        code=row.code,
        at=row.at,
        mailbox_id=row.mailbox_id,
        report_id=row.report_id,
        details=dict(row.details),
        resolved_at=row.resolved_at,
        resolved_by=build_person(row.resolved_by),
    )


def build_request(row: models.PersonRequest) -> shapes.RequestRow:
    """Return one request to a person."""
    until = row.asked_at + timedelta(days=0 if row.report.is_sample else get_cooling_off_days())
    return shapes.RequestRow(
        id=row.pk,
        action=RequestAction(row.action),
        report_id=row.report_id,
        mailbox_id=row.message.mailbox_id,
        register_number=row.report.register_number,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
        decision=row.decision or None,
        decided_by=build_person(row.decided_by),
        waits_until=until if clock.now() < until else None,
    )


def build_message(row: models.Message) -> shapes.MessageRow:
    """Return one message."""
    text = row.body.get("text") if row.kind == "text" else None
    return shapes.MessageRow(
        id=row.pk,
        direction=Direction(row.direction),
        sequence=row.sequence,
        kind=row.kind,
        text=text if isinstance(text, str) else None,
        at=row.at,
        author=build_person(row.author),
        fault=row.fault or None,
        delivery=row.delivery or None,
        watched=row.watched,
    )
