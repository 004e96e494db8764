"""JSON in the shapes in which programs write measurements, against json.load and pandas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders import json_text
from gzero.loaders.json_file import LOADER
from gzero.loaders.registry import read_table

Write = Callable[..., Path]


def names(path: Path, **options: str) -> list[tuple[str, str | None]]:
    return [(c.name, c.unit_text) for c in read_table(path, **options).columns]


def test_the_measured_oscilloscope_file(measured: Path) -> None:
    (path,) = (measured / "contacts_delft").glob("testdict*.json")
    tree = json.loads(path.read_text())
    table = read_table(path)
    assert (table.origin.loader, table.origin.options["group"]) == ("json", "data/data")
    assert table.columns[0].values.tolist() == list(range(1000))
    assert [c.values.tolist() for c in table.columns[1:]] == tree["data"]["data"]  # NOTE.md: 10 x 1000
    assert [c.coordinate.value for c in table.columns[1:] if c.coordinate] == list(range(10))
    assert {c.unit_text for c in table.columns} == {None}  # the file states none
    assert table.metadata["data/Vin"] == "0.1994"
    assert table.metadata["data/Rcal"] == "100"
    assert table.metadata["scop/time/scal"] == "2e-06"
    assert table.origin.dropped == ()
    assert table.origin.parts == {}


def test_an_object_of_arrays(write: Write) -> None:
    tree = {"sample": {"T (K)": 4.2}, "sweep": {"Vg (mV)": [1, 2.5, 3], "I_nA": [1e-3, None, "OVLD"], "tag": ["a", None, "c"], "ok": [True, False, True], "odd": [1, 2]}}  # fmt: skip
    path = write(json.dumps(tree), name="a.json")
    table = read_table(path)
    assert names(path) == [("Vg", "mV"), ("I", "nA")]
    assert table.columns[0].values.tolist() == [1, 2.5, 3]
    assert np.isnan(table.columns[1].values).tolist() == [False, True, True]
    assert table.labels == {"tag": ("a", "", "c"), "ok": ("True", "False", "True")}
    assert table.metadata == {"sample/T (K)": "4.2"}
    assert {(d.rule, d.rows) for d in table.origin.dropped} == {
        ("not a number", 1),
        ("empty cell", 1),
        ("other lists", 0),
    }
    assert read_table(path, group="odd").columns[1].values.tolist() == [1, 2]


def test_units_beside_the_arrays(write: Write) -> None:
    path = write('{"units": {"V": "mV", "I": "nA", "x": 3}, "V": [1, 2], "I": [3, 4], "x": [5, 6]}', name="a.json")
    assert names(path) == [("V", "mV"), ("I", "nA"), ("x", None)]


@pytest.mark.parametrize("orient", ["records", "list", "split", "columns"])
def test_the_forms_of_pandas(write: Write, orient: str) -> None:
    frame = pd.DataFrame({"V (mV)": [0.5, 1.5, 2.5, 3.5], "I (nA)": [1e-3, 2.0, -3.0, 1e9], "n": [1, 2, 3, 4]})
    text = json.dumps(frame.to_dict("list")) if orient == "list" else frame.to_json(orient=orient)  # type: ignore[call-overload]
    path = write(text, name="a.json")
    assert names(path) == [("V", "mV"), ("I", "nA"), ("n", None)]
    for column, name in zip(read_table(path).columns, frame.columns, strict=True):
        assert column.values.tolist() == frame[name].tolist()


def test_records_with_lacking_keys_and_one_a_line(write: Write) -> None:
    records = [{"V": 1, "I": 2}, {"V": 2, "t": "late"}, {"I": 5, "V": 3}]
    for text in (json.dumps({"run": records}), "\n".join(json.dumps(r) for r in records)):
        table = read_table(write(text, name="a.json"))
        assert [c.values[0] for c in table.columns] == [1, 2]
        assert np.isnan(table.columns[1].values).tolist() == [False, True, False]
        assert table.labels == {"t": ("", "late", "")}


def test_traces_find_their_axes(write: Write) -> None:
    tree = {"map": {"gate (mV)": [1, 2, 3], "bias (mV)": [0.1, 0.2], "G (uS)": [[1, 2, 3], [4, 5, float("nan")]]}}
    path = write(json.dumps(tree), name="a.json")  # with NaN, as Python writes it
    table = read_table(path)
    assert names(path) == [("gate", "mV"), ("G[0]", "uS"), ("G[1]", "uS")]
    np.testing.assert_array_equal(table.columns[2].values, [4, 5, np.nan])
    coordinate = table.columns[2].coordinate
    assert coordinate is not None
    assert (coordinate.name, coordinate.value, coordinate.unit_text) == ("bias", 0.2, "mV")
    # two axes of one length do not tell which is which
    square = {"x": [1, 2, 3], "y": [4, 5, 6], "z": [[1, 2, 3]] * 3}
    assert names(write(json.dumps(square), name="b.json"), group="z")[0] == ("point", None)


def test_rows_and_ragged_lists(write: Write) -> None:
    table = read_table(write("[[1, 10], [2, 20], [3, 30]]", name="a.json"))
    assert [(c.name, c.values.tolist()) for c in table.columns] == [("column 1", [1, 2, 3]), ("column 2", [10, 20, 30])]
    assert table.origin.options["read_as"] == "3 rows of 2"
    table = read_table(write("[[1, 2, 3], [4, 5]]", name="a.json"))
    np.testing.assert_array_equal(table.columns[2].values, [4, 5, np.nan])
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("short row", 1)]


def test_a_place_is_chosen_by_its_path(write: Write) -> None:
    path = write('{"a": {"data": [1, 2, 3]}, "b": {"data": [4, 5], "more": {"x": [6, 7, 8, 9]}}}', name="a.json")
    assert read_table(path).columns[1].values.tolist() == [6, 7, 8, 9]
    assert read_table(path).origin.parts["group"] == ("a/data", "b/data", "b/more/x")
    for group, first in (("a/data", 1), ("b/data", 4), ("more/x", 6), ("2", 4)):
        assert read_table(path, group=group).columns[1].values[0] == first
    with pytest.raises(ColumnError, match="no group 'data'"):
        read_table(path, group="data")


def test_repeated_keys_and_large_numbers_are_told(write: Write) -> None:
    path = write('{"T": 1, "T": 2, "a": [1, 9007199254740993], "b": [1, %s]}' % ("9" * 400), name="a.json")
    table = read_table(path)
    told = {d.rule: d.reason for d in table.origin.dropped}
    assert told["repeated key"] == "'T' comes twice in one object; the last one is read"
    assert told["rounded"] == "'a': 1 whole numbers beyond 2**53 are rounded to float64"
    assert told["not a number"] == "'b': 1 entries ('a whole number of 400 digits'); NaN"
    assert table.metadata["T"] == "2"
    assert table.columns[0].values[1] == 2.0**53


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1, 2', "not valid JSON .*line 1"),
        ("[1, 2]]", "not valid JSON"),
        ("{}", "no list of numbers"),
        ('{"a": [{"b": "c"}]}', "no list of numbers"),
        ("[" * 100_000 + "1" + "]" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + ", 1]", "not usable JSON"),
        ("[" + ",".join(f'{{"k{i}": 1}}' for i in range(20_001)) + "]", "20001 columns"),
        (
            "[" + ",".join(f'{{"k{i}": 1}}' for i in range(15_000)) + "]",
            "make no table of 15000 rows and 15000 columns",
        ),
        ("[" + "[1]," * 19_000 + str([1] * 20_000) + "]", "make no table of 19001 rows and 20000 columns"),
    ],
)
def test_damaged_and_hostile_files(write: Write, text: str, message: str) -> None:
    path = write(text, name="a.json")
    with pytest.raises(FileError, match=message) as caught:
        read_table(path)
    assert caught.value.path == str(path)


def test_what_would_not_fit_the_memory_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MAX_MEMORY", 1000)
    with pytest.raises(FileError, match="needs more memory"):
        read_table(write(json.dumps(list(range(100))), name="a.json"))


def test_what_begins_otherwise_is_no_json(write: Write) -> None:
    assert not LOADER.recognises(write("[Header]\n1,2\n"))
    assert not LOADER.recognises(write("{V} 1\n"))
    assert LOADER.recognises(write("\ufeff [\n NaN, 1]", name="a"))
