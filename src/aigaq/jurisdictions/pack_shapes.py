"""What a pack says, as frozen dataclasses; the form is ``spec/jurisdiction-pack.md``.

Shapes: a text is ``{kk, ru, en}``; a period's end is exclusive; a confidence runs from 0 to 1. An
id may stand for several rules, each with its own period, so a section maps an id to a tuple.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from aigaq.jurisdictions.calendars import Calendar
from aigaq.jurisdictions.terms import AnyTerm, Counting, Term

Text = dict[str, str]


@dataclass(frozen=True)
class Review:
    """Who reviewed it, and on which date."""

    by: str
    on: date


@dataclass(frozen=True)
class Ground:
    """What a rule stands on: article, sources, how sure, in force when, reviewed by whom."""

    article: str | None
    sources: tuple[str, ...]
    confidence: float
    is_from_memory: bool = False
    basis: str = "law"
    effective_from: date | None = None
    effective_to: date | None = None
    reviewed: Review | None = None
    note: str | None = None
    from_pack: str = ""

    def is_in_force(self, on: date) -> bool:
        """Tell whether the rule holds on a date."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_to is None or on < self.effective_to
        )


@dataclass(frozen=True)
class Condition:
    """A fact, or *all*, *any* or *not* of conditions."""

    kind: str
    fact: str = ""
    parts: tuple["Condition", ...] = ()

    def holds(self, facts: frozenset[str]) -> bool:
        """Tell whether it is true where exactly ``facts`` are."""
        if self.kind == "fact":
            return self.fact in facts
        if self.kind == "not":
            return not self.parts[0].holds(facts)
        return (all if self.kind == "all" else any)(part.holds(facts) for part in self.parts)

    def list_facts(self) -> list[str]:
        """Return every fact that it asks for."""
        if self.kind == "fact":
            return [self.fact]
        return [fact for part in self.parts for fact in part.list_facts()]


@dataclass(frozen=True)
class Rule:
    """What all rules have."""

    id: str
    title: Text
    text: Text
    ground: Ground


@dataclass(frozen=True)
class Variant:
    """Another term where a condition holds."""

    when: Condition
    term: AnyTerm


@dataclass(frozen=True)
class Duty(Rule):
    """What an authority owes after an event."""

    triggers: tuple[str, ...]
    actor: str
    term: AnyTerm | None
    start: str = "event"
    variants: tuple[Variant, ...] = ()
    lenient_term: Term | None = None
    applies: Condition | None = None
    met_by: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()
    pausable: tuple[str, ...] = ()
    on_breach: tuple[str, ...] = ()
    no_remedy: str | None = None
    is_critical: bool = False


@dataclass(frozen=True)
class Opening:
    """One way in which a window opens: an event, or no answer to a remedy after a term."""

    trigger: str | None
    unanswered: str | None
    after: Term | None
    term: Term


@dataclass(frozen=True)
class Window(Rule):
    """The time in which our side may or must file; its lapse is no breach."""

    opens: tuple[Opening, ...]
    remedy: str | None = None
    closed_by: tuple[str, ...] = ()
    applies: Condition | None = None


@dataclass(frozen=True)
class Remedy(Rule):
    """A way to complain: to whom, against whom, and when the answer is due."""

    to: tuple[str, ...]
    against: tuple[str, ...] = ()
    answer: Term | None = None
    answer_lenient: Term | None = None
    answer_variants: tuple[Variant, ...] = ()
    window: str | None = None
    instead: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    on_unanswered: tuple[str, ...] = ()
    on_refused: tuple[str, ...] = ()
    applies: Condition | None = None
    is_never_first: bool = False
    is_international: bool = False
    is_final: bool = False


@dataclass(frozen=True)
class Offence(Rule):
    """An offence; ``severity`` and ``mode`` are ``None`` where the pack does not say."""

    severity: str | None = None
    mode: str | None = None
    limitation_years: int | None = None
    has_no_limitation: bool = False
    is_official: bool = False


@dataclass(frozen=True)
class Routing(Rule):
    """What a conflict or a fact means for the way of a complaint."""

    condition: str
    then: tuple[str, ...]


@dataclass(frozen=True)
class Pressure(Rule):
    """An attempt to make someone withdraw or be silent: which offence it is, what it opens."""

    offence: str
    opens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Institution:
    """An authority: 1 district, 2 region, 3 national, 4 international."""

    id: str
    branch: str
    level: int
    scope: str
    names: Text
    reports_to: str | None
    roles: frozenset[str]
    confidence: float


@dataclass(frozen=True)
class Resolver:
    """How a role becomes an institution."""

    id: str
    text: Text
    start: str = "proceeding"
    branch: str | None = None
    level: str | int = "same"
    role: str | None = None
    first_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trigger:
    """A type of event, and who makes it happen."""

    id: str
    text: Text
    by: str
    ground: Ground


@dataclass(frozen=True)
class Region:
    """A region with its ISO 3166-2 code; ``timezone`` if it is not the pack's."""

    code: str
    names: Text
    timezone: str | None


@dataclass(frozen=True)
class Source:
    """Where a rule was read."""

    title: str
    official: str | None
    read_at: str


@dataclass(frozen=True)
class PackFacts:
    """What a pack says of itself."""

    id: str
    version: str
    status: str
    names: Text
    languages: tuple[str, ...]
    timezone: str
    law_as_of: str
    extends: str | None
    review: Review | None
    text_review: Mapping[str, Review | None]


R = TypeVar("R", bound=Rule)
Rules = Mapping[str, tuple[R, ...]]


@dataclass(frozen=True)
class Pack:
    """A whole pack, with what it took from its parents."""

    facts: PackFacts
    sources: Mapping[str, Source]
    calendar: Calendar
    counting: Counting
    profiles: Mapping[str, Text]
    event_facts: Mapping[str, Text]
    severities: Mapping[str, Text]
    offences: Rules[Offence]
    institutions: Mapping[str, Institution]
    resolvers: Mapping[str, Resolver]
    triggers: Mapping[str, Trigger]
    duties: Rules[Duty]
    windows: Rules[Window]
    remedies: Rules[Remedy]
    routing: Rules[Routing]
    pressure: Rules[Pressure]
    advice: Mapping[str, tuple[Rule, ...]]
    regions: Mapping[str, Region]
    #: How an instrument is cited in ``article``, and its name in each language.
    instruments: Mapping[str, Text] = field(default_factory=dict)
    #: Ids that rules had before, and what they are called now.
    former_ids: Mapping[str, str] = field(default_factory=dict)
    _triggered: dict[str, list[tuple[Duty, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for duties in self.duties.values():
            for trigger in {name for duty in duties for name in duty.triggers}:
                self._triggered.setdefault(trigger, []).append(duties)

    def list_triggered(self, trigger: str) -> list[tuple[Duty, ...]]:
        """Return the duties that an event of this type can start, each with its periods."""
        return self._triggered.get(trigger, [])


#: The parent of a pack that extends none.
EMPTY = Pack(
    facts=PackFacts(
        id="",
        version="",
        status="draft",
        names={},
        languages=(),
        timezone="",
        law_as_of="",
        extends=None,
        review=None,
        text_review={},
    ),
    sources={},
    calendar=Calendar(weekend=frozenset({5, 6}), table=None),
    counting=Counting(),
    profiles={},
    event_facts={},
    severities={},
    offences={},
    institutions={},
    resolvers={},
    triggers={},
    duties={},
    windows={},
    remedies={},
    routing={},
    pressure={},
    advice={},
    regions={},
)


def get_in_force(rules: Iterable[R], *, on: date) -> R | None:
    """Return the one of an id's rules that holds on a date."""
    for rule in rules:
        if rule.ground.is_in_force(on):
            return rule
    return None
