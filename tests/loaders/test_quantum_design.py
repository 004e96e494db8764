"""Quantum Design data files; the measured ones against pandas in test_measured.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.quantum_design import LOADER
from gzero.loaders.registry import read_table

Write = Callable[..., Path]

#: Written by hand after the headers of the measured files.
TEXT = """[Header]
; PPMS Data File
TITLE,Loop of sample 7
FILEOPENTIME,3667725147.30375,03/21/2016,12:32 pm
BYAPP,Resistivity,1.0,1.0
INFO,"Ge, doped",SAMPLE_MATERIAL
INFO,,SAMPLE_COMMENT
INFO,4.2,SAMPLE_MASS
DATATYPE,COMMENT,1
DATATYPE,TIME,2
[Data]
Comment,Time Stamp (sec),Temperature (K),Field (Oe),Bridge 1 Resistance (ohms),Bridge 2 Resistance (ohms),Heatsink Temp. (C),Coil Signal" (mV)
,10,300.5,1000,12.5,,21.5,1
"field reversed, by hand",,,,,,,
,11,300.25,-1000,,,21.75,2
,12,300.125,-2000,OVERLOAD,,22,3
"""


def test_a_file_by_hand(write: Write) -> None:
    path = write(TEXT, name="loop.dat")
    table = read_table(path)
    assert table.origin.loader == "quantum-design"
    assert [(c.name, c.unit_text) for c in table.columns] == [
        ("Time Stamp", "sec"), ("Temperature", "K"), ("Field", "Oe"), ("Bridge 1 Resistance", "ohms"), ("Heatsink Temp.", "°C"), ('Coil Signal"', "mV"),
    ]  # fmt: skip
    assert table.columns[2].values.tolist() == [1000, -1000, -2000]
    assert table.columns[3].values[0] == 12.5
    assert table.row_numbers == (13, 15, 16)
    assert table.metadata["SAMPLE_MATERIAL"] == "Ge, doped"
    assert table.metadata["BYAPP"] == "Resistivity, 1.0, 1.0"
    assert table.metadata["row 14"] == "field reversed, by hand"
    assert "SAMPLE_COMMENT" not in table.metadata


def test_everything_that_is_left_out_is_told(write: Write) -> None:
    """HystLab issue 1: a loop that was cut silently."""
    table = read_table(write(TEXT, name="loop.dat"))
    told = [(d.rule, d.rows, d.reason) for d in table.origin.dropped]
    assert told[0] == ("rows left out", 0, "of 4 rows 3 hold numbers; the others follow, by reason")
    assert told[1][:2] == ("text row", 1)
    assert "row 14" in told[1][2]
    assert (
        "not a number",
        1,
        "column 5 'Bridge 1 Resistance': 1 cell is not a number (first 'OVERLOAD' in row 16); NaN",
    ) in told
    assert ("empty cell", 1, "column 5 'Bridge 1 Resistance': 1 cell is empty (first in row 15); NaN") in told
    assert [reason for rule, _, reason in told if rule == "empty column"] == [
        "column 1 'Comment', column 6 'Bridge 2 Resistance': no cell holds anything"
    ]
    assert table.origin.rows_read == 4


@pytest.mark.parametrize(("name", "skip", "columns"), [("mpms_mvst", 27, 39), ("qd_edp124", 30, 33)])
def test_the_summary_of_the_measured_files(measured: Path, name: str, skip: int, columns: int) -> None:
    path = measured / "format_quantum_design" / f"{name}.dat"
    frame = pd.read_csv(path, skiprows=skip, low_memory=False)
    empty = [c for c in frame.columns if frame[c].isna().all()]
    table = read_table(path)
    assert (table.origin.loader, len(table.columns)) == ("quantum-design", columns)
    assert len(table.columns) == frame.shape[1] - len(empty)
    notes = [d.reason for d in table.origin.dropped if d.rule == "empty column"]
    assert len(notes) == 1
    assert f"and {len(empty) - 4} more" in notes[0]
    assert table.metadata["APPNAME"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("[Data]", ""), "no line '.Data.'"),
        (TEXT.partition("[Data]")[0] + "[Data]\n\n", "nothing below its line"),
        (TEXT.partition("Comment,")[0] + "Comment,T (K)\n,cold\n", "no column of numbers"),
        (TEXT + ",1,2,3,4,5,6,7,8,9\n", "10 cells where the header names 8"),
    ],
)
def test_damaged_files(write: Write, text: str, message: str) -> None:
    path = write(text, name="a.dat")
    assert LOADER.recognises(path)
    with pytest.raises((FileError, ColumnError), match=message) as caught:
        read_table(path)
    assert caught.value.path == str(path)


def test_other_headers_are_not_taken_for_it(write: Write) -> None:
    path = write("[Header]\nOperator=Anna\n[Data]\na,b\n1,2\n", name="a.dat")
    assert not LOADER.recognises(path)
    assert read_table(path).origin.loader == "text"
    with pytest.raises(FileError, match=r"no line '.Header.'"):
        read_table(write("a,b\n1,2\n"), loader="quantum-design")
