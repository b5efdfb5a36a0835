"""`aigaq clocks` and `aigaq pack` on the command line: answers, exit codes, faults with lines."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from icalendar import Calendar
from tests.unit.reckoning.stories import REPORT, build_story

AIGAQ = str(Path(sys.executable).with_name("aigaq"))


def run(*arguments: str | Path, language: str = "en_US.UTF-8") -> subprocess.CompletedProcess[str]:
    """Run the real command, in a folder of its own environment."""
    environment = {"PATH": os.environ["PATH"], "LANG": language}
    return subprocess.run(
        [AIGAQ, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
    )


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump(build_story(REPORT), sort_keys=False), "utf-8")
    return file


def test_a_case_file_is_answered_as_json(story: Path) -> None:
    done = run("clocks", story, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert list(answer) == [
        *("format", "as_of", "pack", "proceedings", "duties", "breaches", "windows"),
        *("proposals", "cautions", "excluded", "offences", "warnings"),
    ]
    assert answer["as_of"] == "2026-05-20T12:00:00+05:00"


def test_another_moment_overrides_that_of_the_file(story: Path) -> None:
    done = run("clocks", story, "--as-of", "2026-05-04T12:00:00+05:00", "--json")
    assert json.loads(done.stdout)["breaches"] == []


@pytest.mark.parametrize(
    ("language", "words", "article"),
    [
        ("kk_KZ.UTF-8", "Кешіктірілді", "ҚПК 179(1)"),
        ("ru_RU.UTF-8", "Просрочено", "УПК 179(1)"),
        ("C", "Late", "CPC 179(1)"),
    ],
)
def test_people_get_a_calendar_in_their_language(
    story: Path, language: str, words: str, article: str
) -> None:
    done = run("clocks", story, language=language)
    assert done.returncode == 0
    assert words in done.stdout
    assert article in done.stdout
    assert ("CPC" in done.stdout) == (language == "C")


def test_every_step_is_shown_when_asked_for(story: Path) -> None:
    assert "CPC 48(2)" not in run("clocks", story).stdout
    assert "CPC 48(2)" in run("clocks", story, "--how").stdout


def show(*arguments: str | Path, **environment: str) -> str:
    """Run the real command on a terminal."""
    mine, its = pty.openpty()
    done = subprocess.Popen(
        [AIGAQ, *map(str, arguments)],
        stdout=its,
        env={"PATH": os.environ["PATH"], "LANG": "en_US.UTF-8", **environment},
    )
    os.close(its)
    shown = b""
    with contextlib.suppress(OSError):  # Linux says so that the other end is closed.
        while part := os.read(mine, 65536):
            shown += part
    os.close(mine)
    assert done.wait() == 0
    return shown.decode()


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_no_line_is_wider_than_the_terminal(story: Path, language: str, columns: int) -> None:
    shown = show(
        "clocks", story, "--how", "--language", language, COLUMNS=str(columns), NO_COLOR="1"
    )
    assert max(map(len, shown.splitlines())) <= columns


def test_colours_are_for_terminals_and_not_for_who_asks_for_none(story: Path) -> None:
    assert "\x1b[" in show("clocks", story)
    assert "\x1b[" not in show("clocks", story, NO_COLOR="1")
    assert "\x1b[" not in run("clocks", story).stdout


@pytest.mark.parametrize("language", ["kk_KZ.UTF-8", "ru_RU.UTF-8"])
def test_people_read_names_of_bodies_and_not_their_ids(tmp_path: Path, language: str) -> None:
    ties = [{"from": "p1", "to": "akimat_district", "kind": "works_at"}]
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump(build_story(REPORT, relations=ties)), "utf-8")
    shown = run("clocks", file, "--how", language=language).stdout
    assert re.findall(r"\b[A-Za-z]{2,}\w*", shown) == ["main"]


FAULTS = [
    ("pack: kz", "pack: atlantis", 1),
    ("offence: cc120_1", "offence: cc999", 3),
    ("  region: KZ-35", "  region: KZ-99", 5),
    ("- id: p1", "- id: s", 10),
    ("  - survivor", "  - queen", 9),
    ("  office: police_district", "  office: police_moon", 16),
    ("- type: report_submitted", "- type: rumour", 18),
    ("  at: '2026-05-04T09:00:00+05:00'", "  at: '2026-05-04T09:00:00'", 19),
    ("  at: '2026-05-04T09:00:00+05:00'", "  at: yesterday", 19),
    ("  at: '2026-05-04T09:00:00+05:00'", "  when: '2026-05-04T09:00:00+05:00'", 19),
    ("  by: s", "  by: nobody", 20),
    ("  by: s", "  timezone: leapseconds", 20),
    ("  by: s", "  proceeding: none", 20),
    ("  by: s", "  by: s\n  by: s", 21),
    ("  by: s", "  by: &s s", 20),
    ("  by: s", "  by: [", 22),
]


@pytest.mark.parametrize(("old", "new", "line"), FAULTS)
def test_a_wrong_file_is_named_with_its_line(story: Path, old: str, new: str, line: int) -> None:
    text = story.read_text("utf-8")
    assert text.count(old) == 1
    story.write_text(text.replace(old, new), "utf-8")
    done = run("clocks", story, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    faults = done.stderr.splitlines()
    assert all(one.startswith(f"{story}:") for one in faults)
    assert any(one.startswith(f"{story}:{line}: ") for one in faults), faults
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ("report_submitted", "report_submited", "report_submitted"),
        ("office: police_district", "office: police_distrikt", "police_district"),
        ("offence: cc120_1", "offence: cc120", "cc120_1"),
        ("by: s", "facts: [no_ground]", "no_ground_given"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_ones(
    story: Path, old: str, new: str, near: str
) -> None:
    story.write_text(story.read_text("utf-8").replace(old, new, 1), "utf-8")
    done = run("clocks", story)
    assert done.returncode == 2
    assert f"“{near}”" in done.stderr


def test_every_fault_is_named_and_not_the_first_alone(story: Path) -> None:
    text = story.read_text("utf-8").replace("cc120_1", "cc999").replace("KZ-35", "KZ-99")
    story.write_text(text, "utf-8")
    assert len(run("clocks", story).stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b"- 1", b"\x00", b"pack: 7", b"{" * 5000]
)
def test_bytes_that_are_no_case_file_are_refused_with_a_line(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "case.yaml"
    file.write_bytes(content)
    done = run("clocks", file)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{file}:")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", ["", "- a", "# only a comment"])
def test_what_is_no_mapping_is_one_fault(tmp_path: Path, content: str) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(content, "utf-8")
    done = run("clocks", file)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run("clocks", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "none.yaml:1:" in done.stderr


def test_one_term_is_printed_with_its_reasons() -> None:
    done = run(
        *("clocks", "term", "--pack", "kz", "--rule", "safety"),
        *("--from", "2026-05-08T14:20:00+05:00", "--json"),
    )
    shown = json.loads(done.stdout)
    assert shown["due"]["strict"] == "2026-05-09T15:00:00+05:00"
    assert shown["article"].startswith("CPC 96")
    assert [one["rule"] for one in shown["how"]] == ["exclude_start", "term", "hours_roll"]


def test_a_fact_chooses_another_term() -> None:
    start = ("--from", "2026-05-08T23:40:00+05:00", "--json")
    plain = run("clocks", "term", "--pack", "kz", "--rule", "detention_max", *start)
    minor = run(
        *("clocks", "term", "--pack", "kz", "--rule", "detention_max", *start),
        *("--when", "suspect_minor"),
    )
    assert json.loads(plain.stdout)["due"]["strict"] == "2026-05-10T23:40:00+05:00"
    assert json.loads(minor.stdout)["due"]["strict"] == "2026-05-09T23:40:00+05:00"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pack", "kz", "--rule", "none", "--from", "2026-05-08T23:40:00+05:00"],
        ["--pack", "none", "--rule", "erdr", "--from", "2026-05-08T23:40:00+05:00"],
        ["--pack", "kz", "--rule", "erdr", "--from", "2026-05-08T23:40:00"],
        # A word that is nearly right must not give the term of an adult.
        [
            *("--pack", "kz", "--rule", "detention_max", "--from", "2026-05-08T23:40:00+05:00"),
            *("--when", "suspect_is_minor"),
        ],
    ],
)
def test_a_wrong_question_about_a_term_exits_with_two(arguments: list[str]) -> None:
    done = run("clocks", "term", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_calendar_has_titles_that_say_nothing(story: Path, tmp_path: Path) -> None:
    out = tmp_path / "dates.ics"
    done = run("clocks", "ics", story, "--out", out, "--as-of", "2026-05-04T12:00:00+05:00")
    assert done.returncode == 0
    feed = out.read_bytes()
    names = ("aigaq", "police", "prosecut", "rape", "regist", "statement", "CPC", "kz")
    assert not [name for name in names if name.lower().encode() in feed.lower()]
    entries = Calendar.from_ical(feed).walk("VEVENT")
    assert [str(one["SUMMARY"]) for one in entries][:2] == ["Reminder 1", "Reminder 2"]


def test_ids_of_a_calendar_cannot_be_guessed_from_a_duty_and_its_moment(
    story: Path, tmp_path: Path
) -> None:
    ids = []
    for name in ("one.ics", "two.ics"):
        as_of = ("--as-of", "2026-05-04T10:00:00+05:00")
        assert run("clocks", "ics", story, "--out", tmp_path / name, *as_of).returncode == 0
        feed = Calendar.from_ical((tmp_path / name).read_bytes())
        ids.append({str(one["uid"]) for one in feed.walk("VEVENT")})
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]


def test_plain_titles_are_there_for_who_asks(story: Path, tmp_path: Path) -> None:
    out = tmp_path / "dates.ics"
    arguments = ("--out", out, "--as-of", "2026-05-04T12:00:00+05:00", "--titles", "plain")
    run("clocks", "ics", story, *arguments)
    titles = [str(one["SUMMARY"]) for one in Calendar.from_ical(out.read_bytes()).walk("VEVENT")]
    assert "Enter in the Unified Register (ERDR)" in titles


def test_a_calendar_overwrites_nothing(story: Path, tmp_path: Path) -> None:
    out = tmp_path / "dates.ics"
    out.write_text("mine", "utf-8")
    assert run("clocks", "ics", story, "--out", out).returncode == 2
    assert out.read_text("utf-8") == "mine"


def test_clocks_load_neither_django_nor_a_database() -> None:
    code = (
        "import sys; import aigaq.cli.clocks; "
        "heavy = ('django', 'sqlcipher3', 'holidays', 'jsonschema'); "
        "print([one for one in heavy if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_packs_are_listed_with_their_review() -> None:
    rows = json.loads(run("pack", "list", "--json").stdout)
    assert {"kz", "ua", "eu", "kg", "gb-eaw"} <= {one["id"] for one in rows}
    assert {one["reviewed"] for one in rows} == {False}


def test_a_signature_stands_for_the_bytes_of_a_pack(tmp_path: Path) -> None:
    from aigaq.jurisdictions.loading import find_pack

    file, key = tmp_path / "kg.yaml", tmp_path / "reviewer.key"
    file.write_bytes(find_pack("kg").read_bytes())
    signed = run("pack", "sign", file, "--key", key, "--name", "reviewer")
    vkey = signed.stdout.split("--signer '")[1].split("'")[0]
    assert run("pack", "check", file, "--signer", vkey).returncode == 0
    file.write_bytes(file.read_bytes().replace(b"n: 24", b"n: 48"))
    changed = run("pack", "check", file, "--signer", vkey)
    assert (changed.returncode, "pack.bad_signature" in changed.stdout) == (1, True)
    assert (key.stat().st_mode & 0o777) == 0o600


def test_differences_between_packs_are_named_rule_by_rule(tmp_path: Path) -> None:
    from aigaq.jurisdictions.loading import find_pack

    file = tmp_path / "kg.yaml"
    file.write_bytes(find_pack("kg").read_bytes().replace(b"n: 24", b"n: 48"))
    done = run("pack", "diff", "kg", file, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == [
        {"section": "duties", "id": "register", "kind": "changed", "fields": ["term"]}
    ]
    assert run("pack", "diff", "kg", "kg").returncode == 0
