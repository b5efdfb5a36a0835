"""What a case file says, as frozen dataclasses; the form is ``spec/clocks.md``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from aigaq.reckoning.places import Office

ROLES = (
    *("survivor", "relative", "witness", "helper", "lawyer"),
    *("alleged_perpetrator", "suspect", "official", "other"),
)
PERPETRATORS = frozenset({"alleged_perpetrator", "suspect"})
RELATIONS = ("kin", "superior", "works_at", "represents", "business")
KINDS = ("criminal", "complaint", "court", "inquiry")
#: A complaint that was registered as a matter of its own is about the others.
KINDS_OF_COMPLAINTS = frozenset({"complaint", "court"})
#: Types of events beside the triggers of a pack, and the fields that each asks for.
OWN_TYPES: Mapping[str, tuple[str, ...]] = {
    "act_committed": (),
    "complaint_submitted": ("remedy", "to"),
    "complaint_answered": ("remedy",),
    "complaint_sent_down": ("remedy", "to"),
    "duty_met": ("duty",),
    "paused": ("reason",),
    "interrupted": ("reason",),
    "resumed": (),
    "refused": (),
    "released": (),
    "pressure": ("kind",),
}
RESULTS = ("granted", "refused", "none")


@dataclass(frozen=True)
class Party:
    """A person in the case."""

    id: str
    roles: frozenset[str]
    office: Office | None = None


@dataclass(frozen=True)
class Relation:
    """A tie between two people, or between a person and an office."""

    start: str
    end: str | Office
    kind: str


@dataclass(frozen=True)
class Proceeding:
    """One registered matter before one authority."""

    id: str
    kind: str
    office: Office | None
    number: str | None = None
    offences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    """What happened; ``at`` is an instant in the zone of its place."""

    type: str
    at: datetime
    proceeding: str
    by: str | Office | None = None
    to: str | Office | None = None
    facts: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    line: int = 0
    #: Pressure that counts as this type, although nobody reported it.
    is_pressure: bool = False

    def get_field(self, name: str) -> str:
        """Return a field that its type asks for, or an empty text."""
        return self.fields.get(name, "")


@dataclass(frozen=True)
class Case:
    """A whole case file, checked."""

    pack_id: str
    as_of: datetime
    zone: tzinfo
    region: str | None
    district: str | None
    offences: tuple[str, ...]
    profile: frozenset[str]
    parties: Mapping[str, Party]
    relations: tuple[Relation, ...]
    proceedings: Mapping[str, Proceeding]
    events: tuple[Event, ...]
    notes: tuple[tuple[str, int], ...] = ()

    def list_offences(self, proceeding: str) -> tuple[str, ...]:
        """Return the offences of a proceeding: its own, or those of the case."""
        one = self.proceedings.get(proceeding)
        return (one.offences if one else ()) or self.offences

    def name_within(self, title: str, *, proceeding: str) -> str:
        """Return a title, with the proceeding behind it where the case has several."""
        return title if len(self.proceedings) < 2 else f"{title} ({proceeding})"

    def get_office(self, who: str | Office | None) -> Office | None:
        """Return the office that was meant: itself, or that of a party."""
        if isinstance(who, str):
            party = self.parties.get(who)
            return party.office if party else None
        return who

    def is_within(self, event: Event, *, proceeding: str) -> bool:
        """Tell whether a complaint can be about a proceeding: of its own, or a matter apart."""
        if event.proceeding == proceeding:
            return True
        return self.proceedings[event.proceeding].kind in KINDS_OF_COMPLAINTS
