"""The ceremony: what it writes and where, and that no secret lies where it should not."""

import json
import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.conftest import Founding

from aigaq.accounts import ceremony, selectors
from aigaq.accounts.ceremony import Choices, check_choices, check_typed_back
from aigaq.accounts.errors import CeremonyError
from aigaq.accounts.models import TeamKey
from aigaq.accounts.permissions import Role
from aigaq.core.home import Home
from aigaq.core.models import AuditEvent
from aigaq.core.words import key_to_words, words_to_key
from aigaq.sealing.card import parse_card
from aigaq.sealing.encoding import decode_base64

GOOD = Choices(
    names={"en": "Trial", "kk": "Сынақ", "ru": "Проба"},
    gate_origin="https://example.org",
    exit_url="https://example.com/weather",
    founder="Айгүл",
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"names": {"en": "a", "ru": "b"}}, "ceremony.missing_name"),
        ({"names": {"en": "a", "ru": "b", "kk": " "}}, "ceremony.missing_name"),
        ({"gate_origin": "http://example.org"}, "ceremony.bad_gate_origin"),
        ({"gate_origin": "https://example.org/a"}, "ceremony.bad_gate_origin"),
        ({"gate_origin": "https://user@example.org"}, "ceremony.bad_gate_origin"),
        ({"gate_origin": "ftp://example.org"}, "ceremony.bad_gate_origin"),
        ({"gate_origin": ""}, "ceremony.bad_gate_origin"),
        ({"exit_url": "http://example.com"}, "ceremony.bad_exit_url"),
        ({"exit_url": "javascript:alert(1)"}, "ceremony.bad_exit_url"),
        ({"reading_hours": 0}, "ceremony.bad_reading_hours"),
        ({"state": "test"}, "ceremony.bad_state"),
        ({"founder": " "}, "ceremony.no_founder"),
    ],
)
def test_a_wrong_choice_is_named(change: dict[str, object], code: str) -> None:
    with pytest.raises(CeremonyError) as caught:
        check_choices(replace(GOOD, **change))  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize(
    "origin", ["https://example.org", "http://127.0.0.1:8470", "http://abcdefghij.onion"]
)
def test_a_gate_is_on_https_on_loopback_or_an_onion(origin: str) -> None:
    check_choices(replace(GOOD, gate_origin=origin))


@pytest.mark.parametrize(
    ("typed", "position"),
    [("apple river", 3), ("apple rivr stone", 2), ("apple river stone more", 4), ("", 1)],
)
def test_a_copy_that_differs_names_the_word(typed: str, position: int) -> None:
    with pytest.raises(CeremonyError) as caught:
        check_typed_back(typed, shown="apple river stone")
    assert caught.value.context["position"] == position


def test_a_copy_may_differ_in_capitals_and_spaces() -> None:
    check_typed_back("  Apple\nRIVER  stone ", shown="apple river stone")


def test_the_card_says_what_was_chosen_under_the_root_key(founding: Founding) -> None:
    root_key = bytes(founding.organisation.root_key)
    card = parse_card(founding.card, root_key=root_key)

    assert (card.version, card.state, card.exit_url) == (1, "trial", "https://www.kazhydromet.kz/")
    assert card.names == {"en": "Trial", "kk": "Сынақ", "ru": "Проба"}
    assert card.team_id.hex() == founding.organisation.team_id
    assert card.team_recipient == str(selectors.list_team_identities()[0].recipient)
    assert card.message_key == selectors.get_message_key().public_key().public_bytes_raw()
    assert card.desk_key == selectors.get_desk_key().public_key().public_bytes_raw()
    assert [service.number for service in card.services] == ["102", "112", "103", "111"]
    assert selectors.get_card() == founding.card


def test_the_locked_folder_holds_what_a_locked_desk_needs_and_no_more(founding: Founding) -> None:
    locked = founding.home.locked
    card = parse_card(founding.card, root_key=bytes(founding.organisation.root_key))
    gate = json.loads((locked / "gate.json").read_bytes())

    assert {path.name for path in locked.iterdir()} == {
        "card.json",
        "cosigner.key",
        "fetch.key",
        "gate.json",
    }
    assert {path.stat().st_mode & 0o777 for path in locked.iterdir()} == {0o600}
    assert (locked / "card.json").read_bytes() == founding.card
    assert decode_base64(gate["root_key"]) == bytes(founding.organisation.root_key)
    assert card.fetch_key == bytes(founding.organisation.fetch_key)


def test_no_secret_of_the_team_lies_in_a_readable_file(founding: Founding) -> None:
    secrets = [bytes(key.secret) for key in TeamKey.objects.all()]
    secrets += [founding.drawn.root_seed, founding.drawn.recovery_secret]
    written = [founding.drawn.passphrase, founding.drawn.root_words, *founding.drawn.recovery_parts]
    secrets += [text.encode() for text in written]
    readable = b"".join(
        path.read_bytes()
        for folder in (founding.home.desk, founding.home.gate)
        for path in folder.rglob("*")
        if path.is_file()
    )

    for secret in secrets:
        assert secret not in readable
        assert secret.hex().encode() not in readable


def test_the_gate_gets_its_log_key_and_nothing_of_the_desk(founding: Founding) -> None:
    card = parse_card(founding.card, root_key=bytes(founding.organisation.root_key))
    seed = decode_base64((founding.home.gate / "log.key").read_text("ascii").strip())
    log_key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    assert log_key.public_bytes_raw() == card.log_key
    assert {path.name for path in founding.home.gate.iterdir()} == {"card.json", "log.key"}


def test_drawn_secrets_never_print_themselves(founding: Founding) -> None:
    told = repr(founding.drawn) + repr(founding)

    assert founding.drawn.passphrase not in told
    assert founding.drawn.root_seed.hex() not in told
    assert founding.drawn.recovery_parts[0] not in told


def test_root_words_are_the_root_key(founding: Founding) -> None:
    assert words_to_key(founding.drawn.root_words) == founding.drawn.root_seed
    assert key_to_words(founding.drawn.root_seed) == founding.drawn.root_words


def test_the_founder_works_and_keeps_the_desk(founding: Founding) -> None:
    assert founding.founder.list_roles() == {Role.ADMINISTRATOR, Role.CASEWORKER, Role.LAWYER}
    assert not founding.founder.has_usable_password()
    assert selectors.get_only_person() == founding.founder


def test_the_ceremony_is_recorded(founding: Founding) -> None:
    codes = set(AuditEvent.objects.values_list("code", flat=True))

    assert codes == {"accounts.card_signed", "accounts.organisation_founded"}


def test_an_organisation_is_founded_once(founding: Founding) -> None:
    with pytest.raises(CeremonyError) as caught:
        ceremony.found_organisation(
            home=founding.home, choices=GOOD, drawn=founding.drawn, services=(), windows=()
        )
    assert caught.value.code == "ceremony.already_founded"


def test_a_desk_that_only_lost_its_marker_is_put_aside_and_not_removed(clean_home: Home) -> None:
    (clean_home.keys / "passphrase.age").write_bytes(b"wrapped")
    (clean_home.blobs / "blob").write_bytes(b"noise")

    ceremony._set_aside_unfinished(clean_home)

    (aside,) = clean_home.desk.glob("unfinished-*")
    assert (aside / "keys/passphrase.age").read_bytes() == b"wrapped"
    assert (aside / "blobs/blob").read_bytes() == b"noise"
    assert not clean_home.keys.exists()
    shutil.rmtree(aside)


def test_a_folder_in_which_nothing_was_begun_leaves_nothing_aside(clean_home: Home) -> None:
    for path in clean_home.desk.glob("unfinished-*"):
        shutil.rmtree(path)
    clean_home.database.write_bytes(b"")
    ceremony._set_aside_unfinished(clean_home)
    assert list(clean_home.desk.glob("unfinished-*")) == []
