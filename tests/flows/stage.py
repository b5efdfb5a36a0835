"""The stage of the flows: a real gate process, and reporters who seal and send like a phone does.

Nothing here imports Django, so a test may use it beside a real desk process too.
"""

import hashlib
import io
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from aigaq import clock
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.container import ContainerWriter, iterate_container
from aigaq.sealing.encoding import decode_base64
from aigaq.sealing.envelope import (
    ConsentToSeal,
    ItemToSeal,
    ReportToSeal,
    SealedReport,
    seal_report,
)
from aigaq.sealing.header import HEADER, KEY, MANIFEST
from aigaq.sealing.mailbox_answer import Head, Heads, MailboxAnswer, parse_answer
from aigaq.sealing.mailbox_requests import (
    REPORTER_LABEL,
    MailboxRequest,
    MessageToSend,
    RequestTarget,
    build_mailbox_request,
    sign_request,
)
from aigaq.sealing.messages import Message, build_message, open_message
from aigaq.sealing.receipt_code import MailboxKeys, derive_mailbox_keys, draw_code
from aigaq.sealing.signatures import public_bytes

ROUNDS_FULL = os.environ.get("AIGAQ_ROUNDS", "small") == "full"


def free_port() -> int:
    """Return a port of this computer that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class GateProcess:
    """A real gate of one team."""

    def __init__(self, *, folder: Path, port: int, root_key: bytes) -> None:
        """Serve what the ceremony laid into ``folder`` (card and log key)."""
        self.origin = f"http://127.0.0.1:{port}"
        self.folder = folder
        self._port = port
        self._root_key = root_key
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            *(str(Path(sys.executable).with_name("aigaq")), "gate", "serve"),
            *("--card", str(self.folder / "card.json")),
            *("--root", b64encode(self._root_key).decode()),
            *("--log-key", str(self.folder / "log.key")),
            *("--data", str(self.folder / "data")),
            *("--port", str(self._port)),
        ]
        if (self.folder / "bundle").exists():
            command += ["--bundle", str(self.folder / "bundle")]
        self._process = subprocess.Popen(command, env=os.environ.copy())
        process = self._process
        wait_for(lambda: process.poll() is not None or _answers(self.origin))
        assert process.poll() is None, "the gate ended at once"

    def stop(self) -> None:
        """Stop it kindly."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None


def alter_rows(gate: GateProcess, sql: str, *values: object) -> int:
    """Change the stopped gate's database as its owner could; return the number of rows."""
    with closing(sqlite3.connect(gate.folder / "data" / "gate.sqlite3")) as database, database:
        return database.execute(sql, values).rowcount


def _answers(origin: str) -> bool:
    try:
        address = f"{origin}/api/time"
        return httpx.get(address, trust_env=False, verify=False).status_code == 200
    except httpx.HTTPError:
        return False


def wait_for(is_so: "object", *, seconds: float = 60.0) -> None:
    """Wait until a function returns something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


@dataclass
class Reporter:
    """Someone with a phone: seals, sends, reads and writes with a receipt code."""

    origin: str
    card: Card
    code: str = field(default_factory=draw_code, repr=False)
    first: SealedReport | None = None
    sent: Head = field(default_factory=Head)
    received: Head = field(default_factory=Head)

    def __post_init__(self) -> None:
        self.keys: MailboxKeys = derive_mailbox_keys(self.code, team_id=self.card.team_id)
        self._http = httpx.Client(base_url=self.origin, trust_env=False, timeout=60, verify=False)

    def close(self) -> None:
        """Put the phone away."""
        self._http.close()

    @property
    def mailbox_key(self) -> bytes:
        """The public half of the mailbox key."""
        return public_bytes(self.keys.key)

    def seal(
        self,
        *,
        answers: Sequence[tuple[int, str]] = ((4, "fictional"),),
        items: Sequence[tuple[str, str, bytes]] = (),
        consents: Sequence[tuple[str, str]] = (("keep", "team"),),
        continues: bytes | None = None,
        team_recipient: str | None = None,
    ) -> tuple[SealedReport, bytes]:
        """Return a sealed report and its file form."""
        file = io.BytesIO()
        report = ReportToSeal(
            team_id=self.card.team_id,
            team_recipient=team_recipient or self.card.team_recipient,
            card_version=self.card.version,
            language="ru",
            made_at=clock.now(),
            answers=answers,
            consents=[ConsentToSeal(purpose=p, audience=a) for p, a in consents],
            items=[
                ItemToSeal(
                    content=io.BytesIO(data), size_bytes=len(data), name=name, media_type=kind
                )
                for name, kind, data in items
            ],
            continues=continues,
        )
        sealed = seal_report(report, keys=self.keys, sink=ContainerWriter(file))
        if self.first is None:
            self.first = sealed
        return sealed, file.getvalue()

    def send(self, file: bytes) -> None:
        """Send a sealed file as a phone does: each item its own upload, then complete."""
        draft = secrets.token_bytes(32)
        wire = io.BytesIO()
        writer = ContainerWriter(wire)
        has_items = False
        for member in iterate_container(io.BytesIO(file)):
            data = member.read()
            if member.name in (MANIFEST, KEY, HEADER):
                writer.begin(member.name, size=len(data))
                writer.write(data)
            else:
                has_items = True
                self._upload(draft, member.name, data)
        writer.close()
        headers = {"Content-Type": "application/x-tar"}
        if has_items:
            headers["Aigaq-Draft"] = b64encode(draft).decode()
        answer = self._http.post("/api/reports", content=wire.getvalue(), headers=headers)
        assert answer.status_code in (200, 201), answer.text

    def tell(self, **parts: object) -> SealedReport:
        """Seal and send."""
        sealed, file = self.seal(**parts)  # type: ignore[arg-type]
        self.send(file)
        return sealed

    def _upload(self, draft: bytes, name: str, data: bytes) -> None:
        metadata = f"draft {b64encode(draft).decode()},member {b64encode(name.encode()).decode()}"
        tus = {"Tus-Resumable": "1.0.0"}
        made = self._http.post(
            "/api/uploads",
            headers=tus | {"Upload-Length": str(len(data)), "Upload-Metadata": metadata},
        )
        assert made.status_code == 201, made.text
        patched = self._http.patch(
            made.headers["Location"],
            content=data,
            headers=tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        )
        assert patched.status_code == 204, patched.text

    def build(
        self,
        *,
        kind: str = "text",
        body: dict[str, object] | None = None,
        sign: str = "b",
        after: Head | None = None,
        heads: Heads | None = None,
    ) -> MessageToSend:
        """Return the next message of her chain, sealed."""
        assert self.first is not None
        head = after or self.sent
        message = Message(
            direction="to_desk",
            kind=kind,
            body=body or {"text": "fictional message"},
            team_id=self.card.team_id,
            mailbox_key=self.mailbox_key,
            first_commitment=self.first.commitment,
            sequence=head.sequence + 1,
            previous=head.sha256,
            heads=heads or Heads(to_desk=head, to_reporter=self.received),
            sent_at=clock.now(),
            sign=sign,
        )
        data = build_message(message, key=self.keys.key, recipient=self.card.team_recipient)
        return MessageToSend(ciphertext=data, previous=head.sha256, sequence=head.sequence + 1)

    def write(self, **parts: object) -> None:
        """Write a message and have the gate take it."""
        message = self.build(**parts)  # type: ignore[arg-type]
        answer = self.ask(MailboxRequest(send=message))
        assert answer.sent == "taken"
        self.sent = Head(message.sequence, hashlib.sha256(message.ciphertext).digest())

    def ask(self, request: MailboxRequest) -> MailboxAnswer:
        """Do the one mailbox request."""
        body = build_mailbox_request(request)
        nonce = self._http.post("/api/nonce").json()
        headers = sign_request(
            RequestTarget(
                label=REPORTER_LABEL,
                team_id=self.card.team_id,
                gate_origin=self.origin,
                method="POST",
                path="/api/mailbox",
            ),
            key=self.keys.key,
            body_sha256=hashlib.sha256(body).digest(),
            nonce=decode_base64(nonce["nonce"]),
            expiry=nonce["expires_at"],
        )
        answer = self._http.post("/api/mailbox", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return parse_answer(answer.content, identity=self.keys.identity)

    def read(self) -> list[Message]:
        """Return the desk's unread messages, checked and opened, and confirm them."""
        assert self.first is not None
        answer = self.ask(MailboxRequest())
        opened = [
            open_message(
                one.ciphertext,
                identities=[self.keys.identity],
                public_key=self.card.message_key,
                direction="to_reporter",
                team_id=self.card.team_id,
                mailbox_key=self.mailbox_key,
                first_commitment=self.first.commitment,
            )
            for one in answer.messages
        ]
        self.received = answer.heads.to_reporter
        self.ask(MailboxRequest(confirm=tuple(one.sequence for one in answer.messages)))
        return opened


def read_card(path: Path, *, root_key: bytes) -> Card:
    """Return the card that the ceremony laid into a folder."""
    return parse_card(path.read_bytes(), root_key=root_key)
