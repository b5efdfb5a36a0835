"""What the desk does by itself while it is open, in rounds.

`intake-work` files, takes messages, delivers, copies to the second place, tells the gate what is
safe, makes previews. `intake-pull`, which runs also while locked, stands in `fetching`. Each step
can be killed at any instant; the next round takes it up.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import OperationalError
from django.db.models import Q

from aigaq import clock
from aigaq.core import background, temporary
from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.evidence import services as evidence
from aigaq.intake import (
    claims,
    consent_hooks,
    delivery,
    erasing,
    evidence_hooks,
    evidence_tasks,
    filing,
    gate_session,
    healing,
    keeping,
    log_watch,
    mail,
    models,
    previews,
    proofs,
    second_place,
    staging,
    told_sending,
    unfinished,
)
from aigaq.intake.errors import GateError
from aigaq.intake.fetching import PULL, WORK, build_pull_rounds
from aigaq.intake.gate_client import GateClient
from aigaq.intake.notice_state import NoticeState
from aigaq.intake.public_watch import raise_watch_alarms
from aigaq.intake.reporter_gate import SendingError
from aigaq.intake.selectors import list_copied_states
from aigaq.intake.shapes import Direction
from aigaq.intake.spool import Entry, Spool
from aigaq.sealing.errors import SealingError
from aigaq.sealing.opening import FolderSource

WORK_SECONDS = 20.0
#: How long a part waits for the report that it continues. A gate that never hands out the whole of
#: that one must not hold back all that follows.
FIRST_SECONDS = 3_600
logger = logging.getLogger("aigaq.intake")


def register() -> None:
    """Make the rounds known."""
    background.register(PULL, factory=build_pull_rounds, also_while_locked=True)
    background.register(WORK, factory=build_work_rounds)


def build_work_rounds() -> background.Rounds:
    """Return the thread that works while the desk is open; it begins by sweeping up."""
    swept: list[bool] = []

    def work() -> None:
        if not swept:
            spool = Spool(settings.HOME)
            with spool.working():
                staging.remove_unfiled()
                for report_id in healing.list_healable():
                    spool.ask_again(report_id)
            unfinished.sweep_unfinished()
            temporary.sweep_temporary()
            previews.reset_after_install()
            while evidence_hooks.hand_over_older():
                pass
            consent_hooks.hand_over_older()
            NoticeState(settings.HOME).settle()
            swept.append(True)
        work_until_nothing_waits()

    return background.Rounds(name=WORK, seconds=WORK_SECONDS, run=work)


def work_round() -> None:
    """Do once all that waits. What the gate hinders does not hold up what it has no part in."""
    spool = Spool(settings.HOME)
    with spool.working():
        _work(spool)


def work_until_nothing_waits() -> None:
    """Work, then make the previews that wait, a few at a time with a round between.

    A report may hold 10,000 items, each with a sandbox of its own: what is new, and letters to
    reporters, must not wait for hours behind them.
    """
    work_round()
    while HELD.is_open and (previews.preview_waiting() or claims.read_waiting_claims()):
        work_round()


def _work(spool: Spool) -> None:
    file_ready(spool)
    since = _asked_gate_since(spool)
    taken = take_messages(spool)
    for row in erasing.list_due(_say_asked(spool, since=since, taken=taken)):
        with _apart("erasing"):
            erasing.erase(row)
    if _is_copy_needed():
        keeping.copy_to_second_place()
    with _apart("proof"):
        proofs.write_proofs()
    try:
        with gate_session.open_gate() as gate:
            # The gate erases what is confirmed, so the second place has it before, if there is one.
            for number, path in [] if _is_copy_needed() else taken:
                gate.confirm_message(number=number)
                spool.remove_message(path)
            delivery.deliver_waiting(gate)
            delivery.note_read(gate)
            tell_safe(gate, spool)
            evidence_tasks.sync_log(gate)
        # Last: an hour's upload must not hold up letters and receipts of others.
        told_sending.send_waiting()
    except (GateError, SealingError, SendingError):
        # The gate cannot be reached, as the pull's state says, or talks nonsense: done again later.
        pass
    raise_watch_alarms()
    log_watch.raise_log_alarms(settings.HOME)
    log_watch.raise_silence_alarms(settings.HOME)


def file_ready(spool: Spool) -> int:
    """File what is fetched, in the order in which the gate took it; return how many."""
    filed = 0
    unfinished = spool.list_unfinished()
    for entry in spool.list_ready():
        with _apart("report"):
            filed += _file_entry(spool, entry=entry, unfinished=unfinished)
    return filed


@contextmanager
def _apart(what: str) -> Iterator[None]:
    """Let one thing that cannot be taken, for a reason that nobody thought of, wait by itself.

    Whoever finds such a reason must not stop everyone else's reports and letters with it. A full
    disk, a busy database and the lock are no such reason.
    """
    try:
        yield
    except (OSError, OperationalError, DeskLocked):
        raise
    except Exception as error:
        if not HELD.is_open:
            raise
        # The type alone: a message may carry what must not be logged.
        logger.error("a %s cannot be taken: %s", what, type(error).__name__)


def _file_entry(spool: Spool, *, entry: Entry, unfinished: list[bytes]) -> bool:
    source = FolderSource(spool.get_members(entry.report_id))
    known = filing.find_report(entry.report_id)
    is_new = known is None or healing.is_healable(known)
    if is_new:
        waits = spool.get_ready_seconds(entry.report_id) < FIRST_SECONDS
        if waits and filing.is_waiting_for_first(source=source, is_being_fetched=unfinished):
            return False
        arrival = filing.Arrival(
            report_id=entry.report_id,
            received_at=entry.received_at,
            came_by="gate",
            lies=entry.lies,
        )
        if known is None:
            known = filing.file_report(source=source, arrival=arrival)
        elif healing.heal_report(source=source, arrival=arrival) is None:
            spool.put_off(entry.report_id)
            return False
        else:
            known.refresh_from_db()
    if known is not None and healing.is_healable(known):
        spool.ask_again(entry.report_id)
    else:
        spool.stop_asking(entry.report_id)
    spool.remove_report(entry.report_id)
    return is_new


def take_messages(spool: Spool) -> list[tuple[int, Path]]:
    """Take fetched messages; return the gate's numbers and files of those that are kept."""
    done = []
    for path, listed in spool.list_messages():
        with _apart("letter"):
            if mail.receive_message(listed).is_kept:
                done.append((listed.number, path))
            elif spool.get_seconds_since(path) > FIRST_SECONDS:
                mail.flag_unknown_mailbox(listed)
    return done


def _asked_gate_since(spool: Spool) -> datetime | None:
    """Return when the round began that last brought every letter of the gate here."""
    state = spool.read_state()
    if state.state != "reached" or state.last_attempt_at is None:
        return None
    return clock.parse_time(state.last_attempt_at)


def _say_asked(
    spool: Spool, *, since: datetime | None, taken: list[tuple[int, Path]]
) -> erasing.AskedGate:
    done = {path for _number, path in taken}
    waiting = (listed.mailbox_key for path, listed in spool.list_messages() if path not in done)
    return erasing.AskedGate(since, frozenset(waiting))


def tell_safe(gate: GateClient, spool: Spool) -> int:
    """Tell the gate of reports whose *safe* message it has; only then may it erase its copy.

    What the desk has forgotten is erased there too, whether it ever became safe or not.
    """
    told = 0
    waiting = models.Report.objects.filter(
        Q(second_place_at__isnull=False) | Q(forgotten_at__isnull=False),
        Q(came_by="gate") | Q(sent__isnull=False),
        safe_at=None,
    ).select_related("mailbox")
    for report in waiting.order_by("register_number"):
        if report.forgotten_at is None and _is_safe_message_waiting(report):
            continue
        gate.confirm_safe(report_id=bytes(report.report_id))
        second_place.record_erased(report=report)
        spool.forget_filed(bytes(report.report_id))
        spool.stop_asking(bytes(report.report_id))
        told += 1
    return told


def _is_safe_message_waiting(report: models.Report) -> bool:
    if report.mailbox is None:
        return False
    named = {"report_id": bytes(report.report_id).hex()}
    return report.mailbox.messages.filter(kind="safe", delivery="waiting", body=named).exists()


def _is_copy_needed() -> bool:
    row = models.SecondPlace.objects.first()
    if row is None:
        return False
    changed = models.Report.objects.filter(
        second_place_at=None, forgotten_at=None, state__in=list_copied_states()
    ).exists()
    if row.last_copied_at is None or row.code:
        return True
    written = models.Message.objects.filter(
        Q(direction=Direction.TO_DESK) | Q(author__isnull=False), kept_at__gte=row.last_copied_at
    ).exists()
    forgotten = models.Report.objects.filter(forgotten_at__gte=row.last_copied_at).exists()
    stale = clock.now() - row.last_copied_at > timedelta(hours=6)
    heads = evidence.has_unkept_heads(kept_until=row.last_copied_at)
    return changed or written or forgotten or stale or heads
