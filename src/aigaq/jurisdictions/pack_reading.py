"""Reads a pack from its file into `Pack`, with the faults of form that it finds on the way.

What one entry says is checked here; what entries say of each other is checked in
`aigaq.jurisdictions.pack_checks`. Source of the form: ``spec/jurisdiction-pack.md``.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from aigaq.jurisdictions.calendars import (
    Calendar,
    Override,
    Table,
    load_table,
    read_weekend,
)
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.fields import LANGUAGES, Faults, Fields
from aigaq.jurisdictions.marked_yaml import Document
from aigaq.jurisdictions.pack_entries import (
    read_advice,
    read_duty,
    read_institution,
    read_offence,
    read_official_offence,
    read_pressure,
    read_remedy,
    read_resolver,
    read_routing,
    read_trigger,
    read_window,
)
from aigaq.jurisdictions.pack_fields import (
    read_confidence,
    read_ground,
    read_id,
    read_review,
    read_sources_of,
    read_term,
)
from aigaq.jurisdictions.pack_shapes import (
    EMPTY,
    Offence,
    Pack,
    PackFacts,
    Region,
    Rule,
    Source,
    Text,
)
from aigaq.jurisdictions.terms import Counting

FORMAT = "aigaq-pack/v1"
STATUSES = ("draft", "reviewed", "fragment")
#: Sections whose rules are advice for people: read by all, reckoned by none.
ADVICE = ("reconciliation", "guards", "operator_duties", "rights", "retention", "health_windows")
#: Sections whose rules say what they were called before.
RENAMED = ("duties", "windows", "remedies")
R = TypeVar("R")


def read_pack(document: Document, *, faults: Faults, parent: Pack | None = None) -> Pack:
    """Return what ``document`` says, on top of ``parent``; faults go into ``faults``."""
    return _PackReader(document, faults=faults, parent=parent or EMPTY).read()


def read_parent_id(document: Document) -> str | None:
    """Return the id of the pack that a file extends, or ``None``."""
    value = document.value
    facts = value.get("pack") if isinstance(value, Mapping) else None
    parent = facts.get("extends") if isinstance(facts, Mapping) else None
    return parent if isinstance(parent, str) else None


class _PackReader:
    def __init__(self, document: Document, *, faults: Faults, parent: Pack) -> None:
        self._top = Fields(document.value, path=(), faults=faults)
        self._faults = faults
        self._parent = parent
        self._former: dict[str, str] = dict(parent.former_ids)

    def read(self) -> Pack:
        top, parent = self._top, self._parent
        if top.raw("format") != FORMAT:
            top.fault("bad_form", "format", field="format", expected=FORMAT)
        facts = self._read_facts(top.fields("pack"))
        self._faults.origin = facts.id
        pack = Pack(
            facts=facts,
            sources={**parent.sources, **self._read_sources()},
            calendar=self._read_calendar(),
            counting=self._read_counting(),
            profiles=self._read_texts("profiles", parent.profiles),
            event_facts=self._read_texts("facts", parent.event_facts),
            severities=self._read_texts("severities", parent.severities),
            offences=self._read_offences(),
            institutions=self._read_single(
                "institutions", read_institution, self._parent.institutions
            ),
            resolvers=self._read_single("resolvers", read_resolver, self._parent.resolvers),
            triggers=self._read_single("triggers", read_trigger, self._parent.triggers),
            duties=self._read_rules("duties", read_duty, self._parent.duties),
            windows=self._read_rules("windows", read_window, self._parent.windows),
            remedies=self._read_rules("remedies", read_remedy, self._parent.remedies),
            routing=self._read_rules("routing", read_routing, self._parent.routing),
            pressure=self._read_rules("pressure", read_pressure, self._parent.pressure),
            advice={
                name: tuple(
                    rule
                    for rules in self._read_rules(
                        name, read_advice, _by_id(self._parent.advice.get(name, ()))
                    ).values()
                    for rule in rules
                )
                for name in ADVICE
            },
            regions=self._read_regions(),
            instruments=self._read_instruments(),
            former_ids=self._former,
        )
        self._skip_hotlines()
        top.names("open_questions")
        top.end()
        return pack

    # What the pack says of itself.

    def _read_facts(self, fields: Fields) -> PackFacts:
        review = fields.fields("text_review")
        facts = PackFacts(
            id=fields.words("id"),
            version=fields.words("version"),
            status=fields.choice("status", STATUSES),
            names=fields.text("names"),
            languages=fields.names("languages"),
            timezone=fields.words("timezone", self._parent.facts.timezone),
            law_as_of=fields.words("law_as_of"),
            extends=fields.words_or_none("extends"),
            review=read_review(fields.fields("review")) if "review" in fields else None,
            text_review={
                language: None
                if review.raw(language) in (None, "unreviewed")
                else read_review(review.fields(language))
                for language in LANGUAGES
            },
        )
        fields.raw("review")
        fields.words_or_none("iso3166")
        for row in fields.rows("known_later_amendments"):
            row.list_keys()
        if facts.status == "reviewed" and facts.review is None:
            fields.fault("bad_status", "status")
        review.end()
        fields.end()
        return facts

    def _read_sources(self) -> dict[str, Source]:
        fields = self._top.fields("sources")
        sources = {}
        for key in fields.list_keys():
            row = fields.fields(key)
            sources[key] = Source(
                title=row.words("title"),
                official=row.words_or_none("official"),
                read_at=row.words("read_at"),
            )
            if self._parent.sources.get(key, sources[key]) != sources[key]:
                fields.fault("parents_source", key, id=key)
            row.end()
        return sources

    def _read_texts(self, section: str, inherited: Mapping[str, Text]) -> dict[str, Text]:
        texts = dict(inherited)
        for row in self._top.rows(section):
            if self._is_removal(row, texts):
                continue
            name = read_id(row)
            texts[name] = row.text("text")
            for key in ("max_years", "over_years", "or_life"):
                row.raw(key)
            row.end()
        return texts

    # How it is counted.

    def _read_calendar(self) -> Calendar:
        """A part that the child does not state is the parent's; overrides are added."""
        inherited, is_child = self._parent.calendar, self._parent is not EMPTY
        fields = self._top.fields("calendar")
        weekend, table = inherited.weekend, inherited.table
        if fields.states("weekend") or not is_child:
            try:
                weekend = read_weekend(fields.names("weekend"))
            except PackError:
                fields.fault("bad_calendar", "weekend")
        if fields.states("holidays"):
            table = self._read_table(fields)
        every_year = inherited.every_year
        if fields.states("every_year"):
            every_year = self._read_days_of_every_year(fields)
        overrides = tuple(self._read_override(row) for row in fields.rows("overrides"))
        fields.words_or_none("note")
        fields.end()
        return Calendar(
            weekend=weekend,
            table=table,
            overrides=(*inherited.overrides, *overrides),
            every_year=every_year,
        )

    def _read_table(self, fields: Fields) -> Table | None:
        if fields.raw("holidays") is None:
            return None
        row = fields.fields("holidays")
        row.choice("package", ("holidays",))
        subdivision = row.words_or_none("subdivision")
        name = row.words("country") + (f"-{subdivision}" if subdivision else "")
        row.end()
        try:
            return load_table(name)
        except PackError:
            row.fault("bad_calendar", "country")
            return None

    def _read_days_of_every_year(self, fields: Fields) -> frozenset[tuple[int, int]]:
        days = set()
        for text in fields.names("every_year"):
            try:
                day = date.fromisoformat(f"2024-{text}")
            except ValueError:
                fields.fault("bad_date", "every_year", field=text)
                continue
            days.add((day.month, day.day))
        return frozenset(days)

    def _read_override(self, row: Fields) -> Override:
        year = row.whole("year")
        days = {}
        for key in ("add", "remove"):
            days[key] = frozenset(
                day for day in (self._read_day(row, key, one) for one in row.names(key)) if day
            )
            if any(day.year != year for day in days[key]):
                row.fault("bad_calendar", key, year=year)
        if days["add"] & days["remove"]:
            row.fault("bad_calendar", "add")
        read_sources_of(row)
        read_confidence(row)
        row.words_or_none("note")
        row.end()
        return Override(year=year, added=days["add"], removed=days["remove"])

    def _read_day(self, row: Fields, key: str, text: str) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            row.fault("bad_date", key, field=text)
            return None

    def _read_counting(self) -> Counting:
        values: dict[str, Any] = {}
        inherited = self._parent.counting
        articles: dict[str, str | None] = dict(inherited.articles or {})
        for row in self._top.rows("counting"):
            name = read_id(row)
            ground = read_ground(row)
            articles[name] = ground.article
            row.text("text")
            if name == "immediate":
                values[name] = read_term(row.fields("lenient"))
            else:
                values[name] = row.words_or_none("value")
            row.words_or_none("unclear")
            row.end()
        read = _read_counting_values(values, inherited)
        return Counting(**read, articles=articles)

    def _read_offences(self) -> dict[str, tuple[Offence, ...]]:
        parent = self._parent.offences
        plain = {name: rules for name, rules in parent.items() if not rules[0].is_official}
        official = {name: rules for name, rules in parent.items() if rules[0].is_official}
        return {
            **self._read_rules("offences", read_offence, plain),
            **self._read_rules("official_offences", read_official_offence, official),
        }

    def _read_regions(self) -> dict[str, Region]:
        regions = dict(self._parent.regions)
        for row in self._top.rows("regions"):
            if self._is_removal(row, regions, key="code"):
                continue
            code = row.words("code")
            if code in regions and code not in self._parent.regions:
                row.fault("id_twice", "code", id=code)
            row.words("type")
            names, timezone = row.text("names"), row.words_or_none("timezone")
            regions[code] = Region(code=code, names=names, timezone=timezone)
            row.end()
        return regions

    def _read_instruments(self) -> dict[str, Text]:
        instruments = dict(self._parent.instruments)
        for row in self._top.rows("instruments"):
            cite = row.words("cite")
            if cite in instruments and cite not in self._parent.instruments:
                row.fault("id_twice", "cite", id=cite)
            instruments[cite] = row.text("names")
            row.end()
        return instruments

    def _skip_hotlines(self) -> None:
        for row in self._top.rows("hotlines"):
            row.words("number")
            row.text("names")
            read_sources_of(row)
            read_confidence(row)
            row.flag("memory")
            for key in ("verify", "note"):
                row.words_or_none(key)
            row.end()

    def _read_single(
        self,
        section: str,
        read: Callable[[Fields], R],
        inherited: Mapping[str, R],
    ) -> dict[str, R]:
        """Read a section in which an id stands once."""
        found: dict[str, R] = {}
        kept = dict(inherited)
        for row in self._top.rows(section):
            if self._is_removal(row, kept):
                continue
            name = read_id(row)
            if name in found:
                row.fault("id_twice", "id", id=name)
            found[name] = read(row)
            row.end()
        return {**kept, **found}

    def _read_rules(
        self,
        section: str,
        read: Callable[[Fields], R],
        inherited: Mapping[str, tuple[R, ...]],
    ) -> dict[str, tuple[R, ...]]:
        """Read a section in which an id may stand for several periods."""
        found: dict[str, tuple[R, ...]] = {}
        kept = dict(inherited)
        for row in self._top.rows(section):
            if self._is_removal(row, kept):
                continue
            name = read_id(row)
            rule = read(row)
            for old in row.names("formerly") if section in RENAMED else ():
                if old in self._former and self._former[old] != name:
                    row.fault("id_twice", "formerly", id=old)
                self._former[old] = name
            row.end()
            for other in found.get(name, ()):
                self._compare_periods(row, name, rule, other)
            found[name] = (*found.get(name, ()), rule)
        return {**kept, **found}

    def _compare_periods(self, row: Fields, name: str, rule: Any, other: Any) -> None:
        one, two = rule.ground, other.ground
        begin = max(one.effective_from or date.min, two.effective_from or date.min)
        end = min(one.effective_to or date.max, two.effective_to or date.max)
        if one.effective_from == two.effective_from and one.effective_to == two.effective_to:
            row.fault("id_twice", "id", id=name)
        elif begin < end:
            row.fault("overlapping_periods", "effective", id=name)

    def _is_removal(self, row: Fields, kept: dict[str, Any], *, key: str = "id") -> bool:
        if not row.flag("remove"):
            return False
        name = read_id(row) if key == "id" else row.words(key)
        if kept.pop(name, None) is None:
            row.fault("removes_nothing", key, id=name)
        row.end()
        return True


def _by_id(rules: tuple[Rule, ...]) -> dict[str, tuple[Rule, ...]]:
    grouped: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        grouped[rule.id] = (*grouped.get(rule.id, ()), rule)
    return grouped


def _read_counting_values(values: Mapping[str, Any], base: Counting) -> dict[str, Any]:
    excluded = values.get("exclude_start")
    hours = {"yes": True, "no": False, "unclear": None}
    return {
        "excludes_start_hour": base.excludes_start_hour
        if excluded is None
        else excluded == "hour_and_day",
        "excludes_start_day": base.excludes_start_day if excluded is None else excluded != "none",
        "rolls": base.rolls
        if values.get("roll_forward") is None
        else values["roll_forward"] == "yes",
        "rolls_hours": hours[values["hours_roll"]]
        if values.get("hours_roll") in hours
        else base.rolls_hours,
        "restarts_when_interrupted": base.restarts_when_interrupted
        if values.get("interruption") is None
        else values["interruption"] == "restarts",
        "immediate_lenient": values.get("immediate") or base.immediate_lenient,
    }
