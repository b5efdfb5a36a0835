"""The steps beside the reckoning say the right words of the law and of the page."""

from typing import Any

import pytest
from tests.unit.reckoning.small_law import get_steps, happen, judge_by, rule, trigger
from tests.unit.reckoning.stories import (
    COMPLAINT,
    REPORT,
    build_story,
    event,
    get_duty,
    judge,
)

from aigaq.jurisdictions.loading import load_pack
from aigaq.reckoning import words
from aigaq.reckoning.starts import NAMES

KZ = load_pack("kz")
LANGUAGES = ("kk", "ru", "en")


def get_step(one: dict[str, Any], rule: str) -> dict[str, Any]:
    step: dict[str, Any] = next(step for step in one["how"] if step["rule"] == rule)
    return step


def test_a_date_names_the_event_from_which_it_runs_by_its_name_in_the_law() -> None:
    step = get_step(get_duty(judge(build_story(REPORT)), "erdr"), "start")
    assert step["article"] == "CPC 181, 185"
    for language in LANGUAGES:
        assert KZ.triggers["report_submitted"].text[language] in step["text"][language]


def test_a_date_that_runs_from_a_threat_of_which_nobody_was_told_names_the_pressure() -> None:
    threat = event("pressure", "2026-05-06T21:15", kind="threat_violence", to="s")
    step = get_step(get_duty(judge(build_story(threat)), "safety_new_case"), "start")
    for language in LANGUAGES:
        assert NAMES["pressure"][language] in step["text"][language]


def test_the_answer_to_a_complaint_names_the_complaint() -> None:
    step = get_step(
        get_duty(judge(build_story(REPORT, COMPLAINT)), "complaint_prosecutor"), "start"
    )
    for language in LANGUAGES:
        assert KZ.remedies["complaint_prosecutor"][0].title[language] in step["text"][language]


def test_what_happened_at_midnight_happened_on_the_day_that_begins_with_it() -> None:
    step = get_step(
        get_duty(judge(build_story({**REPORT, "at": "2026-05-04T00:00:00+05:00"})), "erdr"), "start"
    )
    assert "00:00 on 4 May 2026" in step["text"]["en"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"offence": "cc120_3_2"}, KZ.severities["especially_grave"]),
        ({"profile": ["minor"]}, KZ.profiles["minor"]),
        ({"profile": ["suspect_minor"]}, KZ.profiles["suspect_minor"]),
    ],
)
def test_another_term_names_the_fact_by_which_it_holds(
    changes: dict[str, Any], name: dict[str, str]
) -> None:
    # CPC 131(4).
    detained = event("suspect_detained", "2026-05-08T23:40")
    duty = get_duty(judge(build_story(detained, **changes)), "detention_max")
    for language in LANGUAGES:
        assert name[language] in get_step(duty, "variant")["text"][language]


def test_a_duty_without_a_date_says_whether_the_law_names_none_or_the_limitation() -> None:
    # CPC 179(3) has no term; 192(5) ends with the limitation period.
    extended = event("term_extended_general", "2026-05-05T10:00")
    answer = judge(build_story(REPORT, event("erdr_registered", "2026-05-04T10:00"), extended))
    known = {
        name: get_step(get_duty(answer, name), "term")["text"]
        for name in ("mandatory_investigation", "term_ext_general")
    }
    assert known == {
        "mandatory_investigation": words.NO_TERM,
        "term_ext_general": words.TO_LIMITATION,
    }


@pytest.mark.parametrize(
    ("events", "name", "template"),
    [
        ([event("refused", "2026-05-08T10:00", duty="erdr")], "erdr", words.TURNED_DOWN),
        (
            [event("released", "2026-05-08T10:00", facts=["no_ground_given"])],
            "release_ruling",
            words.WITHOUT_GROUND,
        ),
        (
            [COMPLAINT, event("complaint_sent_down", "2026-05-08T10:00",
                              remedy="complaint_prosecutor", to="police_district")],
            "complaint_prosecutor",
            words.CAME_DOWN,
        ),
    ],
)  # fmt: skip
def test_a_breach_before_its_date_says_what_it_was(
    events: list[dict[str, Any]], name: str, template: dict[str, str]
) -> None:
    text = get_step(get_duty(judge(build_story(REPORT, *events)), name), "refused")["text"]
    for language in LANGUAGES:
        before, _, after = template[language].partition("{at}")
        assert text[language].startswith(before)
        assert text[language].endswith(after)


def test_a_term_that_holds_for_one_offence_names_the_offence() -> None:
    term = {"n": 3, "unit": "day"}
    duty = rule(
        "register", trigger=["told"], actor="police", term={"n": 1, "unit": "day"},
        variants=[{"when": "offence:assault", "term": term}], no_remedy="invented",
    )  # fmt: skip
    law = {
        "triggers": [trigger("told", "us")],
        "duties": [duty],
        "offences": [rule("assault"), rule("theft")],
    }
    told = happen("told", "05-04T09:00")
    (step,) = get_steps(judge_by(law, told, offence="assault"), "register", "variant")
    assert "assault" in step["text"]["en"]
    assert get_steps(judge_by(law, told, offence="theft"), "register", "variant") == []
