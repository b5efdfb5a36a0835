"""Erasing with a cooling-off: planned by a person, told to the reporter, called off by any letter.

At once goes the fictional sample, by anyone who answers reports, and nothing else. Every other
report waits the days that the organisation set (`get_cooling_off_days`, seven at first). They run
from when the letter about it lies at the gate; where the gate has no such mailbox, from the plan.
In that time she calls it off by any letter, and anyone who answers reports by one button; a new
code calls it off, too. After it, erasing waits while an alarm of the mailbox is open, and until the
gate was asked for letters once more: hers could lie there. Second place and gate are told by the
erasing itself, thus not before. Source: PROTOCOL 19.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from aigaq import clock
from aigaq.accounts.permissions import Capability
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, background
from aigaq.intake import letters, models, shredder
from aigaq.intake.cooling_off import get_cooling_off_days
from aigaq.intake.erasing_letter import write_erasing_letter
from aigaq.intake.errors import AlreadyDecided, IntakeError, NotFound
from aigaq.intake.rows import build_person
from aigaq.intake.selectors import cannot_reply, check_may, get_report
from aigaq.intake.shapes import ErasingRow
from aigaq.sealing.errors import SealingError

#: Why a report is erased: a code, since the audit chain forgets nothing.
REASONS = ("asked", "no_report")
WHY_LENGTH = 500
WAITING = Q(called_off_at=None, done_at=None)


@dataclass(frozen=True)
class AskedGate:
    """Since when the gate has been asked for letters, and whose letters still wait to be taken."""

    since: datetime | None
    waiting: frozenset[bytes] = frozenset()


@transaction.atomic
def plan_erasing(
    *, actor: Staff, report_id: UUID, reason: str, is_confirmed: bool = False, why: str = ""
) -> UUID:
    """Plan to erase a report and its parts, and seal the letter that says so; return the plan's id.

    ``is_confirmed``: whether she confirmed it over the second channel; if not, ``why`` says why it
    goes on. Raises `NotFound`, `AlreadyDecided` if it is planned or erased already, `IntakeError`
    ``intake.bad_reason``, ``intake.no_why``.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    if reason not in REASONS:
        raise IntakeError("intake.bad_reason")
    if not is_confirmed and not why.strip():
        raise IntakeError("intake.no_why")
    report = get_report(actor=actor, report_id=report_id)
    if report.forgotten_at is not None or report.erasings.filter(WAITING).exists():
        raise AlreadyDecided
    days = get_cooling_off_days()
    letter = _write_letter(report, actor=actor, days=days, reason=reason)
    row = models.Erasing.objects.create(
        report=report,
        reason=reason,
        is_confirmed=is_confirmed,
        why=why.strip()[:WHY_LENGTH],
        asked_by=actor,
        asked_at=clock.now(),
        days=days,
        letter=letter,
        begins_at=None if letter else clock.now(),
    )
    context = {"confirmed": is_confirmed, "days": days, "reason": reason, "letter": bool(letter)}
    audit.record("intake.erasing_planned", actor=actor, subject=report, context=context)
    transaction.on_commit(lambda: background.REGISTRY.wake("intake-work"))
    return row.pk


@transaction.atomic
def call_off(*, actor: Staff, report_id: UUID) -> None:
    """Call an erasing off, whoever planned it. Raises `NotFound`, `AlreadyDecided`."""
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    row = report.erasings.filter(WAITING).first()
    if row is None:
        raise AlreadyDecided
    _call_off(row, actor=actor, how="staff")


def call_off_of_mailbox(box: models.Mailbox, *, how: str, actor: Staff | None = None) -> None:
    """Call off what waits in a mailbox: she wrote (``letter``), or has a new code (``new_code``).

    Runs in the caller's transaction.
    """
    for row in models.Erasing.objects.filter(WAITING, report__mailbox=box):
        _call_off(row, actor=actor, how=how)


def begin(message: models.Message) -> None:
    """Let the days run that a letter tells of: the gate has it, or refuses it for good."""
    models.Erasing.objects.filter(letter=message, begins_at=None).update(begins_at=clock.now())


def get_waiting(*, actor: Staff, report_id: UUID) -> ErasingRow | None:
    """Return the erasing that a report waits for, if any. Raises `NotFound`."""
    report = get_report(actor=actor, report_id=report_id)
    row = report.erasings.filter(WAITING).select_related("asked_by", "letter").first()
    return None if row is None else _build_row(row)


def list_waiting(*, actor: Staff) -> list[ErasingRow]:
    """Return the erasings that wait, the longest waiting first, at most 500."""
    check_may(actor, capability=Capability.READ_REPORTS)
    rows = models.Erasing.objects.filter(WAITING).select_related("asked_by", "letter", "report")
    return [_build_row(row) for row in rows.order_by("asked_at")[:500]]


def list_due(asked_gate: AskedGate) -> list[models.Erasing]:
    """Return the erasings that have waited long enough."""
    rows = models.Erasing.objects.filter(WAITING).select_related("report__mailbox", "asked_by")
    return [row for row in rows.order_by("asked_at") if _is_due(row, asked_gate=asked_gate)]


@transaction.atomic
def erase(row: models.Erasing) -> None:
    """Erase the report of one that is due."""
    shredder.forget_report(report=row.report, actor=row.asked_by, reason=row.reason)
    models.Erasing.objects.filter(pk=row.pk).update(done_at=clock.now())


def _is_due(row: models.Erasing, *, asked_gate: AskedGate) -> bool:
    ends_at = _find_end(row)
    if ends_at is None or clock.now() < ends_at:
        return False
    box = row.report.mailbox
    if box is None:
        return True
    if box.alarms.filter(resolved_at=None).exists() or bytes(box.key) in asked_gate.waiting:
        return False
    if row.letter_id is None:
        return True
    return asked_gate.since is not None and asked_gate.since >= ends_at


def _find_end(row: models.Erasing) -> datetime | None:
    return None if row.begins_at is None else row.begins_at + timedelta(days=row.days)


def _call_off(row: models.Erasing, *, actor: Staff | None, how: str) -> None:
    row.called_off_at, row.called_off_by, row.called_off_how = clock.now(), actor, how
    row.save(update_fields=["called_off_at", "called_off_by", "called_off_how"])
    audit.record("intake.erasing_called_off", actor=actor, subject=row.report, context={"how": how})


def _write_letter(
    report: models.Report, *, actor: Staff, days: int, reason: str
) -> models.Message | None:
    """Seal the letter, where one can reach her: the gate must know the mailbox."""
    box = report.mailbox
    if box is None or cannot_reply(box) is not None:
        return None
    if not box.reports.filter(Q(came_by="gate") | Q(sent__isnull=False)).exists():
        return None
    text = write_erasing_letter(
        language=report.language, number=report.register_number, days=days, reason=reason
    )
    try:
        return letters.write_message(box=box, kind="text", body={"text": text}, author=actor)
    except SealingError:  # A recipient that nothing can be sealed to: no letter ever reached it.
        return None


def _build_row(row: models.Erasing) -> ErasingRow:
    asked_by = build_person(row.asked_by)
    if asked_by is None:
        raise NotFound
    return ErasingRow(
        report_id=row.report_id,
        register_number=row.report.register_number,
        reason=row.reason,
        is_confirmed=row.is_confirmed,
        why=row.why,
        asked_by=asked_by,
        asked_at=row.asked_at,
        days=row.days,
        ends_at=_find_end(row),
        letter=row.letter.delivery if row.letter else None,
    )
