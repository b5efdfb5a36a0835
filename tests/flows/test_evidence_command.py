"""`aigaq evidence export` as someone types it: real gate, real desk, and a desk that is killed.

The log takes a batch when the gate starts, so the gate is started anew once the report is there.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner
from tests.flows.stage import GateProcess, Reporter, free_port, read_card, wait_for

from aigaq.cli import aigaq
from aigaq.cli import evidence as evidence_command
from aigaq.cli.local_desk import ask_running_desk, is_running
from aigaq.core.home import Home
from aigaq.sealing.encoding import decode_base64

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
AIGAQ = str(Path(sys.executable).with_name("aigaq"))
PHOTO = b"\xff\xd8 fictional photo"
#: Large enough to be caught while it is written.
FILM = os.urandom(48 * 1024 * 1024)


@dataclass
class Desk:
    """A desk that runs on a home of its own."""

    home: Home
    port: int
    passphrase: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        environment = os.environ | {"AIGAQ_HOME": str(self.home.folder)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        return environment

    def start(self) -> None:
        command = [AIGAQ, "desk", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self.environment)
        wait_for(lambda: is_running(self.home))
        ask_running_desk(self.home, command="unlock", passphrase=self.passphrase)

    def end(self, number: int) -> None:
        assert self.process is not None
        for worker in psutil.Process(self.process.pid).children(recursive=True):
            if number == signal.SIGKILL:
                worker.kill()
        self.process.send_signal(number)
        self.process.wait(60)
        self.process = None

    def type(self, *arguments: str) -> list[str]:
        """Return the command as it is typed."""
        return [AIGAQ, "evidence", "export", "--report", "1", *arguments]

    def export(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.type(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@contextmanager
def running(gate: GateProcess) -> Iterator[None]:
    gate.start()
    try:
        yield
    finally:
        gate.stop()


def found(home: Home, *, origin: str) -> str:
    """Found a trial; return the passphrase."""
    done = subprocess.run(
        [AIGAQ, "init", "--trial", "--json", "--gate-origin", origin],
        env=os.environ | {"AIGAQ_HOME": str(home.folder)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    passphrase: str = json.loads(done.stdout)["passphrase"]
    return passphrase


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Run a desk with one report, a photo and a film, that stands in the log of its gate."""
    port, home = free_port(), Home(tmp_path_factory.mktemp("town") / "home")
    made = Desk(home, free_port(), found(home, origin=f"http://127.0.0.1:{port}"))
    root_key = decode_base64(json.loads((home.locked / "gate.json").read_bytes())["root_key"])
    gate = GateProcess(folder=home.gate, port=port, root_key=root_key)
    made.start()
    try:
        tell(made, gate=gate, root_key=root_key)
        with running(gate):
            wait_for(lambda: is_logged(made))
            yield made
    finally:
        if made.process is not None:
            made.end(signal.SIGTERM)


def tell(desk: Desk, *, gate: GateProcess, root_key: bytes) -> None:
    with running(gate):
        card = read_card(gate.folder / "card.json", root_key=root_key)
        reporter = Reporter(origin=gate.origin, card=card)
        reporter.tell(
            items=[("IMG_1.jpg", "image/jpeg", PHOTO), ("film.mp4", "video/mp4", FILM)],
            consents=(("keep", "team"), ("prove", "court")),
        )
        reporter.close()
        ask_running_desk(desk.home, command="pull")


def is_logged(desk: Desk) -> bool:
    """Tell whether the report stands in the log that the desk has read."""
    ask_running_desk(desk.home, command="pull")
    with tempfile.TemporaryDirectory() as folder:
        done = desk.export("--items", "0", "--out", f"{folder}/package", "--json")
    return done.returncode == 0


def verify(path: Path) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("aigaq-verify")), "package", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert verdict["exit"] == done.returncode
    return verdict


def read_custody(path: Path) -> list[dict[str, Any]]:
    lines = (path / "evidence/custody.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_package_is_written_where_it_was_asked_for_and_verifies(
    desk: Desk, tmp_path: Path
) -> None:
    out = tmp_path / "package.zip"
    done = desk.export("--items", "0", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["items"], answer["path"]) == (1, str(out))
    verdict = verify(out)
    assert verdict["verdict"] == "not_anchored", "no policy was given"
    assert [one["path"] for one in verdict["items"]] == ["data/items/0001/IMG_1.jpg"]
    with zipfile.ZipFile(out) as package:
        assert package.read("data/items/0001/IMG_1.jpg") == PHOTO
    assert [one.name for one in tmp_path.iterdir()] == ["package.zip"]


def test_a_person_reads_both_numbers_and_how_to_check(desk: Desk, tmp_path: Path) -> None:
    done = desk.export("--items", "0", "--language", "kk", "--out", str(tmp_path / "package"))
    assert done.returncode == 0, done.stderr
    assert "aigaq-verify package" in done.stdout
    assert (tmp_path / "package/data/summary.kk.html").is_file()
    assert not (tmp_path / "package/data/summary.ru.html").exists()


def test_what_no_consent_carries_stays_and_the_command_says_why(desk: Desk, tmp_path: Path) -> None:
    for purpose, audience, words in (
        ("keep", "team", "carries items"),
        ("complain", "authority", "No consent covers"),
    ):
        out = tmp_path / "package"
        choice = ("--purpose", purpose, "--audience", audience)
        done = desk.export(*choice, "--items", "0", "--out", str(out))
        assert done.returncode != 0
        assert words in done.stderr
        assert not out.exists()


def test_the_command_waits_longer_for_a_package_than_for_another_answer(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    def ask(home: Home, *, answer_seconds: float, **arguments: Any) -> dict[str, Any]:
        waited.append(answer_seconds)
        return ask_running_desk(home, answer_seconds=answer_seconds, **arguments)

    monkeypatch.setattr(evidence_command, "ask_running_desk", ask)
    monkeypatch.setenv("AIGAQ_HOME", str(desk.home.folder))
    arguments = ["evidence", "export", "--report", "1", "--items", "0"]
    done = CliRunner().invoke(aigaq, [*arguments, "--out", str(tmp_path / "package")])
    assert done.exit_code == 0, done.output
    assert waited[0] >= 3_600
    assert verify(tmp_path / "package")["verdict"] == "not_anchored"


def test_a_desk_that_is_killed_meanwhile_leaves_nothing_once_it_opens_again(
    desk: Desk, tmp_path: Path
) -> None:
    out = tmp_path / "package"
    typed = subprocess.Popen(
        desk.type("--out", str(out)), env=desk.environment, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while time.monotonic() < end and not list(tmp_path.glob(".package-*.unfinished")):
        time.sleep(0.002)
    (left,) = tmp_path.glob(".package-*.unfinished")
    desk.end(signal.SIGKILL)
    assert typed.wait(60) != 0
    assert left.exists()
    assert not out.exists()
    desk.start()
    wait_for(lambda: not left.exists())
    assert list(tmp_path.iterdir()) == []
    done = desk.export("--out", str(out), "--by", "nobody-of-this-name")
    assert done.returncode != 0
    done = desk.export("--out", str(out))
    assert done.returncode == 0, done.stderr
    assert verify(out)["verdict"] == "not_anchored"
    begun = [one for one in read_custody(out) if one.get("note") == "package prove court"]
    assert len(begun) >= 4, "the copies that were broken off stand in custody too"
    assert {one["by"] for one in begun} == {"command line"}
