"""Reads the entries of a pack's sections, one function a kind.

Source of the form: ``spec/jurisdiction-pack.md``, *Sections*.
"""

from aigaq.jurisdictions.fields import Fields
from aigaq.jurisdictions.pack_fields import (
    read_any_term,
    read_condition,
    read_confidence,
    read_ground,
    read_id,
    read_rule,
    read_sources_of,
    read_term_or_none,
    read_variants,
)
from aigaq.jurisdictions.pack_shapes import (
    Duty,
    Institution,
    Offence,
    Opening,
    Pressure,
    Remedy,
    Resolver,
    Routing,
    Rule,
    Trigger,
    Window,
)
from aigaq.jurisdictions.terms import Term, Unit

SCOPES = ("district", "region", "national", "international")
BY = ("us", "authority", "anyone")
MODES = ("private", "private_public", "public")
CONDITIONS = (
    *("sent_down", "district_office_outside_case"),
    *("subordinate_of_reached", "perpetrator_is_police", "threat_without_application"),
    "leading_body_reached",
)


def read_duty(row: Fields) -> Duty:
    duty = Duty(
        **read_rule(row),
        triggers=row.names("trigger"),
        actor=row.words("actor"),
        term=read_any_term(row.fields("term")) if "term" in row else None,
        start=row.words("start", "event"),
        variants=read_variants(row, "variants"),
        lenient_term=read_term_or_none(row, "lenient_term"),
        applies=read_condition(row, "applies"),
        met_by=row.names("met_by"),
        superseded_by=row.names("superseded_by"),
        pausable=row.names("pausable"),
        on_breach=row.names("on_breach"),
        no_remedy=row.words_or_none("no_remedy"),
        is_critical=row.flag("critical"),
    )
    if not duty.triggers:
        row.fault("bad_form", "trigger", field="trigger", expected="a trigger")
    if duty.actor in ("survivor", "victim", "us"):
        row.fault("duty_of_ours", "actor")
    return duty


def read_window(row: Fields) -> Window:
    default = read_term_or_none(row, "term")
    openings = []
    for one in row.rows("opens"):
        term = read_term_or_none(one, "term") or default
        if term is None:
            one.fault("bad_term", "term")
            term = Term(1, Unit.DAY)
        opening = Opening(
            trigger=one.words_or_none("on"),
            unanswered=one.words_or_none("unanswered"),
            after=read_term_or_none(one, "after"),
            term=term,
        )
        if (opening.trigger is None) == (opening.unanswered is None):
            one.fault("bad_form", field="on", expected="on or unanswered")
        openings.append(opening)
        one.end()
    if not openings:
        row.fault("bad_form", "opens", field="opens", expected="a start")
    return Window(
        **read_rule(row),
        opens=tuple(openings),
        remedy=row.words_or_none("for"),
        closed_by=row.names("closed_by"),
        applies=read_condition(row, "applies"),
    )


def read_remedy(row: Fields) -> Remedy:
    remedy = Remedy(
        **read_rule(row),
        to=row.names("to"),
        against=row.names("against"),
        answer=read_term_or_none(row, "answer"),
        answer_lenient=read_term_or_none(row, "answer_lenient"),
        answer_variants=read_variants(row, "answer_variants"),
        window=row.words_or_none("window"),
        instead=row.names("instead"),
        along=row.names("with"),
        on_unanswered=row.names("on_unanswered"),
        on_refused=row.names("on_refused"),
        applies=read_condition(row, "applies"),
        is_never_first=row.flag("never_first"),
        is_international=row.flag("international"),
        is_final=row.flag("final"),
    )
    if remedy.answer is None and (remedy.answer_lenient or remedy.answer_variants):
        row.fault("bad_term", "answer", n="")
    if not remedy.to:
        row.fault("bad_form", "to", field="to", expected="an addressee")
    return remedy


def read_routing(row: Fields) -> Routing:
    return Routing(
        **read_rule(row, titled=False),
        condition=row.choice("if", CONDITIONS),
        then=row.names("then"),
    )


def read_pressure(row: Fields) -> Pressure:
    return Pressure(
        **read_rule(row, titled=False),
        offence=row.words("offence"),
        opens=row.names("opens"),
    )


def read_advice(row: Fields) -> Rule:
    rule = Rule(**read_rule(row, titled=False))
    read_condition(row, "applies")
    if "term" in row:
        read_any_term(row.fields("term"))
    return rule


def read_official_offence(row: Fields) -> Offence:
    return read_offence(row, is_official=True)


def read_offence(row: Fields, *, is_official: bool = False) -> Offence:
    penalty = row.fields("penalty")
    for key in ("min_years", "max_years", "life"):
        penalty.raw(key)
    penalty.end()
    for key in ("reconciliation", "investigated_by", "iccs"):
        row.words_or_none(key)
    mode = row.words_or_none("mode")
    if mode is not None and mode not in MODES:
        row.fault("bad_form", "mode", field="mode", expected=" | ".join(MODES))
    return Offence(
        **read_rule(row),
        severity=row.words_or_none("severity"),
        mode=mode,
        limitation_years=row.whole_or_none("limitation_years"),
        has_no_limitation=row.flag("no_limitation"),
        is_official=is_official,
    )


def read_institution(row: Fields) -> Institution:
    level = row.whole("level")
    if not 1 <= level <= 4:
        row.fault("bad_form", "level", field="level", expected="1 to 4")
    read_sources_of(row)
    row.words_or_none("article")
    row.words_or_none("note")
    row.words_or_none("verify")
    row.flag("memory")
    return Institution(
        id=read_id(row),
        branch=row.words("branch"),
        level=level,
        scope=row.choice("scope", SCOPES),
        names=row.text("names"),
        reports_to=row.words_or_none("reports_to"),
        roles=frozenset(row.names("roles")),
        confidence=read_confidence(row),
    )


def read_resolver(row: Fields) -> Resolver:
    level = row.raw("level")
    if level is None:
        level = "same"
    if level not in ("same", "above", 1, 2, 3, 4):
        row.fault("bad_form", "level", field="level", expected="same, above, 1 to 4")
        level = "same"
    return Resolver(
        id=read_id(row),
        text=row.text("text"),
        start=row.choice("from", ("proceeding", "recipient", "actor"), "proceeding"),
        branch=row.words_or_none("branch"),
        level=level,
        role=row.words_or_none("role"),
        first_of=row.names("first_of"),
    )


def read_trigger(row: Fields) -> Trigger:
    return Trigger(
        id=read_id(row),
        text=row.text("text"),
        by=row.choice("by", BY),
        ground=read_ground(row),
    )
