"""A verdict: one line a step, and one outcome. Source: ``spec/policy.md``; PROTOCOL 27, 28."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from aigaq_verify.errors import VerifyError

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
    words: str = ""


@dataclass(frozen=True)
class Item:
    """What can be said of one disclosed item."""

    path: str
    result: str
    words: str


@dataclass
class Verdict:
    """The steps in their order. A failed step makes all that follow *skipped*."""

    steps: list[Step] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

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
            self.steps.append(Step(number, name, SKIPPED, words="an earlier step failed"))
            return None
        before = len(self.steps)
        try:
            value = check()
        except VerifyError as error:
            del self.steps[before:]
            words = "not what it must be"
            where = make_plain(error.where)
            self.steps.append(Step(number, name, FAILED, error.code, where, words))
            return None
        if len(self.steps) == before:
            self.steps.append(Step(number, name, PASSED))
        return value

    def note(self, number: int, name: str, result: str, words: str, *, code: str = "") -> None:
        """Say something other than a bare *passed* of a step."""
        self.steps.append(Step(number, name, result, code, "", make_plain(words)))

    def to_json(self) -> str:
        """Return the verdict as JSON."""
        value = {
            "exit": self.exit_code,
            "format": "aigaq-verdict/v1",
            "items": [vars(item) for item in self.items],
            "steps": [vars(step) for step in self.steps],
            "verdict": self.outcome,
        }
        return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)

    def to_text(self) -> str:
        """Return the verdict for people, a line a step."""
        lines = [_format_step(step) for step in self.steps]
        lines += [f"    {item.path}: {item.result}. {item.words}" for item in self.items]
        codes = {step.code for step in self.steps if step.result == FAILED}
        told = [_FOUND[code] for code in _FOUND if code in codes] or [_SENTENCES[self.exit_code]]
        if self.exit_code != FAILED_EXIT and any(item.result == UNKNOWN for item in self.items):
            told.append(_UNKNOWN_ITEMS)
        return "\n".join([*lines, "", *told])


#: Control, format, unassigned, private use, surrogates; what parts lines and paragraphs.
_MOVING = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


def make_plain(text: str) -> str:
    """Return ``text`` with what could move a cursor or turn a line round written as escapes."""
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in _MOVING else one
        for one in text
    )


def _format_step(step: Step) -> str:
    found = " ".join(part for part in (step.code, step.where) if part)
    detail = ". ".join(part for part in (found, step.words) if part)
    return f"{step.number:>2} {step.name:<12} {step.result:<13} {detail}".rstrip()


_SENTENCES: Sequence[str] = (
    "VERIFIED: every step that had something to look at passed under the given policy. That shows "
    "what was there by when, unchanged since: not that it is true, and not who made it.",
    "FAILED: this is not what it claims to be. The first failed step says where.",
    "",
    "NOT ANCHORED: consistent in itself, but nothing that you trust independently vouches for it.",
    "UNKNOWN: what is given neither proves nor disproves it.",
)
_UNKNOWN_ITEMS = (
    "What is in sealed items is unknown: who can open them compares size and SHA-256. Of a copy "
    "without hidden details only the desk says that it shows what came."
)
#: What failed is the log, not the receipt that shows it.
_FOUND = {
    "receipt.missing": "MISSING: the report was promised; the log that should hold it does not.",
    "log.forked": "FORKED: the log's key signed two histories, which one log cannot have.",
}
