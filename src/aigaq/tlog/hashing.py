"""The hashes of the log's tree. Source: RFC 6962 section 2.1, SHA-256."""

import hashlib
from collections.abc import Iterable

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def hash_entry(entry: bytes) -> bytes:
    """Return the leaf hash of ``entry``."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_entries(entries: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above ``left`` and ``right``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_level(below: list[bytes]) -> list[bytes]:
    """Return the nodes above pairs of neighbours; an odd last one is left out."""
    sha256 = hashlib.sha256
    pairs = iter(below)
    return [
        sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)
    ]
