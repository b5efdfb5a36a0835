"""The pack of Kazakhstan: grounds, languages, ids that others use, and law that was read."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from aigaq.jurisdictions.loading import find_pack, load_pack
from aigaq.jurisdictions.marked_yaml import parse_yaml
from aigaq.jurisdictions.pack_shapes import Rule, get_in_force
from aigaq.jurisdictions.zones import load_zone
from aigaq.reckoning.answer_json import to_json
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.due_dates import Rules
from aigaq.reckoning.evaluation import evaluate
from aigaq.reckoning.single_terms import reckon_rule

KZ = load_pack("kz")
ROWS: dict[str, Any] = parse_yaml(find_pack("kz").read_bytes()).value
DRAFT_TERMS = Path(__file__).parents[3] / "spec/vectors/clocks/deadline_vectors.csv"
DRAFT_ROWS = list(csv.DictReader(DRAFT_TERMS.read_text().splitlines()))


def list_words(text: str) -> list[str]:
    return text.split()


#: The ids of the researched draft, which other programs use.
DRAFT_DUTIES = list_words(
    """
accept erdr mandatory_investigation not_shelved victim_status victim_status_application safety
safety_new_case pseudonym motion expert_motion expert_consent samples_consent interview_limits
detention_protocol detention_notify_prosecutor detention_max qualification_10d
qualification_announce jurisdiction_transfer term_investigation term_ext_district
term_ext_region term_ext_general term_after_return interruption_check termination_check
no_closing_over_objection file_access indictment trial_start remedial_submission
"""
)
DRAFT_REMEDIES = list_words(
    """
complaint_head complaint_prosecutor complaint_higher_prosecutor complaint_court
appeal_investigating_judge delay_motion recusal_investigator recusal_prosecutor recusal_judge
transfer_case joint_group remove_investigator
"""
)
DRAFT_OFFENCES = list_words(
    """
cc120_1 cc120_2 cc120_3 cc120_3_1 cc120_3_2 cc120_4 cc121_1 cc121_1_harass16 cc122 cc123_1 cc125
cc125_1_1 cc125_1_2 cc115_1 cc433 cc422 cc432 cc434 cc423 cc419 cc421 cc435
"""
)
DRAFT_INSTITUTIONS = list_words(
    """
police_district police_region mvd prosecutor_district prosecutor_region prosecutor_general
judge_investigating court_region court_cassation court_supreme anticorruption ombudsman
forensic_centre crisis_centre cedaw
"""
)

REFERENCE = r"\d+(-\d+)?(\(\d+(-\d+)?\)){0,2}"
READ = (
    "CPC|CC|Civil Code|Code of administrative offences|Administrative Procedural Code"
    "|Code on public health and the health system|Law on personal data"
    "|Law on law enforcement service"
)
CODE = re.compile(rf"({READ}) {REFERENCE}(, ({REFERENCE}|\(\d+(-\d+)?\)))*")
NOT_READ = re.compile(
    r"order 89|CC 120\(1\) before Law 292-VI|CC 121\(1\) before Law 292-VI"
    r"|Law on (the Commissioner for Human Rights|the rights of the child"
    r"|the victim compensation fund)|CEDAW Optional Protocol 2, 4"
    r"|WHO, clinical management of rape survivors|no national protocol was found"
)


def list_rules() -> Iterator[Rule]:
    for section in (KZ.duties, KZ.windows, KZ.remedies, KZ.offences, KZ.pressure, KZ.routing):
        for rules in section.values():
            yield from rules
    for advice in KZ.advice.values():
        yield from advice


def list_texts(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "ru" in value and "en" in value and isinstance(value["ru"], str):
            yield value
        for part in value.values():
            yield from list_texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from list_texts(part)


def list_articles(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("article"), str):
            yield value["article"]
        for part in value.values():
            yield from list_articles(part)
    elif isinstance(value, list):
        for part in value:
            yield from list_articles(part)


def get_severity(name: str, *, on: date) -> str | None:
    offence = get_in_force(KZ.offences[name], on=on)
    return offence.severity if offence else None


def test_every_rule_has_a_known_source_and_an_honest_confidence() -> None:
    for rule in list_rules():
        assert rule.ground.sources, rule.id
        assert set(rule.ground.sources) <= set(KZ.sources), rule.id
        assert 0 < rule.ground.confidence < 1, rule.id
        if rule.ground.is_from_memory:
            assert rule.ground.confidence <= 0.9, rule.id


def test_what_no_text_was_read_for_says_so() -> None:
    for rule in list_rules():
        if set(rule.ground.sources) == {"draft"}:
            assert rule.ground.is_from_memory, rule.id


def test_nothing_claims_a_review_that_nobody_made() -> None:
    assert KZ.facts.status == "draft"
    assert KZ.facts.review is None
    assert all(rule.ground.reviewed is None for rule in list_rules())


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("duties", DRAFT_DUTIES),
        ("remedies", DRAFT_REMEDIES),
        ("offences", DRAFT_OFFENCES),
        ("institutions", DRAFT_INSTITUTIONS),
    ],
)
def test_every_id_of_the_draft_is_kept(section: str, names: list[str]) -> None:
    assert set(names) <= set(getattr(KZ, section))


def test_the_victims_complaint_is_a_window_and_no_duty() -> None:
    assert "prosecution_request" in KZ.windows
    assert "pp_complaint_on_file" not in KZ.duties


def test_every_text_stands_in_three_languages() -> None:
    texts = list(list_texts(ROWS))
    assert len(texts) > 300
    for text in texts:
        assert all(text.get(language, "").strip() for language in ("kk", "ru", "en")), text
        if len(text["ru"].split()) > 3:
            assert text["kk"] != text["ru"], text


def test_no_text_gives_the_survivor_a_gender_or_shouts() -> None:
    for text in list_texts(ROWS):
        assert not re.search(r"[Пп]отерпевш(ая|ей|ую)\b", text["ru"]), text["ru"]
        assert not re.search(r"\b(she|her|hers|himself|herself)\b", text["en"]), text["en"]
        assert "!" not in "".join(text.values())


def test_kazakh_texts_use_kazakh_names_of_the_register() -> None:
    for text in list_texts(ROWS):
        assert not re.search("ЕРДР|ЖИТС", text["kk"]), text["kk"]


def test_every_article_is_cited_so_that_it_can_be_looked_up() -> None:
    articles = list(list_articles(ROWS))
    assert len(articles) > 150
    for article in articles:
        for part in article.split("; "):
            assert CODE.fullmatch(part) or NOT_READ.fullmatch(part), article


DRAFT_RULES: dict[str, tuple[str, frozenset[str]]] = {
    "safety application CPC 96(4)": ("safety", frozenset()),
    "complaint to prosecutor CPC 105(2)": ("complaint_prosecutor", frozenset()),
    "complaint to prosecutor CPC 105(2) exceptional": (
        "complaint_prosecutor",
        frozenset({"exceptional"}),
    ),
    "investigation CPC 192(2)": ("term_investigation", frozenset()),
    "detention CPC 131(4) tyazhkoe": ("detention_max", frozenset({"severity:grave"})),
    "detention CPC 131(4) osobo tyazhkoe": (
        "detention_max",
        frozenset({"severity:especially_grave"}),
    ),
}


@pytest.mark.parametrize("row", DRAFT_ROWS, ids=lambda row: str(row["rule"]))
def test_the_rule_gives_the_date_that_the_draft_computed(row: dict[str, str]) -> None:
    zone = load_zone(KZ.facts.timezone)
    start = datetime.fromisoformat(row["start_local"]).replace(tzinfo=zone)
    name, facts = DRAFT_RULES[row["rule"]]
    rule = (KZ.duties.get(name) or KZ.remedies[name])[0]
    rules = Rules(counting=KZ.counting, calendar=KZ.calendar, zone=zone, as_of=start)
    due = reckon_rule(rule, start=start, rules=rules, facts=facts)
    assert due is not None
    assert due.strict == datetime.fromisoformat(row["expires_local"]).replace(tzinfo=zone)


@pytest.mark.parametrize("name", ["cc120_1", "cc121_1"])
def test_an_act_of_2019_is_judged_by_the_law_of_2019(name: str) -> None:
    assert get_severity(name, on=date(2019, 12, 31)) == "medium"
    assert get_severity(name, on=date(2020, 1, 1)) == "grave"


def get_gravity(penalty: dict[str, Any]) -> str:
    """Return the gravity of an intentional crime by its heaviest penalty, CC 11(2) to (5)."""
    years = penalty.get("max_years", 0)
    if penalty.get("life") or years > 12:
        return "especially_grave"
    if years > 5:
        return "grave"
    return "medium" if years > 2 else "light"


def test_gravity_follows_the_penalty() -> None:
    rows = [row for row in ROWS["offences"] if "penalty" in row]
    assert len(rows) > 20
    for row in rows:
        assert row["severity"] == get_gravity(row["penalty"]), row["id"]


def test_limitation_follows_the_gravity() -> None:
    years = {"misdemeanour": 1, "light": 2, "medium": 5, "grave": 10}
    for rules in KZ.offences.values():
        for rule in rules:
            if rule.is_official or rule.ground.effective_to is not None:
                continue
            if not rule.has_no_limitation:
                assert rule.severity is not None
                assert rule.limitation_years == years[rule.severity], rule.id


def test_especially_grave_crimes_against_the_person_have_no_limitation() -> None:
    for rules in KZ.offences.values():
        for rule in rules:
            if rule.severity == "especially_grave":
                assert rule.has_no_limitation, rule.id


def test_the_manner_of_prosecution_is_that_of_article_32() -> None:
    modes = {
        mode: {name for name, rules in KZ.offences.items() if rules[0].mode == mode}
        for mode in ("private", "private_public")
    }
    assert modes["private"] == {"cc123_1"}
    assert modes["private_public"] == {
        *("cc115", "cc115_1", "cc120_1", "cc121_1"),
        *("cc121_1_harass16", "cc125_1_1", "cc126_1"),
    }


def test_the_investigation_stops_for_the_reasons_that_the_law_lists_and_no_other() -> None:
    not_counted = {"file_access", "case_at_court_on_complaint", "case_at_prosecutor"}
    interrupted = {
        *("suspect_unknown", "suspect_abroad", "suspect_absconded", "illness"),
        *("legal_assistance", "missing_person", "immunity_or_extradition"),
        *("force_majeure", "expert_examination"),
    }
    for name in ("term_investigation", "term_ext_district", "term_ext_region", "term_after_return"):
        reasons = KZ.duties[name][0].pausable
        assert set(reasons) == not_counted | interrupted | {"plea_agreement"}, name
        assert len(reasons) == len(set(reasons))


def test_the_investigation_ends_when_the_case_goes_to_the_prosecutor() -> None:
    met_by = KZ.duties["term_investigation"][0].met_by
    assert "completion_report_received" in met_by
    assert "investigation_completed_notice" not in met_by


def test_a_release_with_a_ground_of_the_law_owes_no_explanation() -> None:
    applies = KZ.duties["release_ruling"][0].applies
    assert applies is not None
    assert applies.holds(frozenset({"no_ground_given"}))
    assert not applies.holds(frozenset({"suspicion_not_confirmed"}))
    assert not applies.holds(frozenset({"brought_in_only"}))


def test_the_security_services_branch_and_the_police_themselves_are_never_first() -> None:
    for name in ("report_anticorruption", "complaint_internal_security"):
        assert KZ.remedies[name][0].is_never_first


def test_the_judges_ruling_can_be_appealed_in_three_days_and_the_verdict_in_fifteen() -> None:
    terms = {name: KZ.windows[name][0].opens[0].term for name in ("judge_appeal", "verdict_appeal")}
    assert (terms["judge_appeal"].n, terms["verdict_appeal"].n) == (3, 15)


def test_in_custody_ten_days_count_from_the_first_and_other_measures_by_the_common_rule() -> None:
    text = """
pack: kz
as_of: 2026-05-20T12:00:00+05:00
offence: cc120_2
place: {region: KZ-35}
events:
  - {type: suspect_detained, at: 2026-05-13T10:00:00+05:00}
  - {type: preventive_measure_before_charge, at: 2026-05-14T10:00:00+05:00}
"""
    answer = to_json(evaluate(read_case(parse_document(text.encode()), pack=KZ), pack=KZ))
    (duty,) = (one for one in answer["duties"] if one["id"] == "qualification_10d")
    # The tenth day with 13 May as the first is Friday the 22nd; without it a Saturday, then Monday.
    assert duty["due"] == {
        "strict": "2026-05-23T00:00:00+05:00",
        "lenient": "2026-05-26T00:00:00+05:00",
    }


def test_a_statement_that_was_passed_on_has_its_three_days_from_the_statement() -> None:
    text = """
pack: kz
as_of: 2026-05-20T12:00:00+05:00
offence: cc120_2
place: {region: KZ-35}
events:
  - {type: report_submitted, at: 2026-05-04T09:00:00+05:00, to: police_district}
  - {type: report_shelved, at: 2026-05-12T09:00:00+05:00}
"""
    answer = to_json(evaluate(read_case(parse_document(text.encode()), pack=KZ), pack=KZ))
    (duty,) = (one for one in answer["duties"] if one["id"] == "not_shelved")
    assert duty["starts_at"] == "2026-05-04T09:00:00+05:00"
    # 7 May is a holiday: the third day is the 7th itself, and the next working day the 8th.
    assert duty["due"]["strict"] == "2026-05-09T00:00:00+05:00"


def test_a_regional_court_is_not_late_before_the_file_can_have_reached_it() -> None:
    appeal, verdict = (
        KZ.remedies[name][0] for name in ("appeal_investigating_judge", "appeal_verdict")
    )
    assert appeal.answer is not None
    assert appeal.answer_lenient is not None
    assert (appeal.answer.n, appeal.answer_lenient.n) == (3, 7)
    assert verdict.answer_lenient is not None
    assert verdict.answer_lenient.n == 15 + 1 + 31


def test_slander_is_cited_by_no_article_that_was_struck() -> None:
    assert not [one for one in list_articles(ROWS) if "CC 130" in one]


def test_a_clock_that_rests_on_order_89_says_in_each_language_that_nobody_read_it() -> None:
    for name in ("erdr", "second_victim_case"):
        (duty,) = KZ.duties[name]
        assert duty.ground.is_from_memory
        for language, unread in (("kk", "оқы"), ("ru", "чита"), ("en", "not")):
            assert "89" in duty.text[language]
            assert unread in duty.text[language]


def test_every_remedy_is_proposed_by_something() -> None:
    led = {name for rules in KZ.duties.values() for rule in rules for name in rule.on_breach}
    led |= {name for rules in KZ.routing.values() for rule in rules for name in rule.then}
    for rules in KZ.remedies.values():
        for rule in rules:
            led |= {*rule.along, *rule.on_unanswered, *rule.on_refused}
    led |= {rule.remedy for rules in KZ.windows.values() for rule in rules if rule.remedy}
    international = {name for name, rules in KZ.remedies.items() if rules[0].is_international}
    assert set(KZ.remedies) - led - international == set()


def test_a_duty_without_a_remedy_does_not_send_the_survivor_abroad() -> None:
    text = """
pack: kz
as_of: 2026-05-20T12:00:00+05:00
offence: cc120_2
place: {region: KZ-35}
parties:
  - {id: p1, roles: [suspect]}
events:
  - {type: suspect_detained, at: 2026-05-13T10:00:00+05:00}
  - {type: detention_protocol_made, at: 2026-05-13T11:00:00+05:00}
  - {type: detention_notified, at: 2026-05-13T12:00:00+05:00}
"""
    answer = to_json(evaluate(read_case(parse_document(text.encode()), pack=KZ), pack=KZ))
    assert [one["duty"] for one in answer["breaches"]] == ["detention_max"]
    assert answer["proposals"] == []
    assert "ladder.exhausted" not in [one["code"] for one in answer["warnings"]]


def test_the_words_are_those_of_the_codes_in_both_languages() -> None:
    """Since 2015 no case is 'opened' and nobody is 'privately' accused: the terms changed."""
    kazakh = "\n".join(text["kk"] for text in list_texts(ROWS))
    russian = "\n".join(text["ru"] for text in list_texts(ROWS))
    for word in ("іс қозға", "Жеке айыпта", "жария айыпта", "орташа ауырлықтағы", "сезікті"):
        assert word not in kazakh, word
    for word in ("ұстап алу хаттамасы", "Жекеше", "іс-әрекетін саралау", "ауырлығы орташа"):
        assert word in kazakh, word
    for word in ("возбудить дело", "возбуждено", "СМИ", "доследственн", "Начать дело об"):
        assert word not in russian, word
    for word in ("масс-медиа", "онлайн-платформ", "досудебное расследование"):
        assert word in russian, word


def test_a_rule_whose_law_was_read_names_the_part_and_the_copy_that_was_read() -> None:
    sources = ROWS["sources"]
    for name in ("civil", "koap", "appk", "persdata", "health", "lawenf"):
        assert re.search(r"articles \d", sources[name]["read_at"])
        assert re.search(r"@[0-9a-f]{40}$", sources[name]["read_at"])
    for rule in list_rules():
        if set(rule.ground.sources) & {"koap", "appk", "persdata", "health", "lawenf"}:
            assert not rule.ground.is_from_memory, rule.id
            assert re.search(r"\d", rule.ground.article or ""), rule.id


def test_who_goes_to_a_hospital_is_told_that_the_police_will_hear_of_it() -> None:
    (duty,) = KZ.duties["medical_help"]
    (said,) = [one for one in KZ.advice["operator_duties"] if one.id == "hospital_tells_police"]
    assert "115(2)(10)" in (duty.ground.article or "")
    assert (said.ground.article or "").endswith("system 115(2)(10)")
    assert (duty.ground.confidence, duty.ground.is_from_memory) == (0.9, False)


def test_a_complaint_about_a_hospital_has_its_months_and_its_working_days() -> None:
    text = """
pack: kz
as_of: 2026-06-20T12:00:00+05:00
offence: cc120_2
place: {region: KZ-35}
events:
  - {type: hospital_visit, at: 2026-05-04T09:00:00+05:00}
  - {type: complaint_submitted, remedy: complaint_health, at: 2026-05-05T10:00:00+05:00,
     to: health_authority}
"""
    answer = to_json(evaluate(read_case(parse_document(text.encode()), pack=KZ), pack=KZ))
    (window,) = [one for one in answer["windows"] if one["id"] == "health_complaint"]
    assert window["due"]["strict"] == "2026-08-05T00:00:00+05:00"
    (owed,) = [one for one in answer["duties"] if one["id"] == "complaint_health"]
    # Days off: weekends, 7 May, 11 May (for the 9th), 27 May. The twentieth working day
    # after the 5th is 5 June, the twenty-fourth 11 June.
    assert owed["due"] == {
        "strict": "2026-06-06T00:00:00+05:00",
        "lenient": "2026-06-12T00:00:00+05:00",
    }


def test_slander_is_an_administrative_offence_and_private_life_is_guarded() -> None:
    guards = {rule.id: rule for rule in KZ.advice["guards"]}
    slander, private = guards["slander_and_honour"], guards["private_life"]
    assert "Code of administrative offences 73-3" in (slander.ground.article or "")
    assert not slander.ground.is_from_memory
    assert "CC 147(4), (5)" in (private.ground.article or "")
    assert KZ.pressure["intimate_images_spread"][0].offence == "cc147_5"


def test_only_concealment_may_not_be_investigated_by_the_officers_own_body() -> None:
    """CPC 187(4) says so of CC 433 (412, 412-1); of CC 362 and 370 parts 3 and 4 say who does."""
    offences = {rule.id: rule for rules in KZ.offences.values() for rule in rules}
    exceeding, inaction = offences["cc362"], offences["cc370"]
    for rule in (exceeding, inaction):
        assert not rule.ground.is_from_memory
        assert "187(3)" in (rule.ground.article or "")
        for language, own in (("kk", "өз қызметкерін"), ("ru", "своё"), ("en", "own staff")):
            assert own not in rule.text[language]
    assert "370" in (KZ.remedies["report_anticorruption"][0].ground.article or "")


@pytest.mark.parametrize(
    ("offence", "facts", "months", "protocol"),
    [
        ("cc120_2", "[]", "2026-07-04", None),
        ("cc115", "[]", None, "2026-05-19"),
        ("cc115", "[inquiry]", "2026-06-04", "2026-05-19"),
    ],
)
def test_a_misdemeanour_has_its_protocol_and_no_two_months(
    offence: str, facts: str, months: str | None, protocol: str | None
) -> None:
    text = f"""
pack: kz
as_of: 2026-05-08T12:00:00+05:00
offence: {offence}
place: {{region: KZ-35}}
events:
  - {{type: report_submitted, at: 2026-05-03T09:00:00+05:00, to: police_district}}
  - {{type: erdr_registered, at: 2026-05-03T20:00:00+05:00, facts: {facts}}}
  - {{type: suspect_interrogated, at: 2026-05-08T10:00:00+05:00}}
"""
    answer = to_json(evaluate(read_case(parse_document(text.encode()), pack=KZ), pack=KZ))
    due = {
        one["id"]: one["due"]["strict"][:10]
        for one in answer["duties"]
        if one["due"]["strict"] and one["state"] != "not_applicable"
    }
    assert due.get("term_investigation") == months
    assert due.get("misdemeanour_protocol") == protocol


def test_a_refused_private_complaint_has_an_appeal_and_its_fifteen_days() -> None:
    text = """
pack: kz
as_of: 2026-05-20T12:00:00+05:00
offence: cc123_1
place: {region: KZ-35}
events:
  - {type: complaint_submitted, remedy: private_prosecution, at: 2026-05-04T10:00:00+05:00,
     to: court_district}
  - {type: complaint_answered, remedy: private_prosecution, at: 2026-05-06T10:00:00+05:00,
     result: refused}
"""
    answer = to_json(evaluate(read_case(parse_document(text.encode()), pack=KZ), pack=KZ))
    (window,) = [one for one in answer["windows"] if one["id"] == "court_ruling_appeal"]
    assert window["due"]["strict"] == "2026-05-22T00:00:00+05:00"
    (first, *_) = answer["proposals"]
    assert (first["remedy"], first["addressee"]["institution"]) == (
        "appeal_court_ruling",
        "court_region",
    )
    assert "judge_appeal" not in {one["id"] for one in answer["windows"]}
