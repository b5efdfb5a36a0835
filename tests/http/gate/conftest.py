"""One real gate for the HTTP tests, and a phone and a desk that speak to it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.gatehouse import Organisation, Phone, RunningGate, free_port


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("gate")
    running = RunningGate(Organisation.found(port=port), folder=folder, port=port)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def phone(gate: RunningGate) -> Iterator[Phone]:
    with httpx.Client(base_url=gate.origin, timeout=30, verify=False) as client:
        yield Phone(client, gate.organisation)
