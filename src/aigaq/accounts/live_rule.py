"""The rule of a live organisation's texts (DESIGN 8).

Its pages ship no Kazakh or Russian that no native speaker has reviewed, unless the administrator
overrides that in writing; the override stands in the audit chain. The bundle carries the state of
its texts (``a/review.json``), so that an installed copy knows it too.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from aigaq.accounts.errors import AccountsError
from aigaq.accounts.pages import UNSTAMPED
from aigaq.core import audit

REVIEW = "a/review.json"
FORMAT = "aigaq/text-review/v1"
#: Languages of the rule; English is the source of both.
RULED = ("kk", "ru")
CODE = "accounts.unreviewed_texts_accepted"
KIND = "texts"
REASON_CHARACTERS = 500


def list_unreviewed(languages: Iterable[str], *, bundle: Path = UNSTAMPED) -> tuple[str, ...]:
    """Return those of ``languages`` under the rule whose texts nobody has reviewed.

    Raises `AccountsError` ``accounts.no_review`` where the bundle does not say.
    """
    try:
        review = json.loads((bundle / REVIEW).read_bytes())
    except (OSError, ValueError):
        raise AccountsError("accounts.no_review") from None
    if review.get("format") != FORMAT:
        raise AccountsError("accounts.no_review")
    states = {language: one["state"] for language, one in review["languages"].items()}
    return tuple(one for one in RULED if one in languages and states.get(one) != "reviewed")


def check_texts(languages: Iterable[str], *, state: str, reason: str) -> tuple[str, ...]:
    """Return the unreviewed languages that a live organisation ships for ``reason``.

    Raises `AccountsError` ``accounts.unreviewed_texts`` with them if there is no reason.
    """
    unreviewed = list_unreviewed(languages) if state == "live" else ()
    if unreviewed and not reason.strip():
        raise AccountsError("accounts.unreviewed_texts", languages=", ".join(unreviewed))
    return unreviewed


def accept_texts(languages: Iterable[str], *, state: str, reason: str) -> None:
    """Check the rule, in the caller's transaction; record a new override.

    An override that was recorded counts for its languages from then on. Raises `AccountsError`
    ``accounts.unreviewed_texts``.
    """
    accepted = {
        language
        for event in audit.list_about(kind=KIND, subject_id="pages")
        if event.code == CODE
        for language in event.context["languages"]
    }
    left = [one for one in languages if one not in accepted]
    unreviewed = check_texts(left, state=state, reason=reason)
    if unreviewed:
        context = {"languages": list(unreviewed), "reason": reason.strip()[:REASON_CHARACTERS]}
        audit.record(CODE, actor=None, kind=KIND, subject_id="pages", context=context)
