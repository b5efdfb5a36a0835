"""Hostile items become pixels, samples, text or a reason, and never anything else."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from aigaq.redaction.preview import Made, PreviewError, make_previews, sandbox
from aigaq.redaction.preview.make import _Reader
from aigaq.redaction.preview.pixels import encode_png
from aigaq.redaction.preview.sandbox import Limits, build_command, run_child


def make(data: bytes) -> list[Made]:
    return list(make_previews(chunks=[data], size_bytes=len(data)))


def refuse(data: bytes) -> str:
    with pytest.raises(PreviewError) as caught:
        make(data)
    return caught.value.code


def build_jpeg(*, width: int = 900, height: int = 600) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def build_video(*, frames: int = 30) -> bytes:
    buffer = io.BytesIO()
    build_frame: Any = av.VideoFrame
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(frames):
            picture = Image.new("RGB", (640, 360), (number * 8, 80, 120))
            container.mux(stream.encode(build_frame.from_image(picture)))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def test_a_photo_becomes_a_small_and_a_large_picture_without_its_metadata() -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "канарейка"
    Image.new("RGB", (2000, 1000), "navy").save(buffer, "JPEG", exif=exif)
    small, large = make(buffer.getvalue())
    assert (small.width, small.height) == (480, 240)
    assert (large.width, large.height) == (1600, 800)
    for one in (small, large):
        assert one.content_type == "image/png"
        assert "канарейка".encode() not in one.data
        assert Image.open(io.BytesIO(one.data)).size == (one.width, one.height)


@pytest.mark.slow
def test_a_voice_note_becomes_samples_and_a_video_pictures_and_a_silent_clip() -> None:
    from aigaq.cli.sample_media import build_voice_note

    (sound,) = make(build_voice_note(seconds=2))
    assert (sound.kind, sound.content_type) == ("sound", "audio/webm")
    assert sound.data[:4] == b"\x1a\x45\xdf\xa3"
    made = make(build_video())
    assert {one.kind for one in made} >= {"still", "clip"}
    clip = next(one for one in made if one.kind == "clip")
    assert clip.data[:4] == b"\x1a\x45\xdf\xa3"
    assert b"A_OPUS" not in clip.data


def test_text_is_shown_without_marks_that_turn_it_round() -> None:
    (text,) = make("Рассказ \u202eнаоборот\x07\n".encode())
    assert text.data.decode() == "Рассказ наоборот\n"


def test_a_flood_of_pixels_is_refused_before_it_is_decoded() -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    ihdr = b"IHDR" + head
    chunk = struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    idat = struct.pack(">I", 10_000) + b"IDAT" + zlib.compress(bytes(9_000_000))
    assert refuse(b"\x89PNG\r\n\x1a\n" + chunk + idat) == "preview.too_many_pixels"


def test_a_picture_that_was_cut_is_broken() -> None:
    assert refuse(build_jpeg()[:4_000]) == "preview.broken"


def test_a_zip_bomb_is_never_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(20_000_000))
    assert refuse(buffer.getvalue()) == "preview.unknown_kind"


def test_a_list_of_files_is_not_followed() -> None:
    data = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    (text,) = make(data)
    assert text.data == data
    assert refuse(b"ffconcat version 1.0\x00\nfile /etc/passwd\n") == "preview.unknown_kind"


def test_an_item_that_is_too_large_is_not_tried() -> None:
    with pytest.raises(PreviewError, match=r"preview\.too_large"):
        list(make_previews(chunks=[b""], size_bytes=2 * 1024**3))


def test_a_child_that_runs_for_ever_is_ended() -> None:
    limits = Limits(wall_seconds=2.0)
    never = iter(lambda: b"\0" * 65_536, None)
    with pytest.raises(PreviewError, match=r"preview\.(too_slow|too_large)"):
        list(make_previews(chunks=never, size_bytes=10, limits=limits))


def test_without_bubblewrap_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "BUBBLEWRAP_FOLDERS", "/nowhere")
    assert refuse(build_jpeg()) == "preview.no_bubblewrap"


def run_inside(script: str, *, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a script in the very sandbox of the decoder and return what it prints."""
    children = tmp_path / "children"
    children.mkdir()
    (children / "probe.py").write_text(script)
    monkeypatch.setattr(sandbox, "CHILDREN", children)
    with run_child(child="probe", chunks=[], limits=Limits()) as output:
        return output.read().decode()


def test_the_sandbox_has_no_network_no_home_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    monkeypatch.setenv("AIGAQ_CANARY", "canary")
    script = f"""
import os, socket
print(os.path.exists({str(secret)!r}), os.path.exists("/etc/passwd"), os.path.exists("/home"))
print(sorted(name for name in os.environ if name not in ("PWD", "LC_CTYPE")))
print([name for _number, name in socket.if_nameindex()])
try:
    open("/usr/x", "w")
except OSError:
    print("read-only")
print(len([name for name in os.listdir("/proc") if name.isdecimal()]) <= 3)
"""
    said = run_inside(script, tmp_path=tmp_path, monkeypatch=monkeypatch)
    assert said.splitlines() == ["False False False", "[]", "['lo']", "read-only", "True"]


def test_the_command_binds_nothing_that_can_be_written() -> None:
    command = build_command(child="decode", limits=Limits())
    assert "--unshare-all" in command
    assert "--bind" not in command
    assert "--share-net" not in command


@pytest.mark.parametrize(
    "answer",
    [
        b"not json\n",
        b'{"kind": "still", "size": 12, "width": 2, "height": 1}\n' + b"0" * 12,
        b'{"kind": "still", "size": 30000000, "width": 10000, "height": 1000}\n',
        b'{"kind": "exec", "size": 0}\n',
        b'{"kind": "end", "size": 0, "code": "/etc/passwd"}\n',
        b'{"kind": "end", "size": 0, "code": ["preview.broken"]}\n',
        b'{"kind": "text", "size": 3}\n\xff\xfe\xfd',
        b'{"kind": "end", "size": true, "code": null}\n' + b"[" * 2000,
        b'{"kind": "still", "size": 3, "width": true, "height": 1}\n123',
    ],
)
def test_a_decoder_that_was_taken_over_can_say_nothing_harmful(answer: bytes) -> None:
    with pytest.raises(PreviewError, match=r"preview\.broken"):
        list(_Reader(io.BytesIO(answer)).read())


def test_a_png_is_what_its_pixels_were() -> None:
    pixels = bytes(range(2 * 3 * 3))
    picture = Image.open(io.BytesIO(encode_png(pixels, width=2, height=3)))
    assert picture.convert("RGB").tobytes() == pixels
    with pytest.raises(ValueError, match="do not fit"):
        encode_png(pixels, width=3, height=3)
