"""Since when the reports of a package are there: what its own head and earlier heads prove.

An earlier head says that the reports stood in the log by the time at which somebody of the policy
vouched for it. It anchors nothing else: what is anchored, and custody, stand on the package's own
head alone. Source: ``spec/evidence-package.md``, "Earlier heads"; ``spec/policy.md``, steps 4 to 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aigaq_verify.anchors import Head, check_not_retired, is_retired, open_head
from aigaq_verify.cards import Card, find_replaced_at
from aigaq_verify.encoding import format_time
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Policy
from aigaq_verify.words import Told


@dataclass
class SeenHead:
    """A head with its file's bytes, and the moments at which the policy's people vouched for it."""

    head: Head
    data: bytes
    stamps: list[datetime] = field(default_factory=list)

    def witnessed_at(self, policy: Policy | None) -> list[datetime]:
        """Return when a quorum of the policy and each of its tokens vouched for this head."""
        seen = self.head.witnessed_at(policy)
        return [*self.stamps, *([seen] if seen is not None else [])]


def open_earlier(
    name: str,
    data: bytes,
    *,
    own: Head,
    cards: Sequence[Card],
    policy: Policy | None,
    until: datetime,
) -> SeenHead:
    """Return an earlier head of the log of ``own``. Raises `VerifyError`."""
    head = open_head(data, cards=cards, policy=policy, until=until)
    if (head.checkpoint.origin, head.log_key) != (own.checkpoint.origin, own.log_key):
        raise VerifyError("checkpoint.other_log")
    if name != f"evidence/checkpoints/{head.checkpoint.size}.checkpoint":
        raise VerifyError("checkpoint.bad_form")
    if head.checkpoint.size >= own.checkpoint.size:
        raise VerifyError("checkpoint.bad_form")
    return SeenHead(head, data)


def check_seen_in_time(
    head: Head,
    *,
    cards: Sequence[Card],
    policy: Policy | None,
    witnessed_at: Sequence[datetime],
    root_key: bytes,
) -> None:
    """Raise ``checkpoint.retired`` if the log's key was given up before anybody saw this head.

    A key that a later card replaced counts for what was seen before, as one that is retired. A
    retirement in the policy goes first; without a policy nobody is known to have seen anything.
    """
    check_not_retired(head, policy=policy, root_key=root_key, witnessed_at=witnessed_at)
    replaced_at = find_replaced_at(cards, log_key=head.log_key)
    if policy is None or replaced_at is None:
        return
    if is_retired(head.log_key, policy=policy, root_key=root_key):
        return
    if not any(at <= replaced_at for at in witnessed_at):
        raise VerifyError("checkpoint.retired")


def find_since(
    seen: SeenHead, *, cards: Sequence[Card], policy: Policy | None, root_key: bytes
) -> datetime | None:
    """Return the earliest moment at which somebody of the policy vouched for a head, or None.

    What was vouched for only after its key was given up says nothing.
    """
    moments = seen.witnessed_at(policy)
    try:
        check_seen_in_time(
            seen.head, cards=cards, policy=policy, witnessed_at=moments, root_key=root_key
        )
    except VerifyError as error:
        if error.code != "checkpoint.retired":
            raise
        return None
    return min(moments, default=None)


def say_since(
    own: tuple[int, datetime | None], earlier: Sequence[tuple[int, datetime]]
) -> list[Told]:
    """Tell since when the reports, and all of the package's head, are there."""
    size, at = own
    known = [(moment, entries) for entries, moment in earlier]
    known += [(at, size)] if at is not None else []
    if not known:
        return [("earlier_none",)]
    moment, entries = min(known)
    since: Told = ("since", format_time(moment), str(entries))
    if at is None:
        return [since, ("own_unknown", str(size))]
    return [since, ("own_since", str(size), format_time(at))]
