"""Several stretches of a curve laid end to end, so that one call does for all of them what it would do for each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Stretches(NamedTuple):
    """Readings of stretches, which may overlap, one stretch after the other.

    Parameters
    ----------
    windows : where each stretch begins in the curve, and where the next reading after it stands.
    sizes : readings of each stretch.
    starts : where each stretch begins among these n readings.
    """

    windows: Sequence[tuple[int, int]]
    sizes: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def over(cls, windows: Sequence[tuple[int, int]]) -> Stretches:
        """Stretches of at least one reading each."""
        sizes = [stop - start for start, stop in windows]
        return cls(windows, np.array(sizes), np.array([0, *accumulate(sizes[:-1])]))

    @property
    def own(self) -> list[slice]:
        """Where each stretch stands among the n readings."""
        return [
            slice(start, start + size) for start, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True)
        ]

    def readings(self, curve: Array) -> Array:
        """Values of a curve, or of several along the last axis, stretch after stretch."""
        return np.concatenate([curve[..., start:stop] for start, stop in self.windows], axis=-1)

    def each(self, values: Array) -> Array:
        """What a stretch has one of, along the last axis, once for each of its readings."""
        return values.repeat(self.sizes, axis=-1)

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
    near = x - here.each(x[here.starts])  # x may lie far from zero: what is summed then is only its last digits
    away = near - here.each(here.sums(near) / here.sizes)
    square = here.sums(away * away)
    mean = here.sums(y) / here.sizes
    slope = here.sums(away * y) / np.where(here.sizes > 1, square, 1.0)
    rest = y - here.each(mean) - here.each(slope) * away
    return Lines(mean, slope, square, away, here.sums(rest * rest))
