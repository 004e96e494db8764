"""What the tails of two risers leave on the plateau between them, and how a level rests on that.

A riser's tail on the plateau above it follows its shoulder, on the plateau below it its foot. Taking the tails out of
the readings makes a level rest on readings outside of its own window: those that gave the risers their shapes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.riser_shapes import Riser, logistic
from gzero.reduction.stretches import Stretches

Array = NDArray[np.float64]
Window = tuple[int, int]

_LACKING = np.array([[1.0], [0.0]])  # a riser below a reading still lacks 1 - share of its rise, one above it has share
_BY_LEVELS = (-1.0, 1.0)  # d rise/d (level below, level above)


def level_windows(
    x: Array, shapes: Sequence[Riser], calm: Sequence[Window], wide: Sequence[Window], tail: float
) -> list[Window]:
    """The windows of the levels: readings where both risers' tails are below a share of their rises.

    Parameters
    ----------
    calm : the window, first and last reading, where that is nothing (plateaus too short for it).
    wide : the window that it lies in.
    tail : largest share of the rise.
    """
    reach = math.log((1 - tail) / tail)
    shoulders, feet = [shape.shoulder for shape in shapes], [shape.foot for shape in shapes]
    low = [-math.inf, *((reach - half.intercept) / half.steepness for half in shoulders)]
    high = [*((-reach - half.intercept) / half.steepness for half in feet), math.inf]
    start, stop = x.searchsorted(low).tolist(), x.searchsorted(high, side="right").tolist()
    between = [(max(a, lo), min(b, hi - 1)) for (a, b), lo, hi in zip(wide, start, stop, strict=True)]
    return [found if found[1] - found[0] >= 2 else other for found, other in zip(between, calm, strict=True)]


def without_tails(
    at: Array, readings: Array, here: Stretches, middles: Sequence[int], shapes: Sequence[Riser]
) -> Array:
    """The readings of windows, each without the tails of the two risers beside it.

    Parameters
    ----------
    at, readings : x and y, shape (n,), window after window.
    here : the windows, from the lowest level on.
    middles : the position of each riser. A window reaches that of the riser above it at most, where noise leaves nothing
        else; that reading lies beside the next riser already.
    """
    sizes = here.sizes.tolist()
    for k, middle in enumerate(middles):
        if here.windows[k][1] > middle:
            sizes[k] -= 1
            sizes[k + 1] += 1
    share, rise = _shares(at, shapes, np.array(sizes))
    return np.asarray(readings + rise[0] * (1 - share[0]) - rise[1] * share[1])


def _shares(at: Array, shapes: Sequence[Riser], sizes: NDArray[np.int64]) -> tuple[Array, Array]:
    """What the two risers beside each reading have risen to there, as shares of their rises, and these, shape (2, n): first
    of the riser below. Beside an outer window there is but one; the other one has no rise.

    Parameters
    ----------
    sizes : readings in each window.
    """
    none = (0.0, 0.0, 0.0)
    below = [none, *((shape.shoulder.intercept, shape.shoulder.steepness, shape.rise) for shape in shapes)]
    above = [*((shape.foot.intercept, shape.foot.steepness, shape.rise) for shape in shapes), none]
    intercept, steepness, rise = np.array((below, above)).transpose(2, 0, 1).repeat(sizes, axis=-1)
    return logistic(intercept + steepness * at), rise


def responses_of(n: int, at: Array, here: Stretches, shapes: Sequence[Riser], weights: Array) -> Array:
    """d/d reading of weighted sums of readings without tails, shape (sums, levels, n): directly, and through the tails,
    which rest on the shapes of two risers and these on their two levels each.

    Parameters
    ----------
    n : readings of the curve.
    at : x, window after window.
    here : the windows of the levels, from the lowest on.
    weights : of the readings in them, shape (sums, readings); the first sum is the level.
    """
    levels, sums = len(shapes) + 1, len(weights)
    out = np.zeros((sums, levels, n))
    by_shape = np.empty((levels, sums, 6))
    factors = _tail_factors(at, shapes, here)
    for k, ((start, stop), own) in enumerate(zip(here.windows, here.own, strict=True)):
        out[:, k, start:stop] = weights[:, own]
        weights[:, own].dot(factors[:, own].T, out=by_shape[k])
    for riser, shape in enumerate(shapes):
        for level, half, by_line in (
            (riser + 1, shape.shoulder, by_shape[riser + 1, :, 0:2]),
            (riser, shape.foot, by_shape[riser, :, 3:5]),
        ):
            out[:, level, half.first : half.first + half.u.size] += by_line.dot(half.response)
    through = _through_levels(by_shape, shapes)
    # levels rest on levels, so that all of them are told together
    out[0] = np.linalg.inv(np.eye(levels) - through[0]).dot(out[0])
    out[1:] += through[1:].reshape(-1, levels).dot(out[0]).reshape(sums - 1, levels, n)
    return out


def _tail_factors(at: Array, shapes: Sequence[Riser], here: Stretches) -> Array:
    """d/d (intercept, steepness, rise) of what the half beside it adds to a reading without tails, rise (1 - share) by the
    riser below and -rise share by the one above, shape (6, n), first of the riser below."""
    share, rise = _shares(at, shapes, here.sizes)
    out = np.empty((2, 3, at.size))
    by_line = np.multiply(rise * share, share - 1, out=out[:, 0])
    np.multiply(by_line, at, out=out[:, 1])
    np.subtract(_LACKING, share, out=out[:, 2])
    return out.reshape(6, -1)


def _through_levels(by_shape: Array, shapes: Sequence[Riser]) -> Array:
    """d/d level of weighted sums of readings without tails, through the shapes of the risers beside their windows, shape
    (sums, levels, levels).

    Parameters
    ----------
    by_shape : d/d (intercept, steepness, rise) of the half below and of the one above, shape (levels, sums, 6).
    """
    levels, sums = by_shape.shape[:2]
    none = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))  # there is no riser below the lowest level, and none above the highest
    below = [none, *((*shape.shoulder.by_levels, _BY_LEVELS) for shape in shapes)]
    above = [*((*shape.foot.by_levels, _BY_LEVELS) for shape in shapes), none]
    # by the two levels of the riser below, and by those of the one above: a level itself is the upper one, and the lower one
    by_below = np.matmul(by_shape[:, :, :3], np.array(below)).T
    by_above = np.matmul(by_shape[:, :, 3:], np.array(above)).T
    out = np.zeros((sums, levels, levels))
    by_self, by_lower, by_upper = (out.reshape(sums, -1)[:, start :: levels + 1] for start in (0, levels, 1))
    by_self[:] = by_below[1] + by_above[0]
    by_lower[:] = by_below[0, :, 1:]
    by_upper[:] = by_above[1, :, :-1]
    return out
