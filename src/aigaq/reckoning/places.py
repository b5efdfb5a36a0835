"""Time zones and offices: where something happened, and which office of which district it was.

The tz database is the package `tzdata` of the lock file and never the machine's, so that a deadline
does not depend on when a computer was last updated (Kazakhstan changed its offset on 1 March 2024).
An office is an institution of the pack, in the case's own district or in another one.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from aigaq.errors import AigaqError


class PlaceError(AigaqError):
    """A place, zone or office is not known."""


@dataclass(frozen=True, order=True)
class Office:
    """An institution; ``district`` is ``None`` for the case's own place."""

    institution: str
    district: str | None = None

    def __str__(self) -> str:
        return self.institution if self.district is None else f"{self.institution}@{self.district}"


@lru_cache(maxsize=64)
def load_zone(name: str) -> ZoneInfo:
    """Return the zone ``name``, such as ``Asia/Almaty``. Raises `PlaceError` ``place.no_zone``."""
    parts = name.split("/")
    if not all(part.replace("_", "").replace("-", "").isalnum() for part in parts):
        raise PlaceError("place.no_zone", zone=name[:50])
    file = files("tzdata").joinpath("zoneinfo", *parts)
    if not file.is_file():
        raise PlaceError("place.no_zone", zone=name[:50])
    with file.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
