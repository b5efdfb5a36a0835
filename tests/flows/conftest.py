"""A team whose gate is a real process on a free port, and whose desk is open in this process."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker
from tests.conftest import Founding
from tests.flows.stage import GateProcess, Reporter, free_port, read_card

from aigaq.core.home import Home

if TYPE_CHECKING:
    from tests.flows.partner import Partner


@pytest.fixture
def gate_port() -> int:
    """Give a free port."""
    return free_port()


@pytest.fixture
def audit_triggers(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[list[tuple[str, str]]]:
    """Give the triggers that keep audit events, and put them back at the very end."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
        )
        found = cursor.fetchall()
    assert found
    yield found
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _name, sql in found:
            cursor.execute(sql)


@pytest.fixture
def committed_db(audit_triggers: list[tuple[str, str]], transactional_db: None) -> Iterator[None]:
    """Give a database whose transactions are real; emptying it afterwards must be possible."""
    from django.db import connection

    yield
    with connection.cursor() as cursor:
        for name, _sql in audit_triggers:
            cursor.execute(f"DROP TRIGGER {name}")


@pytest.fixture
def interval_seconds() -> int:
    """Give the distance of the log's batches."""
    return 600


@pytest.fixture
def founding(
    committed_db: None, clean_home: Home, gate_port: int, interval_seconds: int
) -> Founding:
    """Found an organisation whose gate is at the free port."""
    from aigaq.accounts.ceremony import Choices, draw_secrets, write_organisation
    from aigaq.accounts.models import Organisation
    from aigaq.jurisdictions.services import load_card_services

    drawn = draw_secrets()
    choices = Choices(
        names={"en": "Trial", "kk": "Сынақ", "ru": "Проба"},
        gate_origin=f"http://127.0.0.1:{gate_port}",
        exit_url="https://www.kazhydromet.kz/",
        founder="Айгүл",
        interval_seconds=interval_seconds,
    )
    shutil.rmtree(clean_home.desk / "inbox", ignore_errors=True)
    services = load_card_services(pack="kz")
    card, founder = write_organisation(
        home=clean_home,
        choices=choices,
        drawn=drawn,
        services=services.services,
        windows=services.windows,
        gate=clean_home.gate,
    )
    clean_home.record_set_up()
    (clean_home.keys / "passphrase.age").write_bytes(b"wrapped")
    return Founding(Organisation.objects.get(), founder, card, drawn, clean_home)


@pytest.fixture
def gate(founding: Founding, gate_port: int) -> Iterator[GateProcess]:
    """Run the team's gate."""
    root_key = bytes(founding.organisation.root_key)
    process = GateProcess(folder=founding.home.gate, port=gate_port, root_key=root_key)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def new_reporter(founding: Founding, gate: GateProcess) -> Iterator[Callable[[], Reporter]]:
    """Give a function that returns someone with a phone and a new code."""
    card = read_card(
        founding.home.gate / "card.json", root_key=bytes(founding.organisation.root_key)
    )
    made: list[Reporter] = []

    def make() -> Reporter:
        made.append(Reporter(origin=gate.origin, card=card))
        return made[-1]

    yield make
    for reporter in made:
        reporter.close()


@pytest.fixture
def second_place(founding: Founding, tmp_path: Path) -> Path:
    """Choose a folder as second place."""
    from aigaq.intake import keeping

    folder = tmp_path / "second"
    folder.mkdir()
    keeping.set_second_place(actor=founding.founder, folder=folder)
    return folder


@pytest.fixture
def partner(founding: Founding, gate: GateProcess, tmp_path: Path) -> "Partner":
    """Give a partner whose keys are in the card that the gate has."""
    from tests.flows.partner import Partner, wait_for_log

    from aigaq.accounts.card_changes import sign_changed_card
    from aigaq.desk.desk_commands import publish_card
    from aigaq.sealing.fingerprint import format_fingerprint

    fingerprint = format_fingerprint(bytes(founding.organisation.root_key))
    made = Partner(gate, fingerprint, tmp_path / "partner.seed")
    wait_for_log(gate)
    made.cosign()
    sign_changed_card(
        root_seed=founding.drawn.root_seed,
        home=founding.home,
        changes={"cosigners": [made.describe()]},
        accept_unreviewed="",
    )
    publish_card({})
    return made
