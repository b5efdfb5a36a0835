"""The orders of the inbox, each over one index, continued from a cursor (keyset pagination).

A cursor names the values of the last line; it is text of our own making that a browser carries.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from aigaq.intake.errors import NotFound
from aigaq.intake.models import Report
from aigaq.intake.shapes import InboxView

MAX_LIMIT = 200
ORDERS: dict[InboxView, tuple[str, ...]] = {
    InboxView.OPEN: ("-urgency", "-register_number"),
    InboxView.WAITING: ("waiting_since", "register_number"),
}
NEWEST = ("-register_number",)


def filter_view(*, view: InboxView, actor_id: UUID) -> QuerySet[Report]:
    """Return the reports of a list; parts stand under their first report and are in none."""
    heads = Report.objects.filter(first__isnull=True)
    if view == InboxView.ALL:
        return heads
    if view == InboxView.FLAGGED:
        return heads.filter(is_flagged=True)
    live = heads.filter(forgotten_at__isnull=True)
    if view == InboxView.WAITING:
        return live.filter(waiting_since__isnull=False)
    if view == InboxView.MINE:
        return live.filter(assigned_to=actor_id)
    if view == InboxView.UNASSIGNED:
        return live.filter(assigned_to__isnull=True)
    return live


def read_page(
    *, view: InboxView, actor_id: UUID, cursor: str | None, limit: int
) -> tuple[list[Report], str | None]:
    """Return at most ``limit`` rows behind the cursor, and the cursor of the next page or None."""
    wanted = max(1, min(limit, MAX_LIMIT))
    order = ORDERS.get(view, NEWEST)
    rows = filter_view(view=view, actor_id=actor_id).select_related("assigned_to")
    if cursor:
        rows = rows.filter(_behind(order, _parse_cursor(cursor, order=order)))
    found = list(rows.order_by(*order)[: wanted + 1])
    more = len(found) > wanted
    page = found[:wanted]
    return page, _build_cursor(page[-1], order=order) if more else None


def _behind(order: tuple[str, ...], values: list[Any]) -> Q:
    """Return the condition for "comes after these values in this order"."""
    first, last = order[0], order[-1]
    condition = Q(**{_compare(last): values[-1]})
    if len(order) == 1:
        return condition
    name = first.lstrip("-")
    # The first half lets the index begin in the right place; SQLite does not see it in the OR.
    reach = Q(**{_compare(first) + "e": values[0]})
    return reach & (Q(**{_compare(first): values[0]}) | (Q(**{name: values[0]}) & condition))


def _compare(field: str) -> str:
    return f"{field[1:]}__lt" if field.startswith("-") else f"{field}__gt"


def _build_cursor(row: Report, *, order: tuple[str, ...]) -> str:
    values = [getattr(row, field.lstrip("-")) for field in order]
    plain = [one.isoformat() if isinstance(one, datetime) else one for one in values]
    return urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _parse_cursor(cursor: str, *, order: tuple[str, ...]) -> list[Any]:
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError
        return [_parse_value(one, field=field) for one, field in zip(values, order, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise NotFound from None


def _parse_value(value: Any, *, field: str) -> Any:
    if field == "waiting_since":
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError
    return value
