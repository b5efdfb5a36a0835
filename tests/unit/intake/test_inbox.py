"""The inbox: every report once, in its order, at the same cost whatever the number."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.unit.intake.rows import make_reports

from aigaq.accounts.models import Staff
from aigaq.intake import selectors
from aigaq.intake.errors import NotFound
from aigaq.intake.inbox import NEWEST, ORDERS, filter_view
from aigaq.intake.shapes import InboxRow, InboxView


def read_all(actor: Staff, *, view: InboxView, limit: int = 7) -> list[InboxRow]:
    rows: list[InboxRow] = []
    cursor = None
    while True:
        page = selectors.list_inbox(actor=actor, view=view, cursor=cursor, limit=limit)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return rows


@pytest.mark.parametrize("view", list(InboxView))
def test_every_report_of_a_view_comes_once_and_in_order(
    staff_of: Callable[[str], Staff], view: InboxView
) -> None:
    actor = staff_of("caseworker")
    make_reports(100, assigned_to=actor)
    rows = read_all(actor, view=view)
    numbers = [row.register_number for row in rows]
    expected = filter_view(view=view, actor_id=actor.pk).order_by(*ORDERS.get(view, NEWEST))
    assert numbers == list(expected.values_list("register_number", flat=True))
    assert len(numbers) == len(set(numbers)) > 0


def test_the_open_view_begins_with_the_most_urgent(staff_of: Callable[[str], Staff]) -> None:
    make_reports(60)
    rows = read_all(staff_of("lawyer"), view=InboxView.OPEN)
    assert [row.register_number for row in rows[:4]] == [60, 40, 20, 55]


@pytest.mark.slow
@pytest.mark.parametrize("view", list(InboxView))
def test_a_page_costs_one_query_over_an_index_at_any_number(
    staff_of: Callable[[str], Staff], view: InboxView
) -> None:
    actor = staff_of("caseworker")
    counts = []
    for start in (0, 1_000):
        make_reports(1_000, assigned_to=actor, start=start)
        cursor = selectors.list_inbox(actor=actor, view=view, limit=10).next_cursor
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = selectors.list_inbox(actor=actor, view=view, cursor=cursor, limit=10)
        assert page.rows
        counts.append(len(queries))
    assert counts == [1, 1]
    rows = filter_view(view=view, actor_id=actor.pk).order_by(*ORDERS.get(view, NEWEST))
    plan = rows[:10].explain()
    assert "TEMP B-TREE" not in plan, plan


def test_counting_costs_a_fixed_number_of_queries(staff_of: Callable[[str], Staff]) -> None:
    actor = staff_of("caseworker")
    make_reports(1_500, assigned_to=actor)
    with CaptureQueriesContext(connection) as queries:
        counts = selectors.count_inbox(actor=actor)
    assert len(queries) == 7
    assert (counts.open, counts.waiting, counts.mine) == (999, 150, 500)


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwgMV0", "WzEsIDIsIDNd", "W3RydWUsIDFd", "é"])
def test_a_strange_cursor_is_not_found(staff_of: Callable[[str], Staff], cursor: str) -> None:
    with pytest.raises(NotFound):
        selectors.list_inbox(actor=staff_of("caseworker"), cursor=cursor)


@pytest.mark.parametrize("role", ["administrator", "editor", "analyst"])
def test_who_may_not_read_finds_nothing(staff_of: Callable[[str], Staff], role: str) -> None:
    with pytest.raises(NotFound):
        selectors.list_inbox(actor=staff_of(role))
