"""Ten minutes a target, or as long as is said: ``python -m tests.fuzz [--seconds 600] [NAME …]``.

atheris counts which lines of our code an input reaches, and goes on from those that reach new ones;
half of its inputs are made by `tests.fuzz.mutate`, which knows the formats. Each target runs as a
process of its own. A finding ends it with exit code 77 and is kept as ``crash-…`` in the folder
that is named; give that file to ``--replay``.
"""

import logging
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris
import click

logging.disable(logging.CRITICAL)
with atheris.instrument_imports(include=["aigaq", "aigaq_verify"], enable_loader_override=False):
    from tests.fuzz.mutate import MAXIMUM_BYTES, mutate
    from tests.fuzz.targets import TARGETS

_LONGEST_INPUT_SECONDS = 20
_MEMORY_MB = 2_048


@click.command(help=(__doc__ or "").split("\n")[0])
@click.argument("names", nargs=-1, type=click.Choice(list(TARGETS)))
@click.option("--seconds", default=600, help="for each target")
@click.option("--only", hidden=True, type=click.Choice(list(TARGETS)))
@click.option("--replay", type=click.Path(path_type=Path, exists=True), help="a file of a finding")
def main(names: tuple[str, ...], seconds: int, only: str | None, replay: Path | None) -> None:
    """Fuzz the targets one after the other."""
    if only is not None:
        fuzz(only, seconds=seconds)
    elif replay is not None:
        for name in names:
            TARGETS[name].run(replay.read_bytes())
    else:
        sys.exit(run_all(names or tuple(TARGETS), seconds=seconds))


def run_all(names: tuple[str, ...], *, seconds: int) -> int:
    """Fuzz each target in a process of its own; return 1 if there was a finding."""
    findings = Path(tempfile.mkdtemp(prefix="aigaq-findings-"))
    worst = 0
    for name in names:
        own = [sys.executable, "-m", "tests.fuzz", "--only", name, "--seconds", str(seconds)]
        log = findings / f"{name}.log"
        with log.open("wb") as written:
            done = subprocess.run(own, stdout=written, stderr=written, check=False)
        last = [line for line in log.read_text("utf-8", "replace").splitlines() if "exec/s" in line]
        print(f"{name}: {'clean' if done.returncode == 0 else 'FINDING'}; {last[-1:]}", flush=True)
        if done.returncode:
            print(f"  see {log}", flush=True)
            worst = 1
    return worst


def fuzz(name: str, *, seconds: int) -> None:
    """Fuzz one target in this process; never returns."""
    target, corpus = TARGETS[name], Path(tempfile.mkdtemp(prefix=f"aigaq-{name}-"))
    seeds = target.seeds()
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number:03d}").write_bytes(seed)

    def change(data: bytes, maximum: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(data, maximum))
        return mutate(data, others=seeds, chance=chance)[:maximum]

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MAXIMUM_BYTES}",
        f"-timeout={_LONGEST_INPUT_SECONDS}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-artifact_prefix={corpus}-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
