"""The documents of a package: complete in three languages, with fonts, true to the package."""

import hashlib
import html
import json
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from tests.aged import EARLY, LATE, build_aged
from tests.courthouse import AT, Authority, Court

from aigaq.age import X25519Identity
from aigaq.evidence.custody_lines import EVENTS, hash_line, hide_line
from aigaq.evidence.documents import LANGUAGES, OFFICE_KINDS, OFFICE_LANGUAGES, build_documents
from aigaq.evidence.package_shapes import ConsentChange, Package, StaffGrant
from aigaq.evidence.package_writer import write_package
from aigaq.sealing.signed_json import build_signed_json
from aigaq.sealing.witnessing import build_cosigner
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


def read_table(page: str, *, after: str) -> dict[str, str]:
    """Return path and hash of each row of the first table after a heading."""
    table = page[page.index(after) :].split("</table>")[0]
    return dict(re.findall(r"<code>(.*?)</code></td><td class=\"hash\">([0-9a-f]{64})", table))


def test_the_page_to_check_lists_open_and_sealed_files_apart(
    folder: Path, package: Package
) -> None:
    page = (folder / "data/check-yourself.en.html").read_text()
    command = "openssl dgst -sha256 -r data/items/*/*"
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=True)
    found = (line.split(" *", 1) for line in done.stdout.decode().splitlines())
    shown = read_table(page, after="Each item is the one in the list")
    assert shown == {name: digest for digest, name in found}
    sealed = read_table(page, after="A sealed file is opened")
    assert sealed == {"data/items/0002.age": package.items[1].sha256.hex()}
    assert "SHA-256 of the opened file" in page
    assert re.findall(r"<h2>(\d)\.", page) == ["1", "2", "3", "4", "5"]


def test_a_package_of_sealed_files_alone_has_no_list_of_open_ones(package: Package) -> None:
    sealed = X25519Identity.generate().recipient
    items = tuple(replace(one, sealed_to=sealed) for one in package.items)
    made = build_documents(replace(package, items=items), is_trial=False)
    page = made["check-yourself.en.html"].decode()
    assert "data/items/*/*" not in page
    assert re.findall(r"<h2>(\d)\.", page) == ["1", "2", "3", "4"]


def see(package: Package, *, language: str = "en") -> tuple[str, str]:
    """Return the text of the summary as a page, and as a paper without its line breaks."""
    made = build_documents(package, is_trial=False, languages=[language])
    parser = _Text()
    parser.feed(made[f"summary.{language}.html"].decode())
    done = subprocess.run(
        ["pdftotext", "-", "-"], input=made["summary.pdf"], capture_output=True, check=True
    )
    return parser.text, " ".join(done.stdout.decode().split())


def test_the_summary_tells_custody_line_by_line(tmp_path: Path) -> None:
    court = Court(tmp_path / "court")
    first = court.add_report([("a.jpg", b"content"), ("b.jpg", b"more")])
    report_id = first.report.report_id.hex()
    court.record("opened", f"{report_id}/0", None)
    court.record("fixity", None, None)
    court.publish()
    court.record("handed_over", report_id, None)
    package = court.package()
    hidden = hide_line(sequence=2, line_sha256=hash_line(package.custody_lines[1]))
    lines = (package.custody_lines[0], hidden, *package.custody_lines[2:])
    for text in see(replace(package, custody_lines=lines, items=package.items[:1])):
        assert "Lines in all: 5. Fixed by the log, from the first one on: 4." in text
        assert "other reports and files: 1. About the whole store: 1." in text
        rows = text[text.index("About the whole store") :]
        passed = "passed on within the organisation"
        words = ("received", "A fictional caseworker", "opened", passed, "report 1")
        assert all(word in rows for word in words)
        assert "read again" not in rows


def test_the_summary_says_how_each_consent_was_given(tmp_path: Path) -> None:
    court = Court(tmp_path / "court")
    told = court.add_report([("a.jpg", b"content")], answers=[(202, "phone")])
    court.add_report([("b.jpg", b"more")])
    court.publish()
    grant = StaffGrant(
        report_id=told.report.report_id,
        purpose="prove",
        audience="court",
        items=(0,),
        by="A fictional lawyer",
        how="in a meeting",
        granted_at=AT,
    )
    package = court.package(staff_grants=(grant,))
    wanted = tuple(one for one in package.grants if one.purpose == "prove")
    for text in see(replace(package, grants=wanted)):
        assert "told to staff, who took it down in the report (by phone)" in text
        assert "in the report itself" in text
        assert "by word of mouth, written down by staff: A fictional lawyer, 2026-05-04" in text
        assert "in a meeting" in text
        assert "That a report which staff took down says what was told to them" in text


def test_the_summary_never_shows_a_consent_that_was_taken_back_as_live(tmp_path: Path) -> None:
    court = Court(tmp_path / "court")
    first, second = (court.add_report([(f"{one}.jpg", b"content")]) for one in "ab")
    court.publish()
    grant = StaffGrant(
        report_id=first.report.report_id,
        purpose="prove",
        audience="court",
        items=(0,),
        by="A fictional lawyer",
        how="in a meeting",
        granted_at=AT,
    )
    body = {"consents": [1], "report_id": first.report.report_id.hex()}
    message = build_signed_json(
        {"body": body, "format": "aigaq/message/v1", "kind": "withdraw_consent"},
        key=first.keys.key,
    ).decode()
    change = ConsentChange(first.report.manifest.mailbox_key, message)
    package = court.package(staff_grants=(grant,), changes=(change,))
    wanted = tuple(one for one in package.grants if one.purpose == "prove")
    assert {one.report_id for one in wanted} == {one.report.report_id for one in (first, second)}
    for text in see(replace(package, grants=wanted)):
        assert text.count("in the report itself") == 2
        assert text.count("in the report itself; taken back by a signed message") == 1
        assert text.count("taken back") == 1


def test_the_summary_claims_a_witness_only_where_one_signed(court: Court, tmp_path: Path) -> None:
    none = "Not independently witnessed."
    assert all(none in text for text in see(court.package()))
    for is_independent in (True, False):
        watched = Court(tmp_path / f"watched-{is_independent}")
        cosigner = build_cosigner(
            name=watched.partner.name,
            verifier_keys=tuple(map(str, watched.partner.keys)),
            is_independent=is_independent,
        )
        card = replace(watched.organisation.card, cosigners=(cosigner,))
        watched.organisation = replace(watched.organisation, card=card)
        watched.add_report([("a.jpg", b"content")])
        watched.publish()
        cosigned = watched.package()
        bare = replace(cosigned, checkpoint=(watched.log / "checkpoint").read_bytes())
        for text in see(cosigned):
            assert (none in text) is not is_independent
            assert watched.partner.name in text
        for text in see(bare):
            assert none in text
            assert watched.partner.name not in text


def test_the_summary_never_calls_a_copy_what_came(tmp_path: Path) -> None:
    court = Court(tmp_path / "court")
    sealed = court.add_report([("a.jpg", b"what came"), ("b.jpg", b"more")])
    court.derive(sealed, 0, b"a copy without hidden details")
    court.publish()
    package = court.package()
    came = hashlib.sha256(b"what came").hexdigest()
    for text in see(package):
        assert "A copy without hidden details" in text
        assert came in text.replace(" ", "")
        assert "shows the same as the file that came: that is the organisation" in text
    act = build_documents(package, is_trial=False)["office/act.ru.pdf"]
    done = subprocess.run(["pdftotext", "-", "-"], input=act, capture_output=True, check=True)
    assert came in "".join(done.stdout.decode().split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_papers_is_in_every_language(tmp_path: Path, language: str) -> None:
    court = Court(tmp_path / "court")
    told = court.add_report([("a.jpg", b"content")], answers=[(202, "other")])
    name = f"{told.report.report_id.hex()}/0"
    for event in (one for one in EVENTS if one != "received"):
        court.record(event, name, None)
    for by in ("desk", "command line", "command line, said to be A fictional lawyer"):
        court.record("opened", name, None, by=by)
    court.publish()
    for text in see(court.package(), language=language):
        assert "event_" not in text
        assert "None" not in text
        assert "said to be" not in text or language == "en"
        assert "command line" not in text


def test_the_papers_for_the_office_say_that_they_are_drafts(folder: Path) -> None:
    for kind in OFFICE_KINDS:
        assert "Проект." in read_pdf(folder / f"data/office/{kind}.ru.pdf")
        assert "Жоба." in read_pdf(folder / f"data/office/{kind}.kk.pdf")


def test_an_act_says_that_each_side_keeps_one(folder: Path) -> None:
    words = {"ru": "в двух экземплярах", "kk": "екі данада"}
    for language, said in words.items():
        assert said in " ".join(read_pdf(folder / f"data/office/act.{language}.pdf").split())


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


def test_the_summary_says_since_when_the_reports_and_the_newest_state_are_there(
    tmp_path: Path,
) -> None:
    aged = build_aged(tmp_path / "court")
    first, second = aged.earlier.tokens
    earlier = replace(aged.earlier, tokens=(replace(first, since=EARLY), second))
    members = aged.package(earlier=(earlier,), tokens=[replace(aged.late, since=LATE)])
    package = aged.court.package(**members, documents={})
    documents = build_documents(package, is_trial=False)
    own = f"{package.checkpoint_size}"
    for language in LANGUAGES:
        page = documents[f"summary.{language}.html"].decode()
        lines = re.findall(r"<li>([^<]*\(UTC\)[^<]*)</li>", page)
        assert len(lines) == 2
        assert "2026-05-05 09:00:00" in lines[0]
        assert f"{aged.size}" in lines[0]
        assert "2035-03-01 09:00:00" in lines[1]
        assert own in lines[1]
        # Each token is checked over the very file that it is over.
        check = documents[f"check-yourself.{language}.html"].decode()
        named = re.findall(r"(evidence/checkpoints/[0-9]+\.checkpoint) ", html.unescape(check))
        sizes = [own, f"{aged.size}", f"{aged.size}"]
        assert named == [f"evidence/checkpoints/{size}.checkpoint" for size in sizes]
    (tmp_path / "summary.pdf").write_bytes(documents["summary.pdf"])
    text = " ".join(read_pdf(tmp_path / "summary.pdf").split())
    assert text.count("2026-05-05 09:00:00") == text.count("2035-03-01 09:00:00") == len(LANGUAGES)


def test_a_summary_without_tokens_says_nothing_of_such_times(court: Court) -> None:
    package = court.package(documents={})
    page = build_documents(package, is_trial=False, languages=("en",))["summary.en.html"].decode()
    assert "(UTC)" not in page
