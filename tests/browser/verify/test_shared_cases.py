"""The vectors that page and command judge alike: policies and names of files."""

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.verify import test_page
from tests.browser.verify.test_page import VECTOR, Judge

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
