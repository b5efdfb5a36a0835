"""Binary streams as this package reads and writes them.

A reader may give fewer bytes than asked for (a pipe, a socket) and gives ``b""`` at the end; both
ends block. What the streams themselves raise (`OSError`) passes through untouched.
"""

from typing import Protocol


class Reader(Protocol):
    """A source of bytes, such as an open file, a pipe or `io.BytesIO`."""

    def read(self, size: int, /) -> bytes: ...


class Writer(Protocol):
    """A sink of bytes, such as an open file, a pipe or `io.BytesIO`."""

    def write(self, data: bytes, /) -> object: ...


def read_fully(reader: Reader, *, size: int) -> bytes:
    """Return ``size`` bytes, or fewer only when the reader has ended."""
    data = reader.read(size)
    if len(data) == size or not data:
        return data
    parts = [data]
    missing = size - len(data)
    while missing and (data := reader.read(missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def write_fully(writer: Writer, *, data: bytes) -> None:
    """Write all of ``data``, also to an unbuffered file, which may take only a part at a time."""
    written = writer.write(data)
    while isinstance(written, int) and written < len(data):
        data = data[written:]
        written = writer.write(data)


class Source:
    """A reader that can be read by lines first and by bytes afterwards."""

    def __init__(self, reader: Reader, *, block_bytes: int = 4096) -> None:
        self._reader = reader
        self._block_bytes = block_bytes
        self._ahead = b""
        self._at = 0

    def read_line(self, *, max_bytes: int) -> bytes | None:
        """Return the next line without its LF, or None if none ends after ``max_bytes`` bytes.

        After None the bytes looked at are still there for `read`.
        """
        while (end := self._ahead.find(b"\n", self._at, self._at + max_bytes + 1)) < 0:
            if len(self._ahead) - self._at > max_bytes:
                return None
            block = self._reader.read(self._block_bytes)
            if not block:
                return None
            self._ahead, self._at = self._ahead[self._at :] + block, 0
        line = self._ahead[self._at : end]
        self._at = end + 1
        return line

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, what was read ahead first; ``b""`` at the end."""
        if self._at == len(self._ahead):
            return self._reader.read(size)
        data = self._ahead[self._at : self._at + size]
        self._at += len(data)
        return data
