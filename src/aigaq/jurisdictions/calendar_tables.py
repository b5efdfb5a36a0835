"""Writes the tables of holidays: ``python -m aigaq.jurisdictions.calendar_tables``.

For development: needs the package `holidays`. A test compares the tables with what it says now, so
that a new version that moves a day is seen.
"""

import json
from pathlib import Path
from typing import Any

YEARS = range(2010, 2036)
#: Table and what `holidays` calls it: country, subdivision.
TABLES = {"KZ": ("KZ", None), "GB-ENG": ("GB", "ENG"), "UA": ("UA", None), "KG": ("KG", None)}
FOLDER = Path(__file__).with_name("packs") / "calendars"


def build_table(name: str) -> dict[str, Any]:
    """Return the table ``name``: days off with their names, and weekend days that were worked."""
    from importlib.metadata import version

    import holidays

    country, subdivision = TABLES[name]
    days = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, language="en_US")
    in_years = sorted(day for day in days if day.year in YEARS)
    return {
        "country": country,
        "days": {day.isoformat(): days[day] for day in in_years},
        "first_year": YEARS[0],
        "last_year": YEARS[-1],
        "source": f"PyPI holidays {version('holidays')} (MIT)",
        "worked": sorted(day.isoformat() for day in days.weekend_workdays if day.year in YEARS),
    }


def write_tables() -> None:
    """Write all tables."""
    for name in TABLES:
        text = json.dumps(build_table(name), ensure_ascii=False, indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    write_tables()
