"""What an evidence package is made of, before it is written. Hashes are raw ``bytes``.

Source: ``spec/evidence-package.md``.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from aigaq.age import X25519Recipient
from aigaq.sealing.log_entries import Opening


@dataclass(frozen=True)
class PackagedReport:
    """A report of which something is disclosed, with its proof from the log."""

    report_id: bytes
    received_at: datetime
    mailbox_key: bytes
    root_salt: bytes
    leaves: tuple[bytes, ...]
    root: bytes
    commitment: bytes
    register_number: int
    log_index: int
    proof: bytes


@dataclass(frozen=True)
class DerivedFrom:
    """What came with the report, as its leaf says, of an item that leaves as a derivative."""

    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    recipe: str


@dataclass(frozen=True)
class PackagedItem:
    """A disclosed item. ``open`` gives its bytes, in plain, as received or as derived from that.

    With a recipient in ``sealed_to`` they are sealed to that key alone; else they lie open.
    """

    report_id: bytes
    item_number: int
    leaf_index: int
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    salt: bytes
    provenance: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    sealed_to: X25519Recipient | None = None
    derived_from: DerivedFrom | None = None


@dataclass(frozen=True)
class PackagedGrant:
    """A consent of the report, with its leaf."""

    report_id: bytes
    number: int
    purpose: str
    audience: str
    items: tuple[int, ...] | None
    salt: bytes
    leaf_index: int


@dataclass(frozen=True)
class StaffGrant:
    """A consent that was given by word of mouth and written down."""

    report_id: bytes
    purpose: str
    audience: str
    items: tuple[int, ...] | None
    by: str
    how: str
    granted_at: datetime


@dataclass(frozen=True)
class ToldToStaff:
    """That a report was told to staff, who took it down: answer 202 with its leaf."""

    report_id: bytes
    way: str
    salt: bytes
    leaf_index: int


@dataclass(frozen=True)
class ConsentChange:
    """A signed message by which a reporter took grants back."""

    mailbox_key: bytes
    message: str


@dataclass(frozen=True)
class LoggedHead:
    """The newest custody head that the log holds."""

    count: int
    opening: Opening
    proof: bytes


@dataclass(frozen=True)
class PackagedToken:
    """A timestamp token over the checkpoint, with its chain in PEM, and what renewed it."""

    authority: str
    response: bytes
    chain: str
    #: Lists of revoked certificates (DER, as received), in the order of the chain.
    lists: tuple[bytes, ...] = ()
    #: Each over all before it, the first first; they have no renewals of their own.
    renewals: tuple["PackagedToken", ...] = ()
    #: Since when it and its renewals prove, as the desk knows; None if they prove nothing any more.
    since: datetime | None = None


@dataclass(frozen=True)
class EarlierHead:
    """A head of before, stamped then, with the proofs of the reports in their order."""

    checkpoint: bytes
    size: int
    proofs: tuple[bytes, ...]
    tokens: tuple[PackagedToken, ...]


@dataclass(frozen=True)
class Package:
    """Everything that goes into one package."""

    made_at: datetime
    purpose: str
    audience: str
    organisation: str
    identifier: str
    team_id: bytes
    root_key: bytes
    cards: Mapping[int, bytes]
    checkpoint: bytes
    checkpoint_size: int
    reports: tuple[PackagedReport, ...]
    items: tuple[PackagedItem, ...]
    grants: tuple[PackagedGrant, ...]
    staff_grants: tuple[StaffGrant, ...]
    changes: tuple[ConsentChange, ...]
    #: The chain's lines, whole or as ``{"hash", "sequence"}``, without LF.
    custody_lines: tuple[bytes, ...]
    custody_head: bytes
    logged_head: LoggedHead | None
    tokens: tuple[PackagedToken, ...]
    #: Further files of the payload by path under ``data/``, such as ``summary.ru.html``.
    documents: Mapping[str, bytes]
    #: Of the reports that staff took down.
    told: tuple[ToldToStaff, ...] = ()
    #: By size, each smaller than the checkpoint and over every report.
    earlier: tuple[EarlierHead, ...] = ()


Json = dict[str, Any]
