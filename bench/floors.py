"""What an upload costs at least: receive it, hash it, write it. Each by itself, in CPU a megabyte.

    .venv/bin/python -m bench.floors PORT        (the bare server alone)

The bare server is granian with an application that takes the body and throws it away. The gate
cannot be cheaper than the three together; what it costs beyond them is its own.
"""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from bench.figures import Figure
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from starlette.types import Receive, Scope, Send

PART_BYTES = 4 * 1024 * 1024
_WRITE_BYTES = 256 * 1024


def send_parts(
    line: socket.socket, *, size: int, head_of: Callable[[int], bytes], answer: bytes
) -> float:
    """Send ``size`` bytes in parts, each answered before the next; return the seconds."""
    part = os.urandom(PART_BYTES)
    began = time.perf_counter()
    for offset in range(0, size, PART_BYTES):
        line.sendall(head_of(offset))
        line.sendall(part)
        answered = line.recv(65_536)
        if not answered.startswith(answer):
            raise AssertionError(answered)
    return time.perf_counter() - began


def bench_floors(folder: Path, *, port: int, size: int) -> list[Figure]:
    """Measure the three floors and their sum."""
    megabytes = size / 1e6
    disk_cpu, disk_seconds = _write(folder / "plain", size=size)
    costs = [
        ("a bare granian that only receives", _receive(port, size=size)),
        ("SHA-256", _hash(size=size)),
        ("write and fsync", disk_cpu),
    ]
    per_megabyte = [(what, cpu / megabytes * 1000) for what, cpu in costs]
    return [
        Figure(
            "CPU a megabyte, the least possible",
            sum(cost for _, cost in per_megabyte),
            "ms",
            beside=", ".join(f"{what} {cost:.2f}" for what, cost in per_megabyte),
        ),
        Figure("plain write and fsync of the same parts", megabytes / disk_seconds, "MB/s"),
    ]


def _write(path: Path, *, size: int) -> tuple[float, float]:
    """Return CPU and whole seconds of writing, with an fsync a part, as the gate writes."""
    block = os.urandom(_WRITE_BYTES)
    cpu, began = time.thread_time(), time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(size // PART_BYTES):
            for _ in range(PART_BYTES // _WRITE_BYTES):
                file.write(block)
            os.fsync(file.fileno())
    spent = time.thread_time() - cpu, time.perf_counter() - began
    path.unlink()
    return spent


def _hash(*, size: int) -> float:
    block = os.urandom(_WRITE_BYTES)
    hasher = hashlib.sha256()
    began = time.thread_time()
    for _ in range(size // _WRITE_BYTES):
        hasher.update(block)
    return time.thread_time() - began


def _receive(port: int, *, size: int) -> float:
    """Return the CPU seconds of a bare server that receives ``size`` bytes."""
    server = subprocess.Popen([sys.executable, "-m", "bench.floors", str(port)])
    try:
        with _connect(port) as line:
            processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
            before = sum(_cpu(one) for one in processes)
            head = f"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {PART_BYTES}\r\n\r\n".encode()
            send_parts(line, size=size, head_of=lambda _: head, answer=b"HTTP/1.1 204")
            return sum(_cpu(one) for one in processes) - before
    finally:
        server.terminate()
        server.wait(10)


def _connect(port: int) -> socket.socket:
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the bare server does not answer")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def throw_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Take a body, keep nothing of it, and answer."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Serve until told to stop."""
    Granian(
        "bench.floors:throw_away",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
