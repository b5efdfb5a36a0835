"""A whole trial on this computer: gate and desk as processes, a line to the gate that can be cut.

The card names the line's address as the gate's origin, so phone and desk both speak through it.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.stage import free_port, wait_for
from tests.unit.client.line import Line

from aigaq.cli.local_desk import ask_running_desk, is_running
from aigaq.core.home import Home
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.fingerprint import fingerprint

AIGAQ = str(Path(sys.executable).with_name("aigaq"))


@dataclass(frozen=True)
class Town:
    """Where everything is, and what opens the desk."""

    home: Home
    line: Line
    reporters_page: str
    desk_page: str
    passphrase: str
    fingerprint: list[str]

    def ask_desk(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Have the running desk do a command, over its socket."""
        return ask_running_desk(self.home, command=command, **arguments)


@contextmanager
def running_town(folder: Path) -> Iterator[Town]:
    """Found a trial in ``folder``; run its gate and its desk, open and with a second place."""
    gate_port, desk_port = free_port(), free_port()
    line = Line(gate_port)
    line.open()
    origin = f"http://127.0.0.1:{line.port}"
    home = Home(folder / "home")
    environment = os.environ | {"AIGAQ_HOME": str(home.folder)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    passphrase = _found(environment, origin=origin)
    pinned = json.loads((home.locked / "gate.json").read_bytes())
    gate = [
        *("gate", "serve", "--port", str(gate_port), "--root", pinned["root_key"]),
        *("--card", str(home.gate / "card.json"), "--log-key", str(home.gate / "log.key")),
        *("--data", str(home.gate / "data"), "--bundle", str(home.gate / "bundle")),
        *("--reserve-mib", "1"),
    ]
    desk = ["desk", "serve", "--port", str(desk_port)]
    town = Town(
        home=home,
        line=line,
        reporters_page=f"{origin}/",
        desk_page=f"http://127.0.0.1:{desk_port}",
        passphrase=passphrase,
        fingerprint=[str(word) for word in fingerprint(decode_base64(pinned["root_key"]))],
    )
    with _running(gate, environment=environment), _running(desk, environment=environment):
        wait_for(lambda: is_running(home))
        town.ask_desk("unlock", passphrase=passphrase)
        (folder / "second").mkdir()
        town.ask_desk("set-second-place", folder=str(folder / "second"), is_trial=True)
        yield town
    line.close()


def _found(environment: dict[str, str], *, origin: str) -> str:
    done = subprocess.run(
        [AIGAQ, "init", "--trial", "--json", "--gate-origin", origin],
        env=environment,
        capture_output=True,
        check=True,
        timeout=120,
    )
    passphrase: str = json.loads(done.stdout)["passphrase"]
    return passphrase


@contextmanager
def _running(arguments: list[str], *, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([AIGAQ, *arguments], env=environment, start_new_session=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
