"""A report made by hand, so that any single step of it can be made wrong.

It repeats the construction of spec/report.md without `aigaq.sealing.envelope`, which refuses to
make what the vectors need.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scripts.vector_sources.fixtures import MAILBOX, TEAM
from scripts.vector_sources.plain import sample_manifest

from aigaq.age import HybridIdentity, Recipient, encrypt_bytes
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.header import HEADER, KEY, MANIFEST, item_name
from aigaq.sealing.manifest import Manifest, build_manifest
from aigaq.sealing.padding import MANIFEST_STEP, pad_to_step, padme_size
from aigaq.sealing.signatures import public_bytes
from aigaq.sealing.signed_json import build_signed_json

Members = dict[str, bytes]


def pad_item(content: bytes) -> bytes:
    """Return the padded content of an item."""
    return content.ljust(padme_size(len(content)), b"\0")


@dataclass
class Crafted:
    """The parts of a report; each may be replaced by a wrong one before `members` is called."""

    manifest: Manifest = field(default_factory=sample_manifest)
    contents: tuple[bytes, ...] = (b"first", b"other")
    report_identity: HybridIdentity = field(default_factory=HybridIdentity.generate)
    team_recipient: Recipient = TEAM.recipient
    signer: Ed25519PrivateKey = MAILBOX.key
    padded_items: list[bytes] | None = None
    padded_manifest: bytes | None = None
    secret_text: bytes | None = None
    commitment: bytes | None = None
    change_members: Callable[[Members], None] = lambda _members: None
    change_header: Callable[[dict[str, Any]], None] = lambda _header: None
    change_file: Callable[[bytes], bytes] = lambda data: data
    change_sealed: Callable[[Members], None] = lambda _members: None

    def members(self) -> Members:
        """Return the files of the report.

        ``change_members`` happens before the header is made, which then agrees with it;
        ``change_sealed`` happens behind its back.
        """
        members = self._encrypted()
        self.change_members(members)
        header = self._header(members)
        self.change_header(header)
        file = self.change_file(build_signed_json(header, key=self.signer))
        sealed = members | {HEADER: file}
        self.change_sealed(sealed)
        return sealed

    def _encrypted(self) -> Members:
        inside = [self.report_identity.recipient]
        padded_items = self.padded_items or [pad_item(one) for one in self.contents]
        padded = self.padded_manifest
        if padded is None:
            padded = pad_to_step(build_manifest(self.manifest), step=MANIFEST_STEP)
        secret = self.secret_text or self.report_identity.secret_text().encode()
        return {
            **{
                item_name(number): encrypt_bytes(one, recipients=inside)
                for number, one in enumerate(padded_items)
            },
            MANIFEST: encrypt_bytes(padded, recipients=inside),
            KEY: encrypt_bytes(secret, recipients=[self.team_recipient]),
        }

    def _header(self, members: Members) -> dict[str, Any]:
        return {
            "commitment": (self.commitment or self.manifest.commitment()).hex(),
            "format": "aigaq/header/v1",
            "mailbox_key": encode_base64(public_bytes(self.signer)),
            "mailbox_recipient": MAILBOX.recipient,
            "members": [
                {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
                for name, data in members.items()
            ],
            "team_id": self.manifest.team_id.hex(),
            "version": 1,
        }
