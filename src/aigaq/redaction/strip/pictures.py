"""Looks whether a picture holds pixels and nothing else. Sources: ITU-T T.81 annex B; PNG 5."""

from aigaq.redaction.preview.pixels import SIGNATURE
from aigaq.redaction.strip.errors import StripError

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_APP0, _SOS = 0xE0, 0xDA
#: Tables, frame and scan: baseline or progressive.
_NEEDED = frozenset({0xC0, 0xC2, 0xC4, 0xDB, 0xDD})
_JFIF = b"JFIF\x00"
_JFIF_BYTES = 14


def check_jpeg(data: bytes) -> None:
    """Raise `StripError` ``strip.left_over`` if a JPEG says more than its pixels need."""
    if not data.startswith(_SOI):
        raise StripError("strip.broken")
    place = len(_SOI)
    while data[place : place + 2] != _EOI:
        marker, body = _read_segment(data, place)
        if marker == _APP0:
            # A thumbnail would follow the fixed part.
            is_plain = body.startswith(_JFIF) and len(body) == _JFIF_BYTES
        else:
            is_plain = marker in _NEEDED or marker == _SOS
        if not is_plain:
            raise StripError("strip.left_over")
        place += 4 + len(body)
        if marker == _SOS:
            place = _skip_scan(data, place)
    if place + len(_EOI) != len(data):
        raise StripError("strip.left_over")


def _read_segment(data: bytes, place: int) -> tuple[int, bytes]:
    head = data[place : place + 4]
    if len(head) != 4 or head[0] != 0xFF:
        raise StripError("strip.broken")
    size = int.from_bytes(head[2:], "big") - 2
    body = data[place + 4 : place + 4 + size]
    if size < 0 or len(body) != size:
        raise StripError("strip.broken")
    return head[1], body


def _skip_scan(data: bytes, place: int) -> int:
    """Return where the coded pixels end: at a marker that is neither stuffing nor restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise StripError("strip.broken")
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2


def check_png(data: bytes) -> None:
    """Raise `StripError` ``strip.left_over`` if a PNG says more than its pixels need."""
    if not data.startswith(SIGNATURE):
        raise StripError("strip.broken")
    place, kinds = len(SIGNATURE), []
    while place < len(data):
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        kinds.append(kind)
        place += 12 + size
    if place != len(data) or kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"]:
        raise StripError("strip.broken")
    if set(kinds[1:-1]) != {b"IDAT"}:
        raise StripError("strip.left_over")
