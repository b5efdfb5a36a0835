"""PROTOCOL 5 at a terminal: a fresh code is typed back whole before a report is sealed under it."""

import json
import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation

from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.signatures import public_bytes

SHOWN = re.compile(r"Receipt code: ([0-9][0-9 -]+[0-9])")


class Terminal:
    """A person at a terminal who runs `aigaq seal`; the command is a child of this process."""

    def __init__(self, folder: Path, *more: str) -> None:
        organisation = Organisation.found(port=8470)
        root: Ed25519PrivateKey = organisation.root
        (folder / "card.json").write_bytes(organisation.signed_card())
        (folder / "answers.json").write_text(json.dumps({"4": "fictional"}))
        arguments = [
            "--card", "card.json", "--root", encode_base64(public_bytes(root)),
            "--answers", "answers.json", "--out", "out.tar", *more,
        ]  # fmt: skip
        self.out = folder / "out.tar"
        self.seen = ""
        self.child, self.line = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            # Tests that were begun in the background ignore Ctrl+C.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            command = "from aigaq.cli import main; main()"
            os.execv(sys.executable, [sys.executable, "-c", command, "seal", *arguments])

    def wait_for(self, text: str) -> str:
        """Return what was shown up to the end of ``text``."""
        end = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.line], [], [], 0.2)[0]:
                self.seen += os.read(self.line, 4096).decode().replace("\r\n", "\n")
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.line, f"{text}\n".encode())

    def read_code(self) -> str:
        """Return the code that is shown, after writing it down."""
        shown = SHOWN.search(self.wait_for("press Enter"))
        assert shown is not None
        self.type("")
        self.wait_for("from the paper")
        return shown[1]

    def end(self) -> int:
        """Return how the command ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])


def test_nothing_is_sealed_before_the_code_is_typed_back(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    code = terminal.read_code()
    assert terminal.out.stat().st_size == 0
    terminal.type(code.replace(" ", ""))
    assert code in terminal.wait_for("Next:")
    assert terminal.end() == 0
    assert terminal.out.stat().st_size > 0


def test_after_three_wrong_tries_the_same_code_is_shown_again(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    code = terminal.read_code()
    for wrong in ("", code[:-1], code[::-1], "1"):
        terminal.type(wrong)  # An empty line is asked again and is no try.
    assert terminal.read_code() == code
    terminal.type(code)
    terminal.wait_for("Next:")
    assert terminal.end() == 0


def test_who_leaves_leaves_no_file(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.read_code()
    # A prompt that has just begun to read sees the first only with the next.
    for _ in range(100):
        if (ended := os.waitpid(terminal.child, os.WNOHANG))[0]:
            break
        os.write(terminal.line, b"\x03")
        time.sleep(0.2)
    assert os.waitstatus_to_exitcode(ended[1]) == 1
    assert not terminal.out.exists()


def test_a_script_says_that_it_does_not_ask(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "--no-typing-back")
    assert "Nobody has checked" in terminal.wait_for("Next:")
    assert terminal.end() == 0


@pytest.mark.parametrize("words", ["\0", "before\0after"])
def test_an_answer_with_a_zero_byte_is_refused(words: str, tmp_path: Path) -> None:
    from aigaq.cli.report import _read_answers
    from aigaq.sealing.errors import SealingError

    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"4": words}))
    with pytest.raises(SealingError) as caught:
        _read_answers(file)
    assert caught.value.code == "seal.bad_answers"
