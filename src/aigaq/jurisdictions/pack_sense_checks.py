"""What an entry of a pack says by itself: could a lawyer mean it?

A form can be right and its content still nonsense: a careful date before the strict one, a duty
that is met by what starts it, a Russian text in English. Source of the codes:
``spec/jurisdiction-pack.md``, *Checks*.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from aigaq.jurisdictions.calendars import WEEKDAYS
from aigaq.jurisdictions.fields import Faults
from aigaq.jurisdictions.marked_yaml import Document, Path
from aigaq.jurisdictions.pack_shapes import Pack

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
LANGUAGE = re.compile(r"[a-z]{2,3}")
COUNTRY = re.compile(r"[A-Z]{2}")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
LATIN = re.compile(r"[A-Za-z]")
MARKUP = re.compile(r"[<>{}]|&[a-z]+;")
SCOPES = {1: "district", 2: "region", 3: "national", 4: "international"}
#: Shortest and longest length of a unit, in hours.
HOURS: dict[str, tuple[float, float]] = {
    "minute": (1 / 60, 1 / 60),
    "hour": (1, 1),
    "day": (24, 24),
    "working_day": (24, 7 * 24),
    "month": (28 * 24, 31 * 24),
    "year": (365 * 24, 366 * 24),
}
COUNTING: dict[str, tuple[str, ...]] = {
    "exclude_start": ("hour_and_day", "day", "none"),
    "roll_forward": ("yes", "no"),
    "hours_roll": ("unclear", "yes", "no"),
    "interruption": ("suspends", "restarts"),
} | dict.fromkeys(
    ("calendar_days", "end_of_day", "detention_minute", "immediate", "post_safe", "restore"), ()
)
LISTS = {
    "duties": ("trigger", "met_by", "superseded_by", "pausable", "on_breach"),
    "windows": ("closed_by",),
    "remedies": ("to", "against", "instead", "with", "on_unanswered", "on_refused"),
    "routing": ("then",),
    "pressure": ("opens",),
    "institutions": ("roles",),
    "resolvers": ("first_of",),
}

Row = Mapping[str, Any]


def check_sense(document: Document, *, pack: Pack, faults: Faults) -> None:
    """Note what cannot be meant. The form was checked before."""
    _Sense(document.value, pack=pack, faults=faults).check()


class _Sense:
    def __init__(self, value: Row, *, pack: Pack, faults: Faults) -> None:
        self._value = value
        self._pack = pack
        self._add = faults.add

    def check(self) -> None:
        self._check_head()
        self._check_calendar()
        self._check_counting()
        self._check_lists()
        self._check_duties()
        self._check_windows()
        self._check_remedies()
        self._check_bodies()
        self._check_offences()
        for path, text in _walk_texts(self._value, ()):
            self._check_text(path, text)

    def _rows(self, section: str) -> Iterator[tuple[Path, Row]]:
        for number, row in enumerate(self._value.get(section) or ()):
            if not row.get("remove"):
                yield (section, number), row

    def _check_head(self) -> None:
        head = self._value["pack"]
        if not SEMVER.fullmatch(str(head.get("version"))):
            self._add("pack.bad_version", ("pack", "version"))
        languages = _as_list(head.get("languages"))
        if not languages or not all(LANGUAGE.fullmatch(one) for one in languages):
            expected = "ISO 639 codes, at least one"
            self._add("pack.bad_form", ("pack", "languages"), field="languages", expected=expected)
        country = head.get("iso3166")
        if country is not None and not COUNTRY.fullmatch(str(country)):
            expected = "two capital letters"
            self._add("pack.bad_form", ("pack", "iso3166"), field="iso3166", expected=expected)
        self._check_review(("pack", "review"), head.get("review"))
        for section, rows in self._value.items():
            for number, row in enumerate(rows if isinstance(rows, list) else ()):
                if isinstance(row, Mapping):
                    self._check_review((section, number, "reviewed"), row.get("reviewed"))
                    article = row.get("article")
                    if isinstance(article, str) and not article.strip():
                        self._add("pack.missing_article", (section, number, "article"))

    def _check_review(self, path: Path, review: Any) -> None:
        """Nobody has read a rule tomorrow, nor reads it next before having read it."""
        if not isinstance(review, Mapping):
            return
        on, again = _read_day(review.get("on")), _read_day(review.get("next_on"))
        if on is not None and on > datetime.now(UTC).date():
            self._add("pack.bad_date", (*path, "on"), field=on.isoformat())
        if on is not None and again is not None and again <= on:
            self._add("pack.bad_date", (*path, "next_on"), field=again.isoformat())

    def _check_calendar(self) -> None:
        if len(self._pack.calendar.weekend) == len(WEEKDAYS):
            self._add("pack.bad_calendar", ("calendar", "weekend"))
        seen: dict[str, str] = {}
        overrides = (self._value.get("calendar") or {}).get("overrides") or ()
        for number, row in enumerate(overrides):
            for key in ("add", "remove"):
                for day in _as_list(row.get(key)):
                    if seen.setdefault(day, key) != key:
                        self._add("pack.bad_calendar", ("calendar", "overrides", number, key))

    def _check_counting(self) -> None:
        for path, row in self._rows("counting"):
            name, value = row["id"], row.get("value")
            if name not in COUNTING:
                self._add("pack.unknown_counting", (*path, "id"), id=name)
            elif value is not None and value not in COUNTING[name]:
                self._add("pack.unknown_counting", (*path, "value"), id=value)

    def _check_lists(self) -> None:
        for section, keys in LISTS.items():
            for path, row in self._rows(section):
                for key in keys:
                    names = _as_list(row.get(key))
                    for name in sorted({one for one in names if names.count(one) > 1}):
                        self._add("pack.named_twice", (*path, key), id=name)

    def _check_duties(self) -> None:
        for path, row in self._rows("duties"):
            triggers = set(_as_list(row.get("trigger")))
            for key in ("met_by", "superseded_by"):
                for name in sorted(triggers.intersection(_as_list(row.get(key)))):
                    self._add("pack.met_by_itself", (*path, key), id=name)
            self._check_lenient(path, row, strict="term", lenient="lenient_term")
            self._check_variants(path, row, key="variants")
            self._check_order((*path, "on_breach"), _as_list(row.get("on_breach")))
            actor = self._pack.resolvers.get(str(row.get("actor")))
            if actor is not None and not actor.first_of and actor.branch is not None:
                bodies = self._pack.institutions.values()
                if not any(
                    body.branch == actor.branch and actor.role in (None, *body.roles)
                    for body in bodies
                ):
                    self._add("pack.dead_end", (*path, "actor"), id=row["id"])
        for path, row in self._rows("routing"):
            self._check_order((*path, "then"), _as_list(row.get("then")))

    def _check_order(self, path: Path, names: Sequence[str]) -> None:
        """A body that is never the first to turn to stands behind those that are."""
        remedies = [name for name in names if name in self._pack.remedies]
        last = [all(one.is_never_first for one in self._pack.remedies[name]) for name in remedies]
        if last != sorted(last):
            self._add("pack.never_first_early", path, id=remedies[last.index(True)])

    def _check_windows(self) -> None:
        for path, row in self._rows("windows"):
            opened = {one.get("on") for one in row.get("opens") or ()}
            for name in sorted(opened.intersection(_as_list(row.get("closed_by")))):
                self._add("pack.closes_at_once", (*path, "closed_by"), id=name)

    def _check_remedies(self) -> None:
        for path, row in self._rows("remedies"):
            name = row["id"]
            for key in ("on_unanswered", "on_refused"):
                if name in _as_list(row.get(key)):
                    self._add("pack.follows_itself", (*path, key), id=name)
            if row.get("on_unanswered") and row.get("answer") is None:
                self._add("pack.never_unanswered", (*path, "on_unanswered"), id=name)
            self._check_lenient(path, row, strict="answer", lenient="answer_lenient")
            self._check_variants(path, row, key="answer_variants")
            for window in self._pack.windows.get(str(row.get("window")), ()):
                if window.remedy not in (None, name):
                    self._add("pack.other_window", (*path, "window"), id=window.id)
            levels = [self._get_level(one) for one in _as_list(row.get("to"))]
            if row.get("international") and max(levels) < max(SCOPES):
                self._add("pack.international_at_home", (*path, "to"), id=name)

    def _get_level(self, name: str) -> int:
        """Return the highest level that an addressee can have."""
        body, resolver = self._pack.institutions.get(name), self._pack.resolvers.get(name)
        if body is not None:
            return body.level
        if resolver is None or resolver.branch is None:
            return max(SCOPES)
        bodies = self._pack.institutions.values()
        return max((one.level for one in bodies if one.branch == resolver.branch), default=0)

    def _check_lenient(self, path: Path, row: Row, *, strict: str, lenient: str) -> None:
        one, other = row.get(strict), row.get(lenient)
        if isinstance(one, Mapping) and isinstance(other, Mapping) and "n" in one:
            shortest = one["n"] * HOURS[one["unit"]][0]
            longest = other["n"] * HOURS[other["unit"]][1]
            if longest < shortest:
                self._add("pack.lenient_before_strict", (*path, lenient), id=row["id"])

    def _check_variants(self, path: Path, row: Row, *, key: str) -> None:
        seen: list[Any] = []
        for number, one in enumerate(row.get(key) or ()):
            if one.get("when") in seen:
                self._add("pack.same_variant", (*path, key, number), id=row["id"])
            seen.append(one.get("when"))

    def _check_bodies(self) -> None:
        for path, row in self._rows("institutions"):
            if row["scope"] != SCOPES[row["level"]]:
                self._add("pack.wrong_scope", (*path, "scope"), id=row["id"])

    def _check_offences(self) -> None:
        for section in ("offences", "official_offences"):
            for path, row in self._rows(section):
                if (row.get("limitation_years") or 1) < 1:
                    self._add("pack.bad_term", (*path, "limitation_years"), id=row["id"])
                penalty = row.get("penalty") or {}
                years = [penalty[key] for key in ("min_years", "max_years") if key in penalty]
                is_number = all(type(one) is int and one > 0 for one in years)
                if (
                    not is_number
                    or years != sorted(years)
                    or penalty.get("life") not in (None, True)
                ):
                    self._add("pack.bad_penalty", (*path, "penalty"), id=row["id"])

    def _check_text(self, path: Path, text: Row) -> None:
        for language in ("kk", "ru"):
            words = str(text[language])
            if LATIN.search(words) and not CYRILLIC.search(words):
                self._add("pack.wrong_script", path, language=language)
        if CYRILLIC.search(str(text.get("en", ""))):
            self._add("pack.wrong_script", path, language="en")
        if any(MARKUP.search(str(one)) for one in text.values()):
            self._add("pack.markup_in_text", path)


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)]


def _read_day(value: Any) -> date | None:
    try:
        return None if value is None else date.fromisoformat(str(value))
    except ValueError:
        return None


def _walk_texts(value: Any, path: Path) -> Iterator[tuple[Path, Row]]:
    if isinstance(value, Mapping):
        if "kk" in value and "ru" in value:
            # What a review says of three languages is no text.
            if path != ("pack", "text_review"):
                yield path, value
        else:
            for key, inner in value.items():
                yield from _walk_texts(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk_texts(inner, (*path, number))
