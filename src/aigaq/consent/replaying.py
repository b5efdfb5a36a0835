"""Replays what took grants back over the grants, so that one that came back to life is found.

Triggers keep a grant as it was taken back; who has the desk's key can take triggers off. What is
replayed: every signed withdrawal, with the reports that it speaks of, and every withdrawal by word
of mouth that the history tells of. Source: ``spec/log.md``, "Audit".
"""

from collections.abc import Iterator

from aigaq.consent import models
from aigaq.core import audit

BY_MOUTH_EVENT = "consent.withdrawn_by_mouth"
#: So much of a report's id stands in the history.
SHORT = 16


def list_revived() -> tuple[bytes, ...]:
    """Return the ids of reports of which a grant stands that was taken back, each once."""
    return tuple(sorted({*_list_signed(), *_list_by_mouth()}))


def _list_signed() -> Iterator[bytes]:
    for row in models.ChangedReport.objects.select_related("change").iterator(chunk_size=1_000):
        standing = models.Grant.objects.filter(report_id=row.report_id, withdrawn_at=None)
        if row.change.numbers is not None:
            standing = standing.filter(number__in=row.change.numbers)
        if standing.exists():
            yield bytes(row.report_id)


def _list_by_mouth() -> Iterator[bytes]:
    ids: set[str] = set()
    numbers: set[tuple[object, object]] = set()
    for grant_id, context in audit.list_said(BY_MOUTH_EVENT):
        ids.add(grant_id)
        if context.get("number") is not None:
            numbers.add((context.get("report"), context["number"]))
    if not ids:
        return
    standing = models.Grant.objects.filter(withdrawn_at=None)
    for pk, report_id, number in standing.values_list("pk", "report_id", "number").iterator():
        key = (bytes(report_id).hex()[:SHORT], number)
        if str(pk) in ids or key in numbers:
            yield bytes(report_id)
