"""The stage of the evidence store's tests: a desk, and the log of its gate in a folder."""

from pathlib import Path

import pytest
from tests.conftest import Founding
from tests.unit.evidence.log_of import LogGate


@pytest.fixture
def gate(founding: Founding, tmp_path: Path) -> LogGate:
    """Give a gate whose log holds the card and two entries of chaff."""
    return LogGate.of(founding, tmp_path)
