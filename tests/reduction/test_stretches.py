"""Stretches laid end to end: the same as stretch by stretch."""

import numpy as np
import pytest

from gzero.reduction.stretches import Stretches, lines_through

WINDOWS = [(3, 9), (8, 30), (30, 31), (40, 100)]  # one overlaps, one is a single reading


def test_readings_and_sums_are_those_of_each_stretch() -> None:
    y = np.random.default_rng(0).normal(size=(2, 100))
    here = Stretches.over(*np.array(WINDOWS).T)
    pieces = [y[0, a:b] for a, b in WINDOWS]
    np.testing.assert_array_equal(here.readings(y[0]), np.concatenate(pieces))
    np.testing.assert_array_equal(here.each(np.arange(4)), np.repeat([0, 1, 2, 3], [6, 22, 1, 60]))
    np.testing.assert_array_equal(here.sizes, [6, 22, 1, 60])
    both = here.readings(y)
    np.testing.assert_array_equal(both, [np.concatenate([row[a:b] for a, b in WINDOWS]) for row in y])
    for own, piece in zip(here.own, pieces, strict=True):
        np.testing.assert_array_equal(both[0, own], piece)
    np.testing.assert_allclose(here.sums(both), [[row[a:b].sum() for a, b in WINDOWS] for row in y], rtol=1e-13)
    assert here.counts(here.readings(y[0]) > 0).tolist() == [int(np.count_nonzero(piece > 0)) for piece in pieces]
    assert (here.lowest(here.readings(y[0])) - here.starts).tolist() == [int(np.argmin(piece)) for piece in pieces]


def test_the_lowest_of_equals_is_the_first_and_of_no_readings_none_are_counted() -> None:
    values = np.array([3.0, 1.0, 1.0, 2.0, 0.0, 0.0])
    here = Stretches.over(np.array([0, 3]), np.array([4, 6]))
    assert here.lowest(here.readings(values)).tolist() == [1, 4 + 1]
    empty = Stretches.over(np.array([0, 2, 3]), np.array([2, 2, 6]))
    assert empty.counts(empty.readings(values) < 2).tolist() == [1, 0, 2]


def test_lines_are_those_of_a_polynomial_fit() -> None:
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.uniform(5, 6, 100)), rng.normal(size=100)
    here = Stretches.over(*np.array(WINDOWS).T)
    lines = lines_through(here.readings(x), here.readings(y), here)
    for k, (a, b) in enumerate(WINDOWS):
        assert lines.mean[k] == pytest.approx(y[a:b].mean(), rel=1e-12)
        if b - a == 1:  # a single reading
            assert (lines.slope[k], lines.scatter[k]) == (0.0, 0.0)
            continue
        slope, height = np.polyfit(x[a:b], y[a:b], 1)
        assert lines.slope[k] == pytest.approx(slope, rel=1e-9)
        assert lines.square[k] == pytest.approx(np.sum((x[a:b] - x[a:b].mean()) ** 2), rel=1e-12)
        assert lines.scatter[k] == pytest.approx(np.sum((y[a:b] - height - slope * x[a:b]) ** 2), rel=1e-9)
        np.testing.assert_allclose(lines.away[here.own[k]], x[a:b] - x[a:b].mean(), atol=1e-13)
