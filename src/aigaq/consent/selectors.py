"""Reads of consent. `require` is asked before anything leaves the desk (promise P5).

No question of rights here: whoever calls has asked before whether a person may see the report.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from aigaq import clock
from aigaq.consent import models, rules
from aigaq.consent.rules import Wanted
from aigaq.consent.shapes import BY_MESSAGE, Change, Grant


def require(
    report_id: bytes,
    item_number: int | None,
    purpose: str,
    audience: str,
    at: datetime | None = None,
) -> Grant:
    """Return a live grant for an item, or for a whole report (``item_number`` None).

    ``at`` is when it is to leave; nothing leaves in the past, so an earlier moment counts as now.
    Raises `NoConsent` ``consent.missing``, ``consent.withdrawn``, ``consent.expired``.
    """
    now = clock.now()
    rows = models.Grant.objects.filter(report_id=report_id, purpose=purpose, audience=audience)
    return rules.find_live(
        [build_grant(row) for row in rows.select_related("written_by")],
        wanted=Wanted(report_id, item_number, purpose, audience),
        at=now if at is None else max(at, now),
    )


def list_grants(report_id: bytes) -> tuple[Grant, ...]:
    """Return all grants of a report, those of the report itself first, live or not."""
    rows = models.Grant.objects.filter(report_id=report_id).select_related("written_by")
    grants = [build_grant(row) for row in rows]
    return tuple(
        sorted(grants, key=lambda one: (one.number is None, one.number or 0, one.given_at))
    )


def list_for_extract(report_id: bytes) -> tuple[Grant, ...]:
    """Return the grants that a package may show of a report.

    Left out is what no signed message explains to a stranger: grants that were taken back by word
    of mouth, and grants by word of mouth that are over.
    """
    now = clock.now()
    return tuple(
        grant
        for grant in list_grants(report_id)
        if grant.withdrawn_by == BY_MESSAGE
        or (grant.number is not None and grant.withdrawn_at is None)
        or rules.is_live(grant, at=now)
    )


def find_grant(grant_id: UUID) -> Grant | None:
    """Return one grant, None if there is none."""
    row = models.Grant.objects.select_related("written_by").filter(pk=grant_id).first()
    return None if row is None else build_grant(row)


def list_changes(report_ids: Iterable[bytes]) -> tuple[Change, ...]:
    """Return the signed messages that speak of these reports, by mailbox and rising sequence."""
    rows = (
        models.Change.objects.filter(reports__report_id__in=list(report_ids))
        .distinct()
        .prefetch_related("reports")
        .order_by("mailbox_key", "sequence")
    )
    return tuple(_build_change(row) for row in rows)


def list_changes_of(*, mailbox_key: bytes) -> tuple[Change, ...]:
    """Return what a mailbox took back, by rising sequence, whatever became of its reports."""
    rows = models.Change.objects.filter(mailbox_key=mailbox_key).prefetch_related("reports")
    return tuple(_build_change(row) for row in rows.order_by("sequence"))


def get_last_sequence(*, mailbox_key: bytes) -> int:
    """Return the highest sequence of a change of a mailbox, 0 if there is none."""
    rows = models.Change.objects.filter(mailbox_key=mailbox_key)
    last: int | None = rows.aggregate(last=Max("sequence"))["last"]
    return last or 0


def is_all_taken_back(report_id: bytes) -> bool:
    """Tell whether the reporter signed that nothing of this report is allowed any more."""
    rows = models.ChangedReport.objects.filter(report_id=report_id).select_related("change")
    return any(row.change.numbers is None for row in rows)


def list_withdrawn(*, purpose: str) -> Mapping[bytes, datetime]:
    """Return by report since when it has no standing grant of a purpose that it once had."""
    taken = models.Grant.objects.filter(purpose=purpose, withdrawn_at__isnull=False)
    last: dict[bytes, datetime] = {}
    for report_id, at in taken.values_list("report_id", "withdrawn_at"):
        if at is not None:
            key = bytes(report_id)
            last[key] = max(at, last.get(key, at))
    now = clock.now()
    # Few were ever taken back, so this asks about few.
    standing = models.Grant.objects.filter(
        report_id__in=list(last), purpose=purpose, withdrawn_at=None
    )
    for row in standing:
        if rules.is_in_time(build_grant(row), at=now):
            last.pop(bytes(row.report_id), None)
    return last


def build_grant(row: models.Grant) -> Grant:
    """Return what a row says."""
    return Grant(
        id=row.pk,
        report_id=bytes(row.report_id),
        number=row.number,
        purpose=row.purpose,
        audience=row.audience,
        items=None if row.items is None else tuple(row.items),
        given_at=row.given_at,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        salt=None if row.salt is None else bytes(row.salt),
        leaf_index=row.leaf_index,
        written_by=str(row.written_by) if row.written_by_id is not None else "",
        how=row.how,
        heard_by=row.heard_by,
        limits=row.limits,
        recorded_at=row.recorded_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_because=row.withdrawn_because,
        withdrawn_how=row.withdrawn_how,
        withdrawn_heard_by=row.withdrawn_heard_by,
        withdrawn_said_at=row.withdrawn_said_at,
    )


def _build_change(row: models.Change) -> Change:
    return Change(
        mailbox_key=bytes(row.mailbox_key),
        sequence=row.sequence,
        named_report=None if row.named_report is None else bytes(row.named_report),
        numbers=None if row.numbers is None else tuple(row.numbers),
        report_ids=tuple(sorted(bytes(one.report_id) for one in row.reports.all())),
        message=row.message,
        sent_at=row.sent_at,
        taken_at=row.taken_at,
    )
