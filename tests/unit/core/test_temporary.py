"""What a killed process left in memory is swept, and nothing of anyone else."""

import subprocess
import sys
import uuid
from pathlib import Path

from aigaq.core.temporary import PREFIX, TMPFS, sweep_temporary, temporary_folder

LEAVE = """
import os
from aigaq.core.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "plain.txt").write_text("fictional")
    print(folder, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_in_memory_is_swept() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVE], capture_output=True, text=True)
    assert done.returncode == -9
    left = Path(done.stdout.strip())
    assert (left / "plain.txt").exists()
    with temporary_folder() as ours:
        assert sweep_temporary() >= 1
        assert ours.is_dir()
    assert not left.exists()
    assert not ours.exists()


def test_a_folder_of_another_form_is_left_alone() -> None:
    strange = TMPFS / f"{PREFIX}{uuid.uuid4()}"
    strange.mkdir()
    try:
        sweep_temporary()
        assert strange.is_dir()
    finally:
        strange.rmdir()
