"""P4 after a power cut: what a checkpoint promises is on the disk before the checkpoint is.

A kill leaves what was written; a power cut only what was synced. So the calls of a writer are
watched (strace) and their order is checked: each file is synced before it gets its name, each
folder after it got a new name and before the checkpoint, the checkpoint before anyone hears of it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

_PROGRAM = """
import sys
from pathlib import Path
from tests.faults.log_process import KEY, ORIGIN
from aigaq.tlog import LogWriter
with LogWriter(Path(sys.argv[1]), origin=ORIGIN, key=KEY) as log:
    for count in (16, 250, 700):
        start = log.checkpoint.size
        entries = [b"\\x01" + n.to_bytes(32, "big") for n in range(start, start + count)]
        log.append(entries, start=start)
        print("returned", flush=True)
"""
_CALL = re.compile(r"(?P<name>\w+)\((?P<given>.*)\) += (?P<result>-?\d+)")
_DESCRIPTOR = re.compile(r"\d+<(?P<path>[^>]+)>")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class Call:
    """What was done: ``sync``, ``rename``, ``mkdir`` or ``returned``; to which path."""

    what: str
    path: str
    source: str = ""


def watch(folder: Path) -> list[Call]:
    """Return the calls of a writer that appends three batches."""
    record = folder / "strace.out"
    traced = "trace=fsync,fdatasync,rename,mkdir,write"
    command = ["strace", "-f", "-y", "-s", "400", "-o", str(record), "-e", traced]
    program = [sys.executable, "-c", _PROGRAM, str(folder / "log")]
    subprocess.run([*command, *program], check=True, capture_output=True, timeout=60)
    return list(_read(record.read_text()))


def _read(record: str) -> Iterator[Call]:
    for match in _CALL.finditer(record):
        name, given = match["name"], match["given"]
        assert match["result"] != "-1" or name == "mkdir", match[0]
        if name in ("fsync", "fdatasync"):
            descriptor = _DESCRIPTOR.match(given)
            assert descriptor is not None, given
            yield Call("sync", descriptor["path"])
        elif name == "rename":
            source, target = _QUOTED.findall(given)
            yield Call("rename", target, source)
        elif name == "mkdir":
            yield Call("mkdir", _QUOTED.findall(given)[0])
        elif "returned" in given:
            yield Call("returned", "")


def parent(path: str) -> str:
    return path.rpartition("/")[0]


def test_every_byte_is_durable_before_the_checkpoint_that_promises_it(tmp_path: Path) -> None:
    checkpoint = str(tmp_path / "log/checkpoint")
    synced: set[str] = set()  # Files and folders with nothing new since they were synced.
    loose: set[str] = set()  # Folders with a name that a power cut would take.
    tiles = published = returned = 0
    for call in watch(tmp_path):
        if call.what == "sync":
            synced.add(call.path)
            loose.discard(call.path)
        elif call.what == "mkdir":
            loose.add(parent(call.path))
        elif call.what == "rename":
            assert call.source in synced, f"{call.path} got its name before its bytes were synced"
            if call.path == checkpoint:
                assert loose == set(), f"published before these were synced: {loose}"
                published += 1
            else:
                tiles += 1
            loose.add(parent(call.path))
        else:
            assert loose == set(), f"told before these were synced: {loose}"
            returned += 1
    # The empty log and three batches: bundles and tiles of 16, of 266, of 966 leaves.
    assert (published, returned) == (4, 3)
    assert tiles == 2 + (4 + 1) + (6 + 1)
