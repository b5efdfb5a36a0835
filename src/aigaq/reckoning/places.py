"""An office: an institution of the pack, in the case's own district or in another one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Office:
    """An institution; ``district`` is ``None`` for the case's own place."""

    institution: str
    district: str | None = None

    def __str__(self) -> str:
        return self.institution if self.district is None else f"{self.institution}@{self.district}"
