"""What of reports may be put into a package for one purpose, item by item, and why not the rest.

It decides nothing: `package_gathering` asks for consent when a package is made, and `exports` once
more when it leaves.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.consent import rules
from aigaq.consent import selectors as consent
from aigaq.consent.errors import NoConsent
from aigaq.consent.rules import Wanted
from aigaq.consent.shapes import ITEM_PURPOSES, PURPOSES, Grant
from aigaq.evidence import selectors as evidence
from aigaq.evidence.shapes import FileKind, ItemEvidence
from aigaq.intake import models
from aigaq.intake.errors import NotFound
from aigaq.intake.export_shapes import OfferedItem, OfferedReport
from aigaq.intake.package_consent import find_told
from aigaq.intake.rows import build_item
from aigaq.intake.selectors import check_may
from aigaq.intake.shapes import ItemDetail, Preview

LIVE, WITHDRAWN, EXPIRED, MISSING = "live", "withdrawn", "expired", "missing"


def offer_items(
    *, actor: Staff, report_ids: Sequence[UUID], purpose: str
) -> tuple[OfferedReport, ...]:
    """Return the items of reports that are here, by register number. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    if purpose not in ITEM_PURPOSES:
        raise NotFound
    rows = models.Report.objects.filter(pk__in=report_ids, forgotten_at=None)
    return tuple(_offer(row, purpose=purpose) for row in rows.order_by("register_number"))


def list_purposes(*, actor: Staff, report_ids: Sequence[UUID]) -> dict[str, str]:
    """Return by purpose how consent stands: `LIVE` if anything of the reports may leave for it."""
    check_may(actor, capability=Capability.HAND_OUT_PACKAGES)
    rows = models.Report.objects.filter(pk__in=report_ids, forgotten_at=None)
    grants = [grant for row in rows for grant in consent.list_grants(bytes(row.report_id))]
    now = clock.now()
    return {purpose: _judge(grants, purpose=purpose, at=now) for purpose in ITEM_PURPOSES}


def _judge(grants: Iterable[Grant], *, purpose: str, at: datetime) -> str:
    wanted = (purpose, PURPOSES[purpose])
    ours = [grant for grant in grants if (grant.purpose, grant.audience) == wanted]
    if any(rules.is_live(grant, at=at) for grant in ours):
        return LIVE
    if not ours:
        return MISSING
    return EXPIRED if any(grant.withdrawn_at is None for grant in ours) else WITHDRAWN


def _offer(row: models.Report, *, purpose: str) -> OfferedReport:
    report_id = bytes(row.report_id)
    details = {one.number: build_item(one) for one in row.items.prefetch_related("previews")}
    grants = consent.list_grants(report_id)
    is_told, now = any(find_told(row)), clock.now()
    items = []
    for item in evidence.list_items(report_id=report_id):
        if item.number not in details:
            continue
        grant, hindrance = _find_grant(grants, item=item, purpose=purpose, at=now)
        if item.fault or not any(one.kind == FileKind.WORKING for one in item.files):
            hindrance = "package.damaged_item"
        detail = details[item.number]
        items.append(
            OfferedItem(
                number=item.number,
                id=detail.id,
                name=item.name,
                kind=detail.kind,
                size_bytes=item.size_bytes,
                provenance=str(item.provenance),
                still=_find_still(detail),
                is_by_mouth=grant is not None and (grant.number is None or is_told),
                hindrance=hindrance,
            )
        )
    return OfferedReport(
        id=row.pk,
        register_number=row.register_number,
        mailbox_id=row.mailbox_id,
        is_sample=row.is_sample,
        items=tuple(items),
        limits=tuple(
            grant.limits
            for grant in grants
            if grant.limits and grant.purpose == purpose and rules.is_live(grant, at=now)
        ),
    )


def _find_grant(
    grants: Iterable[Grant], *, item: ItemEvidence, purpose: str, at: datetime
) -> tuple[Grant | None, str]:
    wanted = Wanted(item.report_id, item.number, purpose, PURPOSES[purpose])
    try:
        return rules.find_live(grants, wanted=wanted, at=at), ""
    except NoConsent as error:
        return None, error.code


def _find_still(detail: ItemDetail) -> Preview | None:
    stills = [one for one in detail.previews if one.kind == "still"]
    return min(stills, key=lambda one: one.width or 0) if stills else None
