"""What `aigaq init` refuses before anything is drawn or written."""

import json
import os
import subprocess
import sys
from pathlib import Path

AIGAQ = str(Path(sys.executable).with_name("aigaq"))


def test_a_trial_cannot_be_live(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = subprocess.run(
        [AIGAQ, "init", "--trial", "--state", "live", "--json"],
        env=os.environ | {"AIGAQ_HOME": str(home)},
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    assert json.loads(done.stderr or done.stdout)["error"] == "init.trial_not_live"
    assert not home.exists()
