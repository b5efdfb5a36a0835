"""A real organisation on the disk, with a real gate and a real desk that can be killed."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.stage import GateProcess, free_port, read_card, wait_for

from aigaq.cli.local_desk import ask_running_desk, is_running
from aigaq.core.home import Home
from aigaq.sealing.card import Card
from aigaq.sealing.encoding import decode_base64

AIGAQ = str(Path(sys.executable).with_name("aigaq"))


@dataclass(frozen=True)
class Trial:
    """A founded trial organisation."""

    home: Home
    passphrase: str
    card: Card
    gate: GateProcess


def found_trial(folder: Path) -> Trial:
    """Found an organisation in ``folder`` by the real command; its gate is not started yet."""
    port = free_port()
    environment = os.environ | {"AIGAQ_HOME": str(folder)}
    done = subprocess.run(
        [AIGAQ, "init", "--trial", "--json", "--gate-origin", f"http://127.0.0.1:{port}"],
        env=environment,
        capture_output=True,
        check=True,
    )
    passphrase = json.loads(done.stdout)["passphrase"]
    home = Home(folder)
    gate_file = json.loads((home.locked / "gate.json").read_bytes())
    root_key = decode_base64(gate_file["root_key"])
    gate = GateProcess(folder=home.gate, port=port, root_key=root_key)
    card = read_card(home.gate / "card.json", root_key=root_key)
    return Trial(home=home, passphrase=passphrase, card=card, gate=gate)


class DeskProcess:
    """The running desk of a trial."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._process: subprocess.Popen[bytes] | None = None
        self.log = b""

    def start(self) -> None:
        """Start it, locked, and wait for its socket."""
        environment = os.environ | {"AIGAQ_HOME": str(self._trial.home.folder)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        self._process = subprocess.Popen(
            [AIGAQ, "desk", "serve", "--port", str(free_port())],
            env=environment,
            start_new_session=True,
        )
        process = self._process
        wait_for(lambda: process.poll() is not None or is_running(self._trial.home))
        assert process.poll() is None, "the desk ended at once"

    def unlock(self) -> None:
        """Open it with the passphrase."""
        self.ask("unlock", passphrase=self._trial.passphrase)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Have it do a command."""
        return ask_running_desk(self._trial.home, command=command, **arguments)

    def kill(self) -> None:
        """Kill it and its workers at this instant."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None
            # Its worker dies at the same instant, but is only gone a moment later.
            wait_for(lambda: not is_running(self._trial.home))

    def stop(self) -> None:
        """Stop it kindly."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None


def look_into(trial: Trial, *, expression: str) -> Any:
    """Open the folder of a desk that does not run, in a process, and return what it finds.

    ``expression`` is Python over `models`, `selectors` and `BlobKey`; its value goes through JSON.
    """
    script = f"""
import hashlib, json, os
from aigaq.cli.local_desk import opened_desk
from aigaq.core.home import get_home
reader, writer = os.pipe()
os.write(writer, os.environ.pop("PASSPHRASE").encode() + b"\\n")
os.close(writer)
with opened_desk(get_home(), passphrase_fd=reader):
    from aigaq.core import audit, blob_store
    from aigaq.core.models import BlobKey
    from aigaq.intake import models, selectors
    value = {expression}
    print(json.dumps(value))
"""
    environment = os.environ | {
        "AIGAQ_HOME": str(trial.home.folder),
        "PASSPHRASE": trial.passphrase,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return json.loads(done.stdout)
