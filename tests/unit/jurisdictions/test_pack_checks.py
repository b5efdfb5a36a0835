"""`aigaq pack check` finds each fault that is planted in a small pack, with its line."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from aigaq.jurisdictions.loading import find_pack, list_pack_ids
from aigaq.jurisdictions.pack_checks import check_pack_file
from aigaq.jurisdictions.pack_faults import SENTENCES, say_pack_fault

SMALL = Path(__file__).with_name("small.yaml")


@dataclass(frozen=True)
class Plant:
    """One fault: ``new`` in the place of ``old``; found there, or on the line that has ``at``."""

    code: str
    old: str
    new: str
    at: str | None = None


PLANTS = [
    Plant("pack.bad_form", "format: aigaq-pack/v1", "format: aigaq-pack/v2"),
    Plant("pack.bad_form", "status: draft", "status: perhaps"),
    Plant("pack.bad_status", "status: draft", "status: reviewed"),
    Plant("pack.bad_timezone", "timezone: Asia/Almaty", "timezone: Asia/Nowhere"),
    Plant("pack.unknown_parent", "version: 1.0.0", "version: 1.0.0\n  extends: nowhere"),
    Plant("pack.circular_parent", "version: 1.0.0", "version: 1.0.0\n  extends: small"),
    Plant(
        "pack.unused_source",
        "  law: {title: Law,",
        "  idle: {title: I, read_at: x}\n  law: {title: Law,",
    ),
    Plant("pack.bad_calendar", "weekend: [saturday, sunday]", "weekend: [saturday, funday]"),
    Plant("pack.bad_calendar", "country: KZ", "country: XX"),
    Plant("pack.bad_calendar", "add: [2026-12-17]", "add: [2025-12-17]"),
    Plant("pack.bad_date", "add: [2026-12-17]", "add: [2026-13-17]"),
    Plant(
        "pack.missing_text",
        "kk: Хабар берілді, ru: Сообщено, en: Reported",
        "kk: Хабар берілді, ru: Сообщено",
    ),
    Plant("pack.missing_text", "kk: Тіркелді, ru", "kk: ' ', ru"),
    Plant(
        "pack.same_text", "kk: Тіркеу керек екен ғой", "kk: Нужно зарегистрировать это сообщение"
    ),
    Plant("pack.missing_source", "source: law, confidence: 0.91", "confidence: 0.91"),
    Plant("pack.unknown_source", "source: law, confidence: 0.92", "source: lore, confidence: 0.92"),
    Plant("pack.missing_confidence", "source: law, confidence: 0.91", "source: law"),
    Plant("pack.bad_confidence", "confidence: 0.92", "confidence: 9.2"),
    Plant("pack.sure_from_memory", "confidence: 0.92", "confidence: 0.92, memory: true"),
    Plant(
        "pack.missing_article",
        "article: A 1, source: law, confidence: 0.92",
        "source: law, confidence: 0.92",
    ),
    Plant("pack.id_twice", "id: registered, by", "id: reported, by"),
    Plant("pack.id_twice", "id: watch, trigger", "id: register, trigger"),
    Plant("pack.overlapping_periods", "from: 2020-01-01", "from: 2019-06-01"),
    Plant("pack.empty_period", "to: 2020-01-01", "to: 2020-01-01, from: 2021-01-01"),
    Plant("pack.bad_date", "from: 2020-01-01", "from: 1 January"),
    Plant("pack.bad_term", "n: 24, unit: hour", "n: 0, unit: hour"),
    Plant("pack.bad_term", "n: 24, unit: hour", "n: 24, unit: working_day, counting: detention"),
    Plant("pack.bad_term", "until: limitation", "until: doomsday"),
    Plant("pack.unknown_unit", "n: 24, unit: hour", "n: 24, unit: fortnight"),
    Plant("pack.unknown_institution", "reports_to: police_region", "reports_to: police_moon"),
    Plant(
        "pack.circular_ladder",
        "reports_to: null, roles: [investigate]",
        "reports_to: police, roles: [investigate]",
    ),
    Plant(
        "pack.ladder_leads_down",
        "reports_to: null, roles: [decide_complaint]",
        "reports_to: police, roles: [decide_complaint]",
    ),
    Plant("pack.unknown_actor", "actor: leader", "actor: anybody"),
    Plant("pack.duty_of_ours", "actor: leader", "actor: survivor"),
    Plant("pack.unknown_trigger", "trigger: reported", "trigger: rumoured"),
    Plant("pack.unknown_trigger", "met_by: [registered]", "met_by: [forgotten]"),
    Plant(
        "pack.unused_trigger",
        "id: reported, by",
        "id: idle, by: us, text: {kk: а, ru: б, en: c}, article: A 1, source: law, "
        "confidence: 0.9}\n  - {id: reported, by",
    ),
    Plant("pack.unknown_fact", "when: minor", "when: miner"),
    Plant("pack.unknown_fact", "applies: 'mode:public'", "applies: 'mode:secret'"),
    Plant("pack.unknown_remedy", "on_breach: [complain]", "on_breach: [complain, pray]"),
    Plant("pack.breach_without_remedy", "on_breach: [complain]", "on_breach: []"),
    Plant(
        "pack.never_first_alone",
        "answer: {n: 7, unit: day}",
        "answer: {n: 7, unit: day}, never_first: true",
        at="id: register, trigger",
    ),
    Plant("pack.unknown_window", "window: to_court", "window: to_moon"),
    Plant("pack.circular_remedies", "with: [recuse]", "with: [complain]"),
    Plant("pack.dead_end", "to: [prosecutor_of_same_level]", "to: [ghost]"),
    Plant(
        "pack.unknown_resolver", "first_of: [recipient, police]", "first_of: [recipient, nobody]"
    ),
    Plant("pack.circular_resolver", "first_of: [recipient, police]", "first_of: [leader]"),
    Plant("pack.unknown_severity", "severity: grave", "severity: graver"),
    Plant("pack.unknown_offence", "offence: bribery", "offence: flattery"),
    Plant("pack.bad_region", "code: KZ-35", "code: Qaraghandy"),
    Plant("pack.unknown_key", "n: 7, unit: day", "n: 7, unit: day, maybe: 3"),
    Plant(
        "pack.removes_nothing",
        "  - {id: leader,",
        "  - {id: ghostly, remove: true}\n  - {id: leader,",
    ),
    # What has the right form and cannot be meant.
    Plant("pack.bad_version", "version: 1.0.0", "version: one"),
    Plant("pack.bad_form", "languages: [kk, ru, en]", "languages: [kazakh]"),
    Plant("pack.bad_form", "languages: [kk, ru, en]", "languages: []"),
    Plant("pack.bad_form", "version: 1.0.0", "version: 1.0.0\n  iso3166: kaz"),
    Plant(
        "pack.bad_date",
        "status: draft",
        "status: reviewed\n  review: {by: N, on: 2099-01-01}",
    ),
    Plant(
        "pack.bad_date",
        "status: draft",
        "status: reviewed\n  review: {by: N, on: 2026-01-02, next_on: 2026-01-01}",
    ),
    Plant(
        "pack.bad_date",
        "source: law, confidence: 0.91",
        "source: law, confidence: 0.91, reviewed: {by: N, on: 2099-01-01}",
    ),
    Plant("pack.bad_date", "    country: KZ", "    country: KZ\n  every_year: [02-30]"),
    Plant(
        "pack.bad_calendar",
        "    - {year: 2026, add: [2026-12-17], source: law, confidence: 0.9}",
        "    - {year: 2026, add: [2026-12-17], source: law, confidence: 0.9}\n"
        "    - {year: 2026, remove: [2026-12-17], source: law, confidence: 0.9}",
    ),
    Plant(
        "pack.bad_calendar",
        "weekend: [saturday, sunday]",
        "weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]",
    ),
    Plant("pack.unknown_counting", "id: hours_roll", "id: hours_rolls"),
    Plant("pack.unknown_counting", "value: unclear", "value: perhaps"),
    Plant("pack.missing_article", "article: A 3", "article: ' '"),
    Plant(
        "pack.lenient_before_strict",
        "term: {n: 24, unit: hour}",
        "term: {n: 24, unit: hour}, lenient_term: {n: 2, unit: hour}",
    ),
    Plant(
        "pack.lenient_before_strict",
        "answer: {n: 7, unit: day}",
        "answer: {n: 7, unit: day}, answer_lenient: {n: 100, unit: hour}",
    ),
    Plant(
        "pack.bad_term",
        "answer: {n: 7, unit: day}",
        "answer_lenient: {n: 7, unit: day}",
    ),
    Plant("pack.met_by_itself", "met_by: [registered]", "met_by: [reported]"),
    Plant(
        "pack.met_by_itself",
        "met_by: [registered]",
        "superseded_by: [reported], met_by: [registered]",
    ),
    Plant("pack.named_twice", "on_breach: [complain]", "on_breach: [complain, complain]"),
    Plant(
        "pack.follows_itself",
        "answer: {n: 7, unit: day}",
        "answer: {n: 7, unit: day}, on_unanswered: [complain]",
    ),
    Plant(
        "pack.never_unanswered",
        "answer: {n: 7, unit: day}",
        "on_unanswered: [recuse]",
    ),
    Plant(
        "pack.same_variant",
        "variants: [{when: minor, term: {n: 3, unit: hour}}]",
        "variants: [{when: minor, term: {n: 3, unit: hour}}, "
        "{when: minor, term: {n: 2, unit: hour}}]",
    ),
    Plant(
        "pack.international_at_home",
        "answer: {n: 7, unit: day}",
        "answer: {n: 7, unit: day}, international: true",
    ),
    Plant(
        "pack.never_first_early",
        "on_breach: [complain]",
        "on_breach: [watchdog, complain]",
    ),
    Plant("pack.other_window", "for: complain", "for: recuse", at="id: complain, title"),
    Plant(
        "pack.closes_at_once",
        "opens: [{on: registered}]",
        "opens: [{on: registered}], closed_by: [registered]",
    ),
    Plant("pack.wrong_scope", "level: 1, scope: district", "level: 1, scope: national"),
    Plant("pack.dead_end", "actor: leader", "actor: ghost"),
    Plant(
        "pack.bad_penalty",
        "severity: grave, mode: public",
        "severity: grave, penalty: {min_years: 9, max_years: 3}, mode: public",
    ),
    Plant(
        "pack.bad_penalty",
        "severity: grave, mode: public",
        "severity: grave, penalty: {max_years: many}, mode: public",
    ),
    Plant("pack.bad_term", "limitation_years: 10", "limitation_years: -10"),
    Plant("pack.bad_term", "limitation_years: 10", "limitation_years: 10, no_limitation: true"),
    Plant("pack.wrong_script", "ru: Регистрация, en: Register", "ru: Register it, en: Register"),
    Plant("pack.wrong_script", "en: Registered}", "en: Тіркелді}"),
    Plant("pack.markup_in_text", "en: Registered}", "en: <b>Registered</b>}"),
    Plant("pack.id_twice", "id: to_court, title", "id: to_court, formerly: [complain], title"),
    Plant("pack.unknown_instrument", "article: A 3", "article: B 3"),
    Plant("yaml.key_twice", "status: draft", "status: draft\n  status: draft"),
    Plant("yaml.anchor", "status: draft", "status: &s draft"),
    Plant("yaml.tag", "status: draft", "status: !!str draft"),
    Plant("yaml.bad_form", "status: draft", "status: [draft"),
]


def plant(fault: Plant, folder: Path) -> tuple[Path, int]:
    """Write the small pack with one fault; return where, and on which line the fault begins."""
    text = SMALL.read_text("utf-8")
    assert text.count(fault.old) == 1, fault.old
    begin = text.index(fault.at or fault.old)
    file = folder / "small.yaml"
    file.write_text(text.replace(fault.old, fault.new), "utf-8")
    return file, text[:begin].count("\n") + 1


def test_the_small_pack_has_no_fault() -> None:
    assert check_pack_file(SMALL) == []


def test_there_are_at_least_sixty_kinds_of_planted_faults() -> None:
    assert len({one.code for one in PLANTS}) >= 60


@pytest.mark.parametrize("fault", PLANTS, ids=lambda one: f"{one.code}: {one.new[:30]}")
def test_a_planted_fault_is_found_on_its_line(fault: Plant, tmp_path: Path) -> None:
    file, line = plant(fault, tmp_path)
    found = [(one.code, one.line) for one in check_pack_file(file)]
    last = line + fault.new.count("\n") + 1
    assert any(code == fault.code and line <= at <= last for code, at in found), found


def test_every_fault_has_a_sentence_that_names_what_is_wrong(tmp_path: Path) -> None:
    for fault in PLANTS:
        file, _line = plant(fault, tmp_path)
        for one in check_pack_file(file):
            assert one.code in SENTENCES
            assert "?" not in say_pack_fault(one)


@pytest.mark.parametrize("name", list_pack_ids())
def test_the_packs_of_this_project_have_no_fault(name: str) -> None:
    assert [(one.line, say_pack_fault(one)) for one in check_pack_file(find_pack(name))] == []
