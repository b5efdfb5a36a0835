"""A package in a ZIP, read by a strict parser of its own, since general ones forgive too much.

One form: entries one behind the other from the first byte, each header in two places with the same
words, then the directory, then its end, and nothing else: no comments, no extra fields but the one
of ZIP64, no encryption, no data descriptors, no folders, no links. So no other tool can see other
files in it than this one does. Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from aigaq_verify.errors import VerifyError
from aigaq_verify.sources import BLOCK_BYTES, MAXIMUM_FILES, Source, check_names

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_UTF8_FLAG = 0x800
_STORED, _DEFLATED = 0, 8
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_MAXIMUM_NAME_BYTES = 1_024
# Directory, its end, and all that may stand for one entry of it.
_MAXIMUM_ENTRY_BYTES = _CENTRAL.size + _MAXIMUM_NAME_BYTES + 28


@dataclass(frozen=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    header_at: int


class Archive(Source):
    """A package in a ZIP."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                entries, directory_at = _read_directory(file, where=path.name)
                self._starts = _check_layout(file, entries, directory_at=directory_at)
        except OSError:
            raise VerifyError("files.unreadable", path.name) from None
        super().__init__(check_names(one.name for one in entries))
        self._entries = {one.name: one for one in entries}

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of an entry, never more than it declares."""
        one, size, crc = self._entries[name], 0, 0
        for block in self._unpacked(one):
            size, crc = size + len(block), zlib.crc32(block, crc)
            if size > one.size:
                raise VerifyError("files.wrong_size", name)
            yield block
        if size != one.size:
            raise VerifyError("files.wrong_size", name)
        if crc != one.crc:
            raise VerifyError("files.wrong_crc", name)

    def _unpacked(self, one: _Entry) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS) if one.method == _DEFLATED else None
        for raw in self._packed(one):
            if inflate is None:
                yield raw
                continue
            try:
                # With a limit on output zlib may hold more back: ask until it gives nothing.
                while block := inflate.decompress(raw, BLOCK_BYTES):
                    yield block
                    raw = inflate.unconsumed_tail
            except zlib.error:
                raise VerifyError("files.bad_zip", one.name) from None
            if inflate.unused_data:
                raise VerifyError("files.bad_zip", one.name)
        if inflate is not None and not inflate.eof:
            raise VerifyError("files.bad_zip", one.name)

    def _packed(self, one: _Entry) -> Iterator[bytes]:
        left = one.packed_size
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._starts[one.name])
                while left and (raw := file.read(min(BLOCK_BYTES, left))):
                    left -= len(raw)
                    yield raw
        except OSError:
            raise VerifyError("files.unreadable", one.name) from None
        if left:
            raise VerifyError("files.bad_zip", one.name)


def _read_directory(file: BinaryIO, *, where: str) -> tuple[list[_Entry], int]:
    """Return the entries and where the directory begins; it must end where its end begins."""
    count, size, at, end_at = _read_end(file, where=where)
    if count > MAXIMUM_FILES:
        raise VerifyError("files.too_many", where)
    if at + size != end_at or size > count * _MAXIMUM_ENTRY_BYTES:
        raise VerifyError("files.hidden_bytes", where)
    file.seek(at)
    data = file.read(size)
    entries, position = [], 0
    for _ in range(count):
        entry, position = _parse_central(data, position, where=where)
        entries.append(entry)
    if position != len(data):
        raise VerifyError("files.hidden_bytes", where)
    return entries, at


def _read_end(file: BinaryIO, *, where: str) -> tuple[int, int, int, int]:
    """Return number of entries, size and place of the directory, and where its end begins."""
    length = file.seek(0, os.SEEK_END)
    if length < _END.size:
        raise VerifyError("files.bad_zip", where)
    at = length - _END.size
    mark, disk, first_disk, here, count, size, start, comment = _unpack(_END, file, at)
    if mark != b"PK\x05\x06":
        raise VerifyError("files.bad_zip", where)
    if disk or first_disk or here != count or comment:
        raise VerifyError("files.hidden_bytes", where)
    if count != _FULL16 and _FULL32 not in (size, start):
        return count, size, start, at
    locator_at = at - _LOCATOR.size
    record_at = locator_at - _END64.size
    if record_at < 0:
        raise VerifyError("files.bad_zip", where)
    mark, disk, told_at, disks = _unpack(_LOCATOR, file, locator_at)
    if mark != b"PK\x06\x07" or disk or told_at != record_at or disks != 1:
        raise VerifyError("files.bad_zip", where)
    mark, length, _made, _needed, disk, first_disk, here, count, size, start = _unpack(
        _END64, file, record_at
    )
    if mark != b"PK\x06\x06" or length != _END64.size - 12 or disk or first_disk or here != count:
        raise VerifyError("files.bad_zip", where)
    return count, size, start, record_at


def _unpack(form: struct.Struct, file: BinaryIO, at: int) -> tuple[Any, ...]:
    file.seek(at)
    return form.unpack(file.read(form.size))


def _parse_central(data: bytes, at: int, *, where: str) -> tuple[_Entry, int]:
    if len(data) - at < _CENTRAL.size:
        raise VerifyError("files.bad_zip", where)
    (
        mark,
        made_by,
        _needed,
        flags,
        method,
        _time,
        _date,
        crc,
        packed,
        size,
        name_bytes,
        extra_bytes,
        comment_bytes,
        disk,
        _internal,
        external,
        header_at,
    ) = _CENTRAL.unpack_from(data, at)
    at += _CENTRAL.size
    raw_name, extra = data[at : at + name_bytes], data[at + name_bytes :][:extra_bytes]
    at += name_bytes + extra_bytes
    if mark != b"PK\x01\x02" or at > len(data):
        raise VerifyError("files.bad_zip", where)
    name = _decode_name(raw_name, flags=flags, where=where)
    if comment_bytes or disk:
        raise VerifyError("files.hidden_bytes", name)
    if flags & ~_UTF8_FLAG or method not in (_STORED, _DEFLATED):
        raise VerifyError("files.bad_zip", name)
    # The upper half is a Unix mode, the lower one DOS attributes: 0x10 is a folder.
    if name.endswith("/") or external & 0x10 or _kind(external, made_by=made_by) != stat.S_IFREG:
        raise VerifyError("files.special", name)
    values = _take_large(extra, packed=packed, size=size, header_at=header_at, where=name)
    packed, size, header_at = values
    if method == _STORED and packed != size:
        raise VerifyError("files.wrong_size", name)
    return _Entry(name, raw_name, flags, method, crc, packed, size, header_at), at


def _kind(external: int, *, made_by: int) -> int:
    """Return the kind of file; without one it is a plain file."""
    return stat.S_IFMT(external >> 16) or stat.S_IFREG


def _take_large(
    extra: bytes, *, packed: int, size: int, header_at: int, where: str
) -> tuple[int, int, int]:
    """Return the three values, those that are too large for 32 bits from the ZIP64 field."""
    values = [size, packed, header_at]
    large = [number for number, value in enumerate(values) if value == _FULL32]
    if len(extra) != (4 + 8 * len(large) if large else 0):
        raise VerifyError("files.hidden_bytes", where)
    if large:
        kind, length, *found = struct.unpack(f"<2H{len(large)}Q", extra)
        if kind != 1 or length != 8 * len(large):
            raise VerifyError("files.hidden_bytes", where)
        for number, value in zip(large, found, strict=True):
            values[number] = value
    size, packed, header_at = values
    return packed, size, header_at


def _decode_name(raw: bytes, *, flags: int, where: str) -> str:
    try:
        return raw.decode("utf-8" if flags & _UTF8_FLAG else "ascii")
    except UnicodeDecodeError:
        raise VerifyError("files.bad_path", where) from None


def _check_layout(file: BinaryIO, entries: list[_Entry], *, directory_at: int) -> dict[str, int]:
    """Return where each entry's bytes begin; no byte between, before or after them is free."""
    starts: dict[str, int] = {}
    at = 0
    for one in sorted(entries, key=lambda entry: entry.header_at):
        if one.header_at != at:
            raise VerifyError("files.hidden_bytes", one.name)
        starts[one.name] = at + _check_local(file, one)
        at = starts[one.name] + one.packed_size
        if at > directory_at:
            raise VerifyError("files.wrong_size", one.name)
    if len(starts) != len(entries):
        raise VerifyError("files.twins")
    if at != directory_at:
        raise VerifyError("files.hidden_bytes")
    return starts


def _check_local(file: BinaryIO, one: _Entry) -> int:
    """Return the length of the header before an entry, which says what the directory says."""
    file.seek(one.header_at)
    data = file.read(_LOCAL.size + len(one.raw_name) + 20)
    if len(data) < _LOCAL.size + len(one.raw_name):
        raise VerifyError("files.bad_zip", one.name)
    mark, _needed, flags, method, _time, _date, crc, packed, size, name_bytes, extra_bytes = (
        _LOCAL.unpack_from(data)
    )
    after_name = _LOCAL.size + name_bytes
    same = (mark, flags, method, crc) == (b"PK\x03\x04", one.flags, one.method, one.crc)
    if not same or data[_LOCAL.size : after_name] != one.raw_name:
        raise VerifyError("files.bad_zip", one.name)
    if extra_bytes not in (0, 20):
        raise VerifyError("files.hidden_bytes", one.name)
    if extra_bytes:
        kind, length, large_size, large_packed = struct.unpack(
            "<2H2Q", data[after_name:].ljust(20, b"\0")
        )
        if (kind, length, size, packed) != (1, 16, _FULL32, _FULL32):
            raise VerifyError("files.hidden_bytes", one.name)
        size, packed = large_size, large_packed
    if (packed, size) != (one.packed_size, one.size):
        raise VerifyError("files.wrong_size", one.name)
    return int(after_name + extra_bytes)
