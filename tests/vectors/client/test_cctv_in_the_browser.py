"""C2SP CCTV in the browser: the same 143 age files as in Python, through the built code."""

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.vectors.client.conftest import ROOT, Run, base64_of

pytestmark = pytest.mark.browser

FOLDER = ROOT / "spec" / "vectors" / "age" / "cctv"
FILES = sorted(path for path in FOLDER.iterdir() if path.name != "README.md")
# typage says these two by name. A MAC that is cut short is a bad header to CCTV and a wrong MAC to
# typage, so of the other refusals only "no match" would be a mistake.
NAMED = {
    "no match": "no identity matched any of the file's recipients",
    "HMAC failure": "invalid header HMAC",
}
UNNAMED = {"header failure", "payload failure", "armor failure"}


def read_vector(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    text, _, file = path.read_bytes().partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in text.decode().split("\n")]
    facts = dict(pairs)
    if "compressed" in facts:
        file = zlib.decompress(file)
    return facts, {
        "armored": "armored" in facts,
        "file": base64_of(file),
        "identities": [value for key, value in pairs if key == "identity"],
        "passphrases": [value for key, value in pairs if key == "passphrase"],
    }


def test_all_143_vectors_are_here() -> None:
    assert len(FILES) == 143


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_vector_ends_as_expected_in_the_browser(path: Path, run: Run) -> None:
    facts, given = read_vector(path)
    answer = run("age/cctv", given)
    if facts["expect"] == "success":
        assert "value" in answer, answer
        plaintext = base64.b64decode(answer["value"]["plaintext"])
        assert hashlib.sha256(plaintext).hexdigest() == facts["payload"]
        return
    assert answer.get("error") == "uncoded"
    if facts["expect"] in NAMED:
        assert NAMED[facts["expect"]] in answer["message"]
    else:
        assert facts["expect"] in UNNAMED
        assert NAMED["no match"] not in answer["message"]
