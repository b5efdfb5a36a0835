"""JSON in its one RFC 8785 form, and nothing else.

Numbers are integers from 0 to 2^53 - 1. What is not its own canonical form, repeats a member, nests
deeper than 16 levels or has more than 262,144 commas and opening brackets is refused, so that a
small text cannot become a large memory. Source: spec/encoding.md, RFC 8785.
"""

import json
import re
from typing import Any

import rfc8785

from aigaq.sealing.errors import SealingError

MAXIMUM_VALUES = 262_144
MAXIMUM_DEPTH = 16
MAXIMUM_INTEGER = 2**53 - 1
# Strings are matched whole, so that brackets and commas within them do not count. One that does not
# end is matched, too, up to where it breaks off: else each of its quotation marks would be tried as
# the beginning of another, in quadratic time.
STRUCTURE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)

_QUICK = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def build_json(value: Any) -> bytes:
    """Return the RFC 8785 form of ``value``. Raises `SealingError` for what JSON cannot say."""
    _check_numbers(value)
    try:
        quick = _QUICK.encode(value)
        if quick.isascii():  # The same bytes: they differ in the order of names beyond ASCII only.
            return quick.encode("ascii")
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError):
        raise SealingError("encoding.bad_json") from None


def parse_json(data: bytes) -> dict[str, Any]:
    """Return the object that ``data`` is the RFC 8785 form of.

    Raises `SealingError` (``encoding.bad_json``) for anything else.
    """
    _check_structure(data)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_members,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        raise SealingError("encoding.bad_json") from None
    if not isinstance(value, dict) or build_json(value) != data:
        raise SealingError("encoding.bad_json")
    return value


def _check_structure(data: bytes) -> None:
    """Refuse a text whose values would not fit, before the first of them is made."""
    depth = values = strings = 0
    for match in STRUCTURE.finditer(data):
        mark = match[0]
        if mark in (b"[", b"{"):
            depth += 1
            values += 1
        elif mark in (b"]", b"}"):
            depth -= 1
        elif mark == b",":
            values += 1
        else:
            strings += 1
        # A value has at most two strings: the name of its member and itself.
        if depth > MAXIMUM_DEPTH or values > MAXIMUM_VALUES or strings > 2 * MAXIMUM_VALUES:
            raise SealingError("encoding.bad_json")


def _check_numbers(value: Any) -> None:
    """Refuse numbers that are not integers from 0 to 2^53 - 1, wherever they stand."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)
        elif isinstance(one, float) or (isinstance(one, int) and not 0 <= one <= MAXIMUM_INTEGER):
            raise SealingError("encoding.bad_json")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _refuse(_text: str) -> Any:
    raise ValueError("not an integer")
