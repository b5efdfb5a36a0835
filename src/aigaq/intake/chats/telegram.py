"""The exports of Telegram Desktop: ``result.json``, or ``messages.html`` and its further pages.

Only the export of one chat is taken: that of a whole account holds chats with other people, who
told us nothing. A file that was left out stands in the export as a sentence in brackets.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aigaq.intake.chats.html_pieces import Tag, split_page
from aigaq.intake.chats.shapes import Chat, ChatError, ChatMessage

FILES = ("file", "photo")
MAX_MESSAGES = 1_000_000
#: Elements within elements; an export has about ten.
MAX_DEPTH = 1_000
NOT_INCLUDED = "("
#: Elements that have no end.
VOID = frozenset({"br", "img", "meta", "link", "input", "hr"})


def parse_telegram_json(data: bytes) -> Chat:
    """Return the chat in a ``result.json``.

    Raises `ChatError`: ``chat.not_an_export``, ``chat.whole_account``.
    """
    try:
        export = json.loads(data)
        if isinstance(export, dict) and "chats" in export:
            raise ChatError("chat.whole_account")
        messages = tuple(_read(one) for one in export["messages"][:MAX_MESSAGES])
        title = export.get("name") or ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ChatError("chat.not_an_export") from None
    if not messages:
        raise ChatError("chat.not_an_export")
    return Chat(program="telegram", title=str(title), messages=messages)


def _read(one: dict[str, Any]) -> ChatMessage:
    named = [one[name] for name in FILES if isinstance(one.get(name), str)]
    files = tuple(name for name in named if not name.startswith(NOT_INCLUDED))
    return ChatMessage(
        at=str(one.get("date", "")),
        author=str(one.get("from") or one.get("actor") or ""),
        text=_flatten(one.get("text", "")) or str(one.get("action", "")),
        files=files,
        is_without_media=len(files) < len(named),
    )


def _flatten(text: object) -> str:
    """Return a text that Telegram writes as a string or as a list of pieces with formats."""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(_flatten(one) for one in text)
    if isinstance(text, dict):
        return str(text.get("text", ""))
    return ""


def parse_telegram_html(pages: Iterator[str]) -> Chat:
    """Return the chat in the pages of an export, in their order. Raises ``chat.not_an_export``."""
    reader = _Page()
    try:
        for page in pages:
            for piece in split_page(page):
                reader.take(piece)
    except ValueError:
        raise ChatError("chat.not_an_export") from None
    if not reader.messages:
        raise ChatError("chat.not_an_export")
    return Chat(program="telegram", title=reader.title, messages=tuple(reader.messages))


@dataclass(frozen=True)
class _Open:
    """An open element: its own mark, and that of the nearest element that has one."""

    mark: str = ""
    nearest: str = ""


class _Page:
    """Walks through ``div.message`` with ``.from_name``, ``.date[title]``, ``.text``, links.

    Every piece costs the same, however deep it lies.
    """

    def __init__(self) -> None:
        self.messages: list[ChatMessage] = []
        self.title = ""
        self._author = ""
        self._stack = [_Open()]
        self._marks: Counter[str] = Counter()
        self._at, self._kind = "", ""
        self._text: list[str] = []
        self._files: list[str] = []

    def take(self, piece: Tag | str) -> None:
        """Take the next piece of the page. Raises `ChatError` ``chat.not_an_export``."""
        if isinstance(piece, str):
            self._take_text(piece)
        elif piece.name in VOID:
            if piece.name == "br" and self._marks["text"]:
                self._text.append("\n")
        elif piece.is_end:
            self._close()
        else:
            self._open(piece)
            if piece.is_closed:
                self._close()

    def _open(self, tag: Tag) -> None:
        """Open an element; a message begins, or names a file or a time."""
        if len(self._stack) > MAX_DEPTH:
            raise ChatError("chat.not_an_export")
        classes = tag.attributes.get("class", "").split()
        mark = ""
        if "message" in classes:
            mark = "message"
            self._at, self._text, self._files = "", [], []
            self._kind = "service" if "service" in classes else "default"
        for name in ("from_name", "text", "forwarded"):
            mark = name if name in classes and self._marks["message"] else mark
        if "page_header" in classes:
            mark = "page_header"
        if "body" in classes and self._kind == "service":
            mark = "text"
        if "date" in classes and tag.attributes.get("title"):
            self._at = tag.attributes["title"]
        if tag.name == "a":
            self._take_link(tag.attributes.get("href", ""))
        self._marks[mark] += 1
        self._stack.append(_Open(mark, mark or self._stack[-1].nearest))

    def _close(self) -> None:
        """Close an element; a message ends."""
        if len(self._stack) == 1:
            return
        mark = self._stack.pop().mark
        self._marks[mark] -= 1
        if mark == "message":
            author = "" if self._kind == "service" else self._author
            text = "".join(self._text).strip()
            self.messages.append(
                ChatMessage(self._at, author.strip(), text, tuple(dict.fromkeys(self._files)))
            )
            self._kind = ""

    def _take_text(self, text: str) -> None:
        """Take the text of the element that is open."""
        nearest = self._stack[-1].nearest
        if nearest == "from_name" and not self._marks["forwarded"]:
            self._author = text.strip() or self._author
        elif nearest == "text":
            self._text.append(text)
        elif nearest == "page_header" and not self.title:
            self.title = text.strip()

    def _take_link(self, href: str) -> None:
        is_local = href and ":" not in href and href[0] not in "#/"
        if is_local and self._marks["message"] and not href.endswith(".html"):
            self._files.append(href)
