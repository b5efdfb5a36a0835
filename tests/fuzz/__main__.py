"""Ten minutes a target, or as long as is said: ``python -m tests.fuzz [--seconds 600] [NAME …]``.

atheris counts which lines of our code an input reaches, and goes on from those that reach new ones;
half of its inputs are made by `tests.fuzz.mutate`, which knows the formats. Each target runs in
processes of its own, a minute each, because atheris itself forgets no memory. Exits with 1 if a
parser raised another error than its own; the input is kept: give it to ``--replay``.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from tests.fuzz.targets import TARGETS

_RUN_SECONDS = 60


@click.command(help=(__doc__ or "").split("\n")[0])
@click.argument("names", nargs=-1, type=click.Choice(list(TARGETS)))
@click.option("--seconds", default=600, help="for each target")
@click.option(
    "--replay", type=click.Path(path_type=Path, exists=True), help="an input that was kept"
)
def main(names: tuple[str, ...], seconds: int, replay: Path | None) -> None:
    """Fuzz the targets one after the other."""
    names = names or tuple(TARGETS)
    if replay is not None:
        for name in names:
            TARGETS[name].run(replay.read_bytes())
        return
    findings = Path(tempfile.mkdtemp(prefix="aigaq-fuzz-"))
    clean = [fuzz(name, seconds=seconds, folder=findings / name) for name in names]
    if not all(clean):
        sys.exit(1)
    shutil.rmtree(findings)


def fuzz(name: str, *, seconds: int, folder: Path) -> bool:
    """Fuzz one target and say what came of it; return whether nothing was found."""
    folder.mkdir()
    until, inputs = time.monotonic() + seconds, 0
    while (left := int(until - time.monotonic())) > 0:
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(min(left, _RUN_SECONDS))]
        log = folder / "log"
        with log.open("wb") as written:
            # atheris ends a process at once: what it made for itself lies beside what it kept.
            own = os.environ | {"TMPDIR": str(folder)}
            command.append(str(folder))
            done = subprocess.run(command, stdout=written, stderr=written, env=own)
        told = log.read_text("utf-8", errors="replace")
        inputs += max(map(int, re.findall(r"^#(\d+)\t", told, re.MULTILINE)), default=0)
        if done.returncode:
            print(f"{name}: FOUND after {inputs:,} inputs; see {log}", flush=True)
            return False
    kept = len(list((folder / "inputs").iterdir()))
    print(f"{name}: clean, {inputs:,} inputs in {seconds} s, {kept} kept", flush=True)
    return True


if __name__ == "__main__":
    main()
