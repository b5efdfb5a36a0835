"""How soon a person should read a report, from the answers alone. No ORM, no clock.

An answer can only raise the urgency; silence is never read as safety, so an empty report is
`Urgency.USUAL` and still a report. Every level comes with the reasons that gave it, as codes, so
that a person can disagree. Source: spec/questions.md (numbers and ids of tiles).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aigaq.intake.shapes import Urgency

AGE_BAND, ROLE, SAFE_NOW, WHAT_HAPPENED = 1, 2, 3, 4
WANTS, QUIET_SIGN, SECOND_CHANNEL = 10, 17, 18
UNDER_18 = frozenset({"under_14", "14_15", "16_17"})
UNDER_14 = "under_14"


@dataclass(frozen=True)
class Judgement:
    """The level, and why."""

    urgency: Urgency
    reasons: tuple[str, ...]
    under_18: bool


def judge_urgency(answers: Mapping[int, str]) -> Judgement:
    """Return how urgent a report with these answers (number to value) is, and why."""
    reasons: list[tuple[Urgency, str]] = []
    band = answers.get(AGE_BAND, "")
    if answers.get(SAFE_NOW) == "no":
        reasons.append((Urgency.NOW, "urgency.not_safe"))
    if band == UNDER_14:
        reasons.append((Urgency.NOW, "urgency.under_14"))
    elif band in UNDER_18:
        reasons.append((Urgency.SOON, "urgency.under_18"))
    if answers.get(SAFE_NOW) == "unsure":
        reasons.append((Urgency.SOON, "urgency.unsure_whether_safe"))
    wants = answers.get(WANTS, "").split(" ")
    if "care" in wants:
        # Care works best within hours: 72 for HIV medicine, 120 for contraception.
        reasons.append((Urgency.NOW, "urgency.wants_care"))
    if "shelter" in wants:
        reasons.append((Urgency.NOW, "urgency.wants_shelter"))
    if "lawyer" in wants:
        reasons.append((Urgency.SOON, "urgency.wants_lawyer"))
    reasons.sort(key=lambda reason: -reason[0])
    return Judgement(
        urgency=max((level for level, _code in reasons), default=Urgency.USUAL),
        reasons=tuple(code for _level, code in reasons),
        under_18=band in UNDER_18,
    )


def summarise(answers: Mapping[int, str], *, letters: int = 140) -> str:
    """Return the beginning of what she wrote, on one line, as plain text."""
    text = " ".join(answers.get(WHAT_HAPPENED, "").split())
    shown = "".join(letter for letter in text if letter.isprintable())
    return shown if len(shown) <= letters else shown[: letters - 1].rstrip() + "…"
