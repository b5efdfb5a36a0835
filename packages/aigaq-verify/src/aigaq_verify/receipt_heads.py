"""The heads of the log under which the entry of a receipt stands: its proof's, and a copy's.

Steps 6 and 8 of receipts. Both heads carry the signature of the log's key; so they are two moments
of one history, or the key signed two, which is a fork and never "missing". Source:
``spec/policy.md``, "Steps of receipt"; PROTOCOL 25, 29.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aigaq_verify.anchors import Head, check_not_retired, is_retired, open_head
from aigaq_verify.cards import Card
from aigaq_verify.copy_tokens import read_rows
from aigaq_verify.encoding import format_time
from aigaq_verify.errors import VerifyError
from aigaq_verify.log_copy import Copy, check_copy, read_head
from aigaq_verify.merkle import check_inclusion, hash_entry
from aigaq_verify.moments import say_later
from aigaq_verify.notes import MAXIMUM_NOTE_BYTES, Proof, parse_proof
from aigaq_verify.policy import Policy
from aigaq_verify.promises import Promise
from aigaq_verify.renewals import find_anchor, judge_row
from aigaq_verify.verdict import FAILED, NOT_ANCHORED, PASSED, SKIPPED, UNKNOWN, Verdict
from aigaq_verify.words import Told

_RETIRED = "checkpoint.retired"
_PROOF, _LOG = (6, "inclusion"), (8, "log")
_NONE: Mapping[str, datetime] = {}


@dataclass(frozen=True)
class Anchored:
    """A head, and what is told of who vouches for it; None if nobody whom the policy asks does."""

    head: Head
    told: tuple[Told, ...] | None
    #: Its key was retired before anybody saw it: it shows nothing, not even a fork.
    is_void: bool

    @property
    def size(self) -> int:
        """How many entries it is over."""
        return self.head.checkpoint.size


@dataclass(frozen=True)
class Proven:
    """What step 6 found: the entry's place under a head."""

    index: int
    under: Anchored


@dataclass
class ReceiptHeads:
    """Looks for one commitment under the heads of the log of ``card``."""

    verdict: Verdict
    commitment: bytes
    card: Card
    policy: Policy | None
    log: Path | None
    #: The moment of the verdict, for which it is asked whether tokens are still proof.
    now: datetime
    #: What was made after it vouches for nothing.
    until: datetime
    proven: Proven | None = None

    @property
    def entry(self) -> bytes:
        """The entry of the log that the receipt speaks of."""
        return b"\x01" + self.commitment

    def check_proof(self, data: bytes | None) -> None:
        """Step 6. A head that nobody vouches for is left to a copy, which may carry it."""
        if data is None:
            if self.log is not None:
                self.verdict.note(*_PROOF, SKIPPED, [("proof_in_copy",)])
                return
            self.verdict.note(*_PROOF, UNKNOWN, [("proof_missing",)], code="proof.missing")
            return
        proof = parse_proof(data)
        head = self._open(proof.note)
        self._check_in_head(proof, head)
        under = self._judge(head)
        self.proven = Proven(proof.index, under)
        index = str(proof.index)
        if under.told is not None:
            self.verdict.note(*_PROOF, PASSED, [("in_log", index), *under.told])
        elif self.log is not None:
            told: list[Told] = [("under_untrusted", index), *self._say_later(head)]
            told.append(("step_8_looks",))
            self.verdict.note(*_PROOF, SKIPPED, told)
        elif under.is_void:
            raise VerifyError(_RETIRED)
        else:
            has_quorum = head.has_quorum(self.policy)
            key = "in_log_needs_stamps" if has_quorum else "in_log_no_quorum"
            self.verdict.note(*_PROOF, NOT_ANCHORED, [(key,), *self._say_later(head)])

    def _open(self, note: bytes) -> Head:
        return open_head(
            note, cards=[self.card], policy=self.policy, until=self.until, follows=True
        )

    def _check_in_head(self, proof: Proof, head: Head) -> None:
        check_inclusion(
            leaf=hash_entry(self.entry),
            index=proof.index,
            size=head.checkpoint.size,
            path=proof.path,
            root=head.checkpoint.root,
            area="proof",
        )

    def _say_later(self, head: Head) -> list[Told]:
        return say_later("later_cosignatures", head.later, until=self.until)

    def _judge(self, head: Head, *, stamps: Mapping[str, datetime] = _NONE) -> Anchored:
        """Return what anchors ``head`` under the policy's ``require``.

        ``stamps``: by authority of the policy, when its token over this very head was made.
        """
        seen = head.witnessed_at(self.policy)
        witnessed = [*stamps.values(), *([seen] if seen is not None else [])]
        try:
            check_not_retired(
                head, policy=self.policy, root_key=self.card.root_key, witnessed_at=witnessed
            )
        except VerifyError as error:
            if error.code != _RETIRED:
                raise
            return Anchored(head, None, is_void=True)
        told: list[Told] = [] if seen is None else [("cosigned_by", format_time(seen))]
        if stamps:
            first = format_time(min(stamps.values()))
            told.append(("stamps_trusted", str(len(stamps)), first))
        is_anchored = self.policy is not None and (
            (seen is not None or not self.policy.needs_quorum)
            and len(stamps) >= self.policy.needed_timestamps
        )
        return Anchored(head, tuple(told) if is_anchored else None, is_void=False)

    def _list_stamps(self, log: Path, head: Head) -> dict[str, datetime]:
        """Return by authority of the policy when it stamped ``head``. Raises ``token.*``."""
        authorities = self.policy.authorities if self.policy is not None else ()
        text, found = head.note.text.encode("utf-8"), dict[str, datetime]()
        for row in read_rows(log):
            judged = judge_row(row, text=text, authorities=authorities)
            token, _ = find_anchor(judged, now=self.now, until=self.until)
            if token is not None and token.authority is not None:
                found[token.authority] = min(token.at, found.get(token.authority, token.at))
        return found

    def check_log(self, log: Path, *, promise: Promise | None) -> None:
        """Step 8: find the entry in a whole copy. Its absence counts only past the delay."""
        note = read_head(log, maximum_bytes=MAXIMUM_NOTE_BYTES)
        head = self._open(note)
        checkpoint, proven = head.checkpoint, self.proven
        copy = check_copy(
            log,
            size=checkpoint.size,
            root=checkpoint.root,
            wanted=self.entry,
            early_size=0 if proven is None else proven.under.size,
            place=0 if proven is None else proven.index,
        )
        here = self._judge(head, stamps=self._list_stamps(log, head))
        if here.is_void:
            self._note_void()
        elif proven is not None and proven.under.head.log_key == head.log_key:
            self._compare(proven, copy, here=here)
        elif copy.index is not None:
            self._note_found(copy.index, here)
        elif proven is not None:
            told: list[Told] = [("log_other", str(here.size))]
            self.verdict.note(*_LOG, SKIPPED if self._is_proven else NOT_ANCHORED, told)
        else:
            self._note_absent(here, promise)

    @property
    def _is_proven(self) -> bool:
        """Tell whether step 6 found the entry under a head that somebody trusted vouches for."""
        return self.proven is not None and self.proven.under.told is not None

    def _note_void(self) -> None:
        if not self._is_proven:
            raise VerifyError(_RETIRED)
        self.verdict.note(*_LOG, SKIPPED, [("log_void",)], code=_RETIRED)

    def _compare(self, proven: Proven, copy: Copy, *, here: Anchored) -> None:
        """Judge a copy beside a proof from the same log: one history, or two."""
        if here.size >= proven.under.size:
            is_one = copy.early_root == proven.under.head.checkpoint.root
        elif here.size > proven.index:
            is_one = copy.is_in_place
        else:
            told: list[Told] = [("log_short", str(here.size), str(proven.index))]
            self.verdict.note(*_LOG, SKIPPED if self._is_proven else NOT_ANCHORED, told)
            return
        if is_one:
            self._note_found(proven.index, here)
            return
        if proven.under.is_void:
            raise VerifyError(_RETIRED)
        sizes = (str(proven.under.size), str(proven.index), str(here.size))
        self.verdict.note(*_LOG, FAILED, [("log_two_histories", *sizes)], code="log.forked")

    def _note_found(self, index: int, here: Anchored) -> None:
        is_anchored = self._is_proven or here.told is not None
        told = [("log_found", str(here.size), str(index)), *(here.told or (("log_untrusted",),))]
        told += self._say_later(here.head)
        self.verdict.note(*_LOG, PASSED if is_anchored else NOT_ANCHORED, told)

    def _note_absent(self, here: Anchored, promise: Promise | None) -> None:
        """Say what it means that a copy lacks the entry, where there is no proof of it either."""
        absent: Told = ("log_absent", str(here.size))
        if promise is None:
            self.verdict.note(*_LOG, UNKNOWN, [absent, ("log_no_promise",)])
        elif has_retired_key(self.card, self.policy):
            told = [absent, ("log_promise_retired",)]
            self.verdict.note(*_LOG, UNKNOWN, told, code="promise.retired")
        elif here.head.log_key == self.card.log_key and here.head.is_quorum_later_than(
            promise.due_at, policy=self.policy
        ):
            told = [("log_promised", format_time(promise.due_at)), absent, ("log_seen_after",)]
            told += here.told or ()
            self.verdict.note(*_LOG, FAILED, told, code="receipt.missing")
        else:
            told = [absent, ("log_unseen", format_time(promise.due_at))]
            told += self._say_later(here.head)
            self.verdict.note(*_LOG, UNKNOWN, told)


def has_retired_key(card: Card, policy: Policy | None) -> bool:
    """Tell whether the policy retires the key that made the promise: then it shows nothing alone.

    Who seized the key promises with any date what never came.
    """
    try:
        return is_retired(card.log_key, policy=policy, root_key=card.root_key)
    except VerifyError:  # The step that looks at a head says what is wrong with the policy.
        return False
