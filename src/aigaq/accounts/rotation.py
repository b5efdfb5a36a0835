"""Rotates the team identity and changes the passphrase (PROTOCOL 3 and 4).

A retired identity stays and still opens old reports. Reports that phones seal with the old card
until they see the new one are opened with it too.
"""

from django.db import transaction

from aigaq import clock
from aigaq.accounts.card_changes import sign_changed_card
from aigaq.accounts.cards import parse_root, sign_next_card
from aigaq.accounts.ceremony import record_team_identity
from aigaq.accounts.models import TeamKey
from aigaq.accounts.selectors import get_organisation
from aigaq.age import HybridIdentity
from aigaq.core import audit
from aigaq.core.commands import Answer, Arguments
from aigaq.core.home import Home, get_home
from aigaq.core.vault import Vault
from aigaq.core.words import words_to_key


@transaction.atomic
def rotate_team_identity(*, root_seed: bytes, home: Home) -> bytes:
    """Make a new team identity, retire the old one, and return the new signed card.

    Raises `AccountsError` ``accounts.other_root``, and then nothing has changed.
    """
    parse_root(root_seed, organisation=get_organisation())
    used = TeamKey.objects.filter(kind=TeamKey.Kind.TEAM_IDENTITY, retired_at=None)
    used.update(retired_at=clock.now())
    key = record_team_identity(HybridIdentity.generate())
    audit.record("accounts.key_rotated", actor=None, subject=key)
    return sign_next_card(root_seed=root_seed, home=home)


@transaction.atomic
def recover_passphrase(*, home: Home, master: bytes, passphrase: str) -> None:
    """Wrap the master key, which two recovery parts gave, by a new passphrase."""
    audit.record("accounts.passphrase_recovered", actor=None)
    _wrap_on_commit(home=home, master=master, passphrase=passphrase)


@transaction.atomic
def change_passphrase(*, home: Home, master: bytes, passphrase: str) -> None:
    """Wrap the master key, which the old passphrase gave, by a new one.

    An old copy of the disk still opens with the old passphrase.
    """
    audit.record("accounts.passphrase_changed", actor=None)
    _wrap_on_commit(home=home, master=master, passphrase=passphrase)


def run_rotate(arguments: Arguments) -> Answer:
    """The command ``key.rotate`` of a running desk; ``root_words`` are the root key's."""
    root_seed = words_to_key(str(arguments.get("root_words", "")))
    signed = rotate_team_identity(root_seed=root_seed, home=get_home())
    return {"card": signed.decode("utf-8")}


def run_sign(arguments: Arguments) -> Answer:
    """The command ``card.sign`` of a running desk; ``root_words`` are the root key's.

    ``changes`` are those of `aigaq.accounts.card_changes`; ``accept_unreviewed`` is why live pages
    ship unreviewed texts.
    """
    signed = sign_changed_card(
        root_seed=words_to_key(str(arguments.get("root_words", ""))),
        home=get_home(),
        changes=arguments.get("changes") or {},
        accept_unreviewed=str(arguments.get("accept_unreviewed", "")),
    )
    return {"card": signed.decode("utf-8")}


def _wrap_on_commit(*, home: Home, master: bytes, passphrase: str) -> None:
    vault = Vault(home.keys)
    transaction.on_commit(lambda: vault.change_passphrase(master=master, passphrase=passphrase))
