"""What a killed process left in memory is swept, and nothing of anyone else."""

import os
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


UPLOAD = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "aigaq.desk.settings"
import django
django.setup()
from django.http import HttpRequest
from aigaq.accounts.models import Staff
from aigaq.desk.uploads import LargeFileHandler
request = HttpRequest()
request.user = Staff(is_active=True, roles=["caseworker"])
handler = LargeFileHandler(request)
handler.handle_raw_input(None, {}, 10_000_000)
handler.new_file("file", "story.mp4", "video/mp4", None)
handler.receive_data_chunk(b"fictional story", 0)
handler.file.flush()
print(handler.file.temporary_file_path(), flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_file_on_its_way_to_a_killed_desk_is_swept(tmp_path: Path) -> None:
    environment = {**os.environ, "AIGAQ_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", UPLOAD], capture_output=True, text=True, env=environment
    )
    assert done.returncode == -9, done.stderr
    left = Path(done.stdout.strip())
    try:
        assert left.parent == TMPFS
        assert left.read_bytes() == b"fictional story"
        assert left.stat().st_mode & 0o077 == 0
        sweep_temporary()
        assert not left.exists()
    finally:
        left.unlink(missing_ok=True)


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
