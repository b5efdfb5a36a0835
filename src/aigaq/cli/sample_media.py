"""The media of the fictional sample report: a photo, a voice note and a short video, drawn here.

Nothing is downloaded and nobody is shown. Each picture says that it is a sample. Needs the extra
``media`` (Pillow, PyAV).
"""

import io
import math
from array import array
from fractions import Fraction

import av
from PIL import Image, ImageDraw, ImageFont

_PAPER, _INK, _ROAD, _CAR = (236, 228, 214), (31, 42, 48), (140, 146, 150), (60, 96, 120)
_CAPTION = "Sample - fictional"


def build_photo() -> bytes:
    """Return a JPEG of 1280 × 960 pixels: a parked car by a road, with the word sample."""
    buffer = io.BytesIO()
    _draw_scene(width=1280, height=960, car_at=0.35).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def build_voice_note(*, seconds: int = 6) -> bytes:
    """Return an Ogg Opus recording of soft tones in place of a voice, mono, 48 kHz."""
    rate = 48_000
    samples = array("h", (_tone(index / rate) for index in range(rate * seconds)))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=rate)
        stream.layout = "mono"
        frame_size = 960
        for start in range(0, len(samples) - frame_size + 1, frame_size):
            frame = av.AudioFrame(format="s16", layout="mono", samples=frame_size)
            frame.planes[0].update(samples[start : start + frame_size].tobytes())
            frame.sample_rate = rate
            frame.pts = start
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def build_video(*, seconds: int = 4) -> bytes:
    """Return an MP4 of 640 × 360 pixels at 12 frames a second: the car drives by."""
    rate = 12
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(rate * seconds):
            scene = _draw_scene(width=640, height=360, car_at=number / (rate * seconds))
            frame = av.VideoFrame.from_bytes(scene.convert("RGBA").tobytes(), 640, 360)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _draw_scene(*, width: int, height: int, car_at: float) -> Image.Image:
    scene = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(scene)
    ground = int(height * 0.68)
    draw.rectangle((0, ground, width, int(height * 0.86)), fill=_ROAD)
    left, size = int(car_at * width), width // 5
    draw.rounded_rectangle((left, ground - size // 3, left + size, ground), size // 14, fill=_CAR)
    roof = (left + size // 5, ground - size // 2, left + size * 4 // 5, ground - size // 4)
    draw.rounded_rectangle(roof, size // 12, fill=_CAR)
    for wheel in (0.22, 0.78):
        middle, radius = left + int(size * wheel), size // 11
        draw.ellipse((middle - radius, ground - radius, middle + radius, ground + radius), _INK)
    font = ImageFont.load_default(size=width // 24)
    draw.text((width // 24, height // 16), _CAPTION, fill=_INK, font=font)
    return scene


def _tone(second: float) -> int:
    pitch = 180 + 40 * math.sin(second * 2.1)
    loudness = 4_000 * max(0.0, math.sin(second * 1.3)) ** 2
    return int(loudness * math.sin(2 * math.pi * pitch * second))
