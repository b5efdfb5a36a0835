"""Makes the previews of one item: reads what the decoding child says, believing nothing.

A record that is too long, out of range or of an unknown kind ends the preview with
``preview.broken``. Sizes in bytes, pixels and whole seconds; sound is 16 kHz mono.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from aigaq.redaction.preview.errors import CHILD_CODES, PreviewError
from aigaq.redaction.preview.pixels import encode_png
from aigaq.redaction.preview.sandbox import MEBIBYTE, Limits, run_child

MAX_EDGE = 1_600
MAX_STILLS = 12
MAX_FRAMES = 1_800
MAX_TEXT_BYTES = 262_144
MAX_HEAD_BYTES = 1_024
MAX_ENCODED_BYTES = 64 * MEBIBYTE
MAX_RECORD_SAMPLES_BYTES = 4 * MEBIBYTE
MAX_SAMPLES_BYTES = 2 * 16_000 * 1_860
SAMPLES_A_SECOND = 16_000
FRAMES_A_SECOND = 5
MAX_ITEM_BYTES = 1024 * MEBIBYTE


@dataclass(frozen=True)
class Made:
    """One preview. ``kind``: still, clip, sound or text; clip and sound are WebM."""

    kind: str
    content_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    seconds: int | None = None
    #: Eight bytes that near pictures share most bits of (a difference hash).
    mark: bytes | None = None


def make_previews(
    *, chunks: Iterable[bytes], size_bytes: int, limits: Limits | None = None
) -> Iterator[Made]:
    """Give the previews of the item whose bytes are ``chunks``, one after the other.

    Raises `PreviewError`: ``preview.no_bubblewrap``, ``preview.no_decoders``,
    ``preview.too_large``, ``preview.too_many_pixels``, ``preview.too_slow``, ``preview.broken``,
    ``preview.unknown_kind``. What was given before stays good.
    """
    if size_bytes > MAX_ITEM_BYTES:
        raise PreviewError("preview.too_large")
    room = limits or Limits(files_bytes=size_bytes + 8 * MEBIBYTE)
    with run_child(child="decode", chunks=chunks, limits=room) as output:
        yield from _Reader(output).read()


class _Reader:
    """Reads the records of one decoding child in their order: stills, frames, samples or text."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._stills = 0

    def read(self) -> Iterator[Made]:
        head, payload = self._next()
        while head["kind"] == "still":
            yield self._build_still(head, payload)
            head, payload = self._next()
        if head["kind"] == "frame":
            frames = _Run(self, kind="frame", head=head, first=payload, most=MAX_FRAMES)
            yield from _encode_clip(frames, head)
            head, payload = frames.end()
        if head["kind"] == "samples":
            most = MAX_SAMPLES_BYTES // 2
            samples = _Run(self, kind="samples", head=head, first=payload, most=most)
            yield from _encode_sound(samples)
            head, payload = samples.end()
        if head["kind"] == "text":
            yield _build_text(payload)
            head, payload = self._next()
        if head["kind"] != "end":
            raise PreviewError("preview.broken")
        code = head.get("code")
        if code is not None:
            known = isinstance(code, str) and code in CHILD_CODES
            raise PreviewError(code if known else "preview.broken")

    def _next(self) -> tuple[dict[str, Any], bytes]:
        line = self._output.readline(MAX_HEAD_BYTES)
        if not line:
            # Killed by its limits of time or memory, or by the system.
            raise PreviewError("preview.too_slow")
        try:
            head = json.loads(line)
            size = _expected_size(head)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise PreviewError("preview.broken") from None
        payload = self._output.read(size)
        if len(payload) != size:
            raise PreviewError("preview.broken")
        return head, payload

    next = _next

    def _build_still(self, head: dict[str, Any], payload: bytes) -> Made:
        self._stills += 1
        if self._stills > MAX_STILLS:
            raise PreviewError("preview.broken")
        width, height = head["width"], head["height"]
        png = encode_png(payload, width=width, height=height)
        return Made(
            kind="still",
            content_type="image/png",
            data=png,
            width=width,
            height=height,
            mark=_read_mark(head),
        )


def _expected_size(head: dict[str, Any]) -> int:
    """Return the payload's size, or raise `ValueError` if the record may not be."""
    kind, size = head["kind"], head["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError
    if kind in ("still", "frame"):
        width, height = head["width"], head["height"]
        for edge in (width, height):
            if not isinstance(edge, int) or isinstance(edge, bool) or not 1 <= edge <= MAX_EDGE:
                raise ValueError
        if size != width * height * (3 if kind == "still" else 1):
            raise ValueError
    elif size > {"samples": MAX_RECORD_SAMPLES_BYTES, "text": MAX_TEXT_BYTES, "end": 0}[kind]:
        raise ValueError
    return size


def _read_mark(head: dict[str, Any]) -> bytes | None:
    mark = head.get("mark")
    if mark is None:
        return None
    if not isinstance(mark, str) or not re.fullmatch("[0-9a-f]{16}", mark):
        raise PreviewError("preview.broken")
    return bytes.fromhex(mark)


class _Run:
    """A run of records of one kind, handed on as it comes; remembers the record after it."""

    def __init__(
        self, reader: _Reader, *, kind: str, head: dict[str, Any], first: bytes, most: int
    ) -> None:
        self._reader = reader
        self._kind = kind
        self._size = (head.get("width"), head.get("height"))
        self._first = first
        self._most = most
        self._after: tuple[dict[str, Any], bytes] | None = None
        self.failure: PreviewError | None = None
        self.bytes = 0
        self.records = 0

    def __iter__(self) -> Iterator[bytes]:
        payload = self._first
        while True:
            self.records += 1
            self.bytes += len(payload)
            if self.records > self._most or self.bytes > self._most * MAX_EDGE * MAX_EDGE:
                self.failure = PreviewError("preview.broken")
                return
            yield payload
            try:
                head, payload = self._reader.next()
            except PreviewError as error:
                self.failure = error
                return
            if head["kind"] != self._kind:
                self._after = (head, payload)
                return
            if (head.get("width"), head.get("height")) != self._size:
                self.failure = PreviewError("preview.broken")
                return

    def end(self) -> tuple[dict[str, Any], bytes]:
        """Return the record that came after the run. Raises what went wrong in it."""
        if self.failure is not None:
            raise self.failure
        if self._after is None:
            raise PreviewError("preview.broken")
        return self._after


def _encode_clip(frames: _Run, head: dict[str, Any]) -> Iterator[Made]:
    width, height = head["width"], head["height"]
    start = {"kind": "frames", "width": width, "height": height, "rate": FRAMES_A_SECOND}
    data = _encode(start, frames)
    if data:
        seconds = max(1, round(frames.records / FRAMES_A_SECOND))
        yield Made("clip", "video/webm", data, width=width, height=height, seconds=seconds)


def _encode_sound(samples: _Run) -> Iterator[Made]:
    data = _encode({"kind": "samples", "rate": SAMPLES_A_SECOND}, samples)
    if data:
        yield Made("sound", "audio/webm", data, seconds=max(1, samples.bytes // 32_000))


def _encode(start: dict[str, Any], run: _Run) -> bytes:
    def chunks() -> Iterator[bytes]:
        yield json.dumps(start).encode() + b"\n"
        yield from run

    with run_child(child="encode", chunks=chunks(), limits=Limits()) as output:
        data = output.read(MAX_ENCODED_BYTES + 1)
    if len(data) > MAX_ENCODED_BYTES:
        raise PreviewError("preview.too_large")
    if run.failure is None and not data:
        raise PreviewError("preview.broken")
    return data


def _build_text(payload: bytes) -> Made:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise PreviewError("preview.broken") from None
    # Control and direction marks can make text lie about what it says (Trojan Source).
    shown = "".join(letter for letter in text if letter in "\n\t" or letter.isprintable())
    return Made(kind="text", content_type="text/plain; charset=utf-8", data=shown.encode())
