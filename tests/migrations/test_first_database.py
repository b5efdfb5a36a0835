"""A desk of the first version is opened by this one: its rows are there, its chain is whole."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: Old columns that a later version took away on purpose: a grant knows its report by another id.
GONE: dict[str, set[str]] = {"intake_consent": {"report_id"}}
#: Tables whose rows lie in another one now.
MOVED = {"intake_consent": "consent_grant"}
#: What the database itself refuses; a table that is made anew loses its own silently.
TRIGGERS = [
    "audit_no_change",
    "audit_no_removal",
    "consent_change_new",
    "consent_change_once",
    "consent_change_stays",
    "consent_changedreport_new",
    "consent_changedreport_once",
    "consent_changedreport_stays",
    "consent_grant_new",
    "consent_grant_once",
    "consent_grant_stays",
    "evidence_custodyline_no_change",
    "evidence_custodyline_no_gap",
    "evidence_custodyline_no_removal",
    "evidence_registerline_no_change",
    "evidence_registerline_no_gap",
    "evidence_registerline_no_removal",
]


def run(what: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.migrations.old_desk", what, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], ...]:
    folder = tmp_path_factory.mktemp("old") / "home"
    return run("make", folder), run("bring", folder)


def test_every_old_row_is_there_with_every_old_value(
    before_and_after: tuple[dict[str, Any], ...],
) -> None:
    before, after = before_and_after
    assert len(before["tables"]) > 15
    for table, rows in before["tables"].items():
        kept = [
            {column: row.get(column, "gone") for column in old if column not in GONE.get(table, ())}
            for old, row in zip(rows, after["tables"][MOVED.get(table, table)], strict=True)
        ]
        expected = [
            {column: value for column, value in old.items() if column not in GONE.get(table, ())}
            for old in rows
        ]
        assert kept == expected, table


def test_an_old_consent_is_a_grant_of_its_report_with_the_place_of_its_leaf(
    before_and_after: tuple[dict[str, Any], ...],
) -> None:
    before, after = before_and_after
    (report,) = before["tables"]["intake_report"]
    (old,) = before["tables"]["intake_consent"]
    (grant,) = after["tables"]["consent_grant"]
    assert grant["report_id"] == report["report_id"]
    assert grant["leaf_index"] == len(before["tables"]["intake_answer"]) + old["number"]
    assert (grant["given_at"], grant["valid_from"]) == (report["made_at"], report["received_at"])
    assert (grant["withdrawn_by"], grant["valid_until"]) == ("mouth", None)
    assert "intake_consent" not in after["tables"]


def test_every_table_of_the_first_version_had_a_row(
    before_and_after: tuple[dict[str, Any], ...],
) -> None:
    before, _ = before_and_after
    joins = {"accounts_staff_groups", "accounts_staff_user_permissions"}
    assert {name for name, rows in before["tables"].items() if not rows} <= joins


def test_nothing_is_left_to_migrate_and_no_model_lacks_its_migration(
    before_and_after: tuple[dict[str, Any], ...],
) -> None:
    assert before_and_after[1]["left"] == []


def test_no_trigger_was_lost_when_a_table_was_made_anew(
    before_and_after: tuple[dict[str, Any], ...],
) -> None:
    assert before_and_after[1]["triggers"] == TRIGGERS


def test_the_audit_chain_of_the_first_version_is_still_whole(
    before_and_after: tuple[dict[str, Any], ...],
) -> None:
    assert before_and_after[1]["events"] == 1


def test_opening_it_once_more_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    run("make", folder)
    assert run("bring", folder) == run("bring", folder)
