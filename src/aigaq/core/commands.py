"""What a running desk does for `aigaq …` on the same computer, over its Unix socket.

An app registers a function by name in its `AppConfig.ready`. It gets the arguments as a JSON object
and gives one back. The socket (0600, same user only) is the permission. A command that needs the
database is registered without ``while_locked``; the socket refuses it on a locked desk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aigaq.errors import AigaqError

Arguments = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """One command and whether a locked desk may run it."""

    run: Callable[[Arguments], Answer]
    while_locked: bool


_commands: dict[str, Command] = {}


def register(name: str, *, run: Callable[[Arguments], Answer], while_locked: bool = False) -> None:
    """Have a running desk call ``run`` for the command ``name``, such as ``pull``."""
    _commands[name] = Command(run=run, while_locked=while_locked)


def get_command(name: str) -> Command:
    """Return the command of that name. Raises `AigaqError` ``commands.unknown``."""
    if name not in _commands:
        raise AigaqError("commands.unknown")
    return _commands[name]
