"""The writer and fsck, on a real disk."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.tlog import (
    Ed25519Verifier,
    LogWriter,
    Tile,
    TlogError,
    check_consistency,
    check_inclusion,
    check_log,
    hash_entry,
    open_checkpoint,
)

ORIGIN = "gate.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = Ed25519Verifier(ORIGIN, KEY.public_key().public_bytes_raw())


def make_entries(count: int, *, start: int = 0) -> list[bytes]:
    return [b"\x01" + number.to_bytes(32, "big") for number in range(start, start + count)]


def write(folder: Path, batches: list[int]) -> None:
    with LogWriter(folder, origin=ORIGIN, key=KEY) as log:
        for batch in batches:
            start = log.checkpoint.size
            log.append(make_entries(batch, start=start), start=start)


def test_a_log_that_grew_in_batches_is_whole_after_each(tmp_path: Path) -> None:
    sizes, roots = [], []
    with LogWriter(tmp_path, origin=ORIGIN, key=KEY) as log:
        for batch in (16, 16, 230, 1, 700, 16, 50_000, 16):
            start = log.checkpoint.size
            log.append(make_entries(batch, start=start), start=start)
            checked = check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])
            assert checked.checkpoint == log.checkpoint
            assert checked.unpublished == ()
            sizes.append(log.checkpoint.size)
            roots.append(log.checkpoint.root)
        tree = log.tree()
        for size, root in zip(sizes, roots, strict=True):
            assert tree.root_at(size) == root
            proof = tree.prove_consistency(size)
            check_consistency(
                old_size=size, old_root=root, size=tree.size, root=roots[-1], proof=proof
            )
        leaf = hash_entry(make_entries(1, start=300)[0])
        proof = tree.prove_inclusion(300)
        check_inclusion(leaf=leaf, index=300, size=tree.size, proof=proof, root=roots[-1])


def test_a_log_goes_on_after_it_was_closed(tmp_path: Path) -> None:
    write(tmp_path / "one", [300])
    write(tmp_path / "one", [500])
    write(tmp_path / "other", [800])
    one, other = ((tmp_path / name / "checkpoint").read_bytes() for name in ("one", "other"))
    assert one == other


def test_two_writers_cannot_open_one_log(tmp_path: Path) -> None:
    with (
        LogWriter(tmp_path, origin=ORIGIN, key=KEY),
        pytest.raises(TlogError, match=r"log\.already_open"),
    ):
        LogWriter(tmp_path, origin=ORIGIN, key=KEY)


def test_entries_at_another_place_are_refused(tmp_path: Path) -> None:
    with LogWriter(tmp_path, origin=ORIGIN, key=KEY) as log:
        log.append(make_entries(3), start=0)
        with pytest.raises(TlogError, match=r"log\.wrong_start"):
            log.append(make_entries(3), start=0)
        with pytest.raises(TlogError, match=r"log\.entry_too_long"):
            log.append([bytes(65_536)], start=3)
        assert log.checkpoint.size == 3
        log.append([bytes(65_535)], start=3)
    check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])


def test_a_file_that_differs_from_what_it_must_hold_stops_the_writer(tmp_path: Path) -> None:
    with LogWriter(tmp_path, origin=ORIGIN, key=KEY) as log:
        log.append(make_entries(10), start=0)
        foreign = tmp_path / Tile(0, 0, 20).path
        foreign.write_bytes(bytes(20 * 32))
        with pytest.raises(TlogError, match=r"log\.forked"):
            log.append(make_entries(10, start=10), start=10)
        assert log.checkpoint.size == 10
    check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])


def test_partial_tiles_go_when_the_full_one_is_there(tmp_path: Path) -> None:
    write(tmp_path, [16] * 17)
    assert not (tmp_path / "tile/0/000.p").exists()
    assert (tmp_path / "tile/0/001.p/16").exists()


DAMAGE = {
    "an entry changed": ("tile/entries/000", "log.bad_tile"),
    "a tile changed": ("tile/0/000", "log.bad_tile"),
    "a partial tile changed": ("tile/0/002.p/88", "log.bad_tile"),
    "a tile above changed": ("tile/1/000.p/2", "log.bad_tile"),
    "the root changed": ("checkpoint", "note.wrong_signature"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_fsck_names_what_was_damaged(tmp_path: Path, name: str) -> None:
    write(tmp_path, [600])
    path, code = DAMAGE[name]
    data = bytearray((tmp_path / path).read_bytes())
    at = data.index(b"\n") + 6 if path == "checkpoint" else len(data) - 1
    data[at] ^= 1
    (tmp_path / path).write_bytes(data)
    with pytest.raises(TlogError) as raised:
        check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])
    assert raised.value.code == code


@pytest.mark.parametrize("path", ["tile/entries/001", "tile/0/001", "tile/0/002.p/88"])
def test_fsck_names_what_is_missing(tmp_path: Path, path: str) -> None:
    write(tmp_path, [600])
    (tmp_path / path).unlink()
    with pytest.raises(TlogError) as raised:
        check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])
    assert raised.value.code == "log.missing_tile"


def test_fsck_finds_an_older_partial_tile_that_was_changed(tmp_path: Path) -> None:
    write(tmp_path, [16, 16])
    older = tmp_path / "tile/0/000.p/16"
    older.write_bytes(bytes(16 * 32))
    with pytest.raises(TlogError, match=r"log\.bad_tile"):
        check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])


def test_fsck_tells_of_files_that_are_not_of_the_log(tmp_path: Path) -> None:
    write(tmp_path, [16])
    for name in ("tile/0/000.p/16.bak", "tile/0/000.p/1x", "tile/notes"):
        (tmp_path / name).write_bytes(b"somebody's")
    checked = check_log(tmp_path, origin=ORIGIN, verifiers=[VERIFIER])
    assert checked.unpublished == ("tile/0/000.p/16.bak", "tile/0/000.p/1x", "tile/notes")


def test_a_log_moved_back_does_not_open_under_its_newer_checkpoint(tmp_path: Path) -> None:
    write(tmp_path / "log", [600])
    shutil.copytree(tmp_path / "log", tmp_path / "older")
    write(tmp_path / "log", [600])
    shutil.copy(tmp_path / "log/checkpoint", tmp_path / "older/checkpoint")
    with pytest.raises(TlogError, match=r"log\.missing_tile"):
        LogWriter(tmp_path / "older", origin=ORIGIN, key=KEY)


def test_a_checkpoint_of_another_log_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [4])
    data = (tmp_path / "checkpoint").read_bytes()
    with pytest.raises(TlogError, match=r"checkpoint\.other_log"):
        open_checkpoint(data, origin="other.example/log", verifiers=[VERIFIER])


def test_an_older_copy_of_the_folder_is_told_before_anything_is_signed(tmp_path: Path) -> None:
    for size in (0, 100):
        folder = tmp_path / str(size)
        if size:
            write(folder, [size])
        before = (folder / "checkpoint").read_bytes() if size else None
        with pytest.raises(TlogError, match=r"log\.rolled_back"):
            LogWriter(folder, origin=ORIGIN, key=KEY, known_size=101)
        assert (folder / "checkpoint").exists() == bool(size)
        assert before is None or (folder / "checkpoint").read_bytes() == before


def test_a_damaged_bundle_is_not_built_upon(tmp_path: Path) -> None:
    write(tmp_path, [16])
    path = tmp_path / "tile/entries/000.p/16"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with (
        LogWriter(tmp_path, origin=ORIGIN, key=KEY) as log,
        pytest.raises(TlogError, match=r"log\.bad_entries"),
    ):
        log.append(make_entries(16, start=16), start=16)
    assert not (tmp_path / "tile/entries/000.p/32").exists()


def test_a_checkpoint_is_durable_before_anyone_forgets_what_it_covers(tmp_path: Path) -> None:
    """A killed writer may have renamed it only in memory: who opens the log syncs its folder."""
    write(tmp_path / "log", [16])
    program = (
        "from tests.unit.tlog.test_writer import *; from pathlib import Path;"
        f"LogWriter(Path({str(tmp_path / 'log')!r}), origin=ORIGIN, key=KEY)"
    )
    command = ["strace", "-f", "-y", "-e", "trace=fsync", sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert f"<{tmp_path / 'log'}>)" in done.stderr
