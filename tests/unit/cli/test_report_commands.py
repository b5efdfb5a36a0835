"""`aigaq seal`, `send`, `open` and `mailbox` as a person runs them, against a real gate."""

import contextlib
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripts.vector_sources.fixtures import CARD, DESK, LOG, MESSAGE, ROOT, TEAM
from tests.flows.stage import GateProcess, free_port

from aigaq.age import HybridIdentity
from aigaq.cli import main
from aigaq.clock import now
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.card import build_card, parse_card
from aigaq.sealing.mailbox_answer import NO_HASH, Head, Heads
from aigaq.sealing.mailbox_requests import DESK_LABEL, RequestTarget, sign_request
from aigaq.sealing.messages import TO_REPORTER, Message, build_message, head_of
from aigaq.sealing.receipt_code import derive_mailbox_keys
from aigaq.sealing.receipts import (
    FilingReceipt,
    build_filing_receipt,
    check_promise,
    parse_promise,
    parse_receipt_file,
)
from aigaq.sealing.signatures import public_bytes

ROOT_KEY = b64encode(public_bytes(ROOT)).decode()
AIGAQ = str(Path(sys.executable).with_name("aigaq"))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Team:
    """A gate that runs, and the folder in which a reporter works."""

    gate: GateProcess
    folder: Path

    def run(self, *arguments: str, typed: str = "") -> Done:
        """Run ``aigaq`` in the folder, in this process: starting one takes a second each time."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch.object(sys, "argv", ["aigaq", *arguments]),
            patch.object(sys, "stdin", io.StringIO(typed)),
        ):
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())

    def json(self, *arguments: str, typed: str = "") -> dict[str, Any]:
        """Run ``aigaq … --json`` that must succeed."""
        done = self.run(*arguments, "--json", typed=typed)
        assert done.returncode == 0, (done.stdout, done.stderr)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def seal(self, name: str, *more: str, typed: str = "") -> dict[str, Any]:
        """Seal an answer and perhaps items into a file."""
        return self.json(
            "seal", "--card", "card.json", "--root", ROOT_KEY, "--answers", "answers.json",
            "--out", name, *more, typed=typed,
        )  # fmt: skip

    def mailbox(self, code: str, *arguments: str) -> dict[str, Any]:
        """Run a command of the mailbox."""
        return self.json(
            "mailbox", "--gate", self.gate.origin, "--root", ROOT_KEY, "--code", "-",
            *arguments, typed=f"{code}\n",
        )  # fmt: skip


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    folder = tmp_path_factory.mktemp("gate")
    port = free_port()
    card = replace(CARD, gate_origin=f"http://127.0.0.1:{port}", signed_at=now())
    (folder / "card.json").write_bytes(build_card(card, root_key=ROOT))
    (folder / "log.key").write_text(b64encode(LOG.private_bytes_raw()).decode() + "\n")
    (folder / "log.key").chmod(0o600)
    process = GateProcess(folder=folder, port=port, root_key=public_bytes(ROOT))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def team(gate: GateProcess, tmp_path: Path) -> Team:
    (tmp_path / "card.json").write_bytes((gate.folder / "card.json").read_bytes())
    (tmp_path / "answers.json").write_text('{"4": "Вымышленный пример"}', encoding="utf-8")
    (tmp_path / "team.key").write_text(TEAM.secret_text() + "\n")
    return Team(gate=gate, folder=tmp_path)


class CuttingLine:
    """A line to the gate that is cut after so many bytes, several times, and then holds."""

    def __init__(self, *, port: int, cuts: int, after_bytes: int) -> None:
        self._port, self._cuts, self._after = port, cuts, after_bytes
        self.cut = 0
        self.carried = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                phone, _ = self._listener.accept()
            except OSError:
                return
            line = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._carry, args=(phone, line, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(line, phone, False), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, may_cut: bool) -> None:
        carried = 0
        try:
            while data := one.recv(65_536):
                other.sendall(data)
                carried += len(data)
                self.carried += len(data) if may_cut else 0
                if may_cut and carried > self._after and self.cut < self._cuts:
                    self.cut += 1
                    break
        except OSError:
            pass
        for end in (one, other):
            # Closing alone would not be seen while the other thread still reads.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_a_report_goes_from_seal_to_an_opened_folder(team: Team) -> None:
    (team.folder / "сурет.jpg").write_bytes(b"\xff\xd8" + os.urandom(300_000))
    sealed = team.seal("backup.tar", "--item", "сурет.jpg", "--receipt", "receipt.json")
    sent = team.json(
        "send", "backup.tar", "--gate", team.gate.origin, "--root", ROOT_KEY,
        "--receipt", "receipt.json",
    )  # fmt: skip
    assert sent["state"] == "received"
    assert sent["report_id"] == sealed["report_id"]

    opened = team.json("open", "backup.tar", "--identity", "team.key", "--out", "opened")
    assert opened["state"] == "opened"
    summary = json.loads((team.folder / "opened" / "report.json").read_bytes())
    assert summary["answers"] == {"4": "Вымышленный пример"}
    assert summary["items"][0]["name"] == "сурет.jpg"
    assert summary["items"][0]["type"] == "image/jpeg"
    content = (team.folder / "opened" / "item-0000").read_bytes()
    assert content == (team.folder / "сурет.jpg").read_bytes()

    receipt = parse_receipt_file((team.folder / "receipt.json").read_bytes())
    assert receipt.promise == sent["promise"]
    card = parse_card(receipt.card.encode(), root_key=public_bytes(ROOT))
    check_promise(
        parse_promise(receipt.promise, log_key=card.log_key),
        team_id=card.team_id,
        log_origin=card.log_origin,
        report_id=receipt.report_id,
        commitment=receipt.commitment,
    )


def test_the_command_starts_and_names_its_parts() -> None:
    done = subprocess.run([AIGAQ, "--help"], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in ("seal", "send", "open", "import", "mailbox"))


def test_sending_twice_is_received_once(team: Team) -> None:
    team.seal("backup.tar")
    command = ("send", "backup.tar", "--gate", team.gate.origin, "--root", ROOT_KEY)
    assert team.json(*command) == team.json(*command)
    assert not (team.folder / "backup.tar.uploads").exists()


@pytest.mark.slow
def test_a_line_that_is_cut_three_times_loses_nothing(team: Team) -> None:
    (team.folder / "video.mp4").write_bytes(os.urandom(9_000_000))
    team.seal("backup.tar", "--item", "video.mp4")
    line = CuttingLine(port=int(team.gate.origin.rpartition(":")[2]), cuts=3, after_bytes=1_000_000)
    try:
        sent = team.json("send", "backup.tar", "--gate", line.origin, "--root", ROOT_KEY)
    finally:
        line.close()
    assert line.cut == 3
    assert sent["state"] == "received"


def test_a_second_run_goes_on_where_the_first_was_cut(team: Team) -> None:
    (team.folder / "video.mp4").write_bytes(os.urandom(9_000_000))
    team.seal("backup.tar", "--item", "video.mp4")
    port = int(team.gate.origin.rpartition(":")[2])
    command = ("send", "backup.tar", "--root", ROOT_KEY, "--gate")
    line = CuttingLine(port=port, cuts=1, after_bytes=5_000_000)
    cut = team.run(*command, line.origin, "--tries", "1", "--json")
    line.close()
    assert cut.returncode == 1
    assert json.loads(cut.stdout) == {"error": "send.unreachable"}
    assert (team.folder / "backup.tar.uploads").stat().st_mode & 0o777 == 0o600

    whole = CuttingLine(port=port, cuts=0, after_bytes=0)
    assert team.json(*command, whole.origin)["state"] == "received"
    whole.close()
    assert whole.carried < 6_000_000
    assert not (team.folder / "backup.tar.uploads").exists()


def test_the_mailbox_shows_the_promise_until_it_is_confirmed(team: Team) -> None:
    sealed = team.seal("backup.tar")
    team.json("send", "backup.tar", "--gate", team.gate.origin, "--root", ROOT_KEY)
    shown = team.mailbox(sealed["code"], "read")
    assert [one["report_id"] for one in shown["promises"]] == [sealed["report_id"]]
    assert team.mailbox(sealed["code"], "read", "--confirm")["promises"] == shown["promises"]
    assert team.mailbox(sealed["code"], "read")["promises"] == []


def test_messages_form_one_chain(team: Team) -> None:
    sealed = team.seal("backup.tar")
    team.json("send", "backup.tar", "--gate", team.gate.origin, "--root", ROOT_KEY)
    code = sealed["code"]
    assert team.mailbox(code, "write", "--text", "Сәлем", "--sign", "b")["sequence"] == 1
    assert team.mailbox(code, "request", "limit", "--sign", "b")["sequence"] == 2
    assert team.mailbox(code, "withdraw-consent", "--sign", "c")["sequence"] == 3


def put_into_mailbox(
    team: Team, message: Message, *, sealed: dict[str, Any], key: Ed25519PrivateKey
) -> bytes:
    """Have the desk put a message into a mailbox; return its age file."""
    recipient = derive_mailbox_keys(sealed["code"], team_id=CARD.team_id).recipient
    ciphertext = build_message(message, key=key, recipient=recipient)
    body = build_json(
        {
            "ciphertext": b64encode(ciphertext).decode(),
            "mailbox_key": b64encode(message.mailbox_key).decode(),
            "previous": message.previous.hex(),
            "sequence": message.sequence,
        }
    )
    target = RequestTarget(
        label=DESK_LABEL,
        team_id=CARD.team_id,
        gate_origin=team.gate.origin,
        method="POST",
        path="/api/desk/mailboxes",
    )
    nonce = httpx.post(f"{team.gate.origin}/api/nonce", trust_env=False).json()
    headers = sign_request(
        target,
        key=DESK,
        body_sha256=hashlib.sha256(body).digest(),
        nonce=b64decode(nonce["nonce"]),
        expiry=nonce["expires_at"],
    )
    answer = httpx.post(
        f"{team.gate.origin}{target.path}", content=body, headers=headers, trust_env=False
    )
    assert answer.json()["result"] == "taken"
    return ciphertext


def desk_message(sealed: dict[str, Any], **changes: Any) -> Message:
    """Return the desk's first message to whoever sealed a report."""
    keys = derive_mailbox_keys(sealed["code"], team_id=CARD.team_id)
    values: dict[str, Any] = {
        "direction": TO_REPORTER,
        "kind": "text",
        "body": {"text": "Здравствуйте. Это образец."},
        "team_id": CARD.team_id,
        "mailbox_key": keys.public_key,
        "first_commitment": bytes.fromhex(sealed["commitment"]),
        "sequence": 1,
        "previous": NO_HASH,
        "heads": Heads(),
        "sent_at": now(),
    }
    return Message(**(values | changes))


def test_what_the_desk_writes_is_read_in_its_order(team: Team) -> None:
    sealed = team.seal("backup.tar")
    team.json("send", "backup.tar", "--gate", team.gate.origin, "--root", ROOT_KEY)
    filing = FilingReceipt(
        commitment=bytes.fromhex(sealed["commitment"]),
        report_id=bytes.fromhex(sealed["report_id"]),
        team_id=CARD.team_id,
        register_number=7,
        state="filed",
        filed_at=now(),
    )
    body = {"filing_receipt": build_filing_receipt(filing, message_key=MESSAGE)}
    first = desk_message(sealed, kind="filing_receipt", body=body)
    previous = head_of(put_into_mailbox(team, first, sealed=sealed, key=MESSAGE), sequence=1)
    second = desk_message(sealed, sequence=2, previous=previous.sha256)
    put_into_mailbox(team, second, sealed=sealed, key=MESSAGE)

    shown = team.mailbox(sealed["code"], "read", "--confirm")["messages"]
    assert [one["kind"] for one in shown] == ["filing_receipt", "text"]
    assert (shown[0]["register_number"], shown[0]["state"]) == (7, "filed")
    assert shown[1]["text"] == "Здравствуйте. Это образец."
    assert team.mailbox(sealed["code"], "read")["messages"] == []


@pytest.mark.parametrize(
    "command",
    [
        ["read"],
        ["write", "--text", "fictional", "--sign", "b"],
        ["withdraw-consent", "--sign", "b"],
    ],
)
@pytest.mark.parametrize("trick", ["forged", "of another report", "knowing what she never sent"])
def test_a_message_that_cannot_be_the_desks_raises_the_alarm_and_nothing_is_written(
    team: Team, trick: str, command: list[str]
) -> None:
    sealed = team.seal("backup.tar")
    team.json("send", "backup.tar", "--gate", team.gate.origin, "--root", ROOT_KEY)
    changes: dict[str, dict[str, Any]] = {
        "forged": {},
        "of another report": {"first_commitment": bytes(31) + b"x"},
        "knowing what she never sent": {"heads": Heads(to_desk=Head(1, sha256=b"x" * 32))},
    }
    key = LOG if trick == "forged" else MESSAGE
    put_into_mailbox(team, desk_message(sealed, **changes[trick]), sealed=sealed, key=key)
    done = team.run(
        "mailbox", "--gate", team.gate.origin, "--root", ROOT_KEY, "--code", "-", *command,
        "--json", typed=sealed["code"] + "\n",
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"error": "mailbox.alarm"}


def test_a_part_comes_under_the_same_mailbox(team: Team) -> None:
    first = team.seal("one.tar")
    part = team.seal(
        "two.tar", "--continues", first["report_id"], "--code", "-", typed=first["code"] + "\n"
    )
    assert part["code"] == first["code"]
    for name in ("one.tar", "two.tar"):
        team.json("send", name, "--gate", team.gate.origin, "--root", ROOT_KEY)
    shown = team.mailbox(first["code"], "read")
    assert {one["report_id"] for one in shown["promises"]} == {
        first["report_id"],
        part["report_id"],
    }


@pytest.mark.parametrize(
    ("arguments", "typed", "code"),
    [
        (("seal", "--card", "card.json", "--root", "{other}", "--answers", "answers.json",
          "--out", "x.tar"), "", "card.other_root"),
        (("seal", "--card", "card.json", "--root", "{root}", "--out", "x.tar"), "", "report.empty"),
        (("seal", "--card", "card.json", "--root", "{root}", "--answers", "card.json",
          "--out", "x.tar"), "", "seal.bad_answers"),
        (("seal", "--card", "card.json", "--root", "{root}", "--answers", "answers.json",
          "--out", "card.json"), "", "seal.file_exists"),
        (("seal", "--card", "card.json", "--root", "{root}", "--answers", "answers.json",
          "--out", "x.tar", "--code", "-"), "1234\n", "receipt_code.wrong_length"),
        (("send", "card.json", "--gate", "{gate}", "--root", "{root}"), "", "container.bad_tar"),
        (("send", "good.tar", "--gate", "{gate}", "--root", "{other}"), "", "card.other_root"),
        (("send", "good.tar", "--gate", "nonsense", "--root", "{root}"), "", "send.unreachable"),
        (("open", "good.tar", "--identity", "card.json", "--out", "o"), "", "open.bad_identity"),
        (("open", "good.tar", "--identity", "other.key", "--out", "o"), "", "open.damaged"),
        (("open", "good.tar", "--identity", "team.key", "--out", "."), "", "open.folder_exists"),
        (("mailbox", "--gate", "{gate}", "--root", "{root}", "--code", "-", "read"),
         "0000 0000 0000 0000 0006\n", "mailbox.not_for_us"),
    ],
)  # fmt: skip
def test_an_error_has_a_code_for_machines_and_a_sentence_for_people(
    team: Team, arguments: tuple[str, ...], typed: str, code: str
) -> None:
    team.seal("good.tar")
    (team.folder / "other.key").write_text(HybridIdentity.generate().secret_text())
    before = {path: path.read_bytes() for path in team.folder.iterdir() if path.is_file()}
    other = b64encode(public_bytes(MESSAGE)).decode()
    filled = [one.format(root=ROOT_KEY, other=other, gate=team.gate.origin) for one in arguments]

    for_machines = team.run(*filled, "--json", typed=typed)
    assert for_machines.returncode == 1, for_machines
    assert json.loads(for_machines.stdout) == {"error": code}
    if code != "open.damaged":
        for_people = team.run(*filled, typed=typed)
        assert for_people.returncode == 1
        assert f"[{code}]" in for_people.stderr
        assert "Traceback" not in for_people.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert not (team.folder / "x.tar").exists()


def test_a_receipt_code_cannot_be_an_argument(team: Team) -> None:
    done = team.run(
        "mailbox", "--gate", team.gate.origin, "--root", ROOT_KEY, "--code", "1" * 20, "read"
    )
    assert done.returncode == 2


def test_a_damaged_file_is_read_as_far_as_it_can_be(team: Team) -> None:
    for name in ("a.bin", "b.bin"):
        (team.folder / name).write_bytes(os.urandom(2_000))
    team.seal("backup.tar", "--item", "a.bin", "--item", "b.bin")
    data = bytearray((team.folder / "backup.tar").read_bytes())
    data[512 + 1_800] ^= 1
    (team.folder / "backup.tar").write_bytes(data)
    done = team.run("open", "backup.tar", "--identity", "team.key", "--out", "opened", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"error": "open.damaged"}
    summary = json.loads((team.folder / "opened" / "report.json").read_bytes())
    assert summary["state"] == "damaged"
    assert [one["code"] for one in summary["faults"]] == ["report.wrong_hash"]
    assert [one["error"] for one in summary["items"]] == ["report.bad_item", None]
    assert not (team.folder / "opened" / "item-0000").exists()
    whole = (team.folder / "opened" / "item-0001").read_bytes()
    assert whole == (team.folder / "b.bin").read_bytes()
