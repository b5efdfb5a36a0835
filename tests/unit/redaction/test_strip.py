"""A file whose reporter said "remove the hidden details" leaves as a copy that has none."""

import io
import json
import struct
from collections.abc import Callable
from typing import Any

import av
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from aigaq.redaction.preview.pixels import encode_png
from aigaq.redaction.strip import StripError, Stripped, name_copy, open_stripped
from aigaq.redaction.strip.make import _read
from aigaq.redaction.strip.pictures import check_jpeg, check_png

MAKER = "FictionalPhoneMaker"
PLACE = "+43.2380+076.9450/"
SECRETS = [MAKER.encode(), PLACE.encode(), b"2026-01-02", b"2026:01:02", b"Exif", b"x264", b"ICC_"]


def strip(data: bytes) -> tuple[bytes, Stripped]:
    with open_stripped(chunks=[data], size_bytes=len(data)) as made:
        return b"".join(iter(lambda: made.content.read(65_536), b"")), made


def refuse(data: bytes) -> str:
    with pytest.raises(StripError) as caught:
        strip(data)
    return caught.value.code


def silent(data: bytes) -> bool:
    return not [one for one in SECRETS if one in data]


def build_jpeg(*, orientation: int = 1) -> bytes:
    picture = Image.new("RGB", (64, 48), "red")
    picture.paste("blue", (0, 0, 32, 48))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x0132] = MAKER, orientation, "2026:01:02 03:04:05"
    exif[0x8825] = {1: "N", 2: (43.0, 14.0, 0.0), 29: "2026:01:02"}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    buffer = io.BytesIO()
    picture.save(
        buffer,
        "JPEG",
        exif=exif,
        icc_profile=profile,
        comment=MAKER,
        xmp=f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{PLACE}</x:xmpmeta>".encode(),
        quality=95,
    )
    return buffer.getvalue() + MAKER.encode()


def test_a_photo_keeps_its_pixels_and_says_nothing_else() -> None:
    data = build_jpeg()
    assert not silent(data)
    made, about = strip(data)
    assert silent(made)
    assert (about.content_type, about.size_bytes) == ("image/jpeg", len(made))
    picture = Image.open(io.BytesIO(made))
    assert (picture.size, dict(picture.getexif())) == ((64, 48), {})
    assert set(picture.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    left, right = picture.getpixel((5, 20)), picture.getpixel((60, 20))
    assert left[2] > 200 > right[2]  # type: ignore[index]
    assert right[0] > 200 > left[0]  # type: ignore[index]


def test_a_photo_that_was_held_sideways_stays_upright() -> None:
    made, _about = strip(build_jpeg(orientation=6))
    assert Image.open(io.BytesIO(made)).size == (48, 64)


def test_a_drawing_stays_without_loss_and_loses_its_words() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", MAKER)
    words.add_itxt("Location", PLACE)
    buffer = io.BytesIO()
    drawing = Image.linear_gradient("L").convert("RGBA")
    drawing.save(buffer, "PNG", pnginfo=words)
    made, about = strip(buffer.getvalue())
    assert silent(made)
    assert about.content_type == "image/png"
    assert Image.open(io.BytesIO(made)).tobytes() == drawing.tobytes()


def build_video(*, form: str, video: str, sound: str, turned: bool = False) -> bytes:
    buffer = io.BytesIO()
    build: Any = av.VideoFrame
    tags = {"movflags": "use_metadata_tags"} if form in ("mp4", "mov") else {}
    with av.open(buffer, "w", format=form, options=tags) as container:
        container.metadata.update(
            title=MAKER, location=PLACE, make=MAKER, creation_time="2026-01-02T03:04:05Z"
        )
        moving: Any = container.add_stream(video, rate=10)
        moving.width, moving.height, moving.pix_fmt = 320, 180, "yuv420p"
        moving.metadata.update(handler_name=MAKER, title=MAKER)
        sounding: Any = container.add_stream(sound, rate=48_000)
        sounding.layout = "mono"
        for number in range(20):
            picture = Image.new("RGB", (320, 180), (number * 8, 80, 120))
            container.mux(moving.encode(build.from_image(picture)))
        put_sound(container, sounding)
        container.mux(moving.encode(None))
    data = buffer.getvalue()
    return turn(data) if turned else data


def put_sound(container: Any, stream: Any) -> None:
    resampler = av.AudioResampler(
        format=stream.codec_context.format,
        layout="mono",
        rate=stream.rate,
        frame_size=stream.codec_context.frame_size or 1_024,
    )
    for number in range(30):
        frame: Any = av.AudioFrame(format="s16", layout="mono", samples=1_024)
        frame.sample_rate, frame.pts = stream.rate, number * 1_024
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        for piece in resampler.resample(frame):
            container.mux(stream.encode(piece))
    container.mux(stream.encode(None))


def turn(data: bytes) -> bytes:
    """Return an MP4 whose picture is to be shown turned by a quarter, as phones write it."""
    plain = struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 0x40000000)
    turned = struct.pack(">9i", 0, 65_536, 0, -65_536, 0, 0, 180 * 65_536, 0, 0x40000000)
    place = data.index(plain, data.index(b"tkhd"))
    return data[:place] + turned + data[place + len(plain) :]


def decode(data: bytes) -> list[bytes]:
    with open_video(data) as container:
        return [bytes(frame.to_image().tobytes()) for frame in container.decode(video=0)]


def open_video(data: bytes) -> Any:
    return av.open(io.BytesIO(data))


VIDEOS = [
    ("mp4", "libx264", "aac", "video/mp4"),
    ("mp4", "libx265", "aac", "video/mp4"),
    ("mov", "libx264", "pcm_s16le", "video/quicktime"),
    ("webm", "libvpx", "libopus", "video/webm"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("form", "video", "sound", "kind"), VIDEOS)
def test_a_video_keeps_every_picture_and_says_nothing_else(
    form: str, video: str, sound: str, kind: str
) -> None:
    data = build_video(form=form, video=video, sound=sound)
    assert not silent(data)
    made, about = strip(data)
    assert silent(made)
    assert about.content_type == kind
    assert decode(made) == decode(data)


@pytest.mark.slow
def test_a_video_that_was_held_sideways_stays_upright() -> None:
    data = build_video(form="mp4", video="libx264", sound="aac", turned=True)
    made, _about = strip(data)
    with open_video(data) as before, open_video(made) as after:
        turns = [next(one.decode(video=0)).rotation for one in (before, after)]
    assert turns[0] == turns[1] != 0


SOUNDS = [
    ("ogg", "libopus", "audio/ogg"),
    ("mp3", "libmp3lame", "audio/mpeg"),
    ("flac", "flac", "audio/flac"),
    ("wav", "pcm_s16le", "audio/wav"),
    ("ipod", "aac", "audio/mp4"),
    ("webm", "libopus", "audio/webm"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("form", "coding", "kind"), SOUNDS)
def test_a_voice_note_says_nothing_but_what_is_heard(form: str, coding: str, kind: str) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        container.metadata.update(title=MAKER, artist=MAKER, comment=PLACE)
        stream: Any = container.add_stream(coding, rate=48_000)
        stream.layout = "mono"
        put_sound(container, stream)
    assert not silent(buffer.getvalue())
    made, about = strip(buffer.getvalue())
    assert silent(made)
    assert about.content_type == kind


def build_moving_picture() -> bytes:
    buffer = io.BytesIO()
    pictures = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    "build",
    [
        lambda: b"%PDF-1.4 a fictional letter",
        lambda: b"a fictional letter",
        lambda: b"",
        build_moving_picture,
        lambda: struct.pack(">I4s4s", 24, b"ftyp", b"heic") + b"mif1heic" + bytes(64),
    ],
)
def test_what_is_neither_a_picture_nor_video_nor_sound_is_refused(
    build: Callable[[], bytes],
) -> None:
    assert refuse(build()) == "strip.unknown_kind"


def test_a_picture_of_too_many_points_is_refused() -> None:
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    png = encode_png(bytes(3), width=1, height=1)
    bomb = png[:16] + head + png[29:]
    assert refuse(bomb) in ("strip.too_large", "strip.unknown_kind", "strip.broken")


def plain_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "extra", [b"\xff\xe1\x00\x06Exif", b"\xff\xfe\x00\x04hi", b"\xff\xe2\x00\x04ic"]
)
def test_a_copy_that_still_says_something_is_never_given_on(extra: bytes) -> None:
    data = plain_jpeg()
    check_jpeg(data)
    for wrong in (data[:2] + extra + data[2:], data + b"trailer", data[:-2] + extra + data[-2:]):
        with pytest.raises(StripError) as caught:
            check_jpeg(wrong)
        assert caught.value.code == "strip.left_over"
    png = encode_png(bytes(3), width=1, height=1)
    check_png(png)
    chunk = struct.pack(">I", 2) + b"tEXthi" + bytes(4)
    with pytest.raises(StripError):
        check_png(png[:33] + chunk + png[33:])
    with pytest.raises(StripError):
        check_png(png + chunk)


@pytest.mark.parametrize("cut", [0, 2, 10, 200, -1])
def test_a_picture_that_ends_too_early_is_broken(cut: int) -> None:
    with pytest.raises(StripError):
        check_jpeg(plain_jpeg()[:cut])


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "strip.too_slow"),
        (b"{}\n", "strip.broken"),
        (b"[" * 900, "strip.broken"),
        (b'{"code": "anything", "form": null, "size": 0}\n', "strip.broken"),
        (b'{"code": [], "form": null, "size": 0}\n', "strip.broken"),
        (b'{"code": null, "form": "exe", "size": 9}\n', "strip.broken"),
        (b'{"code": null, "form": "mp4", "size": true}\n', "strip.broken"),
        (b'{"code": null, "form": "mp4", "size": -1}\n', "strip.broken"),
        (b'{"code": null, "form": "jpeg", "size": 99999999999}\n', "strip.too_large"),
    ],
)
def test_an_odd_answer_of_the_sandbox_is_refused(head: bytes, code: str) -> None:
    with pytest.raises(StripError) as caught:
        _read(io.BytesIO(head))
    assert caught.value.code == code


def test_an_answer_that_ends_too_early_is_refused_while_it_is_read() -> None:
    head = json.dumps({"code": None, "form": "mp4", "size": 10}).encode() + b"\n"
    made = _read(io.BytesIO(head + b"short"))
    assert made.content.read(9) == b"short"
    with pytest.raises(StripError):
        made.content.read(9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("home.JPG", "home.JPG"),
        ("home.webp", "home.jpg"),
        ("home", "home.jpg"),
        (".hidden", ".hidden.jpg"),
        ("Фото.2026.heif", "Фото.2026.jpg"),
    ],
)
def test_a_copy_has_a_name_that_fits_it(name: str, expected: str) -> None:
    assert name_copy(name, content_type="image/jpeg") == expected
