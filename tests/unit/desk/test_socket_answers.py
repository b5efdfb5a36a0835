"""What the running desk answers to a command that was refused: the code and its numbers."""

import json

import pytest

from aigaq.core import commands
from aigaq.core.commands import Answer, Arguments
from aigaq.desk.socket_server import answer_line
from aigaq.errors import AigaqError

NAME = "refuses-in-a-test"


def refuse(arguments: Arguments) -> Answer:
    raise AigaqError("package.damaged_item", report=3, number=0, whatever=object())


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_commands", dict(commands._commands))
    commands.register(NAME, run=refuse, while_locked=True)


def test_a_refusal_carries_the_numbers_that_its_sentence_names() -> None:
    reply = answer_line(json.dumps({"command": NAME}).encode())

    assert reply == {"error": "package.damaged_item", "context": {"number": 0, "report": 3}}
