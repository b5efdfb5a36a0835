"""What the public log shows of the gate itself: restarts, and changes of the card."""

import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, Phone, RunningGate, free_port

from aigaq.sealing.log_entries import PublicEntry, parse_entry
from aigaq.tlog import Ed25519Verifier, TlogError, check_log

pytestmark = pytest.mark.slow

BATCH = 4


def wait_for_size(running: RunningGate, size: int) -> list[str]:
    """Wait for so many entries; return the kind of each, ``blinded`` for those that say nothing."""
    card = running.organisation.card
    kinds: list[str] = []
    for _ in range(400):
        kinds.clear()
        try:
            check_log(
                running.data / "log",
                origin=card.log_origin,
                verifiers=[Ed25519Verifier(card.log_origin, card.log_key)],
                on_entry=lambda _index, entry: kinds.append(name_kind(entry)),
            )
        except TlogError:  # Not begun yet.
            kinds.clear()
        if len(kinds) >= size:
            return list(kinds)
        time.sleep(0.05)
    raise AssertionError(f"the log has {len(kinds)} entries, not {size}")


def name_kind(entry: bytes) -> str:
    read = parse_entry(entry)
    return read.kind if isinstance(read, PublicEntry) else "blinded"


def test_a_restart_and_a_new_card_are_seen_and_nothing_else_is(tmp_path: Path) -> None:
    port = free_port()
    old = Organisation.found(port=port, batch=BATCH, interval_seconds=600)
    running = RunningGate(old, folder=tmp_path / "gate", port=port)
    running.start()
    try:
        begun = wait_for_size(running, 2 + BATCH)
        assert begun == ["card", "bundle_manifest", *["blinded"] * BATCH]
        time.sleep(2.5)  # No batch comes before its time.
        assert len(wait_for_size(running, len(begun))) == len(begun)

        running.stop()
        running.start()  # The first batch of a gate that starts comes at once: a restart is seen.
        again = wait_for_size(running, len(begun) + BATCH)
        assert again[len(begun) :] == ["blinded"] * BATCH

        card = replace(old.card, version=2)
        with httpx.Client(base_url=running.origin, timeout=30, verify=False) as client:
            signed = replace(old, card=card).signed_card()
            answer = Phone(client, old).signed("PUT", "/api/desk/card", key=old.desk, body=signed)
        assert answer.status_code == 204
        running.stop()
        running.start()
        last = wait_for_size(running, len(again) + 1 + BATCH)
        assert last[len(again) :] == ["card", *["blinded"] * BATCH]
    finally:
        running.stop()
