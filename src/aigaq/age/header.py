"""The textual header of an age file: who can find the file key, and a MAC over that.

Parsing is strict: one byte string has one meaning and one meaning one byte string, so that nobody
can alter a header unseen by writing it differently. Source: https://c2sp.org/age, section Header.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aigaq.age.binary import Source
from aigaq.age.errors import HeaderError, HeaderMacError

FILE_KEY_BYTES = 16
# Ours, not the format's: about 160 hybrid recipients. A stranger's header must not take much memory
# or time.
MAX_HEADER_BYTES = 256 * 1024

_MAGIC = b"age-encryption.org/"
_VERSION_LINE = b"age-encryption.org/v1"
_MAC_BYTES = 32
_LINE_LETTERS = 64
_LINE_BYTES = 48
_ARGUMENT = re.compile(rb"[\x21-\x7e]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One wrapping of the file key: a type, further arguments, and a body of any bytes."""

    arguments: tuple[str, ...]
    body: bytes

    @property
    def type(self) -> str:
        return self.arguments[0]


@dataclass(frozen=True, slots=True)
class Header:
    """A header as read: its stanzas in order, the bytes under the MAC, and the MAC."""

    stanzas: tuple[Stanza, ...]
    authenticated: bytes
    mac: bytes


def encode_base64(data: bytes) -> str:
    """Return base64 without padding."""
    return base64.b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64(text: bytes) -> bytes:
    """Return what canonical base64 without padding stands for.

    Raises `HeaderError` (``age.bad_header``) for any other form.
    """
    if not _BASE64.fullmatch(text):
        raise HeaderError("age.bad_header")
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise HeaderError("age.bad_header") from None
    # The unused low bits of the last letter must be zero.
    if encode_base64(data).encode("ascii") != text:
        raise HeaderError("age.bad_header")
    return data


def build_header(stanzas: Sequence[Stanza], *, file_key: bytes) -> bytes:
    """Return the header over ``stanzas``, the final LF included."""
    authenticated = b"\n".join(
        [_VERSION_LINE, *(_encode_stanza(stanza) for stanza in stanzas), b"---"]
    )
    mac = encode_base64(_mac(authenticated, file_key=file_key))
    return authenticated + b" " + mac.encode("ascii") + b"\n"


def parse_header(source: Source) -> Header:
    """Read the header from ``source``, which then stands at the first byte of the payload.

    Nothing is authenticated yet: see `check_mac`. Raises `HeaderError`: ``age.not_an_age_file``,
    ``age.unknown_version``, ``age.header_too_long``, ``age.truncated_header``, or
    ``age.bad_header`` for all other faults.
    """
    lines = _Lines(source)
    _check_version(lines.next_line())
    stanzas: list[Stanza] = []
    while not (line := lines.next_line()).startswith(b"---"):
        stanzas.append(_parse_stanza(line, lines))
    if not stanzas or line[3:4] != b" ":
        raise HeaderError("age.bad_header")
    mac = decode_base64(line[4:])
    if len(mac) != _MAC_BYTES:
        raise HeaderError("age.bad_header")
    return Header(
        stanzas=tuple(stanzas), authenticated=b"\n".join([*lines.seen[:-1], b"---"]), mac=mac
    )


def check_mac(header: Header, *, file_key: bytes) -> None:
    """Check that ``header`` was made by who chose ``file_key``. Raises `HeaderMacError`."""
    if not hmac.compare_digest(header.mac, _mac(header.authenticated, file_key=file_key)):
        raise HeaderMacError


class _Lines:
    """The header's lines, remembered for the MAC and bounded in sum."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._bytes_left = MAX_HEADER_BYTES
        self.seen: list[bytes] = []

    def next_line(self) -> bytes:
        line = self._source.read_line(max_bytes=self._bytes_left - 1)
        if line is None:
            raise HeaderError(self._why_no_line())
        self._bytes_left -= len(line) + 1
        self.seen.append(line)
        return line

    def _why_no_line(self) -> str:
        if not self.seen:
            return "age.not_an_age_file"
        too_long = len(self._source.read(self._bytes_left)) == self._bytes_left
        return "age.header_too_long" if too_long else "age.truncated_header"


def _check_version(line: bytes) -> None:
    if not line.startswith(_MAGIC):
        raise HeaderError("age.not_an_age_file")
    if line != _VERSION_LINE:
        raise HeaderError("age.unknown_version")


def _parse_stanza(line: bytes, lines: _Lines) -> Stanza:
    if not line.startswith(b"-> "):
        raise HeaderError("age.bad_header")
    arguments = line[3:].split(b" ")
    if not all(_ARGUMENT.fullmatch(argument) for argument in arguments):
        raise HeaderError("age.bad_header")
    body = bytearray()
    while True:
        letters = lines.next_line()
        if len(letters) > _LINE_LETTERS:
            raise HeaderError("age.bad_header")
        body += decode_base64(letters)
        if len(letters) < _LINE_LETTERS:
            break
    return Stanza(
        arguments=tuple(argument.decode("ascii") for argument in arguments), body=bytes(body)
    )


def _encode_stanza(stanza: Stanza) -> bytes:
    """Return the lines of ``stanza`` without the last LF. The last line is always a short one."""
    lines = ["-> " + " ".join(stanza.arguments)]
    for start in range(0, len(stanza.body) + 1, _LINE_BYTES):
        lines.append(encode_base64(stanza.body[start : start + _LINE_BYTES]))
    return "\n".join(lines).encode("ascii")


def _mac(authenticated: bytes, *, file_key: bytes) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"header").derive(file_key)
    return hmac.digest(key, authenticated, "sha256")
