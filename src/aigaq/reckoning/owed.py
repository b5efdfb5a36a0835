"""One thing that an authority owes in a case: its dates, and what became of it.

Source of the states: ``spec/clocks.md``, *Duties*.
"""

from dataclasses import dataclass
from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Ground, Routing, Text
from aigaq.reckoning.case_shapes import Event
from aigaq.reckoning.due_dates import Due, Step
from aigaq.reckoning.places import Office
from aigaq.reckoning.starts import build_refusal


@dataclass(frozen=True)
class Owed:
    """A duty in a case, with its dates and its state."""

    id: str
    title: Text
    proceeding: str
    actor: Office | None
    event: Event
    starts_at: datetime
    due: Due | None
    ground: Ground
    on_breach: tuple[str, ...]
    #: From the event to the date, or to why there is none.
    how: tuple[Step, ...] = ()
    is_critical: bool = False
    applies: bool = True
    is_complaint: bool = False
    met_at: datetime | None = None
    refused_at: datetime | None = None
    was_sent_down: bool = False
    #: It broke with the act itself, of which no ground was given.
    had_no_ground: bool = False
    #: What a complaint was answered with: ``granted``, ``refused`` or ``none``.
    result: str | None = None
    superseded_at: datetime | None = None
    #: The rule of the pack that stands behind it, if no event of the file does.
    rule: Routing | None = None
    #: The duty that is still not met although this complaint about it was answered.
    unheeded: Text | None = None

    def get_state(self, as_of: datetime) -> str:
        """Return ``met``, ``not_applicable``, ``breached``, ``paused``, … at a moment."""
        if self.superseded_at is not None:
            return "not_applicable"
        if self.met_at is not None:
            return "met"
        if not self.applies:
            return "not_applicable"
        if self.refused_at is not None:
            return "breached"
        if self.due is None:
            return "running"
        if self.due.is_paused:
            return "paused"
        if self.due.lenient <= as_of:
            return "breached"
        return "disputed" if self.due.strict <= as_of else "running"

    def list_steps(self) -> tuple[Step, ...]:
        """Return how its date came about, and how it broke before it."""
        if self.refused_at is None:
            return self.how
        return self.how + build_refusal(
            self.refused_at, had_no_ground=self.had_no_ground, was_sent_down=self.was_sent_down
        )

    def is_refused(self) -> bool:
        """Tell whether the authority said no, to the duty or to the complaint."""
        return self.refused_at is not None or self.result == "refused"

    def get_breach(self, as_of: datetime) -> tuple[datetime, datetime | None] | None:
        """Return since when it was late, and until when, or ``None`` if it never was."""
        if not self.applies:
            return None
        ends_at = self.superseded_at or self.met_at
        late_at = self.due.lenient if self.due and not self.due.is_paused else None
        since = min((at for at in (self.refused_at, late_at) if at is not None), default=None)
        if since is None or since > as_of or (ends_at is not None and ends_at < since):
            return None
        return since, ends_at

    def get_complained_from(self) -> datetime:
        """Return from when a complaint can be about it: we act on the strict date.

        What was filed after a complaint, while it lay there, need not be filed again.
        """
        if self.rule is not None:
            return self.starts_at
        strict = self.due.strict if self.due and not self.is_complaint else None
        known = [at for at in (self.refused_at, strict) if at is not None]
        return max(self.event.at, min(known, default=self.event.at))
