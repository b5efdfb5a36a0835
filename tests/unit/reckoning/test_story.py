"""The page that teaches to read an answer says what the answer says; the story holds as told."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
AIGAQ = str(Path(sys.executable).with_name("aigaq"))
STORY = ROOT / "docs" / "tutorial" / "clocks-story.yaml"
PAGE = (ROOT / "docs" / "tutorial" / "clocks.md").read_text("utf-8")


def run(*arguments: str) -> str:
    command = [AIGAQ, "clocks", str(STORY), *arguments]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return done.stdout


def list_quoted(language: str) -> list[str]:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(run("--json"))
    return shown


def test_every_line_that_the_page_quotes_stands_in_the_answer_in_that_order() -> None:
    # The terminal breaks lines where it is narrow.
    printed = " ".join(run("--language", "en", "--how").split())
    place = 0
    for line in [" ".join(line.split()) for line in list_quoted("text")]:
        found = printed.find(line, place)
        assert found >= 0, line
        place = found + len(line)
    assert place > 0


def test_every_line_of_the_file_that_the_page_quotes_stands_in_the_file() -> None:
    quoted = list_quoted("yaml")
    assert quoted
    assert set(quoted) <= set(STORY.read_text("utf-8").splitlines())


def test_what_was_late_and_what_was_met_late_is_on_record(answer: dict[str, Any]) -> None:
    late = {(one["duty"], one["proceeding"], one["until"] is None) for one in answer["breaches"]}
    assert {
        ("release_ruling", "rape", True),
        ("complaint_prosecutor", "rape", True),
        ("safety", "threat", True),
        ("second_victim_case", "rape", True),
        ("medical_help", "rape", True),
        ("erdr", "rape", False),
        ("safety_new_case", "threat", False),
        ("qualification_announce", "rape", False),
    } <= late


def test_no_proposal_goes_to_whom_the_conflict_reaches(answer: dict[str, Any]) -> None:
    paths = {one["institution"]: one["path"] for one in answer["excluded"]}
    assert paths == {
        "akimat_district": ["p1", "official", "akimat_district"],
        "police_district": ["p1", "official", "chief", "police_district"],
    }
    proposed = [one["addressee"]["institution"] for one in answer["proposals"]]
    assert not set(paths) & set(proposed)
    cautioned = {one["institution"] for one in answer["cautions"]}
    lowered = [office in cautioned for office in proposed]
    assert lowered == sorted(lowered)
    assert any(lowered)


def test_the_pause_and_each_proceeding_stand_for_themselves(answer: dict[str, Any]) -> None:
    due = {
        one["proceeding"]: (one["actor"], one["due"]["strict"])
        for one in answer["duties"]
        if one["id"] == "term_investigation"
    }
    assert due == {
        "rape": ("police_district", "2026-07-28T00:00:00+05:00"),
        "police": ("anticorruption", "2026-08-04T00:00:00+05:00"),
    }


def test_the_day_of_the_report_asks_only_for_another_body_to_lead_the_case() -> None:
    shown = json.loads(run("--json", "--as-of", "2026-05-04T10:00:00+05:00"))
    assert shown["breaches"] == []
    assert {one["remedy"] for one in shown["proposals"]} == {
        *("recusal_investigator", "transfer_case", "joint_group")
    }


def test_before_the_appeal_the_complaint_that_was_sent_down_leads_to_the_region() -> None:
    shown = json.loads(run("--json", "--as-of", "2026-05-12T10:00:00+05:00"))
    offices = {one["remedy"]: one["addressee"]["institution"] for one in shown["proposals"]}
    assert offices["complaint_higher_prosecutor"] == "prosecutor_region"
    assert offices["report_concealment"] == "prosecutor_region"
    assert shown["proposals"][-1]["remedy"] == "report_anticorruption"
    assert "cc422" in [one["id"] for one in shown["offences"]]
