"""What intake gives to the pages: frozen values without a database behind them.

Times are aware, in UTC. Texts of codes (urgency reasons, faults, alarms, previews) are made at the
edge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class ReportState(StrEnum):
    """What became of a report. The filing receipt calls a contradictory one damaged."""

    FILED = "filed"
    DAMAGED = "damaged"
    CONTRADICTORY = "contradictory"
    DUPLICATE = "duplicate"
    FORGOTTEN = "forgotten"


class Direction(StrEnum):
    """Who writes to whom."""

    TO_DESK = "to_desk"
    TO_REPORTER = "to_reporter"


class RequestAction(StrEnum):
    """What she may ask of a person."""

    WITHDRAW = "withdraw"
    DELETE = "delete"
    LIMIT = "limit"


class InboxView(StrEnum):
    """A list of the inbox with its own order."""

    OPEN = "open"
    WAITING = "waiting"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    FLAGGED = "flagged"
    ALL = "all"


class Urgency(IntEnum):
    """How soon a person should read."""

    USUAL = 0
    SOON = 1
    NOW = 2


@dataclass(frozen=True)
class Person:
    """A member of staff."""

    id: UUID
    name: str


@dataclass(frozen=True)
class InboxRow:
    """One line of the inbox."""

    id: UUID
    register_number: int
    state: ReportState
    urgency: Urgency
    urgency_reasons: tuple[str, ...]
    under_18: bool
    language: str
    role: str | None
    summary: str
    items: int
    parts: int
    messages: int
    received_at: datetime
    filed_at: datetime
    waiting_since: datetime | None
    assigned_to: Person | None
    is_watched: bool
    has_faults: bool
    is_safe: bool
    is_new: bool
    is_sample: bool


@dataclass(frozen=True)
class InboxPage:
    """Some lines, and where the next ones begin."""

    rows: tuple[InboxRow, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class InboxCounts:
    """Numbers for the menu, each counted up to 999."""

    open: int
    waiting: int
    mine: int
    unassigned: int
    flagged: int
    alarms: int
    requests: int


@dataclass(frozen=True)
class Answer:
    """One answer."""

    question: int
    value: str


@dataclass(frozen=True)
class Consent:
    """One permission; ``number`` None if it was given by word of mouth.

    ``withdrawn_by``: ``message`` or ``mouth``. What was heard is empty where nobody had to hear it.
    """

    id: UUID
    number: int | None
    purpose: str
    audience: str
    items: tuple[int, ...] | None
    is_live: bool
    withdrawn_at: datetime | None
    given_at: datetime
    valid_until: datetime | None
    recorded_at: datetime | None
    written_by: str
    how: str
    heard_by: str
    limits: str
    withdrawn_by: str
    withdrawn_because: str
    withdrawn_how: str
    withdrawn_heard_by: str
    withdrawn_said_at: datetime | None


@dataclass(frozen=True)
class PartRow:
    """Another report of the same mailbox."""

    id: UUID
    register_number: int
    received_at: datetime
    state: ReportState


@dataclass(frozen=True)
class Preview:
    """Pixels, samples or text that the sandbox made."""

    id: UUID
    kind: str
    number: int
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    seconds: int | None


@dataclass(frozen=True)
class ItemDetail:
    """One item; its name is hostile text, never a path."""

    id: UUID
    report_id: UUID
    number: int
    name: str
    type: str
    size_bytes: int
    sha256: str
    source: str
    hidden_details: str | None
    fault: str | None
    kind: str
    previews: tuple[Preview, ...]
    preview_state: str
    preview_code: str | None


@dataclass(frozen=True)
class ReportDetail:
    """One report with everything on its page but its mailbox."""

    row: InboxRow
    report_id: str
    commitment: str | None
    mailbox_id: UUID | None
    came_by: str
    made_at: datetime | None
    faults: tuple[str, ...]
    answers: tuple[Answer, ...]
    items: tuple[ItemDetail, ...]
    consents: tuple[Consent, ...]
    parts: tuple[PartRow, ...]
    first_id: UUID | None
    second_place_at: datetime | None
    safe_at: datetime | None
    filing_receipt: str | None
    same_commitment: UUID | None
    assigned_note: str


@dataclass(frozen=True)
class AlarmRow:
    """One alarm."""

    id: UUID
    code: str
    at: datetime
    mailbox_id: UUID | None
    report_id: UUID | None
    details: Mapping[str, str]
    resolved_at: datetime | None
    resolved_by: Person | None


@dataclass(frozen=True)
class RequestRow:
    """One request to a person."""

    id: UUID
    action: RequestAction
    report_id: UUID
    mailbox_id: UUID
    register_number: int
    asked_at: datetime
    decided_at: datetime | None
    decision: str | None
    decided_by: Person | None
    #: Until when it cannot be done as asked; None when the cooling-off is over.
    waits_until: datetime | None


@dataclass(frozen=True)
class MessageRow:
    """One message; a flagged one has a fault and was not acted on."""

    id: UUID
    direction: Direction
    sequence: int
    kind: str
    text: str | None
    at: datetime
    author: Person | None
    fault: str | None
    delivery: str | None
    watched: bool


@dataclass(frozen=True)
class ChannelRow:
    """A safe way to ask her once more; ``is_new``: younger than a cooling-off may trust."""

    text: str
    is_of_meeting: bool
    agreed_by: str
    agreed_at: datetime
    written_by: Person | None
    is_new: bool


@dataclass(frozen=True)
class ErasingRow:
    """An erasing that waits; ``ends_at`` None: the letter about it is not at the gate yet.

    ``letter`` is how far that letter is, None where none can reach her.
    """

    report_id: UUID
    register_number: int
    reason: str
    is_confirmed: bool
    why: str
    asked_by: Person
    asked_at: datetime
    days: int
    ends_at: datetime | None
    letter: str | None


@dataclass(frozen=True)
class MailboxDetail:
    """One mailbox with both directions."""

    id: UUID
    reports: tuple[PartRow, ...]
    is_watched: bool
    watched_at: datetime | None
    is_dead: bool
    second_channels: tuple[ChannelRow, ...]
    messages: tuple[MessageRow, ...]
    alarms: tuple[AlarmRow, ...]
    requests: tuple[RequestRow, ...]
    can_reply: bool
    cannot_reply_code: str | None


@dataclass(frozen=True)
class NearRow:
    """An item with a picture near to one of ours; ``ours`` and ``theirs`` are previews."""

    item_id: UUID
    report_id: UUID
    register_number: int
    name: str
    is_same_file: bool
    ours: UUID
    theirs: UUID


@dataclass(frozen=True)
class DueRow:
    """A report that terms or consent say should go; ``reason`` is `evidence.shapes.DueReason`."""

    id: UUID
    register_number: int
    reason: str
    due_at: datetime


@dataclass(frozen=True)
class OpeningRow:
    """Someone opened something."""

    what: str
    name: str
    by: Person
    at: datetime


@dataclass(frozen=True)
class GateStatus:
    """How the last contact with the gate went, and what waits here to be opened."""

    state: str
    last_contact_at: datetime | None
    last_attempt_at: datetime | None
    code: str | None
    waiting_reports: int
    waiting_messages: int
    fetching: str | None
    fetched_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class SecondPlaceStatus:
    """Where the copy lies and whether it is whole."""

    state: str
    folder: str | None
    is_trial: bool
    last_copied_at: datetime | None
    code: str | None
    waiting_reports: int


@dataclass(frozen=True)
class WatchState:
    """What a stranger sees of one thing."""

    state: str
    checked_at: datetime | None
    differences: tuple[str, ...]


@dataclass(frozen=True)
class PublicWatch:
    """What a stranger sees of card and bundle."""

    card: WatchState
    bundle: WatchState


@dataclass(frozen=True)
class NoticeSettings:
    """Where "look at the desk" goes."""

    to: tuple[str, ...]
    host: str
    port: int
    security: str
    sender: str
    also_while_locked: bool


@dataclass(frozen=True)
class Download:
    """An original on its way out; give all three to a streaming answer."""

    name: str
    size_bytes: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
