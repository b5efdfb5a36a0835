"""Packages as ZIP files: ours verify, other writers' plain ones too, and every trick is named."""

import io
import os
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.courthouse import Court

from aigaq.evidence.package_archive import write_archive

Judge = Callable[..., dict[str, Any]]
Failing = Callable[..., tuple[int, str, str]]


@pytest.fixture
def package(court: Court, tmp_path: Path) -> Path:
    return court.write(tmp_path / "package")


@pytest.fixture
def archive(package: Path, tmp_path: Path) -> Path:
    return write_archive(package, target=tmp_path / "package.zip")


def names_of(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def test_the_archive_of_a_package_verifies(archive: Path, judge: Judge) -> None:
    assert judge(archive)["verdict"] == "verified"


def test_the_same_folder_gives_the_same_archive(
    package: Path, archive: Path, tmp_path: Path
) -> None:
    shutil.copytree(package, tmp_path / "copy")
    os.utime(tmp_path / "copy/bagit.txt", (0, 0))
    again = write_archive(tmp_path / "copy", target=tmp_path / "again.zip")
    assert again.read_bytes() == archive.read_bytes()


def test_an_archive_is_never_written_over_another_file(package: Path, tmp_path: Path) -> None:
    from aigaq.evidence.errors import EvidenceError

    (tmp_path / "there.zip").write_bytes(b"something else")
    with pytest.raises(EvidenceError) as raised:
        write_archive(package, target=tmp_path / "there.zip")
    assert raised.value.code == "package.exists"
    assert (tmp_path / "there.zip").read_bytes() == b"something else"


def test_a_general_tool_reads_our_archive(package: Path, archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as read:
        assert read.testzip() is None
        read.extractall(tmp_path / "out")
    assert names_of(tmp_path / "out") == names_of(package)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_by_a_general_tool_verifies(
    package: Path, tmp_path: Path, judge: Judge, method: int
) -> None:
    with zipfile.ZipFile(tmp_path / "by-python.zip", "w", method) as made:
        for name in names_of(package):
            made.writestr(zipfile.ZipInfo(name), (package / name).read_bytes(), method)
    assert judge(tmp_path / "by-python.zip")["verdict"] == "verified"


def test_a_deflated_file_that_ends_on_a_block_is_read_to_its_end(tmp_path: Path) -> None:
    """zlib may hold output back when all input was taken: a good file must not be refused."""
    from aigaq_verify.archives import Archive
    from aigaq_verify.sources import BLOCK_BYTES

    for size in (BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7):
        path = tmp_path / f"{size}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("zeros", bytes(size))
        assert Archive(path).digest("zeros").size == size


@pytest.mark.slow
def test_files_beyond_four_gibibytes_have_a_header_that_python_reads(tmp_path: Path) -> None:
    """A file with a hole stands for a long video; holes stay holes, so no disk is filled."""
    folder = tmp_path / "large"
    folder.mkdir()
    size = 0x1_0000_0001
    with (folder / "a").open("wb") as file:
        file.truncate(size)
    (folder / "b").write_bytes(b"after")
    target = write_archive(folder, target=tmp_path / "large.zip")
    try:
        from aigaq_verify.archives import Archive

        with zipfile.ZipFile(target) as read:
            assert [one.file_size for one in read.infolist()] == [size, 5]
            assert read.read("b") == b"after"
        assert Archive(target).read("b", maximum_bytes=10) == b"after"
    finally:
        target.unlink()


# Tricks. Each begins with a good archive.


def rewrite(archive: Path, change: Callable[[bytearray], object]) -> Path:
    data = bytearray(archive.read_bytes())
    change(data)
    archive.write_bytes(data)
    return archive


def first_entry(data: bytearray) -> tuple[int, int]:
    """Return where the directory begins, and its length."""
    size, start = struct.unpack("<2L", data[-10:-2])
    return start, size


def code_of(archive: Path, failing: Failing) -> str:
    step, code, _ = failing(archive)
    assert step == 0
    return code


def test_bytes_before_the_archive(archive: Path, failing: Failing) -> None:
    archive.write_bytes(b"#!/bin/sh\n" + archive.read_bytes())
    assert code_of(archive, failing) == "files.hidden_bytes"


def test_bytes_after_the_archive(archive: Path, failing: Failing) -> None:
    archive.write_bytes(archive.read_bytes() + b"\n")
    assert code_of(archive, failing) == "files.bad_zip"


def test_a_comment_at_the_end(archive: Path, failing: Failing) -> None:
    with zipfile.ZipFile(archive, "a") as made:
        made.comment = b"a comment"
    assert code_of(archive, failing) == "files.bad_zip"


def test_a_comment_on_an_entry(package: Path, tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "comment.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in names_of(package):
            info = zipfile.ZipInfo(name)
            info.comment = b"hidden"
            made.writestr(info, (package / name).read_bytes())
    assert code_of(path, failing) == "files.hidden_bytes"


def test_an_extra_field(package: Path, tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "extra.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in names_of(package):
            info = zipfile.ZipInfo(name)
            info.extra = struct.pack("<2H4s", 0xCAFE, 4, b"hide")
            made.writestr(info, (package / name).read_bytes())
    assert code_of(path, failing) == "files.hidden_bytes"


def test_a_header_that_names_another_file_than_the_directory(
    archive: Path, failing: Failing
) -> None:
    """Tools that read from the front would unpack ``bagit.tXt``."""
    rewrite(archive, lambda data: data.__setitem__(slice(30, 43), b"bag-info.tXt\n"[:13]))
    assert code_of(archive, failing) == "files.bad_zip"


def test_a_size_that_differs_in_header_and_directory(archive: Path, failing: Failing) -> None:
    def change(data: bytearray) -> None:
        size = struct.unpack_from("<L", data, 22)[0]
        struct.pack_into("<L", data, 22, size + 1)

    assert code_of(rewrite(archive, change), failing) == "files.wrong_size"


def test_a_checksum_that_is_not_that_of_the_bytes(archive: Path, failing: Failing) -> None:
    def change(data: bytearray) -> None:
        start, _ = first_entry(data)
        data[14] ^= 1
        data[start + 16] ^= 1

    step, code, _ = failing(rewrite(archive, change))
    assert (step, code) == (1, "files.wrong_crc")


def test_an_encrypted_entry(archive: Path, failing: Failing) -> None:
    def change(data: bytearray) -> None:
        start, _ = first_entry(data)
        data[6] |= 1
        data[start + 8] |= 1

    assert code_of(rewrite(archive, change), failing) == "files.bad_zip"


def test_a_link_in_an_archive(archive: Path, failing: Failing) -> None:
    def change(data: bytearray) -> None:
        start, _ = first_entry(data)
        struct.pack_into("<L", data, start + 38, 0o120777 << 16)

    assert code_of(rewrite(archive, change), failing) == "files.special"


def test_a_folder_in_an_archive(package: Path, tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "folder.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("data/", b"")
    assert code_of(path, failing) == "files.special"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["../out.txt"], "files.bad_path"),
        (["/etc/passwd"], "files.bad_path"),
        (["a//b"], "files.bad_path"),
        (["c:\\out.txt"], "files.bad_path"),
        (["a\u202egpj.exe"], "files.bad_path"),
        (["a\x01"], "files.bad_path"),
        (["ends. "], "files.bad_path"),
        (["fetch.txt"], "files.fetch"),
        (["Fetch.TXT"], "files.fetch"),
        (["photo.jpg", "PHOTO.jpg"], "files.twins"),
        (["é", "e\u0301"], "files.twins"),
        (["a", "a/b"], "files.twins"),
        (["a", "a"], "files.twins"),
    ],
)
def test_names_that_reach_out_or_have_a_twin(
    tmp_path: Path, failing: Failing, names: list[str], code: str
) -> None:
    path = tmp_path / "names.zip"
    with zipfile.ZipFile(path, "w") as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_arguments, **_more: None)
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name
            made.writestr(info, b"")
    assert code_of(path, failing) == code


def test_a_stream_that_unpacks_to_more_than_it_says(tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bagit.txt", bytes(50_000_000))

    def change(data: bytearray) -> None:
        start, _ = first_entry(data)
        struct.pack_into("<L", data, 22, 100)
        struct.pack_into("<L", data, start + 24, 100)

    step, code, where = failing(rewrite(path, change))
    assert (step, code, where) == (1, "files.wrong_size", "bagit.txt")


def test_what_is_no_archive_at_all(tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "text.zip"
    path.write_bytes(b"no archive")
    assert code_of(path, failing) == "files.bad_zip"
    path.write_bytes(b"")
    assert code_of(path, failing) == "files.bad_zip"


def test_every_cut_archive_ends_in_a_verdict(archive: Path, check: Any, tmp_path: Path) -> None:
    data = archive.read_bytes()
    for size in range(0, len(data), max(1, len(data) // 97)):
        path = tmp_path / "cut.zip"
        path.write_bytes(data[:size])
        assert check("package", path)["exit"] == 1


# Folders.


def test_a_link_in_a_folder(package: Path, failing: Failing) -> None:
    (package / "data/link.html").symlink_to("/etc/hostname")
    assert failing(package) == (0, "files.link", "data/link.html")


def test_a_folder_that_is_a_link(package: Path, failing: Failing) -> None:
    (package / "data/office").symlink_to("/etc")
    assert failing(package) == (0, "files.link", "data/office")


def test_a_pipe_in_a_folder(package: Path, failing: Failing) -> None:
    os.mkfifo(package / "data/summary.kk.html")
    assert failing(package) == (0, "files.special", "data/summary.kk.html")


def test_an_empty_folder(package: Path, failing: Failing) -> None:
    (package / "data/office").mkdir()
    assert failing(package) == (0, "files.empty_folder", "data/office/")


def test_a_name_that_is_no_text_ends_in_a_verdict(package: Path, failing: Failing) -> None:
    (package / os.fsdecode(b"data/\xff.html")).write_bytes(b"")
    assert failing(package)[:2] == (0, "files.bad_path")


def test_a_name_with_an_escape_is_shown_without_it(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from aigaq_verify.cli import main

    (package / "data/\x1b[2Jx").symlink_to("x")
    assert main(["package", str(package)]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_nothing_that_can_be_read_is_a_usage_error(tmp_path: Path) -> None:
    from aigaq_verify.cli import main

    assert main(["package", str(tmp_path / "nowhere")]) == 2


def test_the_verifier_runs_as_a_program(archive: Path) -> None:
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "aigaq_verify", "package", str(archive)],
        capture_output=True,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert io.BytesIO(done.stdout).read().isascii()
