"""The vectors that page and command judge alike: policies, names of files, sealed items."""

import base64
import json
import warnings
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.verify import test_page
from tests.browser.verify.test_page import VECTOR, Judge
from tests.courthouse import Court
from tests.insider import Insider

from aigaq.age import X25519Identity

pytestmark = pytest.mark.browser
page = test_page.page


def read(name: str) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((VECTOR / name).read_text())
    return vectors


def test_the_page_refuses_the_policies_that_the_command_refuses(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    for vector in read("policies.json"):
        path.write_bytes(vector["policy"].encode("utf-8", "surrogatepass"))
        page.reload()
        page.set_input_files("#folder", VECTOR / "v1")
        page.set_input_files("#policy", path)
        page.click("#check")
        page.wait_for_selector("#verdict[data-exit]", state="attached")
        told = page.inner_text("#progress")
        if vector["error"] is None:
            second = page.locator("#verdict tr[data-number='2']")
            assert second.get_attribute("data-code") == "policy.other_root", vector["name"]
        else:
            assert vector["error"] in told, vector["name"]
            assert page.get_attribute("#verdict", "data-exit") == "2", vector["name"]


def test_page_and_command_take_the_same_names_for_one(page: Page, tmp_path: Path) -> None:
    for number, vector in enumerate(read("names.json")):
        path = tmp_path / f"{number}.zip"
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w") as made:
            for name in vector["names"]:
                made.writestr(zipfile.ZipInfo(name), b"")
        judge = Judge(page, None)
        by_page, by_command = judge.ask_page(path)[1][0], judge.ask_command(path)[1][0]
        assert by_page == by_command, vector["name"]
        wanted = ("failed", vector["error"]) if vector["error"] else ("passed", "")
        assert by_page[1:3] == wanted, vector["name"]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Insider:
    """Give a package of items of each size that a vector has, sealed."""
    sizes = sorted({vector["item_size"] for vector in read("sealed-items.json")})
    court = Court(tmp_path_factory.mktemp("court"))
    court.add_report([(f"{size}.bin", bytes(size)) for size in sizes])
    court.publish()
    recipient = X25519Identity.generate().recipient
    items = [replace(one, sealed_to=recipient) for one in court.package().items]
    package = court.write(tmp_path_factory.mktemp("sealed") / "package", items=tuple(items))
    return Insider(court, package)


def say_sealed(number: int, recipient: str, contents: dict[str, Any]) -> None:
    contents["items"][number - 1]["sealed_to"] = recipient


def test_page_and_command_take_the_same_files_for_sealed_items(
    page: Page, sealed: Insider, tmp_path: Path
) -> None:
    judge = Judge(page, sealed.court.write_policy(tmp_path / "policy.json"))
    code, rows = judge.agree(sealed.seal())
    assert code == 0, rows
    results = "rows => rows.map(({dataset: d}) => d.result)"
    assert set(page.eval_on_selector_all("#verdict li", results)) == {"unknown"}
    known = json.loads(sealed.read("evidence/package.json"))["items"]
    for vector in read("sealed-items.json"):
        (item,) = [one for one in known if one["size"] == vector["item_size"]]
        before = sealed.read(item["path"])
        beginning = base64.b64decode(vector["beginning"])
        sealed.write(item["path"], beginning.ljust(vector["file_size"], b"\0"))
        sealed.edit(partial(say_sealed, item["number"], vector["recipient"]))
        _, rows = judge.agree(sealed.seal())
        wanted = (8, "failed", vector["error"], item["path"])
        assert rows[8] == (wanted if vector["error"] else (8, "passed", "", "")), vector["name"]
        sealed.write(item["path"], before)
        sealed.edit(partial(say_sealed, item["number"], item["sealed_to"]))


def test_the_page_says_how_many_lines_of_custody_are_hidden(page: Page, tmp_path: Path) -> None:
    texts = json.loads(test_page.PAGE.with_name("texts.json").read_text())
    policy = VECTOR / "v1.policy.json"
    Judge(page, policy).agree(VECTOR / "v1")
    told = texts["ru"]["custody_hidden"].replace("{1}", "1")
    assert told in page.inner_text("#verdict tr[data-number='9']")
