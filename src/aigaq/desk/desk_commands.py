"""What a running desk does for `aigaq desk …`, and the watch that locks it when it is idle."""

from django.conf import settings

from aigaq.accounts import selectors
from aigaq.accounts.cards import read_card, record_published
from aigaq.accounts.live_rule import accept_texts
from aigaq.accounts.pages import stamp_pages
from aigaq.core import background, commands
from aigaq.core.commands import Answer, Arguments
from aigaq.core.errors import VaultError
from aigaq.desk.locking import LOCKING
from aigaq.intake.gate_client import GateClient

IDLE_CHECK_SECONDS = 10.0


def register_all() -> None:
    """Register the commands and the watch."""
    commands.register("status", run=status, while_locked=True)
    commands.register("unlock", run=unlock, while_locked=True)
    commands.register("lock", run=lock, while_locked=True)
    commands.register("card.publish", run=publish_card)
    background.register("idle-lock", factory=build_idle_watch)


def status(arguments: Arguments) -> Answer:
    """Say whether the desk is open and what runs."""
    return {
        "open": LOCKING.is_open,
        "running": background.REGISTRY.list_running(),
        "set_up": settings.HOME.is_set_up(),
    }


def unlock(arguments: Arguments) -> Answer:
    """Open the desk with a passphrase."""
    passphrase = arguments.get("passphrase")
    if not isinstance(passphrase, str):
        raise VaultError("vault.wrong_passphrase")
    if not settings.HOME.is_set_up():
        raise VaultError("vault.missing")
    LOCKING.unlock(home=settings.HOME, passphrase=passphrase)
    return {"open": True}


def lock(arguments: Arguments) -> Answer:
    """Lock the desk."""
    LOCKING.lock()
    return {"open": False}


def publish_card(arguments: Arguments) -> Answer:
    """Put the newest card at the gate and make the pages that hold it.

    Raises what the gate's client raises, and then the pages are as they were; `AccountsError`
    ``accounts.unreviewed_texts``.
    """
    card = read_card()
    reason = str(arguments.get("accept_unreviewed", ""))
    accept_texts(card.languages, state=card.state, reason=reason)
    client = GateClient(origin=card.gate_origin, team_id=card.team_id, key=selectors.get_desk_key())
    with client:
        client.publish_card(card=selectors.get_card())
    record_published(version=card.version)
    pages = stamp_pages(
        home=settings.HOME,
        gate=settings.HOME.gate,
        root_key=bytes(selectors.get_organisation().root_key),
        card=selectors.get_card(),
    )
    return {"pages": str(pages), "version": card.version}


def build_idle_watch() -> background.Rounds:
    """Return the thread that locks the desk when nobody did anything for the set time."""

    def lock_when_idle() -> None:
        limit_seconds = selectors.get_organisation().idle_lock_minutes * 60
        if LOCKING.get_idle_seconds() >= limit_seconds and not LOCKING.has_command():
            LOCKING.lock()

    return background.Rounds(name="idle-lock", seconds=IDLE_CHECK_SECONDS, run=lock_when_idle)
