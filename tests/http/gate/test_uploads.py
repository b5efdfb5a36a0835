"""tus 1.0: what a phone on a bad line can rely on."""

import base64
import fcntl
import hashlib
import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from tests.flows.stage import wait_for
from tests.gatehouse import TUS, Phone, RunningGate, b64, mailbox_keys, seal


def begin(phone: Phone, length: int) -> str:
    made = phone.create(draft=secrets.token_bytes(32), member="item-0000.age", length=length)
    assert made.status_code == 201
    return made.headers["location"]


def offset_of(phone: Phone, location: str) -> int:
    answer = phone.client.head(location, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def test_the_server_says_what_it_can(phone: Phone) -> None:
    answer = phone.client.options("/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,checksum,expiration,termination"
    assert answer.headers["tus-checksum-algorithm"] == "sha256"
    assert answer.headers["tus-max-size"] == str(8 * 1024**3 - 1)


def test_an_upload_grows_part_by_part(phone: Phone) -> None:
    location = begin(phone, 10)
    assert len(location.removeprefix("/api/uploads/")) == 43
    assert offset_of(phone, location) == 0
    assert phone.patch(location, b"01234", offset=0).headers["upload-offset"] == "5"
    assert offset_of(phone, location) == 5
    last = phone.patch(location, b"56789", offset=5)
    assert last.status_code == 204
    assert last.headers["upload-expires"].endswith("GMT")


def test_another_offset_is_refused(phone: Phone) -> None:
    location = begin(phone, 10)
    answer = phone.patch(location, b"x", offset=3)
    assert (answer.status_code, answer.json()["error"]) == (409, "uploads.wrong_offset")
    assert offset_of(phone, location) == 0


def test_an_interrupted_part_keeps_its_bytes(phone: Phone, gate: RunningGate) -> None:
    location = begin(phone, 3_000_000)
    host, port = gate.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = (
            f"PATCH {location} HTTP/1.1\r\nHost: gate\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
            "Content-Length: 3000000\r\n\r\n"
        )
        line.sendall(head.encode() + b"x" * 1_234_567)
        wait_for(lambda: is_being_written(gate, location))
    wait_for(lambda: offset_of(phone, location) == 1_234_567)
    rest = b"x" * (3_000_000 - 1_234_567)
    assert phone.patch(location, rest, offset=1_234_567).status_code == 204


def test_a_part_with_another_checksum_is_dropped_whole(phone: Phone) -> None:
    location = begin(phone, 10)
    wrong = {"upload-checksum": f"sha256 {b64(hashlib.sha256(b'other').digest())}"}
    answer = phone.patch(location, b"01234", offset=0, **wrong)
    assert (answer.status_code, answer.json()["error"]) == (460, "uploads.wrong_checksum")
    assert offset_of(phone, location) == 0
    right = {"upload-checksum": f"sha256 {b64(hashlib.sha256(b'01234').digest())}"}
    assert phone.patch(location, b"01234", offset=0, **right).status_code == 204


def test_another_checksum_algorithm_is_refused(phone: Phone) -> None:
    location = begin(phone, 10)
    answer = phone.patch(
        location, b"0", offset=0, **{"upload-checksum": "md5 1B2M2Y8AsgTpgAmY7PhCfg=="}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "uploads.bad_checksum")


def test_more_bytes_than_announced_are_refused(phone: Phone) -> None:
    location = begin(phone, 4)
    answer = phone.patch(location, b"01234", offset=0)
    assert (answer.status_code, answer.json()["error"]) == (413, "uploads.too_large")
    chunked = phone.client.patch(
        location,
        content=iter([b"012", b"345"]),
        headers={**TUS, "upload-offset": "0", "content-type": "application/offset+octet-stream"},
    )
    assert chunked.status_code == 413
    assert offset_of(phone, location) == 0


def test_a_second_creation_replaces_the_first(phone: Phone) -> None:
    draft = secrets.token_bytes(32)
    first = phone.create(draft=draft, member="item-0000.age", length=5).headers["location"]
    phone.patch(first, b"12", offset=0)
    second = phone.create(draft=draft, member="item-0000.age", length=9).headers["location"]
    assert phone.client.head(first, headers=TUS).status_code == 404
    assert offset_of(phone, second) == 0


def test_a_terminated_upload_is_gone(phone: Phone, gate: RunningGate) -> None:
    location = begin(phone, 5)
    phone.patch(location, b"12", offset=0)
    file = gate.data / "items" / location.removeprefix("/api/uploads/")
    assert file.exists()
    assert phone.client.delete(location, headers=TUS).status_code == 204
    assert not file.exists()
    assert phone.client.head(location, headers=TUS).status_code == 404
    assert phone.client.delete(location, headers=TUS).status_code == 404


def is_being_written(gate: RunningGate, location: str) -> bool:
    """Tell whether a part of this upload is open at the gate: its file is locked meanwhile."""
    try:
        with (gate.data / "items" / location.removeprefix("/api/uploads/")).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def open_part(gate: RunningGate, location: str, begun: bytes) -> Iterator[socket.socket]:
    """Begin a part of 100 bytes on a line of its own and leave it open."""
    host, port = gate.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = (
            f"PATCH {location} HTTP/1.1\r\nHost: gate\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
            "Content-Length: 100\r\n\r\n"
        )
        line.sendall(head.encode() + begun)
        yield line


def test_two_parts_at_once_are_not_mixed(phone: Phone, gate: RunningGate) -> None:
    location = begin(phone, 100)
    with open_part(gate, location, b"a" * 10) as line:
        wait_for(lambda: is_being_written(gate, location))
        busy = phone.patch(location, b"b" * 100, offset=0)
        assert (busy.status_code, busy.json()["error"]) == (423, "uploads.busy")
        line.sendall(b"a" * 90)
        assert line.recv(1000).startswith(b"HTTP/1.1 204")
    assert (gate.data / "items" / location.removeprefix("/api/uploads/")).read_bytes() == b"a" * 100


@pytest.mark.slow
def test_the_bytes_of_a_slow_line_reach_the_disk_while_it_goes_on(
    phone: Phone, gate: RunningGate
) -> None:
    location = begin(phone, 100)
    file = gate.data / "items" / location.removeprefix("/api/uploads/")
    with open_part(gate, location, b"a" * 10) as line:
        time.sleep(1.5)
        line.sendall(b"a" * 10)
        wait_for(lambda: file.exists() and file.read_bytes() == b"a" * 20)
        line.sendall(b"a" * 80)
        assert line.recv(1000).startswith(b"HTTP/1.1 204")


@pytest.mark.slow
def test_a_silent_part_gives_way_to_a_look_from_another_line(
    phone: Phone, gate: RunningGate
) -> None:
    location = begin(phone, 100)
    with open_part(gate, location, b"a" * 10):
        wait_for(lambda: is_being_written(gate, location))
        time.sleep(3.5)  # A line that was cut without a sign looks like this for a minute.
        assert offset_of(phone, location) == 10
        assert phone.patch(location, b"b" * 90, offset=10).status_code == 204
    file = gate.data / "items" / location.removeprefix("/api/uploads/")
    assert file.read_bytes() == b"a" * 10 + b"b" * 90


@pytest.mark.slow
def test_a_silent_part_gives_way_to_a_newer_one(phone: Phone, gate: RunningGate) -> None:
    location = begin(phone, 100)
    with open_part(gate, location, b"") as line:
        wait_for(lambda: is_being_written(gate, location))
        time.sleep(3.5)
        assert phone.patch(location, b"b" * 100, offset=0).status_code == 204
        assert line.recv(1000).startswith(b"HTTP/1.1 408")
    file = gate.data / "items" / location.removeprefix("/api/uploads/")
    assert file.read_bytes() == b"b" * 100


def test_an_upload_that_came_whole_before_the_gate_died_is_not_sent_again(
    phone: Phone, gate: RunningGate
) -> None:
    parcel = seal(phone.organisation, mailbox_keys(), items=[("a.jpg", os.urandom(5_000))])
    data = parcel.items["item-0000.age"]
    made = phone.create(draft=parcel.draft, member="item-0000.age", length=len(data))
    location = made.headers["location"]
    assert phone.patch(location, data, offset=0).status_code == 204
    # The state of a gate that is killed between the last byte and the row that says so.
    with closing(sqlite3.connect(gate.data / "gate.sqlite3", timeout=30)) as database, database:
        upload = location.removeprefix("/api/uploads/")
        database.execute("UPDATE uploads SET sha256 = NULL WHERE id = ?", (upload,))
    assert phone.complete(parcel).status_code == 404
    assert offset_of(phone, location) == len(data)
    assert phone.complete(parcel).status_code == 201


def test_a_finished_upload_takes_nothing_more(phone: Phone) -> None:
    location = begin(phone, 4)
    assert phone.patch(location, b"0123", offset=0).status_code == 204
    assert phone.patch(location, b"", offset=4).headers["upload-offset"] == "4"
    assert phone.patch(location, b"", offset=3).json()["error"] == "uploads.wrong_offset"
    assert phone.patch(location, b"4", offset=4).json()["error"] == "uploads.too_large"
    headers = {"upload-offset": "4", "content-type": "application/offset+octet-stream"}
    chunked = phone.client.patch(location, content=iter([b"4"]), headers={**TUS, **headers})
    assert (chunked.status_code, chunked.json()["error"]) == (400, "uploads.bad_length")


@pytest.mark.parametrize("length", ["0", "-1", "1.5", "", "9" * 20])
def test_a_length_that_is_none_is_refused(phone: Phone, length: str) -> None:
    metadata = f"draft {b64(bytes(32))},member {b64(b'item-0000.age')}"
    headers = {**TUS, "upload-length": length, "upload-metadata": metadata}
    answer = phone.client.post("/api/uploads", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "uploads.bad_length")


def test_more_than_a_member_can_have_is_too_large(phone: Phone) -> None:
    answer = phone.create(draft=bytes(32), member="item-0000.age", length=8 * 1024**3)
    assert (answer.status_code, answer.json()["error"]) == (413, "uploads.too_large")


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "draft",
        f"draft {b64(bytes(32))}",
        f"draft {b64(bytes(31))},member {b64(b'item-0000.age')}",
        f"draft {b64(bytes(32))},member {b64(b'../../etc/passwd')}",
        f"draft {b64(bytes(32))},member {b64(b'item-0000.age' + bytes(1))}",
        f"draft {b64(bytes(32))},member {b64(b'manifest.age')}",
        f"draft {b64(bytes(32))},member {b64(b'item-0000.age')},filename {b64(b'name.jpg')}",
        f"draft %%%%,member {b64(b'item-0000.age')}",
    ],
)
def test_metadata_other_than_draft_and_member_is_refused(phone: Phone, metadata: str) -> None:
    headers = {**TUS, "upload-length": "5", "upload-metadata": metadata}
    answer = phone.client.post("/api/uploads", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "uploads.bad_metadata")


def test_another_version_of_the_protocol_is_refused(phone: Phone) -> None:
    answer = phone.client.post("/api/uploads", headers={"tus-resumable": "0.2.2"})
    assert (answer.status_code, answer.json()["error"]) == (412, "uploads.bad_version")
    assert answer.headers["tus-version"] == "1.0.0"


def test_another_type_of_body_is_refused(phone: Phone) -> None:
    answer = phone.patch(begin(phone, 5), b"12345", offset=0, **{"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]) == (415, "uploads.wrong_type")


def test_the_head_tells_back_what_the_phone_said(phone: Phone) -> None:
    answer = phone.client.head(begin(phone, 77), headers=TUS)
    assert answer.headers["upload-length"] == "77"
    member = answer.headers["upload-metadata"].split(",")[1].removeprefix("member ")
    assert base64.b64decode(member) == b"item-0000.age"
