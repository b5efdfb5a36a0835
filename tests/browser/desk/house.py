"""A real desk process with a trial organisation, and sealed reports to carry into it.

Everything goes the ways that people go: `aigaq init`, `aigaq desk serve`, the pages in Chromium.
All that a report says here is fictional.
"""

import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq import clock
from aigaq.age import HybridIdentity
from aigaq.cli.local_desk import ask_running_desk
from aigaq.core.home import Home
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ContainerSink,
    ItemToSeal,
    ReportToSeal,
    seal_report,
)
from aigaq.sealing.receipt_code import MailboxKeys

START_SECONDS = 60.0
WORDS = "Ойдан шығарылған оқиға: машина көк еді. Вымышленный рассказ для проверки."


@dataclass(frozen=True)
class Desk:
    """A desk that runs: where it answers and what opens it."""

    origin: str
    home: Path
    passphrase: str
    team_id: bytes
    team_recipient: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """Found a trial organisation in ``folder`` and run its desk, locked, until the end."""
    environment = os.environ | {"AIGAQ_HOME": str(folder)}
    command = [str(Path(sys.executable).with_name("aigaq"))]
    founded = subprocess.run(
        [*command, "init", "--trial", "--json"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    port = free_port()
    process = subprocess.Popen(
        [*command, "desk", "serve", "--port", str(port)], env=environment, start_new_session=True
    )
    try:
        origin = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(origin)
        card = json.loads((folder / "gate" / "card.json").read_bytes().split(b"\n")[0])
        yield Desk(
            origin=origin,
            home=folder,
            passphrase=json.loads(founded.stdout)["passphrase"],
            team_id=bytes.fromhex(card["team_id"]),
            team_recipient=card["team_recipient"],
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def lock_from_the_command_line(desk: Desk) -> None:
    """Lock the desk as `aigaq desk lock` does, behind the back of every open page."""
    subprocess.run(
        [str(Path(sys.executable).with_name("aigaq")), "desk", "lock"],
        env=os.environ | {"AIGAQ_HOME": str(desk.home)},
        check=True,
        capture_output=True,
        timeout=60,
    )


def mark_sample(desk: Desk, *, report_id: str) -> None:
    """Tell the desk that a report is the fictional sample, as `aigaq up` does."""
    ask_running_desk(Home(desk.home), command="mark-sample", report_id=report_id)


def _wait_until_it_answers(origin: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            httpx.get(origin + "/unlock", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(origin)


def seal_fictional_report(
    desk: Desk,
    *,
    answers: Sequence[tuple[int, str]] = ((2, "survivor"), (4, WORDS)),
    items: Sequence[tuple[str, str, bytes]] = (),
    language: str = "ru",
) -> bytes:
    """Return a report in its file form; ``items`` are name, type and content."""
    written = io.BytesIO()
    report = ReportToSeal(
        team_id=desk.team_id,
        team_recipient=desk.team_recipient,
        card_version=1,
        language=language,
        made_at=clock.now(),
        answers=answers,
        consents=(ConsentToSeal("keep", "team"), ConsentToSeal("represent", "lawyer")),
        items=[
            ItemToSeal(io.BytesIO(content), len(content), name, kind)
            for name, kind, content in items
        ],
    )
    keys = MailboxKeys(
        identity=HybridIdentity.generate(),
        key=Ed25519PrivateKey.from_private_bytes(secrets.token_bytes(32)),
    )
    seal_report(report, keys=keys, sink=ContainerSink(written))
    return written.getvalue()
