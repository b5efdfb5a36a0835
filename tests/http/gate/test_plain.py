"""The path without JavaScript: a form, sealed by the gate, read by the desk."""

import html
import io
import re
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
def tokens(plain: Phone) -> list[str]:
    return tokens_of(plain, count=40)


@pytest.fixture
def token(tokens: list[str]) -> str:
    """Give a token that nobody has used."""
    return tokens.pop()


def run_gate(folder: Path, *, options: Sequence[str] = ()) -> Iterator[Phone]:
    port = free_port()
    organisation = Organisation.found(port=port)
    running = RunningGate(organisation, folder=folder / str(port), port=port, options=options)
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


def token_in(page: httpx.Response) -> str:
    match = re.search(r'name="token" value="([^"]+)"', page.text)
    assert match is not None
    return match[1]


def tokens_of(phone: Phone, *, count: int) -> list[str]:
    found = [token_in(post(phone, {"language": "ru"})) for _ in range(count)]
    time.sleep(3.1)  # A form that is sent within two seconds was not filled by a person.
    return found


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


WORDS = 'Вымышленная "история" <b>&amp;\r\nВторая строка.'


def given_back(page: httpx.Response) -> tuple[str, set[str]]:
    """Return the long answer in the form that came back, and the values that are chosen in it."""
    assert len(re.findall(r'<div class="notice error" role="alert">', page.text)) == 1
    (text,) = re.findall(r'<textarea id="q4"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    chosen = re.findall(r'name="([^"]+)" value="([^"]+)" autocomplete="off" checked', page.text)
    return html.unescape(text), {f"{name}={value}" for name, value in chosen}


@pytest.mark.parametrize("false", ["", "1.AAAA", "99999999999.AAAA.AAAAAAAAAAAAAAAAAAAAAA==", "x"])
def test_a_form_token_that_is_not_ours_is_refused_and_all_words_come_back(
    plain: Phone, false: str
) -> None:
    before = count_reports(plain)
    fields: dict[str, object] = {"q2": "witness", "q4": WORDS, "q12": 'a"b', "ccount.team": 1}
    answer = post(plain, {"token": false, "language": "en", **fields})
    assert answer.status_code == 400
    text, chosen = given_back(answer)
    assert text == WORDS
    assert "q2=witness" in chosen
    assert 'value="a&#34;b"' in answer.text
    assert "<b>&amp;" not in answer.text
    assert token_in(answer) != false
    assert count_reports(plain) == before


def test_a_form_that_comes_back_at_once_is_refused_and_good_a_little_later(plain: Phone) -> None:
    fields: dict[str, object] = {"token": token_in(post(plain, {"language": "ru"})), "q4": WORDS}
    answer = post(plain, fields)
    assert answer.status_code == 400
    assert (given_back(answer)[0], token_in(answer)) == (WORDS, fields["token"])
    time.sleep(3.1)
    assert post(plain, fields).status_code == 200


def test_too_much_text_comes_back_to_be_shortened(plain: Phone, token: str) -> None:
    text = "x" * (MAXIMUM_TEXT_BYTES + 1)
    answer = post(plain, {"token": token, "q4": text})
    assert answer.status_code == 413
    assert (given_back(answer)[0], token_in(answer)) == (text, token)


@pytest.mark.parametrize("size", [MAXIMUM_FILES_BYTES + 1, 40_000_000])
def test_words_come_back_when_files_are_too_large(plain: Phone, token: str, size: int) -> None:
    file = ("file", ("a", io.BytesIO(bytes(size)), "image/jpeg"))
    answer = post(plain, {"token": token, "q4": WORDS}, [file])
    assert answer.status_code == 413
    assert (given_back(answer)[0], token_in(answer)) == (WORDS, token)


def test_words_come_back_from_a_form_that_broke_off(plain: Phone, token: str) -> None:
    head = '--abc\r\nContent-Disposition: form-data; name="'
    body = f'{head}token"\r\n\r\n{token}\r\n{head}q4"\r\n\r\n{WORDS}\r\n--abc\r\nX: y\r\n\r\nz'
    headers = {"content-type": "multipart/form-data; boundary=abc"}
    answer = plain.client.post("/plain", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert (given_back(answer)[0], token_in(answer)) == (WORDS, token)


def test_words_come_back_from_a_gate_that_is_full(tmp_path: Path) -> None:
    """Files find the reserve closed first, and words only when a quarter of it is left."""
    free_mib = shutil.disk_usage(tmp_path).free >> 20
    file = [("file", ("a", io.BytesIO(bytes(100_000)), "image/jpeg"))]
    for reserve_mib, words_status in ((free_mib * 2, 200), (free_mib * 8, 507)):
        for phone in run_gate(tmp_path, options=["--reserve-mib", str(reserve_mib)]):
            first, second = tokens_of(phone, count=2)
            assert post(phone, {"token": first, "q4": WORDS}).status_code == words_status
            answer = post(phone, {"token": second, "q4": WORDS}, file)
            assert answer.status_code == 507
            assert given_back(answer)[0] == WORDS


def test_the_same_form_again_is_the_same_report_with_the_same_code(
    plain: Phone, token: str
) -> None:
    before = count_reports(plain)
    file = ("file", ("a.txt", b"fictional" * 1_000, "text/plain"))
    fields: dict[str, object] = {"token": token, "q4": WORDS}
    answers = [post(plain, fields, [file]) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert len({code_in(one) for one in answers}) == 1
    assert count_reports(plain) == before + 1
    keys = derive_mailbox_keys(code_in(answers[2]), team_id=plain.organisation.card.team_id)
    assert len(plain.mailbox(keys).promises) == 1


def test_the_same_form_twice_at_once_is_one_report(plain: Phone, token: str) -> None:
    before = count_reports(plain)
    fields: dict[str, object] = {"token": token, "q4": WORDS}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: post(plain, fields), range(4)))
    assert len({code_in(one) for one in answers}) == 1
    assert count_reports(plain) == before + 1


def test_other_words_under_a_used_token_come_back_and_are_a_report_of_their_own(
    plain: Phone, token: str
) -> None:
    before = count_reports(plain)
    first = post(plain, {"token": token, "q4": "Fictional."})
    answer = post(plain, {"token": token, "q4": WORDS})
    assert answer.status_code == 409
    assert given_back(answer)[0] == WORDS
    second = post(plain, {"token": token_in(answer), "q4": WORDS})
    assert second.status_code == 200
    assert code_in(first) != code_in(second)
    assert count_reports(plain) == before + 2


def test_an_answer_that_is_no_option_is_refused(plain: Phone, token: str) -> None:
    answer = post(plain, {"token": token, "q2": "<script>"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_slow_lines_with_files_leave_a_place_for_words(plain: Phone, tokens: list[str]) -> None:
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
        assert post(plain, {"token": tokens.pop(), "q4": words}).status_code == 200
        file = ("file", ("a.txt", io.BytesIO(bytes(200_000)), "text/plain"))
        answer = post(plain, {"token": tokens.pop(), "q4": WORDS}, [file])
        assert answer.status_code == 429
        assert given_back(answer)[0] == WORDS


@pytest.mark.slow
def test_whoever_comes_after_ten_others_is_told_how_long_to_wait(tmp_path: Path) -> None:
    for phone in run_gate(tmp_path):
        tokens = tokens_of(phone, count=40)
        answers = [post(phone, {"token": token, "q4": WORDS}) for token in tokens]
        taken = [one for one in answers if one.status_code == 200]
        assert len({code_in(one) for one in taken}) == len(taken) >= 10
        assert {one.status_code for one in answers} == {200, 429}
        assert count_reports(phone) == len(taken)
        waiting = [one for one in answers if one.status_code == 429]
        assert {given_back(one)[0] for one in waiting} == {WORDS}
        assert {token_in(one) for one in waiting} < set(tokens)


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
