"""The bulk reading of instruments' rows gives what reading them one by one gives."""

from __future__ import annotations

import numpy as np
import pytest

from gzero.errors import FileError
from gzero.loaders import delimited
from gzero.loaders.block import columns_of
from gzero.loaders.delimited import read_numbers
from gzero.loaders.dialect import Dialect
from gzero.loaders.header import Header

HEADER = Header(names=("empty", "a", "b", "words"), units=(None,) * 4, rows=(1,))


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), ("\t", ","), (";", ",")])
@pytest.mark.parametrize("odd", ["", "nan", "-", "OVLD", "inf"])
def test_both_ways_agree(monkeypatch: pytest.MonkeyPatch, delimiter: str, decimal: str, odd: str) -> None:
    rng = np.random.default_rng(11)
    cells = [
        ["", *(repr(float(v)) for v in row), ""]
        for row in rng.normal(size=(40, 2)) * 10.0 ** rng.integers(-12, 12, (40, 1))
    ]
    cells[7][2] = odd
    lines = [delimiter.join(row).replace(".", decimal) for row in cells]
    if not odd:
        lines[20:20] = [""]  # a blank line; beside words it is looked at closer
    dialect = Dialect(delimiter=delimiter, decimal=decimal)
    one = read_numbers(lines, range(5, 5 + len(lines)), HEADER, dialect, path="x")
    monkeypatch.setattr(delimited, "_FEW", 0)
    monkeypatch.setattr(delimited, "numbers_of", lambda *_, **__: pytest.fail("not read in bulk"))
    bulk = read_numbers(lines, range(5, 5 + len(lines)), HEADER, dialect, path="x")
    for of_bulk, of_one in zip(bulk.columns, one.columns, strict=True):
        assert (of_bulk is None) is (of_one is None)
        if of_bulk is not None and of_one is not None:
            np.testing.assert_array_equal(of_bulk, of_one)
    assert (list(bulk.places), bulk.rows_read) == (list(one.places), one.rows_read)
    told = [columns_of(numbers, HEADER, str, path="x") for numbers in (bulk, one)]
    assert told[0][1:] == told[1][1:]
    assert [c.name for c in told[0][0]] == ["a", "b"]


def test_what_the_bulk_cannot_tell_is_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_FEW", 0)
    dialect = Dialect(delimiter=",", decimal=".")
    words = read_numbers([",1,2,", ",x,y,", ",3,4,good"], range(1, 4), HEADER, dialect, path="x")
    assert words.columns[1] is not None
    assert words.columns[1].tolist() == [1, 3]
    assert [d.rule for d in words.dropped] == ["text row"]
    early = read_numbers([",1,2,", ",3", ",4,5,"], range(1, 4), HEADER, dialect, path="x")  # a row that ends early
    assert early.columns[2] is not None
    np.testing.assert_array_equal(early.columns[2], [2, np.nan, 5])
    with pytest.raises(FileError, match="row 2: 5 cells where the header names 4"):
        read_numbers([",1,2,", ",1,2,,3"], range(1, 3), HEADER, dialect, path="x")


def test_rows_that_end_long_before_the_header_are_refused() -> None:
    header = Header(names=("a",) * 10_000, units=(None,) * 10_000, rows=(1,))
    with pytest.raises(FileError, match="200 rows of 10000 columns, in 200 characters"):
        read_numbers(["1"] * 200, range(200), header, Dialect(delimiter=",", decimal="."), path="x")
