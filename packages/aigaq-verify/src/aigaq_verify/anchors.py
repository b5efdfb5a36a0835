"""What anchors a log's head: the log's signature, the policy's quorum, timestamps, retirement.

Source: ``spec/log.md``; ``spec/policy.md``, step 4; PROTOCOL 25, 26.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aigaq_verify.cards import Card
from aigaq_verify.errors import VerifyError
from aigaq_verify.notes import (
    Checkpoint,
    Note,
    NoteKey,
    find_signers,
    parse_checkpoint,
    parse_note,
)
from aigaq_verify.policy import Policy, Retirement, parse_retirement


@dataclass(frozen=True)
class Head:
    """A checkpoint whose log signature was checked, and who of the policy cosigned it, when."""

    checkpoint: Checkpoint
    note: Note
    log_key: bytes
    #: By the policy's name of the witness, Unix seconds: when it first did, and when it last did.
    cosigned_at: dict[str, int]
    last_cosigned_at: dict[str, int]
    #: How many of the policy's witnesses cosigned only after the moment that is judged for.
    later: int = 0

    def has_quorum(self, policy: Policy | None) -> bool:
        """Tell whether the policy's quorum stands under this head. Without a policy: no."""
        if policy is None or policy.log.quorum is None:
            return False
        return policy.log.quorum.is_met(frozenset(self.cosigned_at))

    def witnessed_at(self, policy: Policy | None) -> datetime | None:
        """Return the earliest moment by which the quorum had cosigned, or None."""
        if policy is None or policy.log.quorum is None:
            return None
        for at in sorted(set(self.cosigned_at.values())):
            until = frozenset(name for name, one in self.cosigned_at.items() if one <= at)
            if policy.log.quorum.is_met(until):
                return datetime.fromtimestamp(at, UTC)
        return None

    def is_quorum_later_than(self, moment: datetime, *, policy: Policy | None) -> bool:
        """Tell whether the policy's quorum is met by cosignatures that are all of after ``moment``.

        Whoever follows a log cosigns no head older than one cosigned before; so what is not under
        this head was not in the log that they saw then. A token would not show that.
        """
        if policy is None or policy.log.quorum is None:
            return False
        after = moment.timestamp()
        late = frozenset(name for name, at in self.last_cosigned_at.items() if at > after)
        return policy.log.quorum.is_met(late)


def open_head(
    data: bytes,
    *,
    cards: Sequence[Card],
    policy: Policy | None,
    until: datetime,
    follows: bool = False,
) -> Head:
    """Return the head in a note that a log key of ``cards`` signed, for its own origin.

    ``until``: no cosignature of later counts.

    ``follows``: where the policy retires such a key, its log may be the one that took its place,
    too: the root key names that one, the policy its key. So it is for receipts, which have one card
    for ever; a package has the card of its log.

    Raises `VerifyError`: ``note.*``, ``checkpoint.bad_form``, ``checkpoint.other_log`` (no card, or
    no policy, names this log).
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    logs = {card.log for card in cards}
    logs |= _list_successors(cards, policy=policy) if follows else set()
    logs = {log for log in logs if log.name == checkpoint.origin}
    if not logs:
        raise VerifyError("checkpoint.other_log")
    if policy is not None and policy.log.logs:
        logs = {log for log in logs if log in policy.log.logs}
        if not logs:
            raise VerifyError("checkpoint.other_log")
    signers = find_signers(note, logs)
    if not signers:
        raise VerifyError("note.not_signed")
    witnesses = policy.log.witnesses if policy is not None else {}
    all_cosigned = _list_cosignatures(note, witnesses)
    end = until.timestamp()
    in_time = {name: [at for at in ats if at <= end] for name, ats in all_cosigned.items()}
    cosigned = {name: ats for name, ats in in_time.items() if ats}
    return Head(
        checkpoint=checkpoint,
        note=note,
        log_key=next(iter(signers)).public_key,
        cosigned_at={name: min(moments) for name, moments in cosigned.items()},
        last_cosigned_at={name: max(moments) for name, moments in cosigned.items()},
        later=len(all_cosigned) - len(cosigned),
    )


def _list_cosignatures(note: Note, witnesses: Mapping[str, NoteKey]) -> dict[str, list[int]]:
    """Return by the policy's name of each witness that cosigned, when. Raises `VerifyError`."""
    found: dict[str, list[int]] = {}
    for line in note.signatures:
        alone = Note(note.text, (line,))
        for name, key in witnesses.items():
            at = find_signers(alone, [key]).get(key)
            if at is not None:
                found.setdefault(name, []).append(at)
    return found


def _list_successors(cards: Sequence[Card], *, policy: Policy | None) -> set[NoteKey]:
    """Return the logs of the policy that came after a retired log of ``cards``."""
    if policy is None or not cards:
        return set()
    root_key = cards[0].root_key
    retired = [parse_retirement(one, root_key=root_key) for one in policy.retirement_texts]
    names = {card.log_origin for card in cards}
    for one in retired:  # In the order in which they were signed.
        if one.log_origin in names:
            names.add(one.new_log_origin)
    names -= {card.log_origin for card in cards}
    return {log for log in policy.log.logs if log.name in names}


def is_retired(log_key: bytes, *, policy: Policy | None, root_key: bytes) -> bool:
    """Tell whether ``policy`` holds a retirement of this log key. Raises `VerifyError`."""
    texts = policy.retirement_texts if policy is not None else ()
    return log_key in {parse_retirement(one, root_key=root_key).log_key for one in texts}


def check_not_retired(
    head: Head, *, policy: Policy | None, root_key: bytes, witnessed_at: Sequence[datetime]
) -> None:
    """Raise ``checkpoint.retired`` if the head's log key was retired before anybody saw this head.

    ``witnessed_at`` are moments at which a quorum or an authority of the policy vouched for it.
    """
    texts = policy.retirement_texts if policy is not None else ()
    # A retirement that is not under this root is a fault of the policy, and stops here.
    for retirement in (parse_retirement(text, root_key=root_key) for text in texts):
        if retirement.log_key != head.log_key:
            continue
        if not _was_seen_before(head, retirement, witnessed_at):
            raise VerifyError("checkpoint.retired")


def _was_seen_before(head: Head, retirement: Retirement, witnessed_at: Sequence[datetime]) -> bool:
    if any(at <= retirement.retired_at for at in witnessed_at):
        return True
    # The very head that the root key names as the last one.
    return retirement.last_checkpoint == head.note.text
