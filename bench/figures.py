"""What every bench gives: figures beside their limits, as a table or as JSON lines.

A ratio is measured divided by limit: at most 1 where less is better, at least 1 where more is. The
limits are those of DESIGN 6; a figure without one has no verdict and stands there to compare with.
"""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One row: what, measured, its unit, its limit, and what stands beside it."""

    what: str
    measured: float
    unit: str
    limit: float | None = None
    more_is_better: bool = False
    beside: str = ""

    @property
    def ratio(self) -> float | None:
        """Measured divided by limit."""
        return None if self.limit is None else self.measured / self.limit

    @property
    def holds(self) -> bool:
        """Whether the limit, if there is one, is kept."""
        if self.limit is None:
            return True
        if self.more_is_better:
            return self.measured >= self.limit
        return self.measured <= self.limit

    def cells(self) -> list[str]:
        """Return the row's cells as text."""
        if self.limit is None:
            return [self.what, f"{_number(self.measured)} {self.unit}", "", "", "", self.beside]
        limit = f"{'≥' if self.more_is_better else '≤'} {_number(self.limit)} {self.unit}"
        verdict = "holds" if self.holds else "MISSES"
        measured = f"{_number(self.measured)} {self.unit}"
        return [self.what, measured, limit, f"{self.ratio:.2f}", verdict, self.beside]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def build_parser(description: str | None) -> ArgumentParser:
    """Return a parser with the option that all benches have."""
    parser = ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a figure")
    return parser


def show(figures: Iterable[Figure], *, as_json: bool) -> None:
    """Print the figures and leave: 1 if a limit is missed."""
    kept = list(figures)
    if as_json:
        for figure in kept:
            print(json.dumps(asdict(figure), ensure_ascii=False))
    else:
        print(describe_machine())
        print_table(kept)
    sys.exit(0 if all(figure.holds for figure in kept) else 1)


def describe_machine() -> str:
    """Return how many cores there are and how busy they are: a busy machine measures others."""
    return f"{os.cpu_count()} cores, load of the last minute {os.getloadavg()[0]:.1f}"


def print_table(figures: Iterable[Figure]) -> None:
    """Print one table."""
    rows = [["figure", "measured", "limit", "ratio", "verdict", "beside it"]]
    rows += [figure.cells() for figure in figures]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print(f"| {' | '.join(padded)} |")
