"""Asks a timestamp authority over HTTP, and fetches lists of revoked certificates.

The connection is handed in, so that the desk's one way to the outside (its proxy, its pace) holds
here too. What comes is bounded in bytes and in time, and believed in nothing. Source: RFC 3161 3.4.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx

from aigaq.evidence.errors import TimestampError

#: Opens the way to an address.
Connect = Callable[[str], AbstractContextManager[httpx.Client]]

MAXIMUM_ANSWER_BYTES = 1_048_576
MAXIMUM_LIST_BYTES = 4 * 1_048_576
ANSWER_SECONDS = 60.0
#: Nothing that tells one desk from another.
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": ""}


def post_query(
    connect: Connect, *, url: str, query: bytes, seconds: float = ANSWER_SECONDS
) -> bytes:
    """Return the bytes that the authority at ``url`` answers.

    Raises `TimestampError`: ``timestamp.unreachable``, ``timestamp.too_slow``,
    ``timestamp.bad_status`` (with ``status``), ``timestamp.too_large``.
    """
    headers = {**HEADERS, "Content-Type": "application/timestamp-query"}
    asked = _Asked("POST", url, headers, query)
    return _ask(connect, asked, limit=MAXIMUM_ANSWER_BYTES, seconds=seconds)


def fetch_list(connect: Connect, *, url: str, seconds: float = ANSWER_SECONDS) -> bytes:
    """Return a list of revoked certificates. Raises `TimestampError` as `post_query` does."""
    asked = _Asked("GET", url, HEADERS, b"")
    return _ask(connect, asked, limit=MAXIMUM_LIST_BYTES, seconds=seconds)


@dataclass(frozen=True)
class _Asked:
    method: str
    url: str
    headers: dict[str, str]
    content: bytes


def _ask(connect: Connect, asked: _Asked, *, limit: int, seconds: float) -> bytes:
    end = time.monotonic() + seconds
    data = b""
    try:
        with (
            connect(asked.url) as client,
            client.stream(
                asked.method, asked.url, headers=asked.headers, content=asked.content
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise TimestampError("timestamp.bad_status", status=answer.status_code)
            for chunk in answer.iter_raw():
                data += chunk
                if len(data) > limit:
                    raise TimestampError("timestamp.too_large")
                if time.monotonic() > end:
                    raise TimestampError("timestamp.too_slow")
    except httpx.TimeoutException:
        raise TimestampError("timestamp.too_slow") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise TimestampError("timestamp.unreachable") from None
    return data
