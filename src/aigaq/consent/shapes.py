"""Frozen values of consent. Report ids, salts and keys are raw ``bytes`` (32); times are UTC."""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

#: For whom each purpose is, as ``spec/questions.json`` lists them; a test compares both.
PURPOSES = MappingProxyType(
    {
        "keep": "team",
        "advise": "team",
        "represent": "lawyer",
        "refer": "partner",
        "complain": "authority",
        "prove": "court",
        "publish": "public",
        "count": "public",
    }
)
#: Under which of them items may leave the organisation, as ``spec/questions.md`` says.
ITEM_PURPOSES = ("prove", "complain", "represent", "refer")
BY_MESSAGE, BY_MOUTH = "message", "mouth"


@dataclass(frozen=True)
class Grant:
    """One permission; ``items`` None for the whole report, ``number`` None for one by mouth.

    ``salt`` and ``leaf_index`` are those of its leaf under the report's commitment.
    ``written_by``, ``how``, ``heard_by`` and ``limits`` belong to a grant by word of mouth, as
    ``withdrawn_how``, ``withdrawn_heard_by`` and ``withdrawn_said_at`` do to its withdrawal.
    ``valid_until`` None: no end.
    ``withdrawn_by`` is `BY_MESSAGE` or `BY_MOUTH`, empty while the grant stands.
    """

    id: UUID
    report_id: bytes
    number: int | None
    purpose: str
    audience: str
    items: tuple[int, ...] | None
    given_at: datetime
    valid_from: datetime
    valid_until: datetime | None = None
    salt: bytes | None = None
    leaf_index: int | None = None
    written_by: str = ""
    how: str = ""
    heard_by: str = ""
    limits: str = ""
    recorded_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_because: str = ""
    withdrawn_how: str = ""
    withdrawn_heard_by: str = ""
    withdrawn_said_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """A signed message that took grants back; ``numbers`` None: every one of its reports.

    ``named_report`` is the one report that it names, None for all of the mailbox. ``message`` is
    the signed JSON, word for word, that a package shows; empty once forgotten.
    """

    mailbox_key: bytes
    sequence: int
    named_report: bytes | None
    numbers: tuple[int, ...] | None
    report_ids: tuple[bytes, ...]
    message: str
    sent_at: datetime
    taken_at: datetime
