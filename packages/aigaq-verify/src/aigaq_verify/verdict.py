"""A verdict: one line a step, and one outcome. Source: ``spec/policy.md``; PROTOCOL 27, 28.

What it tells people is kept as keys of `words`, and said in a language at the end. For machines
names, results and codes are what they are, and the words English, in every language.
"""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aigaq_verify.errors import VerifyError
from aigaq_verify.words import Told, say, say_all

T = TypeVar("T")
PASSED, FAILED, SKIPPED, NOT_ANCHORED, UNKNOWN = (
    "passed",
    "failed",
    "skipped",
    "not anchored",
    "unknown",
)
VERIFIED_EXIT, FAILED_EXIT, USAGE_EXIT, NOT_ANCHORED_EXIT, UNKNOWN_EXIT = range(5)


@dataclass(frozen=True)
class Step:
    """What was found at one step."""

    number: int
    name: str
    result: str
    code: str = ""
    where: str = ""
    told: tuple[Told, ...] = ()

    @property
    def words(self) -> str:
        """What was found, in English."""
        return self.say("en")

    def say(self, language: str) -> str:
        """Return what was found in words."""
        return say_all(self.told, language=language)


@dataclass(frozen=True)
class Item:
    """What can be said of one disclosed item."""

    path: str
    result: str
    told: tuple[Told, ...]

    @property
    def words(self) -> str:
        """What can be said of it, in English."""
        return self.say("en")

    def say(self, language: str) -> str:
        """Return what can be said of it in words."""
        return say_all(self.told, language=language, between="; ")


@dataclass
class Verdict:
    """The steps in their order. A failed step makes all that follow *skipped*."""

    steps: list[Step] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    #: How the key of a failed outcome begins: of a package, or of a receipt.
    of: str = ""

    @property
    def has_failed(self) -> bool:
        """Tell whether a step failed."""
        return any(step.result == FAILED for step in self.steps)

    @property
    def exit_code(self) -> int:
        """The exit code: the worst of the steps."""
        results = {step.result for step in self.steps}
        if FAILED in results:
            return FAILED_EXIT
        if UNKNOWN in results:
            return UNKNOWN_EXIT
        return NOT_ANCHORED_EXIT if NOT_ANCHORED in results else VERIFIED_EXIT

    @property
    def outcome(self) -> str:
        """The outcome in one word."""
        return {
            VERIFIED_EXIT: "verified",
            FAILED_EXIT: "failed",
            NOT_ANCHORED_EXIT: "not_anchored",
            UNKNOWN_EXIT: "unknown",
        }[self.exit_code]

    def run(self, number: int, name: str, check: Callable[[], T]) -> T | None:
        """Do a step, unless an earlier one failed: ``check`` returns what later steps work with.

        A check says *passed* with words, or *not anchored* and *unknown*, through `note`.
        """
        if self.has_failed:
            self.steps.append(Step(number, name, SKIPPED, told=(("earlier_step_failed",),)))
            return None
        before = len(self.steps)
        try:
            value = check()
        except VerifyError as error:
            del self.steps[before:]
            where = make_plain(error.where)
            told = (("not_what_it_must_be",),)
            self.steps.append(Step(number, name, FAILED, error.code, where, told))
            return None
        if len(self.steps) == before:
            self.steps.append(Step(number, name, PASSED))
        return value

    def note(
        self, number: int, name: str, result: str, told: Sequence[Told], *, code: str = ""
    ) -> None:
        """Say something other than a bare *passed* of a step."""
        self.steps.append(Step(number, name, result, code, "", tuple(map(make_told, told))))

    def to_json(self) -> str:
        """Return the verdict as JSON."""
        value = {
            "exit": self.exit_code,
            "format": "aigaq-verdict/v1",
            "items": [list_members(item) for item in self.items],
            "steps": [list_members(step) for step in self.steps],
            "verdict": self.outcome,
        }
        return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)

    def to_text(self, language: str = "en") -> str:
        """Return the verdict for people, a line a step."""
        names = [say(_NAMES[step.name], language=language) for step in self.steps]
        results = [say(step.result, language=language) for step in self.steps]
        wide, broad = (max(map(len, some), default=0) for some in (names, results))
        lines = []
        for step, name, result in zip(self.steps, names, results, strict=True):
            found = " ".join(part for part in (step.code, step.where) if part)
            detail = ". ".join(part for part in (found, step.say(language)) if part)
            line = f"{step.number:>2} {name:<{wide}}  {result:<{broad}}  {detail}"
            lines.append(line.rstrip())
        lines += [
            f"    {item.path}: {say(item.result, language=language)}. {item.say(language)}"
            for item in self.items
        ]
        return "\n".join([*lines, "", *self._conclude(language)])

    def _conclude(self, language: str) -> list[str]:
        codes = {step.code for step in self.steps if step.result == FAILED}
        failed = f"{self.of}outcome_{FAILED_EXIT}"
        whole = failed if self.exit_code == FAILED_EXIT else f"outcome_{self.exit_code}"
        keys = [_FOUND[code] for code in _FOUND if code in codes] or [whole]
        told = [_stress(say(key, language=language)) for key in keys]
        if self.exit_code != FAILED_EXIT and any(item.result == UNKNOWN for item in self.items):
            told.append(say("unknown_items", language=language))
        return told


def list_members(one: Step | Item) -> dict[str, object]:
    """Return what machines are told of a step or an item."""
    members = {name: value for name, value in vars(one).items() if name != "told"}
    return members | {"words": one.words}


def _stress(sentence: str) -> str:
    """Return an outcome with the word that begins it in capitals."""
    word, colon, rest = sentence.partition(":")
    return word.upper() + colon + rest


#: Control, format, unassigned, private use, surrogates; what parts lines and paragraphs.
_MOVING = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


def make_plain(text: str) -> str:
    """Return ``text`` with what could move a cursor or turn a line round written as escapes."""
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _MOVING else one
        for one in text
    )


def make_told(told: Told) -> Told:
    """Return ``told`` with its values made plain."""
    return (told[0], *map(make_plain, told[1:]))


#: By the name for machines the key of a step's name for people.
_NAMES = {
    "files": "step_0",
    "bag": "step_1",
    "policy": "step_2",
    "card": "step_3",
    "checkpoint": "step_4",
    "tokens": "step_5",
    "inclusion": "step_6",
    "commitment": "step_7",
    "items": "step_8",
    "custody": "step_9",
    "consent": "step_10",
    "verdict": "step_11",
    "form": "step_form",
    "promise": "step_promise",
    "filing": "step_filing",
    "log": "step_log",
}
#: What failed is the log, not the receipt that shows it.
_FOUND = {"receipt.missing": "outcome_missing", "log.forked": "outcome_forked"}
