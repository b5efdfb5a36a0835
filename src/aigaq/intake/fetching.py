"""What the desk does by itself always, also while it is locked: it fetches, watches and notifies.

`intake-pull` fetches ciphertext with the fetch key, plans and sends notices, and looks at card,
bundle and log as a stranger would. Each step can be killed at any instant; the next round takes it
up.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError

from aigaq import clock
from aigaq.core import background
from aigaq.core.errors import DeskLocked
from aigaq.core.held_keys import HELD
from aigaq.errors import AigaqError
from aigaq.intake import filing, log_watch, models, notices, way
from aigaq.intake.gate_client import GateClient
from aigaq.intake.locked_files import read_locked_files
from aigaq.intake.notice_state import NoticeState
from aigaq.intake.public_watch import read_watch, watch_public
from aigaq.intake.pull import Pulled, Puller
from aigaq.intake.spool import Spool

PULL, WORK = "intake-pull", "intake-work"
PULL_SECONDS = (35, 85)
WATCH_SECONDS = 1_800


class JitteredRounds(background.Rounds):
    """Rounds at random distances, so that nobody on the line can tell a desk by its beat."""

    def __init__(self, *, name: str, between: tuple[int, int], run: Callable[[], None]) -> None:
        self._between = between
        super().__init__(name=name, seconds=self._draw(), run=self._round)
        self._inner = run

    def _round(self) -> None:
        self._seconds = self._draw()
        self._inner()

    def _draw(self) -> float:
        low, high = self._between
        return low + secrets.randbelow((high - low) * 1_000) / 1_000


def build_pull_rounds() -> background.Rounds:
    """Return the thread that fetches and watches."""
    rounds: list[JitteredRounds] = []
    rounds.append(
        JitteredRounds(
            name=PULL,
            between=PULL_SECONDS,
            run=lambda: _pull_quietly(is_stopping=lambda: rounds[0].is_stopping),
        )
    )
    return rounds[0]


def pull_round(*, is_stopping: Callable[[], bool] = lambda: False, by_hand: bool = False) -> Pulled:
    """Fetch once with the fetch key, and do what else a locked desk does.

    ``by_hand``: someone asked for it, so damaged reports are asked for again at once.
    """
    if not settings.HOME.is_set_up():
        return Pulled(0, 0, "gate.not_set_up")
    if by_hand:
        Spool(settings.HOME).ask_now()
    files = read_locked_files(settings.HOME)
    puller = Puller(
        spool=Spool(settings.HOME),
        team_id=files.card.team_id,
        connect=lambda: GateClient(
            origin=files.gate_origin,
            team_id=files.card.team_id,
            key=files.fetch_key,
            purpose=way.FETCH,
        ),
        is_known=_is_filed,
        is_stopping=is_stopping,
    )
    pulled = puller.pull()
    if pulled.reports or pulled.messages:
        NoticeState(settings.HOME).plan(now=clock.now())
        background.REGISTRY.wake(WORK)
    _watch_if_due(now=clock.now())
    if log_watch.watch_quietly(settings.HOME):
        NoticeState(settings.HOME).plan(now=clock.now())
        background.REGISTRY.wake(WORK)
    _send_notice_if_due(now=clock.now())
    return pulled


def _pull_quietly(*, is_stopping: Callable[[], bool]) -> None:
    pull_round(is_stopping=is_stopping)


def _is_filed(report_id: bytes) -> bool:
    """Tell whether the database knows a report; a locked desk asks the spool alone."""
    if not HELD.is_open:
        return False
    try:
        return filing.find_report(report_id) is not None
    except (DeskLocked, DatabaseError):
        return False


def _watch_if_due(*, now: datetime) -> None:
    watch = read_watch(settings.HOME)
    checked = watch.card.checked_at
    if checked is None or (now - checked).total_seconds() > WATCH_SECONDS:
        watch_public(settings.HOME, files=read_locked_files(settings.HOME))


def _send_notice_if_due(*, now: datetime) -> None:
    stored = notices.read_notice_settings(settings.HOME)
    if stored is None and HELD.is_open:
        try:
            row = models.NoticeStore.objects.first()
        except (DeskLocked, DatabaseError):
            return
        stored = notices.parse_stored(row.stored) if row is not None else None
    if stored is not None:
        try:
            NoticeState(settings.HOME).send_if_due(stored, now=now)
        except AigaqError:
            # Drawn again for later; the address and the reason are nobody's business in a log.
            return
