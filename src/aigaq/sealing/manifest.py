"""The manifest of a report: answers, consents and the true facts about its items.

It is the plaintext that the commitment opens to. Its own bytes are RFC 8785 JSON without a
signature, covered by the header's hash of ``manifest.age``. Source: spec/report.md, "Manifest".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from aigaq.clock import format_time
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.commitment import answer_leaf, commit_root, consent_leaf, item_leaf
from aigaq.sealing.encoding import encode_base64, merkle_root
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import LANGUAGES, Form
from aigaq.sealing.header import MAXIMUM_ITEMS, MAXIMUM_MEMBER_BYTES, RECIPIENT_BYTES

FORMAT = "aigaq/manifest/v1"
MAXIMUM_MANIFEST_BYTES = 16 * 1024 * 1024
MAXIMUM_ANSWERS = 1_000
MAXIMUM_CONSENTS = 1_000
NAME_BYTES, TYPE_BYTES, SCOPE_BYTES = 1_024, 255, 255
SOURCES = ("recorded", "chosen", "answer")
HIDDEN_DETAILS = ("keep", "strip")
NAMES = (
    "answers",
    "card_version",
    "consents",
    "continues",
    "format",
    "items",
    "language",
    "made_at",
    "mailbox_key",
    "mailbox_recipient",
    "root_salt",
    "team_id",
)
ITEM_NAMES = ("hidden_details", "name", "number", "salt", "sha256", "size", "source", "type")


@dataclass(frozen=True)
class Answer:
    """One answer, under the stable number of its question."""

    number: int
    salt: bytes
    value: str

    def leaf(self) -> bytes:
        """Return the leaf of this answer under the commitment."""
        return answer_leaf(number=self.number, salt=self.salt, value=self.value)


@dataclass(frozen=True)
class Consent:
    """One permission for a purpose and an audience; ``items`` None means the whole report."""

    number: int
    salt: bytes
    purpose: str
    audience: str
    items: tuple[int, ...] | None

    def leaf(self) -> bytes:
        """Return the leaf of this consent under the commitment."""
        unsalted = build_json(self.members())
        return consent_leaf(number=self.number, salt=self.salt, unsalted_json=unsalted)

    def members(self) -> dict[str, Any]:
        """Return the consent as JSON says it, without its salt."""
        return {
            "audience": self.audience,
            "items": None if self.items is None else list(self.items),
            "number": self.number,
            "purpose": self.purpose,
        }


@dataclass(frozen=True)
class Item:
    """What a phone said of an attachment; size and hash are those of the content unpadded.

    ``name`` is any text a phone came up with: to be shown, never to be used as a path.
    """

    number: int
    salt: bytes
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes
    source: str
    hidden_details: str | None

    def leaf(self) -> bytes:
        """Return the leaf of this item under the commitment."""
        return item_leaf(
            number=self.number,
            salt=self.salt,
            name=self.name,
            media_type=self.media_type,
            size_bytes=self.size_bytes,
            sha256=self.sha256,
        )


@dataclass(frozen=True)
class Manifest:
    """All that a report says, the contents of its items excepted."""

    team_id: bytes
    card_version: int
    mailbox_key: bytes
    mailbox_recipient: str
    root_salt: bytes
    language: str
    made_at: datetime
    continues: bytes | None
    answers: tuple[Answer, ...]
    consents: tuple[Consent, ...]
    items: tuple[Item, ...]

    @property
    def leaf_count(self) -> int:
        """Return the number of leaves under the commitment."""
        return len(self.answers) + len(self.consents) + len(self.items)

    def leaves(self) -> list[bytes]:
        """Return the leaves in their order: answers, consents, items."""
        parts: Sequence[Answer | Consent | Item] = (*self.answers, *self.consents, *self.items)
        return [part.leaf() for part in parts]

    def root(self) -> bytes:
        """Return the Merkle root over the leaves."""
        return merkle_root(self.leaves())

    def commitment(self) -> bytes:
        """Return the commitment that this manifest opens."""
        return commit_root(
            root=self.root(),
            leaf_count=self.leaf_count,
            root_salt=self.root_salt,
            team_id=self.team_id,
            mailbox_key=self.mailbox_key,
        )


def build_manifest(manifest: Manifest) -> bytes:
    """Return the manifest's JSON.

    What it returns was read back: a manifest that `parse_manifest` would refuse is never sealed.
    Raises `SealingError` as `parse_manifest` does.
    """
    data = build_json(
        {
            "answers": [
                {"number": one.number, "salt": encode_base64(one.salt), "value": one.value}
                for one in manifest.answers
            ],
            "card_version": manifest.card_version,
            "consents": [
                one.members() | {"salt": encode_base64(one.salt)} for one in manifest.consents
            ],
            "continues": None if manifest.continues is None else manifest.continues.hex(),
            "format": FORMAT,
            "items": [_item_members(one) for one in manifest.items],
            "language": manifest.language,
            "made_at": format_time(manifest.made_at),
            "mailbox_key": encode_base64(manifest.mailbox_key),
            "mailbox_recipient": manifest.mailbox_recipient,
            "root_salt": encode_base64(manifest.root_salt),
            "team_id": manifest.team_id.hex(),
        }
    )
    parse_manifest(data)
    return data


def parse_manifest(data: bytes) -> Manifest:
    """Return the manifest in ``data``.

    Raises `SealingError`: ``report.bad_manifest``, ``report.too_many_items``, ``report.empty``.
    """
    if len(data) > MAXIMUM_MANIFEST_BYTES:
        raise SealingError("report.bad_manifest")
    try:
        members = parse_json(data)
    except SealingError:
        raise SealingError("report.bad_manifest") from None
    form = Form(members, names=NAMES, code="report.bad_manifest")
    form.choice("format", among=(FORMAT,))
    items = _read_items(form)
    manifest = Manifest(
        team_id=form.hex("team_id", length=16),
        card_version=form.integer("card_version", minimum=1),
        mailbox_key=form.base64("mailbox_key"),
        mailbox_recipient=form.text("mailbox_recipient", maximum_bytes=RECIPIENT_BYTES),
        root_salt=form.base64("root_salt"),
        language=form.choice("language", among=LANGUAGES),
        made_at=form.time("made_at"),
        continues=None if form.is_null("continues") else form.hex("continues"),
        answers=_read_answers(form),
        consents=_read_consents(form, item_count=len(items)),
        items=items,
    )
    if not manifest.answers and not manifest.items:
        raise SealingError("report.empty")
    return manifest


def _read_answers(form: Form) -> tuple[Answer, ...]:
    answers = tuple(
        Answer(
            number=one.integer("number"),
            salt=one.base64("salt"),
            value=one.text("value", maximum_bytes=MAXIMUM_MANIFEST_BYTES),
        )
        for one in form.forms("answers", names=("number", "salt", "value"), maximum=MAXIMUM_ANSWERS)
    )
    if any(after.number <= before.number for before, after in pairwise(answers)):
        raise form.fault()
    return answers


def _read_consents(form: Form, *, item_count: int) -> tuple[Consent, ...]:
    names = ("audience", "items", "number", "purpose", "salt")
    consents = tuple(
        Consent(
            number=one.integer("number", minimum=number, maximum=number),
            salt=one.base64("salt"),
            purpose=one.text("purpose", maximum_bytes=SCOPE_BYTES, minimum_bytes=1),
            audience=one.text("audience", maximum_bytes=SCOPE_BYTES, minimum_bytes=1),
            items=None if one.is_null("items") else one.integers("items", maximum=item_count),
        )
        for number, one in enumerate(form.forms("consents", names=names, maximum=MAXIMUM_CONSENTS))
    )
    for consent in consents:
        if any(number >= item_count for number in consent.items or ()):
            raise form.fault()
    return consents


def _read_items(form: Form) -> tuple[Item, ...]:
    if len(form.values("items", maximum=2**53)) > MAXIMUM_ITEMS:
        raise SealingError("report.too_many_items")
    listed = form.forms("items", names=ITEM_NAMES, maximum=MAXIMUM_ITEMS)
    return tuple(_read_item(one, number=number) for number, one in enumerate(listed))


def _read_item(form: Form, *, number: int) -> Item:
    return Item(
        number=form.integer("number", minimum=number, maximum=number),
        salt=form.base64("salt"),
        name=form.text("name", maximum_bytes=NAME_BYTES),
        media_type=form.text("type", maximum_bytes=TYPE_BYTES),
        size_bytes=form.integer("size", maximum=MAXIMUM_MEMBER_BYTES),
        sha256=form.hex("sha256"),
        source=form.choice("source", among=SOURCES),
        hidden_details=None
        if form.is_null("hidden_details")
        else form.choice("hidden_details", among=HIDDEN_DETAILS),
    )


def _item_members(item: Item) -> dict[str, Any]:
    return {
        "hidden_details": item.hidden_details,
        "name": item.name,
        "number": item.number,
        "salt": encode_base64(item.salt),
        "sha256": item.sha256.hex(),
        "size": item.size_bytes,
        "source": item.source,
        "type": item.media_type,
    }
