"""How far a curve rises at each riser, and which rises are too small for one: structure on a plateau."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.stretches import Stretches

Array = NDArray[np.float64]

# A rise below this share of the typical one is structure on a plateau (a resonance, the 0.7 structure), not a riser.
_SMALL_RISE = 0.42
_OPEN_END = 0.15  # of an end riser's slope: a curve whose slope does not fall to this beyond it starts or ends on it
_SEEN = 6.0 * math.sqrt(2 / 3)  # standard deviations of a reading, of a difference of two means of three readings


def heights_of(y: Array, slope: Array, stretches: Sequence[Sequence[int]]) -> list[tuple[list[float], list[float]]]:
    """Of each curve the height of its risers, level at the flattest point above minus the one below, and the slopes at the
    flattest points from below the first riser on.

    Parameters
    ----------
    y, slope : curves laid end to end, shape (n,).
    stretches : of each curve its first reading, its risers, and its last reading.
    """
    edges = np.array([edge for own in stretches for edge in own])
    sizes = np.array([len(own) for own in stretches])
    ends = np.add.accumulate(sizes)
    inner = np.ones(edges.size, dtype=bool)
    inner[ends - 1] = False  # from the end of one curve to the next one
    below = inner.nonzero()[0]
    between = Stretches.over(edges[below], edges[below + 1] + 1)
    values = between.readings(slope)
    flattest = between.lowest(values)
    at = between.places[flattest]
    first, last = edges[ends - sizes].repeat(sizes - 1), edges[ends - 1].repeat(sizes - 1)
    before, behind = at > first, at < last
    total = np.where(before, y[at - 1], 0.0) + y[at] + np.where(behind, y[np.minimum(at + 1, last)], 0.0)
    levels, calmest = (total / (1 + before + behind)).tolist(), values[flattest].tolist()
    out, done = [], 0
    for own in stretches:
        here = slice(done, done + len(own) - 1)
        out.append(([above - low for low, above in pairwise(levels[here])], calmest[here]))
        done = here.stop
    return out


class Rises(NamedTuple):
    """What is left of the risers of one curve.

    Parameters
    ----------
    risers : positions, in order.
    heights : of each [unit of y].
    sub_steps : positions of structures on plateaus, in the order in which they were found.
    """

    risers: list[int]
    heights: list[float]
    sub_steps: list[int]


def drop_small_rises(
    y: Array, slope: Array, noise: Sequence[float], ends: Sequence[tuple[int, int]], risers: Sequence[Sequence[int]]
) -> list[Rises]:
    """Risers whose rise is far below the typical one are structure on a plateau; returned as sub-steps when large.

    Parameters
    ----------
    y, slope : curves laid end to end, shape (n,).
    noise : standard deviation of one reading, of each curve.
    ends : first and last reading of each.
    risers : of each, in order.
    """
    out = [Rises(list(own), [], []) for own in risers]
    looked = [curve for curve, own in enumerate(risers) if own]
    while looked:
        stretches = [(ends[curve][0], *out[curve].risers, ends[curve][1]) for curve in looked]
        again = []
        for curve, (heights, calmest) in zip(looked, heights_of(y, slope, stretches), strict=True):
            own = out[curve]
            own.heights[:] = heights
            steep = float(slope[own.risers[0]]), float(slope[own.risers[-1]])
            small = _small(heights, calmest, steep, noise[curve])
            if small is not None:
                k, shoulder = small
                if shoulder:
                    own.sub_steps.append(_flattest_beside(slope, own.risers, heights, k))
                own.risers.pop(k)
                again.append(curve)
        looked = again
    return out


def _small(
    heights: Sequence[float], calmest: Sequence[float], steep: tuple[float, float], noise: float
) -> tuple[int, bool] | None:
    """Which rise is too small for a riser, and whether it is large enough for a shoulder; None where none is.

    Parameters
    ----------
    calmest : the lowest slopes below, between and above the risers.
    steep : slopes at the first and at the last riser.
    """
    if len(heights) < 2:
        return None
    largest = sorted(heights)[-max(2, (len(heights) + 1) // 2) :]
    typical = (largest[(len(largest) - 1) // 2] + largest[len(largest) // 2]) / 2
    # a curve that starts or ends on a riser, so that its slope does not fall beyond it, shows only a part of that rise,
    # which says nothing about its size
    complete = list(heights)
    seen = _SEEN * noise
    if heights[0] > max(seen, 0.1 * typical) and calmest[0] > _OPEN_END * steep[0]:
        complete[0] = math.inf
    if len(heights) > 2 and heights[-1] > seen and calmest[-1] > _OPEN_END * steep[1]:
        complete[-1] = math.inf
    smallest = min(complete)
    if smallest >= _SMALL_RISE * typical:
        return None
    return complete.index(smallest), smallest > 0.1 * typical


def _flattest_beside(slope: Array, risers: Sequence[int], heights: Sequence[float], k: int) -> int:
    """The flattest point between a shoulder and the riser that it belongs to: of its neighbours the smaller one."""
    upwards = k == 0 or (k + 1 < len(risers) and heights[k + 1] < heights[k - 1])
    low, high = (risers[k], risers[k + 1]) if upwards else (risers[k - 1], risers[k])
    return low + int(slope[low : high + 1].argmin())
