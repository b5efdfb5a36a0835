"""The exports of Telegram Desktop: ``result.json``, or ``messages.html`` and its further pages.

Only the export of one chat is taken: that of a whole account holds chats with other people, who
told us nothing. A file that was left out stands in the export as a sentence in brackets.
"""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from aigaq.intake.chats.shapes import Chat, ChatError, ChatMessage

FILES = ("file", "photo")
MAX_MESSAGES = 1_000_000
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
    for page in pages:
        reader.feed(page)
    reader.close()
    if not reader.messages:
        raise ChatError("chat.not_an_export")
    return Chat(program="telegram", title=reader.title, messages=tuple(reader.messages))


class _Page(HTMLParser):
    """Walks through ``div.message`` with ``.from_name``, ``.date[title]``, ``.text``, links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.messages: list[ChatMessage] = []
        self.title = ""
        self._author = ""
        self._stack: list[str] = []
        self._at, self._text, self._kind = "", "", ""
        self._files: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; a message begins, or names a file or a time."""
        named = {name: value or "" for name, value in attrs}
        classes = named.get("class", "").split()
        if tag == "br" and self._is_in("text"):
            self._text += "\n"
        if tag in VOID:
            return
        mark = ""
        if "message" in classes:
            mark = "message"
            self._at, self._text, self._files = "", "", []
            self._kind = "service" if "service" in classes else "default"
        for name in ("from_name", "text", "forwarded"):
            mark = name if name in classes and self._is_in("message") else mark
        if "page_header" in classes:
            mark = "page_header"
        if "body" in classes and self._kind == "service":
            mark = "text"
        if "date" in classes and named.get("title"):
            self._at = named["title"]
        href = named.get("href", "")
        if tag == "a" and href and ":" not in href and href[0] not in "#/" and self._is_media(href):
            self._files.append(href)
        self._stack.append(mark)

    def handle_endtag(self, tag: str) -> None:
        """Close an element; a message ends."""
        if tag in VOID or not self._stack:
            return
        if self._stack.pop() == "message":
            author = "" if self._kind == "service" else self._author
            text = self._text.strip()
            self.messages.append(
                ChatMessage(self._at, author.strip(), text, tuple(dict.fromkeys(self._files)))
            )
            self._kind = ""

    def handle_data(self, data: str) -> None:
        """Take the text of the element that is open."""
        inner = next((mark for mark in reversed(self._stack) if mark), "")
        if inner == "from_name" and "forwarded" not in self._stack:
            self._author = data.strip() or self._author
        elif inner == "text":
            self._text += data
        elif inner == "page_header" and not self.title:
            self.title = data.strip()

    def _is_in(self, mark: str) -> bool:
        return mark in self._stack

    def _is_media(self, href: str) -> bool:
        return self._is_in("message") and not href.endswith(".html")
