"""Compares the register with what is here, and what is gone with what says that it was forgotten.

A number whose row lost its bytes was forgotten only if custody and history both say so, by its
number; and no more lines of custody lost their bytes than custody says. Whoever erases a report
past the shredder leaves one of the three behind, or writes under a name what they did.
Source: ``spec/log.md``, "Audit".
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aigaq.evidence import custody, models, register
from aigaq.evidence.custody_lines import SHREDDED, read_shredded
from aigaq.evidence.gaps import Gap


@dataclass
class _Shredded:
    """What custody says was forgotten: how many lines by number, and lines that name no number."""

    lines: dict[int, int] = field(default_factory=dict)
    nameless: int = 0


def list_gaps(
    *, known: Mapping[int, bytes] | None, forgotten: Collection[int] | None
) -> Iterator[Gap]:
    """Yield reports that are gone without having been forgotten, and what else does not fit.

    ``known`` is what intake holds, report ids by number; ``forgotten`` are the numbers of which the
    history says that they were. None: not asked.
    """
    filed = _list_filed()
    here = {*filed, *(known or {})}
    registered: set[int] = set()
    empty: list[int] = []
    for row in models.RegisterLine.objects.order_by("number").iterator(chunk_size=1_000):
        registered.add(row.number)
        if row.line is None and row.number in here:
            yield Gap("audit.register_row_gone", register_number=row.number)
        elif row.line is None:
            empty.append(row.number)
        elif _is_gone(bytes(row.line), number=row.number, filed=filed, known=known):
            yield Gap("audit.report_gone", register_number=row.number)
    for number in sorted(here - registered):
        yield Gap("audit.not_registered", register_number=number)
    yield from _list_unsaid(empty, forgotten=forgotten)
    leaves = models.ForgottenLeaf.objects.count()
    if leaves > len(empty):
        # Someone called leaves forgotten whose reports never were.
        yield Gap("audit.too_many_forgotten", count=leaves - len(empty))


def _list_filed() -> dict[int, bytes]:
    rows = models.FiledReport.objects.values_list("register_number", "report_id")
    return {number: bytes(report_id) for number, report_id in rows.iterator(chunk_size=1_000)}


def _is_gone(
    line: bytes, *, number: int, filed: Mapping[int, bytes], known: Mapping[int, bytes] | None
) -> bool:
    said = register.find_said(line)
    if said is None:
        return False  # That is told as a chain that is wrong.
    is_known = known is None or known.get(number) == said.report_id
    return filed.get(number) != said.report_id or not is_known


def _list_unsaid(empty: Sequence[int], *, forgotten: Collection[int] | None) -> Iterator[Gap]:
    """Yield numbers and lines that are gone, and that nothing says were forgotten."""
    said = _read_shredded()
    # A desk of before wrote lines that name no number: each stands for one number.
    nameless = [number for number in empty if number not in said.lines]
    is_of_before = 0 < len(nameless) <= said.nameless
    for number in empty:
        in_custody = number in said.lines or is_of_before
        in_history = forgotten is None or number in forgotten
        if not in_custody or not in_history:
            yield Gap("audit.not_forgotten", register_number=number)
    gone = models.CustodyLine.objects.filter(line=None).count()
    more = gone - sum(said.lines.get(number, 0) for number in empty)
    if more > 0 and not is_of_before:
        yield Gap("audit.custody_lines_gone", count=more)


def _read_shredded() -> _Shredded:
    found = _Shredded()
    rows = models.CustodyLine.objects.filter(report_id=None, line__isnull=False)
    for row in rows.order_by("sequence").iterator(chunk_size=1_000):
        said = custody.find_said(row)
        if said is None or said.event != SHREDDED:
            continue
        named = read_shredded(said.note)
        if named is None:
            found.nameless += 1
        else:
            # The first that names a number counts: no later line can explain more.
            found.lines.setdefault(*named)
    return found
