"""Files the whole copy of a report that was filed from a damaged one (ADR 14).

The report keeps its row, and with it who works on it, its letters, alarms and parts: no list shows
it twice. It gets the next register number and a filing receipt of its own. The damaged copy stays
in the evidence store under its number, with all its files. Nothing is healed but by the very bytes
that the header names, so neither a gate nor who has a code can change a report by it. Sources:
PROTOCOL 12, 20, 23.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.consent import selectors as consent
from aigaq.core import audit
from aigaq.core.errors import BlobError
from aigaq.evidence.selectors import list_first_copies
from aigaq.evidence.shapes import FirstCopy
from aigaq.intake import consent_hooks, contents, evidence_hooks, mail, models, parts, staging
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.evidence_hooks import BlobSource
from aigaq.intake.filing import DEAD_MAILBOX, Arrival, next_register_number
from aigaq.intake.selectors import get_report
from aigaq.intake.shapes import ReportState
from aigaq.intake.spool import Spool
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER, MAXIMUM_HEADER_BYTES, parse_header
from aigaq.sealing.opening import ExaminedReport, MemberSource, examine_report

#: The steps of spec/report.md that look at the envelope alone: header, and each member's hash.
LAST_OUTER_STEP = 2
BROKEN = (ReportState.DAMAGED, ReportState.CONTRADICTORY)


def is_healable(report: models.Report) -> bool:
    """Tell whether another copy could be better: a member is not what the header names.

    A report that was sealed as it is, fault and all, is none: its bytes came as they were sent.
    """
    if report.state not in BROKEN or report.commitment is None:
        return False
    try:
        with BlobSource(report).open(HEADER) as reader:
            header = parse_header(
                reader.read(MAXIMUM_HEADER_BYTES),
                team_id=bytes.fromhex(accounts.get_organisation().team_id),
            )
    except (BlobError, KeyError, SealingError):
        return False
    have = {one.name: bytes(one.sha256) for one in report.members.all()}
    return any(have.get(one.name) != one.sha256 for one in header.members)


@dataclass(frozen=True)
class Healing:
    """What a report's page says of damaged copies.

    ``next_at`` is when the gate is asked again and ``asked`` how often it was since; None where
    nothing is to be asked for. ``first_copies`` are those that were filed before the whole one.
    """

    asked: int
    next_at: datetime | None
    first_copies: tuple[FirstCopy, ...]


def access_healing(*, actor: Staff, report_id: UUID) -> Healing:
    """Return what is known of a report's damaged copies. Raises `NotFound`."""
    report = get_report(actor=actor, report_id=report_id)
    copies = list_first_copies(report_id=bytes(report.report_id))
    if not is_healable(report):
        return Healing(0, None, copies)
    again = Spool(settings.HOME).read_again(bytes(report.report_id))
    return Healing(again.asked if again else 0, again.next_at if again else clock.now(), copies)


def list_healable() -> Iterator[bytes]:
    """Yield the ids of reports of which another copy could be better."""
    for report in models.Report.objects.filter(state__in=BROKEN).order_by("register_number"):
        if is_healable(report):
            yield bytes(report.report_id)


def heal_report(
    *, source: MemberSource, arrival: Arrival, actor: Staff | None = None
) -> models.Report | None:
    """File the whole copy of a report that was filed damaged.

    Whole is what has every byte that the header names: what is wrong with it then was sealed so,
    and is filed as such. None, and nothing changes, if the report is not known or needs no healing,
    or if this copy is not whole either.
    """
    known = models.Report.objects.filter(report_id=arrival.report_id).first()
    if known is None or not is_healable(known):
        return None
    while evidence_hooks.hand_over_older():
        pass
    examined = examine_report(
        source,
        identities=accounts.list_team_identities(),
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
    )
    if any(fault.step <= LAST_OUTER_STEP for fault in examined.faults):
        return None
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
) -> models.Report | None:
    report = models.Report.objects.select_related("first", "mailbox").get(
        report_id=arrival.report_id
    )
    if not is_healable(report) or not _is_whole(staged, examined=examined):
        # Two at once: the other one was first, and our blobs are swept at the next unlock.
        return None
    now = clock.now()
    first_number = report.register_number
    _set_aside(report, examined=examined)
    box, header, manifest = report.mailbox, examined.header, examined.manifest
    report.register_number, report.filed_at = next_register_number(), now
    # A gate that handed out the damaged copy holds the report, however the whole one came: it is
    # told when that is safe. How it came stands in evidence.
    if report.came_by != "gate":
        report.came_by = arrival.came_by
    report.received_at = min(report.received_at, arrival.received_at)
    same = contents.judge_state(report, examined=examined)
    before = [code for code in report.faults if code == DEAD_MAILBOX]
    inner = [fault.code for fault in examined.faults] + [code for _id, code in staged.items if code]
    report.faults = list(dict.fromkeys([*inner, *before]))
    is_hers = box is not None and header is not None and bytes(box.key) == header.mailbox_key
    if is_hers and box.recipient != header.mailbox_recipient:  # type: ignore[union-attr]
        report.faults = [*report.faults, "mailbox.other_recipient"]
    contents.read_answers(report, manifest)
    report.has_faults = bool(report.faults) or report.state != ReportState.FILED
    # Nobody has read this copy: it is new again, and its reporter waits.
    report.opened_at, report.waiting_since = None, report.waiting_since or now
    _find_its_first(report)
    report.save()
    contents.record_contents(report, examined=examined, staged=staged)
    granted = any(grant.number is not None for grant in consent.list_grants(arrival.report_id))
    if not granted and parts.agrees(examined):
        consent_hooks.record_filed(report, manifest=manifest, by=actor)
    evidence_hooks.record_filed(
        report,
        header=header,
        manifest=manifest,
        by=actor,
        came_by=arrival.came_by,
        heals=first_number,
    )
    if is_hers and box is not None and manifest is not None and parts.agrees(examined):
        parts.remember_quiet_sign(box, manifest=manifest, report=report)
        if parts.join_early_parts(report, box=box):
            mail.judge_by_first_commitment(box)
    if box is not None:
        contents.write_receipt(report, box=box)
    parts.count_anew(report.first or report)
    if same is not None and same.mailbox_id != report.mailbox_id:
        raise_alarm("report.same_commitment", report=report)
    staging.keep_blobs(*staged.list_blobs())
    context = {"first_number": first_number, "register_number": report.register_number}
    audit.record("intake.report_healed", actor=actor, subject=report, context=context)
    return report


def _is_whole(staged: contents.Staged, *, examined: ExaminedReport) -> bool:
    """Tell whether what lies in the blob store now is what the header names: disks err, too."""
    named = {one.name: one.sha256 for one in examined.header.members} if examined.header else {}
    have = {name: sha256 for name, sha256, _size, _blob in staged.members if name != HEADER}
    return have == named


def _set_aside(report: models.Report, *, examined: ExaminedReport) -> None:
    """Make room for the rows of the whole copy; the files of the damaged one stay in evidence."""
    models.Preview.objects.filter(item__report=report).delete()
    models.ItemClaims.objects.filter(item__report=report).delete()
    report.members.all().delete()
    report.answers.all().delete()
    count = len(examined.manifest.items) if examined.manifest else 0
    # Items that she never sent: a gate can write a contents page of its own.
    false = report.items.filter(number__gte=count)
    models.Opening.objects.filter(item__in=false).update(item=None)
    false.delete()


def _find_its_first(report: models.Report) -> None:
    """Let a report that could not be read before stand under the one that it continues."""
    if report.first is None:
        found = models.Report.objects.filter(
            report_id=report.continues, mailbox=report.mailbox_id
        ).first()
        if report.continues is None or report.mailbox is None or found is None:
            return
        target = found.first or found
        if target.pk == report.pk:
            return
        report.first = target
        report.parts.update(first=target)
    first = report.first
    first.waiting_since = first.waiting_since or report.waiting_since
    first.save(update_fields=["waiting_since"])
    report.waiting_since, report.parts_count = None, 0
