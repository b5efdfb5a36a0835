"""Documents that would mislead are faults: links lead somewhere, commands are listed."""

import re
import subprocess
from pathlib import Path

from aigaq.cli import COMMANDS

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def list_pages() -> list[Path]:
    command = ["git", "ls-files", "-z", "--", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name and "/vectors/" not in name]


def test_every_link_between_our_pages_leads_somewhere() -> None:
    broken = []
    for page in list_pages():
        for target in LINK.findall(page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not broken


def test_every_command_is_in_the_reference() -> None:
    reference = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"`aigaq {name}" not in reference] == []


def test_every_decision_says_status_and_reason() -> None:
    for page in sorted((ROOT / "docs/decisions").glob("0*.md")):
        text = page.read_text("utf-8")
        assert "Status:" in text, page.name
        assert "## Because" in text, page.name


def test_every_page_of_a_format_is_in_the_index() -> None:
    index = (ROOT / "spec/README.md").read_text("utf-8")
    pages = {page.name for page in (ROOT / "spec").glob("*.md")} - {"README.md"}
    assert {page for page in pages if page not in index} == set()
