"""The register of filings as a chain: numbers without holes, forgotten ones keep their hash.

Source: ``spec/evidence-package.md``, "Register row"; PROTOCOL 24.
"""

import json
import secrets
from collections.abc import Iterator

from django.db import transaction

from aigaq.clock import format_time
from aigaq.evidence import models
from aigaq.evidence.errors import EvidenceError
from aigaq.evidence.shapes import ChainHead, Filing, StoredLine
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.chains import NO_HEAD, REGISTER_LABEL, extend_chain, hash_line


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


def read_lines() -> Iterator[StoredLine]:
    """Yield the register in order."""
    for row in models.RegisterLine.objects.order_by("number").iterator(chunk_size=1_000):
        line = None if row.line is None else bytes(row.line)
        named = None if line is None else bytes.fromhex(json.loads(line)["report_id"])
        yield StoredLine(row.number, named, None, line, bytes(row.line_sha256))


def check() -> ChainHead:
    """Check every row and return the head.

    Raises `EvidenceError`: ``register.gap``, ``register.wrong_chain`` (with ``number``).
    """
    count, head = 0, NO_HEAD
    for row in models.RegisterLine.objects.order_by("number").iterator(chunk_size=1_000):
        count += 1
        if row.number != count:
            raise EvidenceError("register.gap", number=count)
        line, digest = row.line, bytes(row.line_sha256)
        head = extend_chain(head, label=REGISTER_LABEL, line_sha256=digest)
        is_whole = line is None or (
            hash_line(bytes(line)) == digest and json.loads(bytes(line))["number"] == count
        )
        if not is_whole or head != bytes(row.head):
            raise EvidenceError("register.wrong_chain", number=count)
    return ChainHead(count, head)
