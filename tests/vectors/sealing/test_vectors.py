"""Every vector of our own formats, through the functions that the gate and the desk call."""

import io
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from scripts.make_vectors import main as make_vectors
from tests.vectors.sealing.replay import (
    FORMATS,
    INPUTS_ONLY,
    OPERATIONS,
    VECTORS,
    examine_report_vector,
    expected_of,
    read_vectors,
)

from aigaq.sealing.errors import SealingError

CASES = [
    pytest.param(path, vector, id=f"{path}: {vector['name']}")
    for path in OPERATIONS
    for vector in read_vectors(path)
]
REPORTS = sorted(path.parent for path in (VECTORS / "report").glob("*/vector.json"))


@pytest.mark.parametrize(("path", "vector"), CASES)
def test_a_vector_gives_its_value_or_its_error(path: str, vector: dict[str, Any]) -> None:
    code = None
    computed: dict[str, Any] = {}
    try:
        computed = OPERATIONS[path](vector)
    except SealingError as error:
        code = error.code
    assert code == vector.get("error")
    if code is None:
        assert {name: vector[name] for name in computed} == computed


@pytest.mark.parametrize("folder", REPORTS, ids=lambda folder: folder.name)
def test_a_report_gives_its_faults_and_each_item_its_own(folder: Path) -> None:
    vector = json.loads((folder / "vector.json").read_bytes())
    report = examine_report_vector(folder, vector)
    faults = [{"step": one.step, "code": one.code, "member": one.member} for one in report.faults]
    assert faults == vector["faults"]
    assert report.state == vector["state"]

    item_errors, contents = {}, []
    for item in report.manifest.items if report.manifest else ():
        content = io.BytesIO()
        try:
            report.copy_item(item.number, writer=content)
        except SealingError as error:
            item_errors[str(item.number)] = error.code
        contents.append(b64encode(content.getvalue()).decode())
    assert item_errors == vector["item_errors"]

    if not report.faults:
        wanted = dict(vector["expected"])
        sealed_contents = wanted.pop("contents")
        assert expected_of(report) == wanted
        if not item_errors:
            assert contents == sealed_contents


def test_no_file_of_vectors_is_left_unread() -> None:
    known = {*OPERATIONS, *(f"report/{folder.name}/vector.json" for folder in REPORTS)}
    there = {
        str(path.relative_to(VECTORS))
        for name in FORMATS
        for path in (VECTORS / name).rglob("*.json")
    }
    assert there == known


def test_every_vector_has_a_name_of_its_own_and_a_value_or_an_error() -> None:
    for path in OPERATIONS:
        vectors = read_vectors(path)
        assert len({vector["name"] for vector in vectors}) == len(vectors), path
        assert all(vector.keys() - set(INPUTS_ONLY) for vector in vectors), path


def test_the_vectors_are_those_that_the_generator_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert make_vectors(["--check"]) == 0, capsys.readouterr().out
