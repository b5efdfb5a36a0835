"""Custody events as lines of a chain: builds them, and reads them strictly.

Source: ``spec/evidence-package.md``, "Custody event".
"""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from aigaq.clock import format_time
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.chains import CUSTODY_LABEL, extend_chain, hash_line
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.forms import Form

#: Who acts, where nobody signed in: the desk itself, or a command on its computer.
DESK, COMMAND_LINE, SAID_TO_BE = "desk", "command line", ", said to be "
EVENTS = (
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
SHREDDED = "shredded"
BAD_FORM = "custody.bad_form"
_NAMES = ("at", "by", "event", "format", "item", "note", "salt", "sequence", "sha256")
_SALT_BYTES = 16
#: Names, and notes of codes and numbers.
_TEXT_BYTES = 65_536
_SHREDDED_NOTE = re.compile(r"number ([1-9][0-9]{0,15}), lines (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True)
class CustodyLine:
    """One event of the chain before it is written: who did what with which item, and why."""

    sequence: int
    at: datetime
    by: str
    event: str
    #: "<report id hex>/<number>", or None for an event of the whole store.
    item: str | None
    sha256: bytes | None
    note: str = ""


def build_line(line: CustodyLine) -> bytes:
    """Return the line under a fresh salt, without LF."""
    return build_json(
        {
            "at": format_time(line.at),
            "by": line.by,
            "event": line.event,
            "format": CUSTODY_LABEL,
            "item": line.item,
            "note": line.note,
            "salt": encode_base64(secrets.token_bytes(_SALT_BYTES)),
            "sequence": line.sequence,
            "sha256": None if line.sha256 is None else line.sha256.hex(),
        }
    )


def parse_line(line: bytes) -> CustodyLine:
    """Return what a line says. Raises `SealingError`: ``custody.bad_form``, ``encoding.*``."""
    form = Form(parse_json(line), names=_NAMES, code=BAD_FORM)
    form.choice("format", among=(CUSTODY_LABEL,))
    form.base64("salt", length=_SALT_BYTES)
    return CustodyLine(
        sequence=form.integer("sequence", minimum=1),
        at=form.time("at"),
        by=form.text("by", maximum_bytes=_TEXT_BYTES),
        event=form.choice("event", among=EVENTS),
        item=None if form.is_null("item") else form.text("item", maximum_bytes=_TEXT_BYTES),
        sha256=None if form.is_null("sha256") else form.hex("sha256"),
        note=form.text("note", maximum_bytes=_TEXT_BYTES),
    )


def tell_shredded(*, number: int, lines: int) -> str:
    """Return the note that says which report was forgotten, and how many lines with it."""
    return f"number {number}, lines {lines}"


def read_shredded(note: str) -> tuple[int, int] | None:
    """Return number and lines of `tell_shredded`, None for a note that names none."""
    found = _SHREDDED_NOTE.fullmatch(note)
    return None if found is None else (int(found[1]), int(found[2]))


def extend_custody(head: bytes, *, line_sha256: bytes) -> bytes:
    """Return the head after a line of this hash."""
    return extend_chain(head, label=CUSTODY_LABEL, line_sha256=line_sha256)


def hide_line(*, sequence: int, line_sha256: bytes) -> bytes:
    """Return what stands in a package for a line that is not disclosed, or was forgotten."""
    members = {"hash": line_sha256.hex(), "sequence": sequence}
    return json.dumps(members, separators=(",", ":"), sort_keys=True).encode("ascii")


__all__ = [
    "EVENTS",
    "SHREDDED",
    "CustodyLine",
    "build_line",
    "extend_custody",
    "hash_line",
    "hide_line",
    "parse_line",
    "read_shredded",
    "tell_shredded",
]
