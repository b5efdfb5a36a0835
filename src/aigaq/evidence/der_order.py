"""Puts the certificates of a timestamp answer into the order that DER asks for.

RFC 5652 lets SignedData be BER, and much of what runs on OpenSSL writes ``certificates`` (a SET) in
the order of its settings. Strict readers, ours among them, refuse that. The set is not signed, so
its order proves nothing and may be mended: the same bytes, the certificates in another order, no
length changed. What came is kept beside it. Sources: X.690 11.6; RFC 5652 5.1; RFC 3161 2.4.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aigaq.evidence.errors import TimestampError

SEQUENCE, TAGGED_0 = 0x30, 0xA0
#: version, digestAlgorithms and encapContentInfo stand before the certificates.
BEFORE_CERTIFICATES = 3
_LONG_FORM = 0x80
_LENGTH_BYTES = 4


@dataclass(frozen=True)
class _Element:
    """One element: its tag, where it begins, where its content begins and ends."""

    tag: int
    start: int
    content: int
    end: int


def sort_certificates(answer: bytes) -> bytes:
    """Return the answer with its certificates in order; one without a token as it is.

    Raises `TimestampError` ``timestamp.bad_answer`` for what is no TimeStampResp in definite form.
    """
    whole = _read(answer, 0, limit=len(answer))
    if whole.tag != SEQUENCE or whole.end != len(answer):
        raise _fault()
    parts = list(_list(answer, whole))
    if len(parts) < 2:
        return answer
    content = list(_list(answer, _expect(parts[1], SEQUENCE)))
    if len(content) != 2:
        raise _fault()
    tagged = list(_list(answer, _expect(content[1], TAGGED_0)))
    if len(tagged) != 1:
        raise _fault()
    signed = list(_list(answer, _expect(tagged[0], SEQUENCE)))
    for one in signed[BEFORE_CERTIFICATES : BEFORE_CERTIFICATES + 1]:
        if one.tag == TAGGED_0:
            members = sorted(answer[each.start : each.end] for each in _list(answer, one))
            return answer[: one.content] + b"".join(members) + answer[one.end :]
    return answer


def _list(data: bytes, parent: _Element) -> Iterator[_Element]:
    at = parent.content
    while at < parent.end:
        one = _read(data, at, limit=parent.end)
        yield one
        at = one.end


def _read(data: bytes, at: int, *, limit: int) -> _Element:
    if at + 2 > limit:
        raise _fault()
    tag, size, content = data[at], data[at + 1], at + 2
    if size & _LONG_FORM:
        count = size & ~_LONG_FORM
        if not 1 <= count <= _LENGTH_BYTES or content + count > limit:
            raise _fault()
        size = int.from_bytes(data[content : content + count], "big")
        content += count
    if content + size > limit:
        raise _fault()
    return _Element(tag, at, content, content + size)


def _expect(one: _Element, tag: int) -> _Element:
    if one.tag != tag:
        raise _fault()
    return one


def _fault() -> TimestampError:
    return TimestampError("timestamp.bad_answer")
