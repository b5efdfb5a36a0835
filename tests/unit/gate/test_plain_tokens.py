"""A form without JavaScript after a day, after an hour, and what is left of it on the disk."""

import asyncio
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, write_files

from aigaq.clock import now
from aigaq.gate.app import build_app
from aigaq.gate.gate import Gate, close_gate, open_gate
from aigaq.gate.plain_tokens import make_token
from aigaq.gate.settings import Settings
from aigaq.sealing.encoding import decode_base64

WORDS = "Вымышленная история."


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    organisation = Organisation.found(port=1)
    write_files(organisation, folder=tmp_path)
    settings = Settings(
        card=tmp_path / "card.json",
        root_key=organisation.root_public,
        log_key=tmp_path / "log.key",
        data=tmp_path / "data",
        bundle=tmp_path / "bundle",
        reserve_bytes=0,
    )
    settings.items.mkdir(parents=True)
    opened = open_gate(settings)
    yield opened
    close_gate(opened)


def post(gate: Gate, *, later: timedelta, **fields: str) -> httpx.Response:
    """Send a form to this gate as it is so much later."""
    app = build_app(replace(gate, clock=lambda: now() + later))

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
            return await client.post("/plain", files=[(one, (None, fields[one])) for one in fields])

    return asyncio.run(send())


def code_in(page: httpx.Response) -> str:
    return "".join(re.findall(r"<span>(\d{4})</span>", page.text))


def test_a_form_is_good_for_a_day_and_its_words_come_back_after_that(gate: Gate) -> None:
    token = make_token(gate)
    day = timedelta(days=1)
    late = post(gate, later=day + timedelta(minutes=1), token=token, q4=WORDS)
    assert late.status_code == 400
    assert WORDS in html.unescape(late.text)
    # The new token is good at once: whoever had the form for a day is not too quick now.
    (fresh,) = re.findall(r'name="token" value="([^"]+)"', late.text)
    assert fresh != token
    again = post(gate, later=day + timedelta(minutes=1), token=fresh, q4=WORDS)
    assert again.status_code == 200
    assert post(gate, later=day - timedelta(minutes=1), token=token, q4=WORDS).status_code == 200


def test_the_code_is_shown_again_for_an_hour_and_not_after_it(gate: Gate) -> None:
    fields = {"token": make_token(gate), "q4": WORDS}
    first = post(gate, later=timedelta(minutes=1), **fields)
    soon = post(gate, later=timedelta(minutes=60), **fields)
    late = post(gate, later=timedelta(minutes=62), **fields)
    assert (first.status_code, soon.status_code, late.status_code) == (200, 200, 409)
    assert code_in(first) == code_in(soon) != ""
    assert code_in(late) == ""
    assert "<textarea" not in late.text


def test_a_clock_that_goes_back_leaves_no_form_without_a_way_on(gate: Gate) -> None:
    token = make_token(gate)
    early = post(gate, later=timedelta(days=-1), token=token, q4=WORDS)
    assert early.status_code == 400
    (fresh,) = re.findall(r'name="token" value="([^"]+)"', early.text)
    assert post(gate, later=timedelta(days=-1), token=fresh, q4=WORDS).status_code == 200


def test_neither_token_nor_code_nor_word_of_a_form_lies_on_the_disk(gate: Gate) -> None:
    token = make_token(gate)
    sent = post(gate, later=timedelta(minutes=1), token=token, q4=WORDS)
    random = decode_base64(token.split(".")[1])
    code = code_in(sent)
    assert len(code) == 24
    stored = b"".join(one.read_bytes() for one in gate.settings.data.rglob("*") if one.is_file())
    for secret in (random, token.encode(), code.encode(), WORDS.encode()):
        assert secret not in stored
