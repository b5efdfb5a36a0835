"""P2 at the gate: what was acknowledged is there, whatever happens to the process or the disk.

16 phones send reports with attachments, some without, all the time; at a random instant the whole
process group is killed (SIGKILL) and started again. What a phone got a 201 or 200 for must be
there, byte for byte, once; a phone whose answer was lost sends again and gets through; every
mailbox works.
`AIGAQ_ROUNDS=small`: 6 rounds, `full`: 200.
"""

import hashlib
import os
import random
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.gatehouse import (
    TUS,
    Organisation,
    Parcel,
    Phone,
    RunningGate,
    free_port,
    mailbox_keys,
    seal,
)

from aigaq.gate.gate import ERASING_BYTES
from aigaq.sealing.receipt_code import MailboxKeys

pytestmark = pytest.mark.faults

ROUNDS = 200 if os.environ.get("AIGAQ_ROUNDS") == "full" else 6
PHONES = 16
MIB = 1024 * 1024
LOST = (httpx.TransportError,)


@dataclass
class Story:
    """What one phone did: its mailbox, what was acknowledged, what it is still unsure of."""

    keys: MailboxKeys = field(default_factory=mailbox_keys)
    acknowledged: dict[bytes, tuple[Parcel, str]] = field(default_factory=dict)
    unsure: list[Parcel] = field(default_factory=list)


def make_parcel(organisation: Organisation, keys: MailboxKeys) -> Parcel:
    count = random.choice((0, 1, 1, 3))
    items = [(f"{n}.jpg", os.urandom(random.randint(1, 300_000))) for n in range(count)]
    return seal(organisation, keys, items=items)


def live(origin: str, story: Story, organisation: Organisation, until: threading.Event) -> None:
    """Send reports one after the other until the line breaks or the round is over."""
    with httpx.Client(base_url=origin, timeout=30, verify=False) as client:
        phone = Phone(client, organisation)
        while not until.is_set():
            parcel = story.unsure.pop() if story.unsure else make_parcel(organisation, story.keys)
            try:
                answer = phone.complete(parcel)
                if answer.status_code == 404:
                    answer = phone.send(parcel)
                assert answer.status_code in (200, 201), answer.text
                story.acknowledged[parcel.report_id] = (parcel, answer.json()["promise"])
            except LOST:
                story.unsure.append(parcel)
                return


def run_phones(gate: RunningGate, stories: list[Story], seconds: float) -> None:
    """Let all phones live for a while, then kill the gate under them."""
    over = threading.Event()
    failures: list[BaseException] = []

    def guarded(story: Story) -> None:
        try:
            live(gate.origin, story, gate.organisation, over)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(story,)) for story in stories]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    gate.kill()
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []


def list_all(phone: Phone, *, after: int = 0) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    while True:
        after = listed[-1]["number"] if listed else after
        page = phone.desk("GET", f"/api/desk/reports?after={after}").json()["reports"]
        if not page:
            return listed
        listed += page


def check_everything(gate: RunningGate, stories: list[Story], *, sample: int) -> None:
    """Check that all that was acknowledged is there once, and the bytes of ``sample`` of it."""
    with httpx.Client(base_url=gate.origin, timeout=60, verify=False) as client:
        phone = Phone(client, gate.organisation)
        listed = list_all(phone)
        times = Counter(one["id"] for one in listed)
        assert max(times.values(), default=1) == 1, "a report is there twice"
        numbers = [one["number"] for one in listed]
        assert numbers == sorted(numbers)
        acknowledged = {k: v for story in stories for k, v in story.acknowledged.items()}
        lost = [one.hex() for one in acknowledged if one.hex() not in times]
        assert lost == [], "an acknowledged report is lost"
        check_some(phone, acknowledged, sample=sample)
        check_mailboxes(phone, stories)


def check_new(gate: RunningGate, stories: list[Story], *, known: set[bytes], after: int) -> int:
    """Check what was acknowledged since ``after``; add it to ``known``, return the last number.

    What came before is checked once more at the very end, in `check_everything`.
    """
    with httpx.Client(base_url=gate.origin, timeout=60, verify=False) as client:
        phone = Phone(client, gate.organisation)
        listed = list_all(phone, after=after)
        new = {k: v for story in stories for k, v in story.acknowledged.items() if k not in known}
        lost = {one.hex() for one in new} - {one["id"] for one in listed}
        # One that the gate took before it died, and whose answer was lost, may be acknowledged now.
        for one in sorted(lost):
            assert phone.complete(new[bytes.fromhex(one)][0]).status_code == 200, "lost"
        check_some(phone, new, sample=10)
        check_mailboxes(phone, stories)
        known |= set(new)
        return max((one["number"] for one in listed), default=after)


def check_some(phone: Phone, acknowledged: dict[bytes, tuple[Parcel, str]], *, sample: int) -> None:
    """Check ``sample`` reports as desk and reporter: their bytes, and the promise of a repeat."""
    for report_id in random.sample(sorted(acknowledged), min(sample, len(acknowledged))):
        parcel, promise = acknowledged[report_id]
        for name, data in parcel.items.items():
            path = f"/api/desk/reports/{report_id.hex()}/{name}"
            assert phone.desk("GET", path).content == data, "an attachment is lost"
        again = phone.complete(parcel)
        assert (again.status_code, again.json()["promise"]) == (200, promise)


def check_mailboxes(phone: Phone, stories: list[Story]) -> None:
    """Open every mailbox, at once, since the gate answers each at the end of a fixed step."""

    def check(story: Story) -> None:
        if story.acknowledged:
            assert phone.mailbox(story.keys).promises, "a mailbox is blocked"
        else:
            assert phone.mailbox_response(story.keys.key).status_code == 200

    with ThreadPoolExecutor(PHONES) as threads:
        list(threads.map(check, stories))


def check_files(gate: RunningGate, stories: list[Story]) -> None:
    """Check every byte of every acknowledged attachment, on the disk of the gate."""
    there = set()
    for path in (gate.data / "items").iterdir():
        with path.open("rb") as file:
            there.add(hashlib.file_digest(file, "sha256").digest())
    for story in stories:
        for parcel, _promise in story.acknowledged.values():
            for data in parcel.items.values():
                assert hashlib.sha256(data).digest() in there, "an attachment is lost"


def count_orphans(gate: RunningGate) -> int:
    """Return how many files belong to neither an upload nor a report, as the desk can see."""
    with closing(sqlite3.connect(gate.data / "gate.sqlite3")) as connection:
        named = {one for (one,) in connection.execute("SELECT id FROM uploads")}
        named |= {one for (one,) in connection.execute("SELECT file FROM items")}
        (state,) = connection.execute("PRAGMA integrity_check").fetchone()
    assert state == "ok"
    there = {path.name for path in (gate.data / "items").iterdir()}
    return len(there - named)


@pytest.mark.timeout(7_200)
def test_nothing_acknowledged_is_lost_when_the_gate_is_killed_at_any_instant(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    gate = RunningGate(Organisation.found(port=port), folder=tmp_path, port=port)
    stories = [Story() for _ in range(PHONES)]
    known: set[bytes] = set()
    after, began = 0, time.monotonic()
    try:
        gate.start()
        for number in range(1, ROUNDS + 1):
            run_phones(gate, stories, random.uniform(0.3, 2.5))
            gate.start()
            assert count_orphans(gate) == 0, "a file is left over after the clean-up"
            after = check_new(gate, stories, known=known, after=after)
            with capfd.disabled():
                seconds = time.monotonic() - began
                told = f"{number} of {ROUNDS} kills, {len(known)} reports, {seconds:.0f} s"
                print(told, file=sys.stderr, flush=True)
        with httpx.Client(base_url=gate.origin, timeout=60, verify=False) as client:
            phone = Phone(client, gate.organisation)
            for story in stories:
                for parcel in story.unsure:
                    answer = phone.complete(parcel)
                    if answer.status_code == 404:
                        answer = phone.send(parcel)
                    assert answer.status_code in (200, 201)
                    promise = answer.json()["promise"]
                    story.acknowledged[parcel.report_id] = (parcel, promise)
        check_everything(gate, stories, sample=1_000)
        check_files(gate, stories)
        total = sum(len(story.acknowledged) for story in stories)
        assert total >= ROUNDS * PHONES / 2, "too few reports to say anything"
        print(f"{ROUNDS} kills, {total} reports acknowledged, 0 lost")
    finally:
        with suppress(AssertionError):
            gate.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a file system of 64 MiB of its own."""
    if os.geteuid() != 0:
        pytest.fail("this test mounts a small tmpfs and needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def gate_on_small_disk(small_disk: Path, tmp_path: Path) -> Iterator[RunningGate]:
    port = free_port()
    gate = RunningGate(
        Organisation.found(port=port),
        folder=tmp_path / "files",
        port=port,
        data=small_disk / "data",
        options=["--reserve-mib", "16"],
    )
    gate.start()
    yield gate
    gate.stop()


def fill(gate: RunningGate, story: Story, *, refused: int) -> Counter[tuple[int, str]]:
    """Send reports, with and without a file, until ``refused`` of them were."""
    refusals: Counter[tuple[int, str]] = Counter()
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        phone = Phone(client, gate.organisation)
        for number in range(2_000):
            items = [("a.mp4", os.urandom(900_000))] if number % 2 else []
            parcel = seal(gate.organisation, story.keys, items=items)
            answer = send_until_refused(phone, parcel)
            if answer.status_code == 201:
                story.acknowledged[parcel.report_id] = (parcel, answer.json()["promise"])
            else:
                refusals[answer.status_code, answer.json()["error"]] += 1
            if sum(refusals.values()) >= refused:
                break
    return refusals


def test_a_full_disk_is_called_full_and_the_desk_can_still_empty_it(
    gate_on_small_disk: RunningGate,
) -> None:
    gate, story = gate_on_small_disk, Story()
    assert set(fill(gate, story, refused=200)) == {(507, "gate.full")}
    assert len(story.acknowledged) > 10
    check_everything(gate, [story], sample=1_000)
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        phone = Phone(client, gate.organisation)
        for report_id in story.acknowledged:
            safe = phone.desk("POST", f"/api/desk/reports/{report_id.hex()}/safe")
            assert safe.status_code == 204, safe.text
        time.sleep(0.5)
        parcel = seal(gate.organisation, mailbox_keys(), items=[("a", os.urandom(900_000))])
        assert phone.send(parcel).status_code == 201
    assert count_orphans(gate) == 0


def test_a_disk_that_others_filled_to_the_last_byte_loses_nothing(
    gate_on_small_disk: RunningGate, small_disk: Path
) -> None:
    gate, story = gate_on_small_disk, Story()
    fill(gate, story, refused=3)
    filler = small_disk / "of-somebody-else"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    time.sleep(0.5)
    refusals = fill(gate, story, refused=30)
    assert set(refusals) == {(507, "gate.full")}
    with httpx.Client(base_url=gate.origin, verify=False) as client:
        assert client.get("/").status_code == 200
        assert client.get("/card").status_code == 200
    gate.kill()
    filler.unlink()
    gate.start()
    check_everything(gate, [story], sample=1_000)
    assert count_orphans(gate) == 0


def test_parts_that_do_not_say_their_length_leave_the_reserve_to_texts(
    gate_on_small_disk: RunningGate,
) -> None:
    def slow_body() -> Iterator[bytes]:
        for _ in range(18):
            time.sleep(0.1)
            yield bytes(MIB)

    headers = {**TUS, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
    with httpx.Client(base_url=gate_on_small_disk.origin, timeout=30, verify=False) as client:
        phone = Phone(client, gate_on_small_disk.organisation)
        draft = os.urandom(32)
        # Both were begun while there was room for either of them.
        made = [phone.create(draft=draft, member=f"item-000{n}.age", length=18 * MIB) for n in "01"]
        places = [one.headers["location"] for one in made]
        answers = [client.patch(place, content=slow_body(), headers=headers) for place in places]
        assert [one.status_code for one in answers] == [204, 507]
        assert phone.complete(seal(phone.organisation, mailbox_keys())).status_code == 201


def test_erasing_everything_needs_no_more_than_is_held_for_it(
    gate_on_small_disk: RunningGate, small_disk: Path
) -> None:
    gate, reports = gate_on_small_disk, []
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        phone, keys = Phone(client, gate.organisation), mailbox_keys()
        while True:
            parcel = seal(gate.organisation, keys, answer="x" * 30_000)
            if phone.complete(parcel).status_code != 201:
                break
            reports.append(parcel.report_id)
        # The worst case: the log is empty again, and has to grow to its full size while erasing.
        gate.stop()
        gate.start()
        keep_free(small_disk, ERASING_BYTES - 3 * MIB)
        lowest = free_bytes(small_disk)
        for report_id in reports:
            safe = phone.desk("POST", f"/api/desk/reports/{report_id.hex()}/safe")
            assert safe.status_code == 204, safe.text
            lowest = min(lowest, free_bytes(small_disk))
    assert len(reports) > 300
    assert lowest > 0
    assert lowest < ERASING_BYTES - 10 * MIB, "far too much is held"


def free_bytes(folder: Path) -> int:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def keep_free(folder: Path, size: int) -> None:
    """Fill the file system until ``size`` bytes are free."""
    with (folder / "of-somebody-else").open("wb") as file:
        file.write(bytes(max(0, free_bytes(folder) - size)))


def send_until_refused(phone: Phone, parcel: Parcel) -> httpx.Response:
    """Send as `Phone.send` does, and return the first answer that is a refusal."""
    for name, data in parcel.items.items():
        made = phone.create(draft=parcel.draft, member=name, length=len(data))
        if made.status_code != 201:
            return made
        sent = phone.patch(made.headers["location"], data, offset=0)
        if sent.status_code != 204:
            return sent
    return phone.complete(parcel)


def test_a_cut_line_loses_neither_the_writer_nor_the_report(tmp_path: Path) -> None:
    port = free_port()
    gate = RunningGate(Organisation.found(port=port), folder=tmp_path, port=port)
    gate.start()
    try:
        parcels = [seal(gate.organisation, mailbox_keys()) for _ in range(20)]
        for parcel in parcels:
            hang_up_after_sending(port, parcel)
        with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
            phone = Phone(client, gate.organisation)
            assert phone.complete(seal(gate.organisation, mailbox_keys())).status_code == 201
            for _ in range(50):
                there = {one["id"] for one in list_all(phone)}
                if {one.report_id.hex() for one in parcels} <= there:
                    break
                time.sleep(0.1)
            assert {one.report_id.hex() for one in parcels} <= there
    finally:
        gate.stop()


def hang_up_after_sending(port: int, parcel: Parcel) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        size = len(parcel.body)
        head = f"POST /api/reports HTTP/1.1\r\nHost: gate\r\nContent-Length: {size}\r\n\r\n"
        line.sendall(head.encode() + parcel.body)


def test_uploads_that_were_left_behind_die_after_a_day(tmp_path: Path) -> None:
    port = free_port()
    gate = RunningGate(Organisation.found(port=port), folder=tmp_path, port=port)
    gate.start()
    try:
        with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
            phone = Phone(client, gate.organisation)
            locations = []
            for _ in range(2):
                draft = secrets.token_bytes(32)
                made = phone.create(draft=draft, member="item-0000.age", length=10)
                phone.patch(made.headers["location"], b"12345", offset=0)
                locations.append(made.headers["location"])
        gate.stop()
        old, young = (gate.data / "items" / one.removeprefix("/api/uploads/") for one in locations)
        age_upload(gate, old, seconds=25 * 3600)
        (gate.data / "items" / "left-over").write_bytes(b"x")
        gate.start()
        assert not old.exists()
        assert young.exists()
        assert count_orphans(gate) == 0
    finally:
        gate.stop()


def age_upload(gate: RunningGate, file: Path, *, seconds: int) -> None:
    """Make an upload as old as if the clock had gone on."""
    then = time.time() - seconds
    os.utime(file, (then, then))
    with closing(sqlite3.connect(gate.data / "gate.sqlite3")) as connection, connection:
        connection.execute("UPDATE uploads SET created_at = ? WHERE id = ?", (int(then), file.name))
