"""By the law of which day an offence is judged."""

from typing import Any

from tests.unit.reckoning.stories import REPORT, build_story, event, judge

TWO = [
    {"id": "a", "kind": "criminal", "institution": "police_district"},
    {"id": "b", "kind": "criminal", "institution": "police_district", "offence": "cc115"},
]
#: Rape, part 1: of medium gravity until the end of 2019, grave since.
OLD, NEW = "2019-10-04T22:00:00+06:00", "2020-01-01T00:00:00+06:00"


def act(at: str, **fields: Any) -> dict[str, Any]:
    return {"type": "act_committed", "at": at} | fields


def get_law(*events: dict[str, Any], name: str = "main", **changes: Any) -> tuple[str, str]:
    answer = judge(build_story(*events, **changes))
    (one,) = (one for one in answer["proceedings"] if one["id"] == name)
    offence = one["offences"][0]
    return offence["law_of"], offence["severity"]


def test_the_law_of_the_day_of_the_act_holds() -> None:
    assert get_law(act(OLD), REPORT) == ("2019-10-04", "medium")
    assert get_law(act(NEW), REPORT) == ("2020-01-01", "grave")
    assert get_law(act("2019-12-31T23:59:00+06:00"), REPORT) == ("2019-12-31", "medium")


def test_of_several_acts_the_earliest_one_counts() -> None:
    assert get_law(act(NEW), act(OLD), REPORT) == ("2019-10-04", "medium")


def test_without_an_act_it_is_the_law_of_the_first_event_and_without_any_that_of_today() -> None:
    later = event("erdr_registered", "2026-05-05T09:00")
    assert get_law(later, REPORT)[0] == "2026-05-04"
    assert get_law()[0] == "2026-05-20"


def test_an_act_of_its_own_goes_before_one_of_another_proceeding() -> None:
    first, second = act(OLD, proceeding="a"), act(NEW, proceeding="b")
    assert get_law(first, second, name="a", proceedings=TWO)[0] == "2019-10-04"
    assert get_law(first, second, name="b", proceedings=TWO)[0] == "2020-01-01"
    assert get_law(first, name="b", proceedings=TWO)[0] == "2019-10-04"


def test_the_first_event_is_that_of_the_proceeding() -> None:
    early = {**REPORT, "proceeding": "a"}
    late = event("erdr_registered", "2026-05-06T09:00", proceeding="b")
    assert get_law(early, late, name="b", proceedings=TWO)[0] == "2026-05-06"
    assert get_law(late, early, name="a", proceedings=TWO)[0] == "2026-05-04"


def test_a_proceeding_is_about_its_own_offences_and_else_about_those_of_the_case() -> None:
    answer = judge(build_story(REPORT, proceedings=TWO, offence=["cc120_1", "cc125"]))
    assert [[offence["id"] for offence in one["offences"]] for one in answer["proceedings"]] == [
        ["cc120_1", "cc125"],
        ["cc115"],
    ]
