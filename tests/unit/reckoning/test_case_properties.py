"""What holds of every case file, whatever happens in it: any events, people, ties and moments."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.flows.stage import ROUNDS_FULL

from aigaq.jurisdictions.loading import load_pack
from aigaq.jurisdictions.marked_yaml import Document
from aigaq.reckoning.answer_json import to_json
from aigaq.reckoning.case_files import read_case
from aigaq.reckoning.case_shapes import OWN_TYPES, RELATIONS, RESULTS, ROLES
from aigaq.reckoning.evaluation import evaluate

KZ = load_pack("kz")
SCHEMA = Path(__file__).parents[3] / "spec" / "clocks-answer.schema.json"
VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
BODIES = list(KZ.institutions)
OFFICES = [*BODIES, *(f"{name}@Other" for name in BODIES if name.endswith("_district"))]
DUTIES = list(KZ.duties)
REMEDIES = list(KZ.remedies)
REASONS = ["illness", "expert_examination", "of_no_meaning"]
PROCEEDINGS = ["rape", "threat"]
START = datetime(2023, 12, 1, tzinfo=UTC)
EXAMPLES = 2_000 if ROUNDS_FULL else 60
MOMENTS = st.integers(0, 2 * 365 * 24 * 4).map(lambda n: START + timedelta(minutes=15 * n))


def is_one_of(choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(choices))


@st.composite
def events(draw: st.DrawFn, people: list[str]) -> dict[str, Any]:
    kind = draw(is_one_of(OWN_TYPES) | is_one_of(KZ.triggers))
    event: dict[str, Any] = {
        "type": kind,
        "at": draw(MOMENTS).isoformat().replace("+00:00", "Z"),
        "proceeding": draw(st.sampled_from(PROCEEDINGS)),
    }
    values: dict[str, st.SearchStrategy[Any]] = {
        "remedy": st.sampled_from(REMEDIES),
        "duty": st.sampled_from(DUTIES + REMEDIES),
        "reason": st.sampled_from(REASONS),
        "kind": is_one_of(KZ.pressure),
        "to": st.sampled_from([*people, *OFFICES]),
    }
    wanted = [*OWN_TYPES.get(kind, ())]
    wanted += [draw(st.sampled_from(["duty", "remedy"]))] if kind == "refused" else []
    wanted += ["to"] if draw(st.booleans()) and "to" not in wanted else []
    for name in wanted:
        event[name] = draw(values[name])
    if kind == "complaint_answered":
        event["result"] = draw(st.sampled_from(RESULTS))
    if kind == "complaint_submitted" and draw(st.booleans()):
        event["about"] = draw(st.lists(st.sampled_from(DUTIES + REMEDIES), max_size=3))
    if draw(st.booleans()):
        event["facts"] = draw(st.lists(is_one_of(KZ.event_facts), max_size=2, unique=True))
    return event


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    people = [f"p{number}" for number in range(draw(st.integers(1, 5)))]
    parties: list[dict[str, Any]] = []
    for name in people:
        party: dict[str, Any] = {
            "id": name,
            "roles": draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True)),
        }
        if draw(st.booleans()):
            party["office"] = draw(st.sampled_from(OFFICES))
        parties.append(party)
    relations = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.sampled_from(people))
        ends = [*(one for one in people if one != start), *OFFICES]
        end = draw(st.sampled_from(ends))
        relations.append({"from": start, "to": end, "kind": draw(st.sampled_from(RELATIONS))})
    return {
        "pack": "kz",
        "as_of": draw(MOMENTS).isoformat(),
        "place": {"region": draw(is_one_of(KZ.regions)), "district": "Own"},
        "offence": draw(st.lists(is_one_of(KZ.offences), max_size=2)),
        "profile": draw(st.lists(is_one_of(KZ.profiles), max_size=2, unique=True)),
        "parties": parties,
        "relations": relations,
        "proceedings": [
            {"id": "rape", "kind": "criminal"},
            {"id": "threat", "kind": "criminal", "institution": draw(st.sampled_from(OFFICES))},
        ],
        "events": draw(st.lists(events(people), max_size=14)),
    }


def answer(case: dict[str, Any]) -> dict[str, Any]:
    return to_json(evaluate(read_case(Document(case, {}), pack=KZ), pack=KZ))


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_any_mixture_of_known_events_has_an_answer_of_the_published_form(
    case: dict[str, Any],
) -> None:
    VALIDATOR.validate(json.loads(json.dumps(answer(case))))


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(case: dict[str, Any], draw: random.Random) -> None:
    shuffled = {**case, "events": draw.sample(case["events"], len(case["events"]))}
    assert answer(shuffled) == answer(case)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_no_breach_without_a_lenient_date_that_passed_or_a_refusal(case: dict[str, Any]) -> None:
    shown = answer(case)
    as_of = datetime.fromisoformat(shown["as_of"])
    refusals = {
        (one["proceeding"], datetime.fromisoformat(one["at"]))
        for one in case["events"]
        if one["type"] in ("refused", "complaint_sent_down")
        or "no_ground_given" in one.get("facts", [])
    }
    lenient = {
        (one["id"], one["proceeding"], datetime.fromisoformat(one["due"]["lenient"]))
        for one in shown["duties"]
        if one["due"]["lenient"]
    }
    for one in shown["breaches"]:
        since = datetime.fromisoformat(one["since"])
        assert since <= as_of
        assert (one["duty"], one["proceeding"], since) in lenient or (
            one["proceeding"],
            since,
        ) in refusals


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_no_proposal_goes_to_a_reached_body_and_anti_corruption_is_never_first(
    case: dict[str, Any],
) -> None:
    shown = answer(case)
    reached = {one["institution"] for one in shown["excluded"]}
    proposed = [one["addressee"]["institution"] for one in shown["proposals"]]
    assert not reached & set(proposed)
    for one in shown["excluded"]:
        assert one["path"][-1] == one["institution"]
    assert {one["institution"] for one in shown["cautions"]}.isdisjoint(reached)
    never_first = [KZ.remedies[one["remedy"]][0].is_never_first for one in shown["proposals"]]
    assert never_first == sorted(never_first)


@settings(max_examples=EXAMPLES, deadline=None)
@given(cases())
def test_every_open_breach_has_a_way_or_says_that_none_is_left(case: dict[str, Any]) -> None:
    shown = answer(case)
    filed = {
        (one["proceeding"], one["remedy"])
        for one in case["events"]
        if one["type"] == "complaint_submitted"
    }
    codes = {one["code"] for one in shown["warnings"]}
    for one in shown["breaches"]:
        rule = (KZ.duties.get(one["duty"]) or KZ.remedies[one["duty"]])[0]
        asks = getattr(rule, "on_breach", ()) or one["duty"] in KZ.remedies
        is_open = one["until"] is None and asks
        has_filed = any(proceeding == one["proceeding"] for proceeding, _remedy in filed)
        if is_open and not has_filed:
            is_served = any(one["duty"] in other["duties"] for other in shown["proposals"])
            assert is_served or "ladder.exhausted" in codes


def test_the_schema_of_the_answer_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text("utf-8")))
