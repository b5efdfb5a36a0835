"""The desk watches its own log and cosigns it, also while locked.

It reads as a stranger does, without a key, and hands its cosignatures over by the way on which it
fetches. The newest head that it proved lies in ``desk/locked/`` (`aigaq.tlog.Memory`), what else it
keeps in ``inbox/log/``. What is wrong with the log becomes an alarm when the desk is open.
Source: ``spec/log.md``, "Watching"; PROTOCOL 3, 21, 26.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from aigaq import clock
from aigaq.accounts import selectors as accounts
from aigaq.accounts.cards import COSIGNER_KEY
from aigaq.blobs import write_durably
from aigaq.core.home import Home
from aigaq.evidence import selectors as evidence
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.locked_files import LockedFiles, read_locked_files
from aigaq.intake.models import Report
from aigaq.intake.paced_line import PacedTransport
from aigaq.intake.proof_models import LogProof
from aigaq.intake.way import FETCH, STRANGER, find_proxy
from aigaq.sealing.log_entries import build_blinded
from aigaq.sealing.witnessing import is_independently_witnessed
from aigaq.tlog import Memory, hash_entry
from aigaq.watching.cosigned import CosignerWatch
from aigaq.watching.seeds import open_desk_cosigner
from aigaq.watching.sources import TIMEOUT_SECONDS, HttpSource
from aigaq.watching.store import Alarm, Leaves, State, Store
from aigaq.watching.watcher import Watcher

#: No promise of ours was ever for a shorter time; a card may shorten it afterwards.
LEAST_DELAY_SECONDS = 86_400
#: The root under which all promises were looked for: once for each head is enough.
CHECKED = "promises-checked"
logger = logging.getLogger("aigaq.intake")


@dataclass(frozen=True)
class LogStatus:
    """What people see of the log: entries, when the head moved, who watches, why it did not."""

    size: int
    head_at: datetime | None
    cosigned_at: datetime | None
    code: str | None
    is_independent: bool


def open_store(home: Home, *, log_origin: str) -> Store:
    """Return what was seen of the log of this name."""
    name = hashlib.sha256(log_origin.encode("utf-8")).hexdigest()[:16]
    return Store(home.desk / "inbox" / "log" / name)


@contextmanager
def open_source(files: LockedFiles) -> Iterator[HttpSource]:
    """Open the gate as a stranger reads it, with the way for cosignatures apart from that."""
    with (
        _open(files.gate_origin, purpose=STRANGER) as stranger,
        _open(files.gate_origin, purpose=FETCH) as fetch,
    ):
        yield HttpSource(stranger, post=fetch)


def watch_log(home: Home, *, files: LockedFiles) -> list[Alarm]:
    """Do one round and return what is newly wrong. Never raises for what the gate does."""
    cosigner = open_desk_cosigner(home.locked / COSIGNER_KEY, gate_origin=files.card.gate_origin)
    with open_source(files) as source:
        return Watcher(
            card=files.card,
            source=source,
            memory=Memory(home.locked),
            store=open_store(home, log_origin=files.card.log_origin),
            cosigner=cosigner,
            clock=clock.now,
        ).look()


def watch_quietly(home: Home) -> bool:
    """Do one round; tell whether anything is newly wrong. What stops it stops nothing else."""
    try:
        return bool(watch_log(home, files=read_locked_files(home)))
    except Exception as error:
        logger.error("the log cannot be watched: %s", type(error).__name__)
        return False


def read_log_status(home: Home) -> LogStatus:
    """Return how the log stands. Reads files only."""
    files = read_locked_files(home)
    state = open_store(home, log_origin=files.card.log_origin).read_state()
    return LogStatus(
        size=state.size,
        head_at=_parse(state.head_at),
        cosigned_at=_parse(state.cosigned_at),
        code=state.code,
        is_independent=is_independently_witnessed(files.card),
    )


def raise_log_alarms(home: Home) -> None:
    """Turn what the watcher saw, perhaps while locked, into alarms; each names its folder."""
    files = read_locked_files(home)
    store = open_store(home, log_origin=files.card.log_origin)
    for alarm in store.list_alarms():
        raise_alarm(alarm.code, details={"kept": alarm.folder.name, **alarm.details})
    state = store.read_state()
    checked = store.folder / CHECKED
    is_due = not checked.exists() or checked.read_text("ascii") != state.root
    if is_due and state.size and state.read == state.size:
        _check_promises(state, leaves=store.read_leaves(), files=files)
        write_durably(checked, state.root.encode("ascii"))


def raise_silence_alarms(home: Home) -> None:
    """Raise ``log.cosigner_silent`` for each cosigner of the card of whom nothing newer comes."""
    files = read_locked_files(home)
    store = open_store(home, log_origin=files.card.log_origin)
    with open_source(files) as source:
        watch = CosignerWatch(source, card=files.card, store=store, clock=clock.now)
        silent = watch.list_silent(store.read_state())
    for one in silent:
        since = clock.format_time(one.since)
        details = {"cosigner": one.name, "since": since, "size": str(one.size)}
        raise_alarm("log.cosigner_silent", details=details)


def _check_promises(state: State, *, leaves: Leaves, files: LockedFiles) -> None:
    """Raise ``log.promise_broken`` for reports that the log should name by now and does not."""
    seen_at = _parse(state.head_at)
    if seen_at is None:
        return
    delay = timedelta(seconds=max(files.card.maximum_delay_seconds, LEAST_DELAY_SECONDS))
    if seen_at - delay < accounts.get_log_began_at():
        return  # What waited when a log began has the whole delay from then on.
    due = Report.objects.filter(
        came_by="gate", commitment__isnull=False, received_at__lt=seen_at - delay
    )
    for report in due.exclude(pk__in=LogProof.objects.values("report")):
        is_found = (
            leaves.find(hash_entry(build_blinded(bytes(report.commitment or b"")))) is not None
        )
        if not is_found and not evidence.get_retired_log(report_id=bytes(report.report_id)):
            # The same report is one alarm, however long the log grows without it.
            raise_alarm("log.promise_broken", report=report)


def _open(origin: str, *, purpose: str) -> httpx.Client:
    return httpx.Client(
        base_url=origin,
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        follow_redirects=False,
        transport=PacedTransport(proxy=find_proxy(origin=origin, purpose=purpose)),
    )


def _parse(text: str | None) -> datetime | None:
    return clock.parse_time(text) if text else None
