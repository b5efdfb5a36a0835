"""A partner organisation that cosigns, a lawyer who verifies, and rounds until all is logged."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from tests.conftest import Founding
from tests.flows.stage import GateProcess

from aigaq import clock
from aigaq.accounts.cards import read_card as read_own_card
from aigaq.intake import fetching, tasks
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.tlog import Memory, VerifierKey
from aigaq.tlog.notes import ED25519
from aigaq.watching.followed_cards import read_kept_card
from aigaq.watching.seeds import open_seed_file
from aigaq.watching.sources import HttpSource
from aigaq.watching.store import Store
from aigaq.watching.watcher import Watcher


def run(*arguments: str, stdin: str = "") -> tuple[int, Any]:
    """Run ``aigaq … --json`` as a person does; return exit code and the last line's answer."""
    command = [str(Path(sys.executable).with_name("aigaq")), *arguments, "--json"]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    assert lines, done.stderr
    return done.returncode, json.loads(lines[-1])


def verify(*arguments: str | Path, what: str = "receipt") -> tuple[int, dict[str, Any]]:
    """Run `aigaq-verify receipt|package … --json`."""
    command = [str(Path(sys.executable).with_name("aigaq-verify")), what]
    command += [*map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


@dataclass
class Partner:
    """An organisation that cosigns with one command."""

    gate: GateProcess
    fingerprint: str
    seed: Path

    def cosign(self) -> tuple[int, Any]:
        log = f"{self.gate.origin}/log"
        arguments = ["--log", log, "--root", self.fingerprint, "--seed", str(self.seed)]
        return run("cosign", *arguments, "--name", "partner.example/aigaq", "--once")

    def describe(self) -> dict[str, Any]:
        cosigner = open_seed_file(self.seed)
        keys = list(map(str, cosigner.keys))
        return {"independent": True, "name": cosigner.name, "url": None, "vkeys": keys}

    def cosign_later(self, *, days: int) -> None:
        """Do the same round with a clock that is ``days`` ahead."""
        folder = self.seed.with_name(f"{self.seed.name}.log")
        followed = read_kept_card(folder)
        with httpx.Client(base_url=self.gate.origin, trust_env=False, verify=False) as http:
            source = HttpSource(http)
            followed.follow(source)
            Watcher(
                card=followed.card,
                source=source,
                memory=Memory(folder / "heads"),
                store=Store(folder / followed.name),
                cosigner=open_seed_file(self.seed),
                clock=lambda: clock.now() + timedelta(days=days),
            ).look()

    def write_policy(self, path: Path, founding: Founding) -> Path:
        """Write what a lawyer has from elsewhere: whom to trust."""
        card = read_own_card()
        log = VerifierKey(name=card.log_origin, kind=ED25519, public_key=card.log_key)
        first, second = open_seed_file(self.seed).keys
        policy = {
            "format": "aigaq-policy/v1",
            "name": "A fictional court",
            "require": {"cosigned": True, "timestamps": 0},
            "retirements": [],
            "root_fingerprint": format_fingerprint(bytes(founding.organisation.root_key)),
            "timestamp_authorities": [],
            "tlog_policy": (
                f"log {log}\nwitness a {first}\nwitness b {second}\n"
                "group partner any a b\nquorum partner\n"
            ),
        }
        path.write_text(json.dumps(policy, ensure_ascii=False))
        return path


def wait_for_log(gate: GateProcess) -> None:
    """Wait until the log has entries."""
    for _ in range(200):
        answer = httpx.get(f"{gate.origin}/log/checkpoint", trust_env=False)
        if answer.status_code == 200 and answer.text.split("\n")[1] != "0":
            return
        time.sleep(0.1)
    raise AssertionError("the log has not begun")


def wait_until(is_so: Callable[[], object], *, do: Callable[[], object]) -> None:
    """Do something again and again until it has come about."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        do()
        if is_so():
            return
        time.sleep(0.3)
    raise AssertionError("it did not come about in time")


def work() -> None:
    """Let the desk fetch, watch, cosign and work once."""
    fetching.pull_round()
    tasks.work_round()


def root_of(founding: Founding) -> str:
    return b64encode(bytes(founding.organisation.root_key)).decode()
