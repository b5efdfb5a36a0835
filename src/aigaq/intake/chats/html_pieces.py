"""Splits an HTML page into tags and texts, in time that grows as its length does, whatever it says.

Python's own `html.parser` reads a page with many unclosed quotes, tags or comments in quadratic
time: a few megabytes would hold the desk for days. Only what an exported chat needs is known here;
what is no tag is text. Never used to show a page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

#: A tag as a whole: no part is ever tried a second time, and a quote that does not end is no tag.
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][^\s/<>"']*+)"""
    r"""(?P<rest>(?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>"""
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s="'/]++)(?:\s*+=\s*+(?:"(?P<a>[^"]*+)"|'(?P<b>[^']*+)'|(?P<c>[^\s"']++)))?"""
)
_COMMENT, _COMMENT_END = "<!--", "-->"
#: Elements whose content is no HTML, with what ends them.
_RAW = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}


@dataclass(frozen=True)
class Tag:
    """The beginning or the end of an element; names are in lower case."""

    name: str
    attributes: dict[str, str]
    is_end: bool = False
    is_closed: bool = False


def split_page(page: str) -> Iterator[Tag | str]:
    """Yield the tags of a page and the texts between them, in their order.

    Raises `ValueError` for a number of a character that has thousands of digits.
    """
    at = 0
    while at < len(page):
        begin = page.find("<", at)
        if begin != at:
            yield unescape(page[at : begin if begin >= 0 else len(page)])
        if begin < 0:
            return
        if page.startswith(_COMMENT, begin):
            at = _after(page.find(_COMMENT_END, begin + len(_COMMENT)), page, _COMMENT_END)
            continue
        found = _TAG.match(page, begin)
        if found is None:
            yield "<"
            at = begin + 1
            continue
        tag = _build(found)
        yield tag
        at = found.end()
        if tag.name in _RAW and not tag.is_end:
            end = _RAW[tag.name].search(page, at)
            at = len(page) if end is None else end.start()


def _after(index: int, page: str, end: str) -> int:
    """Return where a page goes on after what was looked for; at its end if it is not there."""
    return len(page) if index < 0 else index + len(end)


def _build(found: re.Match[str]) -> Tag:
    attributes: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(found["rest"]):
        attributes.setdefault(one["name"].lower(), unescape(one["a"] or one["b"] or one["c"] or ""))
    return Tag(
        name=found["name"].lower(),
        attributes=attributes,
        is_end=bool(found["end"]),
        is_closed=found["rest"].endswith("/"),
    )
