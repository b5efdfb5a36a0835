"""`aigaq up`: gate and desk of a trial organisation on this computer, in the foreground.

Asks nothing. The first run founds the organisation, opens its desk, seals the fictional sample
report as a phone would and sends it in; later runs use what is there. The passphrase of a trial
lies beside it in a file, because nobody should trust a trial. Source: PROTOCOL 30, DESIGN 3.
"""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx

from aigaq.blobs import write_durably
from aigaq.cli.founding import TRIAL
from aigaq.cli.local_desk import ask_running_desk, is_running
from aigaq.cli.sample_report import send_sample
from aigaq.core.home import Home, get_home
from aigaq.errors import AigaqError
from aigaq.sealing.encoding import decode_base64

START_SECONDS = 60.0
STOP_SECONDS = 10.0
# By name and not by number: a browser gives no passkey to a bare IP address.
DESK = "http://localhost:8471"
PORTS = (8470, 8471)


@click.command()
def up() -> None:
    """Run a trial organisation: gate on 127.0.0.1:8470, desk on 127.0.0.1:8471."""
    home = get_home()
    check_nothing_runs(home)
    passphrase = found_or_reuse(home)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # A script that starts us behind itself has SIGINT ignored; Ctrl+C is how people stop us.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gate_origin, root = read_gate(home)
    with running_gate(home, root=root), running_desk(home):
        click.echo("Starting gate and desk.")
        wait_for(gate_origin + "/card")
        wait_for(DESK + "/")
        ask_running_desk(home, command="unlock", passphrase=passphrase)
        if not sample_marker(home).exists():
            take_in_sample(home, gate_origin=gate_origin, root_key=decode_base64(root))
        tell_addresses(gate_origin, passphrase=passphrase)
        with contextlib.suppress(KeyboardInterrupt):
            wait_until_one_ends(home)
    click.echo("Gate and desk are stopped. Nothing is lost; `make run` goes on from here.")


def check_nothing_runs(home: Home) -> None:
    """Raise `AigaqError` ``up.already_running`` or ``up.port_taken`` before anything is made."""
    if home.desk.exists() and is_running(home):
        raise AigaqError("up.already_running")
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise AigaqError("up.port_taken", port=port) from None


def found_or_reuse(home: Home) -> str:
    """Return the passphrase of the trial; found the organisation if there is none.

    Raises `AigaqError` ``up.not_a_trial`` for an organisation that a person founded.
    """
    kept = home.folder / "trial-passphrase"
    if home.is_set_up():
        try:
            return kept.read_text("ascii").strip()
        except FileNotFoundError:
            raise AigaqError("up.not_a_trial") from None
    click.echo(f"Founding a trial organisation in {home.folder} (once, some seconds).")
    told = run_json(["init", "--trial", "--gate-dir", str(home.gate)])
    passphrase = str(told["passphrase"])
    write_durably(kept, passphrase.encode("ascii") + b"\n")
    return passphrase


def read_gate(home: Home) -> tuple[str, str]:
    """Return the gate's origin and the root public key (base64), as the desk pinned them."""
    pinned = json.loads((home.locked / "gate.json").read_bytes())
    return str(pinned["gate_origin"]), str(pinned["root_key"])


@contextlib.contextmanager
def running_gate(home: Home, *, root: str) -> Iterator[None]:
    """Run the gate as a process of its own: it gets no key of the desk."""
    arguments = ["--card", str(home.gate / "card.json"), "--root", root]
    arguments += ["--log-key", str(home.gate / "log.key"), "--data", str(home.gate / "data")]
    arguments += ["--bundle", str(home.gate / "bundle")]
    with running("gate", "serve", *arguments):
        yield


@contextlib.contextmanager
def running_desk(home: Home) -> Iterator[None]:
    """Run the desk as a process of its own, locked until it gets the passphrase."""
    with running("desk", "serve"):
        yield


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[None]:
    """Run ``aigaq`` with ``arguments`` beside this process and end it gently."""
    # A group of its own: Ctrl+C reaches this process alone, which then ends both in order.
    child = subprocess.Popen(command_line(*arguments), process_group=0)  # noqa: S603 - ourselves.
    PROCESSES.append(child)
    try:
        yield
    finally:
        PROCESSES.remove(child)
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


PROCESSES: list[subprocess.Popen[bytes]] = []


def command_line(*arguments: str) -> list[str]:
    """Return the command that runs this same ``aigaq``."""
    return [sys.executable, "-m", "aigaq.cli", *arguments]


def run_json(arguments: list[str]) -> dict[str, Any]:
    """Run ``aigaq … --json`` and return its answer. Raises `AigaqError`, its own code."""
    command = command_line(*arguments, "--json")
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - ourselves.
    answer: dict[str, Any] = json.loads(done.stdout or b"{}")
    if done.returncode != 0:
        raise AigaqError(str(answer.get("error", "up.failed")))
    return answer


def wait_for(url: str) -> None:
    """Wait until ``url`` answers. Raises `AigaqError` ``up.did_not_start``."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and all(child.poll() is None for child in PROCESSES):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, timeout=5)
            return
        time.sleep(0.1)
    raise AigaqError("up.did_not_start")


def wait_until_one_ends(home: Home) -> None:
    """Stay in the foreground. Raises `AigaqError` ``up.ended`` if gate or desk falls over."""
    while True:
        time.sleep(0.5)
        if any(child.poll() is not None for child in PROCESSES):
            raise AigaqError("up.ended", home=home.folder)


def sample_marker(home: Home) -> Path:
    """Return the file that says that the sample was sent in once; removing the sample is final."""
    return home.folder / "sample-sent"


def take_in_sample(home: Home, *, gate_origin: str, root_key: bytes) -> None:
    """Choose a second folder as the second place, send the sample and have the desk file it."""
    second = home.folder / "second-place"
    second.mkdir(mode=0o700, exist_ok=True)
    ask_running_desk(home, command="set-second-place", folder=str(second), is_trial=True)
    click.echo("Sealing and sending the fictional sample report (photo, voice note, video).")
    sent = send_sample(gate_origin=gate_origin, root_key=root_key)
    ask_running_desk(home, command="pull")
    ask_running_desk(home, command="mark-sample", report_id=sent.report_id.hex())
    write_durably(sample_marker(home), sent.code.encode("ascii") + b"\n")


def tell_addresses(gate_origin: str, *, passphrase: str) -> None:
    """Print where to go and what to try."""
    click.echo(
        f"""
  Reporter's page   {gate_origin}/
  Desk              {DESK}/          (open)
  Passphrase        {passphrase}

  Try this:
    1. Open the desk: one sample report waits. It is fictional and says so.
    2. Open the reporter's page on a narrow window, write something, keep the code, send.
    3. Back at the desk press "Fetch now", read it, answer.
    4. On the reporter's page come back with the code: your answer is there.

  {TRIAL["name_en"]}: on this computer only, nobody reads it. Second place: a second folder here,
  which protects from nothing. Ctrl+C stops both.
"""
    )
