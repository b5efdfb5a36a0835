"""The files of a package, in a folder or a ZIP, read so that nothing in it can reach outside.

Step 0 of ``spec/policy.md``: refuses links, devices, ``fetch.txt``, escaping paths, twins that some
systems take for one, control characters, and archives whose sizes lie or that hide bytes. Every
file is read once, in blocks; its SHA-256 and size are kept. Source: RFC 8493 section 3; PKWARE
APPNOTE 4.3 (ZIP).
"""

import hashlib
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aigaq_verify.errors import VerifyError

BLOCK_BYTES = 1 << 20
_MAXIMUM_FILES = 100_000
_MAXIMUM_PATH_BYTES = 1_024
_MAXIMUM_DEPTH = 16
_LOCAL = struct.Struct("<4s5H3L2H")
_UTF8_FLAG = 0x800


@dataclass(frozen=True)
class Digest:
    """What reading a file through gave."""

    sha256: bytes
    size: int


class Source(ABC):
    """The files of a package by path, such as ``data/items/0001/a.jpg``."""

    #: The names in it, sorted by their bytes.
    names: tuple[str, ...]

    @abstractmethod
    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file. Raises `VerifyError` (``files.*``)."""

    def read(self, name: str, *, maximum_bytes: int) -> bytes:
        """Return a small file. Raises `VerifyError`: ``files.missing``, ``files.too_large``."""
        if name not in self.names:
            raise VerifyError("files.missing", name)
        data = bytearray()
        for block in self.blocks(name):
            data += block
            if len(data) > maximum_bytes:
                raise VerifyError("files.too_large", name)
        return bytes(data)

    def digest(self, name: str) -> Digest:
        """Read a file through."""
        hasher, size = hashlib.sha256(), 0
        for block in self.blocks(name):
            hasher.update(block)
            size += len(block)
        return Digest(hasher.digest(), size)


def open_source(path: Path) -> Source:
    """Return the package at ``path``, step 0 passed.

    Raises `VerifyError`: ``files.unreadable`` (nothing there that could be one), ``files.*``.
    """
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return Folder(path)
        if stat.S_ISREG(kind):
            return Archive(path)
    except OSError:
        pass
    raise VerifyError("files.unreadable", path.name)


class Folder(Source):
    """A package in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.names = _check_names(_walk(root, "", depth=0))

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file, which must still be a file and no link."""
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(self._root / name, flags), "rb", buffering=0) as file:
                while block := file.read(BLOCK_BYTES):
                    yield block
        except OSError:
            raise VerifyError("files.unreadable", name) from None


def _walk(folder: Path, prefix: str, *, depth: int) -> Iterator[str]:
    if depth > _MAXIMUM_DEPTH:
        raise VerifyError("files.bad_path", prefix)
    try:
        entries = list(os.scandir(folder))
    except OSError:
        raise VerifyError("files.unreadable", prefix) from None
    if not entries and prefix:  # A bag cannot say that an empty folder belongs to it.
        raise VerifyError("files.empty_folder", prefix)
    for entry in entries:
        name = prefix + entry.name
        if entry.is_symlink():
            raise VerifyError("files.link", name)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{name}/", depth=depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield name
        else:
            raise VerifyError("files.special", name)


class Archive(Source):
    """A package in a ZIP: entries one behind the other, nothing between, before or after them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                entries = sorted(archive.infolist(), key=lambda one: one.header_offset)
                if archive.comment:
                    raise VerifyError("files.hidden_bytes", path.name)
                directory = archive.start_dir
        except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, struct.error):
            raise VerifyError("files.bad_zip", path.name) from None
        except UnicodeDecodeError:
            raise VerifyError("files.bad_path", path.name) from None
        self._entries = {one.filename: one for one in entries}
        if len(self._entries) != len(entries):
            raise VerifyError("files.twins", path.name)
        self._starts = self._check_layout(entries, directory=directory)
        self.names = _check_names(one.filename for one in entries)

    def _check_layout(self, entries: list[zipfile.ZipInfo], *, directory: int) -> dict[str, int]:
        starts, at = {}, 0
        with self._path.open("rb") as file:
            for one in entries:
                name = one.filename
                if one.flag_bits & ~_UTF8_FLAG or one.compress_type not in (0, 8):
                    raise VerifyError("files.bad_zip", name)
                if one.is_dir() or stat.S_IFMT(one.external_attr >> 16) not in (0, stat.S_IFREG):
                    raise VerifyError("files.link", name)
                if one.compress_type == 0 and one.compress_size != one.file_size:
                    raise VerifyError("files.wrong_size", name)
                file.seek(at)
                start = at + _read_local_size(file.read(_LOCAL.size), one, at=at)
                starts[name], at = start, start + one.compress_size
        if at != directory:
            raise VerifyError("files.hidden_bytes", self._path.name)
        return starts

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of an entry, never more than it declares."""
        one = self._entries[name]
        size = 0
        for block in self._decompressed(one):
            size += len(block)
            if size > one.file_size:
                raise VerifyError("files.wrong_size", name)
            yield block
        if size != one.file_size:
            raise VerifyError("files.wrong_size", name)

    def _decompressed(self, one: zipfile.ZipInfo) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS) if one.compress_type else None
        left = one.compress_size
        with self._path.open("rb", buffering=0) as file:
            file.seek(self._starts[one.filename])
            while left and (raw := file.read(min(BLOCK_BYTES, left))):
                left -= len(raw)
                if inflate is None:
                    yield raw
                    continue
                try:
                    while raw:
                        yield inflate.decompress(raw, BLOCK_BYTES)
                        raw = inflate.unconsumed_tail
                except zlib.error:
                    raise VerifyError("files.bad_zip", one.filename) from None
        if left or (inflate is not None and (not inflate.eof or inflate.unused_data)):
            raise VerifyError("files.bad_zip", one.filename)


def _read_local_size(data: bytes, one: zipfile.ZipInfo, *, at: int) -> int:
    """Return the length of the header before an entry, which must say what the directory says."""
    name = one.filename
    if one.header_offset != at or len(data) != _LOCAL.size:
        raise VerifyError("files.hidden_bytes", name)
    mark, _version, flags, method, _time, _date, crc, packed, size, length, extra = _LOCAL.unpack(
        data
    )
    if mark != b"PK\x03\x04" or flags != one.flag_bits or method != one.compress_type:
        raise VerifyError("files.bad_zip", name)
    is_large = 0xFFFFFFFF in (packed, size)
    same = (crc, packed, size) == (one.CRC, one.compress_size, one.file_size)
    if not (same or (is_large and crc == one.CRC)) or (extra and not is_large):
        raise VerifyError("files.wrong_size", name)
    return int(_LOCAL.size + length + extra)


def _check_names(found: Iterable[str]) -> tuple[str, ...]:
    """Return ``found`` sorted, each name one that every system reads alike and inside."""
    names: list[str] = []
    folded: dict[str, str] = {}
    for name in found:
        _check_name(name)
        for known in {unicodedata.normalize("NFC", name).casefold()}:
            if known in folded:
                raise VerifyError("files.twins", name)
            folded[known] = name
        names.append(name)
        if len(names) > _MAXIMUM_FILES:
            raise VerifyError("files.too_many")
    return tuple(sorted(names, key=lambda name: name.encode("utf-8")))


def _check_name(name: str) -> None:
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:  # Bytes of a folder that are no UTF-8.
        raise VerifyError("files.bad_path") from None
    parts = name.split("/")
    if len(encoded) > _MAXIMUM_PATH_BYTES or any(part in ("", ".", "..") for part in parts):
        raise VerifyError("files.bad_path", name)
    if "\\" in name or ":" in name or any(unicodedata.category(one) in _BAD for one in name):
        raise VerifyError("files.bad_path", ascii(name))
    if parts[-1].casefold() == "fetch.txt" and len(parts) == 1:
        raise VerifyError("files.fetch", name)


# Control and format characters (a right-to-left mark turns a name round), surrogates, private use.
_BAD = {"Cc", "Cf", "Cs", "Co", "Cn"}
