"""A fictional member state's pack on top of `eu`: what it takes, replaces, removes and adds."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from aigaq.cli.clocks import clocks
from aigaq.cli.pack import pack as pack_command
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.loading import PackFaults, find_pack, load_pack, load_pack_file
from aigaq.jurisdictions.pack_checks import check_pack_file
from aigaq.jurisdictions.pack_differences import Difference, compare_packs
from aigaq.jurisdictions.terms import Term, Unit

FOLDER = Path(__file__).with_name("fictional")
VESNIA = FOLDER / "vesnia.yaml"
CASE = FOLDER / "vesnia-case.yaml"
EU = load_pack("eu")
PACK = load_pack("vesnia", folders=(FOLDER,))


def plant(folder: Path, old: str, new: str) -> Path:
    """Write the pack with ``new`` in the place of ``old``."""
    text = VESNIA.read_text("utf-8")
    assert text.count(old) == 1, old
    file = folder / "vesnia.yaml"
    file.write_text(text.replace(old, new), "utf-8")
    return file


def find_line(file: Path, words: str) -> int:
    text = file.read_text("utf-8")
    assert text.count(words) == 1, words
    return text[: text.index(words)].count("\n") + 1


def load_text_of_eu() -> str:
    return find_pack("eu").read_text("utf-8")


def list_faults(file: Path) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in check_pack_file(file)]


# Loading.


def test_the_fictional_pack_has_no_fault_and_says_that_it_is_fictional() -> None:
    assert list_faults(VESNIA) == []
    assert "fictional" in PACK.facts.names["en"]


def test_a_pack_is_found_in_a_folder_that_is_named() -> None:
    assert load_pack("vesnia", folders=(FOLDER,)) == load_pack_file(VESNIA)


def test_a_pack_that_lies_in_no_named_folder_is_unknown() -> None:
    with pytest.raises(PackError) as refused:
        load_pack("vesnia")
    assert refused.value.code == "pack.unknown"


def test_a_folder_adds_packs_and_replaces_none_of_the_programs(tmp_path: Path) -> None:
    (tmp_path / "eu.yaml").write_text("not a pack", "utf-8")
    assert load_pack("eu", folders=(tmp_path,)) is EU


def test_no_name_leads_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "vesnia.yaml").write_bytes(VESNIA.read_bytes())
    with pytest.raises(PackError):
        load_pack("../vesnia", folders=(tmp_path / "inner",))


# What is taken, replaced, removed and added.


def test_what_is_inherited_keeps_its_source_its_confidence_and_its_origin() -> None:
    inherited, original = PACK.remedies["review"][0], EU.remedies["review"][0]
    assert inherited.ground == original.ground
    assert (inherited.ground.sources, inherited.ground.from_pack) == (("d2012",), "eu")
    assert inherited.ground.is_from_memory
    assert PACK.sources["d2012"] == EU.sources["d2012"]
    assert PACK.institutions["prosecutor"] == EU.institutions["prosecutor"]


def test_a_replaced_rule_is_the_childs_as_a_whole() -> None:
    (ack,) = PACK.duties["ack"]
    assert ack.term == Term(3, Unit.WORKING_DAY)
    assert ack.on_breach == ("complaint_inspector",)
    assert not ack.ground.is_from_memory
    assert ack.ground.from_pack == "vesnia"
    assert PACK.institutions["police"].reports_to == "police_headquarters"


def test_what_is_removed_is_gone_and_what_is_added_is_there() -> None:
    assert set(PACK.duties) == {"ack", "number"}
    assert {rule.id for rule in PACK.advice["rights"]} == {"individual_assessment"}
    assert set(PACK.remedies) == {"review", "complaint_inspector"}
    assert PACK.routing["own_police"][0].then == ("complaint_inspector",)
    assert "XV-01" in PACK.regions


def test_the_parent_is_what_it_was() -> None:
    assert set(EU.duties) == {"ack", "info"}
    assert EU.duties["ack"][0].term is None


def test_counting_goes_rule_by_rule_and_the_calendar_part_by_part() -> None:
    assert not PACK.counting.excludes_start_hour
    assert PACK.counting.rolls_hours is False
    assert PACK.counting.rolls == EU.counting.rolls
    assert PACK.counting.immediate_lenient == Term(48, Unit.HOUR)
    assert PACK.calendar.weekend == EU.calendar.weekend


def test_the_calendar_has_days_of_every_year_and_its_override_last() -> None:
    for year in (2025, 2026, 2027):
        assert not PACK.calendar.is_working(date(year, 6, 23))
    assert PACK.calendar.is_working(date(2026, 6, 20))
    assert not PACK.calendar.is_working(date(2026, 6, 22))
    assert PACK.calendar.is_working(date(2027, 6, 21))
    assert PACK.calendar.is_overridden(date(2026, 6, 20))


# Differences.


def test_the_difference_of_parent_and_child_is_what_the_child_says() -> None:
    found = compare_packs(EU, new=PACK)
    assert Difference("duties", "info", "removed") in found
    assert Difference("duties", "number", "added") in found
    assert Difference("rights", "online_reporting", "removed") in found
    assert Difference("routing", "own_police", "added") in found
    (ack,) = (one for one in found if (one.section, one.id) == ("duties", "ack"))
    assert ack.kind == "changed"
    assert {"term", "actor", "on_breach", "article", "sources"} <= set(ack.fields)
    assert Difference("calendar", "2026", "added", ("2026-06-20", "2026-06-22")) in found
    assert Difference("calendar", "calendar", "changed", ("every_year",)) in found
    assert not [one for one in found if one.id in ("review", "d2012", "prosecutor")]


def test_the_difference_the_other_way_has_added_and_removed_changed_round() -> None:
    there = {(one.section, one.id, one.kind) for one in compare_packs(EU, new=PACK)}
    back = {(one.section, one.id, one.kind) for one in compare_packs(PACK, new=EU)}
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert back == {(section, name, turned[kind]) for section, name, kind in there}


# Faults.


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("institutions", "prosecutor"),
        ("triggers", "acknowledged"),
        ("triggers", "report_submitted"),
    ],
)
def test_removal_of_what_another_rule_leads_to_is_found_on_its_line(
    section: str, name: str, tmp_path: Path
) -> None:
    removal = f"  - {{id: {name}, remove: true}}"
    file = plant(tmp_path, f"\n{section}:\n", f"\n{section}:\n{removal}\n")
    assert ("pack.removes_needed", find_line(file, removal)) in list_faults(file)


def test_removal_of_a_remedy_that_an_inherited_duty_leads_to_is_found_on_its_line(
    tmp_path: Path,
) -> None:
    file = plant(tmp_path, "  - {id: info, remove: true}\n", "")
    removal = "  - {id: review, remove: true}"
    text = file.read_text("utf-8").replace("\nremedies:\n", f"\nremedies:\n{removal}\n")
    file.write_text(text, "utf-8")
    assert list_faults(file) == [("pack.removes_needed", find_line(file, removal))]


def test_a_replaced_body_without_the_role_of_an_inherited_remedy_is_a_dead_end(
    tmp_path: Path,
) -> None:
    parent = tmp_path / "eu.yaml"
    text = load_text_of_eu().replace("to: [prosecutor]", "to: [prosecutor_of_place]")
    resolvers = (
        "resolvers:\n  - {id: prosecutor_of_place, text: {kk: прокурор, ru: прокурор, en: "
        "prosecutor}, branch: prosecution, role: decide_complaint}\ntriggers:\n"
    )
    parent.write_text(text.replace("triggers:\n", resolvers, 1), "utf-8")
    body = (
        "  - {id: prosecutor, branch: prosecution, level: 1, scope: district, names: {kk: "
        "прокуратура, ru: прокуратура, en: prosecution}, reports_to: null, roles: [], "
        "source: code, confidence: 0.9}"
    )
    assert list_faults(plant(tmp_path, "\nwindows:\n", "\nwindows:\n")) == []
    file = plant(tmp_path, "\ninstitutions:\n", f"\ninstitutions:\n{body}\n")
    assert list_faults(file) == [("pack.dead_end", find_line(file, "extends: eu"))]


def test_removal_of_what_is_not_there_is_found_on_its_line(tmp_path: Path) -> None:
    file = plant(tmp_path, "{id: info, remove: true}", "{id: inform, remove: true}")
    assert list_faults(file) == [("pack.removes_nothing", find_line(file, "id: inform, "))]


def test_a_source_of_the_parent_cannot_be_given_another_meaning(tmp_path: Path) -> None:
    file = plant(
        tmp_path, "\nsources:\n", '\nsources:\n  d2012: {title: "Other", read_at: "elsewhere"}\n'
    )
    assert list_faults(file) == [("pack.parents_source", find_line(file, "  d2012: {title"))]


def test_an_unknown_parent_is_a_fault_on_its_line(tmp_path: Path) -> None:
    file = plant(tmp_path, "extends: eu", "extends: atlantis")
    assert ("pack.unknown_parent", find_line(file, "extends: atlantis")) in list_faults(file)


def test_a_circle_of_parents_is_a_fault_on_the_line_of_each(tmp_path: Path) -> None:
    file = plant(tmp_path, "extends: eu", "extends: mirror")
    other = tmp_path / "mirror.yaml"
    text = file.read_text("utf-8").replace("id: vesnia\n", "id: mirror\n")
    other.write_text(text.replace("extends: mirror", "extends: vesnia"), "utf-8")
    assert list_faults(file) == [("pack.circular_parent", find_line(file, "extends: mirror"))]
    assert list_faults(other) == [("pack.circular_parent", find_line(other, "extends: vesnia"))]
    with pytest.raises(PackFaults):
        load_pack_file(file)


def test_a_faulty_parent_is_named_in_the_child_with_its_own_file_and_line(tmp_path: Path) -> None:
    file = plant(tmp_path, "extends: eu", "extends: middle")
    middle = tmp_path / "middle.yaml"
    middle.write_text("format: aigaq-pack/v1\npack: 7\n", "utf-8")
    (found,) = check_pack_file(file)
    assert (found.code, found.line) == ("pack.faulty_parent", find_line(file, "extends: middle"))
    assert found.context["place"] == f"{middle}:2"


def test_a_grandchild_takes_from_both(tmp_path: Path) -> None:
    (tmp_path / "vesnia.yaml").write_bytes(VESNIA.read_bytes())
    text = VESNIA.read_text("utf-8")
    head = text[: text.index("calendar:")].replace("id: vesnia", "id: coast")
    head = head[: head.index("sources:")].replace("extends: eu", "extends: vesnia")
    (tmp_path / "coast.yaml").write_text(head + "sources: {}\n", "utf-8")
    coast = load_pack("coast", folders=(tmp_path,))
    assert coast.duties == PACK.duties
    assert coast.calendar == PACK.calendar
    assert coast.remedies["review"][0].ground.from_pack == "eu"
    assert check_pack_file(tmp_path / "coast.yaml") == []


# The commands.


def test_pack_check_names_file_and_line(tmp_path: Path) -> None:
    assert CliRunner().invoke(pack_command, ["check", str(VESNIA)]).exit_code == 0
    file = plant(tmp_path, "extends: eu", "extends: atlantis")
    result = CliRunner().invoke(pack_command, ["check", str(file)])
    assert result.exit_code == 1
    place = f"{file}:{find_line(file, 'extends: atlantis')}: pack.unknown_parent: "
    assert place in result.output


def test_pack_show_says_what_came_from_the_parent() -> None:
    result = CliRunner().invoke(pack_command, ["show", str(VESNIA), "--rule", "review"])
    assert result.exit_code == 0
    assert "from eu" in result.output
    own = CliRunner().invoke(pack_command, ["show", str(VESNIA), "--rule", "number"])
    assert "from eu" not in own.output


def test_pack_diff_of_parent_and_child_is_told() -> None:
    result = CliRunner().invoke(pack_command, ["diff", "eu", str(VESNIA), "--json"])
    assert result.exit_code == 1
    rows = json.loads(result.output)
    assert {"section": "duties", "id": "info", "kind": "removed", "fields": []} in rows


@pytest.mark.parametrize("arguments", [[], ["--pack", str(VESNIA)]])
def test_a_case_is_reckoned_by_the_pack_beside_it(arguments: list[str]) -> None:
    result = CliRunner().invoke(clocks, [str(CASE), "--json", *arguments])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    duties = {one["id"]: one for one in answer["duties"]}
    # 18 June 2026 is a Thursday: Friday the 19th, the worked Saturday, and Wednesday the 24th
    # (Sunday; Monday by override; 23 June every year).
    assert duties["ack"]["due"]["strict"] == "2026-06-25T00:00:00+02:00"
    # Hours are elapsed time from the event: this code excludes the day alone.
    due = datetime.fromisoformat(duties["number"]["due"]["strict"])
    assert due == datetime.fromisoformat("2026-06-19T10:20:00+02:00")
    assert answer["pack"]["id"] == "vesnia"
    (proposal,) = answer["proposals"]
    assert proposal["addressee"]["institution"] == "inspector"
    assert set(proposal["duties"]) == {"ack", "number"}
