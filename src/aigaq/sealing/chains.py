"""Chains of lines: the register of filings and the custody of evidence.

``head(n) = SHA-256(‖(label, head(n−1), SHA-256 of line n))`` and ``head(0)`` is 32 zero bytes, so a
line can stay hidden or be forgotten, its hash left in its place, and the chain is still checked.
A line is RFC 8785 JSON without its LF. Source: ``spec/evidence-package.md``.
"""

import hashlib

from aigaq.sealing.encoding import hash_parts

CUSTODY_LABEL = "aigaq/custody/v1"
REGISTER_LABEL = "aigaq/register/v1"
NO_HEAD = bytes(32)


def hash_line(line: bytes) -> bytes:
    """Return what stands for ``line`` where it stays hidden."""
    return hashlib.sha256(line).digest()


def extend_chain(head: bytes, *, label: str, line_sha256: bytes) -> bytes:
    """Return the head after one more line."""
    return hash_parts(label, head, line_sha256)
