"""What a timestamp is taken over, and how one is renewed before its certificates die.

A renewal is a token over the old one with all that is needed to judge it: what it was over, the
token, its chain, and the lists of revoked certificates as they are now. So it shows that all of
that was there, and good, while the old certificates still held. Source:
``spec/evidence-package.md``, "Timestamps"; PROTOCOL 26.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from aigaq import clock
from aigaq.evidence.revocation import Lists
from aigaq.evidence.timestamp_models import TimestampToken, TimestampWish
from aigaq.sealing.encoding import encode_parts
from aigaq.tlog import SignedCheckpoint

if TYPE_CHECKING:
    from aigaq.evidence.models import Item

LABEL = "aigaq/timestamp-renewal/v1"
#: How many days before the first certificate of a chain ends its token is renewed.
DAYS_SETTING = "AIGAQ_TIMESTAMP_RENEWAL_DAYS"
RENEWAL_DAYS = 60


@dataclass(frozen=True)
class Subject:
    """What a token is taken over, and which rows it belongs to."""

    sha256: bytes
    log_origin: str = ""
    checkpoint_size: int | None = None
    checkpoint: str = ""
    #: The checkpoint with its signatures, for a first token over it.
    signed: SignedCheckpoint | None = None
    item: "Item | None" = None
    wish: TimestampWish | None = None
    #: The token that this one renews, and the lists that it covers with it.
    renews: TimestampToken | None = None
    lists: Lists | None = None


def read_renewal_days() -> int:
    """Return how many days before their end tokens are renewed; the environment may say."""
    text = os.environ.get(DAYS_SETTING, "")
    return int(text) if text.isdecimal() else RENEWAL_DAYS


def find_due_renewals(*, limit: int) -> list[TimestampToken]:
    """Return tokens whose chain ends soon and that were not renewed, the soonest first."""
    before = clock.now() + timedelta(days=read_renewal_days())
    rows = TimestampToken.objects.filter(ends_at__lte=before, renewed_by=None)
    return list(rows.select_related("item", "item__filed").order_by("ends_at", "pk")[:limit])


def renew_subject(token: TimestampToken, *, lists: Lists) -> Subject:
    """Return what the renewal of ``token`` is taken over, with the newest lists."""
    kept = {one.number: bytes(one.data) for one in token.lists.all()}
    # A list that cannot be had any more does not take the older one's place.
    found = {**kept, **lists.found}
    return Subject(
        sha256=hashlib.sha256(build_renewed(token, lists=list(found.items()))).digest(),
        log_origin=token.log_origin,
        checkpoint_size=token.checkpoint_size,
        checkpoint=token.checkpoint,
        item=token.item,
        renews=token,
        lists=Lists(found=found, code=lists.code, revoked_at=lists.revoked_at),
    )


def build_renewed(
    token: TimestampToken, *, lists: Sequence[tuple[int, bytes]] | None = None
) -> bytes:
    """Return the bytes whose SHA-256 the renewal of ``token`` is over.

    ‖(label, what the token is over, token, chain, ‖(lists in the order of the chain)). What a first
    token is over is the checkpoint's text, or the item's hash; what a renewal is over is this.
    """
    if lists is None:
        lists = [(one.number, bytes(one.data)) for one in token.lists.all()]
    if token.renews is not None:
        over = build_renewed(token.renews)
    elif token.checkpoint:
        over = token.checkpoint.encode("utf-8")
    else:
        over = bytes(token.sha256)
    in_order = [data for _number, data in sorted(lists)]
    return encode_parts(LABEL, over, bytes(token.response), token.chain, encode_parts(*in_order))
