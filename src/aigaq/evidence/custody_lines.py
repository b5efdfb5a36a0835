"""Custody events as lines of a chain. Source: ``spec/evidence-package.md``, "Custody event"."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from aigaq.clock import format_time
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.chains import CUSTODY_LABEL, extend_chain, hash_line
from aigaq.sealing.encoding import encode_base64

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
            "salt": encode_base64(secrets.token_bytes(16)),
            "sequence": line.sequence,
            "sha256": None if line.sha256 is None else line.sha256.hex(),
        }
    )


def extend_custody(head: bytes, *, line_sha256: bytes) -> bytes:
    """Return the head after a line of this hash."""
    return extend_chain(head, label=CUSTODY_LABEL, line_sha256=line_sha256)


def hide_line(*, sequence: int, line_sha256: bytes) -> bytes:
    """Return what stands in a package for a line that is not disclosed, or was forgotten."""
    members = {"hash": line_sha256.hex(), "sequence": sequence}
    return json.dumps(members, separators=(",", ":"), sort_keys=True).encode("ascii")


__all__ = ["EVENTS", "CustodyLine", "build_line", "extend_custody", "hash_line", "hide_line"]
