"""Has the sandbox make a copy without hidden details, and believes nothing of what it says.

A picture is looked through here, segment by segment, before a byte of it is given on. Sizes in
bytes.
"""

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Protocol

from aigaq.redaction.preview.errors import PreviewError
from aigaq.redaction.preview.sandbox import MEBIBYTE, Limits, run_child
from aigaq.redaction.strip.errors import CHILD_CODES, StripError
from aigaq.redaction.strip.pictures import check_jpeg, check_png

RECIPE = "strip/v1"
MAX_ITEM_BYTES = 1024 * MEBIBYTE
MAX_PICTURE_BYTES = 512 * MEBIBYTE
MAX_HEAD_BYTES = 1_024
#: A name in a report has at most 1,024 bytes.
MAX_STEM_BYTES = 1_000
PICTURES = {"jpeg": check_jpeg, "png": check_png}
#: By form: media type, and the ending that a name may have; the first is given to others.
FORMS = {
    "jpeg": ("image/jpeg", (".jpg", ".jpeg")),
    "png": ("image/png", (".png",)),
    "mp4": ("video/mp4", (".mp4", ".m4v")),
    "mp4-sound": ("audio/mp4", (".m4a", ".mp4")),
    "mov": ("video/quicktime", (".mov",)),
    "mov-sound": ("video/quicktime", (".mov",)),
    "3gp": ("video/3gpp", (".3gp",)),
    "webm": ("video/webm", (".webm",)),
    "webm-sound": ("audio/webm", (".webm", ".weba")),
    "matroska": ("video/x-matroska", (".mkv",)),
    "matroska-sound": ("audio/x-matroska", (".mka", ".mkv")),
    "ogg": ("audio/ogg", (".ogg", ".oga", ".opus")),
    "mp3": ("audio/mpeg", (".mp3",)),
    "flac": ("audio/flac", (".flac",)),
    "wav": ("audio/wav", (".wav",)),
    "adts": ("audio/aac", (".aac",)),
    "amr": ("audio/amr", (".amr",)),
}


class Reader(Protocol):
    """Something to read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""


@dataclass(frozen=True)
class Stripped:
    """A copy without hidden details; ``content`` raises `StripError` if it ends too early."""

    content: Reader
    content_type: str
    size_bytes: int


def name_copy(name: str, *, content_type: str) -> str:
    """Return ``name`` with an ending that fits a copy of this type."""
    endings = next(ends for kind, ends in FORMS.values() if kind == content_type)
    if name.lower().endswith(endings):
        return name
    stem, dot, _ending = name.rpartition(".")
    stem = stem if dot and stem else name
    return stem.encode("utf-8")[:MAX_STEM_BYTES].decode("utf-8", errors="ignore") + endings[0]


@contextmanager
def open_stripped(
    *, chunks: Iterable[bytes], size_bytes: int, limits: Limits | None = None
) -> Iterator[Stripped]:
    """Give a copy of the file whose bytes are ``chunks``, without its hidden details.

    Raises `StripError`: ``strip.unknown_kind`` (no picture, video or sound that we can copy),
    ``strip.too_large``, ``strip.too_slow``, ``strip.broken``, ``strip.left_over`` (the copy still
    said something), ``strip.no_bubblewrap``, ``strip.no_decoders``.
    """
    if size_bytes > MAX_ITEM_BYTES:
        raise StripError("strip.too_large")
    room = limits or Limits(
        memory_bytes=3 * 1024 * MEBIBYTE, files_bytes=2 * size_bytes + 512 * MEBIBYTE
    )
    try:
        with run_child(child="strip", chunks=chunks, limits=room) as output:
            yield _read(output)
    except PreviewError as error:
        raise StripError(error.code.replace("preview.", "strip."), **error.context) from None


def _read(output: IO[bytes]) -> Stripped:
    line = output.readline(MAX_HEAD_BYTES)
    if not line:
        # Killed by its limits of time or memory, or by the system.
        raise StripError("strip.too_slow")
    try:
        head = json.loads(line)
        code, size = head["code"], head["size"]
        content_type = "" if code is not None else FORMS[head["form"]][0]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise StripError("strip.broken") from None
    if code is not None:
        known = isinstance(code, str) and code in CHILD_CODES
        raise StripError(code if known else "strip.broken")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise StripError("strip.broken")
    content: Reader = _Exactly(output, size)
    check = PICTURES.get(head["form"])
    if check is not None:
        if size > MAX_PICTURE_BYTES:
            raise StripError("strip.too_large")
        data = b"".join(iter(lambda: content.read(MEBIBYTE), b""))
        check(data)
        content = io.BytesIO(data)
    return Stripped(content, content_type, size)


class _Exactly:
    """What a child says, as long as it said that it would be."""

    def __init__(self, output: IO[bytes], size: int) -> None:
        self._output, self._left = output, size

    def read(self, size: int, /) -> bytes:
        data = self._output.read(min(size, self._left))
        if self._left and not data:
            raise StripError("strip.broken")
        self._left -= len(data)
        return data
