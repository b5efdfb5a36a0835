"""The desk as a process: set up, opened and locked over its socket, ended, killed, searched."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = pytest.mark.faults
AIGAQ = str(Path(sys.executable).with_name("aigaq"))
CANARY = "canary4b1f"


@dataclass
class Desk:
    """A home, and the desk that may run on it."""

    home: Path
    port: int
    passphrase: str = ""
    process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AIGAQ, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=120,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "AIGAQ_HOME": str(self.home)}

    def start(self) -> None:
        command = [AIGAQ, "desk", "serve", "--port", str(self.port)]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        for _ in range(300):
            if self.run_json("desk", "status") is not None:
                return
            time.sleep(0.1)
        raise AssertionError((self.home / "log").read_text())

    def run_json(self, *arguments: str, typed: str = "") -> Any:
        done = self.run(*arguments, "--json", typed=typed)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def unlock(self) -> Any:
        return self.run_json("desk", "unlock", "--passphrase-fd", "0", typed=self.passphrase)

    def end(self, number: int) -> int:
        assert self.process is not None
        workers = psutil.Process(self.process.pid).children(recursive=True)
        if number == signal.SIGKILL:
            for worker in workers:
                worker.kill()
        self.process.send_signal(number)
        code = self.process.wait(30)
        psutil.wait_procs(workers, timeout=10)
        self.process = None
        return code


def find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def empty_desk(tmp_path: Path) -> Iterator[Desk]:
    home = tmp_path / "home"
    home.mkdir()
    desk = Desk(home=home, port=find_port())
    yield desk
    if desk.process is not None:
        desk.end(signal.SIGTERM)


@pytest.fixture
def desk(empty_desk: Desk) -> Desk:
    founded = empty_desk.run_json("init", "--trial", "--founder", CANARY)
    empty_desk.passphrase = founded["passphrase"]
    return empty_desk


def find_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


def open_browser(desk: Desk) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://localhost:{desk.port}", trust_env=False, timeout=120, verify=False
    )


def test_an_empty_desk_is_set_up_in_a_browser_and_opens(empty_desk: Desk) -> None:
    empty_desk.start()
    with open_browser(empty_desk) as browser:
        choices = {
            "csrfmiddlewaretoken": find_token(browser.get("/setup")),
            "name_kk": "Сынақ",
            "name_ru": "Проба",
            "name_en": "Trial",
            "founder": "Айгүл",
            "gate_origin": "http://127.0.0.1:8470",
            "exit_url": "https://www.kazhydromet.kz/",
            "reading_hours": "24",
            "state": "trial",
            "root": "file",
        }
        address = browser.post("/setup", data=choices).headers["Location"]
        kept = []
        while address != "/setup/end":
            page = browser.get(address)
            kept.append(" ".join(re.findall(r"<li>([a-z]+)</li>", page.text)))
            form = {"csrfmiddlewaretoken": find_token(page), "typed": kept[-1]}
            address = browser.post(address, data=form).headers["Location"]
        form = {"csrfmiddlewaretoken": find_token(browser.get(address))}
        assert browser.post(address, data=form).headers["Location"] == "/"
        assert browser.get("/organisation").status_code == 200
        assert browser.get("/setup").status_code == 404

    empty_desk.passphrase = kept[0]
    empty_desk.run("desk", "lock")
    assert empty_desk.unlock() == {"open": True}


def test_a_desk_starts_locked_opens_locks_and_ends_cleanly(desk: Desk) -> None:
    desk.start()
    assert desk.run_json("desk", "status")["open"] is False
    assert desk.run("card", "publish").returncode == 1

    assert desk.unlock() == {"open": True}
    assert "idle-lock" in desk.run_json("desk", "status")["running"]
    assert desk.run_json("desk", "lock") == {"open": False}
    assert "idle-lock" not in desk.run_json("desk", "status")["running"]

    assert desk.end(signal.SIGTERM) == 0
    assert not (desk.home / "desk" / "desk.sock").exists()
    assert not (desk.home / "desk" / "desk.db-wal").exists()


def test_a_killed_desk_comes_back_locked_and_whole(desk: Desk) -> None:
    desk.start()
    desk.unlock()
    assert desk.run_json("key", "rotate", "--root-file", str(desk.home / "root/root.words"))
    desk.end(signal.SIGKILL)

    desk.start()
    assert desk.run_json("desk", "status")["open"] is False
    assert desk.unlock() == {"open": True}
    assert json.loads(desk.run("card", "show", "--json").stdout)["version"] == 2


def test_a_wrong_passphrase_opens_nothing_and_takes_its_time(desk: Desk) -> None:
    desk.start()
    began = time.monotonic()
    refused = desk.run("desk", "unlock", "--passphrase-fd", "0", "--json", typed="apple river\n")

    assert json.loads(refused.stdout) == {"error": "vault.wrong_passphrase"}
    assert time.monotonic() - began >= 1
    assert desk.run_json("desk", "status")["open"] is False


def test_one_folder_has_one_desk(desk: Desk) -> None:
    desk.start()
    second = desk.run("desk", "serve", "--port", str(find_port()))

    assert second.returncode == 1
    assert "desk.already_running" in second.stderr


def test_the_process_of_an_open_desk_leaves_no_core_dump(desk: Desk) -> None:
    desk.start()
    desk.unlock()
    assert desk.process is not None
    for process in [
        desk.process.pid,
        *(p.pid for p in psutil.Process(desk.process.pid).children()),
    ]:
        limits = Path(f"/proc/{process}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]


def test_after_work_the_disk_holds_no_readable_word(desk: Desk) -> None:
    desk.start()
    desk.unlock()
    with open_browser(desk) as browser:
        page = browser.get("/unlock")
        form = {"csrfmiddlewaretoken": find_token(page), "passphrase": desk.passphrase}
        browser.post("/unlock", data=form)
        assert CANARY in browser.get("/people").text
    desk.end(signal.SIGKILL)

    for path in desk.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert CANARY.encode() not in content, path
            assert desk.passphrase.encode() not in content, path
            assert path.stat().st_mode & 0o077 == 0 or path.name == "log", path


def test_two_recovery_parts_give_a_new_passphrase(empty_desk: Desk) -> None:
    founded = empty_desk.run_json("init", "--trial")
    first, _second, third = founded["recovery_parts"]
    renewed = recover(empty_desk, parts=(first, third))

    empty_desk.start()
    empty_desk.passphrase = founded["passphrase"]
    assert empty_desk.unlock() is None
    empty_desk.passphrase = renewed
    assert empty_desk.unlock() == {"open": True}


def recover(desk: Desk, *, parts: tuple[str, str]) -> str:
    """Type two parts, read the new words, type them back, and return them."""
    process = subprocess.Popen(
        [AIGAQ, "recover"],
        env=desk.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write("\n".join([*parts, ""]).encode())
    process.stdin.flush()
    words: list[str] = []
    while len(words) < 7:
        found = re.match(r"\s+\d+\. ([a-z]+)$", process.stderr.readline().decode())
        if found:
            words.append(found.group(1))
    process.communicate(f"\n{' '.join(words)}\n".encode(), timeout=60)
    assert process.returncode == 0
    return " ".join(words)
