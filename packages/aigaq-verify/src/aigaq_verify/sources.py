"""The files of a package, in a folder or a ZIP, read so that nothing in it can reach outside.

Step 0 of ``spec/policy.md``: refuses links, devices, ``fetch.txt``, escaping paths, twins that some
systems take for one, and control characters; `aigaq_verify.archives` reads ZIPs. Every file is read
once, in blocks; its SHA-256 and size are kept. Source: RFC 8493 section 3.
"""

import hashlib
import io
import os
import stat
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aigaq_verify.errors import VerifyError

BLOCK_BYTES = 1 << 20
_HASHED_BYTES = 1 << 17
BEGINNING_BYTES = 256
MAXIMUM_FILES = 100_000
_MAXIMUM_PATH_BYTES = 1_024
_MAXIMUM_DEPTH = 16


@dataclass(frozen=True)
class Digest:
    """What reading a file through gave."""

    sha256: bytes
    size: int
    #: The first `BEGINNING_BYTES` bytes of what was hashed.
    beginning: bytes


class Source(ABC):
    """The files of a package by path, such as ``data/items/0001/a.jpg``."""

    def __init__(self, names: tuple[str, ...]) -> None:
        #: The names in it, sorted by their bytes.
        self.names = names
        self._known = frozenset(names)

    @abstractmethod
    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file. Raises `VerifyError` (``files.*``)."""

    def read(self, name: str, *, maximum_bytes: int) -> bytes:
        """Return a small file. Raises `VerifyError`: ``files.missing``, ``files.too_large``."""
        if name not in self._known:
            raise VerifyError("files.missing", name)
        data = bytearray()
        for block in self.blocks(name):
            data += block
            if len(data) > maximum_bytes:
                raise VerifyError("files.too_large", name)
        return bytes(data)

    def digest(self, name: str) -> Digest:
        """Read a file through."""
        hasher, size, beginning = hashlib.sha256(), 0, b""
        for block in self.blocks(name):
            hasher.update(block)
            size += len(block)
            beginning += block[: BEGINNING_BYTES - len(beginning)]
        return Digest(hasher.digest(), size, beginning)


class Folder(Source):
    """A package in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        super().__init__(check_names(_walk(root, "", depth=0)))

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file, which must still be a file and no link."""
        with self._open(name) as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def digest(self, name: str) -> Digest:
        """Read a file through, into the same memory again and again."""
        hasher, total, beginning = hashlib.sha256(), 0, b""
        buffer = memoryview(bytearray(_HASHED_BYTES))
        with self._open(name) as file:
            while size := file.readinto(buffer):
                hasher.update(buffer[:size])
                total += size
                if len(beginning) < BEGINNING_BYTES:
                    beginning += bytes(buffer[: min(size, BEGINNING_BYTES - len(beginning))])
        return Digest(hasher.digest(), total, beginning)

    @contextmanager
    def _open(self, name: str) -> Iterator[io.FileIO]:
        with open_regular(self._root / name, where=name) as file:
            yield file


@contextmanager
def open_regular(path: Path, *, where: str) -> Iterator[io.FileIO]:
    """Open a file that is one: no link, no device, no pipe, on which reading would wait for ever.

    Raises `VerifyError`, also while it is read: ``files.special``, ``files.unreadable``.
    """
    try:
        # Without waiting: what was a file a moment ago may be a pipe by now.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        with io.FileIO(os.open(path, flags)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise VerifyError("files.special", where)
            yield file
    except (OSError, ValueError):
        raise VerifyError("files.unreadable", where) from None


def read_whole(file: io.FileIO, *, maximum_bytes: int) -> bytes:
    """Return what is in ``file``; one call of the system need not give all of it."""
    data = bytearray()
    while len(data) < maximum_bytes and (block := file.read(maximum_bytes - len(data))):
        data += block
    return bytes(data)


def _walk(folder: Path, prefix: str, *, depth: int) -> Iterator[str]:
    if depth > _MAXIMUM_DEPTH:
        raise VerifyError("files.bad_path", prefix)
    try:
        entries = list(os.scandir(folder))
    except OSError:
        code = "files.unreadable_folder" if prefix else "files.unreadable"
        raise VerifyError(code, prefix) from None
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


def check_names(found: Iterable[str]) -> tuple[str, ...]:
    """Return ``found`` sorted, each name one that every system reads alike and inside.

    Raises `VerifyError`: ``files.bad_path``, ``files.fetch``, ``files.twins``, ``files.too_many``.
    """
    names: list[str] = []
    folded: dict[str, str] = {}
    for name in found:
        _check_name(name)
        key = _fold(name)
        if key in folded:
            raise VerifyError("files.twins", name)
        folded[key] = name
        names.append(name)
        if len(names) > MAXIMUM_FILES:
            raise VerifyError("files.too_many")
    for name in names:  # One name cannot be a file and a folder.
        parts = _fold(name).split("/")
        if any("/".join(parts[:count]) in folded for count in range(1, len(parts))):
            raise VerifyError("files.twins", name)
    return tuple(sorted(names, key=lambda name: name.encode("utf-8")))


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _check_name(name: str) -> None:
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:  # Bytes of a folder that are no UTF-8.
        raise VerifyError("files.bad_path", name) from None
    parts = name.split("/")
    if len(encoded) > _MAXIMUM_PATH_BYTES or len(parts) > _MAXIMUM_DEPTH:
        raise VerifyError("files.bad_path", name[:80])
    # "." and "..", and names that Windows cuts.
    if any(part == "" or part[-1] in ". " for part in parts):
        raise VerifyError("files.bad_path", name)
    if "\\" in name or ":" in name or any(unicodedata.category(one) in _HIDDEN for one in name):
        raise VerifyError("files.bad_path", name)
    if name.casefold() == "fetch.txt":
        raise VerifyError("files.fetch", name)


# Control and format characters (a right-to-left mark turns a name round), surrogates, and what
# parts lines and paragraphs: other tools end a line of a manifest there. Not what is unassigned:
# that depends on the age of a Unicode table.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
