"""A written package as one ZIP file: stored, sorted, no extra fields but ZIP64 where it must be.

Every byte follows from the folder: the same folder gives the same file. Written by hand, so that
nothing is in it but what the verifier allows. Source: ``spec/evidence-package.md``; PKWARE APPNOTE
6.3.10, sections 4.3 and 4.5.3.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from aigaq.evidence.errors import EvidenceError

_BLOCK_BYTES = 1 << 20
_ZEROS = bytes(_BLOCK_BYTES)
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_VERSION, _VERSION_64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_UTF8_FLAG = 0x800
_STORED = 0
# 1980-01-01 00:00, the earliest date that a ZIP knows: the files carry no times of their own.
_TIME, _DATE = 0, 0x21
_MODE = 0o100644 << 16


@dataclass(frozen=True)
class _Written:
    name: bytes
    crc: int
    size: int
    header_at: int


def write_archive(
    folder: Path, *, target: Path, on_bytes: Callable[[int], None] = lambda _bytes: None
) -> Path:
    """Write the package in ``folder`` into the new file ``target`` and return it.

    ``on_bytes`` hears how many bytes were packed; what it raises breaks off. Raises `EvidenceError`
    ``package.exists``; `OSError` as the disk does, and then leaves nothing.
    """
    try:
        file = os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise EvidenceError("package.exists") from None
    try:
        with file:
            written = [
                _write_file(file, folder, name, on_bytes=on_bytes) for name in _list_names(folder)
            ]
            _write_directory(file, written)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def _list_names(folder: Path) -> list[str]:
    names = (one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
    return sorted(names, key=lambda name: name.encode("utf-8"))


def _write_file(
    file: BinaryIO, folder: Path, name: str, *, on_bytes: Callable[[int], None]
) -> _Written:
    """Write a header, the bytes, and the header again once size and CRC are known."""
    path, header_at = folder / name, file.tell()
    is_large = path.stat().st_size >= _FULL32
    encoded = name.encode("utf-8")
    file.write(_local(encoded, crc=0, size=0, is_large=is_large))
    crc = size = 0
    for block in _blocks(path):
        crc, size = zlib.crc32(block, crc), size + len(block)
        on_bytes(len(block))
        if block == _ZEROS:  # A hole stays a hole.
            file.seek(len(block), os.SEEK_CUR)
        else:
            file.write(block)
    end = file.tell()
    file.seek(header_at)
    file.write(_local(encoded, crc=crc, size=size, is_large=is_large))
    file.seek(end)
    return _Written(encoded, crc, size, header_at)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as source:
        while block := source.read(_BLOCK_BYTES):
            yield block


def _local(name: bytes, *, crc: int, size: int, is_large: bool) -> bytes:
    extra = struct.pack("<2H2Q", 1, 16, size, size) if is_large else b""
    told = _FULL32 if is_large else size
    header = struct.pack(
        "<4s5H3L2H",
        b"PK\x03\x04",
        _VERSION_64 if is_large else _VERSION,
        _UTF8_FLAG,
        _STORED,
        _TIME,
        _DATE,
        crc,
        told,
        told,
        len(name),
        len(extra),
    )
    return header + name + extra


def _central(one: _Written) -> bytes:
    is_large = one.size >= _FULL32
    large = [one.size, one.size] if is_large else []
    if one.header_at >= _FULL32:
        large.append(one.header_at)
    extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    told, version = (_FULL32, _VERSION_64) if is_large else (one.size, _VERSION)
    header = struct.pack(
        "<4s6H3L5H2L",
        b"PK\x01\x02",
        _MADE_ON_UNIX | (_VERSION_64 if large else version),
        _VERSION_64 if large else version,
        _UTF8_FLAG,
        _STORED,
        _TIME,
        _DATE,
        one.crc,
        told,
        told,
        len(one.name),
        len(extra),
        0,
        0,
        0,
        _MODE,
        min(one.header_at, _FULL32),
    )
    return header + one.name + extra


def _write_directory(file: BinaryIO, written: Sequence[_Written]) -> None:
    start = file.tell()
    for one in written:
        file.write(_central(one))
    end, count = file.tell(), len(written)
    size = end - start
    if count >= _FULL16 or size >= _FULL32 or start >= _FULL32:
        record = (44, _MADE_ON_UNIX | _VERSION_64, _VERSION_64, 0, 0, count, count, size, start)
        file.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", *record))
        file.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1))
    told = (min(count, _FULL16), min(count, _FULL16), min(size, _FULL32), min(start, _FULL32))
    file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *told, 0))
