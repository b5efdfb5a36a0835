"""Articles in each language, and rules that had another name before."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from aigaq.cli.clocks import clocks
from aigaq.cli.pack import pack as pack_command
from aigaq.jurisdictions.citing import cite_article, list_unnamed
from aigaq.jurisdictions.loading import find_pack, list_pack_ids, load_pack
from aigaq.jurisdictions.pack_checks import check_pack_file

KZ = load_pack("kz")


@pytest.mark.parametrize(
    ("article", "russian", "kazakh"),
    [
        ("CPC 96(1), (3)", "УПК 96(1), (3)", "ҚПК 96(1), (3)"),
        ("CC 433; CPC 187(4)", "УК 433; УПК 187(4)", "ҚК 433; ҚПК 187(4)"),
        ("Law on personal data", "Закон о персональных данных", "Дербес деректер туралы заң"),
        ("CPC 179(1); order 89", "УПК 179(1); приказ № 89", "ҚПК 179(1); № 89 бұйрық"),
    ],
)
def test_an_article_is_cited_as_lawyers_of_the_language_do(
    article: str, russian: str, kazakh: str
) -> None:
    assert cite_article(article, language="ru", pack=KZ) == russian
    assert cite_article(article, language="kk", pack=KZ) == kazakh
    assert cite_article(article, language="en", pack=KZ) == article


@pytest.mark.parametrize("name", list_pack_ids())
def test_no_article_of_a_pack_of_this_project_is_left_in_english(name: str) -> None:
    pack = load_pack(name)
    assert pack.instruments
    articles = {
        rule.ground.article
        for section in (pack.duties, pack.windows, pack.remedies, pack.routing, pack.pressure)
        for rules in section.values()
        for rule in rules
        if rule.ground.article
    }
    articles |= {
        rule.ground.article
        for rules in pack.advice.values()
        for rule in rules
        if rule.ground.article
    }
    for article in articles:
        assert list_unnamed(article, cites=pack.instruments) == [], article
        for language in ("kk", "ru"):
            cited = cite_article(article, language=language, pack=pack)
            assert not list_unnamed_latin(cited), cited


def list_unnamed_latin(text: str) -> list[str]:
    """Return English words; names of treaties and Roman numbers may stand."""
    import re

    return [word for word in re.findall(r"[A-Za-z]+", text) if word not in ("VI", "EU", "CEDAW")]


def test_the_longer_cite_wins() -> None:
    words = list_unnamed("Civil Code 143", cites=("Code", "Civil Code"))
    assert words == []
    assert list_unnamed("Civil Code 143", cites=("Code",)) == ["Civil"]


def test_an_article_of_an_instrument_that_has_no_name_is_a_fault(tmp_path: Path) -> None:
    text = find_pack("kz").read_text("utf-8")
    file = tmp_path / "kz.yaml"
    old = 'article: "CPC 99(3), (4), (5), (6)"'
    assert text.count(old) == 1
    file.write_text(text.replace(old, 'article: "Motions Act 3"'), "utf-8")
    line = text[: text.index(old)].count("\n") + 1
    found = [(one.code, one.line) for one in check_pack_file(file)]
    assert found == [("pack.unknown_instrument", line)]


def test_an_old_id_finds_the_rule_and_says_its_new_name() -> None:
    assert KZ.former_ids["pp_complaint_on_file"] == "prosecution_request"
    arguments = ["term", "--pack", "kz", "--rule", "pp_complaint_on_file"]
    arguments += ["--from", "2026-05-05T10:00:00+05:00", "--json"]
    result = CliRunner().invoke(clocks, arguments)
    assert result.exit_code == 0
    assert '"rule": "prosecution_request"' in result.stdout
    assert "prosecution_request" in result.stderr
    shown = CliRunner().invoke(pack_command, ["show", "kz", "--rule", "pp_complaint_on_file"])
    assert shown.exit_code == 0


def test_an_old_id_that_another_rule_has_is_a_fault(tmp_path: Path) -> None:
    text = find_pack("kz").read_text("utf-8")
    file = tmp_path / "kz.yaml"
    file.write_text(text.replace("formerly: [pp_complaint_on_file]", "formerly: [accept]"), "utf-8")
    assert "pack.id_twice" in [one.code for one in check_pack_file(file)]
