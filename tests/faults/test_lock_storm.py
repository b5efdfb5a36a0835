"""Locking while every thread is in the database neither ends nor hangs the process.

Small counts: 8 seconds of locking and opening again. Full counts: 120.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults import lock_storm
from tests.flows.stage import ROUNDS_FULL

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
SECONDS = 120 if ROUNDS_FULL else 8


def test_a_desk_that_is_locked_under_busy_threads_goes_on(tmp_path: Path) -> None:
    script = str(Path(lock_storm.__file__))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", script, str(tmp_path), str(SECONDS)],
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert int(done.stdout) >= SECONDS
