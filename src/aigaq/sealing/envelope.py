"""Sealing a report: from contents to members that only the team can open, in one pass.

Items are read once and never held: memory stays constant whatever their size. The report identity
is made here, used, sealed into ``key.age`` and forgotten. Source: spec/report.md.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.age import HybridIdentity, HybridRecipient, encrypt, encrypt_bytes
from aigaq.sealing.age_files import age_file_size, parse_hybrid_recipient
from aigaq.sealing.container import ContainerWriter, Reader
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import (
    HEADER,
    KEY,
    MANIFEST,
    MAXIMUM_ITEMS,
    Member,
    build_header,
    item_name,
    report_id,
)
from aigaq.sealing.manifest import Answer, Consent, Item, Manifest, build_manifest
from aigaq.sealing.padding import MANIFEST_STEP, pad_to_step, padme_size

SALT_BYTES = 32
# Padding is handed on in pieces of this size, so that no padding is ever a whole buffer.
ZEROS = bytes(64 * 1024)


class MemberSink(Protocol):
    """Where the members of a report go, one after the other."""

    def begin(self, name: str, *, size: int) -> None:
        """Begin a member of exactly ``size`` bytes."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes of the member and return how many."""

    def close(self) -> None:
        """Finish the last member; after this the report is whole."""


class SealingKeys(Protocol):
    """What sealing needs of a mailbox: the key that signs, and to whom letters are sealed."""

    @property
    def key(self) -> Ed25519PrivateKey:
        """Return the mailbox key."""

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes that name the mailbox."""

    @property
    def recipient(self) -> str:
        """Return the mailbox recipient, ``age1pq1…``."""


ContainerSink = ContainerWriter


class FolderSink:
    """Writes each member as a file of a folder, fsynced; a file that is there is never replaced."""

    def __init__(self, folder: Path) -> None:
        """Write into ``folder``, which must exist."""
        self._folder = folder
        self._file: BinaryIO | None = None

    def begin(self, name: str, *, size: int) -> None:
        """Begin the file of a member; its size shows by itself."""
        self.close()
        self._file = (self._folder / name).open("xb")

    def write(self, data: bytes, /) -> int:
        """Write the next bytes of the member."""
        if self._file is None:
            raise SealingError("container.bad_order")
        return self._file.write(data)

    def close(self) -> None:
        """Make the last file durable."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


@dataclass(frozen=True)
class ItemToSeal:
    """An attachment: its content, read once, and what is known of it beforehand."""

    content: Reader
    size_bytes: int
    name: str
    media_type: str
    source: str = "chosen"
    hidden_details: str | None = None


@dataclass(frozen=True)
class ConsentToSeal:
    """A permission; ``items`` None means the whole report."""

    purpose: str
    audience: str
    items: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ReportToSeal:
    """What a reporter tells, and whom: team facts come from a card that was verified."""

    team_id: bytes
    team_recipient: str
    card_version: int
    language: str
    made_at: datetime
    answers: Sequence[tuple[int, str]] = ()
    consents: Sequence[ConsentToSeal] = ()
    items: Sequence[ItemToSeal] = ()
    continues: bytes | None = None


@dataclass(frozen=True)
class SealedReport:
    """What the reporter's side keeps of a sealed report: enough for a receipt file."""

    report_id: bytes
    commitment: bytes
    header: bytes
    manifest: Manifest


def seal_report(report: ReportToSeal, *, keys: SealingKeys, sink: MemberSink) -> SealedReport:
    """Seal ``report`` into ``sink`` and return its id, commitment and manifest.

    On any error the sink holds half a report, which the caller throws away. Raises `SealingError`:
    ``report.empty``, ``report.too_many_items``, ``report.item_changed`` (its content is longer or
    shorter than it was said to be), ``report.bad_manifest`` (a value is out of its bounds),
    ``card.bad_form`` (no team recipient), ``container.too_large``.
    """
    team_recipient = parse_hybrid_recipient(report.team_recipient, code="card.bad_form")
    _check_before_sealing(report)
    identity = HybridIdentity.generate()
    writer = _MemberWriter(sink)
    items = tuple(
        _seal_item(one, number=number, recipient=identity.recipient, writer=writer)
        for number, one in enumerate(report.items)
    )
    manifest = _fill_manifest(report, keys=keys, items=items)
    padded = pad_to_step(build_manifest(manifest), step=MANIFEST_STEP)
    writer.add(MANIFEST, data=encrypt_bytes(padded, recipients=[identity.recipient]))
    secret = identity.secret_text().encode("ascii")
    writer.add(KEY, data=encrypt_bytes(secret, recipients=[team_recipient]))
    header = build_header(
        key=keys.key,
        mailbox_recipient=keys.recipient,
        team_id=report.team_id,
        commitment=manifest.commitment(),
        members=writer.members,
    )
    writer.add(HEADER, data=header)
    sink.close()
    return SealedReport(
        report_id=report_id(header),
        commitment=manifest.commitment(),
        header=header,
        manifest=manifest,
    )


def _check_before_sealing(report: ReportToSeal) -> None:
    if not report.answers and not report.items:
        raise SealingError("report.empty")
    if len(report.items) > MAXIMUM_ITEMS:
        raise SealingError("report.too_many_items")


def _fill_manifest(report: ReportToSeal, *, keys: SealingKeys, items: tuple[Item, ...]) -> Manifest:
    return Manifest(
        team_id=report.team_id,
        card_version=report.card_version,
        mailbox_key=keys.public_key,
        mailbox_recipient=keys.recipient,
        root_salt=secrets.token_bytes(SALT_BYTES),
        language=report.language,
        made_at=report.made_at,
        continues=report.continues,
        answers=tuple(
            Answer(number=number, salt=secrets.token_bytes(SALT_BYTES), value=value)
            for number, value in report.answers
        ),
        consents=tuple(
            Consent(
                number=number,
                salt=secrets.token_bytes(SALT_BYTES),
                purpose=one.purpose,
                audience=one.audience,
                items=one.items,
            )
            for number, one in enumerate(report.consents)
        ),
        items=items,
    )


def _seal_item(
    item: ItemToSeal, *, number: int, recipient: HybridRecipient, writer: "_MemberWriter"
) -> Item:
    content = _PaddedContent(item.content, size=item.size_bytes)
    name = item_name(number)
    writer.begin(name, size=age_file_size(padme_size(item.size_bytes)))
    encrypt(content, writer, recipients=[recipient])
    writer.end()
    return Item(
        number=number,
        salt=secrets.token_bytes(SALT_BYTES),
        name=item.name,
        media_type=item.media_type,
        size_bytes=item.size_bytes,
        sha256=content.sha256(),
        source=item.source,
        hidden_details=item.hidden_details,
    )


class _PaddedContent:
    """An item's content followed by the zeros of Padmé, hashed as it is read."""

    def __init__(self, content: Reader, *, size: int) -> None:
        self._content = content
        self._left = size
        self._zeros_left = padme_size(size) - size
        self._hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            size = self._left + self._zeros_left
        if self._left and size:
            return self._read_content(size)
        zeros = min(size, self._zeros_left, len(ZEROS))
        self._zeros_left -= zeros
        return ZEROS[:zeros]

    def _read_content(self, size: int) -> bytes:
        data = self._content.read(min(size, self._left))
        if not data:
            raise SealingError("report.item_changed")
        self._hash.update(data)
        self._left -= len(data)
        return data

    def sha256(self) -> bytes:
        """Return the content's hash. Raises `SealingError` if there is more than was said."""
        if self._content.read(1):
            raise SealingError("report.item_changed")
        return self._hash.digest()


class _MemberWriter:
    """Passes members on to a sink and notes size and hash of each."""

    def __init__(self, sink: MemberSink) -> None:
        self._sink = sink
        self._name = ""
        self._size = 0
        self._hash = hashlib.sha256()
        self.members: list[Member] = []

    def begin(self, name: str, *, size: int) -> None:
        self._sink.begin(name, size=size)
        self._name, self._size, self._hash = name, 0, hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self._hash.update(data)
        self._size += len(data)
        return self._sink.write(data)

    def end(self) -> None:
        self.members.append(
            Member(name=self._name, sha256=self._hash.digest(), size_bytes=self._size)
        )

    def add(self, name: str, *, data: bytes) -> None:
        self.begin(name, size=len(data))
        self.write(data)
        self.end()
