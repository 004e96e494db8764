"""From rows to columns, and the account of what gave no number."""

from __future__ import annotations

import numpy as np
import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.block import columns_of, numbers_of
from gzero.loaders.cells import Cell, Row
from gzero.loaders.header import NO_HEADER, Header

AB = Header(names=("a", "b"), units=("V", None), rows=(1,))


def rows(*cells: tuple[Cell, ...]) -> list[Row]:
    return [Row(number=i, cells=row) for i, row in enumerate(cells, 2)]


def test_columns_carry_names_units_and_places() -> None:
    numbers = numbers_of(rows(("1", 2.0), ("3", None)), AB, width=2, decimal=".", aligned=True, path="x")
    columns, _, dropped = columns_of(numbers, AB, lambda j: f"place {j}", path="x")
    assert [(c.name, c.unit_text, c.source) for c in columns] == [("a", "V", "place 0"), ("b", None, "place 1")]
    np.testing.assert_array_equal(columns[1].values, [2.0, np.nan])
    assert [(d.rule, d.reason) for d in dropped] == [
        ("empty cell", "place 1 'b': 1 cell is empty (first in row 3); NaN")
    ]


def test_remarks_are_kept_apart() -> None:
    remark = Row(number=3, cells=("down",), comment=True)
    numbers = numbers_of([*rows(("1", "2")), remark], AB, width=2, decimal=".", aligned=True, path="x")
    assert numbers.remarks == (remark,)
    assert numbers.rows_read == 1


def test_a_number_beyond_the_last_column() -> None:
    with pytest.raises(FileError, match="row 3: 3 cells where the rows above have 2") as caught:
        numbers_of(rows(("1", "2"), ("1", "2", "3")), NO_HEADER, width=2, decimal=".", aligned=True, path="x")
    assert caught.value.row == 3


def test_no_column_of_numbers() -> None:
    numbers = numbers_of(rows(("nan", "")), AB, width=2, decimal=".", aligned=True, path="x")
    with pytest.raises(ColumnError, match="no column of numbers"):
        columns_of(numbers, AB, str, path="x")


def test_two_columns_of_words_with_one_name_are_both_kept() -> None:
    """Keithley's buffers have a column `Unit` behind the reading and another one behind the source value."""
    header = Header(names=("I", "Unit", "Unit"), units=(None, None, None), rows=(1,))
    numbers = numbers_of(rows(("1", "A", "V"), ("2", "A", "V")), header, width=3, decimal=".", aligned=True, path="x")
    assert columns_of(numbers, header, str, path="x")[1] == {"Unit": ("A", "A"), "Unit (column 3)": ("V", "V")}
