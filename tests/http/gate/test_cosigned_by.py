"""Heads by who cosigned them: one cosigner that is silent hides no head of another."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, RunningGate, free_port

from aigaq.sealing.witnessing import build_cosigner
from aigaq.tlog import Cosigner, Ed25519Verifier, SignedCheckpoint, add_signatures, open_checkpoint

DESK = Cosigner(name="desk.example/desk", seed=bytes(32))
FIRST = Cosigner(name="first.example/aigaq", seed=bytes([1]) * 32)
SILENT = Cosigner(name="silent.example/aigaq", seed=bytes([2]) * 32)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[RunningGate]:
    port = free_port()
    cosigners = tuple(
        build_cosigner(
            name=one.name,
            verifier_keys=tuple(map(str, one.keys)),
            is_independent=one is not DESK,
        )
        for one in (DESK, FIRST, SILENT)
    )
    organisation = Organisation.found(port=port, batch=4, interval_seconds=1, cosigners=cosigners)
    running = RunningGate(organisation, folder=tmp_path, port=port)
    running.start()
    yield running
    running.stop()


def get(gate: RunningGate, path: str) -> SignedCheckpoint | None:
    answer = httpx.get(f"{gate.origin}{path}", trust_env=False)
    if answer.status_code == 404:
        return None
    card = gate.organisation.card
    log = Ed25519Verifier(card.log_origin, card.log_key)
    return open_checkpoint(answer.content, origin=card.log_origin, verifiers=[log])


def grow(gate: RunningGate, *, above: int) -> SignedCheckpoint:
    for _ in range(200):
        head = get(gate, "/log/checkpoint")
        if head is not None and head.checkpoint.size > above:
            return head
        time.sleep(0.05)
    raise AssertionError("the log does not grow")


def cosign(gate: RunningGate, head: SignedCheckpoint, *cosigners: Cosigner) -> None:
    for one in cosigners:
        note = add_signatures(head.note, one.cosign(head.checkpoint, at=int(time.time())))
        answer = httpx.post(
            f"{gate.origin}/log/cosignatures", content=note.encode(), trust_env=False
        )
        assert answer.status_code == 200


def sizes(gate: RunningGate) -> list[int | None]:
    """Return what was cosigned by all, by the desk, the first, the silent one and a stranger."""
    names = [DESK.name, FIRST.name, SILENT.name, "stranger.example"]
    heads = [
        get(gate, path) for path in ("/log/cosigned", *(f"/log/cosigned?by={n}" for n in names))
    ]
    return [None if head is None else head.checkpoint.size for head in heads]


def test_a_cosigner_that_is_silent_hides_no_head_of_the_others(gate: RunningGate) -> None:
    first = grow(gate, above=0)
    cosign(gate, first, DESK, FIRST)
    one = first.checkpoint.size
    assert sizes(gate) == [None, one, one, None, None]
    cosign(gate, first, SILENT)
    second = grow(gate, above=one)
    cosign(gate, second, DESK)
    third = grow(gate, above=second.checkpoint.size)
    cosign(gate, third, FIRST)
    two, three = second.checkpoint.size, third.checkpoint.size
    assert sizes(gate) == [one, two, three, one, None]
