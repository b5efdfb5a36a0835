"""What the pages see of packages that people ask for: frozen values without a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from aigaq.intake.shapes import Person, Preview


class ExportState(StrEnum):
    """What became of a package that someone asked for."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    REFUSED = "refused"
    REMOVED = "removed"


@dataclass(frozen=True)
class OfferedItem:
    """An item that may be chosen; ``hindrance`` says why not: ``consent.*``, ``package.*``."""

    number: int
    id: UUID
    name: str
    kind: str
    size_bytes: int
    provenance: str
    still: Preview | None
    is_by_mouth: bool
    hindrance: str


@dataclass(frozen=True)
class OfferedReport:
    """A report whose items may be chosen for one purpose, within ``limits`` as they were said."""

    id: UUID
    register_number: int
    mailbox_id: UUID | None
    is_sample: bool
    items: tuple[OfferedItem, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True)
class ExportedPart:
    """A report that a package discloses items of."""

    id: UUID
    register_number: int
    items: tuple[int, ...]
    is_forgotten: bool


#: What the verifier says of a package without timestamps, now and in verdicts of before.
_NO_TOKENS = (
    "There are no timestamps.",
    "no timestamps",
    "0 of 0 by authorities of the policy",
)


@dataclass(frozen=True)
class VerdictStep:
    """What our own verifier found at one step.

    ``words`` are its own, by language; of verdicts of before only English is there.
    """

    number: int
    name: str
    result: str
    code: str
    where: str
    words: Mapping[str, str]

    @property
    def has_nothing(self) -> bool:
        """Tell whether the step had nothing to look at: a package without timestamps."""
        return self.name == "tokens" and self.words["en"] in _NO_TOKENS


@dataclass(frozen=True)
class ExportDetail:
    """A package that someone asked for. ``sealed_to`` is empty if its items lie open in it."""

    id: UUID
    state: ExportState
    stage: str
    percent: int
    asked_by: Person
    asked_at: datetime
    purpose: str
    audience: str
    recipient: str
    sealed_to: str
    languages: tuple[str, ...]
    reports: tuple[ExportedPart, ...]
    items: int
    code: str
    facts: Mapping[str, object]
    outcome: str
    steps: tuple[VerdictStep, ...]
    control: str
    seal: str
    size_bytes: int
    made_at: datetime | None
    kept_until: datetime | None
    handed_out: int
    handed_out_at: datetime | None
