"""One target under atheris in this process: ``python -m tests.fuzz.guided NAME SECONDS FOLDER``.

Our own modules are instrumented as they are imported, so atheris sees which lines an input reaches.
``FOLDER`` holds the inputs that reached something new, and what was found.
"""

import logging
import random
import sys
from pathlib import Path

import atheris

logging.disable(logging.CRITICAL)
with atheris.instrument_imports(include=["aigaq", "aigaq_verify"], enable_loader_override=False):
    from tests.fuzz.mutate import MAXIMUM_BYTES, mutate
    from tests.fuzz.targets import TARGETS

_LONGEST_INPUT_SECONDS = 20
_MEMORY_MB = 3_072


def fuzz(name: str, *, seconds: int, folder: Path) -> None:
    """Fuzz one target; never returns."""
    target, inputs = TARGETS[name], folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    seeds = target.seeds()
    for number, seed in enumerate(seeds):
        (inputs / f"seed-{number:03d}").write_bytes(seed)

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
        f"-artifact_prefix={folder}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(inputs)], target.run, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    fuzz(sys.argv[1], seconds=int(sys.argv[2]), folder=Path(sys.argv[3]))
