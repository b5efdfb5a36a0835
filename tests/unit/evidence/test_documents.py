"""The documents of a package: complete in three languages, with fonts, true to the package."""

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from tests.courthouse import Authority, Court

from aigaq.age import X25519Identity
from aigaq.evidence.documents import LANGUAGES, OFFICE_KINDS, OFFICE_LANGUAGES, build_documents
from aigaq.evidence.package_shapes import Package
from aigaq.evidence.package_writer import write_package
from aigaq_verify.cli import main

KAZAKH = "әіңғүұқөһӘІҢҒҮҰҚӨҺ"
HOSTILE = '<script>alert(1)</script>#import "x" $*_`\u202e.jpg'


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Court:
    made = Court(tmp_path_factory.mktemp("court"))
    made.add_report([(f"Фото {KAZAKH}.jpg", b"fictional"), (HOSTILE, b"also fictional")])
    made.publish()
    return made


@pytest.fixture(scope="module")
def package(court: Court, tmp_path_factory: pytest.TempPathFactory) -> Package:
    authority = Authority(tmp_path_factory.mktemp("authority") / "tsa")
    _, note = court.checkpoint()
    package = court.package(tokens=[authority.token(note.rpartition(b"\n\n")[0] + b"\n")])
    first, second = package.items
    sealed = replace(second, sealed_to=X25519Identity.generate().recipient)
    return replace(package, items=(first, sealed), documents={})


@pytest.fixture(scope="module")
def folder(court: Court, package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = build_documents(package, is_trial=False)
    folder = tmp_path_factory.mktemp("written") / "package"
    whole = replace(package, documents=documents)
    return write_package(whole, folder=folder, desk_key=court.organisation.desk)


def list_papers() -> list[str]:
    office = [
        f"office/{kind}.{language}.pdf" for kind in OFFICE_KINDS for language in OFFICE_LANGUAGES
    ]
    return ["summary.pdf", *office]


def read_pdf(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return done.stdout.decode()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(path: Path) -> _Text:
    parser = _Text()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def test_a_package_with_its_documents_verifies(court: Court, folder: Path, tmp_path: Path) -> None:
    policy = court.write_policy(tmp_path / "policy.json")
    assert main(["package", str(folder), "--policy", str(policy)]) == 0


def test_every_document_is_there(folder: Path) -> None:
    found = {
        one.relative_to(folder / "data").as_posix()
        for one in (folder / "data").rglob("*")
        if one.is_file() and "items" not in one.parts
    }
    pages = {f"{name}.{one}.html" for name in ("summary", "check-yourself") for one in LANGUAGES}
    assert found == pages | set(list_papers())


@pytest.mark.parametrize("name", list_papers())
def test_a_paper_carries_its_fonts_and_shows_every_kazakh_letter(folder: Path, name: str) -> None:
    path = folder / "data" / name
    table = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout
    fonts = table.strip().split("\n")[2:]
    assert fonts
    assert all(re.search(r"\s(yes)\s+(yes|no)\s+yes\s+\d+\s+\d+$", line) for line in fonts), table
    text = read_pdf(path)
    if "motion" not in name:
        assert set(KAZAKH) <= set(text)


@pytest.mark.parametrize("name", list_papers())
def test_a_paper_shows_the_number_that_openssl_gives_for_the_contents_file(
    folder: Path, name: str
) -> None:
    out = subprocess.run(
        ["openssl", "dgst", "-sha256", "-r", folder / "evidence/package.json"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    control = out.split(" ")[0]
    groups = re.findall(r"\b[0-9a-f]{4}\b", read_pdf(folder / "data" / name))
    assert control in "".join(groups)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_names_every_item_and_runs_nothing(
    package: Package, folder: Path, language: str
) -> None:
    for name in ("summary", "check-yourself"):
        page = read_html(folder / f"data/{name}.{language}.html")
        assert "script" not in page.tags
        assert all(item.sha256.hex() in page.text for item in package.items)
        source = (folder / f"data/{name}.{language}.html").read_text(encoding="utf-8")
        assert f'<html lang="{language}">' in source
        assert "default-src 'none'" in source
        assert not re.search(r"(?:src|href)=|https?://", source)


def test_the_page_to_check_names_only_tools_that_are_not_ours(folder: Path) -> None:
    page = read_html(folder / "data/check-yourself.en.html").text
    for command in (
        "python3 bagit.py --validate .",
        "openssl dgst -sha256 data/items/*/*",
        "openssl dgst -sha256 evidence/package.json",
        "openssl ts -verify",
        "age -d -i key.txt data/items/0002.age",
    ):
        assert command in page


def test_its_shell_lines_find_the_checkpoints_text(court: Court, folder: Path) -> None:
    page = read_html(folder / "data/check-yourself.ru.html").text
    (line,) = [one for one in page.split("\n") if one.startswith("sed ")]
    command = line.rpartition(" > ")[0]
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=True)
    _, note = court.checkpoint()
    assert done.stdout == note.rpartition(b"\n\n")[0] + b"\n"


def test_the_papers_for_the_office_say_that_they_are_drafts(folder: Path) -> None:
    for kind in OFFICE_KINDS:
        assert "Проект." in read_pdf(folder / f"data/office/{kind}.ru.pdf")
        assert "Жоба." in read_pdf(folder / f"data/office/{kind}.kk.pdf")


def test_documents_of_a_trial_say_so(package: Package) -> None:
    made = build_documents(package, is_trial=True)
    assert "Проба." in made["summary.ru.html"].decode()
    assert "Сынақ." in made["summary.kk.html"].decode()
    assert "A trial." in made["summary.en.html"].decode()


def test_the_same_package_gives_the_same_documents(package: Package) -> None:
    first, second = (build_documents(package, is_trial=False) for _ in range(2))
    assert {name: hashlib.sha256(data).hexdigest() for name, data in first.items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in second.items()
    }


def test_the_texts_are_complete_in_kazakh_and_russian() -> None:
    folder = files("aigaq.evidence") / "templates"
    texts = {
        language: json.loads((folder / f"texts.{language}.json").read_text(encoding="utf-8"))
        for language in LANGUAGES
    }
    assert texts["kk"].keys() == texts["ru"].keys()
    assert texts["en"].keys() <= texts["ru"].keys()
    assert all(text.strip() for words in texts.values() for text in words.values())
    assert not any("!" in text for words in texts.values() for text in words.values())
