"""Text in many dialects; what each holds is stated beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.loaders import body, pieces
from gzero.loaders.table import Table
from gzero.loaders.text import LOADER

Write = Callable[..., Path]
NAN = math.nan

#: (what it shows, the text, names, units, columns of values).
DIALECTS: list[tuple[str, str, list[str], list[str | None], list[list[float]]]] = [
    ("comma", "Vg (V),I (nA)\n0.1,1\n0.2,2\n", ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
    ("tab", "Vg (V)\tI (nA)\n0.1\t1\n0.2\t2\n", ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
    ("semicolon", "Vg [V];I [nA]\n0.1;1\n0.2;2\n", ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
    ("pipe", "Vg (V)|I (nA)\n0.1|1\n0.2|2\n", ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
    ("markdown", "| Vg | G |\n|---|---|\n| 0.1 | 1 |\n| 0.2 | 2 |\n", ["Vg", "G"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("blanks", "Vg G\n0.1   1\n0.2   2\n", ["Vg", "G"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("aligned", "   Vg      G\n  0.1      1\n 10.2   2e-3\n", ["Vg", "G"], [None, None], [[0.1, 10.2], [1, 2e-3]]),
    (
        "blanks, header words with units",
        "Vg (V)   G (2e^2/h)\n0.1 1\n0.2 2\n",
        ["Vg", "G"],
        ["V", "2e^2/h"],
        [[0.1, 0.2], [1, 2]],
    ),
    (
        "blanks, header divided by single blanks",
        "Vg (V) G (uS) T (K)\n0.1 1 4\n0.2 2 4\n",
        ["Vg", "G", "T"],
        ["V", "uS", "K"],
        [[0.1, 0.2], [1, 2], [4, 4]],
    ),
    (
        "decimal comma, semicolon",
        "Vg (V);I (nA)\n0,1;1,5e-3\n0,2;-2,5\n",
        ["Vg", "I"],
        ["V", "nA"],
        [[0.1, 0.2], [1.5e-3, -2.5]],
    ),
    ("decimal comma, tab", "Vg\tI\n0,1\t1\n0,2\t2\n", ["Vg", "I"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("decimal comma, blanks", "Vg  I\n0,1 1,25\n0,2 2,5\n", ["Vg", "I"], [None, None], [[0.1, 0.2], [1.25, 2.5]]),
    (
        "decimal comma in quotes, comma",
        'Vg,I\n"0,1","1,5"\n"0,2","2,5"\n',
        ["Vg", "I"],
        [None, None],
        [[0.1, 0.2], [1.5, 2.5]],
    ),
    ("no header", "0.1,1\n0.2,2\n", ["column 1", "column 2"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("no header, blanks", " 1 2 3\n 4 5 6\n", [f"column {i}" for i in (1, 2, 3)], [None] * 3, [[1, 4], [2, 5], [3, 6]]),
    ("one column", "G (S)\n1\n2\n3\n", ["G"], ["S"], [[1, 2, 3]]),
    ("units row", "Vg,I\nV,nA\n0.1,1\n0.2,2\n", ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
    ("units row in brackets", "Vg\tI\n(V)\t(nA)\n0.1\t1\n", ["Vg", "I"], ["V", "nA"], [[0.1], [1]]),
    (
        "units row with a gap",
        "Vg,n,I\nmV,,pA\n1,2,3\n4,5,6\n",
        ["Vg", "n", "I"],
        ["mV", None, "pA"],
        [[1, 4], [2, 5], [3, 6]],
    ),
    (
        "names, units and remarks as Origin writes them",
        "Vg\tI\nmV\tnA\ngate\tdrain\n1\t2\n3\t4\n",
        ["Vg", "I"],
        ["mV", "nA"],
        [[1, 3], [2, 4]],
    ),
    ("comment header", "# Vg (V)\tG (S)\n0.1\t1\n0.2\t2\n", ["Vg", "G"], ["V", "S"], [[0.1, 0.2], [1, 2]]),
    ("comment header of numpy.savetxt", "# Vg G\n0.1 1\n0.2 2\n", ["Vg", "G"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("percent comments", "% sample: A3\n% Vg,G\n0.1,1\n0.2,2\n", ["Vg", "G"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("semicolon comments", "; sample: A3\nVg,G\n0.1,1\n0.2,2\n", ["Vg", "G"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("slashes", "// sample: A3\nVg,G\n0.1,1\n0.2,2\n", ["Vg", "G"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("exclamation marks", "! sample: A3\nVg\tG\n0.1\t1\n", ["Vg", "G"], [None, None], [[0.1], [1]]),
    ("commented units row", "# Vg\tG\n# mV\tuS\n1\t2\n3\t4\n", ["Vg", "G"], ["mV", "uS"], [[1, 3], [2, 4]]),
    (
        "legacy QCoDeS",
        '# dac\tamp\n# "Gate (mV)"\t"Current (nA)"\n# 2\n1\t10\n2\t20\n',
        ["dac", "amp"],
        ["mV", "nA"],
        [[1, 2], [10, 20]],
    ),
    (
        "legacy QCoDeS, two blocks",
        '# a\tb\tc\n# "A (V)"\t"B (T)"\t"C"\n# 2\t2\n1\t1\t5\n1\t2\t6\n\n2\t1\t7\n2\t2\t8\n',
        ["a", "b", "c"],
        ["V", "T", None],
        [[1, 1, 2, 2], [1, 2, 1, 2], [5, 6, 7, 8]],
    ),
    (
        "preamble with a comma in it",
        "Tue, Apr 19, 2022\n1:21:49 PM\n\nT (K)\tR (ohm)\n4.2\t100\n5.0\t101\n",
        ["T", "R"],
        ["K", "ohm"],
        [[4.2, 5.0], [100, 101]],
    ),
    (
        "preamble of keys and numbers",
        "Temperature\t300\nField\t1.5\nVg\tI\tR\n1\t2\t3\n4\t5\t6\n",
        ["Vg", "I", "R"],
        [None] * 3,
        [[1, 4], [2, 5], [3, 6]],
    ),
    (
        "keys above numbers, no header",
        "Temperature\t300\n1\t2\n3\t4\n",
        ["column 1", "column 2"],
        [None] * 2,
        [[1, 3], [2, 4]],
    ),
    (
        "count of points above",
        "3\n1 2 3\n4 5 6\n7 8 9\n",
        [f"column {i}" for i in (1, 2, 3)],
        [None] * 3,
        [[1, 4, 7], [2, 5, 8], [3, 6, 9]],
    ),
    (
        "numbers as names",
        "Vg,0,0.5,1\n1,2,3,4\n5,6,7,8\n",
        ["Vg", "0", "0.5", "1"],
        [None] * 4,
        [[1, 5], [2, 6], [3, 7], [4, 8]],
    ),
    (
        "quoted header",
        '"Vg (V)","I, drain (nA)"\n0.1,1\n0.2,2\n',
        ["Vg", "I, drain"],
        ["V", "nA"],
        [[0.1, 0.2], [1, 2]],
    ),
    ("header over two lines", '"Vg\n(V)","I (nA)"\n0.1,1\n0.2,2\n', ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
    ("quoted numbers", '"Vg","I"\n"0.1","1"\n"0.2","2"\n', ["Vg", "I"], [None, None], [[0.1, 0.2], [1, 2]]),
    ("trailing delimiters", "Vg,I,\n0.1,1,\n0.2,2,\n", ["Vg", "I"], [None, None], [[0.1, 0.2], [1, 2]]),
    (
        "index without a name",
        ",Vg,I\n0,0.1,1\n1,0.2,2\n",
        ["column 1", "Vg", "I"],
        [None] * 3,
        [[0, 1], [0.1, 0.2], [1, 2]],
    ),
    ("empty cells", "a,b,c\n1,,3\n4,5,\n", ["a", "b", "c"], [None] * 3, [[1, 4], [NAN, 5], [3, NAN]]),
    ("short rows", "a,b,c\n1,2,3\n4,5\n7,8,9\n", ["a", "b", "c"], [None] * 3, [[1, 4, 7], [2, 5, 8], [3, NAN, 9]]),
    (
        "words for missing",
        "a\tb\n1\tnan\n2\tOVLD\n3\t---\n4\t#REF\n5\tinf\n6\t7\n",
        ["a", "b"],
        [None] * 2,
        [[1, 2, 3, 4, 5, 6], [NAN] * 5 + [7]],
    ),
    ("text in a numeric column", "a,b\n1,2\n3,broken\n5,6\n", ["a", "b"], [None] * 2, [[1, 3, 5], [2, NAN, 6]]),
    ("text column", "time,a,state\n12:00:01,1,OK\n12:00:02,2,OK\n", ["a"], [None], [[1, 2]]),
    ("date and time", "2022-01-01 12:00:00\t1.5\n2022-01-01 12:00:01\t2.5\n", ["column 2"], [None], [[1.5, 2.5]]),
    ("Fortran exponents", "a b\n1.0D-3 2.5d+02\n-1.0D0 .5\n", ["a", "b"], [None] * 2, [[1e-3, -1.0], [250.0, 0.5]]),
    ("Unicode minus", "a,b\n\N{MINUS SIGN}1.5,2\n3,4\n", ["a", "b"], [None] * 2, [[-1.5, 3], [2, 4]]),
    ("thousands are not guessed", "a;b\n1,234.5;2.5\n6.5;7.5\n", ["a", "b"], [None] * 2, [[NAN, 6.5], [2.5, 7.5]]),
    ("sep= line", "sep=;\nVg;I\n1;2\n3;4\n", ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]]),
    ("old Mac line ends", "Vg,I\r1,2\r3,4\r", ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]]),
    ("Windows line ends, no last one", "Vg,I\r\n1,2\r\n3,4", ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]]),
    ("repeated header", "Vg,I\n1,2\nVg,I\n3,4\n", ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]]),
    (
        "a line of text between",
        "Vg,I\n1,2\n3,4\nsweep down\n3,5\n1,6\n",
        ["Vg", "I"],
        [None] * 2,
        [[1, 3, 3, 1], [2, 4, 5, 6]],
    ),
    ("comments between", "Vg,I\n1,2\n# sweep down\n3,4\n", ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]]),
    ("underlined header", "Vg  I\n--- ---\n1 2\n3 4\n", ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]]),
    ("numbered columns are no units", "Run 1,Run 2\n1,2\n3,4\n", ["Run 1", "Run 2"], [None] * 2, [[1, 3], [2, 4]]),
    ("names that repeat", "X,Y,X,Y\n1,2,3,4\n", ["X", "Y", "X", "Y"], [None] * 4, [[1], [2], [3], [4]]),
    ("unit that spells a missing value", "I1,I2\nnA,nA\n1,2\n", ["I1", "I2"], ["nA", "nA"], [[1], [2]]),
    (
        "EasyEXPERT",
        "SetupTitle, Id-Vg\nAnalysisSetup, Analysis.Setup.Title, Test\nDimension1, 3, 3\nDimension2, 1, 1\n"
        "DataName, Vg, Id\nDataValue, 0, 1E-12\nDataValue, 0.1, 2E-12\nDataValue, 0.2, 3E-12\n",
        ["Vg", "Id"],
        [None, None],
        [[0, 0.1, 0.2], [1e-12, 2e-12, 3e-12]],
    ),
    (
        "Nanonis",
        "Saved Date\t01.02.2022 12:00:00\nBias (V)\t1E-1\n\n[DATA]\nBias (V)\tCurrent (A)\n-1E-1\t-1E-9\n1E-1\t1E-9\n",
        ["Bias", "Current"],
        ["V", "A"],
        [[-0.1, 0.1], [-1e-9, 1e-9]],
    ),
    (
        "two tables, the longer second",
        "a,b\n1,2\n3,4\n\nc,d,e\n1,2,3\n4,5,6\n",
        ["c", "d", "e"],
        [None] * 3,
        [[1, 4], [2, 5], [3, 6]],
    ),
    (
        "two tables, the longer first",
        "a,b\n1,2\n3,4\n5,6\nc,d\n7,8\n9,9\n",
        ["a", "b"],
        [None] * 2,
        [[1, 3, 5], [2, 4, 6]],
    ),
    (
        "a failed point among times",
        "time,a\n12:00:01,1\n12:00:02,broken\n12:00:03,2\n12:00:04,3\n",
        ["a"],
        [None],
        [[1, 2, 3]],
    ),
    (
        "a failed point among states",
        "s,a\nOK,1\nOK,2\nOK,3\nFAIL,broken\nOK,5\nOK,6\nOK,7\nOK,8\n",
        ["a"],
        [None],
        [[1, 2, 3, 5, 6, 7, 8]],
    ),
    ("micro sign and ohm", "I (µA),R (kΩ)\n1,2\n3,4\n", ["I", "R"], ["µA", "kΩ"], [[1, 3], [2, 4]]),
]


def check(table: Table, names: list[str], units: list[str | None], values: list[list[float]]) -> None:
    assert [column.name for column in table.columns] == names
    assert [column.unit_text for column in table.columns] == units
    for column, expected in zip(table.columns, values, strict=True):
        np.testing.assert_array_equal(column.values, expected)


@pytest.mark.parametrize(("text", "names", "units", "values"), [d[1:] for d in DIALECTS], ids=[d[0] for d in DIALECTS])
def test_a_dialect_is_read(
    write: Write, text: str, names: list[str], units: list[str | None], values: list[list[float]]
) -> None:
    check(LOADER.read(write(text)), names, units, values)


@pytest.mark.parametrize("text", [d[1] for d in DIALECTS], ids=[d[0] for d in DIALECTS])
def test_reading_in_pieces_changes_nothing(write: Write, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A file that is read whole and row by row, and the same file in bulk and in small pieces."""
    lines = text.splitlines(keepends=True)
    last = lines[-1].rstrip("\r\n") + lines[0][len(lines[0].rstrip("\r\n")) :]
    path = write("".join([*lines[:-1], last * 250, *lines[1:], "\n" if text[-1] not in "\r\n" else "", last * 150]))
    whole = LOADER.read(path)
    for room, name, size in (
        (pieces, "HEAD", len(text) + 70 * len(last)),
        (pieces, "PIECE", 300),
        (body, "SMALLEST", 40),
    ):
        monkeypatch.setattr(room, name, size)
    found = LOADER.read(path)
    check(
        found,
        [column.name for column in whole.columns],
        [column.unit_text for column in whole.columns],
        [column.values.tolist() for column in whole.columns],
    )
    assert found.origin.dropped == whole.origin.dropped
    assert found.origin.rows_read == whole.origin.rows_read
    assert found.metadata == whole.metadata
    assert list(found.row_numbers) == list(whole.row_numbers)
    assert found.labels == whole.labels
    assert found.origin.sha256 == whole.origin.sha256
