"""The command gives its verdict in Kazakh, Russian and English, out of the page's own texts."""

import ast
import json
import re
from pathlib import Path

import pytest
from tests.courthouse import Court
from tests.insider import Insider

import aigaq_verify
from aigaq_verify import consent, contents, promises
from aigaq_verify.cli import main

LANGUAGES = ("kk", "ru", "en")
FOLDER = Path(aigaq_verify.__file__).parent
ROOT = Path(__file__).resolve().parents[3]
PLACE = re.compile(r"\{\w+\}")
#: Keys that are put together of a beginning and of what was found.
BUILT = re.compile(
    r"(step|outcome|receipt_outcome|help)_\w+|card(_of)?_unknown|(custody|derived)(_not)?_fixed"
)


def read_texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads((FOLDER / "texts.json").read_text("utf-8"))
    return texts


@pytest.fixture
def package(insider: Insider) -> Path:
    return insider.seal()


@pytest.fixture
def policy(court: Court, tmp_path: Path) -> Path:
    return court.write_policy(tmp_path / "policy.json")


def test_every_text_is_there_in_all_three_languages_with_the_same_places() -> None:
    texts = read_texts()
    assert tuple(texts) == LANGUAGES
    assert texts["kk"].keys() == texts["ru"].keys() == texts["en"].keys()
    names = {"{kk}", "{ru}", "{en}"}  # Each language says its own name of the organisation.
    for key in texts["en"]:
        places = {frozenset(PLACE.findall(texts[one][key])) - names for one in LANGUAGES}
        assert len(places) == 1, key
        assert all(texts[one][key].strip() for one in LANGUAGES), key


def test_no_text_of_one_language_stands_in_another() -> None:
    texts = read_texts()
    for key, text in texts["en"].items():
        assert not re.search("[а-яәіңғүұқөһ]", text.lower()), key
    own_signs = sum(bool(re.search("[әіңғүұқөһ]", one.lower())) for one in texts["kk"].values())
    assert own_signs > len(texts["kk"]) * 0.9
    for key, text in texts["ru"].items():
        assert not re.search("[әіңғүұқөһ]", text.lower()), key
    same = [
        key for key, text in texts["ru"].items() if text in (texts["kk"][key], texts["en"][key])
    ]
    assert same == ["sha256"]


def test_the_command_and_the_page_know_every_key_that_they_say_and_say_every_key() -> None:
    keys = set(read_texts()["en"])
    said: set[str] = set()
    for path in FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        values = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)}
        said |= {one for one in values if isinstance(one, str)}
    page = [*(ROOT / "client/verify/src").glob("*.ts"), ROOT / "client/verify/page.html"]
    for path in page:
        said |= set(re.findall(r"[\"'`]([a-z]\w*)[\"'`]", path.read_text("utf-8")))
    said |= {f"provenance_{one}" for one in contents._PROVENANCES}
    said |= {f"told_{one}" for one in consent._WAYS}
    said |= {f"filing_{one}" for one in promises._STATES}
    unsaid = {key for key in keys - said if not BUILT.fullmatch(key)}
    assert unsaid == set()
    beginning = re.compile("(provenance|told|filing)_[a-z_]+")
    assert {key for key in said if beginning.fullmatch(key)} - {"filing_receipt"} <= keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verdict_speaks_the_language_that_was_asked_for(
    package: Path, policy: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    texts = read_texts()
    words = ["package", str(package), "--policy", str(policy), "--language", language]
    assert main(words) == 0
    told = capsys.readouterr().out
    outcome, _, rest = texts[language]["outcome_0"].partition(":")
    assert told.rstrip("\n").endswith(f"{outcome.upper()}:{rest}")
    for number in range(12):
        assert texts[language][f"step_{number}"] in told
    for other in set(LANGUAGES) - {language}:
        assert texts[other]["step_9"] not in told
    if language != "en":
        own = r"SHA-256|BagIt|tagmanifest-sha256.txt|data/items/[^:]*|[0-9TZ:-]{20}|[0-9a-f]{64}"
        said = re.sub(f"{own}|«[^»]*»", "", told)
        assert not re.search("[A-Za-z]{3,}", said), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_and_a_failure_speak_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(b"{}\n")
    assert main(["receipt", str(path), "--language", language]) == 1
    told = capsys.readouterr().out
    texts = read_texts()[language]
    assert texts["not_what_it_must_be"] in told
    assert texts["receipt_outcome_1"].partition(":")[2] in told
    assert "receipt.bad_form" in told


def test_the_language_is_that_of_the_surroundings_and_else_english(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = read_texts()
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    wanted = {"kk_KZ.UTF-8": "kk", "ru": "ru", "rue_UA": "en", "C": "en", "en_GB.UTF-8": "en"}
    for value, language in wanted.items():
        monkeypatch.setenv("LANG", value)
        assert main(["package", str(package)]) == 3
        assert texts[language]["step_9"] in capsys.readouterr().out, value
    monkeypatch.setenv("LANG", "kk_KZ.UTF-8")
    monkeypatch.setenv("LC_ALL", "ru_KZ.UTF-8")
    assert main(["package", str(package)]) == 3
    assert texts["ru"]["step_9"] in capsys.readouterr().out


def test_for_machines_it_is_the_same_in_every_language(
    package: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = set()
    at = ["--at", "2027-01-01T00:00:00Z"]
    for language in LANGUAGES:
        words = ["package", str(package), "--policy", str(policy), "--json", *at]
        assert main([*words, "--language", language]) == 0
        given.add(capsys.readouterr().out)
    assert len(given) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", [(), ("package",), ("receipt",)])
def test_the_help_speaks_the_language_too(
    capsys: pytest.CaptureFixture[str], language: str, what: tuple[str, ...]
) -> None:
    """Also where the language stands after what it is asked of."""
    with pytest.raises(SystemExit) as stopped:
        main([*what, "--language", language, "--help"])
    assert stopped.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    texts = read_texts()[language]
    assert texts["help_usage"].strip() in told
    assert texts["help_help"] in told
    assert texts["help_at" if what else "help_exit"] in told
    assert what or texts["help_receipt"] in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_read_is_said_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    path = tmp_path / "nothing"
    assert main(["package", str(path), "--language", language]) == 2
    texts = read_texts()[language]
    assert texts["unreadable"].replace("{1}", str(path)) in capsys.readouterr().err
    assert main(["receipt", str(path), "--language", language]) == 2
    assert texts["unusable"].partition("{")[0] in capsys.readouterr().err
