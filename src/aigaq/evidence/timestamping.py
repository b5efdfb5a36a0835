"""Takes timestamps: over the log's checkpoints every day, over items on request, and renewals.

Each authority is asked by itself. What one refuses or breaks is told to the caller, who raises an
alarm that a person sees, and it is asked again, later and later, up to every six hours. The network
stands outside every transaction. Source: ``spec/evidence-package.md``, "Timestamps"; PROTOCOL 26.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from aigaq import clock
from aigaq.accounts.permissions import Capability, check_may
from aigaq.accounts.selectors import Staff
from aigaq.core import audit
from aigaq.evidence import custody, models
from aigaq.evidence.errors import NotFound, TimestampError
from aigaq.evidence.renewal import (
    Subject,
    find_due_renewals,
    read_renewal_days,
    renew_subject,
)
from aigaq.evidence.revocation import Lists, fetch_lists
from aigaq.evidence.stamped_heads import hash_text, keep_note
from aigaq.evidence.timestamp_answers import Stamp, build_query, read_answer, read_certificates
from aigaq.evidence.timestamp_authorities import list_authorities
from aigaq.evidence.timestamp_client import ANSWER_SECONDS, Connect, post_query
from aigaq.evidence.timestamp_models import (
    AuthorityState,
    RevocationList,
    TimestampToken,
    TimestampWish,
)
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import CardAuthority
from aigaq.tlog import SignedCheckpoint

DAY_SECONDS = 86_400
#: For trials and tests: how old the newest token of an authority over the log may be.
SECONDS_SETTING = "AIGAQ_TIMESTAMP_SECONDS"
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
RENEWALS_A_ROUND = 20
#: What follows the authority in the note of custody.
RENEWED = ", renewed"


@dataclass(frozen=True)
class Attempt:
    """What came of asking one authority. Of ``code`` and ``token_id`` one is None."""

    authority: str
    sha256: bytes
    token_id: UUID | None = None
    stamped_at: datetime | None = None
    code: str | None = None
    #: What names the fault: ``since``, and ``status`` where the authority gave one.
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stamping:
    """What taking timestamps needs: the card, a way to the outside, and who hears of faults.

    ``on_failure`` is called in the transaction that records the fault.
    """

    card: Card
    connect: Connect
    on_failure: Callable[[Attempt], None]
    seconds: float = ANSWER_SECONDS

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of the desk's own authorities."""
        return frozenset(urlsplit(one.url).hostname or "" for one in list_authorities(self.card))


def read_stamp_seconds() -> int:
    """Return how often the log is timestamped: every day, or as the environment says."""
    text = os.environ.get(SECONDS_SETTING, "")
    return max(1, int(text)) if text.isdecimal() else DAY_SECONDS


def stamp_checkpoint(checkpoint: SignedCheckpoint, *, stamping: Stamping) -> tuple[Attempt, ...]:
    """Have every authority timestamp a checkpoint now.

    Raises `TimestampError` ``timestamp.no_authority``.
    """
    subject = build_subject(checkpoint)
    return tuple(_take(subject, authority=one, stamping=stamping) for one in _check_named(stamping))


def stamp_missing(checkpoint: SignedCheckpoint, *, stamping: Stamping) -> tuple[Attempt, ...]:
    """Have those authorities stamp a checkpoint that have not, and that do not pause."""
    taken = TimestampToken.objects.filter(checkpoint=checkpoint.note.text, renews=None)
    names = set(taken.values_list("authority", flat=True))
    return tuple(
        _take(build_subject(checkpoint), authority=one, stamping=stamping)
        for one in list_authorities(stamping.card)
        if one.name not in names and not is_paused(one.name)
    )


def stamp_item(*, actor: Staff | None, item_id: UUID, stamping: Stamping) -> tuple[Attempt, ...]:
    """Have every authority timestamp an item's hash now; who fails is asked again in rounds.

    Raises `NotFound`; `TimestampError` ``timestamp.no_authority``.
    """
    wish_for_item(actor=actor, item_id=item_id, card=stamping.card)
    attempts: list[Attempt] = []
    for one in list_authorities(stamping.card):
        attempts += _grant_wishes(one, stamping=stamping, item_id=item_id)
    return tuple(attempts)


@transaction.atomic
def wish_for_item(*, actor: Staff | None, item_id: UUID, card: Card) -> None:
    """Note that every authority should timestamp an item; the next round does it.

    Raises `NotFound`; `TimestampError` ``timestamp.no_authority``.
    """
    if actor is not None:
        check_may(actor, capability=Capability.SEE_ITEMS)
    item = models.Item.objects.filter(pk=item_id).first()
    if item is None:
        raise NotFound
    authorities = list_authorities(card)
    if not authorities:
        raise TimestampError("timestamp.no_authority")
    for one in authorities:
        TimestampWish.objects.get_or_create(
            item=item, authority=one.name, defaults={"by": actor, "wished_at": clock.now()}
        )


def stamp_due(
    checkpoint: SignedCheckpoint | None,
    *,
    stamping: Stamping,
    is_stopping: Callable[[], bool] = lambda: False,
) -> tuple[Attempt, ...]:
    """Do once all that is due: the day's tokens over the log, wishes, renewals.

    An authority that failed is left alone until its pause is over.
    """
    attempts: list[Attempt] = []
    # All stamp the log before any renews: it shows whose signer ends later.
    for step in (partial(_stamp_log, checkpoint=checkpoint), _grant_wishes, _renew):
        for authority in list_authorities(stamping.card):
            if is_stopping():
                return tuple(attempts)
            if not is_paused(authority.name):
                attempts += step(authority, stamping=stamping)
    _tell_of_stuck(stamping)
    return tuple(attempts)


def build_subject(checkpoint: SignedCheckpoint) -> Subject:
    """Return a checkpoint as what is timestamped: its text without signature lines."""
    return Subject(
        sha256=hash_text(checkpoint),
        log_origin=checkpoint.checkpoint.origin,
        checkpoint_size=checkpoint.checkpoint.size,
        checkpoint=checkpoint.note.text,
        signed=checkpoint,
    )


def is_paused(name: str) -> bool:
    """Tell whether an authority failed a short time ago."""
    now = clock.now()
    # No pause is longer: a later end is that of a clock that was ahead, and would last for years.
    until = now + LONGEST_PAUSE
    return AuthorityState.objects.filter(name=name, next_at__gt=now, next_at__lte=until).exists()


def _check_named(stamping: Stamping) -> Sequence[CardAuthority]:
    authorities = list_authorities(stamping.card)
    if not authorities:
        raise TimestampError("timestamp.no_authority")
    return authorities


def _stamp_log(
    authority: CardAuthority, *, stamping: Stamping, checkpoint: SignedCheckpoint | None
) -> Iterator[Attempt]:
    if checkpoint is None or checkpoint.checkpoint.size == 0:
        return
    taken = TimestampToken.objects.filter(
        authority=authority.name, checkpoint_size__isnull=False, renews=None
    )
    since = clock.now() - timedelta(seconds=read_stamp_seconds())
    is_fresh = taken.filter(stamped_at__gt=since).exists()
    is_same = taken.filter(checkpoint=checkpoint.note.text).exists()
    if not is_fresh and not is_same:
        yield _take(build_subject(checkpoint), authority=authority, stamping=stamping)


def _grant_wishes(
    authority: CardAuthority, *, stamping: Stamping, item_id: UUID | None = None
) -> Iterator[Attempt]:
    wishes = TimestampWish.objects.filter(authority=authority.name).select_related("item", "by")
    if item_id is not None:
        wishes = wishes.filter(item_id=item_id)
    for wish in list(wishes.order_by("wished_at")):
        subject = Subject(sha256=bytes(wish.item.sha256), item=wish.item, wish=wish)
        attempt = _take(subject, authority=authority, stamping=stamping, by=wish.by)
        yield attempt
        if attempt.code is not None:
            return


def _renew(authority: CardAuthority, *, stamping: Stamping) -> Iterator[Attempt]:
    names = [one.name for one in list_authorities(stamping.card)]
    steady = [name for name in names if not is_paused(name)]
    for token in find_due_renewals(limit=RENEWALS_A_ROUND):
        if _choose_renewer(token, among=steady) != authority.name:
            continue
        chain = read_certificates(token.chain)
        lists = fetch_lists(chain, connect=stamping.connect, hosts=stamping.hosts)
        _tell_of_end(token, lists=lists, stamping=stamping)
        subject = renew_subject(token, lists=lists)
        attempt = _take(subject, authority=authority, stamping=stamping)
        yield attempt
        if attempt.code is not None:
            return


def _choose_renewer(token: TimestampToken, *, among: Sequence[str]) -> str | None:
    """Return who can renew a token: its own authority, or else another one.

    Only those whose newest token ends later: a signer that ends as soon is no help.
    """
    able = []
    for name in among:
        newest = TimestampToken.objects.filter(authority=name).order_by("stamped_at").last()
        if newest is not None and newest.ends_at > token.ends_at:
            able.append(name)
    return token.authority if token.authority in able else next(iter(able), None)


def _tell_of_stuck(stamping: Stamping) -> None:
    """Tell of tokens whose end is near and that no authority can renew yet."""
    names = [one.name for one in list_authorities(stamping.card)]
    near = clock.now() + timedelta(days=read_renewal_days() / 4)
    for token in find_due_renewals(limit=RENEWALS_A_ROUND):
        if token.ends_at <= near and _choose_renewer(token, among=names) is None:
            details = {"ends_at": clock.format_time(token.ends_at)}
            code = "timestamp.cannot_renew"
            with transaction.atomic():
                stamping.on_failure(
                    Attempt(token.authority, bytes(token.sha256), code=code, details=details)
                )


@transaction.atomic
def _tell_of_end(token: TimestampToken, *, lists: Lists, stamping: Stamping) -> None:
    """Tell of a token whose certificate was revoked, or ended, before it is renewed.

    It is renewed all the same: whoever judges it sees what was known when.
    """
    at = {"token": str(token.pk)}
    if lists.revoked_at is not None:
        details = {**at, "revoked_at": clock.format_time(lists.revoked_at)}
        code = "timestamp.revoked_since"
        stamping.on_failure(
            Attempt(token.authority, bytes(token.sha256), code=code, details=details)
        )
    if token.ends_at <= clock.now():
        code = "timestamp.renewed_late"
        stamping.on_failure(Attempt(token.authority, bytes(token.sha256), code=code, details=at))


def _take(
    subject: Subject, *, authority: CardAuthority, stamping: Stamping, by: Staff | None = None
) -> Attempt:
    """Ask one authority and keep what comes of it."""
    try:
        query = build_query(subject.sha256)
        certificates = read_certificates(authority.certificates)
        received = post_query(
            stamping.connect, url=authority.url, query=query.data, seconds=stamping.seconds
        )
        now = clock.now()
        stamp = read_answer(received, query=query, certificates=certificates, now=now)
        lists = fetch_lists(stamp.chain, connect=stamping.connect, hosts=stamping.hosts)
        if lists.revoked_at is not None and lists.revoked_at <= stamp.at:
            raise TimestampError("timestamp.revoked")
        if subject.renews is not None and stamp.ends_at <= subject.renews.ends_at:
            raise TimestampError("timestamp.short_lived")
    except TimestampError as error:
        return _keep_failure(error, subject=subject, authority=authority, stamping=stamping)
    return _keep(stamp, lists=lists, subject=subject, authority=authority, by=by)


@transaction.atomic
def _keep_failure(
    error: TimestampError, *, subject: Subject, authority: CardAuthority, stamping: Stamping
) -> Attempt:
    now = clock.now()
    state, _ = AuthorityState.objects.get_or_create(name=authority.name)
    state.failures += 1
    state.code, state.said = error.code, str(error.context.get("said", ""))
    state.failing_since = state.failing_since or now
    state.next_at = now + min(FIRST_PAUSE * 2 ** min(state.failures - 1, 10), LONGEST_PAUSE)
    state.save()
    details = {"since": clock.format_time(state.failing_since)}
    if "status" in error.context:
        details["status"] = str(error.context["status"])
    attempt = Attempt(authority.name, subject.sha256, code=error.code, details=details)
    stamping.on_failure(attempt)
    return attempt


@transaction.atomic
def _keep(
    stamp: Stamp, *, lists: Lists, subject: Subject, authority: CardAuthority, by: Staff | None
) -> Attempt:
    if subject.item is not None and not models.Item.objects.filter(pk=subject.item.pk).exists():
        # Forgotten while the authority was asked: the token goes with it.
        return Attempt(authority.name, subject.sha256, stamped_at=stamp.at)
    token = TimestampToken.objects.create(
        authority=authority.name,
        sha256=subject.sha256,
        log_origin=subject.log_origin,
        checkpoint_size=subject.checkpoint_size,
        checkpoint=subject.checkpoint,
        item=subject.item,
        renews=subject.renews,
        response=stamp.response,
        received=None if stamp.received == stamp.response else stamp.received,
        chain=stamp.chain_pem,
        stamped_at=stamp.at,
        ends_at=stamp.ends_at,
        revocation_code=lists.code,
    )
    _keep_lists(token, lists=lists)
    if subject.signed is not None:
        keep_note(subject.signed)
    if subject.renews is not None and subject.lists is not None:
        # What the renewal covers is what stays; no list is fetched for that token again.
        subject.renews.lists.all().delete()
        subject.renews.revocation_code = subject.lists.code
        subject.renews.save(update_fields=["revocation_code"])
        _keep_lists(subject.renews, lists=subject.lists)
    if subject.wish is not None:
        subject.wish.delete()
    AuthorityState.objects.update_or_create(
        name=authority.name,
        defaults={
            "code": "",
            "failing_since": None,
            "failures": 0,
            "good_at": clock.now(),
            "next_at": None,
            "said": "",
        },
    )
    if subject.item is not None:
        custody.append(
            "timestamped",
            by=by,
            report_id=bytes(subject.item.filed.report_id),
            item_number=subject.item.number,
            sha256=bytes(subject.item.sha256),
            note=authority.name + (RENEWED if subject.renews is not None else ""),
        )
    audit.record(
        "evidence.timestamped", actor=by, subject=token, context={"authority": authority.name}
    )
    return Attempt(authority.name, subject.sha256, token_id=token.pk, stamped_at=stamp.at)


def _keep_lists(token: TimestampToken, *, lists: Lists) -> None:
    now = clock.now()
    for number, data in lists.found.items():
        RevocationList.objects.create(token=token, number=number, data=data, fetched_at=now)
