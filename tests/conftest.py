"""The desk that tests stand on: a real SQLCipher database in memory, unlocked with a known key.

`organisation` founds one by the same code as the ceremony; `staff_of` makes a colleague with a
role; `browser_of` is Django's client, signed in. Files lie in a folder on tmpfs.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from aigaq.accounts.ceremony import DrawnSecrets
    from aigaq.accounts.models import Organisation, Staff
    from aigaq.core.home import Home

pytest_plugins = ["tests.chromium"]

HOME = Path(tempfile.mkdtemp(prefix="aigaq-test-", dir="/dev/shm"))
os.environ["AIGAQ_HOME"] = str(HOME)
os.environ["AIGAQ_DESK_HOSTS"] = "testserver"
os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
MASTER = bytes(range(32))
PASSPHRASE = "apple river stone cloud paper lamp green"


def pytest_configure(config: pytest.Config) -> None:
    """Open the keys that the test database is made with."""
    import django

    django.setup()
    from aigaq.core.held_keys import HELD
    from aigaq.core.home import Home

    Home(HOME).create()
    HELD.hold(master=MASTER)
    _let_tests_empty_the_audit_table()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each worker find its own home.

    pytest-django reads the settings before this file if the environment names them, and a worker
    would then stand on the home of the process that started it, as all the others do.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def _let_tests_empty_the_audit_table() -> None:
    """Take triggers of append-only tables off while a transactional test empties them."""
    from django.db.backends.sqlite3.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def flush_without_triggers(self: DatabaseOperations, sql_list: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            flush(self, sql_list)
            for _name, sql in triggers:
                cursor.execute(sql)

    DatabaseOperations.execute_sql_flush = flush_without_triggers  # type: ignore


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing in memory."""
    shutil.rmtree(HOME, ignore_errors=True)


@dataclass(frozen=True)
class Founding:
    """What the ceremony of the tests left: the organisation, who founded it, what people keep."""

    organisation: "Organisation"
    founder: "Staff"
    card: bytes
    drawn: "DrawnSecrets"
    home: "Home"


@pytest.fixture
def clean_home() -> Iterator["Home"]:
    """Give the home of this process with nothing in it but the empty folders."""
    from aigaq.core.home import Home

    home = Home(HOME)
    for folder in (home.keys, home.locked, home.blobs, home.gate, home.root):
        shutil.rmtree(folder, ignore_errors=True)
    home.marker.unlink(missing_ok=True)
    home.create()
    yield home
    home.marker.unlink(missing_ok=True)


@pytest.fixture
def founding(db: None, clean_home: "Home") -> Founding:
    """Found an organisation in the test database."""
    from aigaq.accounts.ceremony import Choices, draw_secrets, write_organisation
    from aigaq.accounts.models import Organisation
    from aigaq.core.vault import Vault
    from aigaq.jurisdictions.services import load_card_services

    drawn = draw_secrets()
    choices = Choices(
        names={"en": "Trial", "kk": "Сынақ", "ru": "Проба"},
        gate_origin="http://127.0.0.1:8470",
        exit_url="https://www.kazhydromet.kz/",
        founder="Айгүл",
    )
    services = load_card_services(pack="kz")
    card, founder = write_organisation(
        home=clean_home,
        choices=choices,
        drawn=drawn,
        services=services.services,
        windows=services.windows,
        gate=clean_home.gate,
    )
    vault = Vault(clean_home.keys, work_factor=1)
    vault.change_passphrase(master=MASTER, passphrase=PASSPHRASE)
    clean_home.record_set_up()
    return Founding(Organisation.objects.get(), founder, card, drawn, clean_home)


@pytest.fixture
def organisation(founding: Founding) -> "Organisation":
    """Give the organisation of the tests."""
    return founding.organisation


@pytest.fixture
def staff_of(founding: Founding) -> Callable[[str], "Staff"]:
    """Give a function that makes a colleague with one role."""
    from aigaq import clock
    from aigaq.accounts.models import Staff

    def make(role: str) -> "Staff":
        number = Staff.objects.count()
        staff = Staff(
            username=f"{role}-{number}",
            display_name=f"{role} {number}",
            roles=[role],
            created_at=clock.now(),
        )
        staff.set_unusable_password()
        staff.save()
        return staff

    return make


@pytest.fixture
def open_desk(founding: Founding, monkeypatch: pytest.MonkeyPatch) -> Iterator[Founding]:
    """Open the desk of this process without its background threads."""
    from aigaq.core import background
    from aigaq.core.held_keys import HELD
    from aigaq.desk.locking import LOCKING

    monkeypatch.setattr(background.REGISTRY, "_factories", {True: {}, False: {}})
    LOCKING.open_with(master=MASTER)
    yield founding
    LOCKING._ready = False
    if not HELD.is_open:
        HELD.hold(master=MASTER)


@pytest.fixture
def browser_of(open_desk: Founding) -> Callable[["Staff"], "Client"]:
    """Give a function that returns a browser signed in as someone."""
    from django.test import Client

    def make(staff: "Staff") -> "Client":
        from aigaq.desk.views.unlock import BY_PASSPHRASE

        client = Client()
        client.force_login(staff)
        session = client.session
        session[BY_PASSPHRASE] = True
        session.save()
        return client

    return make
