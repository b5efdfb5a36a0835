"""The path without JavaScript: a form, sealed by the gate, read by the desk."""

import io
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, Phone, RunningGate, free_port

from aigaq.gate.multipart import MAXIMUM_FILES_BYTES, MAXIMUM_TEXT_BYTES
from aigaq.sealing.opening import FolderSource, open_report
from aigaq.sealing.receipt_code import derive_mailbox_keys, read_typed_code


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plain")


@pytest.fixture(scope="module")
def plain(plain_folder: Path) -> Iterator[Phone]:
    """Give a gate of its own: the bucket of this path is shared by all who use a gate."""
    yield from run_gate(plain_folder)


@pytest.fixture(scope="module")
def token(plain: Phone) -> str:
    return token_of(plain)


def run_gate(folder: Path) -> Iterator[Phone]:
    port = free_port()
    running = RunningGate(Organisation.found(port=port), folder=folder, port=port)
    running.start()
    with httpx.Client(base_url=running.origin, timeout=30, verify=False) as client:
        yield Phone(client, running.organisation)
    running.stop()


def count_reports(phone: Phone) -> int:
    counts: dict[str, int] = phone.desk("GET", "/api/desk/status").json()["counts"]
    return counts["reports"]


def post(phone: Phone, fields: dict[str, object], files: object = ()) -> httpx.Response:
    given = [(name, (None, str(value))) for name, value in fields.items()]
    return phone.client.post("/plain", files=[*given, *files])  # type: ignore[misc]


def token_of(phone: Phone) -> str:
    page = post(phone, {"language": "ru"})
    assert page.status_code == 200
    match = re.search(r'name="token" value="([^"]+)"', page.text)
    assert match is not None
    time.sleep(3.1)  # A form that is sent within two seconds was not filled by a person.
    return match[1]


def code_in(page: httpx.Response) -> str:
    groups = re.findall(r"<span>(\d{4})</span>", page.text)
    assert len(groups) == 6
    return read_typed_code("".join(groups))


def test_a_form_becomes_a_report_that_the_desk_opens(
    plain: Phone, token: str, tmp_path: Path
) -> None:
    photo = bytes(range(256)) * 300
    fields = {"q2": "witness", "q4": "Вымышленная история.\r\nВторая строка.", "cpublish.public": 1}
    sent = post(
        plain,
        {"token": token, "language": "kk", **fields},
        [("file", ("сурет «1».jpg", io.BytesIO(photo), "image/jpeg"))],
    )
    assert sent.status_code == 200
    keys = derive_mailbox_keys(code_in(sent), team_id=plain.organisation.card.team_id)
    (promise,) = plain.mailbox(keys).promises
    folder = tmp_path / "fetched"
    folder.mkdir()
    path = f"/api/desk/reports/{promise.report_id.hex()}"
    for name in ("item-0000.age", "manifest.age", "key.age", "header.json"):
        (folder / name).write_bytes(plain.desk("GET", f"{path}/{name}").content)
    opened = open_report(
        FolderSource(folder),
        team_id=plain.organisation.card.team_id,
        identities=[plain.organisation.team],
    )
    manifest = opened.manifest
    assert manifest is not None
    assert [(one.number, one.value) for one in manifest.answers] == [
        (2, "witness"),
        (4, fields["q4"]),
    ]
    assert [(one.purpose, one.audience) for one in manifest.consents] == [("publish", "public")]
    assert [(one.name, one.media_type) for one in manifest.items] == [
        ("сурет «1».jpg", "image/jpeg")
    ]
    assert manifest.items[0].size_bytes == len(photo)
    assert manifest.language == "kk"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_form_is_complete_in_every_language(plain: Phone, language: str) -> None:
    page = post(plain, {"language": language})
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-type"].startswith("text/html")


def test_nothing_written_is_an_error_that_says_so(plain: Phone, token: str) -> None:
    before = count_reports(plain)
    answer = post(plain, {"token": token, "q4": "   "})
    assert answer.status_code == 400
    assert count_reports(plain) == before


@pytest.mark.parametrize("false", ["", "1.AAAA", "99999999999.AAAAAAAAAAAAAAAAAAAAAA==", "x"])
def test_a_form_token_that_is_not_ours_is_refused(plain: Phone, false: str) -> None:
    before = count_reports(plain)
    answer = post(plain, {"token": false, "q4": "Fictional."})
    assert answer.status_code == 400
    assert count_reports(plain) == before


def test_a_form_that_comes_back_at_once_is_refused(plain: Phone) -> None:
    page = post(plain, {"language": "ru"})
    token = re.findall(r'name="token" value="([^"]+)"', page.text)[0]
    assert post(plain, {"token": token, "q4": "Fictional."}).status_code == 400


def test_too_much_text_and_too_many_bytes_are_refused(plain: Phone, token: str) -> None:
    text = "x" * (MAXIMUM_TEXT_BYTES + 1)
    assert post(plain, {"token": token, "q4": text}).status_code == 413
    file = ("file", ("a", io.BytesIO(bytes(MAXIMUM_FILES_BYTES + 1)), "image/jpeg"))
    assert post(plain, {"token": token}, [file]).status_code == 413


def test_an_answer_that_is_no_option_is_refused(plain: Phone, token: str) -> None:
    answer = post(plain, {"token": token, "q2": "<script>"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_slow_lines_with_files_leave_a_place_for_words(plain: Phone, token: str) -> None:
    host, port = plain.client.base_url.host, plain.client.base_url.port
    head = (
        f"POST /plain HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 5000000\r\n"
        "Content-Type: multipart/form-data; boundary=abc\r\n\r\n--abc\r\n"
    ).encode()
    with ExitStack() as lines:
        for _ in range(4):
            line = lines.enter_context(socket.create_connection((host, port)))
            line.sendall(head)
        time.sleep(0.5)
        words = "Вымышленная история. " * 500
        assert post(plain, {"token": token, "q4": words}).status_code == 200
        file = ("file", ("a.txt", io.BytesIO(bytes(200_000)), "text/plain"))
        assert post(plain, {"token": token}, [file]).status_code == 429


@pytest.mark.slow
def test_whoever_comes_after_ten_others_is_told_how_long_to_wait(tmp_path: Path) -> None:
    for phone in run_gate(tmp_path):
        fields: dict[str, object] = {"token": token_of(phone), "q4": "Fictional."}
        answers = [post(phone, fields) for _ in range(40)]
        taken = [one for one in answers if one.status_code == 200]
        assert len({code_in(one) for one in taken}) == len(taken) >= 10
        assert {one.status_code for one in answers} == {200, 429}
        assert count_reports(phone) == len(taken)


def test_what_is_no_form_is_refused(plain: Phone) -> None:
    assert plain.client.post("/plain", content=b"q4=x").status_code == 400
    headers = {"content-type": "multipart/form-data; boundary=abc"}
    for body in (b"", b"--abc", b"--abc\r\n\r\n--abc--", b"--abc\r\nX: y\r\n\r\nz\r\n--abc--"):
        assert plain.client.post("/plain", content=body, headers=headers).status_code == 400


def test_no_temporary_file_is_made(plain: Phone, token: str, plain_folder: Path) -> None:
    before = {path for path in plain_folder.rglob("*") if path.is_file()}
    files = [("file", ("a.txt", io.BytesIO(b"fictional" * 90_000), "text/plain"))]
    assert post(plain, {"token": token}, files).status_code == 200
    new = {path for path in plain_folder.rglob("*") if path.is_file()} - before
    assert [path.parent.name for path in new] == ["items"]
    assert b"fictional" not in new.pop().read_bytes()
