"""The header of a report: what its members are, signed by the mailbox key that it names itself.

Whoever reads a header knows that its signer holds the mailbox key; that the report belongs to that
key shows only when the manifest says the same. Source: spec/report.md, "Header".
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.sealing.age_files import parse_hybrid_recipient
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.signatures import public_bytes
from aigaq.sealing.signed_json import SignedJson, build_signed_json, parse_signed_json

FORMAT = "aigaq/header/v1"
VERSION = 1
MAXIMUM_ITEMS = 10_000
MAXIMUM_HEADER_BYTES = 2 * 1024 * 1024
MAXIMUM_MEMBER_BYTES = 8 * 1024**3 - 1  # What eleven octal digits of a tar can say.
HEADER, KEY, MANIFEST = "header.json", "key.age", "manifest.age"
NAMES = (
    "commitment",
    "format",
    "mailbox_key",
    "mailbox_recipient",
    "members",
    "team_id",
    "version",
)
RECIPIENT_BYTES = 4_096


@dataclass(frozen=True)
class Member:
    """One file of a report: its name, and size and SHA-256 of its ciphertext."""

    name: str
    sha256: bytes
    size_bytes: int


@dataclass(frozen=True)
class Header:
    """A header, its signature checked under the key that it names."""

    team_id: bytes
    mailbox_key: bytes
    mailbox_recipient: str
    commitment: bytes
    members: tuple[Member, ...]

    @property
    def item_members(self) -> tuple[Member, ...]:
        """Return the members that are items, by number."""
        return self.members[:-2]


def item_name(number: int) -> str:
    """Return the member name of item ``number``."""
    return f"item-{number:04d}.age"


def member_names(item_count: int) -> list[str]:
    """Return the names that the header of a report with so many items lists, in order."""
    return [*(item_name(number) for number in range(item_count)), MANIFEST, KEY]


def report_id(header: bytes) -> bytes:
    """Return the report id: SHA-256 of the whole header file."""
    return hashlib.sha256(header).digest()


def build_header(
    *,
    key: Ed25519PrivateKey,
    mailbox_recipient: str,
    team_id: bytes,
    commitment: bytes,
    members: Sequence[Member],
) -> bytes:
    """Return the header file, signed by the mailbox key ``key``."""
    return build_signed_json(
        {
            "commitment": commitment.hex(),
            "format": FORMAT,
            "mailbox_key": encode_base64(public_bytes(key)),
            "mailbox_recipient": mailbox_recipient,
            "members": [
                {"name": one.name, "sha256": one.sha256.hex(), "size": one.size_bytes}
                for one in members
            ],
            "team_id": team_id.hex(),
            "version": VERSION,
        },
        key=key,
    )


def parse_header(data: bytes, *, team_id: bytes) -> Header:
    """Return the header in ``data``, after form, signature and team id were checked.

    Raises `SealingError`: ``report.bad_header``, ``report.too_many_items``,
    ``report.wrong_signature``, ``report.other_team``.
    """
    signed = _parse_signed(data)
    header = _read_members(signed)
    try:
        signed.check(public_key=header.mailbox_key)
    except SealingError:
        raise SealingError("report.wrong_signature") from None
    if header.team_id != team_id:
        raise SealingError("report.other_team")
    return header


def _parse_signed(data: bytes) -> SignedJson:
    if len(data) > MAXIMUM_HEADER_BYTES:
        raise SealingError("report.bad_header")
    try:
        return parse_signed_json(data, format_name=FORMAT)
    except SealingError:
        raise SealingError("report.bad_header") from None


def _read_members(signed: SignedJson) -> Header:
    form = Form(signed.members, names=NAMES, code="report.bad_header")
    form.integer("version", minimum=VERSION, maximum=VERSION)
    listed = form.values("members", maximum=2**53)
    if len(listed) > MAXIMUM_ITEMS + 2:
        raise SealingError("report.too_many_items")
    members = tuple(
        Member(
            name=one.text("name", maximum_bytes=32),
            sha256=one.hex("sha256"),
            size_bytes=one.integer("size", maximum=MAXIMUM_MEMBER_BYTES),
        )
        for one in form.forms("members", names=("name", "sha256", "size"), maximum=len(listed))
    )
    if len(members) < 2 or [one.name for one in members] != member_names(len(members) - 2):
        raise form.fault()
    recipient = form.text("mailbox_recipient", maximum_bytes=RECIPIENT_BYTES)
    parse_hybrid_recipient(recipient, code="report.bad_header")
    return Header(
        team_id=form.hex("team_id", length=16),
        mailbox_key=form.base64("mailbox_key"),
        mailbox_recipient=recipient,
        commitment=form.hex("commitment"),
        members=members,
    )
