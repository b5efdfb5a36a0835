"""P9 at the gate: every path × method × who asks, with the answer that each gets.

A route that is not in the table fails, and so does one that `spec/gate-api.openapi.json` does not
describe. What is not yours does not exist for you: the same answer whether it is there or not.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.gatehouse import Organisation, Phone, RunningGate, free_port, mailbox_keys, seal

from aigaq.gate.app import list_routes
from aigaq.gate.headers import constant_headers
from aigaq.gate.static_bundle import Bundle
from aigaq.sealing.mailbox_requests import REPORTER_LABEL

ROOT = Path(__file__).parents[2]
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
PERSONAS = ("anyone", "stranger", "reporter", "fetch", "desk")
REFUSED = {"anyone": 401, "stranger": 401, "reporter": 401}
DESK_ONLY = {**REFUSED, "fetch": 401}


def all_alike(status: int) -> dict[str, int]:
    return dict.fromkeys(PERSONAS, status)


# An empty body, no more headers than the signature: the first thing that is wrong answers.
TABLE: dict[str, dict[str, dict[str, int]]] = {
    "/": {"GET": all_alike(200), "POST": all_alike(400)},
    "/{path:path}": {"GET": all_alike(404)},
    "/card": {"GET": all_alike(200)},
    "/plain": {"POST": all_alike(400)},
    "/api/time": {"GET": all_alike(200)},
    "/api/nonce": {"POST": all_alike(200)},
    "/api/uploads": {"OPTIONS": all_alike(204), "POST": all_alike(412)},
    "/api/uploads/{upload_id}": {
        "HEAD": all_alike(412),
        "PATCH": all_alike(412),
        "DELETE": all_alike(412),
    },
    "/api/reports": {"POST": all_alike(400)},
    "/api/mailbox": {
        "POST": {"anyone": 401, "stranger": 401, "reporter": 400, "fetch": 401, "desk": 401}
    },
    "/api/desk/reports": {"GET": {**REFUSED, "fetch": 200, "desk": 200}},
    "/api/desk/reports/{report_id}/{member}": {"GET": {**REFUSED, "fetch": 404, "desk": 404}},
    "/api/desk/reports/{report_id}/safe": {"POST": {**DESK_ONLY, "desk": 404}},
    "/api/desk/messages": {"GET": {**REFUSED, "fetch": 200, "desk": 200}},
    "/api/desk/messages/{number}/done": {"POST": {**DESK_ONLY, "desk": 204}},
    "/api/desk/mailboxes": {"POST": {**DESK_ONLY, "desk": 400}},
    "/api/desk/mailboxes/heads": {"POST": {**REFUSED, "fetch": 400, "desk": 400}},
    "/api/desk/rebind": {"POST": {**DESK_ONLY, "desk": 400}},
    "/api/desk/card": {"PUT": {**DESK_ONLY, "desk": 400}},
    "/api/desk/status": {"GET": {**REFUSED, "fetch": 200, "desk": 200}},
    "/api/desk/log/chaff": {"GET": {**REFUSED, "fetch": 200, "desk": 200}},
    "/api/desk/log/chaff/done": {"POST": {**DESK_ONLY, "desk": 400}},
    "/api/desk/log/heads": {"POST": {**DESK_ONLY, "desk": 400}},
    "/api/desk/log/indexes": {"POST": {**REFUSED, "fetch": 400, "desk": 400}},
    "/api/desk/log/public": {"POST": {**DESK_ONLY, "desk": 400}},
    "/log/checkpoint": {"GET": all_alike(200)},
    "/log/cosigned": {"GET": all_alike(404)},
    "/log/cosignatures": {"POST": all_alike(422)},
    "/log/tile/{path:path}": {"GET": all_alike(404)},
}


@dataclass(frozen=True)
class House:
    """A gate, and the key of every persona."""

    phone: Phone
    keys: dict[str, Ed25519PrivateKey | None]
    bundle: Bundle


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = free_port()
    organisation = Organisation.found(port=port)
    folder = tmp_path_factory.mktemp("gate")
    gate = RunningGate(organisation, folder=folder, port=port)
    gate.start()
    reporter = mailbox_keys()
    with httpx.Client(base_url=gate.origin, verify=False) as client:
        phone = Phone(client, organisation)
        assert phone.complete(seal(organisation, reporter)).status_code == 201
        keys = {
            "anyone": None,
            "stranger": Ed25519PrivateKey.generate(),
            "reporter": reporter.key,
            "fetch": organisation.fetch,
            "desk": organisation.desk,
        }
        yield House(phone, keys, Bundle.load(folder / "bundle"))
    gate.stop()


def ask(house: House, persona: str, method: str, path: str) -> httpx.Response:
    key = house.keys[persona]
    if key is None:
        return house.phone.client.request(method, path)
    if persona == "reporter" and path == "/api/mailbox":
        return house.phone.signed(method, path, key=key, label=REPORTER_LABEL)
    return house.phone.signed(method, path, key=key)


def example(path: str) -> str:
    values = {
        "{path:path}": "not-there.html",
        "{upload_id}": secrets.token_urlsafe(32),
        "{report_id}": secrets.token_hex(32),
        "{member}": "key.age",
        "{number}": "1",
    }
    for name, value in values.items():
        path = path.replace(name, value)
    return path


def test_every_route_stands_in_the_table() -> None:
    routes = {path: set(handlers) for path, handlers in list_routes().items()}
    assert routes == {path: set(methods) for path, methods in TABLE.items()}


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("path", sorted(TABLE))
def test_each_path_answers_each_persona_as_the_table_says(
    house: House, path: str, persona: str
) -> None:
    for method in METHODS:
        answer = ask(house, persona, method, example(path))
        expected = TABLE[path].get(method)
        if expected is None and method == "HEAD":
            expected = TABLE[path].get("GET")
        if expected is None:
            assert answer.status_code == 405, (method, path)
            assert answer.headers["allow"]
            continue
        assert answer.status_code == expected[persona], (method, path, answer.text)


@pytest.mark.parametrize("path", sorted(TABLE))
def test_every_answer_has_the_constant_headers_and_no_others(house: House, path: str) -> None:
    constant = constant_headers(house.bundle)
    own = {
        *constant,
        "aigaq-expiry",
        "aigaq-nonce",
        "allow",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "location",
        "tus-checksum-algorithm",
        "tus-extension",
        "tus-max-size",
        "tus-resumable",
        "tus-version",
        "vary",
    }
    for method in METHODS:
        headers = ask(house, "anyone", method, example(path)).headers
        assert {name: headers[name] for name in constant} == constant, (method, path)
        assert set(headers) <= own, (method, path)
        assert headers["server"] == ""


def test_what_is_not_there_and_what_is_not_yours_are_the_same_bytes(house: House) -> None:
    there = house.phone.desk("GET", "/api/desk/reports").json()["reports"][0]["id"]
    for suffix, method in (("key.age", "GET"), ("item-0000.age", "GET"), ("safe", "POST")):
        bodies = {
            ask(house, persona, method, f"/api/desk/reports/{report}/{suffix}").content
            for persona in ("anyone", "stranger", "reporter")
            for report in (there, secrets.token_hex(32))
        }
        assert bodies == {b'{"error":"request.refused"}'}


@pytest.mark.parametrize(
    "path",
    [
        "/../gate.sqlite3",
        "/%2e%2e/gate.sqlite3",
        "/a/../../log.key",
        "/a//page.css",
        "/A/page.css",
        "/a/page.css/",
        "/index.ru.html%00",
        "/.git/config",
        "/api",
        "/api/desk",
        "/api/",
    ],
)
def test_nothing_but_the_names_of_the_manifest_is_served(house: House, path: str) -> None:
    # A client that sends the path as it is; httpx would tidy it up.
    line = HTTPConnection(house.phone.client.base_url.host, house.phone.client.base_url.port)
    line.request("GET", path)
    answer = line.getresponse()
    assert (answer.status, json.loads(answer.read())) == (404, {"error": "gate.not_found"})
    line.close()


def test_the_description_for_machines_names_exactly_these_routes() -> None:
    described = json.loads((ROOT / "spec/gate-api.openapi.json").read_text())["paths"]
    routes = {
        path.replace("{path:path}", "{path}"): {method.lower() for method in handlers}
        for path, handlers in list_routes().items()
    }
    assert {path: set(methods) for path, methods in described.items()} == routes


@pytest.mark.parametrize("path", sorted(TABLE))
def test_each_status_of_the_table_is_described(path: str) -> None:
    described = json.loads((ROOT / "spec/gate-api.openapi.json").read_text())["paths"]
    for method, expected in TABLE[path].items():
        operation = described[path.replace("{path:path}", "{path}")][method.lower()]
        assert {str(status) for status in expected.values()} <= set(operation["responses"])
