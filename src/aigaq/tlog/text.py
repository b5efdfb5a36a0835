"""Numbers and base64 as the C2SP formats write them: one form each, all others refused."""

import base64
import binascii
import re

from aigaq.tlog.errors import TlogError

MAXIMUM_SIZE = 2**53 - 1
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z", re.ASCII)


def decode_number(text: str, *, code: str) -> int:
    """Return a decimal without leading zeroes, at most 2^53 − 1. Raises `TlogError` ``code``."""
    if not _NUMBER.match(text) or int(text) > MAXIMUM_SIZE:
        raise TlogError(code)
    return int(text)


def encode_base64(data: bytes) -> str:
    """Return ``data`` in base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, *, code: str) -> bytes:
    """Return the bytes of canonical base64. Raises `TlogError` with ``code``."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise TlogError(code) from None
    if encode_base64(data) != text:
        raise TlogError(code)
    return data
