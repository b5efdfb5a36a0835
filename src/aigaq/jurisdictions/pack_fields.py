"""Reads what all entries of a pack have: ground, term, condition, text.

Each function takes the fields of one entry, knows those that it asks for, and notes what is wrong
in their `Faults`. Source of the form: ``spec/jurisdiction-pack.md``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from aigaq.jurisdictions.fields import ID, Fields
from aigaq.jurisdictions.pack_shapes import Condition, Ground, Review, Variant
from aigaq.jurisdictions.terms import AnyTerm, Immediate, Term, Unit, UntilLimitation

BASES = ("law", "reading", "prudence")
LONGEST = {"minute": 100_000, "hour": 10_000, "day": 10_000, "working_day": 5_000}
LONGEST_OTHER = 1_200


def read_term(fields: Fields) -> Term:
    unit = fields.words("unit")
    n = fields.whole("n")
    counting = fields.words("counting", "")
    if counting not in ("", "detention"):
        fields.fault("bad_term", "counting")
    try:
        known = Unit(unit)
    except ValueError:
        fields.fault("unknown_unit", "unit", unit=unit)
        known = Unit.DAY
    if not 0 < n <= LONGEST.get(unit, LONGEST_OTHER):
        fields.fault("bad_term", "n", n=n)
        n = 1
    if counting and known is Unit.WORKING_DAY:
        fields.fault("bad_term", "counting")
    fields.end()
    return Term(n=n, unit=known, is_detention=counting == "detention")


def read_any_term(fields: Fields) -> AnyTerm:
    if "immediate" in fields:
        if not fields.flag("immediate"):
            fields.fault("bad_term", "immediate")
        fields.end()
        return Immediate()
    if "until" in fields:
        if fields.words("until") != "limitation":
            fields.fault("bad_term", "until")
        fields.end()
        return UntilLimitation()
    return read_term(fields)


def read_term_or_none(row: Fields, key: str) -> Term | None:
    return read_term(row.fields(key)) if key in row else None


def read_variants(row: Fields, key: str) -> tuple[Variant, ...]:
    variants = []
    for one in row.rows(key):
        condition = read_condition(one, "when")
        if condition is None:
            one.fault("bad_form", "when", field="when", expected="a condition")
            condition = Condition("fact", "never")
        variants.append(Variant(when=condition, term=read_any_term(one.fields("term"))))
        if "title" in one:
            one.text("title")
        one.end()
    return tuple(variants)


def read_condition(row: Fields, key: str) -> Condition | None:
    value = row.raw(key)
    return None if value is None else _build_condition(row, key, value)


def _build_condition(row: Fields, key: str, value: Any) -> Condition:
    if isinstance(value, str):
        return Condition("fact", value)
    if isinstance(value, Mapping) and len(value) == 1:
        kind, parts = next(iter(value.items()))
        if kind == "not":
            return Condition("not", parts=(_build_condition(row, key, parts),))
        if kind in ("all", "any") and isinstance(parts, list) and parts:
            built = tuple(_build_condition(row, key, part) for part in parts)
            return Condition(kind, parts=built)
    row.fault("bad_form", key, field=key, expected="a condition")
    return Condition("fact", "never")


def read_id(row: Fields) -> str:
    name = row.words("id")
    if not ID.fullmatch(name):
        row.fault("bad_form", "id", field="id", expected=ID.pattern)
    return name


def read_ground(row: Fields) -> Ground:
    basis = row.choice("basis", BASES, "law")
    article = row.words_or_none("article")
    confidence = read_confidence(row)
    is_from_memory = row.flag("memory")
    effective = row.fields("effective")
    begin, end = effective.day("from"), effective.day("to")
    effective.end()
    if begin and end and begin >= end:
        row.fault("empty_period", "effective")
    if article is None and basis == "law":
        row.fault("missing_article", "article")
    if is_from_memory and confidence > 0.9:
        row.fault("sure_from_memory", "confidence", confidence=confidence)
    row.words_or_none("verify")
    return Ground(
        article=article,
        sources=read_sources_of(row),
        confidence=confidence,
        is_from_memory=is_from_memory,
        basis=basis,
        effective_from=begin,
        effective_to=end,
        reviewed=read_review(row.fields("reviewed")) if "reviewed" in row else None,
        note=row.words_or_none("note"),
        from_pack=row.faults.origin,
    )


def read_sources_of(row: Fields) -> tuple[str, ...]:
    names = row.names("source")
    if not names:
        row.fault("missing_source", "source")
    return names


def read_confidence(row: Fields) -> float:
    value = row.raw("confidence")
    if value is None:
        row.fault("missing_confidence", "confidence")
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        row.fault("bad_confidence", "confidence")
        return 0.0
    return float(value)


def read_rule(row: Fields, *, titled: bool = True) -> dict[str, Any]:
    ground = read_ground(row)
    text = row.text("text")
    title = row.text("title") if titled or "title" in row else text
    return {"id": read_id(row), "title": title, "text": text, "ground": ground}


def read_review(fields: Fields) -> Review:
    review = Review(by=fields.words("by"), on=fields.day("on") or date.min)
    fields.day("next_on")
    fields.end()
    return review
