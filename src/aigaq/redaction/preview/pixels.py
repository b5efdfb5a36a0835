"""Writes PNG from raw pixels; nothing here reads a picture. Source: PNG, 3rd edition, part 11."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TRUE_COLOUR = 2


def encode_png(pixels: bytes, *, width: int, height: int) -> bytes:
    """Return ``pixels`` (RGB, 8 bits, row by row) as a PNG file."""
    if width < 1 or height < 1 or len(pixels) != width * height * 3:
        raise ValueError("pixels do not fit width and height")
    row = width * 3
    lines = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row))
    head = struct.pack(">IIBBBBB", width, height, 8, TRUE_COLOUR, 0, 0, 0)
    return (
        SIGNATURE
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(lines, 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
