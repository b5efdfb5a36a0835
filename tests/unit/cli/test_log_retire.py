"""`aigaq log retire` and `log policy`, as a frightened person uses them beside a closed desk."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.retirement import parse_retirement
from aigaq.sealing.signatures import public_bytes

pytestmark = pytest.mark.slow

AIGAQ = str(Path(sys.executable).with_name("aigaq"))


@dataclass(frozen=True)
class Desk:
    """A trial organisation in a folder, and the command line beside it."""

    home: Path
    passphrase: str

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        words = f"{self.passphrase}\n" if stdin is None else stdin
        return subprocess.run(
            [AIGAQ, *arguments, "--passphrase-fd", "0"],
            env=os.environ | {"AIGAQ_HOME": str(self.home)},
            input=words,
            capture_output=True,
            text=True,
            check=False,
        )

    def retire(self, *more: str) -> subprocess.CompletedProcess[str]:
        words = str(self.home / "root" / "root.words")
        return self.run("log", "retire", "--root-file", words, "--json", *more)

    def policy(self, path: Path) -> dict[str, Any]:
        done = self.run("log", "policy", "--out", str(path), "--json")
        assert done.returncode == 0, done.stderr
        read: dict[str, Any] = json.loads(path.read_text())
        return read

    @property
    def root_key(self) -> bytes:
        gate = json.loads((self.home / "desk" / "locked" / "gate.json").read_bytes())
        return decode_base64(gate["root_key"])

    def card(self) -> Card:
        signed = (self.home / "gate" / "card.json").read_bytes()
        assert signed == (self.home / "desk" / "locked" / "card.json").read_bytes()
        return parse_card(signed, root_key=self.root_key)

    def log_key(self) -> bytes:
        seed = decode_base64((self.home / "gate" / "log.key").read_text("ascii").strip())
        return public_bytes(Ed25519PrivateKey.from_private_bytes(seed))


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    home = tmp_path_factory.mktemp("desk") / "home"
    environment = os.environ | {"AIGAQ_HOME": str(home)}
    done = subprocess.run(
        [AIGAQ, "init", "--trial", "--json"], env=environment, capture_output=True, check=True
    )
    return Desk(home, json.loads(done.stdout)["passphrase"])


def test_a_retirement_makes_what_a_new_gate_needs_and_the_policy_names_it(
    founded: Desk, tmp_path: Path
) -> None:
    before = founded.card()
    refused = founded.retire("--yes", "--seized-at", "2999-01-01T00:00:00Z")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] == "accounts.bad_retirement_time"
    unasked = founded.retire()  # Nobody says yes.
    assert unasked.returncode != 0
    assert (founded.card(), founded.log_key()) == (before, before.log_key)

    done = founded.retire("--yes")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    after = founded.card()
    assert told["retired"] == before.log_origin
    assert told["log"] == after.log_origin == f"{before.log_origin}-2"
    assert (after.version, after.log_key) == (before.version + 1, founded.log_key())
    assert after.log_key != before.log_key
    assert not (founded.home / "gate" / "log.key.next").exists()
    assert str(after.version) in (founded.home / "gate" / "bundle" / "index.ru.html").read_text()

    policy = founded.policy(tmp_path / "policy.json")
    (text,) = policy["retirements"]
    retirement = parse_retirement(text, root_key=founded.root_key)
    assert (retirement.log_key, retirement.log_origin) == (before.log_key, before.log_origin)
    assert retirement.new_log_origin == after.log_origin
    assert policy["tlog_policy"].count("log ") == 2

    # A second seizure: the third log, and two retirements.
    assert founded.retire("--yes").returncode == 0
    assert founded.card().log_origin == f"{before.log_origin}-3"
    assert len(founded.policy(tmp_path / "newer.json")["retirements"]) == 2
    again = founded.run("log", "policy", "--out", str(tmp_path / "newer.json"), "--json")
    assert json.loads(again.stdout)["error"] == "policy.file_exists"
