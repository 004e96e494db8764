"""Text files: encodings, options, metadata, what is dropped and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.errors import ColumnError, ConfigError, FileError
from gzero.loaders.table import Table
from gzero.loaders.text import LOADER

Write = Callable[..., Path]


def check(table: Table, names: list[str], units: list[str | None], values: list[list[float]]) -> None:
    assert [column.name for column in table.columns] == names
    assert [column.unit_text for column in table.columns] == units
    for column, expected in zip(table.columns, values, strict=True):
        np.testing.assert_array_equal(column.values, expected)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_an_encoding_is_found(write: Write, encoding: str, shown: str) -> None:
    table = LOADER.read(write("Vg (V)\tI (µA)\n0.25\t1.5\n0.50\t2.5\n", encoding=encoding))
    check(table, ["Vg", "I"], ["V", "µA"], [[0.25, 0.5], [1.5, 2.5]])
    assert table.origin.options["encoding"] == shown


def test_bytes_that_are_no_cp1252_are_read_as_latin_1(write: Write) -> None:
    table = LOADER.read(write(b"Vg (V)\tI (\xb5A)\n# \x81\n1\t2\n"))
    check(table, ["Vg", "I"], ["V", "µA"], [[1], [2]])
    assert table.origin.options["encoding"] == "latin-1"


def test_the_origin_says_how_the_file_was_read(write: Write) -> None:
    # sha256 of these bytes by coreutils: printf 'Vg;I\nV;nA\n0,5;1\n' | sha256sum
    path = write("Vg;I\nV;nA\n0,5;1\n")
    origin = LOADER.read(path).origin
    assert origin.path == str(path)
    assert origin.sha256 == "9622b0b7a49a077a5c632451c6e07e9726e4e02375ff7e0caa9b02b1d377f60e"
    assert origin.loader == "text"
    assert origin.rows_read == 1
    assert origin.options == {
        "encoding": "utf-8",
        "delimiter": "semicolon",
        "decimal": ",",
        "header_row": "1",
        "units_row": "2",
    }


def test_metadata_of_preamble_and_comments(write: Write) -> None:
    text = (
        "QPC run\nSample: A3\nT = 4.2 K\nOperator\tAnna\nRange\t1\tnA\n# gain: 1e6\n\n"
        "Vg (V)\tI (nA)\tn\n1\t2\t3\n# sweep: down\n4\t5\t6\n"
    )
    assert LOADER.read(write(text)).metadata == {
        "line 1": "QPC run",
        "Sample": "A3",
        "T": "4.2 K",
        "Operator": "Anna",
        "Range": "1, nA",
        "gain": "1e6",
        "sweep": "down",
    }


def test_labels_of_qcodes_are_metadata(write: Write) -> None:
    table = LOADER.read(write('# dac\tamp\n# "Gate (mV)"\t"Current"\n# 2\n1\t10\n2\t20\n'))
    assert table.metadata["label of dac"] == "Gate"
    assert table.metadata["label of amp"] == "Current"


DROPPED = [
    (
        "a,b\n1,2\n3,broken\n5,worse\n",
        "not a number",
        "column 2 'b': 2 cells are not a number (first 'broken' in row 3); NaN",
        2,
    ),
    ("a,b\n1,2\n3,inf\n", "not a number", "column 2 'b': 1 cell is not a number (first 'inf' in row 3); NaN", 1),
    ("a,b\n\n1,2\n3,\n4,5\n6,\n", "empty cell", "column 2 'b': 2 cells are empty (first in row 4); NaN", 2),
    ("a,b,c\n1,2,3\n4,5\n6,7,8\n", "short row", "row 3 ends before column 3; the cells it lacks are NaN", 1),
    ("a,b,c\n1,,2\n3,,4\n", "empty column", "column 2 'b': no cell holds anything", 0),
    ("a,b\n1,2\nturned\n3,4\nstopped\n", "text row", "row 3 holds text only ('turned'), and 1 more", 2),
    ("a,b\n1,2\na,b\n3,4\n", "repeated header", "row 3 repeats the header ('a')", 1),
    ("a b\n1 2\n3\n4 5\n", "short row", "row 3 has too few cells, and blanks do not say which are missing ('3')", 1),
    (
        "a,b\n1,2,see log\n3,4\n",
        "extra text",
        "row 2 holds text beyond the last column, which was ignored ('see log')",
        1,
    ),
    (
        "a,b\n1,2\n3,4\nc,d\n7,8\n",
        "another table",
        "row 4 ('c') begins another table, which was not read: save it to a file of its own",
        1,
    ),
    (
        "a,b\n1,2\n3,4\n5,6\nc,d,e\n" + "7,8,9\n" * 5,
        "another table",
        "rows 2 to 4 hold a smaller table, which was not read",
        3,
    ),
    (
        "2\n1 2 3\n4 5 6\n",
        "number above the table",
        "row 1 ('2') has fewer cells than the table below it; kept as metadata",
        1,
    ),
]


@pytest.mark.parametrize(("text", "rule", "reason", "rows"), DROPPED, ids=[d[1] for d in DROPPED])
def test_what_is_dropped_is_said(write: Write, text: str, rule: str, reason: str, rows: int) -> None:
    dropped = {d.rule: d for d in LOADER.read(write(text)).origin.dropped}
    assert (dropped[rule].reason, dropped[rule].rows) == (reason, rows)


def test_rows_read_counts_dropped_rows(write: Write) -> None:
    table = LOADER.read(write("a b\n1 2\nsome more words\n3\n\n# remark\n4 5\n"))
    assert table.origin.rows_read == 4
    assert table.rows == 2


def test_an_over_long_row_is_an_error_that_names_it(write: Write) -> None:
    with pytest.raises(FileError) as caught:
        LOADER.read(write("a,b\n1,2\n3,4,5\n6,7\n"))
    assert caught.value.row == 3
    assert "3 cells where the header names 2" in str(caught.value)


def test_a_decimal_comma_in_a_comma_file_is_not_read_as_columns(write: Write) -> None:
    with pytest.raises(FileError, match="a decimal comma"):
        LOADER.read(write("Vg,G\n0,1,1,5\n0,2,2,5\n"))


def test_options_overrule_what_is_found(write: Write) -> None:
    path = write("1,5 2,5\n3,5 4,5\n")
    check(LOADER.read(path), ["column 1", "column 2"], [None] * 2, [[1.5, 3.5], [2.5, 4.5]])
    by_comma = LOADER.read(path, delimiter="comma", decimal=".")
    check(by_comma, ["column 1", "column 3"], [None] * 2, [[1, 3], [5, 5]])


@pytest.mark.parametrize("name", ["semicolon", ";"])
def test_a_delimiter_by_name_or_sign(write: Write, name: str) -> None:
    check(LOADER.read(write("a;b\n1;2\n"), delimiter=name), ["a", "b"], [None] * 2, [[1], [2]])


def test_the_header_row_can_be_named(write: Write) -> None:
    path = write("Vg,I\ngate,drain\n1,2\n3,4\n")
    check(LOADER.read(path, header_row=1), ["Vg", "I"], [None] * 2, [[1, 3], [2, 4]])
    check(LOADER.read(path, header_row=2), ["gate", "drain"], [None] * 2, [[1, 3], [2, 4]])
    check(LOADER.read(path, header_row=0), ["column 1", "column 2"], [None] * 2, [[1, 3], [2, 4]])
    check(LOADER.read(path, header_row=3), ["1", "2"], [None] * 2, [[3], [4]])
    with pytest.raises(ColumnError, match="row 9"):
        LOADER.read(path, header_row=9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": "x"}, "not a delimiter"),
        ({"decimal": ";"}, "not a decimal"),
        ({"encoding": "no-such"}, "no text encoding"),
        ({"encoding": "idna"}, "no text encoding"),
        ({"encoding": "unicode_escape"}, "no text encoding"),
    ],
)
def test_options_that_do_not_exist(write: Write, options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LOADER.read(write("a,b\n1,2\n"), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n\x00\x00\x00\n", "row 3: null bytes"),
        (b"no numbers\nhere\n", "no number in it"),
        (b"In 2022 we looked at some of the many samples that were there.\n" * 5, "no table of numbers"),
        (b"\x01\x02\x03\x04\x05\x06" * 20 + b"12", "control characters"),
        (b"%PDF-1.7\n1 2 3\n", "looks like PDF"),
        (b'{"a": [1, 2]}', "looks like JSON"),
        (b"<?xml version='1.0'?><a>1</a>", "looks like HTML or XML"),
        (b"\x89HDF\r\n\x1a\n" + b"0" * 100, "looks like HDF5"),
    ],
)
def test_what_is_no_table_is_refused(write: Write, content: bytes, message: str) -> None:
    path = write(content)
    with pytest.raises(FileError, match=message) as caught:
        LOADER.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_that_is_not_in_the_named_encoding(write: Write) -> None:
    with pytest.raises(FileError, match="not valid utf-8"):
        LOADER.read(write("I (µA)\n1\n", encoding="cp1252"), encoding="utf-8")


def test_a_header_of_too_many_columns_is_refused(write: Write) -> None:
    line = ",".join(["1"] * 20_001)
    with pytest.raises(FileError, match="20001 cells in one row"):
        LOADER.read(write(f"{line}\n{line}\n"))


def test_numbers_far_below_the_first_thousands_of_lines(write: Write) -> None:
    preamble = "".join(f"setting {i}: {i}\n" for i in range(3000))
    table = LOADER.read(write(preamble + "Vg,I\n" + "".join(f"{i},{2 * i}\n" for i in range(5000))))
    check(table, ["Vg", "I"], [None] * 2, [[float(i) for i in range(5000)], [2.0 * i for i in range(5000)]])


def test_a_gap_far_from_the_beginning_is_placed_by_its_line(write: Write) -> None:
    lines = [f"{i},{i}" for i in range(6000)]
    lines[5000] = "5000,"
    table = LOADER.read(write("a,b\n" + "\n".join(lines)))
    assert [d.reason for d in table.origin.dropped] == ["column 2 'b': 1 cell is empty (first in row 5002); NaN"]
    assert np.flatnonzero(np.isnan(table.columns[1].values)).tolist() == [5000]


@pytest.mark.parametrize(
    ("content", "known"),
    [("a,b\n1,2\n", True), ("words only", False), (b"1\x00\x01\x02\x03\x04abc\x00", False), ("%PDF 1", False)],
)
def test_recognises(write: Write, content: str | bytes, known: bool) -> None:
    assert LOADER.recognises(write(content)) is known


def test_a_column_of_text_becomes_labels_with_one_entry_a_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# note: x\ncarrier,D\nelectrons,1\n,2\nholes,3\n")
    table = LOADER.read(path)
    assert [column.name for column in table.columns] == ["D"]
    assert table.labels == {"carrier": ("electrons", "", "holes")}
    assert table.row_numbers == range(3, 6)


@pytest.mark.parametrize(
    "text",
    [
        "Vg (V),G (uS)\n" + "\n".join(f"{i / 7!r},{i**3 / 11!r}" for i in range(40)),
        "Vg (V);G (uS)\n" + "\n".join(f"{i / 7:.9f};{i / 3:.7e}".replace(".", ",") for i in range(40)),
        "# x y\n" + "\n".join(f"{i / 7:.6g}\t{-i / 3:.3e}" for i in range(40)),
        "a,b,c\n" + "\n".join(f"{i},,{i}" if i % 9 == 4 else f"{i},NaN,{i}" if i % 9 == 6 else f"{i},{i},{i}" for i in range(40)),
    ],
    ids=["comma", "decimal comma", "tabs", "gaps"],
)  # fmt: skip
def test_few_lines_and_many_are_read_alike(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader for few lines and the one for many give the same bits, gaps and remarks."""
    from gzero.loaders import body, pieces
    from gzero.loaders.registry import read_table

    path = tmp_path / "lab.csv"
    path.write_text(text)
    few = read_table(path)
    for room, name, size in ((pieces, "HEAD", 64), (pieces, "PIECE", 256), (body, "SMALLEST", 32)):
        monkeypatch.setattr(room, name, size)
    many = read_table(path)
    assert [c.name for c in few.columns] == [c.name for c in many.columns]
    for a, b in zip(few.columns, many.columns, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
    assert few.origin.dropped == many.origin.dropped
    assert few.origin.rows_read == many.origin.rows_read == 40
