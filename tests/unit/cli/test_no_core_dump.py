"""Commands that hold a reporter's words or code leave no core dump and nothing for others."""

import os
import resource
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from aigaq.cli.mailbox import mailbox
from aigaq.cli.report import open_report, seal

ROOT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
COMMANDS: list[tuple[click.Command, list[str]]] = [
    (seal, ["--card", "FILE", "--root", ROOT, "--out", "out.tar"]),
    (open_report, ["FILE", "--identity", "FILE", "--out", "out"]),
    (mailbox, ["--gate", "http://127.0.0.1:9", "--root", ROOT, "--code", "-", "read"]),
]


@pytest.mark.parametrize(("command", "arguments"), COMMANDS, ids=["seal", "open", "mailbox"])
def test_a_command_that_holds_words_or_a_code_is_hardened(
    command: click.Command, arguments: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"no card, no report")
    given = [str(file) if one == "FILE" else one for one in arguments]
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, resource.RLIM_INFINITY))
        os.umask(0o022)
        CliRunner().invoke(command, given)
        closed = os.umask(0) == 0o077
        os._exit(0 if closed and resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else 1)
    _pid, status = os.waitpid(child, 0)
    assert status == 0
