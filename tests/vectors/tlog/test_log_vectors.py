"""The vectors of the log, through the platform and through the verifier."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.vectors.tlog.replay import ERRORS, PLATFORM, VECTORS, VERIFIER, Operation, read_vectors

from aigaq.tlog import (
    Checkpoint,
    Ed25519Verifier,
    TlogError,
    check_log,
    open_checkpoint,
    parse_verifier_key,
)
from aigaq_verify.errors import VerifyError
from aigaq_verify.log_copy import check_copy

CASES = [
    pytest.param(operation, vector, id=f"{by}, {path}: {vector['name']}")
    for by, operations in (("platform", PLATFORM), ("verifier", VERIFIER))
    for path, operation in operations.items()
    for vector in read_vectors(path)
]
TREE = VECTORS / "tree"
FILES = sorted(
    str(one.relative_to(TREE)) for one in TREE.rglob("*") if one.is_file() and one.name != "key.txt"
)


@pytest.mark.parametrize(("operation", "vector"), CASES)
def test_a_vector_gives_its_value_or_its_error(
    operation: Operation, vector: dict[str, Any]
) -> None:
    code, computed = None, {}
    try:
        computed = operation(vector)
    except ERRORS as error:
        code = error.code
    assert code == vector["error"]
    if code is None:
        assert {name: vector[name] for name in computed} == computed


def test_no_file_of_vectors_is_left_unread() -> None:
    there = {str(path.relative_to(VECTORS)) for path in VECTORS.rglob("*.json")}
    assert {one for one in there if not one.startswith("merkle/")} == set(PLATFORM)


def test_every_vector_has_a_name_of_its_own_and_each_file_both_kinds() -> None:
    for path in PLATFORM:
        vectors = read_vectors(path)
        names = [one["name"] for one in vectors]
        assert len(set(names)) == len(names), path
        assert {one["error"] is None for one in vectors} == {True, False}, path


def tree_verifier() -> Ed25519Verifier:
    key = parse_verifier_key((TREE / "key.txt").read_text().strip())
    return Ed25519Verifier(key.name, key.public_key)


def head_of(folder: Path) -> Checkpoint:
    log = tree_verifier()
    data = (folder / "checkpoint").read_bytes()
    return open_checkpoint(data, origin=log.name, verifiers=[log]).checkpoint


def test_the_small_log_is_whole_for_both() -> None:
    log = tree_verifier()
    checked = check_log(TREE, origin=log.name, verifiers=[log])
    assert (checked.checkpoint.size, checked.unpublished) == (300, ())
    head = head_of(TREE)
    assert check_copy(TREE, size=head.size, root=head.root, wanted=b"nothing").index is None


@pytest.mark.parametrize("name", FILES)
def test_a_changed_bit_anywhere_in_the_small_log_is_found(tmp_path: Path, name: str) -> None:
    log, folder = tree_verifier(), tmp_path / "log"
    shutil.copytree(TREE, folder)
    original = (folder / name).read_bytes()
    for at in range(0, len(original), max(1, len(original) // 50)):
        changed = bytearray(original)
        changed[at] ^= 1 << at % 8
        (folder / name).write_bytes(changed)
        with pytest.raises(TlogError):
            check_log(folder, origin=log.name, verifiers=[log])
        if name in ("tile/entries/000", "tile/entries/001.p/44"):  # The others it does not read.
            head = head_of(folder)
            with pytest.raises(VerifyError):
                check_copy(folder, size=head.size, root=head.root, wanted=b"nothing")
