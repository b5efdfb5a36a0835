"""How long evidence is kept, and what should go: a list for people, who decide each by itself.

Nothing is deleted by a date alone: a complaint may be under way. Forgetting is `shredder` (here)
and intake's; the log stays consistent with it. Terms are settings until jurisdiction packs carry
them.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.evidence import models
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.shapes import DueReason, DueReport, TermsOfKeeping

LONGEST_DAYS = 36_525
LONGEST_FIXITY_DAYS = 365


def get_terms() -> TermsOfKeeping:
    """Return the terms that hold."""
    row = models.Terms.objects.first()
    if row is None:
        return TermsOfKeeping()
    return TermsOfKeeping(
        fixity_days=row.fixity_days,
        keep_days=row.keep_days,
        keep_damaged_days=row.keep_damaged_days,
        keep_withdrawn_days=row.keep_withdrawn_days,
        legal_basis=row.legal_basis,
    )


@transaction.atomic
def set_terms(*, actor: Staff, terms: TermsOfKeeping) -> None:
    """Choose the terms. Raises `NotThere`; `EvidenceError` ``terms.out_of_range``."""
    check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    days = (terms.keep_days, terms.keep_damaged_days, terms.keep_withdrawn_days)
    is_fine = all(one is None or 0 <= one <= LONGEST_DAYS for one in days)
    if not is_fine or not 1 <= terms.fixity_days <= LONGEST_FIXITY_DAYS:
        raise EvidenceError("terms.out_of_range")
    models.Terms.objects.update_or_create(
        id=1,
        defaults={
            "fixity_days": terms.fixity_days,
            "keep_days": terms.keep_days,
            "keep_damaged_days": terms.keep_damaged_days,
            "keep_withdrawn_days": terms.keep_withdrawn_days,
            "legal_basis": terms.legal_basis[:2_000],
            "set_at": clock.now(),
        },
    )
    context = {
        "fixity_days": terms.fixity_days,
        "keep_days": terms.keep_days,
        "keep_damaged_days": terms.keep_damaged_days,
        "keep_withdrawn_days": terms.keep_withdrawn_days,
    }
    audit.record("evidence.terms_set", actor=actor, kind="terms", context=context)


def list_due(
    *, withdrawn: Mapping[bytes, datetime], now: datetime | None = None, limit: int = 500
) -> tuple[DueReport, ...]:
    """Return reports that should go by now, the longest due first.

    ``withdrawn`` says of which reports the consent to keep them was taken back, and when.
    """
    now = now or clock.now()
    found: dict[int, DueReport] = {}
    for one in _list_by_terms(get_terms(), withdrawn=withdrawn):
        known = found.get(one.register_number)
        if one.due_at <= now and (known is None or one.due_at < known.due_at):
            found[one.register_number] = one
    return tuple(sorted(found.values(), key=lambda one: one.due_at)[:limit])


def _list_by_terms(
    terms: TermsOfKeeping, *, withdrawn: Mapping[bytes, datetime]
) -> Iterator[DueReport]:
    reports = models.FiledReport.objects.filter(healed_by=None).order_by("register_number")
    if terms.keep_withdrawn_days is not None:
        term = timedelta(days=terms.keep_withdrawn_days)
        for row in reports.filter(report_id__in=list(withdrawn)):
            at = withdrawn[bytes(row.report_id)] + term
            yield _due(row, reason=DueReason.CONSENT_WITHDRAWN, at=at)
    if terms.keep_damaged_days is not None:
        term = timedelta(days=terms.keep_damaged_days)
        for row in reports.filter(state="damaged"):
            yield _due(row, reason=DueReason.DAMAGED, at=row.filed_at + term)
    if terms.keep_days is not None:
        term = timedelta(days=terms.keep_days)
        for row in reports.filter(filed_at__lte=clock.now() - term):
            yield _due(row, reason=DueReason.KEPT_LONG_ENOUGH, at=row.filed_at + term)


def _due(row: models.FiledReport, *, reason: DueReason, at: datetime) -> DueReport:
    return DueReport(
        report_id=bytes(row.report_id),
        register_number=row.register_number,
        reason=reason,
        due_at=at,
    )
