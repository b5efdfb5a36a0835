"""Time zones of the package `tzdata` in the lock file, never of the machine.

A deadline may not depend on when a computer was last updated: Kazakhstan went from +06:00 to +05:00
on 1 March 2024, and an old database does not know.
"""

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from aigaq.errors import AigaqError

LONGEST = 60


class ZoneError(AigaqError):
    """A time zone is not known."""


@lru_cache(maxsize=64)
def load_zone(name: str) -> ZoneInfo:
    """Return the zone ``name``, such as ``Asia/Almaty``. Raises `ZoneError` ``zone.unknown``."""
    parts = name.split("/")
    is_name = all(part.replace("_", "").replace("-", "").isalnum() for part in parts)
    if not is_name or len(name) > LONGEST:
        raise ZoneError("zone.unknown", zone=name[:50])
    file = files("tzdata").joinpath("zoneinfo", *parts)
    if not file.is_file():
        raise ZoneError("zone.unknown", zone=name[:50])
    try:
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except ValueError:  # The package has lists of other kinds beside the zones.
        raise ZoneError("zone.unknown", zone=name[:50]) from None
