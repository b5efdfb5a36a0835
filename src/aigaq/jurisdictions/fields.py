"""Reads the fields of one mapping of a marked YAML file; what is wrong is kept with its line.

A reader of a file for people finds all faults at once, so a wrong field is noted in `Faults` and
stands for its default; who reads on must ask `Faults` at the end before using anything.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from aigaq.jurisdictions.marked_yaml import Document, FileFault, Path

LANGUAGES = ("kk", "ru", "en")
ID = re.compile(r"[a-z][a-z0-9_]{1,48}")


class Faults:
    """The faults of one file, each once; ``origin`` is the id of the pack that is read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.origin = ""
        self.found: list[FileFault] = []
        self._seen: set[tuple[str, int, str]] = set()

    def add(self, code: str, path: Path, **context: Any) -> None:
        """Note a fault at the value of ``path``."""
        line = self.document.get_line(path)
        key = (code, line, repr(sorted(context.items())))
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(FileFault(code, line=line, **context))


class Fields:
    """One mapping; each field that is asked for is known, and `end` finds the others."""

    def __init__(self, value: Any, *, path: Path, faults: Faults, area: str = "pack") -> None:
        self.path = path
        self.faults = faults
        self._area = area
        self._known: set[str] = set()
        self._value: Mapping[str, Any] = {}
        if isinstance(value, Mapping):
            self._value = value
        else:
            named = [part for part in path if isinstance(part, str)]
            field = named[-1] if named else "the file"
            self.faults.add(f"{area}.bad_form", path, field=field, expected="a mapping")

    def __contains__(self, key: str) -> bool:
        return self.raw(key) is not None

    def states(self, key: str) -> bool:
        """Tell whether a field is there, even as ``null``."""
        self._known.add(key)
        return key in self._value

    def fault(self, code: str, key: str | None = None, **context: Any) -> None:
        """Note a fault of a field, or of the whole."""
        path = self.path if key is None else (*self.path, key)
        self.faults.add(f"{self._area}.{code}", path, **context)

    def raw(self, key: str) -> Any:
        """Return the value of a field as it stands, or ``None``."""
        self._known.add(key)
        return self._value.get(key)

    def words(self, key: str, default: str | None = None) -> str:
        """Return a field that is text. A number is taken as its text."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not value:
            self.fault("bad_form", key, field=key, expected="text")
            return default or ""
        return value

    def words_or_none(self, key: str) -> str | None:
        """Return a field that is text, or ``None`` if it is absent."""
        return None if self.raw(key) is None else self.words(key)

    def choice(self, key: str, among: Iterable[str], default: str | None = None) -> str:
        """Return a field that is one of a few words."""
        choices = tuple(among)
        value = self.words(key, default)
        if value not in choices:
            self.fault("bad_form", key, field=key, expected=" | ".join(choices))
            return default or choices[0]
        return value

    def flag(self, key: str) -> bool:
        """Return a field that is true or false, false if absent."""
        value = self.raw(key)
        if value is not None and not isinstance(value, bool):
            self.fault("bad_form", key, field=key, expected="true or false")
        return value is True

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a field that is a whole number."""
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault("bad_form", key, field=key, expected="a whole number")
            return default or 0
        return value

    def whole_or_none(self, key: str) -> int | None:
        """Return a field that is a whole number, or ``None`` if it is absent."""
        return None if self.raw(key) is None else self.whole(key)

    def day(self, key: str) -> date | None:
        """Return a field that is a date, or ``None``."""
        value = self.raw(key)
        if value is None:
            return None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fault("bad_date", key, field=key)
            return None

    def names(self, key: str) -> tuple[str, ...]:
        """Return a field that is a list of words; a single word is a list of one."""
        value = self.raw(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fault("bad_form", key, field=key, expected="a list of words")
            return ()
        return tuple(value)

    def text(self, key: str) -> dict[str, str]:
        """Return a text in three languages, none empty."""
        value = self.raw(key)
        if not isinstance(value, Mapping):
            self.fault("missing_text", key, field=key, languages="kk, ru, en")
            return dict.fromkeys(LANGUAGES, "")
        missing = [one for one in LANGUAGES if not str(value.get(one) or "").strip()]
        if missing:
            self.fault("missing_text", key, field=key, languages=", ".join(missing))
        for other in set(value) - set(LANGUAGES):
            self.fault("unknown_key", key, field=f"{key}.{other}")
        return {one: str(value.get(one) or "") for one in LANGUAGES}

    def fields(self, key: str) -> "Fields":
        """Return a field that is a mapping."""
        return Fields(
            self.raw(key) or {}, path=(*self.path, key), faults=self.faults, area=self._area
        )

    def rows(self, key: str) -> list["Fields"]:
        """Return a field that is a list of mappings, empty if absent."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault("bad_form", key, field=key, expected="a list")
            return []
        path = (*self.path, key)
        return [
            Fields(row, path=(*path, number), faults=self.faults, area=self._area)
            for number, row in enumerate(value)
        ]

    def list_keys(self) -> tuple[str, ...]:
        """Return the names of all fields, and know them all."""
        self._known.update(self._value)
        return tuple(self._value)

    def end(self) -> None:
        """Find fields that nobody asked for."""
        for key in self._value:
            if key not in self._known:
                self.fault("unknown_key", key, field=key)
