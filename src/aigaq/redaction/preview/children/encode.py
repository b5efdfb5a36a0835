"""Runs inside the sandbox: raw frames or samples come in, a small WebM goes out.

Input: one line of JSON (``kind`` ``frames`` with width, height, rate; or ``samples`` with rate),
then raw bytes. It never sees a byte that a stranger wrote but as a pixel or a sample.
"""

import json
import os
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

sys.path[:0] = ["/children", "/packages"]

from limits import set_limits  # type: ignore[import-not-found]  # noqa: E402

set_limits()

import av  # noqa: E402

OUTPUT = Path("/tmp/out.webm")  # noqa: S108 - the sandbox's own tmpfs.


def encode_frames(head: dict[str, Any], *, source: BinaryIO) -> None:
    from PIL import Image

    size = (head["width"], head["height"])
    frames: Any = av.VideoFrame
    with av.open(str(OUTPUT), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=head["rate"])
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.bit_rate = 200_000
        stream.options = {"deadline": "realtime", "cpu-used": "8"}
        number = 0
        while len(data := source.read(size[0] * size[1])) == size[0] * size[1]:
            picture = Image.frombytes("L", size, data).convert("RGB")
            frame = frames.from_image(picture).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, head["rate"])
            container.mux(stream.encode(frame))
            number += 1
        container.mux(stream.encode(None))


def encode_samples(head: dict[str, Any], *, source: BinaryIO) -> None:
    with av.open(str(OUTPUT), "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48_000)
        stream.bit_rate = 32_000
        stream.layout = "mono"
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000, frame_size=960)
        at = 0
        while data := source.read(32_000):
            data = data[: len(data) // 2 * 2]
            frame = av.AudioFrame(format="s16", layout="mono", samples=len(data) // 2)
            frame.planes[0].update(data)
            frame.sample_rate, frame.pts = head["rate"], at
            at += len(data) // 2
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


head = json.loads(sys.stdin.buffer.readline(1024))
(encode_frames if head["kind"] == "frames" else encode_samples)(head, source=sys.stdin.buffer)
with OUTPUT.open("rb") as file:
    while chunk := file.read(1 << 20):
        sys.stdout.buffer.write(chunk)
sys.stdout.buffer.flush()
os._exit(0)
