"""The inbox at 10³, 10⁴ and 10⁵ reports: p95 of a page, a deep page, the counts, one report.

Budget: 100 ms (DESIGN 6). Run alone: ``python -m bench.inbox``.
"""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figure, build_parser, show

BUDGET_MS = 100.0
SIZES = (1_000, 10_000, 100_000)
SAMPLES = 60


def measure_p95_ms(call: Callable[[], object]) -> float:
    """Return the 95th percentile of some calls in milliseconds."""
    times = []
    for _sample in range(SAMPLES):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1_000)
    return statistics.quantiles(times, n=20)[-1]


def measure() -> Iterator[Figure]:
    """Fill a desk of its own and measure it at each size."""
    folder = Path(tempfile.mkdtemp(prefix="aigaq-bench-"))
    os.environ["AIGAQ_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
    try:
        yield from _measure()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure() -> Iterator[Figure]:
    import django

    django.setup()
    from django.conf import settings
    from tests.unit.intake.rows import make_reports

    from aigaq import clock
    from aigaq.accounts.models import Staff
    from aigaq.core.held_keys import HELD
    from aigaq.core.schema import migrate
    from aigaq.intake import selectors
    from aigaq.intake.shapes import InboxView

    settings.HOME.create()
    HELD.hold(master=bytes(32))
    migrate()
    staff = Staff(
        username="bench", display_name="Bench", roles=["caseworker"], created_at=clock.now()
    )
    staff.set_unusable_password()
    staff.save()
    have = 0
    for size in SIZES:
        make_reports(size - have, assigned_to=staff, start=have)
        have = size
        figures = {
            view.value: measure_p95_ms(
                lambda v=view: selectors.list_inbox(actor=staff, view=v)  # type: ignore[misc]
            )
            for view in InboxView
        }
        deep = _find_deep_cursor(size)
        one = selectors.find_by_register_number(actor=staff, number=size // 2)
        figures["deep page"] = measure_p95_ms(
            lambda c=deep: selectors.list_inbox(actor=staff, view=InboxView.ALL, cursor=c)  # type: ignore[misc]
        )
        figures["counts"] = measure_p95_ms(lambda: selectors.count_inbox(actor=staff))
        figures["one report"] = measure_p95_ms(
            lambda r=one: selectors.access_report(actor=staff, report_id=r)  # type: ignore[misc]
        )
        for name, value in figures.items():
            yield Figure(f"{size:,} reports: {name}, p95", value, "ms", BUDGET_MS)


def _find_deep_cursor(size: int) -> str:
    from aigaq.intake.inbox import NEWEST, _build_cursor
    from aigaq.intake.models import Report

    return _build_cursor(Report.objects.get(register_number=size // 10), order=NEWEST)


def main() -> None:
    """Print the table."""
    arguments = build_parser(__doc__).parse_args()
    show(measure(), as_json=arguments.json)


if __name__ == "__main__":
    main()
