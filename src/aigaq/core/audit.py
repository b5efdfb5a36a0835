"""The desk's audit chain: who did what to what, and when. Only appends.

Each event's hash is SHA-256 of the RFC 8785 JSON of its fields and of the hash before it, so an
event that was changed, removed or slipped in breaks every hash behind it. The context holds
identifiers and numbers, never content. Codes are registered by the app that records them.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import rfc8785
from django.db import transaction

from aigaq import clock
from aigaq.core.errors import AuditError
from aigaq.core.models import AuditEvent

FIRST_PREVIOUS = bytes(32)
SYSTEM = "system"

_codes: dict[str, str] = {}


class HasId(Protocol):
    """Anything with a primary key."""

    pk: Any


def register_codes(codes: dict[str, str]) -> None:
    """Make codes known, each with one sentence that says what it records."""
    _codes.update(codes)


def list_codes() -> dict[str, str]:
    """Return every code with its sentence."""
    return dict(_codes)


@transaction.atomic
def record(
    code: str,
    *,
    actor: HasId | None,
    subject: HasId | None = None,
    kind: str = "",
    subject_id: str = "",
    context: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append an event, in the caller's transaction. ``actor`` None is the desk itself.

    The subject is either an object (its class and key are kept), or ``kind`` and ``subject_id``.
    Raises `AuditError` ``audit.unknown_code``.
    """
    if code not in _codes:
        raise AuditError("audit.unknown_code", named=code)
    if subject is not None:
        kind, subject_id = type(subject).__name__.lower(), str(subject.pk)
    last = AuditEvent.objects.order_by("-sequence").first()
    event = AuditEvent(
        sequence=last.sequence + 1 if last else 1,
        at=clock.now(),
        code=code,
        actor=str(actor.pk) if actor is not None else SYSTEM,
        subject_kind=kind,
        subject_id=subject_id,
        context=context or {},
        previous=bytes(last.hash) if last else FIRST_PREVIOUS,
    )
    event.hash = hash_event(event)
    event.save(force_insert=True)
    return event


def hash_event(event: AuditEvent) -> bytes:
    """Return the 32-byte hash of ``event`` over all its fields and the hash before it."""
    fields = {
        "actor": event.actor,
        "at": clock.format_time(event.at),
        "code": event.code,
        "context": event.context,
        "format": "aigaq/audit/v1",
        "previous": bytes(event.previous).hex(),
        "sequence": event.sequence,
        "subject_id": event.subject_id,
        "subject_kind": event.subject_kind,
    }
    return hashlib.sha256(rfc8785.dumps(fields)).digest()


def check_chain() -> int:
    """Check every event and return their number.

    Raises `AuditError` ``audit.broken_chain`` (with ``sequence``), whatever stands in a row.
    """
    previous, count = FIRST_PREVIOUS, 0
    try:
        for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=1000):
            count += 1
            whole = event.sequence == count and bytes(event.previous) == previous
            if not whole or hash_event(event) != bytes(event.hash):
                raise AuditError("audit.broken_chain", sequence=count)
            previous = bytes(event.hash)
    except (ValueError, TypeError, AttributeError, RecursionError):
        # No moment, no JSON, no number that JSON can hold: this desk wrote none of these.
        raise AuditError("audit.broken_chain", sequence=count) from None
    return count


def read_head() -> tuple[int, bytes]:
    """Return how many events there are, and the hash of the last."""
    last = AuditEvent.objects.order_by("-sequence").values_list("sequence", "hash").first()
    return (0, FIRST_PREVIOUS) if last is None else (last[0], bytes(last[1]))


def list_said(code: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield subject id and context of every event of a code, oldest first.

    It ends at a row that cannot be read; `check_chain` says that there is one.
    """
    events = AuditEvent.objects.filter(code=code).order_by("sequence")
    try:
        for subject_id, context in events.values_list("subject_id", "context"):
            if isinstance(context, dict):
                yield subject_id, context
    except ValueError:
        return


def is_in_chain(*, sequence: int, hash_: bytes) -> bool:
    """Tell whether the chain has this very event, and so all that came before it."""
    return AuditEvent.objects.filter(sequence=sequence, hash=hash_).exists()


def list_events(*, before: int | None, limit: int) -> list[AuditEvent]:
    """Return at most ``limit`` events, newest first, older than the sequence ``before``."""
    events = AuditEvent.objects.order_by("-sequence")
    if before is not None:
        events = events.filter(sequence__lt=before)
    return list(events[:limit])


def list_about(*, kind: str, subject_id: str) -> Iterable[AuditEvent]:
    """Return what was done to one thing, newest first."""
    return AuditEvent.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("-sequence")
