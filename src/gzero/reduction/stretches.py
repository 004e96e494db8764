"""Several stretches of a curve laid end to end, so that one call does for all of them what it would do for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Stretches(NamedTuple):
    """Readings of stretches, which may overlap, one stretch after the other.

    Parameters
    ----------
    windows : where each stretch begins in the curve, and where the next reading after it stands.
    of : which stretch each of the n readings belongs to, shape (n,): what a stretch has one of, indexed by this, comes
        once a reading.
    starts, stops : where each stretch begins among these n readings, and where the next one does.
    """

    windows: Sequence[tuple[int, int]]
    of: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @classmethod
    def over(cls, windows: Sequence[tuple[int, int]]) -> Stretches:
        """Stretches of at least one reading each."""
        sizes = np.array([stop - start for start, stop in windows])
        stops = np.add.accumulate(sizes)
        return cls(windows, np.arange(sizes.size).repeat(sizes), stops - sizes, stops)

    def readings(self, curve: Array) -> Array:
        """Values of a curve, stretch after stretch, shape (n,)."""
        return np.concatenate([curve[start:stop] for start, stop in self.windows])

    def sums(self, values: Array) -> Array:
        """The sums over each stretch of values given for every reading, along the last axis."""
        return np.add.reduceat(values, self.starts, axis=-1)


class Lines(NamedTuple):
    """Straight lines by least squares, one through each stretch.

    Parameters
    ----------
    mean, slope : of y, shape (stretches,); a single reading has no slope, 0.
    square : sum of squares of x about its mean, shape (stretches,).
    away : x about its mean, shape (n,).
    scatter : sum of squares of the residuals, shape (stretches,).
    """

    mean: Array
    slope: Array
    square: Array
    away: Array
    scatter: Array


def lines_through(x: Array, y: Array, here: Stretches) -> Lines:
    """The lines through readings y at x, shape (n,), both stretch after stretch."""
    of, sizes = here.of, here.stops - here.starts
    near = x - x[here.starts][of]  # x may lie far from zero: what is summed then is only its last digits
    away = near - (here.sums(near) / sizes)[of]
    square = here.sums(away * away)
    mean = here.sums(y) / sizes
    slope = here.sums(away * y) / np.where(sizes > 1, square, 1.0)
    rest = y - mean[of] - slope[of] * away
    return Lines(mean, slope, square, away, here.sums(rest * rest))


def before(true: NDArray[np.bool_]) -> int:
    """How many come before the first that is true."""
    first = int(true.argmax()) if true.size else 0
    return first if true.size and true[first] else true.size
