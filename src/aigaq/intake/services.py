"""Writes of intake that people ask for: one transaction and one audit event each.

Here stands what is done with a report and what the whole team decides. Items are shown by
`viewing`, letters written by `answering`, words about consent by `spoken_consent`, files taken in
by `carrying`, the second place and notices set by `keeping`. What the desk does by itself stands in
`tasks` and the modules that it calls. Each takes who acts and raises `NotFound` for what is absent
or not theirs.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.permissions import Capability, may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit, background
from aigaq.evidence import services as evidence
from aigaq.evidence.shapes import name_person
from aigaq.intake import models, shredder
from aigaq.intake.cooling_off import get_cooling_off_days
from aigaq.intake.errors import (
    AlreadyDecided,
    IntakeError,
    NotFound,
)
from aigaq.intake.gate_session import open_gate
from aigaq.intake.healing import is_healable
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.notice_state import NoticeState
from aigaq.intake.public_watch import watch_public
from aigaq.intake.selectors import (
    check_may,
    get_report,
)
from aigaq.intake.shapes import RequestAction
from aigaq.intake.spool import Spool

DECISIONS = ("done", "refused", "kept")


@transaction.atomic
def open_report(*, actor: Staff, report_id: UUID) -> None:
    """Record that someone opened a report; it is not new any more. Raises `NotFound`."""
    report = get_report(actor=actor, report_id=report_id)
    models.Opening.objects.create(report=report, what="report", by=actor, at=clock.now())
    models.Report.objects.filter(pk=report.pk, opened_at=None).update(opened_at=clock.now())
    evidence.record_custody("opened", by=actor, report_id=bytes(report.report_id))
    audit.record("intake.report_opened", actor=actor, subject=report)
    transaction.on_commit(NoticeState(django_settings.HOME).settle)


@transaction.atomic
def assign_report(*, actor: Staff, report_id: UUID, to: Staff | None, note: str = "") -> None:
    """Hand a report to a colleague who may read it, or to nobody. Raises `NotFound`."""
    check_may(actor, capability=Capability.HAND_OVER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    if to is not None and not may(to, capability=Capability.READ_REPORTS):
        raise NotFound
    report.assigned_to, report.assigned_note = to, note[:500]
    report.save(update_fields=["assigned_to", "assigned_note"])
    evidence.record_custody(
        "handed_over",
        by=actor,
        report_id=bytes(report.report_id),
        note=name_person(to) if to else "nobody",
    )
    context = {"to": str(to.pk) if to else ""}
    audit.record("intake.report_assigned", actor=actor, subject=report, context=context)


@transaction.atomic
def release_reports(*, of: Staff, actor: Staff) -> int:
    """Take every report off someone who works here no more, so that colleagues see it as nobody's.

    Returns how many. Raises `NotFound`, also while ``of`` still works here.
    """
    check_may(actor, capability=Capability.MANAGE_STAFF)
    if of.is_active:
        raise NotFound
    rows = models.Report.objects.filter(assigned_to=of)
    for report_id in rows.filter(forgotten_at=None).values_list("report_id", flat=True):
        evidence.record_custody("handed_over", by=actor, report_id=bytes(report_id), note="nobody")
    released = rows.update(assigned_to=None)
    if released:
        audit.record(
            "intake.reports_released", actor=actor, subject=of, context={"count": released}
        )
    return released


@transaction.atomic
def settle_waiting(*, actor: Staff, report_id: UUID) -> None:
    """Decide that nobody waits for us here. Raises `NotFound`."""
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    models.Report.objects.filter(pk=report.pk).update(waiting_since=None)
    audit.record("intake.waiting_settled", actor=actor, subject=report)


@transaction.atomic
def decide_request(*, actor: Staff, request_id: UUID, decision: str, note: str) -> None:
    """Decide what she asked of a person. Nothing is deleted by this: `erasing` does that.

    Raises `NotFound`, `AlreadyDecided`, `IntakeError` ``intake.bad_decision``, and
    ``intake.not_erased``: a wish to delete is done by erasing and by nothing else;
    ``intake.cooling_off``: nothing is done as asked before the cooling-off is over.
    """
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    if decision not in DECISIONS:
        raise IntakeError("intake.bad_decision")
    row = models.PersonRequest.objects.filter(pk=request_id).first()
    if row is None:
        raise NotFound
    if row.decided_at is not None:
        raise AlreadyDecided
    if (row.action, decision) == (RequestAction.DELETE, "done"):
        raise IntakeError("intake.not_erased")
    wait = timedelta(days=get_cooling_off_days())
    if decision == "done" and not row.report.is_sample and clock.now() < row.asked_at + wait:
        raise IntakeError("intake.cooling_off")
    row.decided_at, row.decided_by = clock.now(), actor
    row.decision, row.note = decision, note[:2_000]
    row.save(update_fields=["decided_at", "decided_by", "decision", "note"])
    audit.record("intake.request_decided", actor=actor, subject=row, context={"decision": decision})


def remove_sample(*, actor: Staff, report_id: UUID) -> None:
    """Erase the fictional sample at once. Raises `NotFound` for any other report (`erasing`)."""
    check_may(actor, capability=Capability.ANSWER_REPORTS)
    report = get_report(actor=actor, report_id=report_id)
    if not report.is_sample:
        raise NotFound
    shredder.forget_report(report=report, actor=actor, reason="sample")
    _wake("intake-work")


@transaction.atomic
def resolve_alarm(*, actor: Staff, alarm_id: UUID, note: str) -> None:
    """Close an alarm that someone looked into. Raises `NotFound`, `AlreadyDecided`."""
    check_may(actor, capability=Capability.SEE_ALARMS)
    row = models.Alarm.objects.filter(pk=alarm_id).first()
    if row is None:
        raise NotFound
    if row.resolved_at is not None:
        raise AlreadyDecided
    row.resolved_at, row.resolved_by, row.note = clock.now(), actor, note[:2_000]
    row.save(update_fields=["resolved_at", "resolved_by", "note"])
    audit.record("intake.alarm_resolved", actor=actor, subject=row)


def pull_now() -> None:
    """Have the background fetch at once; return at once. Works on a locked desk.

    Damaged reports are asked for again by it, too.
    """
    Spool(django_settings.HOME).ask_now()
    _wake("intake-pull")


@transaction.atomic
def ask_again(*, actor: Staff, report_id: UUID) -> None:
    """Have the gate asked again at once for a report that was filed damaged. Raises `NotFound`."""
    check_may(actor, capability=Capability.PULL)
    report = get_report(actor=actor, report_id=report_id)
    if not is_healable(report):
        raise NotFound
    audit.record("intake.asked_again", actor=actor, subject=report)
    spool = Spool(django_settings.HOME)
    spool.create()
    spool.ask_again(bytes(report.report_id))
    spool.ask_now(bytes(report.report_id))
    transaction.on_commit(lambda: _wake("intake-pull"))


def publish_again(*, actor: Staff, what: str) -> None:
    """Put our own card at the gate again, and look at it as a stranger would.

    Raises `NotFound`, `GateError`, `IntakeError` ``intake.cannot_publish``: a bundle is published
    on the gate's own machine, so only ``card`` can be published here.
    """
    check_may(actor, capability=Capability.MANAGE_ORGANISATION)
    if what != "card":
        raise IntakeError("intake.cannot_publish")
    with open_gate() as gate:
        gate.publish_card(card=accounts.get_card())
    record_published(actor=actor)
    home = django_settings.HOME
    watch_public(home, files=read_locked_files(home))


@transaction.atomic
def record_published(*, actor: Staff) -> None:
    """Record that the card was put at the gate again."""
    audit.record("intake.card_published_again", actor=actor, kind="card")


@transaction.atomic
def mark_sample(*, report_id: bytes) -> None:
    """Mark the fictional sample report, so that pages say what it is. Raises `NotFound`."""
    changed = models.Report.objects.filter(report_id=report_id, is_sample=False).update(
        is_sample=True
    )
    if not changed and not models.Report.objects.filter(report_id=report_id).exists():
        raise NotFound
    audit.record("intake.sample_marked", actor=None, kind="report", subject_id=report_id.hex()[:16])


def _wake(name: str) -> None:
    background.REGISTRY.wake(name)
