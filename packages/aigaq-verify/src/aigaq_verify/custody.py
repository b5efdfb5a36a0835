"""The custody chain of a package: every line or its hash, without a gap, up to a logged head.

Source: ``spec/evidence-package.md``, "Custody event".
"""

import hashlib
from dataclasses import dataclass

from aigaq_verify.contents import read_hashed_line
from aigaq_verify.encoding import Form, hash_parts, parse_json
from aigaq_verify.errors import VerifyError

PATH = "evidence/custody.jsonl"
MAXIMUM_BYTES = 64 * 1024 * 1024
_LABEL = "aigaq/custody/v1"
_BAD = "custody.bad_form"
_EVENTS = (
    "received",
    "opened",
    "copied",
    "exported",
    "handed_over",
    "fixity",
    "derived",
    "timestamped",
    "corrected",
    "shredded",
)
_NAMES = ("at", "by", "event", "format", "item", "note", "salt", "sequence", "sha256")


@dataclass(frozen=True)
class Chain:
    """The heads after each line, ``heads[n]`` after ``n`` lines, and what full lines say."""

    heads: tuple[bytes, ...]
    #: By item, "<report id hex>/<number>": the SHA-256 that its events name.
    hashes: dict[str, set[str]]


def parse_chain(data: bytes) -> Chain:
    """Return the chain in ``data``. Raises `VerifyError`: ``custody.bad_form``, ``custody.gap``."""
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise VerifyError(_BAD)
    heads = [bytes(32)]
    hashes: dict[str, set[str]] = {}
    for number, line in enumerate(lines, start=1):
        members = parse_json(line, code=_BAD)
        hidden = read_hashed_line(members, code=_BAD)
        if hidden is not None:
            sequence, line_sha256 = hidden
        else:
            sequence, line_sha256 = _read_event(members, hashes), hashlib.sha256(line).digest()
        if sequence != number:
            raise VerifyError("custody.gap", f"line {number}")
        heads.append(hash_parts(_LABEL, heads[-1], line_sha256))
    return Chain(tuple(heads), hashes)


def _read_event(members: object, hashes: dict[str, set[str]]) -> int:
    form = Form(members, names=_NAMES, code=_BAD)
    if form.text("format") != _LABEL or form.text("event") not in _EVENTS:
        raise VerifyError(_BAD)
    form.time("at")
    form.text("by")
    form.text("note")
    form.base64("salt", length=16)
    item, sha256 = form.optional_text("item"), form.optional_text("sha256")
    if item is not None and sha256 is not None:
        form.hex("sha256")
        hashes.setdefault(item, set()).add(sha256)
    return form.integer("sequence", minimum=1)
