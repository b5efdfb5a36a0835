"""An answer can only raise the urgency, and every level says why."""

from hypothesis import given
from hypothesis import strategies as st

from aigaq.intake.shapes import Urgency
from aigaq.intake.urgency import judge_urgency, summarise

ANSWERS = st.dictionaries(
    st.sampled_from((1, 2, 3, 4, 10)),
    st.sampled_from(
        ("under_14", "14_15", "16_17", "25_59", "yes", "no", "unsure", "care lawyer", "shelter", "")
    ),
)


def test_silence_is_usual_and_never_an_error() -> None:
    judged = judge_urgency({})
    assert (judged.urgency, judged.reasons, judged.under_18) == (Urgency.USUAL, (), False)


def test_who_is_not_safe_now_comes_first() -> None:
    judged = judge_urgency({1: "16_17", 3: "no"})
    assert judged.urgency == Urgency.NOW
    assert judged.reasons == ("urgency.not_safe", "urgency.under_18")
    assert judged.under_18


def test_care_within_hours_is_urgent() -> None:
    assert judge_urgency({10: "heard care"}).reasons == ("urgency.wants_care",)


@given(ANSWERS, ANSWERS)
def test_a_level_always_has_a_reason(one: dict[int, str], two: dict[int, str]) -> None:
    for answers in (one, two, one | two):
        judged = judge_urgency(answers)
        assert bool(judged.reasons) == (judged.urgency > Urgency.USUAL)


@given(st.text())
def test_a_summary_is_one_short_line_of_printable_letters(text: str) -> None:
    summary = summarise({4: text})
    assert len(summary) <= 140
    assert summary == "" or summary.isprintable()
