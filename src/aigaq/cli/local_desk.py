"""How commands reach the desk of this computer: the running one by its socket, or its folder.

Nothing here needs Django until a folder is opened.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from aigaq.core.folder_lock import holding_folder
from aigaq.core.home import Home
from aigaq.errors import AigaqError

ANSWER_SECONDS = 120.0


def ask_running_desk(
    home: Home, *, command: str, answer_seconds: float = ANSWER_SECONDS, **arguments: Any
) -> dict[str, Any]:
    """Have the running desk do ``command`` and return its answer, within ``answer_seconds``.

    Raises `AigaqError`: ``desk.not_running``, or the code that the desk answered.
    """
    with _connect(home) as channel:
        channel.settimeout(answer_seconds)
        line = json.dumps({"arguments": arguments, "command": command})
        channel.sendall(line.encode() + b"\n")
        with channel.makefile("rb") as lines:
            reply = json.loads(lines.readline() or b'{"error": "commands.failed"}')
    if "error" in reply:
        raise AigaqError(str(reply["error"]), **reply.get("context", {}))
    answer: dict[str, Any] = reply["answer"]
    return answer


def is_running(home: Home) -> bool:
    """Tell whether a desk runs on this folder."""
    try:
        _connect(home).close()
    except AigaqError:
        return False
    return True


def _connect(home: Home) -> socket.socket:
    """Return the open socket; its name may be longer than a socket's name can be."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.settimeout(ANSWER_SECONDS)
    try:
        folder = os.open(home.desk, os.O_RDONLY | os.O_DIRECTORY)
        try:
            channel.connect(f"/proc/self/fd/{folder}/{home.socket.name}")
        finally:
            os.close(folder)
    except OSError:
        channel.close()
        raise AigaqError("desk.not_running") from None
    return channel


@contextmanager
def opened_desk(home: Home, *, passphrase_fd: int | None) -> Iterator[None]:
    """Open the folder of a desk that does not run, in this process, and drop the keys at the end.

    Asks for the passphrase, or reads it from ``passphrase_fd``. Raises what unlocking raises and
    ``desk.already_running``.
    """
    start_django()
    from aigaq.core.held_keys import HELD
    from aigaq.core.schema import migrate
    from aigaq.core.sqlcipher.base import drop_keys
    from aigaq.core.vault import Vault

    with holding_folder(home):
        passphrase = read_passphrase(passphrase_fd)
        HELD.hold(master=Vault(home.keys).open_with_passphrase(passphrase))
        try:
            migrate()
            yield
        finally:
            drop_keys()


def start_django() -> None:
    """Load the desk's settings and apps; nothing is opened by that."""
    import django

    from aigaq.core.hardening import harden_process

    harden_process()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aigaq.desk.settings")
    django.setup()


def read_passphrase(passphrase_fd: int | None) -> str:
    """Return the first line of the descriptor, or what someone types without showing it."""
    if passphrase_fd is None:
        typed: str = click.prompt("Passphrase", hide_input=True, err=True)
        return typed
    with os.fdopen(passphrase_fd, "r", encoding="utf-8", closefd=False) as lines:
        return lines.readline().rstrip("\n")
