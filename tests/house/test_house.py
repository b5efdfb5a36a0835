"""The house's own rules: what no reviewer should have to look for by hand."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK_FILES = {"uv.lock", "client/package-lock.json"}
HOSTS = ("pypi" + ".org", "npmjs" + ".org", "pythonhosted" + ".org", "npmjs" + ".com")
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImpl" + r"ementedError")
SKIPPED = re.compile(r"pytest\.mark\.(skip|xf" + r"ail)|pytest\.sk" + r"ip\(|no " + r"cover")


def list_tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-z", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).exists()]


def find_in(files: list[Path], *, pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in files:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    return found


def test_no_code_is_unfinished() -> None:
    assert not find_in(list_tracked("*.py", "client/src/*.ts", "*.mjs", "*.sh"), pattern=UNFINISHED)


def test_no_test_is_skipped() -> None:
    assert not find_in(list_tracked("tests/*.py", "src/*.py"), pattern=SKIPPED)


def test_no_file_but_a_lock_file_names_a_registry_host() -> None:
    guilty = []
    for path in list_tracked():
        name = str(path.relative_to(ROOT))
        if name in LOCK_FILES:
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore").lower()
        guilty += [name for host in HOSTS if host in text]
    assert not guilty


def test_no_code_reads_the_shared_folder_of_its_makers() -> None:
    pattern = re.compile(r"(?<![\w.])(\.\./|/work/)shared/")
    files = list_tracked("*.py", "*.ts", "*.mjs", "*.sh", "Makefile", "*.toml", ".ci/run")
    assert not find_in(files, pattern=pattern)


def test_ci_calls_make_test() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_readme_starts_with_the_two_commands() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:40])
    assert "make run" in first_screen
    assert "make test" in first_screen


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("LICENSE", "GNU AFFERO GENERAL PUBLIC LICENSE"),
        ("packages/aigaq-verify/LICENSE", "Apache License"),
    ],
)
def test_licences_are_there(file: str, line: str) -> None:
    assert line in (ROOT / file).read_text("utf-8")


def test_every_module_says_what_it_answers_for() -> None:
    silent = []
    for path in list_tracked("src/*.py", "packages/*.py"):
        text = path.read_text("utf-8").strip()
        if text and "/migrations/" not in str(path) and not text.startswith(('"""', "#!")):
            silent.append(str(path.relative_to(ROOT)))
    assert not silent


def test_modules_can_be_read_in_one_sitting() -> None:
    """Four hundred lines is the rare upper bound of the style."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in list_tracked("src/*.py", "packages/*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 450
        and "/migrations/" not in str(path)
    }
    assert not long
