"""No parser raises anything but its package's own error, whatever bytes come.

Here for seconds and from a fixed seed; ``make fuzz`` goes on for ten minutes a target, with chance
that looks for new paths. `AIGAQ_ROUNDS=small`: 1,500 inputs a target, `full`: 10,000.
"""

import os
import random

import pytest
from tests.fuzz.mutate import mutate
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.slow

INPUTS = 10_000 if os.environ.get("AIGAQ_ROUNDS") == "full" else 1_500


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_raises_nothing_but_its_own_error(name: str) -> None:
    target, chance = TARGETS[name], random.Random(name)
    seeds = target.seeds()
    for seed in seeds:
        target.run(seed)
    kept = list(seeds)
    for number in range(INPUTS):
        data = mutate(chance.choice(kept), others=seeds, chance=chance)
        try:
            target.run(data)
        except Exception as error:
            error.add_note(f"input {number}: {data[:2_000]!r}")
            raise
        if chance.random() < 0.05:  # Go on from what was made: faults come in pairs, too.
            kept[chance.randrange(len(kept))] = data if chance.random() < 0.5 else seeds[0]
