"""The record as JSON: equal to `to_dict`, valid against the shipped schema, nothing undocumented in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from renderer_samples import HOSTILE, LONG, UNPRINTABLE, analysis, bare

from gzero.errors import OutputError
from gzero.report.audit_notes import notes_record
from gzero.report.json import render_json, schema

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("one", [analysis(), analysis(trace="up"), analysis(with_std=False), bare()])
def test_one_analysis_is_its_record_and_valid(one: Any) -> None:
    read = json.loads(render_json([one]))
    VALIDATOR.validate(read)
    assert list(read) == [*one.to_dict(), "audit"]  # the documented order
    assert read.pop("audit") == notes_record([one])
    assert read == one.to_dict()


def test_several_stand_in_a_list() -> None:
    pair = [analysis(trace="a"), analysis(trace="b")]
    read = json.loads(render_json(pair))
    VALIDATOR.validate(read)
    assert read.pop("audit") == notes_record(pair)
    assert read == {"schema": "gzero.analyses/1", "gzero": "0.1.0", "analyses": [a.to_dict() for a in pair]}


def _undocumented(value: Any, rule: dict[str, Any], where: str = "") -> list[str]:
    """Keys of a record that the schema does not name."""
    definitions = schema()["$defs"]
    if "oneOf" in rule:
        rule = next((r for r in rule["oneOf"] if "$ref" in r), rule)
    if "$ref" in rule:
        rule = definitions[rule["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, dict) and "properties" in rule:
        missing = [f"{where}.{key}" for key in value if key not in rule["properties"]]
        inner = [
            _undocumented(v, rule["properties"][k], f"{where}.{k}") for k, v in value.items() if k in rule["properties"]
        ]
        return missing + [name for names in inner for name in names]
    if isinstance(value, dict):
        return [
            name for k, v in value.items() for name in _undocumented(v, rule["additionalProperties"], f"{where}.{k}")
        ]
    if isinstance(value, list) and "items" in rule and rule["items"]:
        return [name for v in value for name in _undocumented(v, rule["items"], f"{where}[]")]
    return []


def test_the_schema_names_every_key_of_the_record() -> None:
    assert _undocumented(analysis(trace="up").to_dict(), {"$ref": "#/$defs/analysis"}) == []


@pytest.mark.parametrize("key", ["verdict", "plateaus", "ledger", "seed"])
def test_a_missing_key_is_not_valid(key: str) -> None:
    record = analysis().to_dict()
    del record[key]
    assert not VALIDATOR.is_valid(record)


def test_the_schema_refuses_a_fourth_decision() -> None:
    record: Any = analysis().to_dict()
    record["verdict"]["decision"] = "maybe"
    assert not VALIDATOR.is_valid(record)


@pytest.mark.parametrize("text", [*HOSTILE, *UNPRINTABLE, LONG])
def test_text_reads_back_as_typed(text: str) -> None:
    read = json.loads(render_json([analysis(text=text)]).decode("utf-8"))
    assert read["warnings"] == [text]
    assert read["verdict"]["reasons"][1] == text


def test_the_bytes_are_the_same_each_time_and_end_with_a_newline() -> None:
    first = render_json([analysis(text="µS")])
    assert first == render_json([analysis(text="µS")])
    assert first.endswith(b"}\n")
    assert "µS".encode() in first  # readable, not escaped
    assert b'\n  "gzero": "0.1.0"' in first  # two blanks a level


def test_a_number_that_json_cannot_hold_is_null() -> None:
    full = analysis()
    broken = replace(full, budget=(replace(full.budget[0], std=float("nan")),))
    assert json.loads(render_json([broken]))["budget"][0]["std"] is None


def test_nothing_is_not_a_record() -> None:
    with pytest.raises(OutputError):
        render_json([])
