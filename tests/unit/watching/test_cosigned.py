"""Heads by who cosigned them: no silent cosigner stops a proof, and none is silent unseen."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.watching.logs import AT, DESK, ServedLog

from aigaq.clock import format_time
from aigaq.sealing.card import Card
from aigaq.tlog import Cosigner, add_signatures, read_checkpoint
from aigaq.watching.cosigned import CosignerWatch, fetch_cosigned
from aigaq.watching.seeds import describe_cosigner
from aigaq.watching.store import State, Store

FIRST = Cosigner(name="first.example/aigaq", seed=bytes([1]) * 32)
SECOND = Cosigner(name="second.example/aigaq", seed=bytes([2]) * 32)
ALL = (DESK, FIRST, SECOND)
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """A desk that looks at cosigned heads, with a clock that the test sets."""

    served: ServedLog
    folder: Path
    at: datetime = AT
    notes: dict[str, bytes] = field(default_factory=dict)

    @property
    def card(self) -> Card:
        listed = tuple(describe_cosigner(one, is_independent=one is not DESK) for one in ALL)
        return replace(self.served.organisation.card, cosigners=listed)

    @property
    def watch(self) -> CosignerWatch:
        return CosignerWatch(
            self.served, card=self.card, store=Store(self.folder), clock=lambda: self.at
        )

    def cosign(self, *cosigners: Cosigner) -> int:
        """Let the log grow, and serve the newest head as the gate does."""
        self.served.grow(4)
        head = read_checkpoint((self.served.folder / "checkpoint").read_bytes())
        lines = [line for one in cosigners for line in one.cosign(head.checkpoint, at=1_800_000)]
        note = add_signatures(head.note, lines).encode()
        for one in cosigners:
            self.served.pages[f"/log/cosigned?by={one.name.replace('/', '%2F')}"] = note
        if set(cosigners) == set(ALL):
            self.served.pages["/log/cosigned"] = note
        return head.checkpoint.size

    def find(self) -> int | None:
        head = self.watch.find_head()
        return None if head is None else head.signed.checkpoint.size

    def silent(self, *, size: int) -> list[str]:
        state = State(size=size, head_at=format_time(self.at))
        return [one.name for one in self.watch.list_silent(state)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(ServedLog(tmp_path / "gate"), tmp_path / "desk")


def test_the_head_of_all_cosigners_is_taken_while_it_moves(desk: Desk) -> None:
    for _ in range(3):
        whole = desk.cosign(*ALL)
        desk.cosign(FIRST)
        assert desk.find() == whole
        desk.at += HOUR / 2


def test_one_silent_cosigner_stops_no_proof_for_longer_than_an_hour(desk: Desk) -> None:
    assert desk.find() is None
    alone = desk.cosign(DESK, FIRST)
    assert desk.find() is None
    desk.at += HOUR
    assert desk.find() == alone
    whole = desk.cosign(*ALL)
    assert desk.find() == whole


def test_a_gate_that_serves_an_old_head_of_all_is_passed_by(desk: Desk) -> None:
    old = desk.cosign(*ALL)
    assert desk.find() == old
    newer = desk.cosign(SECOND)
    desk.at += HOUR
    assert desk.find() == newer
    desk.served.pages["/log/cosigned"] = b"nothing that is a note"
    assert desk.find() == newer


def test_the_desk_s_own_line_alone_is_no_head_of_an_independent_one(desk: Desk) -> None:
    desk.find()
    desk.at += HOUR
    desk.cosign(DESK)
    assert desk.find() is None


def test_a_head_under_a_name_that_did_not_sign_it_is_not_taken(desk: Desk) -> None:
    desk.find()
    desk.at += HOUR
    desk.cosign(DESK)
    of_desk = desk.served.pages["/log/cosigned?by=example.org%2Fdesk"]
    desk.served.pages["/log/cosigned?by=first.example%2Faigaq"] = of_desk
    assert desk.find() is None


def test_the_short_note_has_one_line_of_each_cosigner(desk: Desk) -> None:
    desk.cosign(*ALL)
    head = fetch_cosigned(desk.served, card=desk.card)
    assert head is not None
    assert (len(head.signed.note.signatures), len(head.short.signatures)) == (7, 4)


def test_a_cosigner_that_is_silent_while_the_log_grows_is_named_after_36_hours(desk: Desk) -> None:
    desk.cosign(*ALL)
    told = []
    for _ in range(40):
        size = desk.cosign(DESK, FIRST)
        desk.at += HOUR
        told.append(desk.silent(size=size))
    assert told[:36] == [[]] * 36
    assert told[-1] == [SECOND.name]


def test_a_daily_cosigner_and_a_desk_that_slept_are_no_alarm(desk: Desk) -> None:
    size = desk.cosign(*ALL)
    for _ in range(5):
        for _ in range(24):
            size = desk.cosign(DESK, FIRST)
            desk.at += HOUR
            assert desk.silent(size=size) == []
        size = desk.cosign(*ALL)
    desk.at += 5 * 24 * HOUR
    for _ in range(5):
        size = desk.cosign(*ALL)
        desk.at += HOUR
        assert desk.silent(size=size) == []


def test_a_log_that_stands_still_makes_nobody_silent(desk: Desk) -> None:
    size = desk.cosign(*ALL)
    for _ in range(60):
        desk.at += HOUR
        assert desk.silent(size=size) == []


def test_a_gate_that_nobody_could_see_makes_nobody_silent(desk: Desk) -> None:
    size = desk.cosign(*ALL)
    assert desk.silent(size=size) == []
    head_at = format_time(desk.at)
    desk.served.is_reachable = False
    for _ in range(60):
        desk.at += HOUR
        assert desk.watch.list_silent(State(size=size + 4, head_at=head_at)) == []
