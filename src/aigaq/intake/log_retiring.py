"""Retires the log's key after a seizure, and carries over what the old log does not prove.

Whoever has the old key can sign anything with it, also with dates of before. So it counts only
under the last head that others hold: the desk remembers each head before it cosigns it. Reports
whose proof stands under that head keep it, and are never entered again: whoever compared the two
logs would know them from chaff. The others wait for the new log. Source: PROTOCOL 25;
``spec/log.md``, "Retirement".
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from aigaq import clock
from aigaq.accounts import log_retirement
from aigaq.accounts import selectors as accounts
from aigaq.accounts.log_retirement import LastHead
from aigaq.core.commands import Answer, Arguments
from aigaq.core.words import words_to_key
from aigaq.evidence import services as evidence
from aigaq.intake import models
from aigaq.intake.gate_client import GateClient
from aigaq.intake.locked_files import LockedFiles, read_locked_files
from aigaq.intake.log_watch import open_store
from aigaq.intake.proof_models import LogProof
from aigaq.sealing.log_entries import build_blinded
from aigaq.tlog import Checkpoint, hash_entry
from aigaq.watching.store import Store

KIND = "key_retirement"


@dataclass(frozen=True)
class Plan:
    """What a retirement would keep: the last head that counts, and since when others hold it."""

    log_origin: str
    last: LastHead | None
    seen_at: datetime | None
    proven: int
    waiting: int


def plan_retirement(*, retired_at: datetime) -> Plan:
    """Return what stays proven, and what has to be entered anew. Changes nothing."""
    files = read_locked_files(settings.HOME)
    store = open_store(settings.HOME, log_origin=files.card.log_origin)
    last, seen_at = _find_last(store, log_origin=files.card.log_origin, before=retired_at)
    places = _list_places(store, last=last)
    return Plan(
        log_origin=files.card.log_origin,
        last=last,
        seen_at=seen_at,
        proven=len(places),
        waiting=len(set(_list_commitments()) - places.keys()),
    )


@transaction.atomic
def retire_log(*, root_seed: bytes, retired_at: datetime) -> Plan:
    """Retire the log's key, and let what it does not prove wait for the new log.

    Raises `AccountsError`: ``accounts.other_root``, ``accounts.bad_retirement_time``.
    """
    plan = plan_retirement(retired_at=retired_at)
    files = read_locked_files(settings.HOME)
    store = open_store(settings.HOME, log_origin=plan.log_origin)
    places = _list_places(store, last=plan.last)
    log_retirement.retire_log_key(
        root_seed=root_seed, home=settings.HOME, retired_at=retired_at, last=plan.last
    )
    # A proof under a later head counts no more: she gets another one, of the new log.
    size = 0 if plan.last is None else plan.last.size
    LogProof.objects.filter(log_origin=files.card.log_origin, size__gt=size).delete()
    evidence.begin_new_log(retired=plan.log_origin, find=places.get)
    return plan


def post_retirements(gate: GateClient, *, files: LockedFiles) -> None:
    """Have the retirements entered into the present log, until they stand there.

    Raises `GateError`.
    """
    retired = accounts.list_retirements()
    if not retired:
        return
    state = open_store(settings.HOME, log_origin=files.card.log_origin).read_state()
    listed = state.listed.get(KIND, [])
    for one in retired:
        if hashlib.sha256(one.signed.encode("utf-8")).hexdigest() not in listed:
            gate.post_public(kind=KIND, text=one.signed)


def run_plan_command(arguments: Arguments) -> Answer:
    """Say what a retirement would keep; or, after one that was cut short, that it is signed."""
    plan = plan_retirement(retired_at=_read_time(arguments))
    return {
        "last_size": 0 if plan.last is None else plan.last.size,
        "log": plan.log_origin,
        "proven": plan.proven,
        "seen_at": None if plan.seen_at is None else clock.format_time(plan.seen_at),
        "unfinished": log_retirement.is_unfinished(home=settings.HOME),
        "waiting": plan.waiting,
    }


def run_retire_command(arguments: Arguments) -> Answer:
    """Retire the log's key for `aigaq log retire`; ``root_words`` are the root key's.

    One that was cut short after it was signed is finished, and no second one is signed.
    """
    if not log_retirement.is_unfinished(home=settings.HOME):
        root_seed = words_to_key(str(arguments.get("root_words", "")))
        retire_log(root_seed=root_seed, retired_at=_read_time(arguments))
    folder = log_retirement.finish_retirement(home=settings.HOME)
    card = read_locked_files(settings.HOME).card
    return {"folder": str(folder), "log": card.log_origin, "version": card.version}


def _read_time(arguments: Arguments) -> datetime:
    text = arguments.get("retired_at")
    return clock.parse_time(text) if isinstance(text, str) else clock.now()


def _find_last(
    store: Store, *, log_origin: str, before: datetime
) -> tuple[LastHead | None, datetime | None]:
    """Return the newest head that the desk had proven by then, and when it had."""
    found: tuple[LastHead | None, datetime | None] = None, None
    for line in store.read_history():
        if "root" not in line:  # An alarm.
            continue
        at = clock.parse_time(line["at"])
        if at > before:
            break
        root = bytes.fromhex(line["root"])
        checkpoint = Checkpoint(origin=log_origin, size=line["size"], root=root)
        found = LastHead(text=checkpoint.text, size=checkpoint.size), at
    return found


def _list_places(store: Store, *, last: LastHead | None) -> dict[bytes, int]:
    """Return where commitments stand that the last head proves, and whose reporters know it."""
    if last is None:
        return {}
    leaves = store.read_leaves()
    indexes = {leaf: index for index, leaf in enumerate(leaves.list_first(last.size))}
    unknowing = models.Report.objects.filter(
        log_proof=None, mailbox__isnull=False, mailbox__rebound_at=None, forgotten_at=None
    )
    late = LogProof.objects.filter(size__gt=last.size).values_list("report__commitment", flat=True)
    anew = {bytes(one) for one in unknowing.values_list("commitment", flat=True) if one}
    anew |= {bytes(one) for one in late if one}
    places = {}
    for commitment in _list_commitments():
        index = indexes.get(hash_entry(build_blinded(commitment)))
        if index is not None and commitment not in anew:
            places[commitment] = index
    return places


def _list_commitments() -> list[bytes]:
    rows = models.Report.objects.filter(commitment__isnull=False, forgotten_at=None)
    return [bytes(one) for one in rows.values_list("commitment", flat=True) if one is not None]
