"""Opening a report at the desk: the numbered steps of spec/report.md, on hostile input.

`examine_report` reads what can be read and notes every fault, since a damaged or contradictory
report is kept and flagged, never dropped. `open_report` is for those who want a whole report or
none. Items are decrypted one by one by `ExaminedReport.copy_item`. Memory: header at most 2 MiB,
manifest at most 16 MiB and what JSON makes of it, items 64 KiB at a time.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from aigaq.age import AgeError, HybridIdentity, NotForMeError, decrypt, decrypt_bytes
from aigaq.sealing.age_files import age_file_size, parse_hybrid_identity
from aigaq.sealing.container import (
    CHUNK_BYTES,
    Reader,
    Writer,
    index_container,
    read_exactly,
)
from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import (
    HEADER,
    KEY,
    MANIFEST,
    MAXIMUM_HEADER_BYTES,
    Header,
    Member,
    item_name,
    parse_header,
    report_id,
)
from aigaq.sealing.manifest import MAXIMUM_MANIFEST_BYTES, Item, Manifest, parse_manifest
from aigaq.sealing.padding import MANIFEST_STEP, padme_size, unpad_from_step

MAXIMUM_KEY_BYTES = 4_096
MAXIMUM_SEALED_MANIFEST_BYTES = age_file_size(MAXIMUM_MANIFEST_BYTES + MANIFEST_STEP)
CONTRADICTIONS = frozenset({"report.contradictory", "report.wrong_commitment"})


class MemberSource(Protocol):
    """Where the members of a report lie."""

    def names(self) -> Sequence[str]:
        """Return the names of all that lies there."""

    def size(self, name: str) -> int:
        """Return the size of a member in bytes."""

    def open(self, name: str) -> AbstractContextManager[Reader]:
        """Open a member for reading, again if need be."""


class FolderSource:
    """Members as the files of a folder. A link is not a member, and not followed."""

    def __init__(self, folder: Path) -> None:
        """Read from ``folder``."""
        self._folder = folder

    def names(self) -> Sequence[str]:
        """Return the names of all entries of the folder."""
        return sorted(path.name for path in self._folder.iterdir())

    def size(self, name: str) -> int:
        """Return the size of a member's file."""
        return self._path(name).stat().st_size

    def open(self, name: str) -> AbstractContextManager[Reader]:
        """Open a member's file."""
        return self._path(name).open("rb")

    def _path(self, name: str) -> Path:
        path = self._folder / name
        if path.is_symlink() or not path.is_file():
            raise SealingError("report.missing_member")
        return path


class ContainerSource:
    """Members of a container file, which must be seekable and stay open."""

    def __init__(self, file: BinaryIO) -> None:
        """Check the form of the whole file. Raises `SealingError` (``container.…``)."""
        self._file = file
        self._index = index_container(file)

    def names(self) -> Sequence[str]:
        """Return the names of the members in their order."""
        return list(self._index)

    def size(self, name: str) -> int:
        """Return the size that the file says, which was checked."""
        return self._index[name][1]

    @contextmanager
    def open(self, name: str) -> Iterator[Reader]:
        """Open a member; only one can be read at a time."""
        offset, size = self._index[name]
        self._file.seek(offset)
        yield _Part(self._file, size=size)

    def read_range(self, name: str, *, start: int, size: int) -> bytes:
        """Return at most ``size`` bytes of a member from ``start`` on."""
        offset, whole = self._index[name]
        self._file.seek(offset + start)
        return read_exactly(self._file, min(size, max(0, whole - start)))


class _Part:
    def __init__(self, stream: Reader, *, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


@dataclass(frozen=True)
class Fault:
    """What is wrong: the step of spec/report.md, the code, and the member if it is one's own."""

    step: int
    code: str
    member: str | None = None


@dataclass(frozen=True)
class ExaminedReport:
    """What could be read of a report, and every fault that was found, in the order of the steps.

    ``header`` is None if it failed step 1, ``manifest`` if step 3 or 4 failed.
    """

    report_id: bytes | None
    header: Header | None
    manifest: Manifest | None
    faults: tuple[Fault, ...]
    source: MemberSource
    report_identity: HybridIdentity | None = field(repr=False)

    @property
    def state(self) -> str:
        """Return ``opened``, ``damaged`` or ``contradictory``; the worse one wins."""
        codes = {fault.code for fault in self.faults}
        if codes - CONTRADICTIONS:
            return "damaged"
        return "contradictory" if codes else "opened"

    def check(self) -> None:
        """Raise `SealingError` with the code of the first fault, if there is one."""
        for fault in self.faults:
            raise SealingError(fault.code, step=fault.step, member=fault.member)

    def copy_item(self, number: int, *, writer: Writer) -> Item:
        """Decrypt item ``number`` into ``writer`` and return what the manifest says of it (step 6).

        Only when this returns are the bytes what was sealed; after an error the caller throws away
        what was written. Raises `SealingError`: ``report.missing_member``, ``report.bad_item`` (it
        does not decrypt), ``report.wrong_size``, ``report.wrong_hash``, ``report.bad_padding``.
        """
        if self.manifest is None or self.report_identity is None:
            raise SealingError("report.bad_manifest")
        name = item_name(number)
        if number >= len(self.manifest.items) or name not in self.source.names():
            raise SealingError("report.missing_member", member=name)
        item = self.manifest.items[number]
        checked = _CheckedContent(writer, item=item)
        try:
            with self.source.open(name) as reader:
                decrypt(reader, checked, identities=[self.report_identity])
        except AgeError:
            raise SealingError("report.bad_item", member=name) from None
        checked.check_end()
        return item


def open_report(
    source: MemberSource, *, identities: Sequence[HybridIdentity], team_id: bytes
) -> ExaminedReport:
    """Return a report without a fault in steps 1 to 5 and 7; step 6 is `copy_item`'s.

    Raises `SealingError` with the code of the first fault.
    """
    examined = examine_report(source, identities=identities, team_id=team_id)
    examined.check()
    return examined


def examine_report(
    source: MemberSource, *, identities: Sequence[HybridIdentity], team_id: bytes
) -> ExaminedReport:
    """Return all that can be read of a report under the team identities, with its faults."""
    faults: list[Fault] = []
    names = frozenset(source.names())
    header, identifier = _step_1_header(source, names=names, team_id=team_id, faults=faults)
    if header is not None:
        faults.extend(_step_2_members(source, names=names, header=header))
    identity = _step_3_key(source, names=names, identities=identities, faults=faults)
    manifest = None
    if identity is not None:
        manifest = _step_4_manifest(source, names=names, identity=identity, faults=faults)
    if header is not None and manifest is not None:
        faults.extend(_steps_5_and_7(header, manifest=manifest))
    return ExaminedReport(
        report_id=identifier,
        header=header,
        manifest=manifest,
        faults=tuple(faults),
        source=source,
        report_identity=identity,
    )


def _step_1_header(
    source: MemberSource, *, names: frozenset[str], team_id: bytes, faults: list[Fault]
) -> tuple[Header | None, bytes | None]:
    """Form, signature, team id."""
    try:
        data = _read_member(
            source, names=names, name=HEADER, maximum=MAXIMUM_HEADER_BYTES, code="report.bad_header"
        )
    except SealingError as error:
        faults.append(Fault(step=1, code=error.code, member=HEADER))
        return None, None
    try:
        return parse_header(data, team_id=team_id), report_id(data)
    except SealingError as error:
        faults.append(Fault(step=1, code=error.code, member=HEADER))
        return None, report_id(data)


def _step_2_members(
    source: MemberSource, *, names: frozenset[str], header: Header
) -> Iterator[Fault]:
    """Present, none more, size, hash."""
    expected = {member.name for member in header.members} | {HEADER}
    if names - expected:  # Their names are somebody else's words and are not repeated.
        yield Fault(step=2, code="report.extra_member")
    for member in header.members:
        if member.name not in names:
            yield Fault(step=2, code="report.missing_member", member=member.name)
            continue
        try:
            _check_member(source, member=member)
        except SealingError as error:
            yield Fault(step=2, code=error.code, member=member.name)


def _check_member(source: MemberSource, *, member: Member) -> None:
    if source.size(member.name) != member.size_bytes:
        raise SealingError("report.wrong_size")
    digest = hashlib.sha256()
    with source.open(member.name) as reader:
        while chunk := reader.read(CHUNK_BYTES):
            digest.update(chunk)
    if digest.digest() != member.sha256:
        raise SealingError("report.wrong_hash")


def _step_3_key(
    source: MemberSource,
    *,
    names: frozenset[str],
    identities: Sequence[HybridIdentity],
    faults: list[Fault],
) -> HybridIdentity | None:
    """The report identity under a team identity."""
    try:
        data = _read_member(
            source, names=names, name=KEY, maximum=MAXIMUM_KEY_BYTES, code="report.bad_key"
        )
        secret = decrypt_bytes(data, identities=identities)
        return parse_hybrid_identity(secret.decode("ascii"), code="report.bad_key")
    except SealingError as error:
        faults.append(Fault(step=3, code=error.code, member=KEY))
    except NotForMeError:
        faults.append(Fault(step=3, code="report.not_for_us", member=KEY))
    except (AgeError, UnicodeDecodeError):
        faults.append(Fault(step=3, code="report.bad_key", member=KEY))
    return None


def _step_4_manifest(
    source: MemberSource, *, names: frozenset[str], identity: HybridIdentity, faults: list[Fault]
) -> Manifest | None:
    """Decryption, padding, form."""
    try:
        data = _read_member(
            source,
            names=names,
            name=MANIFEST,
            maximum=MAXIMUM_SEALED_MANIFEST_BYTES,
            code="report.bad_manifest",
        )
        padded = decrypt_bytes(data, identities=[identity])
        return parse_manifest(_unpad_manifest(padded))
    except SealingError as error:
        faults.append(Fault(step=4, code=error.code, member=MANIFEST))
    except AgeError:
        faults.append(Fault(step=4, code="report.bad_manifest", member=MANIFEST))
    return None


def _unpad_manifest(padded: bytes) -> bytes:
    try:
        return unpad_from_step(padded, step=MANIFEST_STEP)
    except SealingError:
        raise SealingError("report.bad_padding") from None


def _steps_5_and_7(header: Header, *, manifest: Manifest) -> Iterator[Fault]:
    """Manifest and header name the same team, mailbox and items, and the same commitment."""
    said = (header.team_id, header.mailbox_key, header.mailbox_recipient, len(header.item_members))
    meant = (
        manifest.team_id,
        manifest.mailbox_key,
        manifest.mailbox_recipient,
        len(manifest.items),
    )
    if said != meant:
        yield Fault(step=5, code="report.contradictory", member=MANIFEST)
    elif manifest.commitment() != header.commitment:
        yield Fault(step=7, code="report.wrong_commitment", member=MANIFEST)


def _read_member(
    source: MemberSource, *, names: frozenset[str], name: str, maximum: int, code: str
) -> bytes:
    """Return a small member. Raises ``report.missing_member``, or ``code`` if it is too large."""
    if name not in names:
        raise SealingError("report.missing_member")
    parts, left = [], maximum + 1
    with source.open(name) as reader:
        while left and (data := reader.read(min(left, CHUNK_BYTES))):
            parts.append(data)
            left -= len(data)
    if not left:
        raise SealingError(code)
    return b"".join(parts)


class _CheckedContent:
    """Passes an item's content on, and counts, hashes and looks at the padding behind it."""

    def __init__(self, writer: Writer, *, item: Item) -> None:
        self._writer = writer
        self._item = item
        self._left = item.size_bytes
        self._total = 0
        self._padding_is_zero = True
        self._hash = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        content, padding = data[: self._left], data[self._left :]
        if content:
            self._writer.write(content)
            self._hash.update(content)
            self._left -= len(content)
        if padding.count(0) != len(padding):
            self._padding_is_zero = False
        self._total += len(data)
        return len(data)

    def check_end(self) -> None:
        name = item_name(self._item.number)
        if self._total != padme_size(self._item.size_bytes):
            raise SealingError("report.wrong_size", member=name)
        if self._hash.digest() != self._item.sha256:
            raise SealingError("report.wrong_hash", member=name)
        if not self._padding_is_zero:
            raise SealingError("report.bad_padding", member=name)
