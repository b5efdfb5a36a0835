"""The JSON Schema and our reader say the same of a pack's form."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.unit.jurisdictions.test_pack_checks import PLANTS, SMALL, Plant, plant

from aigaq.jurisdictions.loading import find_pack, list_pack_ids
from aigaq.jurisdictions.marked_yaml import FileFault, parse_yaml

SCHEMA = Path(__file__).parents[3] / "spec" / "jurisdiction-pack.schema.json"
#: What a schema can see by itself; all else needs names from other entries, a calendar, or lines.
OF_FORM = frozenset(
    {"pack.bad_form", "pack.bad_status", "pack.missing_text", "pack.missing_source"}
    | {"pack.missing_confidence", "pack.bad_confidence", "pack.unknown_unit", "pack.unknown_key"}
    | {"pack.bad_region"}
)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(SCHEMA.read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", [*list_pack_ids(), "small", "fictional/vesnia"])
def test_a_pack_without_fault_has_the_form_of_the_schema(
    name: str, validator: Draft202012Validator
) -> None:
    file = find_pack(name) if name in list_pack_ids() else SMALL.parent / f"{name}.yaml"
    value = parse_yaml(file.read_bytes()).value
    assert [one.json_path for one in validator.iter_errors(value)] == []


@pytest.mark.parametrize(
    "fault", [one for one in PLANTS if one.code in OF_FORM], ids=lambda one: one.new[:40]
)
def test_a_fault_of_form_breaks_the_schema_too(
    fault: Plant, tmp_path: Path, validator: Draft202012Validator
) -> None:
    file, _line = plant(fault, tmp_path)
    assert not validator.is_valid(parse_yaml(file.read_bytes()).value)


def test_a_weekend_is_asked_of_a_pack_without_parent_alone(
    validator: Draft202012Validator,
) -> None:
    value = parse_yaml(SMALL.read_bytes()).value
    del value["calendar"]["weekend"]
    assert not validator.is_valid(value)
    value["pack"]["extends"] = "eu"
    assert validator.is_valid(value)


def test_the_schema_takes_nothing_that_is_no_pack(validator: Draft202012Validator) -> None:
    values: tuple[Any, ...] = (None, [], {}, "pack", 7, {"format": "aigaq-pack/v1"})
    for value in values:
        assert not validator.is_valid(value)


def test_marked_yaml_raises_nothing_but_its_own() -> None:
    for data in (b"{" * 9_000, b"- " * 9_000, b"\xc3", b"a: !x b", b"a: *x"):
        with pytest.raises(FileFault):
            parse_yaml(data)
