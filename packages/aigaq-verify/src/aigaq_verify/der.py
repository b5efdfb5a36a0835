"""A strict reader of DER, for certificates, timestamp tokens and lists of revoked certificates.

One form for each value: definite lengths, each in the fewest bytes, tags of one byte. It walks
along what a format names and never into what nobody asked for, so nothing can be nested too deep
for it. Object identifiers stay the bytes that they are. Source: X.690 sections 8, 10 and 11.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from aigaq_verify.errors import VerifyError

BOOLEAN, INTEGER, BITS, OCTETS, OID = 0x01, 0x02, 0x03, 0x04, 0x06
ENUMERATED, UTC_TIME, GENERAL_TIME = 0x0A, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
_LONG_FORM, _LENGTH_BYTES, _HIGH_TAG, _CONTINUES = 0x80, 4, 0x1F, 0x80
#: Kinds of text in names (RFC 5280, X520name): UTF8String, Numeric, Printable, T61, IA5, BMP.
_TEXTS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1E: "utf-16-be",
}
_UTC = re.compile(rb"[0-9]{12}Z")
_WHOLE_SECONDS_BYTES = 15
_GENERAL = re.compile(rb"([0-9]{14})(\.[0-9]{0,8}[1-9])?Z")


def tagged(number: int) -> int:
    """Return the tag of a constructed ``[number]``."""
    return 0xA0 | number


@dataclass(frozen=True)
class Element:
    """One value: its tag, its content, and the whole of it as it stands."""

    tag: int
    content: bytes
    whole: bytes


class Reader:
    """Reads one element after the other. Every fault is a `VerifyError` with ``code``."""

    def __init__(self, data: bytes, *, code: str) -> None:
        self._data, self._at, self.code = data, 0, code

    def fault(self) -> VerifyError:
        """Return the error of this reader."""
        return VerifyError(self.code)

    @property
    def has_more(self) -> bool:
        """Tell whether anything is left."""
        return self._at < len(self._data)

    def end(self) -> None:
        """Check that nothing is left."""
        if self.has_more:
            raise self.fault()

    def next(self) -> Element:
        """Return the next element, whatever its tag."""
        data, start = self._data, self._at
        if start + 2 > len(data) or data[start] & _HIGH_TAG == _HIGH_TAG:
            raise self.fault()
        size, at = data[start + 1], start + 2
        if size & _LONG_FORM:
            count = size & ~_LONG_FORM
            size = int.from_bytes(data[at : at + count], "big")
            at += count
            # Neither indefinite nor longer than needed.
            if not 1 <= count <= _LENGTH_BYTES or size < max(_LONG_FORM, 1 << 8 * (count - 1)):
                raise self.fault()
        if at + size > len(data):
            raise self.fault()
        self._at = at + size
        return Element(data[start], data[at : at + size], data[start : at + size])

    def take(self, tag: int) -> Element:
        """Return the next element, which has this tag."""
        one = self.next()
        if one.tag != tag:
            raise self.fault()
        return one

    def is_next(self, tag: int) -> bool:
        """Tell whether the next element is there and has this tag."""
        return self.has_more and self._data[self._at] == tag

    def take_if(self, tag: int) -> Element | None:
        """Return the next element if it is there and has this tag."""
        return self.take(tag) if self.is_next(tag) else None

    def open(self, tag: int = SEQUENCE) -> "Reader":
        """Return a reader of the inside of the next element."""
        return Reader(self.take(tag).content, code=self.code)

    def open_if(self, tag: int) -> "Reader | None":
        """Return a reader of the inside of the next element if it is there and has this tag."""
        one = self.take_if(tag)
        return None if one is None else Reader(one.content, code=self.code)

    def oid(self) -> bytes:
        """Return the content of an object identifier: arcs of seven bits a byte, none padded."""
        data = self.take(OID).content
        begins = [at for at in range(len(data)) if at == 0 or data[at - 1] < _CONTINUES]
        if not data or data[-1] >= _CONTINUES or any(data[at] == _CONTINUES for at in begins):
            raise self.fault()
        return data

    def name(self) -> bytes:
        """Return the whole of a distinguished name, whose parts are pairs of kind and value."""
        whole = self.take(SEQUENCE)
        parts = Reader(whole.content, code=self.code)
        while parts.has_more:
            together = parts.open(SET)
            pair = together.open()  # At least one.
            while True:
                pair.oid()
                self._check_text(pair.next())
                pair.end()
                if not together.has_more:
                    break
                pair = together.open()
        return whole.whole

    def _check_text(self, one: Element) -> None:
        """Check that a part of a name is text, as OpenSSL takes it."""
        try:
            text = one.content.decode(_TEXTS.get(one.tag, ""))
        except (LookupError, UnicodeDecodeError):
            raise self.fault() from None
        if "\x00" in text:  # No name has one, and some readers end there.
            raise self.fault()

    def integer(self) -> bytes:
        """Return the content of a whole number, written in the fewest bytes."""
        data = self.take(INTEGER).content
        is_long = len(data) > 1 and (data[0], data[1] >> 7) in ((0, 0), (255, 1))
        if not data or is_long:
            raise self.fault()
        return data

    def small(self) -> int:
        """Return a whole number from 0 to 127."""
        data = self.integer()
        if len(data) != 1 or data[0] > 127:
            raise self.fault()
        return data[0]

    def positive(self) -> bytes:
        """Return the content of a number above zero."""
        data = self.integer()
        if data[0] > 127 or data == b"\x00":
            raise self.fault()
        return data

    def natural(self) -> bytes:
        """Return a number above zero as big-endian bytes without a sign."""
        return self.positive().removeprefix(b"\x00")

    def flag(self) -> bool:
        """Return a value that stands only if it is true, as `DEFAULT FALSE` asks for."""
        one = self.take_if(BOOLEAN)
        if one is not None and one.content != b"\xff":
            raise self.fault()
        return one is not None

    def whole_bits(self) -> bytes:
        """Return a string of bits that fills its bytes."""
        data = self.take(BITS).content
        if data[:1] != b"\x00":
            raise self.fault()
        return data[1:]

    def time(self) -> datetime:
        """Return a moment in UTC, in either form that certificates have, in whole seconds."""
        one = self.take_if(UTC_TIME)
        if one is None:
            ahead = Reader(self._data[self._at :], code=self.code)
            if len(ahead.take(GENERAL_TIME).content) != _WHOLE_SECONDS_BYTES:
                raise self.fault()
            return self.general_time()
        if not _UTC.fullmatch(one.content):
            raise self.fault()
        century = b"19" if one.content[:2] >= b"50" else b"20"  # RFC 5280 4.1.2.5.1.
        return self._moment(century + one.content[:-1])

    def general_time(self) -> datetime:
        """Return a moment in UTC from a GeneralizedTime; what is below a second is cut off."""
        found = _GENERAL.fullmatch(self.take(GENERAL_TIME).content)
        if found is None:
            raise self.fault()
        return self._moment(found[1])

    def _moment(self, digits: bytes) -> datetime:
        year, *numbers = int(digits[:4]), *(int(digits[at : at + 2]) for at in range(4, 14, 2))
        month, day, hour, minute, second = numbers
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise self.fault() from None


def encode(tag: int, *parts: bytes) -> bytes:
    """Return an element of this tag around ``parts``."""
    content = b"".join(parts)
    size = len(content)
    if size < _LONG_FORM:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_FORM | len(length)]) + length + content
