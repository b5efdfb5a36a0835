"""Heads by who cosigned them: the best one to prove something under, and who has fallen silent.

The newest head of all cosigners is taken as long as it moves; when it stood for an hour, the newest
of an independent one does, so that no silent cosigner, and no gate that serves an old head, stops
every proof. Who has been silent is told apart from a log that nobody could see. Beside the state of
the log: ``cosigners.json``, by name (empty: all of them): the newest size, since when, and in how
many looks the log had more. Source: ``spec/log.md``, "Watching".
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from aigaq.blobs import write_durably
from aigaq.clock import Clock, format_time, now, parse_time
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import (
    Ed25519Verifier,
    Note,
    SignedCheckpoint,
    TlogError,
    keep_lines,
    open_note,
    read_checkpoint,
)
from aigaq.tlog.cosignatures import ML_DSA_44_COSIGNATURE
from aigaq.tlog.notes import MAXIMUM_NOTE_BYTES, Verifier
from aigaq.watching.errors import WatchError
from aigaq.watching.sources import Source
from aigaq.watching.store import State, Store

COSIGNED = "/log/cosigned"
#: So long the head of all cosigners may stand before that of one is taken.
PATIENCE_SECONDS = 3_600
#: A partner with a daily timer is in time; so are three looks that found nothing by chance.
SILENCE = timedelta(hours=36)
SILENT_LOOKS = 3
LOOK_SECONDS = 900
_ALL = ""


@dataclass(frozen=True)
class CosignedHead:
    """A head with the lines of the log and of its cosigners; ``short`` has no ML-DSA lines."""

    signed: SignedCheckpoint
    short: Note


@dataclass(frozen=True)
class Seen:
    """The newest head of a cosigner: its size, since when it is the newest, looks since then."""

    size: int
    at: str
    looks: int = 0


@dataclass(frozen=True)
class Silence:
    """A cosigner of whom nothing newer came, while the log grew."""

    name: str
    size: int
    since: datetime


def fetch_cosigned(source: Source, *, card: Card, by: str | None = None) -> CosignedHead | None:
    """Return the newest head of each cosigner of ``card``, or of ``by``; every line is checked.

    None if the gate has none. Raises `WatchError`, `TlogError` (``note.*``, ``checkpoint.*``).
    """
    path = COSIGNED if by is None else f"{COSIGNED}?by={quote(by, safe='')}"
    data = source.get(path, limit=MAXIMUM_NOTE_BYTES)
    if data is None:
        return None
    signed = read_checkpoint(data)
    if signed.checkpoint.origin != card.log_origin:
        raise TlogError("checkpoint.other_log")
    log = Ed25519Verifier(card.log_origin, card.log_key)
    cosigners = read_cosigners(card)
    keys: list[Verifier] = [log, *(key for one in cosigners for key in one.verifiers)]
    signers = open_note(signed.note, verifiers=keys)
    needed = {one.name for one in cosigners} if by is None else {by}
    if log not in signers or needed - {key.name for key in signers}:
        raise TlogError("note.not_signed")
    heavy = {
        key.key_id
        for one in cosigners
        for key in one.verifiers
        if key.key.kind == ML_DSA_44_COSIGNATURE and len(one.verifiers) > 1
    }
    note = keep_lines(signed.note, verifiers=signers)
    light = tuple(line for line in note.signatures if line.key_id not in heavy)
    return CosignedHead(
        SignedCheckpoint(signed.checkpoint, note), Note(text=note.text, signatures=light)
    )


class CosignerWatch:
    """Looks at the heads of the cosigners of one card, and remembers when each last moved."""

    def __init__(self, source: Source, *, card: Card, store: Store, clock: Clock = now) -> None:
        self._source = source
        self._card = card
        self._store = store
        self._path: Path = store.folder / "cosigners.json"
        self._clock = clock

    def find_head(self) -> CosignedHead | None:
        """Return the head to prove something under.

        That of all cosigners; when it stood too long, the newest of it and of each independent
        one's. What cannot be had, or is not valid, counts as not there.
        """
        at = self._clock()
        whole = self._try(None)
        seen = self._note(_ALL, whole, at=at)
        patience = max(PATIENCE_SECONDS, 3 * self._card.interval_seconds)
        if at - parse_time(seen.at) < timedelta(seconds=patience):
            return whole
        names = [one.name for one in read_cosigners(self._card) if one.is_independent]
        heads = [one for one in (whole, *map(self._try, names)) if one is not None]
        return max(heads, key=lambda one: one.signed.checkpoint.size, default=None)

    def list_silent(self, state: State) -> list[Silence]:
        """Return whose newest head is old, although the log, as the watcher saw it, went on.

        Asks the gate now and then. A gate that could not be seen makes nobody silent.
        """
        at = self._clock()
        looked = self._read().get("looked")
        if looked is not None and at - parse_time(looked.at) < timedelta(seconds=LOOK_SECONDS):
            return []
        self._write("looked", Seen(state.size, format_time(at)))
        silent = []
        grown_at = parse_time(state.head_at) if state.head_at else at
        for one in read_cosigners(self._card):
            seen = self._note(f"by {one.name}", self._try(one.name), at=at, log_size=state.size)
            since = parse_time(seen.at)
            if seen.looks >= SILENT_LOOKS and grown_at - since > SILENCE:
                silent.append(Silence(one.name, seen.size, since))
        return silent

    def _try(self, by: str | None) -> CosignedHead | None:
        try:
            return fetch_cosigned(self._source, card=self._card, by=by)
        except (WatchError, TlogError):
            return None

    def _note(
        self, name: str, head: CosignedHead | None, *, at: datetime, log_size: int = 0
    ) -> Seen:
        """Keep what is now the newest head of a cosigner; return what is kept."""
        size = 0 if head is None else head.signed.checkpoint.size
        seen = kept = self._read().get(name)
        if seen is None or size > seen.size:
            seen = Seen(size, format_time(at))
        elif log_size > seen.size:
            seen = replace(seen, looks=seen.looks + 1)
        if seen != kept:
            self._write(name, seen)
        return seen

    def _read(self) -> dict[str, Seen]:
        try:
            kept = json.loads(self._path.read_bytes())
            return {name: Seen(**one) for name, one in kept.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def _write(self, name: str, seen: Seen) -> None:
        kept = {**self._read(), name: seen}
        self._store.create()
        write_durably(
            self._path, json.dumps({key: asdict(one) for key, one in kept.items()}).encode()
        )
