"""The master key: two wrappings, and nothing else opens it."""

import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from aigaq.core import recovery, words
from aigaq.core.errors import DeskLocked, VaultError
from aigaq.core.held_keys import BLOBS_LABEL, DATABASE_LABEL, HeldKeys, derive_key
from aigaq.core.vault import Vault
from aigaq.sealing.fingerprint import bip39_words

WORDS = "apple river stone cloud paper lamp green"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, work_factor=1)


def test_passphrase_and_recovery_parts_give_the_same_master_key(vault: Vault) -> None:
    secret = recovery.draw_recovery_secret()
    master = vault.create(passphrase=WORDS, recovery_secret=secret)

    assert len(master) == 32
    assert vault.open_with_passphrase(f" {WORDS.title()}\n") == master
    for pair in combinations(recovery.split_secret(secret), 2):
        assert vault.open_with_recovery(pair) == master


def test_two_vaults_never_share_a_key(tmp_path: Path) -> None:
    masters = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        vault = Vault(tmp_path / name, work_factor=1)
        masters.add(vault.create(passphrase=WORDS, recovery_secret=bytes(16)))

    assert len(masters) == 2


@pytest.mark.parametrize("typed", ["", " ", WORDS[:-1], f"{WORDS} extra"])
def test_other_words_open_nothing(typed: str, vault: Vault) -> None:
    vault.create(passphrase=WORDS, recovery_secret=bytes(16))

    with pytest.raises(VaultError) as caught:
        vault.open_with_passphrase(typed)
    assert caught.value.code == "vault.wrong_passphrase"


def test_a_new_passphrase_ends_the_old_one(vault: Vault) -> None:
    master = vault.create(passphrase=WORDS, recovery_secret=bytes(16))
    vault.change_passphrase(master=master, passphrase="other words")

    assert vault.open_with_passphrase("other words") == master
    with pytest.raises(VaultError):
        vault.open_with_passphrase(WORDS)


def test_a_vault_is_never_overwritten(vault: Vault) -> None:
    vault.create(passphrase=WORDS, recovery_secret=bytes(16))

    with pytest.raises(VaultError) as caught:
        vault.create(passphrase=WORDS, recovery_secret=bytes(16))
    assert caught.value.code == "vault.exists"


def test_parts_of_another_desk_and_one_part_twice_open_nothing(vault: Vault) -> None:
    secret = recovery.draw_recovery_secret()
    vault.create(passphrase=WORDS, recovery_secret=secret)
    ours = recovery.split_secret(secret)
    others = recovery.split_secret(recovery.draw_recovery_secret())

    for pair in [(ours[0], ours[0]), (ours[0], others[1]), (others[0], others[1]), ("", "a b")]:
        with pytest.raises(VaultError) as caught:
            vault.open_with_recovery(pair)
        assert caught.value.code == "recovery.wrong_parts"


def test_the_key_files_are_closed_to_others(vault: Vault, tmp_path: Path) -> None:
    vault.create(passphrase=WORDS, recovery_secret=bytes(16))

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"passphrase.age": 0o600, "recovery.age": 0o600}


def test_slip39_parts_are_those_of_the_standard_tool() -> None:
    secret = bytes(range(16))
    first, second, _third = recovery.split_secret(secret)
    tool = Path(__file__).parents[3] / ".venv" / "bin" / "shamir"
    typed = f"{first}\n{second}\n\n"

    told = subprocess.run([tool, "recover"], input=typed, capture_output=True, text=True)

    assert secret.hex() in told.stdout


def test_keys_are_derived_by_label_and_dropped_for_good() -> None:
    held = HeldKeys()
    held.hold(master=bytes(32))
    database, generation = held.get(label=DATABASE_LABEL)
    blobs, _generation = held.get(label=BLOBS_LABEL)

    assert database == derive_key(secret=bytes(32), label=DATABASE_LABEL)
    assert len({database, blobs, bytes(32)}) == 3
    held.drop()
    assert held.generation == generation + 1
    with pytest.raises(DeskLocked):
        held.get(label=DATABASE_LABEL)


def test_a_passphrase_has_seven_random_words_of_the_list() -> None:
    drawn = [words.draw_passphrase() for _ in range(50)]

    assert len(set(drawn)) == 50
    for passphrase in drawn:
        assert len(passphrase.split()) == 7
        assert set(passphrase.split()) <= set(bip39_words())


def test_a_key_in_words_is_bip39() -> None:
    # Source: vectors.json of github.com/trezor/python-mnemonic, entropy ff * 32 and 00 * 32.
    assert words.key_to_words(b"\xff" * 32) == "zoo " * 23 + "vote"
    assert words.key_to_words(bytes(32)) == "abandon " * 23 + "art"


def test_words_give_the_key_back_and_a_wrong_word_is_named() -> None:
    key = bytes(range(32))
    written = words.key_to_words(key)

    assert words.words_to_key(f" {written.upper()} ") == key
    cases = {
        written.rsplit(" ", 1)[0]: ("words.wrong_number", None),
        written.replace(written.split()[4], "айғақ", 1): ("words.unknown_word", 5),
        " ".join(["zoo", *written.split()[1:]]): ("words.wrong_checksum", None),
    }
    for typed, (code, position) in cases.items():
        with pytest.raises(VaultError) as caught:
            words.words_to_key(typed)
        assert (caught.value.code, caught.value.context.get("position")) == (code, position)
