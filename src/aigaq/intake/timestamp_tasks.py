"""What the running desk does for timestamps: rounds, alarms, and the command of `aigaq`.

The store asks authorities over the way that is opened here: the desk's proxy, a circuit of its own,
the lowest pace. What an authority refuses or breaks becomes an alarm, once a streak. The checkpoint
is the newest one that the desk proved and cosigned. Source: ``spec/evidence-package.md``,
"Timestamps"; PROTOCOL 26.
"""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
from django.conf import settings

from aigaq import clock
from aigaq.accounts.selectors import Staff
from aigaq.core import background, commands
from aigaq.core.commands import Answer, Arguments
from aigaq.errors import AigaqError
from aigaq.evidence.timestamp_authorities import add_authority, list_authorities, remove_authority
from aigaq.evidence.timestamp_selectors import find_item, get_timestamp_status
from aigaq.evidence.timestamping import (
    Attempt,
    Stamping,
    stamp_checkpoint,
    stamp_due,
    stamp_item,
    stamp_missing,
    wish_for_item,
)
from aigaq.intake.alarms import raise_alarm
from aigaq.intake.errors import IntakeError
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.log_watch import open_store
from aigaq.intake.paced_line import PacedTransport
from aigaq.intake.way import find_proxy
from aigaq.sealing.witnessing import CardAuthority
from aigaq.tlog import Memory, SignedCheckpoint, read_checkpoint

ROUNDS = "evidence-timestamps"
ROUND_SECONDS = 300.0
#: As whom the proxy is asked, so that Tor gives a circuit apart from those to the gate.
PURPOSE = "timestamp"
TIMEOUT_SECONDS = 30.0


def register() -> None:
    """Make the round and the commands known."""
    background.register(ROUNDS, factory=build_rounds)
    commands.register("timestamp", run=run_timestamp_command)
    commands.register("timestamp-status", run=run_status_command)
    commands.register("authority-add", run=run_add_command)
    commands.register("authority-remove", run=run_remove_command)


def build_rounds() -> background.Rounds:
    """Return the thread that takes the day's timestamps, wishes and renewals."""
    rounds: list[background.Rounds] = []
    rounds.append(
        background.Rounds(
            name=ROUNDS,
            seconds=ROUND_SECONDS,
            run=lambda: do_round(is_stopping=lambda: rounds[0].is_stopping),
        )
    )
    return rounds[0]


def do_round(*, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Do once what is due. Raises nothing for what authorities do."""
    stamp_due(find_checkpoint(), stamping=build_stamping(), is_stopping=is_stopping)


def find_checkpoint() -> SignedCheckpoint | None:
    """Return the newest checkpoint that the desk cosigned; None before the first."""
    card = read_locked_files(settings.HOME).card
    known = Memory(settings.HOME.locked).get(card.log_origin)
    cosigned = open_store(settings.HOME, log_origin=card.log_origin).read_state().cosigned
    if known is None or known.checkpoint.size != cosigned:
        # A head that was proven a moment ago is cosigned with the same round, or with the next.
        return None
    return known


def build_stamping() -> Stamping:
    """Return what taking timestamps needs on this desk."""
    return Stamping(
        card=read_locked_files(settings.HOME).card, connect=open_way, on_failure=raise_fault
    )


def open_way(url: str) -> httpx.Client:
    """Open the way to an authority: the desk's proxy or straight, no redirects, no cookies."""
    return httpx.Client(
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        follow_redirects=False,
        transport=PacedTransport(proxy=find_proxy(origin=url, purpose=PURPOSE)),
    )


def raise_fault(attempt: Attempt) -> None:
    """Raise the alarm of an authority that refused or broke, in the caller's transaction."""
    if attempt.code is not None:
        raise_alarm(attempt.code, details={"authority": attempt.authority, **attempt.details})


def wish_timestamp(*, actor: Staff, item_id: UUID) -> None:
    """Note that every authority should stamp an item, and begin at once in the background.

    Raises `NotFound`; `TimestampError` ``timestamp.no_authority``.
    """
    wish_for_item(actor=actor, item_id=item_id, card=read_locked_files(settings.HOME).card)
    background.REGISTRY.wake(ROUNDS)


def stamp_for_package(note: bytes) -> None:
    """Have the checkpoint of a package stamped, if it is not; faults are alarms, no hindrance."""
    stamp_missing(read_checkpoint(note), stamping=build_stamping())


def run_timestamp_command(arguments: Arguments) -> Answer:
    """Timestamp the newest cosigned checkpoint now, or an item's hash."""
    named = str(arguments.get("item") or "")
    if named:
        over, item_id = named, find_item(named)
        attempts = stamp_item(actor=None, item_id=item_id, stamping=build_stamping())
    else:
        checkpoint = find_checkpoint()
        if checkpoint is None:
            raise IntakeError("timestamp.no_checkpoint")
        over = f"checkpoint {checkpoint.checkpoint.size}"
        attempts = stamp_checkpoint(checkpoint, stamping=build_stamping())
    return {
        "attempts": [
            {
                "authority": one.authority,
                "code": one.code,
                "sha256": one.sha256.hex(),
                "stamped_at": clock.format_time(one.stamped_at) if one.stamped_at else None,
                **({"status": one.details["status"]} if "status" in one.details else {}),
            }
            for one in attempts
        ],
        "over": over,
    }


def run_status_command(arguments: Arguments) -> Answer:
    """Say how timestamps stand."""
    status = get_timestamp_status(card=read_locked_files(settings.HOME).card)
    return {
        "authorities": [
            {
                "code": one.code or None,
                "country": one.country,
                "good_at": clock.format_time(one.good_at) if one.good_at else None,
                "name": one.name,
                "next_at": clock.format_time(one.next_at) if one.next_at else None,
                "of_card": one.is_of_card,
                "said": one.said or None,
                "state": one.state,
            }
            for one in status.authorities
        ],
        "due_renewals": status.due_renewals,
        "size": status.size,
        "stamped_at": clock.format_time(status.stamped_at) if status.stamped_at else None,
        "tokens": status.tokens,
        "wishes": status.wishes,
        "without_note": status.without_note,
    }


def run_add_command(arguments: Arguments) -> Answer:
    """Ask a further authority from now on; the file of its certificates is the same user's."""
    try:
        pem = Path(str(arguments.get("certificates"))).read_text("ascii")
    except (OSError, UnicodeDecodeError):
        raise AigaqError("import.unreadable_file") from None
    authority = CardAuthority(
        name=str(arguments.get("name")),
        url=str(arguments.get("url")),
        country=str(arguments.get("country")),
        certificates=pem,
    )
    card = read_locked_files(settings.HOME).card
    add_authority(actor=None, authority=authority, card=card)
    return {"authorities": [one.name for one in list_authorities(card)]}


def run_remove_command(arguments: Arguments) -> Answer:
    """Ask a further authority no more."""
    remove_authority(actor=None, name=str(arguments.get("name")))
    card = read_locked_files(settings.HOME).card
    return {"authorities": [one.name for one in list_authorities(card)]}
