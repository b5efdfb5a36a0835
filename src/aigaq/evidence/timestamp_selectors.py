"""Reads of timestamps: for packages, for pages, for the command line."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.evidence import models
from aigaq.evidence.errors import NotFound
from aigaq.evidence.package_shapes import PackagedToken
from aigaq.evidence.renewal import find_due_renewals
from aigaq.evidence.stamped_heads import count_without_note, find_since, list_renewals
from aigaq.evidence.timestamp_authorities import list_authorities
from aigaq.evidence.timestamp_models import AuthorityState, TimestampToken, TimestampWish
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.witnessing import read_authorities

SHOWN_RENEWALS = 1_000


@dataclass(frozen=True)
class AuthorityStatus:
    """How an authority stands. ``state``: ``good``, ``failing`` or ``never``."""

    name: str
    country: str
    is_of_card: bool
    state: str
    code: str
    said: str
    failing_since: datetime | None
    next_at: datetime | None
    good_at: datetime | None


@dataclass(frozen=True)
class TimestampStatus:
    """How timestamps stand: authorities, the newest stamped checkpoint, what waits."""

    authorities: tuple[AuthorityStatus, ...]
    size: int | None
    stamped_at: datetime | None
    #: How many authorities stamped that checkpoint.
    tokens: int
    wishes: int
    due_renewals: int
    #: Stamped checkpoints of which only the text is kept, not the signed note.
    without_note: int

    @property
    def has_two(self) -> bool:
        """Tell whether two authorities are named."""
        return len(self.authorities) > 1


@dataclass(frozen=True)
class ItemToken:
    """One token over an item's hash, for a page; ``is_renewal`` covers the one before."""

    item_number: int
    authority: str
    stamped_at: datetime
    ends_at: datetime
    is_renewal: bool


def list_tokens(checkpoint_size: int, *, text: str | None = None) -> tuple[PackagedToken, ...]:
    """Return the tokens over the checkpoint of that size, the first of each authority, renewed.

    With ``text`` (the note's text without signature lines) only those over exactly that.
    """
    rows = TimestampToken.objects.filter(checkpoint_size=checkpoint_size, renews=None)
    if text is not None:
        rows = rows.filter(checkpoint=text)
    first: dict[str, TimestampToken] = {}
    for row in rows.order_by("stamped_at", "pk"):
        first.setdefault(row.authority, row)
    return tuple(
        replace(
            _pack(row),
            renewals=tuple(_pack(one) for one in list_renewals(row)),
            since=find_since(row),
        )
        for _name, row in sorted(first.items())
    )


def _pack(row: TimestampToken) -> PackagedToken:
    """Return a token with its lists as its renewal covers them: in the order of the chain."""
    return PackagedToken(
        authority=row.authority,
        response=bytes(row.response),
        chain=row.chain,
        lists=tuple(bytes(one.data) for one in row.lists.order_by("number")),
    )


def find_stamped_checkpoint(*, tokens: int = 1, minimum_size: int = 0) -> tuple[int, str] | None:
    """Return size and text of the newest checkpoint that so many authorities stamped."""
    rows = TimestampToken.objects.filter(
        checkpoint_size__isnull=False, checkpoint_size__gte=minimum_size, renews=None
    )
    named: dict[tuple[int, str], set[str]] = {}
    for size, text, authority in rows.order_by("-checkpoint_size").values_list(
        "checkpoint_size", "checkpoint", "authority"
    ):
        assert size is not None  # noqa: S101 - for the type: filtered above.
        found = named.setdefault((size, text), set())
        found.add(authority)
        if len(found) >= tokens:
            return size, text
    return None


def list_item_tokens(*, report_id: bytes) -> tuple[ItemToken, ...]:
    """Return the tokens over a report's items, the first first; for pages, ask before."""
    rows = TimestampToken.objects.filter(
        item__filed__report_id=report_id, item__filed__healed_by=None
    ).select_related("item")
    return tuple(
        ItemToken(
            item_number=row.item.number if row.item is not None else 0,
            authority=row.authority,
            stamped_at=row.stamped_at,
            ends_at=row.ends_at,
            is_renewal=row.renews_id is not None,
        )
        for row in rows.order_by("stamped_at", "pk")
    )


def find_item(named: str) -> UUID:
    """Return the item that ``<report id hex>/<number>``, as in custody, or its own id names.

    Raises `NotFound`.
    """
    try:
        report, slash, number = named.partition("/")
        if slash:
            rows = models.Item.objects.filter(
                filed__report_id=bytes.fromhex(report), filed__healed_by=None, number=int(number)
            )
        else:
            rows = models.Item.objects.filter(pk=UUID(named))
    except ValueError:
        raise NotFound from None
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise NotFound
    return found


def access_timestamp_status(*, actor: Staff) -> TimestampStatus:
    """Return how timestamps stand, for a page. Raises `NotThere`."""
    check_may(actor, capability=Capability.SEE_ALARMS)
    root_key = bytes(accounts.get_organisation().root_key)
    return get_timestamp_status(card=parse_card(accounts.get_card(), root_key=root_key))


def get_timestamp_status(*, card: Card) -> TimestampStatus:
    """Return how timestamps stand under ``card``."""
    of_card = {one.name for one in read_authorities(card)}
    states = {row.name: row for row in AuthorityState.objects.all()}
    newest = (
        TimestampToken.objects.filter(checkpoint_size__isnull=False, renews=None)
        .order_by("-checkpoint_size", "-stamped_at")
        .first()
    )
    return TimestampStatus(
        authorities=tuple(
            _build_status(
                name=one.name,
                country=one.country,
                is_of_card=one.name in of_card,
                row=states.get(one.name) or AuthorityState(name=one.name),
            )
            for one in list_authorities(card)
        ),
        size=None if newest is None else newest.checkpoint_size,
        stamped_at=None if newest is None else newest.stamped_at,
        tokens=0
        if newest is None
        else len(list_tokens(newest.checkpoint_size or 0, text=newest.checkpoint)),
        wishes=TimestampWish.objects.count(),
        due_renewals=len(find_due_renewals(limit=SHOWN_RENEWALS)),
        without_note=count_without_note(),
    )


def _build_status(
    *, name: str, country: str, is_of_card: bool, row: AuthorityState
) -> AuthorityStatus:
    state = "failing" if row.code else "good" if row.good_at is not None else "never"
    return AuthorityStatus(
        name=name,
        country=country,
        is_of_card=is_of_card,
        state=state,
        code=row.code,
        said=row.said,
        failing_since=row.failing_since,
        next_at=row.next_at if row.next_at is not None and row.next_at > clock.now() else None,
        good_at=row.good_at,
    )
