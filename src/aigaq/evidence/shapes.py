"""What the evidence store takes and gives. Hashes and report ids are raw ``bytes``.

Times are aware datetimes in UTC, sizes are bytes. Source: ``spec/evidence-package.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from aigaq.accounts.selectors import Staff
from aigaq.evidence.custody_lines import COMMAND_LINE, DESK, SAID_TO_BE
from aigaq.sealing.log_entries import Opening


@dataclass(frozen=True)
class AtCommandLine:
    """Whoever used a command on the desk's computer, where nobody signs in.

    ``said_to_be``: whom the command named, if anyone.
    """

    said_to_be: Staff | None


Who = Staff | AtCommandLine | None


def name_person(person: Who) -> str:
    """Return who acts, as a line says it: the name and the beginning of the person's id."""
    if isinstance(person, AtCommandLine):
        said = person.said_to_be
        return COMMAND_LINE + ("" if said is None else SAID_TO_BE + name_person(said))
    return DESK if person is None else f"{person.display_name} ({str(person.pk)[:8]})"


def name_item(*, report_id: bytes, item_number: int | None) -> str:
    """Return how a line of custody names an item, or a report as a whole."""
    return report_id.hex() if item_number is None else f"{report_id.hex()}/{item_number}"


class Provenance(StrEnum):
    """Where an item comes from. Only the first was made by the reporter."""

    RECORDED = "recorded"
    RECEIVED = "received"
    SECONDARY = "secondary"
    OFFICIAL = "official"
    WEB_CAPTURE = "web_capture"


class FileKind(StrEnum):
    """Three different things: what came, what it opens to, and what was made of that."""

    SEALED = "sealed"
    WORKING = "working"
    DERIVATIVE = "derivative"


class Fixity(StrEnum):
    """What the last hashing of a file found."""

    UNCHECKED = "unchecked"
    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class LogState(StrEnum):
    """Where a report's commitment stands."""

    LOGGED = "logged"
    WAITING = "waiting"
    OVERDUE = "overdue"
    NOTHING = "nothing"


@dataclass(frozen=True)
class FiledFile:
    """A file of an item in the blob store."""

    blob_id: UUID
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True)
class FiledItem:
    """One item of a report as it is filed; ``working`` is None if it could not be opened."""

    number: int
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    salt: bytes
    leaf_index: int
    provenance: Provenance
    hidden_details: str | None
    fault: str
    #: The name of the member that it came in, "item-0000.age".
    member: str
    working: FiledFile | None


@dataclass(frozen=True)
class Filing:
    """One report as it is filed. ``state`` is that of the filing receipt.

    ``members`` is the envelope as it came, file by file.


    ``commitment`` and ``mailbox_key`` are None without a readable header, ``root_salt`` is None and
    ``leaves`` empty without a readable manifest.
    """

    report_id: bytes
    register_number: int
    state: str
    came_by: str
    commitment: bytes | None
    mailbox_key: bytes | None
    root_salt: bytes | None
    leaves: tuple[bytes, ...]
    received_at: datetime
    filed_at: datetime
    members: Mapping[str, FiledFile]
    items: tuple[FiledItem, ...]
    #: The number under which a damaged copy of the same report was filed before, or None.
    heals: int | None = None


@dataclass(frozen=True)
class FirstCopy:
    """A damaged copy under which a report was filed before the whole one."""

    register_number: int
    came_by: str
    received_at: datetime
    filed_at: datetime


@dataclass(frozen=True)
class DerivedFile:
    """A file that was made of an item's working copy by a recipe, such as ``preview/still/v1``."""

    blob_id: UUID
    size_bytes: int
    sha256: bytes
    content_type: str
    recipe: str
    #: Eight bytes of a picture that near pictures share most bits of.
    mark: bytes | None = None


@dataclass(frozen=True)
class ChainHead:
    """How many lines a chain has, and the hash over them all."""

    count: int
    head: bytes


@dataclass(frozen=True)
class StoredLine:
    """One line of a chain; ``line`` is None once it was forgotten."""

    sequence: int
    report_id: bytes | None
    item_number: int | None
    line: bytes | None
    line_sha256: bytes


@dataclass(frozen=True)
class LoggedOpening:
    """A register or custody head that the log holds at ``log_index``."""

    count: int
    head: bytes
    opening: Opening
    log_index: int
    logged_at: datetime


@dataclass(frozen=True)
class LeafOfReport:
    """Everything that a proof of a filed report needs, and that forgetting takes away."""

    report_id: bytes
    register_number: int
    state: str
    received_at: datetime
    filed_at: datetime
    mailbox_key: bytes
    root_salt: bytes
    leaves: tuple[bytes, ...]
    root: bytes
    commitment: bytes
    log_index: int | None
    logged_at: datetime | None


@dataclass(frozen=True)
class KeyOfReport:
    """Under which mailbox key a filed report was sealed, and since when it is here."""

    report_id: bytes
    mailbox_key: bytes
    filed_at: datetime


@dataclass(frozen=True)
class StoredFile:
    """One file of an item or of the envelope: sealed original, working copy or derivative."""

    id: UUID
    kind: FileKind
    parent_id: UUID | None
    member: str
    recipe: str
    content_type: str
    blob_id: UUID
    size_bytes: int
    sha256: bytes
    fixity: Fixity
    checked_at: datetime | None


@dataclass(frozen=True)
class ItemEvidence:
    """One item with its files. ``provenance_by`` is who said where it comes from, if anyone."""

    id: UUID
    report_id: bytes
    number: int
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    salt: bytes
    leaf_index: int
    provenance: Provenance
    provenance_by: str
    hidden_details: str | None
    fault: str
    files: tuple[StoredFile, ...]


@dataclass(frozen=True)
class CustodyEvent:
    """One line of custody for a page; of a forgotten one only place and hash are known."""

    sequence: int
    line_sha256: bytes
    at: datetime | None
    by: str
    event: str
    item_number: int | None
    sha256: bytes | None
    note: str


@dataclass(frozen=True)
class NearItem:
    """An item whose picture is near to one of ours; both pictures as blobs of previews."""

    report_id: bytes
    item_number: int
    bits_apart: int
    is_same_file: bool
    ours: UUID
    theirs: UUID


@dataclass(frozen=True)
class TermsOfKeeping:
    """How long evidence is kept, in days; None: until someone decides."""

    fixity_days: int = 30
    keep_days: int | None = None
    keep_damaged_days: int | None = None
    keep_withdrawn_days: int | None = None
    legal_basis: str = ""


class DueReason(StrEnum):
    """Why a report should go."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    DAMAGED = "damaged"
    KEPT_LONG_ENOUGH = "kept_long_enough"


@dataclass(frozen=True)
class DueReport:
    """A report that terms or consent say should be forgotten; a person decides."""

    report_id: bytes
    register_number: int
    reason: DueReason
    due_at: datetime


@dataclass(frozen=True)
class ReportEvidence:
    """The page of a report's evidence."""

    report_id: bytes
    register_number: int
    state: str
    came_by: str
    received_at: datetime
    filed_at: datetime
    commitment: bytes | None
    items: tuple[ItemEvidence, ...]
    log_state: LogState
    log_index: int | None
    logged_at: datetime | None
    is_independently_witnessed: bool
    custody: tuple[CustodyEvent, ...]
