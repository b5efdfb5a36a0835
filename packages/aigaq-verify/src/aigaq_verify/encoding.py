"""Bytes, hashes and text forms, written a second time and on purpose not shared with the platform.

Hashes are 32 ``bytes``; hex and base64 appear only where JSON does. Sources: ``spec/encoding.md``;
RFC 6962 section 2.1; RFC 8785 (JSON); RFC 4648 section 4.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from aigaq_verify.errors import VerifyError

Part = bytes | str | int
MAXIMUM_JSON_BYTES = 64 * 1024 * 1024
_MAXIMUM_VALUES = 2_000_000
_MAXIMUM_DEPTH = 16
_HEX = re.compile(r"(?:[0-9a-f]{2})*\Z")
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)


def encode_parts(*parts: Part) -> bytes:
    """Return ``A ‖ B ‖ …``: each part behind its length as a big-endian uint64."""
    encoded = []
    for part in parts:
        if isinstance(part, int):
            part = part.to_bytes(8, "big")
        elif isinstance(part, str):
            part = part.encode("utf-8")
        encoded.append(len(part).to_bytes(8, "big") + part)
    return b"".join(encoded)


def hash_parts(*parts: Part) -> bytes:
    """Return SHA-256 of ``A ‖ B ‖ …``."""
    return hashlib.sha256(encode_parts(*parts)).digest()


def hash_leaf(*parts: Part) -> bytes:
    """Return the leaf hash of ``A ‖ B ‖ …`` in the tree of a report."""
    return hashlib.sha256(b"\x00" + encode_parts(*parts)).digest()


def encode_base64(data: bytes) -> str:
    """Return ``data`` in base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, *, code: str) -> bytes:
    """Return the bytes of canonical base64. Raises `VerifyError` with ``code``."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise VerifyError(code) from None
    if encode_base64(data) != text:
        raise VerifyError(code)
    return data


def build_json(value: Any) -> bytes:
    """Return the RFC 8785 form of what `parse_json` gives: no fractions, no lone surrogates."""
    return _write(value).encode("utf-8")


def _write(value: Any) -> str:
    if isinstance(value, dict):
        # RFC 8785 section 3.2.3: names in the order of their UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_write(name)}:{_write(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def parse_json(data: bytes, *, code: str) -> Any:
    """Return what ``data`` says, if it is its own RFC 8785 form. Raises `VerifyError` ``code``."""
    value = parse_any_json(data, code=code)
    try:
        same = build_json(value) == data
    except (ValueError, RecursionError):
        raise VerifyError(code) from None
    if not same:
        raise VerifyError(code)
    return value


def parse_any_json(data: bytes, *, code: str) -> Any:
    """Return what JSON in any form says; whole numbers only, no name twice, bounded depth."""
    if len(data) > MAXIMUM_JSON_BYTES:
        raise VerifyError(code)
    depth = 0
    for values, match in enumerate(_STRUCTURE.finditer(data)):
        depth += match[0] in (b"[", b"{")
        depth -= match[0] in (b"]", b"}")
        if depth > _MAXIMUM_DEPTH or values > _MAXIMUM_VALUES:
            raise VerifyError(code)
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_whole,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        raise VerifyError(code) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _whole(text: str) -> int:
    if len(text) > 16 or not 0 <= int(text) < 2**53 or text == "-0":
        raise ValueError
    return int(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


class Form:
    """One JSON object with exactly the members ``names``, read into plain values.

    Every method raises `VerifyError` with the form's ``code`` for a value of another form.
    """

    def __init__(self, members: Any, *, names: Collection[str], code: str) -> None:
        self.code = code
        if not isinstance(members, dict) or members.keys() != set(names):
            raise VerifyError(code)
        self.members: dict[str, Any] = members

    def text(self, name: str, *, maximum_bytes: int = 1_048_576) -> str:
        """Return a text."""
        value = self.members[name]
        if not isinstance(value, str) or len(value) > maximum_bytes:
            raise VerifyError(self.code)
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise VerifyError(self.code) from None
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None for null."""
        return None if self.members[name] is None else self.text(name)

    def integer(self, name: str, *, minimum: int = 0) -> int:
        """Return a whole number."""
        value = self.members[name]
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise VerifyError(self.code)
        return value

    def boolean(self, name: str) -> bool:
        """Return true or false."""
        value = self.members[name]
        if not isinstance(value, bool):
            raise VerifyError(self.code)
        return value

    def hex(self, name: str, *, length: int = 32) -> bytes:
        """Return ``length`` bytes from lower-case hex."""
        return decode_hex(self.members[name], length=length, code=self.code)

    def base64(self, name: str, *, length: int | None = 32) -> bytes:
        """Return bytes from base64, exactly ``length`` unless that is None."""
        data = decode_base64(self.text(name), code=self.code)
        if length is not None and len(data) != length:
            raise VerifyError(self.code)
        return data

    def time(self, name: str) -> datetime:
        """Return an instant."""
        return parse_time(self.members[name], code=self.code)

    def values(self, name: str) -> list[Any]:
        """Return a list."""
        value = self.members[name]
        if not isinstance(value, list):
            raise VerifyError(self.code)
        return value

    def hashes(self, name: str) -> tuple[bytes, ...]:
        """Return a list of hashes."""
        return tuple(decode_hex(one, length=32, code=self.code) for one in self.values(name))

    def form(self, name: str, *, names: Collection[str]) -> "Form":
        """Return an object within this one."""
        return Form(self.members[name], names=names, code=self.code)

    def forms(self, name: str, *, names: Collection[str]) -> "list[Form]":
        """Return a list of objects."""
        return [Form(one, names=names, code=self.code) for one in self.values(name)]


def decode_hex(value: Any, *, length: int, code: str) -> bytes:
    """Return ``length`` bytes from lower-case hex. Raises `VerifyError` with ``code``."""
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.match(value):
        raise VerifyError(code)
    return bytes.fromhex(value)


def parse_time(value: Any, *, code: str) -> datetime:
    """Return the instant written as ``2026-05-04T09:00:00Z``. Raises `VerifyError` ``code``."""
    try:
        at = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise VerifyError(code) from None
    if format_time(at) != value:
        raise VerifyError(code)
    return at


def format_time(at: datetime) -> str:
    """Return ``at`` as RFC 3339 in UTC with whole seconds."""
    return f"{at.year:04d}-{at:%m-%dT%H:%M:%S}Z"
