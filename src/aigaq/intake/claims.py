"""Has the sandbox read what items claim of their own origin (C2PA), once each, and keeps it.

Claims, not proofs: whoever signs can claim anything, and any tool can take claims away. They lie in
the encrypted database and go with the item when its report is forgotten.
"""

import uuid
from dataclasses import asdict, dataclass
from itertools import chain

from django.db import transaction

from aigaq import clock
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, blob_store
from aigaq.intake import models
from aigaq.intake.selectors import get_item
from aigaq.redaction.claims import Claims, ClaimsError, find_kind, read_claims
from aigaq.redaction.claims.read import HEAD_BYTES

FACTS = ("made_with", "title", "signed_by", "signed_at", "actions", "problems", "where")


@dataclass(frozen=True)
class ShownClaims:
    """What an item's page shows of its claims; all is hostile text, shown as text only."""

    state: str
    verdict: str
    made_with: tuple[str, ...]
    title: str
    signed_by: str
    signed_at: str
    actions: tuple[str, ...]
    problems: tuple[str, ...]
    where: str


def access_claims(*, actor: Staff, item_id: uuid.UUID) -> ShownClaims | None:
    """Return what an item claims, None if it claims nothing or was not read. Raises `NotFound`."""
    row = models.ItemClaims.objects.filter(item=get_item(actor=actor, item_id=item_id)).first()
    if row is None or row.state == "none":
        return None
    return ShownClaims(
        state=row.state,
        verdict=row.verdict,
        made_with=tuple(row.facts["made_with"]),
        title=row.facts["title"],
        signed_by=row.facts["signed_by"],
        signed_at=row.facts["signed_at"],
        actions=tuple(row.facts["actions"]),
        problems=tuple(row.facts["problems"]),
        where=row.facts["where"],
    )


def read_waiting_claims(*, limit: int = 5) -> int:
    """Read the claims of a few items that nobody read; return how many, 0 if it cannot be done."""
    waiting = models.Item.objects.filter(
        claims=None, blob_id__isnull=False, report__forgotten_at=None
    ).order_by("report__register_number", "number")
    found = list(waiting[:limit])
    for item in found:
        try:
            claims = _read(item)
        except ClaimsError:
            # No bubblewrap or no reader on this computer: read once there is one.
            return 0
        _keep(item.pk, claims=claims)
    return len(found)


def _read(item: models.Item) -> Claims:
    assert item.blob_id is not None  # noqa: S101 - the query asks for it.
    chunks = blob_store.read_chunks(item.blob_id)
    # The first chunk is read now: its key comes from the database, which is this thread's alone.
    first = next(chunks, b"")
    kind = find_kind(first[:HEAD_BYTES])
    if kind is None:
        return Claims(state="none")
    return read_claims(chunks=chain([first], chunks), size_bytes=item.size_bytes, kind=kind)


@transaction.atomic
def _keep(item_id: uuid.UUID, *, claims: Claims) -> None:
    item = models.Item.objects.filter(pk=item_id).first()
    if item is None or models.ItemClaims.objects.filter(pk=item_id).exists():
        return
    facts = {name: value for name, value in asdict(claims).items() if name in FACTS}
    row = models.ItemClaims.objects.create(
        item=item,
        state=claims.state,
        verdict=claims.verdict,
        facts=facts,
        kept=claims.kept,
        read_at=clock.now(),
    )
    audit.record("intake.claims_read", actor=None, subject=row, context={"state": claims.state})
