"""Stretches of one curve or of many laid end to end, so that one call does for all of them what it would do for each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.int64]


class Stretches(NamedTuple):
    """Readings of stretches, which may overlap, one stretch after the other.

    Parameters
    ----------
    begins, ends : where each stretch begins in the curve, and where the next reading after it stands.
    sizes : readings of each stretch.
    starts : where each stretch begins among the n readings of all of them.
    places : where each of these readings stands in the curve, shape (n,).
    """

    begins: Places
    ends: Places
    sizes: Places
    starts: Places
    places: Places

    @classmethod
    def over(cls, begins: Places, ends: Places) -> Stretches:
        """Stretches from their first readings to before their ends; of none without a reading are there sums or lowest."""
        sizes = ends - begins
        starts = np.add.accumulate(sizes)
        starts -= sizes
        places = (begins - starts).repeat(sizes)
        places += np.arange(places.size)
        return cls(begins, ends, sizes, starts, places)

    @property
    def own(self) -> list[slice]:
        """Where each stretch stands among the n readings."""
        return [slice(*ends) for ends in zip(self.starts.tolist(), (self.starts + self.sizes).tolist(), strict=True)]

    def readings(self, curve: Array) -> Array:
        """Values of a curve, or of several along the last axis, stretch after stretch."""
        return curve.take(self.places, axis=-1)

    def each(self, values: Array) -> Array:
        """What a stretch has one of, along the last axis, once for each of its readings."""
        return values.repeat(self.sizes, axis=-1)

    def sums(self, values: Array) -> Array:
        """The sums over each stretch of values given for every reading, along the last axis."""
        return np.add.reduceat(values, self.starts, axis=-1)

    def counts(self, true: NDArray[np.bool_]) -> Places:
        """Of how many readings of each stretch, which may have none at all, something is true; along the last axis."""
        before = np.zeros((*true.shape[:-1], true.shape[-1] + 1), dtype=np.int64)
        np.add.accumulate(true, axis=-1, dtype=np.int64, out=before[..., 1:])
        return np.asarray(before[..., self.starts + self.sizes] - before[..., self.starts])

    def lowest(self, values: Array) -> Places:
        """Where the lowest value of each stretch stands among the n readings; the first of those that are equal."""
        at = (values == self.each(np.minimum.reduceat(values, self.starts))).nonzero()[0]
        return np.asarray(at[at.searchsorted(self.starts)])


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
