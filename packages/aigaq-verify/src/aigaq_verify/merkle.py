"""Inclusion in RFC 6962 trees; only checks. Source: RFC 9162 section 2.1.3.2."""

import hashlib
from collections.abc import Sequence

from aigaq_verify.errors import VerifyError


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_entry(entry: bytes) -> bytes:
    """Return the leaf hash of a log's entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def check_inclusion(
    *, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes, area: str
) -> None:
    """Check that ``leaf`` stands at ``index`` of ``size`` leaves under ``root``.

    Raises `VerifyError`: ``<area>.wrong_index``, ``<area>.wrong_length``, ``<area>.wrong_root``.
    """
    if not 0 <= index < size:
        raise VerifyError(f"{area}.wrong_index")
    number, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise VerifyError(f"{area}.wrong_length")
        if number & 1 or number == last:
            node = hash_node(sibling, node)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = hash_node(node, sibling)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise VerifyError(f"{area}.wrong_length")
    if node != root:
        raise VerifyError(f"{area}.wrong_root")


class Roots:
    """The root of a tree of which leaf after leaf is told; keeps one hash a level."""

    def __init__(self) -> None:
        self.size = 0
        self._edges: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Take one more leaf hash."""
        self._edges.append(leaf)
        self.size += 1
        count = self.size
        while not count & 1:
            right = self._edges.pop()
            self._edges[-1] = hash_node(self._edges[-1], right)
            count >>= 1

    def root(self) -> bytes:
        """Return the root over what was told."""
        if not self._edges:
            return hashlib.sha256(b"").digest()
        node = self._edges[-1]
        for left in reversed(self._edges[:-1]):
            node = hash_node(left, node)
        return node
