"""The file form of a report: one ustar file, every byte of which is decided.

`ContainerWriter` writes members in one pass. `iterate_container` reads them in one pass from any
stream, in constant memory; each member must be read, or is skipped, before the next. A reader
accepts exactly what the writer writes: no links, no extension headers, no other names, owners or
times, nothing after the end. Source: spec/report.md, "The file form"; POSIX.1-1988 ustar.
"""

import os
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

from aigaq.sealing.errors import SealingError
from aigaq.sealing.header import (
    HEADER,
    KEY,
    MANIFEST,
    MAXIMUM_ITEMS,
    MAXIMUM_MEMBER_BYTES,
    item_name,
)

BLOCK = 512
END = bytes(2 * BLOCK)
NAME = re.compile(rb"(item-[0-9]{4}\.age|manifest\.age|key\.age|header\.json)\Z")
CHUNK_BYTES = 64 * 1024


class Writer(Protocol):
    """Something that bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of ``data``."""


class Reader(Protocol):
    """Something that bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


def build_tar_header(name: str, *, size: int) -> bytes:
    """Return the 512 bytes that stand before a member, the only ones possible for it."""
    if not 0 <= size <= MAXIMUM_MEMBER_BYTES:
        raise SealingError("container.too_large", member=name)
    fields = [
        name.encode("ascii").ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % size,
        b"00000000000\0",
        b" " * 8,  # The checksum is taken with spaces in its own place.
        b"0",
        bytes(100),
        b"ustar\x0000",
        bytes(64),
        b"0000000\0",
        b"0000000\0",
        bytes(155 + 12),
    ]
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def parse_tar_header(block: bytes) -> tuple[str, int]:
    """Return name and size in bytes that a tar header of ours says.

    Raises `SealingError`: ``container.bad_name`` if only the name is not one of ours,
    ``container.bad_tar`` for any other difference.
    """
    name, size_field = block[:100].rstrip(b"\0"), block[124:136]
    if not re.fullmatch(rb"[0-7]{11}\0", size_field):
        raise SealingError("container.bad_tar")
    size = int(size_field[:11], 8)
    if not NAME.match(name):
        raise SealingError("container.bad_name")
    if build_tar_header(name.decode("ascii"), size=size) != block:
        raise SealingError("container.bad_tar")
    return name.decode("ascii"), size


class ContainerWriter:
    """Writes members one after the other; `close` ends the file.

    It keeps no order: `aigaq.sealing.envelope` calls it in the order of the format.
    """

    def __init__(self, sink: Writer) -> None:
        """Write to ``sink``, which stays open after `close`."""
        self._sink = sink
        self._left = 0
        self._padding = 0

    def begin(self, name: str, *, size: int) -> None:
        """Begin a member of exactly ``size`` bytes."""
        self._finish_member()
        self._sink.write(build_tar_header(name, size=size))
        self._left, self._padding = size, -size % BLOCK

    def write(self, data: bytes) -> int:
        """Write the next bytes of the member. Raises `SealingError` if they are too many."""
        if len(data) > self._left:
            raise SealingError("container.too_large")
        self._sink.write(data)
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        """Write the end of the file."""
        self._finish_member()
        self._sink.write(END)

    def _finish_member(self) -> None:
        if self._left:
            raise SealingError("container.truncated")
        self._sink.write(bytes(self._padding))
        self._padding = 0


class MemberReader:
    """The bytes of one member of a container, while the container stands at them."""

    def __init__(self, stream: Reader, *, name: str, size: int) -> None:
        """Read ``size`` bytes from ``stream`` and no more."""
        self.name = name
        self.size_bytes = size
        self._stream = stream
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes of the member, none at its end.

        Raises `SealingError` (``container.truncated``) if the file ends before the member does.
        """
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted == 0:
            return b""
        data = self._stream.read(wanted)
        if not data:
            raise SealingError("container.truncated", member=self.name)
        self._left -= len(data)
        return data

    def jump(self, file: BinaryIO) -> None:
        """Leave the rest of the member unread; a file that ends before shows at the next read."""
        file.seek(self._left, os.SEEK_CUR)
        self._left = 0

    def skip(self) -> None:
        """Read what is left of the member and its padding, which must be zero."""
        while self._left:
            self.read(CHUNK_BYTES)
        if read_exactly(self._stream, -self.size_bytes % BLOCK).strip(b"\0"):
            raise SealingError("container.bad_tar", member=self.name)


def iterate_container(stream: Reader, *, with_items: bool = True) -> Iterator[MemberReader]:
    """Yield the members of a container in their order; without items as on the wire.

    The last member is always ``header.json``. Only when the iterator has ended is the whole file
    known to be of the form. Raises `SealingError`: ``container.bad_tar``, ``.bad_name``,
    ``.bad_order``, ``.trailing_data``, ``.truncated``.
    """
    expected = 0
    tail: Sequence[str] = (MANIFEST, KEY, HEADER)
    while tail:
        block = read_exactly(stream, BLOCK)
        if not block.strip(b"\0"):
            raise SealingError("container.bad_order")
        name, size = parse_tar_header(block)
        if with_items and tail[0] == MANIFEST and name == item_name(expected):
            expected += 1
        elif name == tail[0]:
            tail = tail[1:]
        else:
            raise SealingError("container.bad_order")
        if expected > MAXIMUM_ITEMS:
            raise SealingError("container.bad_order")
        member = MemberReader(stream, name=name, size=size)
        yield member
        member.skip()
    if read_exactly(stream, 2 * BLOCK) != END or stream.read(1):
        raise SealingError("container.trailing_data")


def read_exactly(stream: Reader, size: int) -> bytes:
    """Return ``size`` bytes of ``stream``. Raises `SealingError` (``container.truncated``)."""
    parts, left = [], size
    while left:
        data = stream.read(left)
        if not data:
            raise SealingError("container.truncated")
        parts.append(data)
        left -= len(data)
    return b"".join(parts)


def index_container(file: BinaryIO) -> dict[str, tuple[int, int]]:
    """Return offset and size in bytes of each member of a seekable container, in order.

    Checks the whole form, and jumps over the contents. Raises as `iterate_container` does.
    """
    index = {}
    file.seek(0)
    for member in iterate_container(file):
        index[member.name] = (file.tell(), member.size_bytes)
        member.jump(file)
    return index
