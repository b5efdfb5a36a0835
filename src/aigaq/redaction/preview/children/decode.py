"""Runs inside the sandbox: hostile bytes come in, raw pixels and samples go out.

Records on standard output: one line of JSON, then ``size`` bytes. ``still``: RGB pixels, width x
height x 3, with a perceptual ``mark`` or null. ``frame``: grey pixels, width x height. ``samples``:
signed 16-bit little-endian mono at 16 kHz. ``text``: UTF-8. ``end``: no bytes, ``code`` null or
why. Its reader believes nothing.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = ["/children", "/packages"]

from limits import set_limits  # type: ignore[import-not-found]  # noqa: E402

FILES_BYTES = set_limits()

INPUT = Path("/tmp/in")  # noqa: S108 - the sandbox's own tmpfs.
MAX_PIXELS = 120_000_000
SMALL, LARGE, CLIP = 480, 1600, 320
STILLS = 6
FRAMES_A_SECOND = 5
MAX_FRAMES = 1_800
MAX_SAMPLES = 16_000 * 1_800
MAX_TEXT = 262_144
MARK_CONTRAST = 16
PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,mp3,aac,amr,flac,avi,mpegts,caf"
OUT = sys.stdout.buffer


class RefusedError(Exception):
    """Ends with a code."""


def put(payload: bytes = b"", **head: object) -> None:
    head["size"] = len(payload)
    OUT.write(json.dumps(head).encode() + b"\n")
    OUT.write(payload)


def spool() -> int:
    total = 0
    with INPUT.open("wb") as file:
        while chunk := sys.stdin.buffer.read(1 << 20):
            total += len(chunk)
            if total >= FILES_BYTES:
                raise RefusedError("preview.too_large")
            file.write(chunk)
    return total


def mark(picture: Any) -> str | None:
    """Return 64 bits that near pictures share most of: where brightness falls from left to right.

    None for a picture without contrast, which would be near to every other one.
    """
    from PIL import Image

    grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX)
    low, high = grey.getextrema()
    if high - low < MARK_CONTRAST:
        return None
    rows = grey.tobytes()
    bits = 0
    for y in range(8):
        for x in range(8):
            bits = bits << 1 | (rows[y * 9 + x] > rows[y * 9 + x + 1])
    return f"{bits:016x}"


def show_picture() -> bool:
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        picture: Any = Image.open(INPUT, formats=PICTURES)
    except UnidentifiedImageError:
        return False
    except Image.DecompressionBombError:
        raise RefusedError("preview.too_many_pixels") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise RefusedError("preview.too_many_pixels")
    picture.draft("RGB", (LARGE, LARGE))
    picture = ImageOps.exif_transpose(picture)
    if picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    picture = picture.convert("RGB")
    for number, edge in enumerate((SMALL, LARGE)):
        copy = picture.copy()
        copy.thumbnail((edge, edge))
        put(
            copy.tobytes(),
            kind="still",
            number=number,
            width=copy.width,
            height=copy.height,
            mark=None if number else mark(copy),
        )
    return True


def open_container() -> Any:
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
    return av.open(str(INPUT), options=options)


def upright(frame: Any, *, edge: int, mode: str) -> Any:
    picture = frame.to_image()
    turn = getattr(frame, "rotation", 0) or 0
    if turn % 90 == 0 and turn % 360:
        picture = picture.rotate(turn, expand=True)
    picture = picture.convert(mode)
    picture.thumbnail((edge, edge))
    return picture


def check_size(stream: Any) -> None:
    if (stream.codec_context.width or 0) * (stream.codec_context.height or 0) > MAX_PIXELS:
        raise RefusedError("preview.too_many_pixels")


def show_stills(container: Any, *, duration: int | None) -> int:
    import av

    shown = 0
    for number in range(STILLS):
        try:
            if duration:
                container.seek(int(duration * (number + 0.5) / STILLS))
            frame = next(container.decode(video=0))
        except (av.FFmpegError, StopIteration):
            continue
        picture = upright(frame, edge=640, mode="RGB")
        put(
            picture.tobytes(),
            kind="still",
            number=shown,
            width=picture.width,
            height=picture.height,
            mark=mark(picture),
        )
        shown += 1
        if not duration:
            break
    return shown


def show_clip(container: Any) -> int:
    import av

    next_at, shown = 0.0, 0
    size: tuple[int, int] | None = None
    try:
        for frame in container.decode(video=0):
            at = frame.time if frame.time is not None else shown / FRAMES_A_SECOND
            if at + 1e-6 < next_at:
                continue
            next_at = (next_at if shown else at) + 1 / FRAMES_A_SECOND
            picture = upright(frame, edge=CLIP, mode="L")
            if size is None:
                size = (max(2, picture.width // 2 * 2), max(2, picture.height // 2 * 2))
            picture = picture.resize(size)
            put(picture.tobytes(), kind="frame", width=size[0], height=size[1])
            shown += 1
            if shown >= MAX_FRAMES:
                break
    except av.FFmpegError:
        if not shown:
            raise
    return shown


def play_sound(container: Any) -> int:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    count = 0
    try:
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                data = bytes(piece.planes[0])[: piece.samples * 2]
                put(data, kind="samples")
                count += piece.samples
            if count >= MAX_SAMPLES:
                break
    except av.FFmpegError:
        if not count:
            raise
    return count


def show_media() -> bool:
    import av

    try:
        container = open_container()
    except (av.FFmpegError, ValueError):
        return False
    with container:
        moving = [s for s in container.streams.video if s.codec_context is not None]
        sounding = [s for s in container.streams.audio if s.codec_context is not None]
        if not moving and not sounding:
            return False
        shown = 0
        if moving:
            check_size(moving[0])
            shown += show_stills(container, duration=container.duration)
    if moving:
        with open_container() as container:
            shown += show_clip(container)
    if sounding:
        with open_container() as container:
            try:
                shown += play_sound(container)
            except av.FFmpegError:
                if not shown:
                    raise
    if not shown:
        raise RefusedError("preview.broken")
    return True


def show_text(total: int) -> bool:
    with INPUT.open("rb") as file:
        data = file.read(MAX_TEXT)
    if b"\0" in data:
        return False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if total <= MAX_TEXT or error.start < len(data) - 4:
            return False
        text = data[: error.start].decode("utf-8")
    put(text.encode(), kind="text")
    return True


def main() -> None:
    code = None
    try:
        total = spool()
        if not (show_picture() or show_media() or show_text(total)):
            code = "preview.unknown_kind"
    except RefusedError as refused:
        code = str(refused)
    except MemoryError:
        code = "preview.too_large"
    except Exception:
        code = "preview.broken"
    put(kind="end", code=code)
    OUT.flush()
    os._exit(0)


main()
