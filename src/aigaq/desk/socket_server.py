"""The Unix socket of a running desk, for `aigaq …` of the same user on the same computer.

One connection is one command: a line of JSON ``{"arguments": {}, "command": "lock"}`` and a line
back, ``{"answer": {}}`` or ``{"error": "desk.locked"}``. The socket is 0600 in a folder that is
0700, and the caller's user is checked again.
"""

import json
import logging
import os
import socket
import struct
import threading
from pathlib import Path
from typing import Any

from django.db import connections

from aigaq.core.commands import get_command
from aigaq.core.errors import DeskLocked
from aigaq.desk.locking import LOCKING
from aigaq.errors import AigaqError

logger = logging.getLogger("aigaq.socket")
LINE_BYTES = 1 << 20
CALLER_SECONDS = 30.0
CREDENTIALS = struct.Struct("3i")


class SocketServer:
    """Listens in a thread, and answers each caller in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listener = listen(path)
        self._thread = threading.Thread(target=self._accept, name="socket", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and remove the socket."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                caller, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with caller:
            try:
                caller.settimeout(CALLER_SECONDS)
                if not is_same_user(caller):
                    return
                with caller.makefile("rb") as lines:
                    line = lines.readline(LINE_BYTES)
                if not line:
                    return
                reply = answer_line(line)
                caller.sendall(json.dumps(reply).encode() + b"\n")
            except OSError:
                logger.warning("a caller of the socket went away")
            finally:
                connections.close_all()


def answer_line(line: bytes) -> dict[str, Any]:
    """Run the command in ``line`` and return the reply."""
    try:
        asked = json.loads(line)
        command = get_command(str(asked["command"]))
        arguments = asked.get("arguments") or {}
    except AigaqError as error:
        return {"error": error.code}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"error": "commands.bad_form"}
    try:
        with LOCKING.counting_command():
            if command.while_locked:
                return {"answer": command.run(arguments)}
            with LOCKING.serving():
                return {"answer": command.run(arguments)}
    except AigaqError as error:
        # Identifiers and sizes alone, as the error tree promises.
        facts = {name: one for name, one in error.context.items() if isinstance(one, int | str)}
        return {"error": error.code, **({"context": facts} if facts else {})}
    except Exception as error:
        logger.error("a command failed: %s", type(error).__name__)
        return {"error": DeskLocked().code if not LOCKING.is_open else "commands.failed"}


def listen(path: Path) -> socket.socket:
    """Return a listening socket at ``path``, however long its name is.

    A socket's name has at most 107 bytes, so it is bound by way of its open folder.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    before = os.umask(0o177)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.umask(before)
        os.close(folder)
    listener.listen(8)
    return listener


def is_same_user(caller: socket.socket) -> bool:
    """Tell whether the process at the other end belongs to our user."""
    packed = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _pid, uid, _gid = CREDENTIALS.unpack(packed)
    return bool(uid == os.getuid())
