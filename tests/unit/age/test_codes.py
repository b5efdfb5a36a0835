"""Codes: those of the source are those of the specification."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_specification_names_every_code_and_no_other() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src/aigaq/age").glob("*.py"))
    raised = set(re.findall(r'"(age\.[a-z0-9_]+)"', source))
    table = (ROOT / "spec/age.md").read_text().split("## Codes")[1].split("## Vectors")[0]
    assert raised == set(re.findall(r"`(age\.[a-z0-9_]+)`", table))
    assert "age.not_for_me" in raised
