"""Bytes, hashes and text forms that all formats share.

Hashes are 32 ``bytes``; hex and base64 appear only where JSON does. Source: spec/encoding.md,
RFC 6962 section 2.1 (tree), RFC 4648 section 4 (base64).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

from aigaq.sealing.errors import SealingError

Part = bytes | str | int
HEX = re.compile(r"(?:[0-9a-f]{2})*\Z")


def encode_part(part: Part) -> bytes:
    """Return ``part`` behind its length: bytes as they are, text as UTF-8, an integer as uint64."""
    if isinstance(part, int):
        part = part.to_bytes(8, "big")
    elif isinstance(part, str):
        part = part.encode("utf-8")
    return len(part).to_bytes(8, "big") + part


def encode_parts(*parts: Part) -> bytes:
    """Return ``A ‖ B ‖ …``."""
    return b"".join(encode_part(part) for part in parts)


def hash_parts(*parts: Part) -> bytes:
    """Return SHA-256 of ``A ‖ B ‖ …``."""
    return hashlib.sha256(encode_parts(*parts)).digest()


def hash_leaf(*parts: Part) -> bytes:
    """Return the leaf hash of ``A ‖ B ‖ …``: SHA-256 with the byte 0x00 in front."""
    return hashlib.sha256(b"\x00" + encode_parts(*parts)).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above ``left`` and ``right``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the RFC 6962 root over leaf hashes, level by level. Raises if there is no leaf.

    Pairing neighbours and carrying an odd last one upwards gives the same tree as the recursive
    definition, in which the left half is the largest power of two.
    """
    if not leaves:
        raise SealingError("encoding.no_leaves")
    level = list(leaves)
    while len(level) > 1:
        above = [hash_node(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def encode_base64(data: bytes) -> str:
    """Return ``data`` in base64 with padding and without line breaks."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Return the bytes of canonical base64. Raises `SealingError` (``encoding.bad_base64``)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealingError("encoding.bad_base64") from None
    if encode_base64(data) != text:  # Bits left over were not zero: two texts, one value.
        raise SealingError("encoding.bad_base64")
    return data


def decode_hex(text: str) -> bytes:
    """Return the bytes of lower-case hex. Raises `SealingError` (``encoding.bad_hex``)."""
    if not HEX.match(text):
        raise SealingError("encoding.bad_hex")
    return bytes.fromhex(text)
