"""A fictional organisation, a real gate process, and the phone and desk that speak to it.

Used by the gate's tests and its bench. Everything goes through the interface that we promise: HTTP
on loopback, Python sealing as the client.
"""

import base64
import hashlib
import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq import clock
from aigaq.age import HybridIdentity
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.card import Card, build_card
from aigaq.sealing.envelope import ContainerSink, ItemToSeal, ReportToSeal, seal_report
from aigaq.sealing.mailbox_answer import MailboxAnswer, parse_answer
from aigaq.sealing.mailbox_requests import (
    DESK_LABEL,
    REPORTER_LABEL,
    MailboxRequest,
    RequestTarget,
    build_mailbox_request,
    sign_request,
)
from aigaq.sealing.rebinding import Rebind, build_rebind
from aigaq.sealing.receipt_code import MailboxKeys
from aigaq.sealing.signatures import public_bytes

TUS = {"tus-resumable": "1.0.0"}
DOCUMENT = "<!doctype html><html lang={0}><title>{0}</title><p>A fictional page.</p>" + " " * 500


def texts(text: str) -> dict[str, str]:
    return dict.fromkeys(("en", "kk", "ru"), text)


@dataclass(frozen=True)
class Organisation:
    """The keys and the card of a team that does not exist."""

    root: Ed25519PrivateKey
    log: Ed25519PrivateKey
    desk: Ed25519PrivateKey
    fetch: Ed25519PrivateKey
    message: Ed25519PrivateKey
    team: HybridIdentity
    card: Card

    @classmethod
    def found(cls, *, port: int, **facts: Any) -> "Organisation":
        keys = {
            name: Ed25519PrivateKey.generate()
            for name in ("root", "log", "desk", "fetch", "message")
        }
        team = HybridIdentity.generate()
        described: dict[str, Any] = {
            "version": 1,
            "team_id": secrets.token_bytes(16),
            "names": texts("A fictional team"),
            "languages": ("kk", "ru", "en"),
            "team_recipient": str(team.recipient),
            "message_key": public_bytes(keys["message"]),
            "desk_key": public_bytes(keys["desk"]),
            "fetch_key": public_bytes(keys["fetch"]),
            "log_key": public_bytes(keys["log"]),
            "log_origin": f"127.0.0.1:{port}/log",
            "gate_origin": f"http://127.0.0.1:{port}",
            "batch": 16,
            "interval_seconds": 600,
            "maximum_delay_seconds": 86_400,
            "reading_hours": 24,
            "reading_text": texts("once a day"),
            "services": (),
            "windows": (),
            "cosigners": (),
            "timestamp_authorities": (),
            "exit_url": "https://example.org/",
            "state": "trial",
            "signed_at": datetime.now(UTC).replace(microsecond=0),
        }
        return cls(**keys, team=team, card=Card(**{**described, **facts}))

    @property
    def root_public(self) -> bytes:
        return public_bytes(self.root)

    def signed_card(self) -> bytes:
        return build_card(self.card, root_key=self.root)


def write_bundle(folder: Path, *, also: Mapping[str, bytes] = MappingProxyType({})) -> Path:
    """Write the smallest bundle that a gate serves, and ``also`` these files."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for language in ("en", "kk", "ru"):
        listed.append((f"index.{language}.html", DOCUMENT.format(language).encode()))
    listed.append(("a/page.css", b"p { color: black }\n"))
    listed.extend(also.items())
    files = []
    for name, data in sorted(listed):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        sri = base64.b64encode(hashlib.sha384(data).digest()).decode()
        facts = {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        files.append({**facts, "sri": f"sha384-{sri}"})
    manifest = {"files": files, "format": "aigaq/bundle/v1"}
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n"
    (folder / "bundle-manifest.json").write_text(text)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_files(organisation: Organisation, *, folder: Path) -> list[str]:
    """Write card, log key and bundle; return the options of ``aigaq gate serve``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_bytes(organisation.signed_card())
    (folder / "log.key").write_bytes(base64.b64encode(organisation.log.private_bytes_raw()))
    bundle = write_bundle(folder / "bundle")
    root = base64.b64encode(organisation.root_public).decode()
    files = ["--card", str(folder / "card.json"), "--log-key", str(folder / "log.key")]
    return [*files, "--root", root, "--bundle", str(bundle)]


class RunningGate:
    """A gate as a process group of its own, which can be killed and started again."""

    def __init__(
        self,
        organisation: Organisation,
        *,
        folder: Path,
        port: int,
        data: Path | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.organisation = organisation
        self.data = data or folder / "data"
        self.origin = f"http://127.0.0.1:{port}"
        self.log = folder / "gate.log"
        self._command = [
            sys.executable,
            "-c",
            "from aigaq.cli import main; main()",
            "gate",
            "serve",
            *write_files(organisation, folder=folder),
            "--data",
            str(self.data),
            "--port",
            str(port),
            "--reserve-mib",
            "1",
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_up()

    def _wait_until_up(self) -> None:
        for _ in range(400):
            try:
                if httpx.get(f"{self.origin}/api/time", verify=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if self._process is None or self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def worker_pids(self) -> list[int]:
        """Return the processes that hold the gate's memory: parent and workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]

    def stop(self) -> None:
        """Ask the gate to end, and wait until it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
        self._process = None

    def kill(self) -> None:
        """End every process of the gate at once, as a power cut does to a program."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        self._process = None


def mailbox_keys() -> MailboxKeys:
    """Return random mailbox keys: what a code gives, without the cost of its derivation."""
    seed = secrets.token_bytes(32)
    return MailboxKeys(identity=HybridIdentity(seed), key=Ed25519PrivateKey.generate())


@dataclass(frozen=True)
class Parcel:
    """A report sealed on the phone: what `complete` takes, and its items' ciphertexts."""

    report_id: bytes
    commitment: bytes
    draft: bytes
    body: bytes
    items: dict[str, bytes]


class _Parts:
    """A sink that keeps items apart and the other members as a container."""

    def __init__(self) -> None:
        self.items: dict[str, bytearray] = {}
        self.body = io.BytesIO()
        self._container = ContainerSink(self.body)
        self._item: bytearray | None = None

    def begin(self, name: str, *, size: int) -> None:
        self._item = None
        if name.startswith("item-"):
            self._item = self.items.setdefault(name, bytearray())
        else:
            self._container.begin(name, size=size)

    def write(self, data: bytes, /) -> int:
        if self._item is None:
            return self._container.write(data)
        self._item += data
        return len(data)

    def close(self) -> None:
        self._container.close()


def seal(
    organisation: Organisation,
    keys: MailboxKeys,
    *,
    answer: str = "Fictional.",
    items: Sequence[tuple[str, bytes]] = (),
) -> Parcel:
    """Seal a fictional report."""
    parts = _Parts()
    sealed = seal_report(
        ReportToSeal(
            team_id=organisation.card.team_id,
            team_recipient=organisation.card.team_recipient,
            card_version=organisation.card.version,
            language="ru",
            made_at=datetime.now(UTC).replace(microsecond=0),
            answers=[(3, answer)],
            items=[
                ItemToSeal(
                    content=io.BytesIO(data),
                    size_bytes=len(data),
                    name=name,
                    media_type="application/octet-stream",
                )
                for name, data in items
            ],
        ),
        keys=keys,
        sink=parts,
    )
    return Parcel(
        report_id=sealed.report_id,
        commitment=sealed.commitment,
        draft=secrets.token_bytes(32),
        body=parts.body.getvalue(),
        items={name: bytes(data) for name, data in parts.items.items()},
    )


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


class Phone:
    """What a reporter's page does, over any httpx client."""

    def __init__(self, client: httpx.Client, organisation: Organisation) -> None:
        self.client = client
        self.organisation = organisation

    def create(self, *, draft: bytes, member: str, length: int) -> httpx.Response:
        metadata = f"draft {b64(draft)},member {b64(member.encode())}"
        headers = {**TUS, "upload-length": str(length), "upload-metadata": metadata}
        return self.client.post("/api/uploads", headers=headers)

    def patch(self, location: str, data: bytes, *, offset: int, **more: str) -> httpx.Response:
        headers = {**TUS, "upload-offset": str(offset), **more}
        headers.setdefault("content-type", "application/offset+octet-stream")
        return self.client.patch(location, content=data, headers=headers)

    def upload(self, parcel: Parcel) -> None:
        for name, data in parcel.items.items():
            created = self.create(draft=parcel.draft, member=name, length=len(data))
            assert created.status_code == 201, created.text
            sent = self.patch(created.headers["location"], data, offset=0)
            assert sent.status_code == 204, sent.text

    def complete(self, parcel: Parcel) -> httpx.Response:
        headers = {"content-type": "application/x-tar", "aigaq-draft": b64(parcel.draft)}
        return self.client.post("/api/reports", content=parcel.body, headers=headers)

    def send(self, parcel: Parcel) -> httpx.Response:
        self.upload(parcel)
        return self.complete(parcel)

    def mailbox(self, keys: MailboxKeys, request: MailboxRequest | None = None) -> MailboxAnswer:
        answer = self.mailbox_response(keys.key, request)
        assert answer.status_code == 200, answer.text
        return parse_answer(answer.content, identity=keys.identity)

    def mailbox_response(
        self, key: Ed25519PrivateKey, request: MailboxRequest | None = None
    ) -> httpx.Response:
        body = build_mailbox_request(request or MailboxRequest())
        return self.signed("POST", "/api/mailbox", key=key, body=body, label=REPORTER_LABEL)

    def signed(
        self,
        method: str,
        path: str,
        *,
        key: Ed25519PrivateKey,
        body: bytes = b"",
        label: str = DESK_LABEL,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        signature = self.sign(method, path, key=key, body=body, label=label)
        return self.client.request(
            method, path, content=body, headers={**signature, **(headers or {})}
        )

    def sign(
        self,
        method: str,
        path: str,
        *,
        key: Ed25519PrivateKey,
        body: bytes = b"",
        label: str = DESK_LABEL,
    ) -> dict[str, str]:
        nonce = self.client.post("/api/nonce").json()
        card = self.organisation.card
        return sign_request(
            RequestTarget(label, card.team_id, card.gate_origin, method, path),
            key=key,
            body_sha256=hashlib.sha256(body).digest(),
            nonce=base64.b64decode(nonce["nonce"]),
            expiry=nonce["expires_at"],
        )

    def desk(self, method: str, path: str, value: object = None, **more: Any) -> httpx.Response:
        """Ask as the desk does, with the desk key."""
        body = b""
        if value is not None:
            body = build_json(value)
        return self.signed(method, path, key=self.organisation.desk, body=body, **more)


def rebind(phone: Phone, *, old: MailboxKeys, new: MailboxKeys, first: Parcel) -> str:
    """Let ``new`` take the place of ``old`` and return the text that the desk signed for it."""
    text = build_rebind(
        Rebind(
            team_id=phone.organisation.card.team_id,
            first_commitment=first.commitment,
            old_mailbox_key=old.public_key,
            new_mailbox_key=new.public_key,
            new_mailbox_recipient=new.recipient,
            rebound_at=clock.now(),
        ),
        message_key=phone.organisation.message,
    )
    assert phone.desk("POST", "/api/desk/rebind", {"rebind": text}).status_code == 204
    return text
