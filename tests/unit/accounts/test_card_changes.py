"""What `aigaq card sign` changes in the card, and what it refuses to."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Founding

from aigaq.accounts.card_changes import (
    change_card,
    list_differences,
    parse_changes_file,
    parse_settings,
    sign_changed_card,
)
from aigaq.accounts.cards import read_card
from aigaq.accounts.errors import AccountsError
from aigaq.accounts.models import SignedCard
from aigaq.cli.messages import SENTENCES
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import Cosigner
from aigaq.watching.seeds import describe_cosigner

AIGAQ = str(Path(sys.executable).with_name("aigaq"))
SERVICE = {
    "answered_by": {"en": "A person", "kk": "Адам", "ru": "Человек"},
    "id": "fictional",
    "name": {"en": "Fictional", "kk": "Ойдан", "ru": "Вымышленная"},
    "note": None,
    "number": "8 800 000",
    "police_learns": "no",
}


@pytest.fixture
def sign(founding: Founding) -> Any:
    def signed(changes: dict[str, Any]) -> bytes:
        return sign_changed_card(
            root_seed=founding.drawn.root_seed,
            home=founding.home,
            changes=changes,
            accept_unreviewed="",
        )

    return signed


def test_what_is_set_stands_in_the_next_card_and_all_else_as_before(
    founding: Founding, sign: Any
) -> None:
    before = read_card()
    changes = parse_settings(
        (
            "exit_url=https://example.com/weather",
            "reading_hours=6",
            "names.ru=Новое имя",
            "languages=ru,kk",
            "interval_seconds=300",
            "batch=32",
            "maximum_delay_seconds=7200",
        )
    )
    sign(changes | {"services": [SERVICE]})
    after = read_card()

    assert after.version == before.version + 1
    assert after.exit_url == "https://example.com/weather"
    assert (after.reading_hours, after.names["ru"]) == (6, "Новое имя")
    assert after.names["kk"] == before.names["kk"]
    assert "6" in after.reading_text["kk"]
    assert after.languages == ("ru", "kk")
    assert (after.interval_seconds, after.batch, after.maximum_delay_seconds) == (300, 32, 7200)
    assert [one.id for one in after.services] == ["fictional"]
    kept = ("team_id", "team_recipient", "message_key", "desk_key", "gate_origin", "windows")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    founding.organisation.refresh_from_db()
    assert founding.organisation.exit_url == "https://example.com/weather"
    assert founding.organisation.names["ru"] == "Новое имя"


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("exit_url", "http://example.com/"),
        ("exit_url", "https://user@example.com/"),
        ("exit_url", "javascript:alert(1)"),
        ("exit_url", 7),
        ("reading_hours", 0),
        ("reading_hours", 337),
        ("reading_hours", True),
        ("interval_seconds", 59),
        ("batch", 0),
        ("maximum_delay_seconds", 599),
        ("names", {"ru": "  "}),
        ("names", {"de": "Name"}),
        ("names", "Name"),
        ("languages", []),
        ("languages", ["kk", "kk"]),
        ("languages", ["de"]),
        ("services", [SERVICE | {"number": "call me"}]),
        ("services", [SERVICE | {"extra": 1}]),
        ("services", "102"),
        ("windows", [{"id": "x"}]),
        ("state", "real"),
        ("team_recipient", "age1pq1"),
        ("gate_origin", "https://example.org"),
        ("version", 9),
    ],
)
def test_a_change_that_no_card_may_hold_is_refused_by_its_name(
    named: str, value: Any, sign: Any
) -> None:
    with pytest.raises(AccountsError) as caught:
        sign({named: value})
    assert (caught.value.code, caught.value.context["named"]) == ("accounts.bad_card_change", named)
    assert SignedCard.objects.count() == 1


def test_a_promise_shorter_than_the_interval_is_refused(sign: Any) -> None:
    with pytest.raises(AccountsError) as caught:
        sign({"interval_seconds": 7200, "maximum_delay_seconds": 3600})
    assert caught.value.context["named"] == "maximum_delay_seconds"


@pytest.mark.parametrize(
    "setting", ["exit_url", "services=[]", "log_key=x", "batch=many", "batch=٣"]
)
def test_a_setting_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(AccountsError) as caught:
        parse_settings((setting,))
    assert caught.value.code == "accounts.bad_card_change"


@pytest.mark.parametrize("text", ["", "[]", "7", "{"])
def test_a_file_without_an_object_is_refused(text: str) -> None:
    with pytest.raises(AccountsError) as caught:
        parse_changes_file(text)
    assert caught.value.code == "accounts.bad_card_change"


def test_the_differences_name_each_thing_once_with_both_values(founding: Founding) -> None:
    before = read_card()
    after = change_card(before, {"batch": 32, "names": {"en": "Fictional"}})
    assert list_differences(before, after) == [
        "names.en: Trial → Fictional",
        "batch: 16 → 32",
    ]
    assert list_differences(before, before) == []


def test_every_refusal_of_the_card_has_a_sentence() -> None:
    assert {"accounts.bad_card_change", "accounts.unreviewed_texts"} <= set(SENTENCES)


@pytest.mark.slow
def test_the_command_shows_the_changes_before_it_signs(tmp_path: Path) -> None:
    environment = os.environ | {"AIGAQ_HOME": str(tmp_path / "home")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    def run(*arguments: str, passphrase: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AIGAQ, *arguments],
            env=environment,
            input=passphrase,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    passphrase = json.loads(run("init", "--trial", "--json").stdout)["passphrase"]
    file = tmp_path / "changes.json"
    file.write_text(json.dumps({"reading_interval": {"hours": 2}}))
    words = ("--root-file", str(tmp_path / "home" / "root" / "root.words"), "--passphrase-fd", "0")
    assert "reading_interval" in run("card", "sign", "--from", str(file), *words).stderr

    file.write_text(json.dumps({"reading_hours": 2}))
    settings = ("--set", "exit_url=https://example.com/", "--from", str(file))
    refused = run("card", "sign", *settings, *words, passphrase="n\n")
    assert refused.returncode != 0
    assert "exit_url: https://www.kazhydromet.kz/ → https://example.com/" in refused.stderr
    signed = run("card", "sign", *settings, "--yes", "--json", *words, passphrase=passphrase)
    assert json.loads(signed.stdout) == {"version": 2}
    shown = json.loads(run("card", "show", "--json").stdout)
    assert shown["exit_url"] == "https://example.com/"
    assert shown["reading_interval"]["hours"] == 2


def describe_partner() -> dict[str, Any]:
    partner = Cosigner(name="partner.example/aigaq", seed=bytes(32))
    return describe_cosigner(partner, is_independent=True)


def test_a_partner_s_cosigner_comes_beside_the_desk_s_own(sign: Any) -> None:
    sign({"cosigners": [describe_partner()]})
    own, partner = read_cosigners(read_card())
    assert (own.name, own.is_independent) == ("127.0.0.1:8470/desk", False)
    assert (partner.name, partner.is_independent) == ("partner.example/aigaq", True)
    sign({"cosigners": []})
    (left,) = read_cosigners(read_card())
    assert left.name == own.name


@pytest.mark.parametrize(
    "value",
    [
        [{"name": "partner.example"}],
        [{**describe_partner(), "vkeys": []}],
        [{**describe_partner(), "name": "another.example"}],
        [{**describe_partner(), "url": "ftp://partner.example"}],
        [describe_partner(), describe_partner()],
        "partner.example",
    ],
)
def test_a_cosigner_that_no_reader_would_take_is_refused(founding: Founding, value: Any) -> None:
    with pytest.raises(AccountsError) as caught:
        change_card(read_card(), {"cosigners": value})
    assert caught.value.code == "accounts.bad_card_change"
    assert caught.value.context["named"] == "cosigners"


def test_a_new_cosigner_is_shown_by_its_name(founding: Founding) -> None:
    before = read_card()
    lines = list_differences(before, change_card(before, {"cosigners": [describe_partner()]}))
    assert any("partner.example/aigaq" in line for line in lines)
