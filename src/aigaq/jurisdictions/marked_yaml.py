"""YAML with the line of every value, for files that people write: packs and case files.

A strict part of YAML 1.2: mappings with text keys, lists, text, numbers, ``true``, ``false`` and
``null``. Dates stay text. Refused, each with its line: anchors and aliases, tags, a key twice, more
than one document, deep nesting. Raises `FileFault` and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from aigaq.errors import AigaqError

LARGEST_BYTES = 4 << 20
DEEPEST = 24
INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
NUMBER = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")
WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}

Path = tuple[str | int, ...]


class FileFault(AigaqError):
    """One fault of a file; ``line`` counts from 1."""

    def __init__(self, code: str, *, line: int, **context: Any) -> None:
        super().__init__(code, line=line, **context)
        self.line = line


@dataclass(frozen=True)
class Document:
    """A file's value, and the line on which the value at each path begins."""

    value: Any
    lines: dict[Path, int]

    def get_line(self, path: Path) -> int:
        """Return the line of ``path``, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse_yaml(data: bytes) -> Document:
    """Return what ``data`` says. Raises `FileFault` ``yaml.…``."""
    if len(data) > LARGEST_BYTES:
        raise FileFault("yaml.too_large", line=1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileFault("yaml.not_utf_8", line=line) from None
    try:
        return _Builder(yaml.parse(text, Loader=yaml.CSafeLoader)).build()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise FileFault("yaml.bad_form", line=line, problem=str(error.problem)) from None
    except yaml.YAMLError:
        raise FileFault("yaml.bad_form", line=1, problem="not YAML") from None


class _Builder:
    """Builds values from events, which carry their lines; never runs a constructor of YAML."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._lines: dict[Path, int] = {}

    def build(self) -> Document:
        self._take(yaml.StreamStartEvent)
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            return Document(None, {(): 1})
        value = self._build(next(self._events), ())
        self._take(yaml.DocumentEndEvent)
        last = next(self._events)
        if not isinstance(last, yaml.StreamEndEvent):
            raise FileFault("yaml.second_document", line=last.start_mark.line + 1)
        return Document(value, self._lines)

    def _take(self, kind: type[Any]) -> None:
        event = next(self._events)
        assert isinstance(event, kind)  # noqa: S101 - the parser's own order.

    def _build(self, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        self._lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise FileFault("yaml.anchor", line=line)
        if event.tag is not None:
            raise FileFault("yaml.tag", line=line)
        if len(path) > DEEPEST:
            raise FileFault("yaml.too_deep", line=line)
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else _read_plain(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._build_list(path)
        return self._build_mapping(path)

    def _build_list(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._build(event, (*path, len(values))))
        return values

    def _build_mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise FileFault("yaml.bad_key", line=line)
            if event.value in values:
                raise FileFault("yaml.key_twice", line=line, key=event.value)
            self._lines[(*path, event.value)] = line
            values[event.value] = self._build(next(self._events), (*path, event.value))
        return values


def _read_plain(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text):
        return float(text)
    return text
