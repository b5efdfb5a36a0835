"""Strict reading of a JSON object's members into plain Python values.

A `Form` is made with the error code that its page gives to a bad form and with the exact names of
its members. Each method takes one member and returns it in the type that the code works with
(``bytes`` for hex and base64, aware ``datetime`` for times). Source: spec/encoding.md.
"""

from collections.abc import Collection
from datetime import datetime
from itertools import pairwise
from typing import Any

from aigaq.clock import format_time, parse_time
from aigaq.errors import AigaqError
from aigaq.sealing.encoding import decode_base64, decode_hex
from aigaq.sealing.errors import SealingError

LANGUAGES = ("en", "kk", "ru")


class Form:
    """One JSON object, known to have exactly the members ``names``."""

    def __init__(self, members: Any, *, names: Collection[str], code: str) -> None:
        """Raise `SealingError` with ``code`` unless ``members`` is an object of those names."""
        self._code = code
        if not isinstance(members, dict) or members.keys() != set(names):
            raise self.fault()
        self._members: dict[str, Any] = members

    @property
    def members(self) -> dict[str, Any]:
        """Return the object itself, for what is kept as JSON says it."""
        return self._members

    def fault(self) -> SealingError:
        """Return the error that says this form is bad."""
        return SealingError(self._code)

    def text(self, name: str, *, maximum_bytes: int, minimum_bytes: int = 0) -> str:
        """Return a text whose UTF-8 has a length within the bounds."""
        value = self._members[name]
        if not isinstance(value, str):
            raise self.fault()
        if not minimum_bytes <= len(value.encode("utf-8")) <= maximum_bytes:
            raise self.fault()
        return value

    def choice(self, name: str, *, among: Collection[str]) -> str:
        """Return a text that is one of a few."""
        value = self._members[name]
        if not isinstance(value, str) or value not in among:
            raise self.fault()
        return value

    def integer(self, name: str, *, minimum: int = 0, maximum: int = 2**53 - 1) -> int:
        """Return an integer within the bounds."""
        value = self._members[name]
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fault()
        if not minimum <= value <= maximum:
            raise self.fault()
        return value

    def boolean(self, name: str) -> bool:
        """Return true or false."""
        value = self._members[name]
        if not isinstance(value, bool):
            raise self.fault()
        return value

    def hex(self, name: str, *, length: int = 32) -> bytes:
        """Return ``length`` bytes written as lower-case hex."""
        return self._decoded(name, decode=decode_hex, minimum=length, maximum=length)

    def base64(self, name: str, *, length: int = 32) -> bytes:
        """Return ``length`` bytes written as base64."""
        return self._decoded(name, decode=decode_base64, minimum=length, maximum=length)

    def ciphertext(self, name: str, *, maximum_bytes: int) -> bytes:
        """Return at least one and at most ``maximum_bytes`` bytes written as base64."""
        return self._decoded(name, decode=decode_base64, minimum=1, maximum=maximum_bytes)

    def time(self, name: str) -> datetime:
        """Return the instant written in the one form of times."""
        text = self.text(name, maximum_bytes=20)
        try:
            at = parse_time(text)
        except AigaqError:
            raise self.fault() from None
        if format_time(at) != text:  # 2026-5-4 would be read as well, and is another text.
            raise self.fault()
        return at

    def is_null(self, name: str) -> bool:
        """Tell whether a member that may be null is."""
        return self._members[name] is None

    def values(self, name: str, *, maximum: int) -> list[Any]:
        """Return a list of at most ``maximum`` values, each still to be read."""
        value = self._members[name]
        if not isinstance(value, list) or len(value) > maximum:
            raise self.fault()
        return value

    def integers(self, name: str, *, maximum: int) -> tuple[int, ...]:
        """Return a list of integers that rise strictly."""
        values = self.values(name, maximum=maximum)
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in values):
            raise self.fault()
        if any(after <= before for before, after in pairwise(values)):
            raise self.fault()
        return tuple(values)

    def hexes(self, name: str, *, maximum: int, length: int = 32) -> tuple[bytes, ...]:
        """Return a list of values of ``length`` bytes written as lower-case hex, in its order."""
        values = self.values(name, maximum=maximum)
        forms = [Form({name: one}, names=(name,), code=self._code) for one in values]
        return tuple(one.hex(name, length=length) for one in forms)

    def form(self, name: str, *, names: Collection[str]) -> "Form":
        """Return an object within this one as a form of its own."""
        return Form(self._members[name], names=names, code=self._code)

    def forms(self, name: str, *, names: Collection[str], maximum: int) -> "list[Form]":
        """Return a list of objects, each as a form of its own."""
        values = self.values(name, maximum=maximum)
        return [Form(one, names=names, code=self._code) for one in values]

    def texts(self, name: str, *, maximum_bytes: int) -> dict[str, str]:
        """Return the same text in every language of `LANGUAGES`, none of them empty."""
        inner = self.form(name, names=LANGUAGES)
        return {
            language: inner.text(language, maximum_bytes=maximum_bytes, minimum_bytes=1)
            for language in LANGUAGES
        }

    def _decoded(self, name: str, *, decode: Any, minimum: int, maximum: int) -> bytes:
        value = self._members[name]
        if not isinstance(value, str) or len(value) > 2 * maximum + 4:
            raise self.fault()
        try:
            data: bytes = decode(value)
        except SealingError:
            raise self.fault() from None
        if not minimum <= len(data) <= maximum:
            raise self.fault()
        return data
