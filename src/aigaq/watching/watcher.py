"""One round of watching a log: fetch its head, prove it, remember it, cosign it, read its entries.

Order (``spec/log.md``, "Watching"): a head is remembered, durably, before it is cosigned; a newer
one is taken only with a consistency proof from tiles that were checked against both roots; it is
cosigned only when its entries were read. What is wrong becomes an alarm with both checkpoints as
files; the round goes on. `Watcher.look` never raises for what a gate does.
"""

import hashlib
import time
from dataclasses import replace
from datetime import datetime, timedelta

from aigaq.clock import Clock, format_time, now, parse_time
from aigaq.sealing.card import Card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_entries import PublicEntry, parse_entry
from aigaq.tlog import (
    Cosigner,
    Ed25519Verifier,
    Memory,
    SignedCheckpoint,
    Tile,
    TileTree,
    TlogError,
    add_signatures,
    check_inclusion,
    hash_entry,
    keep_lines,
    open_checkpoint,
    parse_bundle,
)
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES
from aigaq.tlog.tiles import WIDTH
from aigaq.watching.errors import WatchError
from aigaq.watching.pages import PageWatch, read_listed
from aigaq.watching.sources import Source, read_remote_tile
from aigaq.watching.store import Alarm, State, Store

#: How long one round may read entries; the next one goes on.
READ_SECONDS = 60.0
STALL_SECONDS = 1_800
#: So often the same head must have been answered before the log is called stalled, and so many
#: rounds must have brought a head without what stands under it.
STALL_ANSWERS = 3


class Fault(Exception):
    """What is wrong with the log at this round: a code, what marks it, its checkpoints."""

    def __init__(
        self, code: str, *, mark: str, files: dict[str, bytes], details: dict[str, str]
    ) -> None:
        super().__init__(code)
        self.code, self.mark, self.files, self.details = code, mark, files, details


class Watcher:
    """Watches the log of one card. ``forgives_gaps``: time in which nobody looked counts not.

    A desk that slept for a night must not call a log stalled that it did not look at; a watcher
    that is started once an hour must.
    """

    def __init__(
        self,
        *,
        card: Card,
        source: Source,
        memory: Memory,
        store: Store,
        cosigner: Cosigner | None = None,
        clock: Clock = now,
        forgives_gaps: bool = True,
    ) -> None:
        self._card = card
        self._source = source
        self._memory = memory
        self._store = store
        self._cosigner = cosigner
        self._clock = clock
        self._forgives_gaps = forgives_gaps
        self._log = Ed25519Verifier(card.log_origin, card.log_key)
        self._state = State()
        #: Whether this round brought a head, and what of it the gate did not give.
        self._is_answered = False
        self._refused: str | None = None

    @property
    def stall_after(self) -> timedelta:
        """How long a log may show no new head."""
        return timedelta(seconds=max(STALL_SECONDS, 3 * self._card.interval_seconds))

    def look(self) -> list[Alarm]:
        """Do one round; return the alarms that are new by it."""
        self._store.create()
        self._state = self._store.read_state()
        at, code = self._clock(), None
        alarms: list[Alarm] = []
        self._is_answered, self._refused = False, None
        steps = (
            self._look_at_head,
            self._read_entries,
            self._cosign,
            self._look_at_pages,
            self._count_refusal,
        )
        for step in steps:
            try:
                alarms += step(at)
            except Fault as fault:
                alarms += self._raise(fault, at=at)
                code = code or fault.code
            except (WatchError, TlogError) as error:
                code = code or error.code
        self._keep(looked_at=format_time(at), code=code)
        return alarms

    def remembered(self) -> SignedCheckpoint | None:
        """Return the newest head that was proven."""
        return self._memory.get(self._card.log_origin)

    def tree(self, *, size: int) -> TileTree:
        """Return the log's tree at ``size``, read from the gate; compare its root first."""
        return TileTree(size=size, read=lambda tile: read_remote_tile(self._source, tile))

    def _keep(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._store.write_state(self._state)

    def _raise(self, fault: Fault, *, at: datetime) -> list[Alarm]:
        raised = self._store.raise_alarm(
            fault.code, at=at, mark=fault.mark, details=fault.details, files=fault.files
        )
        return [] if raised is None else [raised]

    def _look_at_head(self, at: datetime) -> list[Alarm]:
        served = self._source.get("/log/checkpoint", limit=MAXIMUM_NOTE_BYTES)
        if served is None:
            return self._count_answer(at, is_new=False)
        known = self.remembered()
        try:
            signed = open_checkpoint(served, origin=self._card.log_origin, verifiers=[self._log])
        except TlogError as error:
            raise self._fault("log.wrong_signature", served, known, reason=error.code) from None
        self._is_answered = True
        try:
            is_new = self._advance(served, signed, known=known)
        except (WatchError, TlogError):
            # A head without its tiles is no newer head: a log that shows nothing else stands still.
            alarms = self._count_answer(at, is_new=False)
            if not alarms:
                raise
            return alarms
        return self._count_answer(at, is_new=is_new)

    def _advance(
        self, served: bytes, signed: SignedCheckpoint, *, known: SignedCheckpoint | None
    ) -> bool:
        """Remember a newer head after its proof; tell whether there was one."""
        new, old_size = signed.checkpoint, 0 if known is None else known.checkpoint.size
        if new.size < old_size:
            raise self._fault("log.rolled_back", served, known)
        if known is not None and new.size == old_size:
            if new.root != known.checkpoint.root:
                raise self._fault("log.forked", served, known)
            return False
        tree = self.tree(size=new.size)
        if tree.root() != new.root:
            raise self._fault("log.forked", served, known)
        if known is None and not self._goes_on_from_state(tree):
            raise self._fault("log.forked", served, None, remembered=self._state.root)
        proof = []
        if known is not None and old_size:
            if tree.root_at(old_size) != known.checkpoint.root:
                raise self._fault("log.forked", served, known)
            proof = tree.prove_consistency(old_size)
        bare = SignedCheckpoint(new, keep_lines(signed.note, verifiers=[self._log]))
        self._memory.advance(bare, proof=proof, old_size=old_size)
        return True

    def _goes_on_from_state(self, tree: TileTree) -> bool:
        """Tell whether a log goes on from what the store still knows of a head that is lost."""
        state = self._state
        if not state.size:
            return True
        return tree.size >= state.size and tree.root_at(state.size).hex() == state.root

    def _fault(
        self, code: str, served: bytes, known: SignedCheckpoint | None, **details: str
    ) -> Fault:
        files = {"served.checkpoint": served}
        if known is not None:
            files["remembered.checkpoint"] = known.note.encode()
            details["known"] = str(known.checkpoint.size)
        mark = hashlib.sha256(served).hexdigest()
        if code == "log.wrong_signature":  # Anyone on the line can make such bytes without end.
            mark = f"{self._clock():%Y-%m-%d}"
        return Fault(code, mark=mark, files=files, details=details)

    def _count_answer(self, at: datetime, *, is_new: bool) -> list[Alarm]:
        """Keep when the head last moved; raise ``log.stalled`` when that is too long ago."""
        state, head = self._state, self.remembered()
        if is_new and head is not None:
            facts = {"root": head.checkpoint.root.hex(), "size": head.checkpoint.size}
            self._store.add_history({"at": format_time(at), **facts})
            self._keep(**facts, head_at=format_time(at), answers=1, answered_at=format_time(at))
            return []
        since = parse_time(state.head_at) if state.head_at else at
        answered = parse_time(state.answered_at) if state.answered_at else at
        has_gap = self._forgives_gaps and at - answered > self.stall_after
        if has_gap or at < answered:
            since, count = at, 1
        else:
            count = state.answers + 1
        self._keep(head_at=format_time(since), answers=count, answered_at=format_time(at))
        if count < STALL_ANSWERS or at - since < self.stall_after:
            return []
        files = {} if head is None else {"remembered.checkpoint": head.note.encode()}
        details = {"since": format_time(since), "size": str(state.size)}
        fault = Fault("log.stalled", mark=details["since"], files=files, details=details)
        return self._raise(fault, at=at)

    def _read_entries(self, at: datetime) -> list[Alarm]:
        """Read entries up to the head that is remembered, each proven to stand under it."""
        head = self.remembered()
        if head is None or self._state.read >= head.checkpoint.size:
            return []
        tree = self.tree(size=head.checkpoint.size)
        if tree.root() != head.checkpoint.root:
            raise WatchError("watch.bad_answer")
        end = time.monotonic() + READ_SECONDS
        start = self._state.read // WIDTH
        try:
            while self._state.read < head.checkpoint.size:
                self._read_bundle(tree, head=head)
                if time.monotonic() > end:
                    break
        except (WatchError, TlogError):
            # Who gives less than one full bundle a round gives too little to catch up with.
            if self._state.read // WIDTH == start:
                self._refused = "/log/tile/entries"
            raise
        return []

    def _read_bundle(self, tree: TileTree, *, head: SignedCheckpoint) -> None:
        start, size = self._state.read, head.checkpoint.size
        number, skip = divmod(start, WIDTH)
        bundle = Tile(-1, number, min(WIDTH, size - number * WIDTH))
        data = read_remote_tile(self._source, bundle)
        listed = {kind: list(texts) for kind, texts in self._state.listed.items()}
        try:
            entries = parse_bundle(data, width=bundle.width)[skip:]
            leaves = [hash_entry(entry) for entry in entries]
            for place, leaf in enumerate(leaves, start=start):
                check_inclusion(
                    leaf=leaf,
                    index=place,
                    size=size,
                    proof=tree.prove_inclusion(place),
                    root=head.checkpoint.root,
                )
            for entry in entries:
                _note_public(parse_entry(entry), listed=listed)
        except (TlogError, SealingError) as error:
            files = {"remembered.checkpoint": head.note.encode(), "served.entries": data}
            details = {"path": bundle.path, "reason": error.code}
            raise Fault("log.bad_entries", mark=bundle.path, files=files, details=details) from None
        self._store.add_leaves(leaves, start=start)
        self._keep(read=start + len(leaves), listed=listed)

    def _cosign(self, at: datetime) -> list[Alarm]:
        """Cosign the head that is remembered, once, and hand it to the gate until it takes it.

        Not before its entries were read: what is under it could not be looked at.
        """
        head = self.remembered()
        if self._cosigner is None or head is None or head.checkpoint.size <= self._state.cosigned:
            return []
        if self._state.read < head.checkpoint.size:
            return []
        lines = self._cosigner.cosign(head.checkpoint, at=int(at.timestamp()))
        if not self._source.post_cosignatures(add_signatures(head.note, lines).encode()):
            raise WatchError("log.no_cosignature")
        self._keep(cosigned=head.checkpoint.size, cosigned_at=format_time(at))
        return []

    def _look_at_pages(self, at: datetime) -> list[Alarm]:
        """Compare card and bundle, as the gate serves them, with what the log names."""
        head = self.remembered()
        if head is None or self._state.read < head.checkpoint.size:
            return []
        watch = PageWatch(self._source, interval_seconds=self._card.interval_seconds)
        state, found, refused = watch.look(self._state, at=at)
        self._refused = self._refused or refused
        self._keep(listed=state.listed, unlisted=state.unlisted, pages_at=state.pages_at)
        alarms: list[Alarm] = []
        for one in found:
            files = {**one.files, "remembered.checkpoint": head.note.encode()}
            fault = Fault(one.code, mark=one.mark, files=files, details=one.details)
            alarms += self._raise(fault, at=at)
        return alarms

    def _count_refusal(self, at: datetime) -> list[Alarm]:
        """Raise ``log.withheld`` when heads are answered, and what they stand for is not."""
        state, head = self._state, self.remembered()
        if not self._is_answered:
            return []
        if self._refused is None or head is None:
            self._keep(withheld_at=None, withheld=0, is_withholding=False)
            return []
        since = parse_time(state.withheld_at) if state.withheld_at else at
        last = parse_time(state.looked_at) if state.looked_at else at
        count = state.withheld + 1
        if at < since or (self._forgives_gaps and at - last > self.stall_after):
            since, count = at, 1
        is_alarm = count >= STALL_ANSWERS and at - since >= self.stall_after
        self._keep(withheld_at=format_time(since), withheld=count, is_withholding=is_alarm)
        if not is_alarm:
            return []
        details = {"path": self._refused, "read": str(state.read), "since": format_time(since)}
        files = {"remembered.checkpoint": head.note.encode()}
        fault = Fault("log.withheld", mark=details["since"], files=files, details=details)
        return self._raise(fault, at=at)


def _note_public(entry: bytes | PublicEntry, *, listed: dict[str, list[str]]) -> None:
    if isinstance(entry, PublicEntry):
        texts = listed.setdefault(entry.kind, [])
        sha256 = read_listed(entry.text)
        if sha256 not in texts:
            texts.append(sha256)
