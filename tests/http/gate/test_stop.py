"""A gate that is told to stop ends, at whatever instant it is told."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.gatehouse import Organisation, free_port, write_files


def wait_for_workers(pid: int, *, count: int) -> None:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for _ in range(3000):
        if len(children.read_text().split()) == count:
            return
        time.sleep(0.005)
    raise AssertionError("the workers did not start")


@pytest.mark.parametrize("later", [0, 0.05, 0.2, 0.5, 1])
def test_a_gate_that_is_stopped_while_its_workers_start_ends(tmp_path: Path, later: float) -> None:
    port = free_port()
    serve = "from aigaq.cli import main; main()"
    files = write_files(Organisation.found(port=port), folder=tmp_path)
    place = ["--data", str(tmp_path / "data"), "--port", str(port), "--reserve-mib", "1"]
    command = [sys.executable, "-c", serve, "gate", "serve", *files, *place, "--workers", "3"]
    with (tmp_path / "gate.log").open("wb") as log:
        gate = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for_workers(gate.pid, count=3)
        time.sleep(later)
        gate.send_signal(signal.SIGTERM)
        # Less than the patience after which the server kills its workers.
        assert gate.wait(15) == 0
    finally:
        if gate.poll() is None:
            gate.kill()
            gate.wait()
