"""A gate that starts with a new log key after a seizure begins a new log (PROTOCOL 25)."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import (
    Organisation,
    Phone,
    RunningGate,
    free_port,
    mailbox_keys,
    seal,
    write_files,
)

from aigaq.sealing.log_entries import PublicEntry, build_blinded, parse_entry
from aigaq.sealing.receipts import parse_promise
from aigaq.sealing.signatures import public_bytes
from aigaq.tlog import Ed25519Verifier, check_log, read_checkpoint

pytestmark = pytest.mark.slow

BATCH = 4


@pytest.fixture
def before(tmp_path: Path) -> Iterator[RunningGate]:
    """Give a gate with a log that grows each second."""
    port = free_port()
    organisation = Organisation.found(port=port, batch=BATCH, interval_seconds=1)
    running = RunningGate(organisation, folder=tmp_path / "gate", port=port)
    running.start()
    yield running
    running.stop()


def renew(organisation: Organisation, **facts: object) -> Organisation:
    """Return the organisation with a new log key, a new log and the next card."""
    key = Ed25519PrivateKey.generate()
    card = replace(
        organisation.card,
        version=2,
        log_key=public_bytes(key),
        log_origin=f"{organisation.card.log_origin}-2",
    )
    return replace(organisation, log=key, card=replace(card, **facts))  # type: ignore[arg-type]


def read_entries(running: RunningGate, *, origin: str, key: bytes, folder: str) -> list[bytes]:
    """Check a log's folder whole and return its entries."""
    entries: list[bytes] = []
    check_log(
        running.data / folder,
        origin=origin,
        verifiers=[Ed25519Verifier(origin, key)],
        on_entry=lambda _index, entry: entries.append(entry),
    )
    return entries


def wait_for_entry(running: RunningGate, entry: bytes) -> list[bytes]:
    card = running.organisation.card
    for _ in range(200):
        if (running.data / "log" / "checkpoint").exists():
            found = read_entries(running, origin=card.log_origin, key=card.log_key, folder="log")
            if entry in found:
                return found
        time.sleep(0.05)
    raise AssertionError("it did not come into the log")


def restart(running: RunningGate, organisation: Organisation, *, folder: Path) -> None:
    """Start the stopped gate with another card and key, on the same data."""
    write_files(organisation, folder=folder)
    running.organisation = organisation
    running.start()


def test_a_new_key_begins_a_new_log_and_leaves_the_old_one_as_it_was(
    before: RunningGate, tmp_path: Path
) -> None:
    old = before.organisation
    with httpx.Client(base_url=before.origin, timeout=30, verify=False) as client:
        parcel = seal(old, mailbox_keys())
        Phone(client, old).send(parcel)
        wait_for_entry(before, build_blinded(parcel.commitment))
    before.stop()
    kept = (before.data / "log" / "checkpoint").read_bytes()
    restart(before, renew(old), folder=tmp_path / "gate")
    with httpx.Client(base_url=before.origin, timeout=30, verify=False) as client:
        later = seal(before.organisation, mailbox_keys())
        Phone(client, before.organisation).send(later)
        entries = wait_for_entry(before, build_blinded(later.commitment))
    assert parse_entry(entries[0]) == PublicEntry(
        "card", before.organisation.signed_card().decode()
    )
    # What the old log holds is not told from chaff by standing in the new one, too.
    assert build_blinded(parcel.commitment) not in entries
    (aside,) = before.data.glob("log-*")
    assert (aside / "checkpoint").read_bytes() == kept
    card = old.card
    assert build_blinded(parcel.commitment) in read_entries(
        before, origin=card.log_origin, key=card.log_key, folder=aside.name
    )


def test_what_waited_at_the_seizure_goes_into_the_new_log_with_a_new_promise(
    tmp_path: Path,
) -> None:
    port = free_port()
    old = Organisation.found(port=port, batch=BATCH, interval_seconds=600)
    running = RunningGate(old, folder=tmp_path / "gate", port=port)
    running.start()
    keys = mailbox_keys()
    with httpx.Client(base_url=running.origin, timeout=30, verify=False) as client:
        for _ in range(100):  # The first batch goes at once; what comes after it waits.
            if (running.data / "log" / "checkpoint").exists():
                size = read_checkpoint((running.data / "log" / "checkpoint").read_bytes())
                if size.checkpoint.size:
                    break
            time.sleep(0.05)
        parcel = seal(old, keys)
        Phone(client, old).send(parcel)
    running.stop()
    began = int(time.time())
    restart(running, renew(old, interval_seconds=1), folder=tmp_path / "gate")
    try:
        wait_for_entry(running, build_blinded(parcel.commitment))
        with httpx.Client(base_url=running.origin, timeout=30, verify=False) as client:
            answer = Phone(client, running.organisation).mailbox(keys)
    finally:
        running.stop()
    (held,) = answer.promises
    card = running.organisation.card
    promise = parse_promise(held.promise, log_key=card.log_key)
    assert (promise.log_origin, promise.commitment) == (card.log_origin, parcel.commitment)
    assert promise.promised_at.timestamp() >= began


def test_a_log_never_changes_its_name_alone(before: RunningGate) -> None:
    own = before.organisation
    card = replace(own.card, version=2, log_origin="other.example/log")
    with httpx.Client(base_url=before.origin, timeout=30, verify=False) as client:
        signed = replace(own, card=card).signed_card()
        answer = Phone(client, own).signed("PUT", "/api/desk/card", key=own.desk, body=signed)
    assert (answer.status_code, answer.json()["error"]) == (409, "gate.wrong_log_key")


def test_a_log_never_changes_its_key_alone(before: RunningGate, tmp_path: Path) -> None:
    own = before.organisation
    before.stop()
    changed = renew(own, log_origin=own.card.log_origin)
    with pytest.raises(AssertionError, match=r"gate\.wrong_log_key"):
        restart(before, changed, folder=tmp_path / "gate")
