"""JSON in its one RFC 8785 form, and nothing else.

Numbers are integers from 0 to 2^53 - 1. What is not its own canonical form, repeats a member, nests
deeper than 16 levels or holds more than 262,144 values is refused, so that a small text cannot
become a large memory. Source: spec/encoding.md, RFC 8785.
"""

import json
import re
from typing import Any

import rfc8785

from aigaq.sealing.errors import SealingError

MAXIMUM_VALUES = 262_144
MAXIMUM_DEPTH = 16
MAXIMUM_INTEGER = 2**53 - 1
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
NOT_STRUCTURE = re.compile(rb"[^\[\]{},]+")


def build_json(value: Any) -> bytes:
    """Return the RFC 8785 form of ``value``. Raises `SealingError` for what JSON cannot say."""
    _check_numbers(value)
    try:
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
    marks = NOT_STRUCTURE.sub(b"", STRING.sub(b"", data))
    if len(marks) > 2 * MAXIMUM_VALUES:
        raise SealingError("encoding.bad_json")
    depth = 0
    for mark in marks:
        if mark in b"[{":
            depth += 1
            if depth > MAXIMUM_DEPTH:
                raise SealingError("encoding.bad_json")
        elif mark in b"]}":
            depth -= 1
    values = len(marks) - marks.count(b"]") - marks.count(b"}")
    if values > MAXIMUM_VALUES:
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
