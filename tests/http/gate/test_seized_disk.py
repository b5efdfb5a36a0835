"""Who takes the gate's disk cannot tell which entries of the log are reports (PROTOCOL 22).

Once the desk has a report and has said so; before that its envelope lies there and names it.
"""

import base64
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, Parcel, Phone, RunningGate, free_port, mailbox_keys, seal

from aigaq.gate.residue import write_anew
from aigaq.sealing.mailbox_answer import NO_HASH
from aigaq.sealing.mailbox_requests import MailboxRequest
from aigaq.sealing.rebinding import Rebind, build_rebind
from aigaq.sealing.receipts import parse_promise

pytestmark = pytest.mark.slow

REPORTS = 400 if os.environ.get("AIGAQ_ROUNDS") == "full" else 60


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[RunningGate]:
    """Give a gate whose log grows each second."""
    port = free_port()
    organisation = Organisation.found(port=port, batch=16, interval_seconds=1)
    running = RunningGate(organisation, folder=tmp_path / "gate", port=port)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def phone(gate: RunningGate) -> Iterator[Phone]:
    """Give a line to the gate, and what it needs to ask as phone and as desk."""
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        yield Phone(client, gate.organisation)


def wait_until_logged(phone: Phone, parcels: list[Parcel]) -> None:
    for start in range(0, len(parcels), 500):
        some = [one.commitment.hex() for one in parcels[start : start + 500]]
        for _ in range(1_200):
            answer = phone.desk("POST", "/api/desk/log/indexes", {"values": some}).json()
            if None not in answer["indexes"]:
                break
            time.sleep(0.1)
        assert None not in answer["indexes"]


def make_safe(phone: Phone, parcels: list[Parcel]) -> None:
    """Say of each report that the desk has it, and take the openings of chaff."""
    for one in parcels:
        path = f"/api/desk/reports/{one.report_id.hex()}/safe"
        assert phone.desk("POST", path).status_code == 204
    chaff = phone.desk("GET", "/api/desk/log/chaff?after=0&limit=500").json()["chaff"]
    up_to = {"up_to": max(one["number"] for one in chaff)}
    assert phone.desk("POST", "/api/desk/log/chaff/done", up_to).status_code == 204


def read_disk(gate: RunningGate) -> bytes:
    """Return all bytes of the stopped gate's folder but the log, which everybody may read."""
    files = [path for path in sorted(gate.data.rglob("*")) if path.is_file()]
    return b"\n".join(path.read_bytes() for path in files if gate.data / "log" not in path.parents)


def find_named(disk: bytes, values: list[bytes]) -> list[bytes]:
    """Return those of ``values`` that stand in ``disk``: raw, in hex or in base64."""
    disk_lower = disk.lower()
    return [
        one
        for one in values
        if one in disk
        or one.hex().encode() in disk_lower
        or base64.b64encode(one).rstrip(b"=") in disk
    ]


def test_a_seized_disk_does_not_name_the_entries_of_reports(
    gate: RunningGate, phone: Phone
) -> None:
    keys = [mailbox_keys() for _ in range(REPORTS * 3 // 4)]
    # Some mailboxes have several reports, and nobody ever confirms a promise.
    parcels = [seal(gate.organisation, keys[n % len(keys)]) for n in range(REPORTS)]
    promised = {one.report_id: phone.send(one).json()["promise"] for one in parcels}
    wait_until_logged(phone, parcels)
    commitments = [one.commitment for one in parcels]
    make_safe(phone, parcels)
    gate.stop()
    gate.start()  # The janitor's round, which is hourly, is the first thing that a gate does.
    gate.stop()

    disk = read_disk(gate)
    assert parcels[0].report_id in disk  # The tombstone: the same way of looking finds it.
    assert find_named(disk, commitments) == []

    gate.start()
    for number, key in enumerate(keys):
        answer = phone.mailbox(key)
        own = parcels[number :: len(keys)]
        assert answer.first_commitment == own[0].commitment
        assert {one.report_id: one.promise for one in answer.promises} == {
            one.report_id: promised[one.report_id] for one in own
        }
    confirmed = tuple(one.report_id for one in phone.mailbox(keys[0]).promises)
    phone.mailbox(keys[0], MailboxRequest(confirm_promises=confirmed))
    assert phone.mailbox(keys[0]).promises == ()


def test_a_rebound_mailbox_keeps_its_name_and_the_disk_does_not(
    gate: RunningGate, phone: Phone
) -> None:
    old, new = mailbox_keys(), mailbox_keys()
    parcel = seal(gate.organisation, old)
    phone.send(parcel)
    wait_until_logged(phone, [parcel])
    make_safe(phone, [parcel])
    text = build_rebind(
        Rebind(
            team_id=gate.organisation.card.team_id,
            old_mailbox_key=old.public_key,
            new_mailbox_key=new.public_key,
            new_mailbox_recipient=new.recipient,
            first_commitment=parcel.commitment,
            rebound_at=gate.organisation.card.signed_at,
        ),
        message_key=gate.organisation.message,
    )
    for _again in range(2):
        assert phone.desk("POST", "/api/desk/rebind", {"rebind": text}).status_code == 204
    gate.stop()
    gate.start()
    assert phone.mailbox(new).first_commitment == parcel.commitment
    gate.stop()
    assert find_named(read_disk(gate), [parcel.commitment]) == []


def test_what_a_gate_of_before_left_is_sealed_when_the_new_one_starts(
    gate: RunningGate, phone: Phone
) -> None:
    safe, waiting = mailbox_keys(), mailbox_keys()
    parcels = [seal(gate.organisation, one) for one in (safe, waiting)]
    promises = [phone.send(one).json()["promise"] for one in parcels]
    wait_until_logged(phone, parcels)
    gate.stop()
    with closing(sqlite3.connect(gate.data / "gate.sqlite3")) as database, database:
        # As the gate of before had it: no columns for what is sealed, and one report erased.
        database.execute("ALTER TABLE promises DROP COLUMN sealed")
        database.execute("ALTER TABLE mailboxes DROP COLUMN first_commitment_sealed")
        erased = (parcels[0].report_id,)
        database.execute(
            "INSERT INTO tombstones SELECT id, received_at FROM reports WHERE id=?", erased
        )
        database.execute("DELETE FROM reports WHERE id=?", erased)
    gate.start()
    for key, parcel, promise in zip((safe, waiting), parcels, promises, strict=True):
        answer = phone.mailbox(key)
        assert answer.first_commitment == parcel.commitment
        (held,) = answer.promises
        log_key = gate.organisation.card.log_key
        assert parse_promise(held.promise, log_key=log_key) == parse_promise(
            promise, log_key=log_key
        )
    gate.stop()
    disk = read_disk(gate)
    assert find_named(disk, [one.commitment for one in parcels]) == [parcels[1].commitment]
    with closing(sqlite3.connect(gate.data / "gate.sqlite3")) as database:
        rows = database.execute("SELECT first_commitment, first_commitment_sealed FROM mailboxes")
        assert sorted(row[0] == NO_HASH and row[1] is not None for row in rows) == [False, True]


def test_a_database_too_large_for_the_disk_is_left_and_still_swept_later(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE one (a)")
    assert write_anew(path, free_bytes=0) is False
    assert write_anew(path, free_bytes=1 << 30) is True
