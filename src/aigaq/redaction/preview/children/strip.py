"""Runs inside the sandbox: a file comes in, the same picture, video or sound goes out without what
else it says: place, device, time, title, thumbnail, tracks that are neither picture nor sound.

Output: one line of JSON (``code`` null, ``form``, ``size``; or ``code`` why not), then ``size``
bytes. A picture is decoded, turned upright, brought to sRGB and encoded anew. Video and sound keep
their coded streams: they are put into a new container, without the units of H.264, HEVC and AV1
that carry remarks. What was made is opened again and must say nothing of its own.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = ["/children", "/packages"]

from limits import set_limits  # type: ignore[import-not-found]  # noqa: E402

FILES_BYTES = set_limits()

INPUT, OUTPUT = Path("/tmp/in"), Path("/tmp/out")  # noqa: S108 - the sandbox's own tmpfs.
MAX_PIXELS = 120_000_000
PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
#: What is coded without loss stays so.
LOSSLESS = ("PNG", "GIF", "BMP", "TIFF")
STILLS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,mp3,aac,amr,flac"
VIDEO = ("h264", "hevc", "vp8", "vp9", "av1", "h263")
AUDIO = ("aac", "alac", "amrnb", "amrwb", "flac", "mp3", "mp3float", "opus", "libopus")
#: The units that carry remarks: supplemental enhancement (H.264, HEVC), metadata (AV1).
REMARKS = {"h264": "6", "hevc": "39-40", "av1": "5"}
#: What every container of a kind says, whoever made it; all else was left over.
PLAIN = {
    "compatible_brands",
    "duration",
    "encoder",
    "handler_name",
    "language",
    "major_brand",
    "minor_version",
    "vendor_id",
}
PLAIN_VALUES = {
    "encoder": ("Lavf",),
    "handler_name": ("VideoHandler", "SoundHandler"),
    "language": ("und",),
}
OPTIONS = {"mp3": {"id3v2_version": "0", "write_id3v1": "0", "write_xing": "0"}}


class RefusedError(Exception):
    """Ends with a code."""


def spool() -> None:
    total = 0
    with INPUT.open("wb") as file:
        while chunk := sys.stdin.buffer.read(1 << 20):
            total += len(chunk)
            if total >= FILES_BYTES:
                raise RefusedError("strip.too_large")
            file.write(chunk)


def strip_picture() -> str | None:
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        opened: Any = Image.open(INPUT, formats=PICTURES)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError:
        raise RefusedError("strip.too_large") from None
    if opened.width * opened.height > MAX_PIXELS:
        raise RefusedError("strip.too_large")
    # Of a JPEG with further pictures behind it (MPO) the first is what everyone sees.
    if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
        raise RefusedError("strip.unknown_kind")
    is_lossless, profile = opened.format in LOSSLESS, opened.info.get("icc_profile")
    has_transparency = "transparency" in opened.info
    picture = ImageOps.exif_transpose(opened)
    picture = to_plain_mode(picture, has_transparency=has_transparency)
    picture = to_plain_colours(picture, profile=profile)
    has_alpha = picture.mode in ("LA", "RGBA")
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    if is_lossless or has_alpha:
        clean.save(OUTPUT, "PNG")
        return "png"
    clean.save(OUTPUT, "JPEG", quality=95, subsampling=0)
    return "jpeg"


def to_plain_mode(picture: Any, *, has_transparency: bool) -> Any:
    if picture.mode in ("P", "PA", "RGB", "L", "1") and (has_transparency or picture.mode == "PA"):
        return picture.convert("RGBA")
    if picture.mode in ("P", "YCbCr"):
        return picture.convert("RGB")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        raise RefusedError("strip.unknown_kind")
    return picture


def to_plain_colours(picture: Any, *, profile: bytes | None) -> Any:
    """Return the picture in sRGB: its own colour profile names the device and goes."""
    import io

    from PIL import ImageCms

    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        mode = "RGB" if picture.mode == "CMYK" else picture.mode
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ours = ImageCms.createProfile("sRGB")
            picture = ImageCms.profileToProfile(picture, own, ours, outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


def strip_media() -> str | None:
    import av

    try:
        options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
        source: Any = av.open(str(INPUT), options=options)
    except (av.FFmpegError, ValueError):
        return None
    with source:
        kept = [one for one in source.streams if is_kept(one)]
        moving = [one for one in kept if one.type == "video"]
        if not kept or len(moving) > 1:
            raise RefusedError("strip.unknown_kind")
        form = choose_form(source.format.name, kept)
        counts = copy_streams(source, kept, form=form)
    check_output(counts)
    return f"{form}-sound" if form in ("mp4", "mov", "webm", "matroska") and not moving else form


def is_kept(stream: Any) -> bool:
    """Tell whether a stream is picture or sound; one of another coding than ours is refused."""
    import av

    if stream.type not in ("video", "audio"):
        return False
    if stream.disposition & av.stream.Disposition.attached_pic:
        return False
    name = stream.codec_context.name
    if name not in VIDEO and name not in AUDIO and not name.startswith("pcm_"):
        raise RefusedError("strip.unknown_kind")
    return True


def choose_form(name: str, kept: list[Any]) -> str:
    codings = {one.codec_context.name for one in kept}
    if name.startswith("mov"):
        if codings & {"h263", "amrnb", "amrwb"}:
            return "3gp"
        return "mov" if any(one.startswith("pcm_") for one in codings) else "mp4"
    if name.startswith("matroska"):
        is_web = codings <= {"vp8", "vp9", "av1", "opus", "libopus"}
        return "webm" if is_web else "matroska"
    return {"aac": "adts"}.get(name, name)


def copy_streams(source: Any, kept: list[Any], *, form: str) -> dict[int, int]:
    """Copy the streams and return how many packets of each were written, by place."""
    import av
    from av.bitstream import BitStreamFilterContext

    options = {"fflags": "+bitexact", **OPTIONS.get(form, {})}
    counts = dict.fromkeys(range(len(kept)), 0)
    with av.open(str(OUTPUT), "w", format=form, options=options) as target:
        made: Any = {}
        for place, stream in enumerate(kept):
            copy = target.add_stream_from_template(stream)
            units = REMARKS.get(stream.codec_context.name)
            remarks = f"filter_units=remove_types={units}"
            cleaner = BitStreamFilterContext(remarks, stream, copy) if units else None
            made[stream.index] = (place, copy, cleaner)
        for packet in source.demux(*kept):
            if not packet.size:
                continue
            if packet.dts is None:
                raise RefusedError("strip.unknown_kind")
            place, copy, cleaner = made[packet.stream.index]
            for one in cleaner.filter(packet) if cleaner else [packet]:
                one.stream = copy
                target.mux(one)
                counts[place] += 1
        for place, copy, cleaner in made.values():
            for one in cleaner.filter(None) if cleaner else []:
                one.stream = copy
                target.mux(one)
                counts[place] += 1
    return counts


def check_output(counts: dict[int, int]) -> None:
    """Refuse what lost a packet, or still says something of its own."""
    import av

    with av.open(str(OUTPUT)) as made:
        found = dict.fromkeys(range(len(made.streams)), 0)
        said = [made.metadata, *(one.metadata for one in made.streams)]
        if any(not is_plain(name, value) for one in said for name, value in one.items()):
            raise RefusedError("strip.left_over")
        if made.chapters() or any(one.type not in ("video", "audio") for one in made.streams):
            raise RefusedError("strip.left_over")
        for packet in made.demux():
            found[packet.stream.index] += bool(packet.size)
    if found != counts or not all(counts.values()):
        raise RefusedError("strip.broken")


def is_plain(name: str, value: str) -> bool:
    known = name.lower()
    return known in PLAIN and value in PLAIN_VALUES.get(known, (value,))


def main() -> None:
    import av

    code, form = None, None
    try:
        spool()
        with INPUT.open("rb") as file:
            head = file.read(12)
        if head[4:8] == b"ftyp" and head[8:] in STILLS:
            raise RefusedError("strip.unknown_kind")
        form = strip_picture() or strip_media()
        if form is None:
            code = "strip.unknown_kind"
    except RefusedError as refused:
        code = str(refused)
    except MemoryError:
        code = "strip.too_large"
    except (av.FFmpegError, Exception):
        code = "strip.broken"
    size = 0 if code else OUTPUT.stat().st_size
    out = sys.stdout.buffer
    out.write(json.dumps({"code": code, "form": form, "size": size}).encode() + b"\n")
    if code is None:
        with OUTPUT.open("rb") as file:
            while chunk := file.read(1 << 20):
                out.write(chunk)
    out.flush()
    os._exit(0)


main()
