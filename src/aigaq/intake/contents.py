"""What of a report's contents becomes blobs and rows, when it is filed and when it is healed.

`stage` writes the envelope as received and the opened items into the blob store before the
transaction; the others run in it. Sources: PROTOCOL 9, 12, 23.
"""

import hashlib
import uuid
from dataclasses import dataclass

from aigaq.accounts import selectors as accounts
from aigaq.intake import evidence_hooks, letters, models, staging
from aigaq.intake.shapes import ReportState
from aigaq.intake.urgency import ROLE, judge_urgency, summarise
from aigaq.sealing.container import Reader
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import HEADER
from aigaq.sealing.manifest import Manifest
from aigaq.sealing.opening import ExaminedReport, MemberSource
from aigaq.sealing.receipts import FilingReceipt, build_filing_receipt


@dataclass(frozen=True)
class Staged:
    """Blobs of one report that are durable and not filed yet."""

    members: tuple[tuple[str, bytes, int, uuid.UUID], ...]
    items: tuple[tuple[uuid.UUID | None, str], ...]

    def list_blobs(self) -> list[uuid.UUID]:
        members = [blob_id for _name, _sha256, _size, blob_id in self.members]
        return members + [blob_id for blob_id, _fault in self.items if blob_id is not None]


def stage(source: MemberSource, examined: ExaminedReport) -> Staged:
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
    return Staged(members=tuple(members), items=tuple(items))


def _stage_item(examined: ExaminedReport, number: int) -> tuple[uuid.UUID | None, str]:
    """Return the blob of an item, or None and the code of its fault: the rest is still read."""
    try:
        return staging.stage_written(lambda pipe: examined.copy_item(number, writer=pipe)), ""
    except SealingError as error:
        return None, error.code


def judge_state(report: models.Report, *, examined: ExaminedReport) -> models.Report | None:
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


def read_answers(report: models.Report, manifest: Manifest | None) -> None:
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


def record_contents(report: models.Report, *, examined: ExaminedReport, staged: Staged) -> None:
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
    # An item of a damaged copy keeps its row, so that it stays known who looked at it.
    before = {row.number: row.pk for row in report.items.all()}
    made = [
        models.Item(
            pk=before.get(one.number) or uuid.uuid4(),
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
    ]
    models.Item.objects.bulk_create(one for one in made if one.number not in before)
    for one in made:
        if one.number in before:
            one.save(force_update=True)


def write_receipt(report: models.Report, *, box: models.Mailbox) -> None:
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


def _is_member(name: str) -> bool:
    return name == HEADER or name.endswith(".age")


class _Counted:
    """Counts and hashes what is read through it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._reader.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data

    def sha256(self) -> bytes:
        return self._digest.digest()
