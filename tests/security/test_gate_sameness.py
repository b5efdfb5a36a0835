"""PROTOCOL 34: a classifier over length, status, headers and time cannot tell a known mailbox.

Requests under keys that the gate knows (alive, replaced, or used again after that), and under fresh
ones, are interleaved; one half of the
answers trains, the other is judged. Score ≤ 0.55. `AIGAQ_ROUNDS=small`: 600, `full`: 10,000.
The test proves itself: the same classifier finds a difference of one byte, and one of 50 ms.
"""

import math
import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation, Phone, RunningGate, free_port, mailbox_keys, rebind, seal

from aigaq.sealing.receipt_code import MailboxKeys

SAMPLES = 10_000 if os.environ.get("AIGAQ_ROUNDS") == "full" else 600
KNOWN_MAILBOXES = 20
Sample = tuple[float, ...]


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    port = free_port()
    gate = RunningGate(Organisation.found(port=port), folder=tmp_path, port=port)
    gate.start()
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        yield Phone(client, gate.organisation)
    gate.stop()


def measure(phone: Phone, key: Ed25519PrivateKey) -> Sample:
    """Return what an observer sees of one answer, as numbers."""
    began = time.perf_counter()
    answer = phone.mailbox_response(key)
    seconds = time.perf_counter() - began
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "date"]
    return (
        answer.status_code,
        len(answer.content),
        sum(len(name) + len(value) for name, value in headers),
        hash(tuple(name for name, _ in headers)) % 997,
        sum(answer.content) / len(answer.content),
        answer.content[0],
        seconds,
    )


def score(known: list[Sample], unknown: list[Sample]) -> float:
    """Return the best share that any one feature, cut at a learned threshold, gets right."""
    half = len(known) // 2
    best = 0.5
    for feature in range(len(known[0])):
        learn = sorted(
            [(one[feature], 1) for one in known[:half]]
            + [(one[feature], 0) for one in unknown[:half]]
        )
        cut, side = _learn(learn)
        right = sum((one[feature] > cut) == side for one in known[half:])
        right += sum((one[feature] > cut) != side for one in unknown[half:])
        best = max(best, right / (len(known) - half + len(unknown) - half))
    return best


def _learn(learn: list[tuple[float, int]]) -> tuple[float, bool]:
    """Return the threshold, and the side of it, that part the training samples best."""
    total_known = sum(label for _, label in learn)
    best, cut, side = 0, math.inf, True
    below_known = below = 0
    for at, (value, label) in enumerate(learn):
        below_known += label
        below += 1
        if at + 1 < len(learn) and learn[at + 1][0] == value:
            continue
        above_known = total_known - below_known
        above_right = above_known + (below - below_known)
        for right, is_above in ((above_right, True), (len(learn) - above_right, False)):
            if right > best:
                best, cut, side = right, value, is_above
    return cut, side


def replace_code(phone: Phone, old: MailboxKeys) -> None:
    """Let another mailbox take the place of ``old``, whose first report comes here."""
    first = seal(phone.organisation, old)
    assert phone.complete(first).status_code == 201
    rebind(phone, old=old, new=mailbox_keys(), first=first)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    ("is_replaced", "reports"), [(False, 3), (True, 0), (True, 3)], ids=["alive", "dead", "reused"]
)
def test_known_and_unknown_keys_cannot_be_told_apart(
    phone: Phone, is_replaced: bool, reports: int
) -> None:
    mailboxes = [mailbox_keys() for _ in range(KNOWN_MAILBOXES)]
    for keys in mailboxes:
        if is_replaced:
            replace_code(phone, keys)
        for _ in range(reports):
            assert phone.complete(seal(phone.organisation, keys)).status_code == 201
    known: list[Sample] = []
    unknown: list[Sample] = []
    for number in range(SAMPLES // 2):
        pair = [
            (known, mailboxes[number % KNOWN_MAILBOXES].key),
            (unknown, Ed25519PrivateKey.generate()),
        ]
        random.shuffle(pair)
        for samples, key in pair:
            samples.append(measure(phone, key))
    # With few samples chance alone leaves 0.55: three standard deviations of the judged half.
    margin = 3 * 0.5 / math.sqrt(SAMPLES / 2)
    assert score(known, unknown) <= max(0.55, 0.5 + margin)
    longer = [(*one[:1], one[1] + 1, *one[2:]) for one in known]
    assert score(longer, unknown) == 1
    slower = [(*one[:-1], one[-1] + 0.05) for one in known]
    assert score(slower, unknown) > 0.9
    assert statistics.median(one[-1] for one in known) < 0.5
