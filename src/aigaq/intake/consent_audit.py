"""Compares the grants with every withdrawal that came, for `aigaq desk audit`.

A grant that stands although it was taken back, and a signed withdrawal that a mailbox has and
consent has not, each name the report. Source: ``spec/log.md``, "Audit".
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from aigaq.consent import selectors as consent
from aigaq.consent.replaying import list_revived
from aigaq.evidence import selectors as evidence
from aigaq.evidence.gaps import Gap
from aigaq.evidence.shapes import KeyOfReport
from aigaq.intake import models
from aigaq.intake.shapes import Direction


def list_gaps() -> Iterator[Gap]:
    """Yield ``audit.consent_revived`` and ``audit.withdrawal_gone``, each once for a report."""
    numbers = {
        bytes(report_id): number
        for report_id, number in models.Report.objects.values_list("report_id", "register_number")
    }
    for report_id in list_revived():
        yield Gap("audit.consent_revived", register_number=numbers.get(report_id))
    for number in sorted(numbers.get(report_id, 0) for report_id in _list_not_taken()):
        yield Gap("audit.withdrawal_gone", register_number=number)


def _list_not_taken() -> set[bytes]:
    """Return reports for which a mailbox has a signed withdrawal that consent does not have."""
    rows = models.Message.objects.filter(
        direction=Direction.TO_DESK, kind="withdraw_consent", fault=""
    )
    boxes = defaultdict(list)
    for row in rows.select_related("mailbox"):
        boxes[row.mailbox].append(row)
    if not boxes:
        return set()
    by_key: dict[bytes, list[KeyOfReport]] = defaultdict(list)
    for one in evidence.list_mailbox_keys():
        by_key[one.mailbox_key].append(one)
    lost: set[bytes] = set()
    for box, messages in boxes.items():
        reports = [one for key in _list_keys(box) for one in by_key[key]]
        lost |= _compare(bytes(box.key), messages=messages, reports=reports)
    return lost


def _compare(
    key: bytes, *, messages: list[models.Message], reports: list[KeyOfReport]
) -> set[bytes]:
    """Return the reports that a withdrawal of one mailbox should speak of, and does not."""
    spoken: Mapping[int, tuple[bytes | None, frozenset[bytes]]] = {
        change.sequence: (change.named_report, frozenset(change.report_ids))
        for change in consent.list_changes_of(mailbox_key=key)
    }
    lost: set[bytes] = set()
    for row in messages:
        there = {one.report_id for one in reports if one.filed_at <= row.kept_at}
        if row.sequence not in spoken:
            lost |= there
            continue
        named, said = spoken[row.sequence]
        lost |= (there if named is None else there & {named}) - said
    return lost


def _list_keys(box: models.Mailbox) -> list[bytes]:
    """Return the key of a mailbox, and of those whose place it took."""
    boxes, left = [box], [box]
    while left:
        before = models.Mailbox.objects.filter(rebound_to=left.pop())
        left += [one for one in before if one not in boxes]
        boxes += left
    return [bytes(one.key) for one in dict.fromkeys(boxes)]
