"""How fast the verifier is beside one SHA-256 pass by openssl over the same bytes, and how small.

Run as ``python -m bench.verify [--megabytes 2000] [--folder /var/tmp]``. A package in folder form
with eight items; both programs are run in turn, five times, with the files in the page cache; the
figure is the median, less the median time of the same program on a package without content. A
megabyte is 10^6 bytes. The package is removed at the end.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from bench.figures import Figure, build_parser, show
from tests.courthouse import AT, Court, Sealed
from tests.gatehouse import mailbox_keys

from aigaq.sealing.envelope import ConsentToSeal, ItemToSeal, ReportToSeal, seal_report

ROUNDS = 5
ITEMS = 8
MEGABYTE = 1_000_000
MEBIBYTE = 1_048_576
LEAST_RATIO = 0.9
#: Constant memory: a large package may take no more than this beside a small one.
MORE_MIB = 16


class _Nowhere:
    """A sink of members that keeps none."""

    def begin(self, name: str, *, size: int) -> None:
        """Begin a member."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""
        return len(data)

    def close(self) -> None:
        """End."""


@dataclass(frozen=True)
class _Opener:
    path: Path

    def __call__(self) -> AbstractContextManager[BinaryIO]:
        return self.path.open("rb")


def write_package(folder: Path, *, item_bytes: int) -> tuple[Path, Path]:
    """Write a package of items of this size and a policy for it; return both."""
    folder.mkdir()
    court = Court(folder / "court")
    paths = [_write_item(folder / f"item-{number}", size=item_bytes) for number in range(ITEMS)]
    keys = mailbox_keys()
    files = [path.open("rb") for path in paths]
    report = seal_report(
        ReportToSeal(
            team_id=court.organisation.card.team_id,
            team_recipient=court.organisation.card.team_recipient,
            card_version=1,
            language="ru",
            made_at=AT,
            consents=[ConsentToSeal(purpose="prove", audience="court", items=None)],
            items=[
                ItemToSeal(
                    content=file, size_bytes=item_bytes, name=path.name, media_type="video/mp4"
                )
                for path, file in zip(paths, files, strict=True)
            ],
        ),
        keys=keys,
        sink=_Nowhere(),
    )
    for file in files:
        file.close()
    court.sealed.append(Sealed(report, keys, [b""] * ITEMS))
    for item in report.manifest.items:
        court.record("received", f"{report.report_id.hex()}/{item.number}", item.sha256)
    court.publish()
    items = [
        replace(item, open=_Opener(path))
        for item, path in zip(court.package().items, paths, strict=True)
    ]
    package = court.write(folder / "package", items=tuple(items))
    for path in paths:
        path.unlink()
    return package, court.write_policy(folder / "policy.json")


def _write_item(path: Path, *, size: int) -> Path:
    block = os.urandom(min(size, 4 * MEBIBYTE) or 1)
    with path.open("wb") as file:
        left = size
        while left:
            left -= file.write(block[:left])
    return path


def run(command: Sequence[str]) -> tuple[float, float]:
    """Return how many seconds a command took, and the most memory it had, in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} gave {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def measure(tasks: dict[str, Callable[[], tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """Return the median seconds and the most memory of each task, round by round."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            found[name].append(task())
    return {
        name: (statistics.median(one[0] for one in runs), max(one[1] for one in runs))
        for name, runs in found.items()
    }


def list_files(package: Path) -> list[str]:
    """Return every file of a package."""
    return sorted(str(one) for one in package.rglob("*") if one.is_file())


def bench(folder: Path, *, megabytes: int) -> list[Figure]:
    """Measure, and return the figures."""
    large, large_policy = write_package(folder / "large", item_bytes=megabytes * MEGABYTE // ITEMS)
    small, small_policy = write_package(folder / "small", item_bytes=0)
    verify = [sys.executable, "-m", "aigaq_verify", "package"]
    digest = ["openssl", "dgst", "-sha256"]
    found = measure(
        {
            "verify": lambda: run([*verify, str(large), "--policy", str(large_policy)]),
            "openssl": lambda: run([*digest, *list_files(large)]),
            "verify start": lambda: run([*verify, str(small), "--policy", str(small_policy)]),
            "openssl start": lambda: run([*digest, *list_files(small)]),
        }
    )
    ours = found["verify"][0] - found["verify start"][0]
    theirs = found["openssl"][0] - found["openssl start"][0]
    speed = megabytes / ours
    more = found["verify"][1] - found["verify start"][1]
    return [
        Figure(
            f"aigaq-verify beside openssl dgst, {megabytes} MB",
            theirs / ours,
            "×",
            LEAST_RATIO,
            more_is_better=True,
            beside=f"{speed:,.0f} MB/s beside {megabytes / theirs:,.0f} MB/s",
        ),
        Figure(
            "more memory than for an empty package",
            max(more, 0.0),
            "MiB",
            MORE_MIB,
            beside=f"{found['verify'][1]:.0f} MiB at most",
        ),
    ]


def main() -> None:
    """Run the bench."""
    parser = build_parser(__doc__)
    parser.add_argument("--megabytes", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="aigaq-bench-", dir=options.folder))
    try:
        figures = bench(folder, megabytes=options.megabytes)
    finally:
        shutil.rmtree(folder)
    show(figures, as_json=options.json)


if __name__ == "__main__":
    main()
