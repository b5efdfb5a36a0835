"""Every vector of our own formats in the browser: the values of Python, or a refusal."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.vectors.client.conftest import ROOT, Run, base64_of

pytestmark = pytest.mark.browser

VECTORS = ROOT / "spec" / "vectors"
NOT_FOR_PAGES = ("age", "clocks", "evidence-package", "log", "report")
FILES = sorted(
    path.relative_to(VECTORS).as_posix()
    for path in VECTORS.rglob("*.json")
    # Clocks are for the desk; log, packages and verdicts for verifiers, not for a reporter's page.
    if path.relative_to(VECTORS).parts[0] not in NOT_FOR_PAGES and path.name != "verdicts.json"
)
REPORTS = sorted(path.parent for path in (VECTORS / "report").glob("*/vector.json"))

# What the browser calls a failure where no person is told the difference. Everything else has the
# code of the vector.
CODE_OF_AREA = {
    "receipts/promises.json": {"promise.refused"},
    "receipts/filing-receipts.json": {
        "encoding.bad_form",
        "signed_json.wrong_format",
        "signed_json.wrong_signature",
    },
    "receipts/log-proofs.json": {"proof.refused"},
    "receipts/receipt-files.json": {
        "encoding.bad_form",
        "encoding.bad_json",
        "report.wrong_commitment",
    },
    "mailbox/rebinds.json": {
        "card.bad_form",
        "encoding.bad_form",
        "message.other_mailbox",
        "signed_json.wrong_signature",
    },
    "mailbox/request-bodies.json": {
        "encoding.bad_base64",
        "encoding.bad_form",
        "encoding.bad_hex",
        "encoding.bad_json",
    },
    "mailbox/requests.json": {"gate.refused"},
    "mailbox/answers.json": {
        "age.bad_file",
        "encoding.bad_form",
        "encoding.bad_padding",
    },
    "encoding/public-keys.json": {"uncoded"},
    "encoding/merkle.json": {"uncoded"},
}
# A page has one card and no memory: these two are refused by readers that have one.
NOT_OF_THE_BROWSER = {"card.older", "card.other_team"}


def read(path: str) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((VECTORS / path).read_bytes())
    return vectors


CASES = [
    pytest.param(path, vector, id=f"{path}: {vector['name']}")
    for path in FILES
    for vector in read(path)
]


@pytest.mark.parametrize(("path", "vector"), CASES)
def test_a_vector_gives_its_value_or_its_error(path: str, vector: dict[str, Any], run: Run) -> None:
    answer = run(path, vector)
    error = vector.get("error")
    if error in NOT_OF_THE_BROWSER:
        assert answer == {"value": {"version": None}}
    elif error is not None:
        assert answer.get("error") in CODE_OF_AREA.get(path, {error}), answer
    else:
        computed = answer.get("value")
        assert computed is not None, answer
        assert {name: vector[name] for name in computed} == computed


@pytest.mark.parametrize("folder", REPORTS, ids=lambda folder: folder.name)
def test_a_report_opens_or_shows_its_first_fault(folder: Path, run: Run) -> None:
    vector = json.loads((folder / "vector.json").read_bytes())
    tar = base64_of((folder / "report.tar").read_bytes())
    answer = run("report", vector | {"tar": tar})
    faults = [fault["code"] for fault in vector["faults"]] + list(vector["item_errors"].values())
    if faults:
        assert answer.get("error") == faults[0], answer
    else:
        assert answer.get("value") == {"expected": vector["expected"]}, answer


@pytest.mark.parametrize("name", ["age/files.json", "age/keys.json"])
def test_age_keys_and_files_mean_the_same_in_python_and_in_the_browser(name: str, run: Run) -> None:
    hybrids = [one for one in read(name) if "AGE-SECRET-KEY-PQ-1" in one.get("identity", "")]
    assert hybrids
    for vector in hybrids:
        computed = run(name, vector).get("value")
        assert computed is not None
        assert {key: vector[key] for key in computed} == computed
