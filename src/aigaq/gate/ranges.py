"""One byte range of a member, for a desk that was cut off. Source: RFC 9110, section 14."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from aigaq.gate.errors import GateError

_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})\Z")


@dataclass(frozen=True)
class ByteRange:
    """What to send, and how to say so."""

    start: int
    size: int
    status: int
    headers: dict[str, str]


def read_range(request: Request, *, size: int) -> ByteRange:
    """Return the range that ``request`` asks for of ``size`` bytes; without one, all of them.

    Takes ``bytes=a-`` and ``bytes=a-b``. Raises ``gate.wrong_range`` for anything else.
    """
    accepts = {"accept-ranges": "bytes"}
    asked = request.headers.get("range")
    if asked is None:
        return ByteRange(0, size, 200, {**accepts, "content-length": str(size)})
    match = _RANGE.match(asked)
    if match is None:
        raise GateError("gate.wrong_range")
    start = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    if start > last:
        raise GateError("gate.wrong_range")
    facts = {
        "content-length": str(last + 1 - start),
        "content-range": f"bytes {start}-{last}/{size}",
    }
    return ByteRange(start, last + 1 - start, 206, {**accepts, **facts})
