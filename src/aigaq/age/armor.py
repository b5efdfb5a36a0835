"""Armour: an age file as text, in the strict form of PEM.

Lines of 64 base64 letters between two fixed lines; the last one may be shorter and is padded. Lines
end with LF or CRLF; white space may stand before and after the block, and nothing else. Aigaq's own
formats hold binary age files only. Source: https://c2sp.org/age, section ASCII armor; RFC 7468,
section 3.
"""

import base64
import binascii
import io
import re

from aigaq.age.binary import Reader, Source, Writer, read_fully, write_fully
from aigaq.age.errors import ArmorError

_BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END = b"-----END AGE ENCRYPTED FILE-----"
_LINE_LETTERS = 64
_LINE_BYTES = 48
_LETTERS = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_WHITE_SPACE = b" \t\r\n"
# Ours: as much white space is taken around a block as a mail program may add.
_MAX_AROUND_BYTES = 1024
_BLOCK_BYTES = 1024 * _LINE_BYTES


def encode(reader: Reader, writer: Writer) -> None:
    """Write the binary age file in ``reader`` to ``writer`` as armour."""
    write_fully(writer, data=_BEGIN + b"\n")
    while block := read_fully(reader, size=_BLOCK_BYTES):
        lines = [
            base64.b64encode(block[start : start + _LINE_BYTES]) + b"\n"
            for start in range(0, len(block), _LINE_BYTES)
        ]
        write_fully(writer, data=b"".join(lines))
    write_fully(writer, data=_END + b"\n")


def encode_bytes(data: bytes) -> str:
    """Return the binary age file ``data`` as armour."""
    writer = io.BytesIO()
    encode(io.BytesIO(data), writer)
    return writer.getvalue().decode("ascii")


def decode_bytes(text: str | bytes) -> bytes:
    """Return the binary age file in ``text``. Raises `ArmorError`."""
    try:
        data = text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise ArmorError from None
    decoder = Decoder(io.BytesIO(data))
    return read_fully(decoder, size=len(data))


class Decoder:
    """A reader of the binary age file inside an armoured one, for `aigaq.age.decrypt`.

    ``read`` raises `ArmorError` as soon as the text departs from the form, and returns ``b""`` only
    after the end line and what follows it were checked.
    """

    def __init__(self, reader: Reader) -> None:
        self._source = Source(reader, block_bytes=_BLOCK_BYTES)
        self._pending = b""
        self._begun = False
        self._ended = False
        self._short = False

    def read(self, size: int, /) -> bytes:
        if not self._begun:
            self._begin()
        parts = [self._pending]
        have = len(self._pending)
        while have < size and not self._ended:
            decoded = self._next_line()
            parts.append(decoded)
            have += len(decoded)
        joined = b"".join(parts)
        data, self._pending = joined[:size], joined[size:]
        return data

    def _begin(self) -> None:
        budget = _MAX_AROUND_BYTES
        while not (line := self._line(max_bytes=budget)).strip(_WHITE_SPACE):
            budget -= len(line) + 1
        if line != _BEGIN:
            raise ArmorError
        self._begun = True

    def _next_line(self) -> bytes:
        line = self._line(max_bytes=_LINE_LETTERS + 1)
        if line == _END:
            self._check_nothing_follows()
            self._ended = True
            return b""
        if self._short or len(line) > _LINE_LETTERS or not _LETTERS.fullmatch(line):
            raise ArmorError
        decoded = _decode_line(line)
        # A line that is not full, or is padded, is the last one.
        self._short = len(decoded) < _LINE_BYTES
        return decoded

    def _line(self, *, max_bytes: int) -> bytes:
        """Return the next line without its LF or CRLF; the last one may have neither."""
        line = self._source.read_line(max_bytes=max_bytes)
        if line is None:
            line = read_fully(self._source, size=max_bytes + 1)
            if not line or len(line) > max_bytes:
                raise ArmorError
        return line.removesuffix(b"\r")

    def _check_nothing_follows(self) -> None:
        following = read_fully(self._source, size=_MAX_AROUND_BYTES + 1)
        if len(following) > _MAX_AROUND_BYTES or following.strip(_WHITE_SPACE):
            raise ArmorError


def _decode_line(line: bytes) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except binascii.Error:
        raise ArmorError from None
    if base64.b64encode(decoded) != line:
        raise ArmorError
    return decoded
