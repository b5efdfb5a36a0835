"""The custody chain of a package: every line or its hash, without a gap, up to a logged head.

Source: ``spec/evidence-package.md``, "Custody event".
"""

import hashlib
from dataclasses import dataclass

from aigaq_verify.contents import read_hashed_line
from aigaq_verify.encoding import Form, hash_parts, parse_json
from aigaq_verify.errors import VerifyError

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
    #: By item, "<report id hex>/<number>": the events that tell of its coming, as (line, SHA-256).
    received: dict[str, list[tuple[int, bytes]]]
    #: By item: the events that tell of a derivative, as (line, SHA-256, recipe).
    derived: dict[str, list[tuple[int, bytes | None, str]]]
    #: How many lines stand as their hash alone.
    hidden: int

    def find_derived(self, item: str, *, sha256: bytes, recipe: str) -> int:
        """Return the number of the line that tells of the making of a derivative of ``item``.

        Raises `VerifyError` ``custody.no_derivation``.
        """
        for number, one, note in self.derived.get(item, ()):
            if (one, note) == (sha256, recipe):
                return number
        raise VerifyError("custody.no_derivation")

    def find_received(self, item: str, *, sha256: bytes) -> int:
        """Return the number of the line that tells of the coming of ``item``, with its hash.

        Raises `VerifyError`: ``custody.no_event``, ``custody.other_hash`` (the chain tells of other
        bytes under this item, so one of the two was put there later).
        """
        events = self.received.get(item)
        if not events:
            raise VerifyError("custody.no_event")
        if any(one != sha256 for _, one in events):
            raise VerifyError("custody.other_hash")
        return min(number for number, _ in events)


def parse_chain(data: bytes) -> Chain:
    """Return the chain in ``data``. Raises `VerifyError`: ``custody.bad_form``, ``custody.gap``."""
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise VerifyError(_BAD)
    heads = [bytes(32)]
    received: dict[str, list[tuple[int, bytes]]] = {}
    derived: dict[str, list[tuple[int, bytes | None, str]]] = {}
    hidden_lines = 0
    for number, line in enumerate(lines, start=1):
        members = parse_json(line, code=_BAD)
        hidden = read_hashed_line(members, code=_BAD)
        if hidden is not None:
            sequence, line_sha256 = hidden
            hidden_lines += 1
        else:
            sequence = _read_event(members, received=received, derived=derived)
            line_sha256 = hashlib.sha256(line).digest()
        if sequence != number:
            raise VerifyError("custody.gap", f"line {number}")
        heads.append(hash_parts(_LABEL, heads[-1], line_sha256))
    return Chain(tuple(heads), received, derived, hidden_lines)


def _read_event(
    members: object,
    *,
    received: dict[str, list[tuple[int, bytes]]],
    derived: dict[str, list[tuple[int, bytes | None, str]]],
) -> int:
    form = Form(members, names=_NAMES, code=_BAD)
    if form.text("format") != _LABEL or form.text("event") not in _EVENTS:
        raise VerifyError(_BAD)
    form.time("at")
    form.text("by")
    note = form.text("note")
    form.base64("salt", length=16)
    sequence = form.integer("sequence", minimum=1)
    item = form.optional_text("item")
    sha256 = None if form.members["sha256"] is None else form.hex("sha256")
    # An item is "<report id>/<number>"; a report as a whole has no bytes of its own.
    if form.text("event") == "received" and item is not None and "/" in item:
        if sha256 is None:
            raise VerifyError(_BAD)
        received.setdefault(item, []).append((sequence, sha256))
    if form.text("event") == "derived" and item is not None:
        derived.setdefault(item, []).append((sequence, sha256, note))
    return sequence
