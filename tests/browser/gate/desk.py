"""A desk that is only as large as these tests need: it reads the newest report and writes back."""

import base64
import hashlib
import json
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from tests.browser.gate.organisation import Organisation

from aigaq.age import decrypt_bytes
from aigaq.clock import now
from aigaq.sealing.age_files import parse_hybrid_identity
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.mailbox_answer import NO_HASH, Head, Heads
from aigaq.sealing.mailbox_requests import DESK_LABEL, RequestTarget, sign_request
from aigaq.sealing.messages import TO_REPORTER, Message, build_message, head_of
from aigaq.sealing.padding import unpad_from_step
from aigaq.sealing.receipts import FilingReceipt, build_filing_receipt

NONE = Head(sequence=0, sha256=NO_HASH)


@dataclass
class Desk:
    """One report as the desk sees it, and the chain of messages to its mailbox."""

    organisation: Organisation
    origin: str
    head: Head = NONE
    report: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.origin}/api/nonce", method="POST", data=b"")
        ) as answer:
            nonce = json.load(answer)
        card = self.organisation.card
        headers = sign_request(
            RequestTarget(DESK_LABEL, card.team_id, card.gate_origin, method, path),
            key=self.organisation.desk,
            body_sha256=hashlib.sha256(body).digest(),
            nonce=base64.b64decode(nonce["nonce"]),
            expiry=nonce["expires_at"],
        )
        request = urllib.request.Request(
            f"{self.origin}{path}", method=method, headers=headers, data=body or None
        )
        with urllib.request.urlopen(request) as answer:
            data: bytes = answer.read()
            return data

    def reports(self) -> list[dict[str, Any]]:
        """Return all reports that the gate holds, oldest first."""
        listed: list[dict[str, Any]] = json.loads(
            self._ask("GET", "/api/desk/reports?after=0&limit=500")
        )["reports"]
        return listed

    def pull_newest(self) -> dict[str, Any]:
        """Open the newest report and return its manifest."""
        self.report = self.reports()[-1]
        path = f"/api/desk/reports/{self.report['id']}"
        self.header = json.loads(self._ask("GET", f"{path}/header.json").split(b"\n")[0])
        key = decrypt_bytes(
            self._ask("GET", f"{path}/key.age"), identities=[self.organisation.team]
        )
        identity = parse_hybrid_identity(key.decode("ascii"), code="report.bad_key")
        padded = decrypt_bytes(self._ask("GET", f"{path}/manifest.age"), identities=[identity])
        manifest: dict[str, Any] = json.loads(unpad_from_step(padded, step=16_384))
        return manifest

    def send(self, kind: str, body: dict[str, Any], *, forged: bool = False) -> None:
        """Put a message into the reporter's mailbox; ``forged``: signed by another key."""
        sequence = self.head.sequence + 1
        message = Message(
            direction=TO_REPORTER,
            kind=kind,
            body=body,
            team_id=self.organisation.card.team_id,
            mailbox_key=base64.b64decode(self.header["mailbox_key"]),
            first_commitment=bytes.fromhex(self.report["commitment"]),
            sequence=sequence,
            previous=self.head.sha256,
            heads=Heads(to_desk=NONE, to_reporter=self.head),
            sent_at=now(),
        )
        key = self.organisation.log if forged else self.organisation.message
        ciphertext = build_message(message, key=key, recipient=self.header["mailbox_recipient"])
        posted = {
            "ciphertext": base64.b64encode(ciphertext).decode("ascii"),
            "mailbox_key": self.header["mailbox_key"],
            "previous": self.head.sha256.hex(),
            "sequence": sequence,
        }
        self._ask("POST", "/api/desk/mailboxes", build_json(posted))
        self.head = head_of(ciphertext, sequence=sequence)

    def file(self, *, state: str = "filed") -> None:
        """Send a filing receipt."""
        receipt = FilingReceipt(
            commitment=bytes.fromhex(self.report["commitment"]),
            report_id=bytes.fromhex(self.report["id"]),
            team_id=self.organisation.card.team_id,
            register_number=7,
            state=state,
            filed_at=now(),
        )
        text = build_filing_receipt(receipt, message_key=self.organisation.message)
        self.send("filing_receipt", {"filing_receipt": text})
