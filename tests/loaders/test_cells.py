"""Which cells are numbers, and where a table begins."""

from __future__ import annotations

import math

import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.cells import Block, Cell, Kind, Row, cell_text, find_block, is_rule_line, kind, number


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1", ".", 1.0),
        ("1", ",", 1.0),
        ("-1.5e-3", ".", -0.0015),
        ("+.5", ".", 0.5),
        ("5.", ".", 5.0),
        ("1,5e-3", ",", 0.0015),
        (",5", ",", 0.5),
        ("1.0D-3", ".", 0.001),
        ("2d2", ".", 200.0),
        ("\N{MINUS SIGN}2", ".", -2.0),
        (2.5, ".", 2.5),
        ("1,5", ".", None),
        ("1.5", ",", None),
        ("1,", ",", None),
        ("1,234.5", ".", None),
        ("1.234,5", ",", None),
        ("1_000", ".", None),
        ("0x10", ".", None),
        ("1e999", ".", None),
        ("nan", ".", None),
        ("inf", ".", None),
        (math.inf, ".", None),
        ("1" * 101, ".", None),  # a cell of a million digits would take minutes to work out
        ("1 2", ".", None),
        ("5 V", ".", None),
        ("\N{ARABIC-INDIC DIGIT ONE}", ".", None),
        ("", ".", None),
        (None, ".", None),
    ],
)
def test_number(cell: Cell, decimal: str, value: float | None) -> None:
    assert number(cell, decimal) == value


@pytest.mark.parametrize(
    ("cell", "found"),
    [("", Kind.EMPTY), (None, Kind.EMPTY), ("1", Kind.NUMBER), ("NaN", Kind.MISSING), ("#REF", Kind.MISSING),
     ("OVLD", Kind.MISSING), ("********", Kind.MISSING), (math.nan, Kind.MISSING), ("Vg", Kind.TEXT)],
)  # fmt: skip
def test_kind(cell: Cell, found: Kind) -> None:
    assert kind(cell, ".") is found


@pytest.mark.parametrize(("cell", "text"), [(2.0, "2"), (0.5, "0.5"), (1e300, "1e+300"), ("a", "a"), (None, "")])
def test_cell_text(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text


def rows(*lines: str) -> list[Row]:
    return [Row(number=i, cells=tuple(line.split(",")), text=line) for i, line in enumerate(lines, 1)]


def block(*lines: str, after: int | None = None) -> Block:
    return find_block(rows(*lines), decimal=".", path="x", after=after)


@pytest.mark.parametrize(
    ("line", "drawn"), [("-----", True), ("---,---", True), ("+--+--+", True), ("-", False), ("-1", False)]
)
def test_a_line_that_is_only_drawn(line: str, drawn: bool) -> None:
    assert is_rule_line(rows(line)[0]) is drawn


def test_the_run_with_most_numbers_is_the_table() -> None:
    found = block("X0,0", "Delta,1", "end", "x,y", "1,2", "3,4", "5,6")
    assert (found.start, found.width, found.last) == (4, 2, 6)


def test_a_run_of_the_same_pattern_belongs_to_it() -> None:
    assert block("x,y", "1,2", "3,4", "again", "1,2", "3,4", "5,6").start == 1


def test_blank_rows_and_missing_values_do_not_end_a_run() -> None:
    found = block("x,y", "1,2", "", "nan,---", "5,6")
    assert (found.start, found.last) == (1, 4)


def test_rows_above_that_start_with_a_word_are_peeled() -> None:
    assert block("T,300", "1,2", "3,4").start == 1
    assert block("3,4,5", "nan,4,5").start == 0


def test_a_count_above_is_peeled_and_told() -> None:
    found = block("2", "1,2,3", "4,5,6")
    assert (found.start, found.peeled) == (1, (0,))


def test_the_width_is_the_usual_one() -> None:
    assert block("1,2", "1,2,3", "1,2,3").width == 3


def test_no_table() -> None:
    with pytest.raises(FileError, match="no number in it"):
        block("a,b", "c,d")
    with pytest.raises(FileError, match="no table of numbers in it"):
        block("a,b,c,d,e,f,7", "a,b,c,d,e,f,7")
    with pytest.raises(ColumnError, match="no header in this row"):
        block("1,2", after=5)
