"""What the desk gives the log and keeps of it: daily heads, carried reports, chaff, places.

Each head is blinded under a salt of its own, kept here for ever with its opening. The gate says
where a value stands; it is believed only with a proof under a checkpoint that the log signed.
Every step can be killed and repeated. Source: ``spec/log.md``; PROTOCOL 21, 22, 24.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import Max, Q

from aigaq import clock
from aigaq.core import audit
from aigaq.evidence import custody, models, register
from aigaq.evidence.log_source import LogSource, OpenedLog
from aigaq.evidence.shapes import ChainHead
from aigaq.sealing.card import Card
from aigaq.sealing.log_entries import (
    AUDIT_HEAD,
    CHAFF,
    CUSTODY_HEAD,
    REGISTER_HEAD,
    Opening,
    encode_head,
    make_opening,
)
from aigaq.tlog import TlogError

DAY_SECONDS = 86_400
#: For trials and tests: how old the newest heads may be.
SETTING = "AIGAQ_HEADS_SECONDS"
POSTED_AT_ONCE = 16
ASKED_AT_ONCE = 500
CHAFF_PAGES = 100
#: When a log began that took the place of no other.
ALWAYS = datetime.min.replace(tzinfo=UTC)


class ListedChaff(Protocol):
    """An opening of chaff as the gate hands it over."""

    @property
    def number(self) -> int: ...
    @property
    def salt(self) -> bytes: ...
    @property
    def value(self) -> bytes: ...


class LogGate(Protocol):
    """What the desk asks of the gate's log under the desk key."""

    def post_heads(self, values: Sequence[bytes]) -> None:
        """Queue 1 to 16 blinded values for the log; again is no harm."""

    def find_indexes(self, values: Sequence[bytes]) -> Sequence[int | None]:
        """Return where 1 to 500 blinded values stand in the published log, as the gate says."""

    def list_chaff(self, *, after: int) -> Sequence[ListedChaff]:
        """Return the next openings of chaff, none at the end."""

    def confirm_chaff(self, *, up_to: int) -> None:
        """Say that the desk has them durably, so that the gate erases them."""


def read_heads_seconds() -> int:
    """Return how often heads are made: every day, or as the environment says."""
    text = os.environ.get(SETTING, "")
    return max(1, int(text)) if text.isdecimal() else DAY_SECONDS


def sync_log(
    gate: LogGate,
    *,
    source: LogSource,
    card: Card,
    began_at: datetime = ALWAYS,
    kept_until: datetime | None = None,
) -> None:
    """Do once what is due between desk and log. Raises what ``gate`` raises.

    An opening that is lost is never found again. So a head is posted, and chaff erased at the gate,
    only when the desk's second place has the opening, too: what was made before ``kept_until``.
    None: there is no second place. ``began_at`` is when the present log began.
    """
    make_heads()
    take_chaff(gate, kept_until=kept_until)
    post_waiting(gate, card=card, began_at=began_at, kept_until=kept_until)
    find_places(gate, source=source, card=card)


def make_heads() -> int:
    """Make heads of register, custody and history, if the newest are old enough; return how many.

    The history is last: its head is that of the event before the one that tells of it.
    """
    now = clock.now()
    since = now - timedelta(seconds=read_heads_seconds())
    # One of a clock that was ahead does not count: it would stop all heads until its day comes.
    if models.HeadOpening.objects.filter(made_at__gt=since, made_at__lte=now).exists():
        return 0
    with transaction.atomic():
        _keep_head(REGISTER_HEAD, head=register.read_head(), now=now)
        _keep_head(CUSTODY_HEAD, head=custody.read_head(), now=now)
        _keep_head(AUDIT_HEAD, head=ChainHead(*audit.read_head()), now=now)
        audit.record("evidence.heads_made", actor=None, kind="heads")
    return 3


def take_chaff(gate: LogGate, *, kept_until: datetime | None = None) -> int:
    """Take the openings of chaff over, durably; return how many.

    The gate may erase those that the desk's other place has as well (``kept_until``).
    """
    waiting = models.ChaffOpening.objects.filter(number__isnull=False)
    after, taken = waiting.aggregate(last=Max("number"))["last"] or 0, 0
    for _ in range(CHAFF_PAGES):
        listed = list(gate.list_chaff(after=after))
        if not listed:
            break
        _keep_chaff(listed, now=clock.now())
        after = max(one.number for one in listed)
        taken += len(listed)
    kept = waiting if kept_until is None else waiting.filter(taken_at__lt=kept_until)
    up_to = kept.aggregate(last=Max("number"))["last"]
    if up_to is not None:
        gate.confirm_chaff(up_to=up_to)
        waiting.filter(number__lte=up_to).update(number=None)
    return taken


def _keep_chaff(listed: Sequence[ListedChaff], *, now: datetime) -> None:
    models.ChaffOpening.objects.bulk_create(
        [
            models.ChaffOpening(
                blinded=Opening(kind=CHAFF, salt=one.salt, value=one.value).blinded,
                salt=one.salt,
                value=one.value,
                number=one.number,
                taken_at=now,
            )
            for one in listed
        ],
        update_conflicts=True,
        unique_fields=["blinded"],
        update_fields=["number"],
    )


def has_unkept_heads(*, kept_until: datetime) -> bool:
    """Tell whether a head waits for a copy of its opening before it can be posted."""
    return models.HeadOpening.objects.filter(posted_at=None, made_at__gte=kept_until).exists()


def post_waiting(
    gate: LogGate, *, card: Card, began_at: datetime = ALWAYS, kept_until: datetime | None = None
) -> int:
    """Queue heads, and commitments of reports that the gate does not queue itself; return how many.

    The gate queues what comes by it: reports of phones, and told ones when they are sent. What it
    took and did not enter in time (its own disk was lost), and what came before ``began_at``, to a
    log that was retired, is queued from here.
    """
    now = clock.now()
    delay = timedelta(seconds=card.maximum_delay_seconds)
    waiting = Q(posted_at=None) | Q(posted_at__lt=now - delay) | Q(posted_at__gt=now)
    heads = models.HeadOpening.objects.filter(waiting, log_index=None, retired_log="")
    heads = heads.order_by("made_at")
    if kept_until is not None:
        # A second place that is away for weeks must not keep heads out of the log for weeks.
        day_ago = now - timedelta(seconds=DAY_SECONDS)
        heads = heads.filter(Q(made_at__lt=max(kept_until, day_ago)) | Q(made_at__gt=now))
    # Nobody knows when a seized gate took its last report; what is posted twice stands once.
    by_gate = Q(came_by="gate", received_at__gte=began_at + timedelta(seconds=DAY_SECONDS))
    still_unsent = Q(came_by="desk", received_at__gte=max(began_at, now - delay))
    reports = models.FiledReport.objects.filter(
        waiting, commitment__isnull=False, log_index=None, retired_log=""
    ).exclude(by_gate | still_unsent)
    values = [bytes(one) for one in heads.values_list("blinded", flat=True)]
    values += list_bytes(reports.values_list("commitment", flat=True).distinct())
    for some in _split(values, POSTED_AT_ONCE):
        gate.post_heads(some)
        models.HeadOpening.objects.filter(blinded__in=some).update(posted_at=now)
        models.FiledReport.objects.filter(commitment__in=some).update(posted_at=now)
    return len(values)


@transaction.atomic
def begin_new_log(*, retired: str, find: Callable[[bytes], int | None]) -> int:
    """Leave what the log named ``retired`` proves where it is; return how many reports wait anew.

    ``find`` says where a commitment stands under the last head that others hold, or None. Such a
    report is never entered into another log: whoever compares the two would know it from chaff.
    """
    heads = models.HeadOpening.objects.filter(retired_log="")
    heads.filter(log_index__isnull=False).update(retired_log=retired)
    heads.filter(log_index=None).update(posted_at=None, asked_at=None)
    # The numbers were the old gate's; a new one counts from the beginning.
    models.ChaffOpening.objects.filter(number__isnull=False).update(number=None)
    left = 0
    reports = models.FiledReport.objects.filter(commitment__isnull=False, retired_log="")
    for report in reports.only("pk", "commitment").iterator(chunk_size=1_000):
        index = find(bytes(report.commitment or b""))
        left += index is None
        models.FiledReport.objects.filter(pk=report.pk).update(
            asked_at=None,
            log_index=index,
            logged_at=None if index is None else clock.now(),
            posted_at=None,
            retired_log="" if index is None else retired,
        )
    audit.record("evidence.log_begun_anew", actor=None, kind="log", context={"waiting": left})
    return left


def find_places(gate: LogGate, *, source: LogSource, card: Card) -> int:
    """Ask where waiting values stand, prove it, and keep it; return how many were found."""
    now = clock.now()
    interval = timedelta(seconds=card.interval_seconds)
    is_old = Q(asked_at=None) | Q(asked_at__lt=now - interval) | Q(asked_at__gt=now)
    due = Q(log_index=None) & is_old
    heads = models.HeadOpening.objects.filter(due, posted_at__isnull=False)
    reports = models.FiledReport.objects.filter(due, commitment__isnull=False).filter(
        Q(came_by__in=("gate", "desk")) | Q(posted_at__isnull=False)
    )
    values = [bytes(one) for one in heads.values_list("blinded", flat=True)]
    values += list_bytes(reports.values_list("commitment", flat=True).distinct())
    found = 0
    for asked in _split(values, ASKED_AT_ONCE):
        said = zip(asked, gate.find_indexes(asked), strict=True)
        places = {value: index for value, index in said if index is not None}
        models.HeadOpening.objects.filter(blinded__in=asked).update(asked_at=now)
        models.FiledReport.objects.filter(commitment__in=asked).update(asked_at=now)
        if places:
            found += _keep_places(places, log=OpenedLog(source, card=card), now=now)
    return found


def _keep_head(kind: str, *, head: ChainHead, now: datetime) -> None:
    value = encode_head(count=head.count, head=head.head)
    opening = make_opening(kind=kind, value=value)
    models.HeadOpening.objects.create(
        blinded=opening.blinded,
        kind=kind,
        salt=opening.salt,
        value=value,
        count=head.count,
        head=head.head,
        made_at=now,
    )


def _keep_places(places: dict[bytes, int], *, log: OpenedLog, now: datetime) -> int:
    kept = 0
    for value, index in places.items():
        try:
            log.check_entry(value, index=index)
        except TlogError:
            # Not proven is not found: it becomes overdue, and audit and the watch say so.
            continue
        heads = models.HeadOpening.objects.filter(blinded=value, retired_log="")
        heads.update(log_index=index, logged_at=now)
        reports = models.FiledReport.objects.filter(commitment=value, retired_log="")
        reports.update(log_index=index, logged_at=now)
        kept += 1
    return kept


def list_bytes(values: Iterable[bytes | memoryview | None]) -> list[bytes]:
    """Return what a column holds, without its gaps."""
    return [bytes(one) for one in values if one is not None]


def _split(values: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(values), size):
        yield values[at : at + size]
