"""Opens a fetched or carried report and files it: a number without gaps, and nothing ever dropped.

1. The steps of spec/report.md are taken (`sealing.opening`). 2. The envelope as received and the
opened items go into the blob store. 3. One transaction gives the next register number, writes
everything down, joins a part to its first report, seals the filing receipt into the mailbox and
records one audit event. A kill before 3 leaves nothing but noise; after it, the same report id is
known and is not filed again. Sources: PROTOCOL 9, 12, 13, 20, 23.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.intake import consent_hooks, evidence_hooks, letters, mail, models, parts, staging
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.shapes import ReportState
from aigaq.intake.urgency import ROLE, judge_urgency, summarise
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER
from aigaq.sealing.manifest import Manifest
from aigaq.sealing.opening import ExaminedReport, MemberSource, examine_report
from aigaq.sealing.receipts import FilingReceipt, build_filing_receipt

DEAD_MAILBOX = "message.dead_mailbox"


@dataclass(frozen=True)
class Arrival:
    """How a report came. ``lies`` are members that the gate served wrongly again and again."""

    report_id: bytes
    received_at: datetime
    came_by: str
    lies: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Staged:
    """Blobs of one report that are durable and not filed yet."""

    members: tuple[tuple[str, bytes, int, uuid.UUID], ...]
    items: tuple[tuple[uuid.UUID | None, str], ...]

    def list_blobs(self) -> list[uuid.UUID]:
        members = [blob_id for _name, _sha256, _size, blob_id in self.members]
        return members + [blob_id for blob_id, _fault in self.items if blob_id is not None]


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
        staged = _stage(source, examined)
        return _record(examined=examined, staged=staged, arrival=arrival, actor=actor)
    except staging.SweptError:
        # A desk sweeps once, when it opens.
        staged = _stage(source, examined)
        return _record(examined=examined, staged=staged, arrival=arrival, actor=actor)


def _stage(source: MemberSource, examined: ExaminedReport) -> _Staged:
    members = []
    for name in source.names():
        if not _is_member(name):
            continue
        with source.open(name) as reader:
            counted = _Counted(reader)
            blob_id = staging.stage_blob(counted)
        members.append((name, counted.sha256(), counted.size, blob_id))
    items = [
        _stage_item(examined, number)
        for number in range(len(examined.manifest.items) if examined.manifest else 0)
    ]
    return _Staged(members=tuple(members), items=tuple(items))


def _stage_item(examined: ExaminedReport, number: int) -> tuple[uuid.UUID | None, str]:
    """Return the blob of an item, or None and the code of its fault: the rest is still read."""
    try:
        return staging.stage_written(lambda pipe: examined.copy_item(number, writer=pipe)), ""
    except SealingError as error:
        return None, error.code


@transaction.atomic
def _record(
    *, examined: ExaminedReport, staged: _Staged, arrival: Arrival, actor: Staff | None
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
    same = _judge_state(report, examined=examined)
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
    _read_answers(report, examined.manifest)
    report.first = parts.find_first(examined.manifest, box=box)
    report.has_faults = bool(report.faults) or report.state != ReportState.FILED
    report.is_watched = box is not None and box.watched_at is not None
    report.waiting_since = report.received_at if report.first is None else None
    report.save(force_insert=True)
    _record_contents(report, examined=examined, staged=staged)
    consent_hooks.record_filed(report, manifest=examined.manifest, by=actor)
    evidence_hooks.record_filed(
        report, header=examined.header, manifest=examined.manifest, by=actor
    )
    if box is not None and examined.manifest is not None and parts.agrees(examined):
        parts.remember_quiet_sign(box, manifest=examined.manifest, report=report)
        if parts.join_early_parts(report, box=box):
            mail.judge_by_first_commitment(box)
    if box is not None:
        _write_receipt(report, box=box)
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


def _judge_state(report: models.Report, *, examined: ExaminedReport) -> models.Report | None:
    """Set commitment and state; return the report that has the same commitment, if any."""
    if examined.header is not None:
        report.commitment = examined.header.commitment
    if examined.state == "damaged":
        report.state = ReportState.DAMAGED
        return None
    if examined.state == "contradictory":
        report.state = ReportState.CONTRADICTORY
        return None
    same = (
        models.Report.objects.filter(
            commitment=report.commitment, state__in=(ReportState.FILED, ReportState.DUPLICATE)
        )
        .order_by("register_number")
        .first()
    )
    report.state = ReportState.FILED if same is None else ReportState.DUPLICATE
    return same


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


def _read_answers(report: models.Report, manifest: Manifest | None) -> None:
    if manifest is None:
        return
    answers = {one.number: one.value for one in manifest.answers}
    judged = judge_urgency(answers)
    report.urgency = judged.urgency
    report.urgency_reasons = list(judged.reasons)
    report.under_18 = judged.under_18
    report.role = answers.get(ROLE, "")[:40]
    report.summary = summarise(answers)
    report.language = manifest.language
    report.made_at = manifest.made_at
    report.continues = manifest.continues
    report.items_count = len(manifest.items)


def _record_contents(report: models.Report, *, examined: ExaminedReport, staged: _Staged) -> None:
    models.Member.objects.bulk_create(
        models.Member(report=report, name=name, sha256=sha256, size_bytes=size, blob_id=blob_id)
        for name, sha256, size, blob_id in staged.members
    )
    manifest = examined.manifest
    if manifest is None:
        return
    models.Answer.objects.bulk_create(
        models.Answer(report=report, number=one.number, value=one.value, salt=one.salt)
        for one in manifest.answers
    )
    models.Item.objects.bulk_create(
        models.Item(
            report=report,
            number=one.number,
            name=one.name,
            type=one.media_type,
            size_bytes=one.size_bytes,
            sha256=one.sha256,
            salt=one.salt,
            source=one.source,
            hidden_details=one.hidden_details,
            fault=fault,
            blob_id=blob_id,
            preview_state="waiting" if blob_id else "cannot_be_shown",
            preview_code="" if blob_id else "preview.damaged_item",
        )
        for one, (blob_id, fault) in zip(manifest.items, staged.items, strict=True)
    )


def _write_receipt(report: models.Report, *, box: models.Mailbox) -> None:
    """Sign the filing receipt and seal it into the mailbox."""
    if report.commitment is None:
        return
    receipt = FilingReceipt(
        commitment=bytes(report.commitment),
        report_id=bytes(report.report_id),
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
        register_number=report.register_number,
        state=evidence_hooks.RECEIPT_STATES[ReportState(report.state)],
        filed_at=report.filed_at,
    )
    report.filing_receipt = build_filing_receipt(receipt, message_key=accounts.get_message_key())
    try:
        letters.write_message(
            box=box, kind="filing_receipt", body={"filing_receipt": report.filing_receipt}
        )
    except SealingError as error:
        # A recipient that is none: she, or who wrote this, cannot be answered.
        report.faults = [*report.faults, error.code]
        report.has_faults = True
    report.save(update_fields=["filing_receipt", "faults", "has_faults"])


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


def is_whole(source: MemberSource) -> bool:
    """Tell whether nothing is wrong with a report, its items read to their ends."""
    examined = examine_report(
        source,
        identities=accounts.list_team_identities(),
        team_id=bytes.fromhex(accounts.get_organisation().team_id),
    )
    if examined.faults or examined.manifest is None:
        return False
    try:
        for one in examined.manifest.items:
            examined.copy_item(one.number, writer=_Nowhere())
    except SealingError:
        return False
    return True


class _Nowhere:
    """Takes bytes and keeps none."""

    def write(self, data: bytes, /) -> int:
        return len(data)


def _is_member(name: str) -> bool:
    return name == HEADER or name.endswith(".age")


class _Counted:
    """Counts and hashes what is read through it."""

    def __init__(self, reader: object) -> None:
        import hashlib

        self._reader = reader
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._reader.read(size)  # type: ignore[attr-defined]
        self._digest.update(data)
        self.size += len(data)
        return data

    def sha256(self) -> bytes:
        return self._digest.digest()
