"""What the tails of two risers leave on the plateau between them, and how a level rests on that.

A riser's tail on the plateau above it follows its shoulder, on the plateau below it its foot. Taking the tails out of
the readings makes a level rest on readings outside of its own window: those that gave the risers their shapes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.riser_shapes import Half, Riser, logistic
from gzero.reduction.stretches import Stretches

Array = NDArray[np.float64]
Window = tuple[int, int]


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
    low = [-math.inf, *(shape.shoulder.position + reach * shape.shoulder.width for shape in shapes)]
    high = [*(shape.foot.position - reach * shape.foot.width for shape in shapes), math.inf]
    start, stop = x.searchsorted(low).tolist(), x.searchsorted(high, side="right").tolist()
    between = [(max(a, lo), min(b, hi - 1)) for (a, b), lo, hi in zip(wide, start, stop, strict=True)]
    return [found if found[1] - found[0] >= 2 else other for found, other in zip(between, calm, strict=True)]


def without_tails(x: Array, y: Array, middles: Sequence[int], shapes: Sequence[Riser]) -> Array:
    """The readings, each without the tails of the two risers beside its stretch.

    Parameters
    ----------
    middles : where the stretches meet, the position of each riser; at least one.
    """
    out = y.copy()
    rise = np.array([shape.rise for shape in shapes])
    first, last = middles[0], middles[-1]
    sizes = [b - a for a, b in pairwise((0, *middles, y.size))]
    risers = np.arange(len(shapes))
    below, above = risers.repeat(sizes[1:]), risers.repeat(sizes[:-1])  # the riser that each reading lies beside
    out[first:] += rise[below] * (1 - _shares(x[first:], [shape.shoulder for shape in shapes], below))
    out[:last] -= rise[above] * _shares(x[:last], [shape.foot for shape in shapes], above)
    return out


def _shares(x: Array, halves: Sequence[Half], of: NDArray[np.int64]) -> Array:
    """u at x, each of one of the halves."""
    intercept, steepness = np.array([(half.intercept, half.steepness) for half in halves]).T
    return logistic(intercept[of] + steepness[of] * x)


def responses_of(x: Array, shapes: Sequence[Riser], windows: Sequence[Window], weights: Array) -> Array:
    """d/d reading of weighted sums of readings without tails, shape (levels, sums, n): directly, and through the tails,
    which rest on the shapes of two risers and these on their two levels each.

    Parameters
    ----------
    windows : of the levels from the lowest on, each from its first reading to before the next after it.
    weights : of the readings in them, one window after the other, shape (sums, readings); the first sum is the level.
    """
    levels, sums = len(shapes) + 1, len(weights)
    out, through = np.zeros((levels, sums, x.size)), np.zeros((levels, sums, levels))
    starts = [0, *accumulate(stop - start for start, stop in windows)]
    for k, (start, stop) in enumerate(windows):
        out[k, :, start:stop] = weights[:, starts[k] : starts[k + 1]]
    shoulders, feet = [shape.shoulder for shape in shapes], [shape.foot for shape in shapes]
    for above, halves in ((1, shoulders), (0, feet)):  # the levels above a riser, and the levels below one
        part = slice(starts[above], starts[above + len(shapes)])
        inside = Stretches.over(windows[above : above + len(shapes)])
        by_line, by_rise = _through_tails(x, shapes, halves, inside, weights[:, part], lacking=above)
        for riser, half in enumerate(halves):
            by_reading = by_line[riser].dot(half.response)
            out[riser + above, :, half.first : half.first + half.u.size] += by_reading
            by_lower, by_upper = by_reading.dot(1 - half.u), by_reading.dot(half.u)
            through[riser + above, :, riser] -= by_lower + by_rise[riser]
            through[riser + above, :, riser + 1] -= by_upper - by_rise[riser]
    # levels rest on levels, so that all of them are told together
    level = np.linalg.inv(np.eye(levels) - through[:, 0]).dot(out[:, 0])
    out[:, 0] = level
    out[:, 1:] += through[:, 1:].reshape(-1, levels).dot(level).reshape(levels, sums - 1, x.size)
    return out


def _through_tails(
    x: Array, shapes: Sequence[Riser], halves: Sequence[Half], windows: Stretches, weights: Array, *, lacking: float
) -> tuple[Array, Array]:
    """Of weighted sums of readings whose tails, rise (lacking - share), were taken out: d/d (intercept, steepness) of each
    half, shape (risers, sums, 2), and d/d rise, shape (risers, sums)."""
    of, at = windows.of, windows.readings(x)
    share = _shares(at, halves, of)
    by_rise = windows.sums(weights * (lacking - share))
    by_z = weights * (np.array([shape.rise for shape in shapes])[of] * share * (share - 1))
    return np.stack((windows.sums(by_z), windows.sums(by_z * at)), axis=-1).swapaxes(0, 1), by_rise.T
