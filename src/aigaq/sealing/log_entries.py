"""What the log's entries mean: blinded ones, which say nothing, and public ones, which say all.

A blinded entry is 33 bytes: 0x01 and a report's commitment, or the hash of an *opening* (head of
register, custody or history, or chaff), so that no one who lacks it can tell them apart. Source:
``spec/log.md``, "Entries"; PROTOCOL 21, 22.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import encode_base64, encode_parts, hash_parts
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form

BLINDED, PUBLIC = b"\x01", b"\x02"
REGISTER_HEAD, CUSTODY_HEAD, AUDIT_HEAD = "register_head", "custody_head", "audit_head"
HEAD_KINDS = (REGISTER_HEAD, CUSTODY_HEAD, AUDIT_HEAD)
CHAFF = "chaff"
OPENING_KINDS = (*HEAD_KINDS, CHAFF)
PUBLIC_KINDS = (
    "card",
    "bundle_manifest",
    "offline_page",
    "release",
    "site_manifest",
    "key_retirement",
)
OPENING_FORMAT = "aigaq/opening/v1"
_LABEL = "aigaq/leaf/v1"
_LARGE_FORMAT = "aigaq/large-text/v1"
_MAXIMUM_BYTES = 65_535
_SALT_BYTES = 32
_VALUE_BYTES = 256


@dataclass(frozen=True)
class Opening:
    """What a blinded entry that is no report stands for."""

    kind: str
    salt: bytes
    value: bytes

    @property
    def blinded(self) -> bytes:
        """The 32 bytes that the log holds."""
        return hash_parts(_LABEL, self.kind, self.salt, self.value)


def make_opening(*, kind: str, value: bytes) -> Opening:
    """Return an opening under a fresh salt."""
    return Opening(kind=kind, salt=secrets.token_bytes(_SALT_BYTES), value=value)


def make_chaff() -> Opening:
    """Return an opening of nothing but chance."""
    return make_opening(kind=CHAFF, value=secrets.token_bytes(_SALT_BYTES))


def encode_head(*, count: int, head: bytes) -> bytes:
    """Return the value of a head: how many lines, and the chain's head."""
    return encode_parts(count, head)


def build_blinded(value: bytes) -> bytes:
    """Return the entry of a commitment, or of `Opening.blinded`."""
    if len(value) != 32:
        raise SealingError("entry.bad_form")
    return BLINDED + value


def build_public(*, kind: str, text: str) -> bytes:
    """Return a public entry: ``text`` as a whole, or, if it is too long, its hash and size.

    Raises `SealingError` (``entry.bad_form``) for an unknown kind.
    """
    if kind not in PUBLIC_KINDS:
        raise SealingError("entry.bad_form")
    entry = PUBLIC + encode_parts(kind, text)
    if len(entry) <= _MAXIMUM_BYTES:
        return entry
    data = text.encode("utf-8")
    sha256 = hashlib.sha256(data).hexdigest()
    stand_in = build_json({"format": _LARGE_FORMAT, "sha256": sha256, "size": len(data)})
    return PUBLIC + encode_parts(kind, stand_in)


@dataclass(frozen=True)
class PublicEntry:
    """A public entry as read."""

    kind: str
    text: str


def parse_entry(entry: bytes) -> bytes | PublicEntry:
    """Return the 32 bytes of a blinded entry, or a public one.

    Raises `SealingError` (``entry.bad_form``).
    """
    if entry[:1] == BLINDED and len(entry) == 33:
        return entry[1:]
    if entry[:1] != PUBLIC or len(entry) > _MAXIMUM_BYTES:
        raise SealingError("entry.bad_form")
    kind, rest = _read_part(entry[1:])
    text, rest = _read_part(rest)
    try:
        public = PublicEntry(kind.decode("ascii"), text.decode("utf-8"))
    except UnicodeDecodeError:
        raise SealingError("entry.bad_form") from None
    if rest or public.kind not in PUBLIC_KINDS:
        raise SealingError("entry.bad_form")
    return public


def _read_part(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:8], "big")
    if len(data) < 8 or size > len(data) - 8:
        raise SealingError("entry.bad_form")
    return data[8 : 8 + size], data[8 + size :]


def build_opening(opening: Opening) -> dict[str, Any]:
    """Return the members of an opening in JSON."""
    return {
        "format": OPENING_FORMAT,
        "kind": opening.kind,
        "salt": encode_base64(opening.salt),
        "value": encode_base64(opening.value),
    }


def parse_opening(members: Any) -> Opening:
    """Return the opening in ``members``. Raises `SealingError` (``entry.bad_opening``)."""
    form = Form(members, names=("format", "kind", "salt", "value"), code="entry.bad_opening")
    form.choice("format", among=(OPENING_FORMAT,))
    return Opening(
        kind=form.choice("kind", among=OPENING_KINDS),
        salt=form.base64("salt"),
        value=form.ciphertext("value", maximum_bytes=_VALUE_BYTES),
    )
