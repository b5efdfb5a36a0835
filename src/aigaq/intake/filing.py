"""Opens a fetched or carried report and files it: a number without gaps, and nothing ever dropped.

1. The steps of spec/report.md are taken (`sealing.opening`). 2. The envelope as received and the
opened items go into the blob store. 3. One transaction gives the next register number, writes
everything down, joins a part to its first report, seals the filing receipt into the mailbox and
records one audit event. A kill before 3 leaves nothing but noise; after it, the same report id is
known and is not filed again. Sources: PROTOCOL 9, 12, 13, 20, 23.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.intake import consent_hooks, contents, evidence_hooks, mail, models, parts, staging
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.shapes import ReportState
from aigaq.sealing.opening import ExaminedReport, MemberSource, examine_report

DEAD_MAILBOX = "message.dead_mailbox"


@dataclass(frozen=True)
class Arrival:
    """How a report came. ``lies`` are members that the gate served wrongly again and again."""

    report_id: bytes
    received_at: datetime
    came_by: str
    lies: tuple[str, ...] = ()


def find_report(report_id: bytes) -> models.Report | None:
    """Return the report filed under a report id, if there is one."""
    return models.Report.objects.filter(report_id=report_id).first()


def file_report(
    *, source: MemberSource, arrival: Arrival, actor: Staff | None = None
) -> models.Report:
    """Open and file a report, whatever is wrong with it; the same id again changes nothing."""
    known = find_report(arrival.report_id)
    if known is not None:
        return known
    while evidence_hooks.hand_over_older():
        pass
    organisation = accounts.get_organisation()
    examined = examine_report(
        source,
        identities=accounts.list_team_identities(),
        team_id=bytes.fromhex(organisation.team_id),
    )
    try:
        staged = contents.stage(source, examined)
        return _record(examined=examined, staged=staged, arrival=arrival, actor=actor)
    except staging.SweptError:
        # A desk sweeps once, when it opens.
        staged = contents.stage(source, examined)
        return _record(examined=examined, staged=staged, arrival=arrival, actor=actor)


@transaction.atomic
def _record(
    *, examined: ExaminedReport, staged: contents.Staged, arrival: Arrival, actor: Staff | None
) -> models.Report:
    known = find_report(arrival.report_id)
    if known is not None:
        # Two openers at once: the other one was first, and our blobs are swept at the next unlock.
        return known
    now = clock.now()
    report = models.Report(
        report_id=arrival.report_id,
        register_number=next_register_number(),
        came_by=arrival.came_by,
        received_at=min(arrival.received_at, now),
        filed_at=now,
    )
    same = contents.judge_state(report, examined=examined)
    box = _find_mailbox(examined, now=now)
    report.mailbox = box
    faults = [fault.code for fault in examined.faults] + [
        code for _id, code in staged.items if code
    ]
    header = examined.header
    if box is not None and header is not None and box.recipient != header.mailbox_recipient:
        faults.append("mailbox.other_recipient")
    if box is not None and box.rebound_at is not None:
        # Whoever saw the code of before may still send under it.
        faults.append(DEAD_MAILBOX)
    report.faults = list(dict.fromkeys(faults))
    contents.read_answers(report, examined.manifest)
    report.first = parts.find_first(examined.manifest, box=box)
    report.has_faults = bool(report.faults) or report.state != ReportState.FILED
    report.is_watched = box is not None and box.watched_at is not None
    report.waiting_since = report.received_at if report.first is None else None
    report.save(force_insert=True)
    contents.record_contents(report, examined=examined, staged=staged)
    # What a gate could have put there in her name allows nothing.
    allowing = examined.manifest if parts.agrees(examined) else None
    consent_hooks.record_filed(report, manifest=allowing, by=actor)
    evidence_hooks.record_filed(
        report, header=examined.header, manifest=examined.manifest, by=actor
    )
    if box is not None and examined.manifest is not None and parts.agrees(examined):
        parts.remember_quiet_sign(box, manifest=examined.manifest, report=report)
        if parts.join_early_parts(report, box=box):
            mail.judge_by_first_commitment(box)
    if box is not None:
        contents.write_receipt(report, box=box)
    _raise_alarms(report, same=same, arrival=arrival)
    if report.first is not None:
        parts.add_part(report.first, part=report)
    staging.keep_blobs(*staged.list_blobs())
    code = "intake.report_imported" if arrival.came_by == "file" else "intake.report_filed"
    context = {"register_number": report.register_number, "state": str(report.state)}
    audit.record(code, actor=actor, subject=report, context=context)
    return report


def next_register_number() -> int:
    """Return the next number of the register. Rows are never removed, so there is no gap."""
    highest: int | None = models.Report.objects.aggregate(last=Max("register_number"))["last"]
    return (highest or 0) + 1


def _find_mailbox(examined: ExaminedReport, *, now: datetime) -> models.Mailbox | None:
    """Return the mailbox whose key signed the header, and whether it was made now."""
    header = examined.header
    if header is None:
        return None
    box, _made = models.Mailbox.objects.get_or_create(
        key=header.mailbox_key,
        defaults={
            "recipient": header.mailbox_recipient,
            "first_commitment": header.commitment,
            "created_at": now,
        },
    )
    return box


def _raise_alarms(report: models.Report, *, same: models.Report | None, arrival: Arrival) -> None:
    for member in arrival.lies:
        raise_alarm("gate.wrong_member", report=report, details={"member": member})
    if report.state in (ReportState.DAMAGED, ReportState.CONTRADICTORY):
        raise_alarm(f"report.{report.state}", report=report)
    if DEAD_MAILBOX in report.faults:
        raise_alarm(DEAD_MAILBOX, report=report)
    if same is not None and same.mailbox_id != report.mailbox_id:
        raise_alarm("report.same_commitment", report=report)


def is_waiting_for_first(*, source: MemberSource, is_being_fetched: Sequence[bytes]) -> bool:
    """Tell whether a report continues one that is still on its way and should be filed before."""
    if not is_being_fetched:
        return False
    organisation = accounts.get_organisation()
    examined = examine_report(
        source,
        identities=accounts.list_team_identities(),
        team_id=bytes.fromhex(organisation.team_id),
    )
    manifest = examined.manifest
    return manifest is not None and manifest.continues in is_being_fetched
