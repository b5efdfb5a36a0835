"""By the law of which day an offence is judged."""

from typing import Any

import pytest
import yaml
from tests.unit.reckoning.small_law import happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import REPORT, build_story, event, judge

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.qualification import list_qualifications

KZ = load_pack("kz")
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


def test_the_first_event_of_another_proceeding_says_nothing_of_this_one() -> None:
    early = {**REPORT, "proceeding": "b"}
    late = event("erdr_registered", "2026-05-06T09:00", proceeding="a")
    assert get_law(early, late, name="a", proceedings=TWO)[0] == "2026-05-06"


def test_an_offence_of_a_day_that_has_no_law_is_shown_by_the_first_of_the_pack() -> None:
    versions = [
        rule("theft", severity="small", effective={"from": "2026-05-05"}),
        rule("theft", severity="great", effective={"to": "2026-05-03"}),
    ]
    texts = dict.fromkeys(("kk", "ru", "en"), "x")
    law: dict[str, Any] = {
        "triggers": [trigger("told", "us")],
        "severities": [{"id": name, "text": texts} for name in ("small", "great")],
    }
    told = happen("told", "05-04T09:00")
    for offences, severity in ((versions, "small"), (versions[1:], "great")):
        answer = judge_by(law | {"offences": offences}, told, offence="theft")
        assert answer["proceedings"][0]["offences"][0]["severity"] == severity


@pytest.mark.parametrize(("name", "has_versions"), [("cc120_1", True), ("cc120_2", False)])
def test_only_where_the_law_changed_is_the_day_worth_a_word(name: str, has_versions: bool) -> None:
    text = yaml.safe_dump(build_story(REPORT, offence=name))
    case = read_case(parse_document(text.encode()), pack=KZ)
    (one,) = list_qualifications(case, proceeding="main", pack=KZ)
    assert one.has_versions is has_versions


def test_what_happened_before_the_act_does_not_say_by_which_law_it_is_judged() -> None:
    early = {**REPORT, "at": "2019-12-30T09:00:00+06:00"}
    assert get_law(early, act("2020-01-02T22:00:00+06:00")) == ("2020-01-02", "grave")
