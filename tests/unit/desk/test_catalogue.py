"""The catalogue is complete in Kazakh and Russian, and compiled as it stands."""

import json
import re
from pathlib import Path

import pytest
from django.utils.translation import gettext, ngettext, override
from scripts import catalogue

from aigaq.desk import words

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
KAZAKH_ONLY = set("әғқңөұүһіӘҒҚҢӨҰҮҺІ")


def read(language: str) -> tuple[str, list[catalogue.Entry]]:
    return catalogue.parse_po(catalogue.get_po(language).read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_text_that_the_desk_can_show_has_words(language: str) -> None:
    assert catalogue.list_missing(language) == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_catalogue_holds_no_text_that_nothing_shows(language: str) -> None:
    assert catalogue.list_unused(language) == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    compiled = catalogue.get_po(language).with_suffix(".mo").read_bytes()
    assert compiled == catalogue.compile_mo(*read(language))


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_each_form_keeps_the_values_of_its_text(language: str) -> None:
    _, entries = read(language)
    for entry in entries:
        wanted = set(PLACEHOLDER.findall(entry.text.msgid))
        for form in entry.forms:
            assert set(PLACEHOLDER.findall(form)) == wanted, entry.text.msgid


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_nothing_shouts(language: str) -> None:
    _, entries = read(language)
    shouted = [
        form
        for entry in entries
        for form in entry.forms
        if "!" in form and "!" not in entry.text.msgid
    ]
    assert shouted == []


def test_russian_words_hold_no_kazakh_letter() -> None:
    _, entries = read("ru")
    mixed = [form for entry in entries for form in entry.forms if KAZAKH_ONLY & set(form)]
    assert mixed == []


def test_a_report_is_never_called_a_statement_to_the_police() -> None:
    """GLOSSARY: «заявление» is what the police gets; only texts about authorities say it."""
    _, entries = read("ru")
    about_authorities = ("statement", "authorit", "article")
    said = [
        entry.text.msgid
        for entry in entries
        for form in entry.forms
        if "заявлен" in form.lower()
        and not any(word in entry.text.msgid for word in about_authorities)
        and entry.text.msgid != "Registered the statement"
    ]
    assert said == []


def test_russian_counts_in_three_forms() -> None:
    with override("ru"):
        said = [
            ngettext("%(days)s day left", "%(days)s days left", n) % {"days": n}
            for n in (1, 2, 5, 11, 21, 22)
        ]
    assert said == [
        "остался 1 день",
        "осталось 2 дня",
        "осталось 5 дней",
        "осталось 11 дней",
        "остался 21 день",
        "осталось 22 дня",
    ]


def test_kazakh_says_a_number_with_the_singular() -> None:
    with override("kk"):
        said = [
            ngettext("%(days)s day left", "%(days)s days left", n) % {"days": n} for n in (1, 5)
        ]
    assert said == ["1 күн қалды", "5 күн қалды"]


def test_a_gap_in_kazakh_falls_back_to_russian() -> None:
    """A text of Django's models, which the desk never shows and nobody put into Kazakh."""
    with override("kk"):
        assert gettext("A JSON object") == "JSON-объект"


def test_every_question_and_tile_has_words() -> None:
    spec = Path(__file__).parents[3] / "spec" / "questions.json"
    told = spec.with_name("told-questions.json")
    listed = [json.loads(one.read_text(encoding="utf-8"))["questions"] for one in (spec, told)]
    for question in listed[0] + listed[1]:
        assert question["number"] in words.QUESTIONS
        tiles = words.OPTIONS.get(question["number"], {})
        assert list(tiles) == question.get("options", [])


def test_every_consent_has_words() -> None:
    spec = Path(__file__).parents[3] / "spec" / "questions.json"
    purposes = [row["purpose"] for row in json.loads(spec.read_text(encoding="utf-8"))["consents"]]
    assert list(words.CONSENTS) == purposes


def test_an_entry_survives_being_written_and_read() -> None:
    text = catalogue.Text("a context", 'with "quotes",\nlines and \\ strokes', "plural")
    written = catalogue.write_entry(text, forms=("one\n", '"two"'))
    assert catalogue.parse_po(written)[1] == [catalogue.Entry(text, ("one\n", '"two"'))]


def test_a_half_translated_text_counts_as_missing() -> None:
    text = catalogue.Text("", "%(n)s file", "%(n)s files")
    assert not catalogue.Entry(text, ("%(n)s файл", "", "")).is_complete
