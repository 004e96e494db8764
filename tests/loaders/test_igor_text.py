"""Igor text files, written by hand after the Igor Pro manual (volume II, "Igor Text File Format")."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.igor_text import LOADER
from gzero.loaders.registry import read_table

Write = Callable[..., Path]

CURVES = """IGOR
WAVES/D\tunit1, 'unit 2'
BEGIN
\t19.7\t23.9
\t19.8\tNaN
\t-1.5e-3\tINF
\t\t-INF
END
X SetScale/P x 100,-0.5,"mV", unit1, 'unit 2'; SetScale y 0,0,"nA", unit1
X SetScale d 0,0,"S", 'unit 2'
X Note unit1, "T = 4.2 K\\rcooled \\"twice\\"; then left"
"""
MAP = """WAVES/N=(2,3)/D g
BEGIN
\t1\t2\t3
\t4\t5\t6
END
X SetScale/I x, -1, 1, "V", g; SetScale/P y 10,2.5,"T", g; SetScale d 0,0,"S", g; Display g
"""


def test_curves_of_one_block(write: Write) -> None:
    path = write(CURVES, name="a.itx")
    table = read_table(path)
    assert table.origin.loader == "igor-text"
    assert [(c.name, c.unit_text) for c in table.columns] == [("axis 0", "mV"), ("unit1", "nA"), ("unit 2", "S")]
    # SetScale/P: start and step
    assert table.columns[0].values.tolist() == [100, 99.5, 99, 98.5]
    np.testing.assert_array_equal(table.columns[1].values, [19.7, 19.8, -1.5e-3, np.nan])
    np.testing.assert_array_equal(table.columns[2].values, [23.9, np.nan, np.inf, -np.inf])
    assert table.metadata == {"unit1/T": "4.2 K", "unit1/line 2": 'cooled "twice"; then left'}
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("empty cell", 1)]


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_a_map(write: Write, ending: str) -> None:
    path = write(("IGOR\n" + MAP).replace("\n", ending), name="a.itx")
    table = read_table(path)
    # SetScale/I: first and last value
    assert (table.columns[0].values.tolist(), table.columns[0].unit_text) == ([-1, 1], "V")
    assert [c.values.tolist() for c in table.columns[1:]] == [[1, 4], [2, 5], [3, 6]]
    assert [c.name for c in table.columns[1:]] == ["g[0]", "g[1]", "g[2]"]
    assert {c.unit_text for c in table.columns[1:]} == {"S"}
    places = [c.coordinate for c in table.columns[1:]]
    assert [(p.value, p.unit_text) for p in places if p] == [(10, "T"), (12.5, "T"), (15, "T")]
    assert [d.reason for d in table.origin.dropped] == [f"row {7}: the command 'Display g' was not carried out"]


def test_waves_of_several_blocks(write: Write) -> None:
    more = 'WAVES third\nBEGIN\n1\n2\n3\n4\nEND\nX SetScale/P x 100,-0.5,"mV", third\n'
    path = write(CURVES + MAP + more, name="a.itx")
    table = read_table(path)
    assert [c.name for c in table.columns] == ["axis 0", "unit1", "unit 2", "third"]
    assert table.origin.parts == {"group": ("unit1", "unit 2", "g", "third")}
    assert any(d.rule == "other waves" and "g; choose" in d.reason for d in table.origin.dropped)
    assert read_table(path, group="g").columns[1].name == "g[0]"
    assert read_table(path, group="4").columns[-1].name == "third"
    with pytest.raises(ColumnError, match="no group 'h'"):
        read_table(path, group="h")


def test_x_and_y_waves_need_no_axis(write: Write) -> None:
    table = read_table(write('IGOR\nWAVES v i\nBEGIN\n1 2\n3 4\nEND\nX SetScale/P x 0,1,"", v, i\n', name="a.itx"))
    assert [c.name for c in table.columns] == ["v", "i"]
    one = read_table(write('IGOR\nWAVES v\nBEGIN\n1\n3\nEND\nX SetScale x 0,4,"s", v\n', name="b.itx"))
    # SetScale without a flag: the last value stands behind the last point
    assert [c.values.tolist() for c in one.columns] == [[0, 2], [1, 3]]
    assert [c.source for c in one.columns] == ["axis 0", "wave 'v'"]


def test_complex_waves_and_words(write: Write) -> None:
    text = 'IGOR\nWAVES/C z\nBEGIN\n1\t2\n3\t-4\nEND\nWAVES/T remark\nBEGIN\n"good; \\"so\\""\n"bad"\nEND\n'
    table = read_table(write(text, name="a.itx"))
    assert [(c.name, c.values.tolist()) for c in table.columns[1:]] == [("z re", [1, 3]), ("z im", [2, -4])]
    assert table.labels == {"remark": ('good; "so"', "bad")}


def test_words_among_numbers_are_told(write: Write) -> None:
    table = read_table(write("IGOR\nWAVES a b\nBEGIN\n1\t1_000\n2\tx\n3\t0x10\nEND\n", name="a.itx"))
    assert np.isnan(table.columns[1].values).all()
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("not a number", 3)]
    assert "'1_000'" in table.origin.dropped[0].reason


def test_a_stated_number_of_rows_that_is_not_there(write: Write) -> None:
    table = read_table(write("IGOR\nWAVES/N=(5) a\nBEGIN\n1\n2\nEND\n", name="a.itx"))
    assert table.origin.dropped[0].reason == "'a' states 5 rows, and 2 are there"


def test_no_command_does_anything_else(write: Write) -> None:
    text = 'IGOR\nWAVES a\nBEGIN\n1\n2\nEND\nX Execute "KillWaves a"; a = 7\nX LoadWave/Q "/etc/passwd"\n'
    table = read_table(write(text, name="a.itx"))
    assert table.columns[1].values.tolist() == [1, 2]
    assert "'Execute \"KillWaves a\"' was not carried out, and 2 more" in table.origin.dropped[0].reason


@pytest.mark.parametrize(
    ("text", "message", "row"),
    [
        ("IGOR\nWAVES a\nBEGIN\n1\n", "without END", 3),
        ("IGOR\nWAVES a\n1\nEND\n", "no BEGIN", 2),
        ("IGOR\nWAVES a\nBEGIN\n1 2\nEND\n", "2 numbers where the block states 1", 4),
        ("IGOR\nWAVES/N=(2,2,2) a\nBEGIN\n1 2\nEND\n", "3 dimensions .2 x 2 x 2.", 2),
        ("IGOR\nWAVES/N=(2,99999) a\nBEGIN\n1 2\nEND\n", "a wave of 2 x 99999 points", 2),
        ("IGOR\nWAVES/N=(a,b) a\nBEGIN\n1 2\nEND\n", "states no number of points", 2),
        ("IGOR\nWAVES/N=(2,2) a, b\nBEGIN\n1 2\nEND\n", "a block of several maps", 2),
        ('IGOR\nWAVES/T a\nBEGIN\n"1"\nEND\n', "no wave of numbers", None),
        ("IGOR\nWAVES/N=(9,20000) a\nBEGIN\n" + "1\n" * 60_000 + "END\n", "60000 rows of 20000 columns", None),
    ],
)
def test_damaged_files(write: Write, text: str, message: str, row: int | None) -> None:
    path = write(text, name="a.itx")
    assert LOADER.recognises(path)
    with pytest.raises(FileError, match=message) as caught:
        read_table(path)
    assert (caught.value.path, caught.value.row) == (str(path), row)


def test_another_file_is_refused_by_name(write: Write) -> None:
    path = write("IGOR is a program\n1 2\n", name="a.txt")
    assert not LOADER.recognises(path)
    with pytest.raises(FileError, match="does not begin with the word IGOR"):
        read_table(path, loader="igor-text")
