"""Columns that grow: what is written, what is not, and that nobody can write to them afterwards."""

from __future__ import annotations

import numpy as np

from gzero.loaders.growing import Columns


def test_columns_grow_and_keep_gaps() -> None:
    columns = Columns()
    columns.write(0, [np.array([1.0, 2.0])])
    columns.advance(2)
    columns.write(1, [np.array([3.0]), np.array([4.0, np.nan])])
    columns.write(2, [np.array([np.nan, np.nan, np.nan])])
    columns.advance(3)
    columns.advance(1)
    first, second, third, fourth = columns.frozen(4)
    nan = np.nan
    np.testing.assert_array_equal(first, [1, 2, nan, nan, nan, nan])
    np.testing.assert_array_equal(second, [nan, nan, 3, 4, nan, nan])
    assert third is None  # a column without a number takes no memory
    assert fourth is None
    assert first is not None
    assert not first.flags.writeable
    assert first.base is None


def test_what_is_written_and_not_counted_is_written_over() -> None:
    columns = Columns()
    columns.expect(100)
    columns.write(0, [np.array([1.0])])
    columns.advance(1)
    columns.write(0, [np.array([7.0, 8.0])])
    columns.write(0, [np.array([2.0])])
    columns.advance(1)
    (found,) = columns.frozen(1)
    np.testing.assert_array_equal(found, [1, 2])
