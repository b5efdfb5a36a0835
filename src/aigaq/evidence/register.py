"""The register of filings as a chain: numbers without holes, forgotten ones keep their hash.

Source: ``spec/evidence-package.md``, "Register row"; PROTOCOL 24.
"""

import secrets
from dataclasses import dataclass

from django.db import transaction

from aigaq.clock import format_time
from aigaq.evidence import models
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.shapes import ChainHead, Filing
from aigaq.sealing.canonical_json import build_json, parse_json
from aigaq.sealing.chains import NO_HEAD, REGISTER_LABEL, extend_chain, hash_line
from aigaq.sealing.errors import SealingError
from aigaq.sealing.forms import Form
from aigaq.sealing.receipts import STATES

_NAMES = ("commitment", "filed_at", "format", "number", "report_id", "state")


@dataclass(frozen=True)
class RegisterRow:
    """What a row says of one filing."""

    number: int
    report_id: bytes
    commitment: bytes | None


def build_line(filing: Filing) -> bytes:
    """Return the row of one filing, without LF."""
    return build_json(
        {
            "commitment": None if filing.commitment is None else filing.commitment.hex(),
            "filed_at": format_time(filing.filed_at),
            "format": REGISTER_LABEL,
            "number": filing.register_number,
            "report_id": filing.report_id.hex(),
            "state": filing.state,
        }
    )


def find_said(line: bytes) -> RegisterRow | None:
    """Return what a row says, None if it is of no form."""
    try:
        form = Form(parse_json(line), names=_NAMES, code="register.bad_form")
        form.choice("format", among=(REGISTER_LABEL,))
        form.choice("state", among=STATES)
        form.time("filed_at")
        return RegisterRow(
            number=form.integer("number", minimum=1),
            report_id=form.hex("report_id"),
            commitment=None if form.is_null("commitment") else form.hex("commitment"),
        )
    except SealingError:
        return None


@transaction.atomic
def append(filing: Filing) -> None:
    """Append the row of a filing. Raises `EvidenceError` ``register.gap``."""
    line = build_line(filing)
    _append(number=filing.register_number, line=line, line_sha256=hash_line(line))


@transaction.atomic
def append_forgotten(*, number: int) -> None:
    """Append the number of a report that was forgotten before the register was chained."""
    _append(number=number, line=None, line_sha256=secrets.token_bytes(32))


def _append(*, number: int, line: bytes | None, line_sha256: bytes) -> None:
    last = read_head()
    if number != last.count + 1:
        raise EvidenceError("register.gap", number=last.count + 1)
    head = extend_chain(last.head, label=REGISTER_LABEL, line_sha256=line_sha256)
    models.RegisterLine.objects.create(number=number, line=line, line_sha256=line_sha256, head=head)


def read_head() -> ChainHead:
    """Return how many numbers there are, and the hash over their rows."""
    last = models.RegisterLine.objects.order_by("-number").first()
    return ChainHead(0, NO_HEAD) if last is None else ChainHead(last.number, bytes(last.head))


def check() -> ChainHead:
    """Check every row and return the head.

    Raises `EvidenceError`: ``register.gap``, ``register.wrong_chain`` (with ``number``).
    """
    count, head = 0, NO_HEAD
    for row in models.RegisterLine.objects.order_by("number").iterator(chunk_size=1_000):
        count += 1
        if row.number != count:
            raise EvidenceError("register.gap", number=count)
        head = extend_chain(head, label=REGISTER_LABEL, line_sha256=bytes(row.line_sha256))
        is_whole = row.line is None or _says(bytes(row.line), row=row)
        if not is_whole or head != bytes(row.head):
            raise EvidenceError("register.wrong_chain", number=count)
    return ChainHead(count, head)


def _says(line: bytes, *, row: models.RegisterLine) -> bool:
    """Tell whether the bytes are those that were hashed, and stand where they say."""
    said = find_said(line)
    is_hashed = hash_line(line) == bytes(row.line_sha256)
    return said is not None and is_hashed and said.number == row.number
