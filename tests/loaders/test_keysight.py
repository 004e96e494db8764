"""EasyEXPERT exports, written by hand in the form that the user's guide and other people's readers describe; no measured one is at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.keysight import LOADER
from gzero.loaders.registry import read_table

Write = Callable[..., Path]


def record(
    title: str,
    rows: Sequence[Sequence[float]],
    names: str = "Vg, Id, Ig",
    *,
    sizes: tuple[int, int] | None = None,
    more: Sequence[str] = (),
) -> str:
    n, m = sizes or (len(rows), 1)
    lines = [
        f"SetupTitle, {title}", "PrimitiveTest, I/V Sweep", "TestParameter, Channel.UnitType, SMU, SMU",
        "TestParameter, Channel.IName, Ig, Id", "TestParameter, Channel.VName, Vg, Vd", "TestParameter, Channel.Mode, V, V",
        "TestParameter, Channel.Func, VAR1, VAR2", "TestParameter, Measurement.Secondary.Start, 0.1",
        "TestParameter, Measurement.Secondary.Step, 0.2", *more, "MetaData, TestRecord.RecordTime, 01/02/2024 10:11:12",
        f"Dimension1, {n}, {n}, {n}", f"Dimension2, {m}, {m}, {m}", f"DataName, {names}",
        *(f"DataValue, {', '.join(repr(v) for v in row)}" for row in rows),
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


ONE = [(0.0, 1e-9, 1e-13), (0.5, 2e-9, 2e-13), (1.0, 4e-9, -1e-13)]
TWO = [*ONE, *((v, 3 * i, g) for v, i, g in ONE)]


def test_one_sweep(write: Write) -> None:
    table = read_table(write(record("Id-Vg", ONE), name="a.csv"))
    assert table.origin.loader == "keysight"
    assert [(c.name, c.unit_text) for c in table.columns] == [("Vg", "V"), ("Id", "A"), ("Ig", "A")]
    assert [c.values.tolist() for c in table.columns] == [list(column) for column in zip(*ONE, strict=True)]
    assert tuple(table.row_numbers) == (14, 15, 16)
    assert table.metadata["TestRecord.RecordTime"] == "01/02/2024 10:11:12"
    assert table.metadata["Channel.Func"] == "VAR1, VAR2"
    assert table.origin.dropped == ()


def test_the_list_of_the_analysis_setup_states_the_units(write: Write) -> None:
    more = [
        "AnalysisSetup, Analysis.Setup.Vector.List.Datum.Name, Ig, Vg, Gm",
        "AnalysisSetup, Analysis.Setup.Vector.List.Datum.Unit, A, V, S",
    ]
    table = read_table(write(record("Gm", ONE, names="Vg, Gm, X", more=more), name="a.csv"))
    assert [(c.name, c.unit_text) for c in table.columns] == [("Vg", "V"), ("Gm", "S"), ("X", None)]


@pytest.mark.parametrize("recorded", [True, False])
def test_a_secondary_sweep_becomes_traces(write: Write, recorded: bool) -> None:
    """With VAR2 in a column, and with nothing but its start and step: 0.1 V and 0.1 + 0.2 V."""
    levels = [0.1] * 3 + [0.1 + 0.2] * 3
    rows = [(*row, level) for row, level in zip(TWO, levels, strict=True)] if recorded else TWO
    names = "Vg, Id, Ig, Vd" if recorded else "Vg, Id, Ig"
    table = read_table(write(record("Id-Vg", rows, names=names, sizes=(3, 2)), name="a.csv"))
    assert [c.name for c in table.columns] == ["Vg", "Id[0]", "Id[1]", "Ig[0]", "Ig[1]"]
    assert table.columns[0].values.tolist() == [0, 0.5, 1]
    assert table.columns[2].values.tolist() == [row[1] for row in TWO[3:]]
    places = [c.coordinate for c in table.columns[1:3]]
    assert [(p.name, p.value, p.unit_text) for p in places if p] == [("Vd", 0.1, "V"), ("Vd", 0.1 + 0.2, "V")]
    assert table.origin.dropped == ()


def test_a_double_sweep_stays_as_it_is_with_its_setting_beside(write: Write) -> None:
    there_and_back = [*ONE, *reversed(ONE)]
    table = read_table(write(record("hysteresis", [*there_and_back, *there_and_back], sizes=(6, 2)), name="a.csv"))
    assert [(c.name, c.unit_text) for c in table.columns] == [("Vg", "V"), ("Id", "A"), ("Ig", "A"), ("Vd", "V")]
    assert table.columns[3].values.tolist() == [0.1] * 6 + [0.1 + 0.2] * 6
    assert "no full map" in table.origin.dropped[0].reason


def test_a_sweep_that_was_stopped(write: Write) -> None:
    table = read_table(write(record("Id-Vg", TWO[:5], sizes=(3, 2)), name="a.csv"))
    assert table.columns[2].values.tolist()[:2] == [row[1] for row in TWO[3:5]]
    assert table.origin.dropped[0].reason.startswith("the file states 6 points, and 5 are there")


def test_many_records(write: Write) -> None:
    path = write(record("Id-Vg", ONE[:2]) + record("Id-Vg", ONE) + record("Ig-Vg", ONE[:1]), name="a.csv")
    table = read_table(path)
    assert table.origin.options["group"] == "Id-Vg (2)"
    assert table.origin.parts == {"group": ("Id-Vg", "Id-Vg (2)", "Ig-Vg")}
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("other records", 3)]
    assert read_table(path, group="1").rows == 2
    assert read_table(path, group="Ig-Vg").rows == 1
    with pytest.raises(ColumnError, match="no group 'Vg-Id'"):
        read_table(path, group="Vg-Id")


def test_the_form_of_classic_tests(write: Write) -> None:
    lines = [
        "Setup title,2502-IdVg", 'Classic test name,"I/V Sweep"', "Test date,2025/03/03", "Count,2", "Channel.UnitType,SMU,SMU",
        "Channel.IName,IS,ID", "Channel.VName,VS,VG", "AutoAnalysis.Marker.Data.StartCondition,", "VG,ID,grad", "3,-8.5E-14,0", "2.98,3.2E-14,1.17E-13",
    ]  # fmt: skip
    table = read_table(write("\n".join(lines), name="a.csv"))
    assert table.origin.loader == "keysight"
    assert [(c.name, c.unit_text, c.values.tolist()) for c in table.columns] == [
        ("VG", "V", [3, 2.98]), ("ID", "A", [-8.5e-14, 3.2e-14]), ("grad", None, [0, 1.17e-13]),
    ]  # fmt: skip
    assert table.metadata["Test date"] == "2025/03/03"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (record("a", []), "no record with data"),
        (record("a", ONE).replace("DataName", "DataNames"), "no record with data"),
        (record("a", ONE) + "DataValue, 1, 2, 3, 4\r\n", "cells where the header names 3"),
        (record("a", ONE, names=", ".join(f"c{i}" for i in range(20_001))), "20001 names"),
        (record("a", [], names="x, y") + "DataValue, a, b\r\n", "no column of numbers"),
    ],
)
def test_damaged_files(write: Write, text: str, message: str) -> None:
    path = write(text, name="a.csv")
    assert LOADER.recognises(path)
    with pytest.raises((FileError, ColumnError), match=message) as caught:
        read_table(path)
    assert caught.value.path == str(path)


def test_other_tables_are_not_taken_for_it(write: Write) -> None:
    assert not LOADER.recognises(write("SetupTitle,b\n1,2\n"))
    assert not LOADER.recognises(write("Setup title,b\n1,2\n"))
    assert not LOADER.recognises(write("a,b\n1,2\n"))
