"""Commands that hold a reporter's words or code leave no core dump and nothing for others."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
COMMANDS = [
    ("report", "seal", ["--card", "FILE", "--root", ROOT, "--out", "out.tar"]),
    ("report", "open_report", ["FILE", "--identity", "FILE", "--out", "out"]),
    ("mailbox", "mailbox", ["--gate", "http://127.0.0.1:9", "--root", ROOT, "--code", "-", "read"]),
]
#: Runs a command in a process that would leave a core dump, and tells whether it still would.
SCRIPT = """
import importlib, os, resource, sys
from click.testing import CliRunner
module, name, *arguments = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_CORE, (1, resource.RLIM_INFINITY))
os.umask(0o022)
CliRunner().invoke(getattr(importlib.import_module(f"aigaq.cli.{module}"), name), arguments)
print(oct(os.umask(0)), *resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.parametrize(("module", "name", "arguments"), COMMANDS)
def test_a_command_that_holds_words_or_a_code_is_hardened(
    module: str, name: str, arguments: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"no card, no report")
    given = [str(file) if one == "FILE" else one for one in arguments]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module, name, *given],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["0o77", "0", "0"]
