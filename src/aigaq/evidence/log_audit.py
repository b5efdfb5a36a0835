"""Opens every blinded leaf of the log with what the desk holds, and names every gap.

1. The checkpoint is the card's log's, and the entries give its root. 2. Every blinded entry is a
report that was filed here, one that was forgotten, a head of register, custody or history, or
chaff. 3. Every filed report and every head is in the log, once the promised delay is over. 4.
Register, custody and history are whole chains, and every logged head is the head that the chain had
then. 5. What is gone was forgotten, and is said to be (`erasing_audit`). 6. Every filed report has
its rows, which give its commitment, and every file its bytes. What is wrong is a `Gap`, never an
exception. Source: ``spec/log.md``, "Audit"; PROTOCOL 22, 24.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet

from aigaq import clock
from aigaq.core import audit as audit_chain
from aigaq.core.errors import AuditError
from aigaq.evidence import custody, erasing_audit, fixity, holdings, models, register
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.gaps import Gap
from aigaq.evidence.heads import ALWAYS
from aigaq.evidence.log_source import OpenedLog
from aigaq.evidence.shapes import Fixity, name_item
from aigaq.sealing.card import Card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_entries import (
    CHAFF,
    CUSTODY_HEAD,
    HEAD_KINDS,
    REGISTER_HEAD,
    Opening,
    PublicEntry,
    encode_head,
    parse_entry,
)
from aigaq.tlog import TlogError

REPORT, FORGOTTEN = "report", "forgotten_report"


@dataclass
class Audited:
    """What an audit found. It is whole when there is no gap."""

    size: int = 0
    root: bytes = b""
    leaves: Counter[str] = field(default_factory=Counter)
    public: Counter[str] = field(default_factory=Counter)
    registered: int = 0
    custody_lines: int = 0
    events: int = 0
    hashed_files: int = 0
    gaps: list[Gap] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is missing."""
        return not self.gaps


def audit_log(
    log: OpenedLog | TlogError,
    *,
    card: Card,
    began_at: datetime = ALWAYS,
    known: Mapping[int, bytes] | None = None,
    forgotten: Collection[int] | None = None,
    more: Iterable[Gap] = (),
    hash_files: bool = True,
) -> Audited:
    """Compare the whole log with what the desk holds.

    ``log`` is an opened log or why it could not be opened. ``began_at`` is when it began: what a
    retired log holds is not looked for in this one. ``known`` is what intake holds: report
    ids of reports that are not forgotten, by register number; ``forgotten`` are the numbers that
    its history says were. ``more`` is what others found. ``hash_files`` reads every file of the
    store again; without it the last results of fixity count.
    """
    found = Audited()
    seen = _Seen()
    if isinstance(log, TlogError):
        found.gaps.append(Gap(log.code))
    else:
        _open_leaves(log, found=found, seen=seen)
        found.gaps += _list_not_logged(seen, card=card, began_at=began_at)
    found.gaps += _check_chains(found, seen=seen)
    found.gaps += erasing_audit.list_gaps(known=known, forgotten=forgotten)
    for code, number, item in holdings.list_faults():
        found.gaps.append(Gap(code, register_number=number, item=item))
    found.gaps += _check_files(found, hash_files=hash_files)
    found.gaps += more
    audit_chain.record(
        "evidence.audited",
        actor=None,
        kind="log",
        context={"gaps": len(found.gaps), "size": found.size},
    )
    return found


@dataclass
class _Seen:
    """What of ours the log holds."""

    reports: set[bytes] = field(default_factory=set)
    heads: dict[bytes, int] = field(default_factory=dict)


def _open_leaves(log: OpenedLog, *, found: Audited, seen: _Seen) -> None:
    found.size, found.root = log.checkpoint.size, log.checkpoint.root
    index = 0
    try:
        for entries in log.walk():
            blinded: list[tuple[int, bytes]] = []
            for entry in entries:
                _sort_entry(entry, index=index, blinded=blinded, found=found)
                index += 1
            _open_bundle(blinded, found=found, seen=seen)
    except TlogError as error:
        found.gaps.append(Gap(error.code, log_index=index))


def _sort_entry(
    entry: bytes, *, index: int, blinded: list[tuple[int, bytes]], found: Audited
) -> None:
    try:
        read = parse_entry(entry)
    except SealingError as error:
        found.gaps.append(Gap(error.code, log_index=index))
        return
    if isinstance(read, PublicEntry):
        found.public[read.kind] += 1
    else:
        blinded.append((index, read))


def _open_bundle(blinded: list[tuple[int, bytes]], *, found: Audited, seen: _Seen) -> None:
    """Open the blinded entries of one bundle, with a query for each kind."""
    values = [value for _index, value in blinded]
    reports = _list_commitments(models.FiledReport.objects.filter(commitment__in=values))
    forgotten = _list_commitments(models.ForgottenLeaf.objects.filter(commitment__in=values))
    openings = _read_openings(values)
    for index, value in blinded:
        kind = "unopened"
        if value in reports:
            kind = REPORT
            seen.reports.add(value)
        elif value in openings:
            kind = openings[value]
            if kind in HEAD_KINDS:
                seen.heads.setdefault(value, index)
        elif value in forgotten:
            kind = FORGOTTEN
        else:
            found.gaps.append(Gap("audit.unopened_leaf", log_index=index))
        found.leaves[kind] += 1


def _list_commitments(
    rows: QuerySet[models.FiledReport] | QuerySet[models.ForgottenLeaf],
) -> set[bytes]:
    return {bytes(one) for one in rows.values_list("commitment", flat=True) if one is not None}


def _read_openings(values: list[bytes]) -> dict[bytes, str]:
    """Return the kind of each value that an opening of ours opens; a false opening opens nothing.

    What is stored beside a value is not believed: whoever removed a report could call its leaf
    chaff, and whoever wrote a chain anew could name another head.
    """
    kinds: dict[bytes, str] = {}
    for chaff in models.ChaffOpening.objects.filter(blinded__in=values):
        opening = Opening(kind=CHAFF, salt=bytes(chaff.salt), value=bytes(chaff.value))
        kinds[opening.blinded] = CHAFF
    for row in models.HeadOpening.objects.filter(blinded__in=values):
        value = encode_head(count=row.count, head=bytes(row.head))
        kinds[Opening(kind=row.kind, salt=bytes(row.salt), value=value).blinded] = row.kind
    return kinds


def _list_not_logged(seen: _Seen, *, card: Card, began_at: datetime) -> Iterator[Gap]:
    """Yield filed reports and heads that the log should hold by now."""
    late = clock.now() - timedelta(seconds=card.maximum_delay_seconds)
    if late < began_at:  # What waited when a log began has the whole delay from then on.
        late = ALWAYS
    reports = models.FiledReport.objects.filter(
        commitment__isnull=False, received_at__lt=late, retired_log=""
    )
    for number, commitment in reports.order_by("register_number").values_list(
        "register_number", "commitment"
    ):
        if bytes(commitment or b"") not in seen.reports:
            yield Gap("audit.not_logged", register_number=number)
    heads = models.HeadOpening.objects.filter(made_at__lt=late, retired_log="")
    for blinded, kind, count in heads.order_by("made_at").values_list("blinded", "kind", "count"):
        if bytes(blinded) not in seen.heads:
            yield Gap("audit.head_not_logged", item=kind, count=count)


def _check_chains(found: Audited, *, seen: _Seen) -> Iterator[Gap]:
    """Yield what is wrong with the chains, and logged heads that they do not have."""
    checks: dict[str, Callable[[], int]] = {
        "registered": lambda: register.check().count,
        "custody_lines": lambda: custody.check().count,
        "events": audit_chain.check_chain,
    }
    for name, check in checks.items():
        try:
            setattr(found, name, check())
        except (EvidenceError, AuditError) as error:
            at = error.context.get("number", error.context.get("sequence"))
            yield Gap(error.code, count=at if isinstance(at, int) else None)
    for blinded, index in seen.heads.items():
        opening = models.HeadOpening.objects.get(pk=blinded)
        if opening.count and not _had(opening):
            yield Gap(f"audit.{opening.kind}_differs", log_index=index, count=opening.count)


def _had(opening: models.HeadOpening) -> bool:
    """Tell whether the chain has this head after so many lines."""
    head = bytes(opening.head)
    if opening.kind == REGISTER_HEAD:
        return models.RegisterLine.objects.filter(pk=opening.count, head=head).exists()
    if opening.kind == CUSTODY_HEAD:
        return models.CustodyLine.objects.filter(pk=opening.count, head=head).exists()
    return audit_chain.is_in_chain(sequence=opening.count, hash_=head)


def _check_files(found: Audited, *, hash_files: bool) -> Iterator[Gap]:
    rows = models.StoredFile.objects.select_related("filed", "item").order_by("filed_id", "pk")
    codes = {Fixity.GONE: "audit.file_gone", Fixity.CHANGED: "audit.file_changed"}
    for row in rows.iterator(chunk_size=200):
        result = fixity.hash_file(row) if hash_files else fixity.look_at_file(row)
        found.hashed_files += hash_files
        if result in codes:
            number = None if row.item is None else row.item.number
            named = name_item(report_id=bytes(row.filed.report_id), item_number=number)
            yield Gap(codes[result], register_number=row.filed_id, item=named)
