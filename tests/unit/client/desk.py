"""As much of a desk as the client's tests need: it fetches, opens and answers."""

import base64
import hashlib
import io
import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.browser.gate.organisation import Organisation

from aigaq.clock import now
from aigaq.sealing.container import Writer
from aigaq.sealing.mailbox_answer import Head, Heads
from aigaq.sealing.mailbox_requests import RequestTarget, sign_request
from aigaq.sealing.messages import TO_REPORTER, Message, build_message, head_of
from aigaq.sealing.opening import ContainerSource, ExaminedReport, open_report


@dataclass(frozen=True)
class Desk:
    """A desk that speaks to the gate at ``port`` with the organisation's keys."""

    organisation: Organisation
    port: int

    def ask(self, method: str, path: str, *, body: bytes = b"") -> bytes:
        """Return the answer to a request signed with the desk key."""
        nonce = json.loads(self._send("POST", "/api/nonce", body=b"", headers={}))
        headers = sign_request(
            RequestTarget(
                label="aigaq/desk/v1",
                team_id=self.organisation.card.team_id,
                gate_origin=self.organisation.card.gate_origin,
                method=method,
                path=path,
            ),
            key=self.organisation.desk,
            body_sha256=hashlib.sha256(body).digest(),
            nonce=base64.b64decode(nonce["nonce"]),
            expiry=nonce["expires_at"],
        )
        return self._send(method, path, body=body, headers=headers)

    def list_reports(self) -> list[dict[str, Any]]:
        """Return what the gate says of all reports."""
        answer = json.loads(self.ask("GET", "/api/desk/reports?after=0&limit=500"))
        reports: list[dict[str, Any]] = answer["reports"]
        return reports

    def open(self, report_id: str) -> ExaminedReport:
        """Fetch every member of a report and open it."""
        found = next(one for one in self.list_reports() if one["id"] == report_id)
        names = [member["name"] for member in found["members"]]
        names += [] if "header.json" in names else ["header.json"]
        members = {name: self.ask("GET", f"/api/desk/reports/{report_id}/{name}") for name in names}
        return self.open_members(members)

    def open_members(self, members: dict[str, bytes]) -> ExaminedReport:
        """Open a report from its members."""
        return open_report(
            _Members(members),
            identities=[self.organisation.team],
            team_id=self.organisation.card.team_id,
        )

    def open_tar(self, data: bytes) -> ExaminedReport:
        """Open a report in its file form."""
        return open_report(
            ContainerSource(io.BytesIO(data)),
            identities=[self.organisation.team],
            team_id=self.organisation.card.team_id,
        )

    def _send(self, method: str, path: str, *, body: bytes, headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(  # The address is our own gate's on loopback.
            f"http://127.0.0.1:{self.port}{path}", data=body or None, method=method, headers=headers
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            data: bytes = answer.read()
            return data


@dataclass(frozen=True)
class _Members:
    members: dict[str, bytes]

    def names(self) -> list[str]:
        return list(self.members)

    def size(self, name: str) -> int:
        return len(self.members[name])

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.members[name])


def content_of(report: ExaminedReport, number: int) -> bytes:
    """Return the content of an item, checked."""
    content: Any = io.BytesIO()
    writer: Writer = content
    report.copy_item(number, writer=writer)
    data: bytes = content.getvalue()
    return data


def write_to(
    report: ExaminedReport,
    *,
    organisation: Organisation,
    kind: str = "text",
    body: dict[str, Any] | None = None,
    previous: Head | None = None,
    known: Head | None = None,
    key: Ed25519PrivateKey | None = None,
) -> tuple[bytes, Head]:
    """Return a desk message to the reporter of ``report`` as an age file, and the head after it."""
    assert report.manifest is not None
    before = previous or Head()
    message = Message(
        direction=TO_REPORTER,
        kind=kind,
        body=body or {"text": "Здравствуйте. Сәлеметсіз бе."},
        team_id=organisation.card.team_id,
        mailbox_key=report.manifest.mailbox_key,
        first_commitment=report.manifest.commitment(),
        sequence=before.sequence + 1,
        previous=before.sha256,
        heads=Heads(to_desk=known or Head(), to_reporter=before),
        sent_at=now(),
    )
    file = build_message(
        message, key=key or organisation.message, recipient=report.manifest.mailbox_recipient
    )
    return file, head_of(file, sequence=message.sequence)
