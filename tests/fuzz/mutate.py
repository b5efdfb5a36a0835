"""Bytes made wrong on purpose: flipped, cut, doubled, spliced, and JSON with another value.

All chance comes from the `random.Random` that is given, so that a finding can be had again.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

MAXIMUM_BYTES = 1 << 16
_TOKENS = (
    b"\n\n",
    b"\n",
    b"\x00",
    b"\xff" * 8,
    b"\xe2\x80\x94 ",
    b"\xe2\x80\xa8",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"-0",
    b"1e9",
    b"9007199254740992",
    b"9" * 400,
    b"[" * 200,
    b'{"a":' * 40,
    b'"',
    b"\\",
    b"null",
    b"=",
    b"+",
    b"\r\n",
    b"../",
    b"\xd9\xa3",
    b"\x7f",
)
_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2**53 - 1,
    2**53,
    2**64,
    0.5,
    "",
    "a",
    "\ud800",
    "\u0000",
    "٣",
    "0" * 64,
    "=" * 44,
    "A" * 43 + "=",
    "x" * 70_000,
    [],
    [[]],
    {},
    {"a": 1},
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
)


def mutate(data: bytes, *, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return ``data`` with one to four things wrong, now and then with a part of ``others``."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(_WAYS)(data, others, chance)[:MAXIMUM_BYTES]
    return data


def _flip(data: bytes, _others: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return b"\x00"
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _set(data: bytes, _others: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return b"\xff"
    changed = bytearray(data)
    changed[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 10, 32, 34, 48))
    return bytes(changed)


def _cut(data: bytes, _others: Sequence[bytes], chance: random.Random) -> bytes:
    start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:start] if chance.random() < 0.3 else data[:start] + data[end:]


def _double(data: bytes, _others: Sequence[bytes], chance: random.Random) -> bytes:
    start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:end] + data[start:end] * chance.choice((1, 1, 2, 60)) + data[end:]


def _insert(data: bytes, _others: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_TOKENS) + data[at:]


def _splice(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others) if others else data
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _change_json(data: bytes, _others: Sequence[bytes], chance: random.Random) -> bytes:
    """Change one value of a JSON text, also of one that a line of signature follows."""
    head, line, rest = data.partition(b"\n")
    try:
        value = json.loads(head)
    except (ValueError, RecursionError):
        return _insert(data, _others, chance)
    holder: Any = [value]
    at: Any = 0
    while isinstance(holder[at], dict | list) and holder[at] and chance.random() < 0.8:
        holder = holder[at]
        at = (
            chance.choice(list(holder))
            if isinstance(holder, dict)
            else chance.randrange(len(holder))
        )
    if isinstance(holder, dict) and chance.random() < 0.2:
        del holder[at]
    elif isinstance(holder, list) and chance.random() < 0.2:
        holder.append(holder[at])
    else:
        holder[at] = chance.choice(_VALUES)
    if not isinstance(value, dict | list):
        return _insert(data, _others, chance)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", errors="surrogatepass") + line + rest


_WAYS: Sequence[Callable[[bytes, Sequence[bytes], random.Random], bytes]] = (
    _flip,
    _set,
    _cut,
    _double,
    _insert,
    _splice,
    _change_json,
    _change_json,
)
