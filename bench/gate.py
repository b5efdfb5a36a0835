"""The gate's budgets of DESIGN 6: reports a second, CPU a report, memory, upload speed.

    .venv/bin/python -m bench.gate [--seconds 10]

A real gate process on loopback and a real disk; the client is raw sockets in this process. A report
is the smallest that a phone sends: a manifest of 16 KiB, its key, its signed header. Every answer
is checked, and afterwards every acknowledged report is looked for in the gate. CPU is that of the
gate's processes alone.
"""

import asyncio
import hashlib
import io
import secrets
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
from bench.figures import Figure, build_parser, show
from bench.floors import PART_BYTES, bench_floors, send_parts
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation, Phone, RunningGate, free_port, mailbox_keys, seal

from aigaq.age import HybridIdentity
from aigaq.sealing.container import ContainerWriter, iterate_container
from aigaq.sealing.header import KEY, MANIFEST, Member, build_header

CONNECTIONS = 32
UPLOAD_BYTES = 512 * 1024 * 1024


class Meter:
    """CPU seconds and memory of all processes of a gate."""

    def __init__(self, gate: RunningGate) -> None:
        self._processes = [psutil.Process(pid) for pid in gate.worker_pids()]
        self._began = self._cpu()

    def _cpu(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return sum(one.user + one.system for one in times)

    def cpu_seconds(self) -> float:
        return self._cpu() - self._began

    def worker_rss_mib(self) -> float:
        return max(one.memory_info().rss for one in self._processes[1:]) / 2**20


def make_requests(organisation: Organisation, count: int) -> list[bytes]:
    """Return ``count`` whole HTTP requests, each a report of its own in a mailbox of its own.

    The ciphertexts of manifest and key are one report's: a gate cannot tell, and sealing thousands
    would only measure the client.
    """
    model = seal(organisation, mailbox_keys())
    members = dict(_members(model.body))
    listed = [
        Member(name, hashlib.sha256(members[name]).digest(), len(members[name]))
        for name in (MANIFEST, KEY)
    ]
    recipient = str(HybridIdentity.generate().recipient)
    requests = []
    for _ in range(count):
        header = build_header(
            key=Ed25519PrivateKey.generate(),
            mailbox_recipient=recipient,
            team_id=organisation.card.team_id,
            commitment=secrets.token_bytes(32),
            members=listed,
        )
        body = io.BytesIO()
        writer = ContainerWriter(body)
        for name, data in ((MANIFEST, members[MANIFEST]), (KEY, members[KEY])):
            writer.begin(name, size=len(data))
            writer.write(data)
        writer.begin("header.json", size=len(header))
        writer.write(header)
        writer.close()
        content = body.getvalue()
        head = f"POST /api/reports HTTP/1.1\r\nHost: gate\r\nContent-Length: {len(content)}\r\n\r\n"
        requests.append(head.encode("ascii") + content)
    return requests


def _members(body: bytes) -> Iterator[tuple[str, bytes]]:
    for member in iterate_container(io.BytesIO(body), with_items=False):
        yield member.name, member.read()


async def post_all(port: int, requests: list[bytes]) -> tuple[float, list[float]]:
    """Send all requests over `CONNECTIONS` connections; return seconds and each one's latency."""
    waiting = iter(requests)
    latencies: list[float] = []

    async def one_phone() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 201"):
                raise AssertionError(head)
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            latencies.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_phone() for _ in range(CONNECTIONS)))
    return time.perf_counter() - began, latencies


def bench_reports(gate: RunningGate, *, port: int, count: int) -> list[Figure]:
    """Measure acknowledged, durable reports."""
    asyncio.run(post_all(port, make_requests(gate.organisation, 500)))  # Warm.
    meter = Meter(gate)
    memory_before = meter.worker_rss_mib()
    requests = make_requests(gate.organisation, count)
    meter = Meter(gate)
    seconds, latencies = asyncio.run(post_all(port, requests))
    cpu = meter.cpu_seconds()
    memory = meter.worker_rss_mib()
    with httpx.Client(base_url=gate.origin) as client:
        counts = Phone(client, gate.organisation).desk("GET", "/api/desk/status").json()["counts"]
    if counts["reports"] != count + 500:
        raise AssertionError(f"{count + 500} acknowledged, {counts['reports']} kept")
    p95 = statistics.quantiles(latencies, n=20)[-1]
    return [
        Figure(
            f"reports acknowledged at {CONNECTIONS} connections",
            count / seconds,
            "/s",
            1000,
            more_is_better=True,
            beside="GlobaLeaks 0.2 /s, Hush Line 18 /s",
        ),
        Figure(
            "CPU a report",
            cpu / count * 1000,
            "ms",
            1,
            beside="GlobaLeaks 22 ms without its key derivation, Hush Line 26 ms",
        ),
        Figure("latency, 95th of 100", p95 * 1000, "ms"),
        Figure("memory of a worker", memory, "MiB", 120, beside="Hush Line 202 MB"),
        Figure(f"memory grown over {count} reports", memory - memory_before, "MiB"),
    ]


def bench_upload(gate: RunningGate, *, size: int) -> list[Figure]:
    """Measure tus uploads in parts, each fsynced before it is acknowledged."""
    with httpx.Client(base_url=gate.origin, timeout=60) as client:
        phone = Phone(client, gate.organisation)
        created = phone.create(draft=secrets.token_bytes(32), member="item-0000.age", length=size)
        location = created.headers["location"]
        host, port = gate.origin.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            meter = Meter(gate)
            seconds = send_parts(
                line,
                size=size,
                head_of=lambda offset: _patch_head(location, offset),
                answer=b"HTTP/1.1 204",
            )
            cpu = meter.cpu_seconds()
    megabytes = size / 1e6
    return [
        Figure(
            "upload, one phone, 4 MiB parts, fsync each",
            megabytes / seconds,
            "MB/s",
            125,
            more_is_better=True,
        ),
        Figure("CPU a megabyte uploaded", cpu / megabytes * 1000, "ms", 2),
        Figure("memory of a worker after the upload", meter.worker_rss_mib(), "MiB", 120),
    ]


def _patch_head(location: str, offset: int) -> bytes:
    return (
        f"PATCH {location} HTTP/1.1\r\nHost: gate\r\nTus-Resumable: 1.0.0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\n"
        f"Content-Length: {PART_BYTES}\r\n\r\n"
    ).encode("ascii")


def bench_nginx(folder: Path, *, size: int) -> list[Figure]:
    """Measure nginx dav with the same parts, without fsync, if it is on this machine."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    (folder / "dav").mkdir(parents=True)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;\n"
        f"user root;\nevents {{ }}\nhttp {{ access_log off; client_body_temp_path {folder}/body;\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ root {folder}/dav; dav_methods PUT;\n"
        "client_max_body_size 0; } } }\n"
    )
    try:
        server = subprocess.Popen([nginx, "-c", str(config), "-p", str(folder)])
    except FileNotFoundError:
        return []
    try:
        time.sleep(1)
        if server.poll() is not None:
            return []
        return [_put_all(server.pid, port=port, size=size)]
    finally:
        server.terminate()
        server.wait(10)


def _put_all(pid: int, *, port: int, size: int) -> Figure:
    def head_of(offset: int) -> bytes:
        return (
            f"PUT /{offset} HTTP/1.1\r\nHost: a\r\nContent-Length: {PART_BYTES}\r\n\r\n"
        ).encode("ascii")

    with socket.create_connection(("127.0.0.1", port)) as line:
        seconds = send_parts(line, size=size, head_of=head_of, answer=b"HTTP/1.1 201")
    return Figure("nginx dav, same parts, no fsync", size / 1e6 / seconds, "MB/s")


def calibrate() -> float:
    """Return the CPU microseconds of one signature check now: what other work costs us."""
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(b"x" * 2_500), key.public_key()
    began = time.process_time()
    for _ in range(2_000):
        public.verify(signature, b"x" * 2_500)
    return (time.process_time() - began) / 2_000 * 1e6


def measure(*, reports: int, upload_mib: int) -> Iterator[Figure]:
    """Start a gate, measure, stop it."""
    folder = Path(tempfile.mkdtemp(prefix="aigaq-bench-", dir="/var/tmp"))
    port = free_port()
    gate = RunningGate(Organisation.found(port=port), folder=folder, port=port)
    size = upload_mib * 2**20
    try:
        gate.start()
        yield from bench_reports(gate, port=port, count=reports)
        yield from bench_upload(gate, size=size)
        yield from bench_floors(folder, port=free_port(), size=size)
        yield from bench_nginx(folder / "nginx", size=size)
    finally:
        gate.stop()
        shutil.rmtree(folder)
    quiet = "75 when this machine is quiet"
    yield Figure("CPU of one Ed25519 check, by itself", calibrate(), "µs", beside=quiet)


def main() -> None:
    """Print the table."""
    parser = build_parser(__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--upload-mib", type=int, default=UPLOAD_BYTES // 2**20)
    arguments = parser.parse_args()
    figures = measure(reports=arguments.reports, upload_mib=arguments.upload_mib)
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
