"""The reporters' page as a phone gets it at ``/``, and whether it is the one of the bundle.

A gate could serve every file truly by its name, and something else where people begin. So whoever
watches says of itself what a phone says, and compares the document in the packing that came.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

#: What a phone says of itself (Chrome tells no more than this of any phone): a gate must not tell
#: the stranger from a reporter by its headers, and show it other pages.
PHONE = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "ru-RU,ru;q=0.9,kk;q=0.8,en;q=0.7",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36",
}
LANGUAGES = {
    "en": "en-US,en;q=0.9",
    "kk": "kk-KZ,kk;q=0.9,ru;q=0.8,en;q=0.7",
    "ru": "ru-RU,ru;q=0.9,en;q=0.8",
}
#: The largest file of a bundle.
MAXIMUM_FILE_BYTES = 2**24


@dataclass(frozen=True)
class Page:
    """A public page as it came: its bytes, packed in the way that ``packing`` names, if any."""

    packing: str
    body: bytes


@dataclass(frozen=True)
class Asking:
    """How the page is asked for: on first coming, or after choosing a language."""

    language: str
    is_chosen: bool

    @property
    def name(self) -> str:
        """Return what an alarm calls it."""
        return f"{'POST' if self.is_chosen else 'GET'} / {self.language}"

    @property
    def method(self) -> str:
        """Return the method of the request."""
        return "POST" if self.is_chosen else "GET"

    @property
    def form(self) -> bytes | None:
        """Return the body of the request."""
        return f"language={self.language}".encode() if self.is_chosen else None

    def build_headers(self, *, origin: str) -> dict[str, str]:
        """Return the headers that a phone sends."""
        headers = PHONE | {"Accept-Language": LANGUAGES[self.language]}
        if not self.is_chosen:
            return headers
        return headers | {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}


def list_askings(expected: Mapping[str, object]) -> list[Asking]:
    """Return every way to ask for a document that a bundle has."""
    return [
        Asking(language, is_chosen)
        for language in sorted(LANGUAGES)
        for is_chosen in (False, True)
        if f"index.{language}.html" in expected
    ]


def is_document(page: Page, *, language: str, expected: Mapping[str, tuple[bytes, int]]) -> bool:
    """Tell whether a page is the bundle's; ``expected`` is SHA-256 and size by file name."""
    name, body = f"index.{language}.html", page.body
    if page.packing == "br":
        # Compared as it is, with the file of the bundle that it should be: nothing is unpacked.
        name += ".br"
    elif page.packing == "gzip":
        unpacking = zlib.decompressobj(wbits=31)
        try:
            body = unpacking.decompress(body, MAXIMUM_FILE_BYTES)
        except zlib.error:
            return False
        if not unpacking.eof or unpacking.unused_data:
            return False
    elif page.packing:
        return False
    return expected.get(name) == (hashlib.sha256(body).digest(), len(body))
