"""The static bundle, the card, the time."""

import base64
import gzip
import hashlib
import json
import shutil
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from tests.gatehouse import DOCUMENT, Phone, RunningGate, write_bundle

from aigaq.clock import parse_time
from aigaq.gate.errors import GateError
from aigaq.gate.headers import constant_headers
from aigaq.gate.static_bundle import Bundle, choose_language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "ru"),
        ("kk", "kk"),
        ("kk-KZ,kk;q=0.9,ru;q=0.8", "kk"),
        ("de-DE,de;q=0.9,en;q=0.8", "en"),
        ("fr", "ru"),
        ("en;q=0.5, ru;q=0.7, kk;q=0.6", "ru"),
        ("en;q=x, kk;q=0.1", "kk"),
        ("*", "ru"),
    ],
)
def test_the_document_comes_in_the_language_of_the_browser(
    phone: Phone, accepted: str, language: str
) -> None:
    answer = phone.client.get("/", headers={"accept-language": accepted})
    assert answer.status_code == 200
    assert answer.text == DOCUMENT.format(language)
    assert choose_language(accepted) == language


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_button_switches_the_language_without_script(phone: Phone, language: str) -> None:
    answer = phone.client.post("/", data={"language": language})
    assert answer.text == DOCUMENT.format(language)


@pytest.mark.parametrize("body", [b"", b"language=de", b"language=ru&language=en", b"\xff" * 10])
def test_a_language_that_we_do_not_have_is_refused(phone: Phone, body: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = phone.client.post("/", content=body, headers=kind)
    assert (answer.status_code, answer.json()["error"]) == (400, "gate.bad_request")


def test_every_file_of_the_manifest_is_served_as_it_is(phone: Phone) -> None:
    manifest = phone.client.get("/bundle-manifest.json").json()
    assert len(manifest["files"]) == 4
    for one in manifest["files"]:
        data = phone.client.get(f"/{one['path']}").content
        assert hashlib.sha256(data).hexdigest() == one["sha256"]


def test_a_file_is_compressed_for_who_takes_it(phone: Phone, gate: RunningGate) -> None:
    with httpx.Client(base_url=gate.origin, verify=False) as client:
        with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw).decode() == DOCUMENT.format("ru")
        plain = client.get("/", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers


def test_brotli_of_the_build_comes_to_who_takes_it(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle", also={"a/page.css.br": b"packed"})
    asset = Bundle.load(folder).get_asset("a/page.css")
    for accepted, encoding in (
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", None),
        ("gzip", None),
        ("", None),
    ):
        scope = {"type": "http", "headers": [(b"accept-encoding", accepted.encode())]}
        answer = asset.answer(Request(scope))
        assert answer.headers.get("content-encoding") == encoding, accepted
        assert answer.headers["vary"] == "accept-encoding"
        assert answer.body == (b"packed" if encoding else b"p { color: black }\n")


def test_the_policy_names_the_scripts_of_the_manifest_and_no_address(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle", also={"a/main.js": b"main", "a/seal.js": b"seal"})
    policy = constant_headers(Bundle.load(folder))["content-security-policy"]
    sources = next(one for one in policy.split("; ") if one.startswith("script-src ")).split()[1:]
    hashes = [base64.b64encode(hashlib.sha256(one).digest()).decode() for one in (b"main", b"seal")]
    assert sources == ["'wasm-unsafe-eval'", *(f"'sha256-{one}'" for one in hashes)]


def test_the_card_is_served_as_it_was_signed(phone: Phone) -> None:
    data = phone.client.get("/card").content
    assert data.startswith(b'{"batch":')
    assert data.count(b"\n") == 2


def test_the_time_is_the_gates(phone: Phone) -> None:
    parse_time(phone.client.get("/api/time").json()["now"])


def test_a_bundle_that_differs_from_its_manifest_is_not_served(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    Bundle.load(folder)
    (folder / "a/page.css").write_bytes(b"p { color: white }\n")
    with pytest.raises(GateError) as refused:
        Bundle.load(folder)
    assert refused.value.code == "bundle.wrong_hash"


def test_a_manifest_that_leads_outside_is_refused(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    shutil.copy(folder / "a/page.css", tmp_path / "page.css")
    manifest = json.loads((folder / "bundle-manifest.json").read_text())
    for listed in manifest["files"]:
        if listed["path"] == "a/page.css":
            listed["path"] = "../page.css"
    (folder / "bundle-manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(GateError) as refused:
        Bundle.load(folder)
    assert refused.value.code == "bundle.bad_manifest"


def test_the_committed_bundle_agrees_with_its_manifest() -> None:
    Bundle.load(Path(__file__).parents[3] / "src/aigaq/gate/bundle")


def test_a_form_of_many_fields_is_refused_as_such(phone: Phone) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = phone.client.post("/", content="a=1&" * 20 + "language=kk", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "gate.bad_request")


def test_no_page_may_ask_where_she_is(phone: Phone) -> None:
    assert "geolocation=()" in phone.client.get("/").headers["permissions-policy"]
