"""No complaint is proposed to a body that a conflict reaches (P7): 10,000 random worlds.

Small counts: 1,000. Full counts: 10,000.
"""

import random
from itertools import pairwise

import pytest
from tests.flows.stage import ROUNDS_FULL
from tests.unit.reckoning.random_cases import World, draw_world, find_reached

from aigaq.reckoning.answer_json import to_json
from aigaq.reckoning.evaluation import Answer

WORLDS = 10_000 if ROUNDS_FULL else 1_000
GROUP = 100


def check_world(world: World, answer: Answer) -> None:
    shown = to_json(answer)
    reached = find_reached(world.case)
    excluded = {one["institution"]: one for one in shown["excluded"]}
    assert set(excluded) == reached
    proposed = [one["addressee"]["institution"] for one in shown["proposals"]]
    assert not reached & set(proposed)
    check_paths(world, excluded)
    free = [
        one["id"]
        for one in world.pack["institutions"]
        if "decide_complaint" in one["roles"] and one["id"] not in reached
    ]
    domestic = [name for name in proposed if name != "un"]
    if free:
        assert domestic
    codes = [one["code"] for one in shown["warnings"]]
    # A body that is never the first and decides no complaint does not serve alone.
    never_first = {one["id"] for one in world.pack["remedies"] if one.get("never_first")}
    serving = [
        one
        for one in shown["proposals"]
        if one["remedy"] != "to_un"
        and (one["addressee"]["institution"] in free or one["remedy"] not in never_first)
    ]
    assert ("ladder.exhausted" in codes) == (not serving)
    if not serving and "un" not in reached:
        assert proposed[0] == "un"
    check_order(world, answer)


def check_paths(world: World, excluded: dict[str, dict[str, list[str]]]) -> None:
    """Each path begins at a perpetrator and each of its steps is a relation of the file."""
    ties = {(one["from"], one["to"]) for one in world.case["relations"]}
    ties |= {(end, start) for start, end in ties}
    ties |= {(one["id"], one["office"]) for one in world.case["parties"] if "office" in one}
    roles = {one["id"]: one["roles"] for one in world.case["parties"]}
    for name, one in excluded.items():
        path = one["path"]
        assert path[-1] == name
        assert roles[path[0]] == ["alleged_perpetrator"]
        assert all(step in ties for step in pairwise(path))


def check_order(world: World, answer: Answer) -> None:
    """A body that is never the first comes after every other; a cautioned one after free ones."""
    ranks = [(one.remedy.is_never_first, one.is_cautioned) for one in answer.ladder.proposals]
    assert ranks == sorted(ranks)
    cautions = {str(one.office) for one in answer.cautions}
    assert not cautions & find_reached(world.case)


@pytest.mark.parametrize("group", range(WORLDS // GROUP))
def test_no_complaint_is_proposed_to_a_body_that_a_conflict_reaches(group: int) -> None:
    for number in range(GROUP):
        world = draw_world(random.Random(group * GROUP + number))
        check_world(world, world.evaluate())
