"""Risers: the prominent maxima of dy/dx, with no model of the whole curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.averages import median, quantile

Array = NDArray[np.float64]

# A riser must stand out of the slope's noise by this many standard deviations, and the slope must fall to less than
# half of the smaller neighbour between two risers (half maximum: the resolution criterion of two peaks).
_STEEP = 0.95  # share of the readings whose slope is below that of the steep part
_SLOPE_NOISE = 0.04  # of the steep part: the narrowest window that gets there leaves the risers least washed out
_RISER_SIGMA = 6.0
_VALLEY = 0.5
_STEEP_END = 0.15
# A rise below this share of the typical one is structure on a plateau (a resonance, the 0.7 structure), not a riser.
_SMALL_RISE = 0.42
_OPEN_END = 0.15  # of an end riser's slope: a curve whose slope does not fall to this beyond it starts or ends on it
_MAD_TO_STD = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slope:
    """dy/dx of an ascending curve, the noise of that slope and of one reading, its rounding, and its window."""

    values: Array
    std: float
    noise: float
    floor: float
    window: int


class _Kernel(NamedTuple):
    """What a local parabola takes of each reading in its window, by the place that it has there from the middle.

    Parameters
    ----------
    place : of the readings, shape (window,), and the sum of their squares: the weights of the slope in the middle.
    curvature : weights of half the second derivative.
    """

    place: Array
    square: float
    curvature: Array


@lru_cache(maxsize=256)  # of the windows that curves of all lengths ask for, each of a few kilobytes at most
def _kernel(window: int) -> _Kernel:
    place = np.arange(window, dtype=np.float64) - window // 2
    square = place**2
    second, fourth = float(place @ place), float(np.add.reduce(square**2))
    # about the middle of a window straight and curved parts are orthogonal, so that each has its own sum
    return _Kernel(place, second, (window * square - second) / (window * fourth - second**2))


def local_slope(y: Array, window: int) -> Array:
    """Derivative per reading of the parabola through each `window` of readings, at its middle; at the ends, of the first and
    the last parabola. Shape (n,), n >= window, an odd number.

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. The slope of a parabola in the middle of its window is that of a
    straight line, so that it takes one correlation; `scipy.signal` has it as well and takes 0.8 s to be imported.
    """
    kernel = _kernel(window)
    return _with_ends(y, np.correlate(y, kernel.place, mode="valid") / kernel.square, kernel)


def _with_ends(y: Array, middle: Array, kernel: _Kernel) -> Array:
    """The slopes in the middle of windows, and before and behind them those of the first and of the last parabola."""
    window = kernel.place.size
    half = window // 2
    start, end = 2 * float(kernel.curvature @ y[:window]), 2 * float(kernel.curvature @ y[-window:])
    out = np.empty(y.size)
    out[half : y.size - half] = middle
    out[:half] = middle[0] + start * kernel.place[:half]
    out[y.size - half :] = middle[-1] + end * kernel.place[half + 1 :]
    return out


def slope_of(x: Array, y: Array, noise: float) -> Slope:
    """dy/dx by local parabolas over the narrowest window whose noise leaves the risers standing out.

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. Uneven settings are handled by dividing by the local step.
    """
    steps = x[1:] - x[:-1]
    even = float(steps.max() - steps.min()) < 1e-6 * abs(float(steps[0]))
    typical = median(steps)
    # one number where all steps are the same
    spacing = np.maximum(steps[:1] if even else local_slope(x, 5), typical * 1e-3)
    widest = max(6, y.size // 6)
    # the steepest that any window sees bounds the one that is needed from below
    steepest = quantile(np.abs(y[1:] - y[:-1]) / steps, _STEEP)
    needed = noise / (typical * _SLOPE_NOISE * steepest) if steepest > 0 else 0.0
    window = min(max(5, int((12 * needed**2) ** (1 / 3)) | 1), (widest - 1) | 1)
    std = np.inf
    while window <= widest:
        kernel = _kernel(window)
        middle = np.correlate(y, kernel.place, mode="valid") / kernel.square
        std = noise / math.sqrt(kernel.square) / typical
        steep = middle / (spacing if even else spacing[window // 2 : y.size - window // 2])
        if std < _SLOPE_NOISE * quantile(steep, _STEEP):
            values = _with_ends(y, middle, kernel) / spacing
            break
        window = max(window + 2, int(1.1 * window) | 1)
    else:
        window = min(window, widest | 1)
        values = local_slope(y, window) / spacing
    # a staircase has no negative slope: what there is of it is noise, and slow noise that differences do not see
    negative = values[values < 0]
    if negative.size > 0.1 * values.size:
        std = max(std, -_MAD_TO_STD * median(negative))
    rounding = 1e-9 * float(np.abs(y).max()) / float(x[-1] - x[0])  # a rise of less than this is rounding
    return Slope(values=values, std=std, noise=noise, floor=rounding, window=window)


def prominent_maxima(values: Array, least: float) -> list[int]:
    """Positions of the inner maxima that stand out by at least so much from the higher of the two lowest points that have to
    be passed on the way to anything higher (or to the end); of a flat one, its middle.

    As `scipy.signal.find_peaks`, which takes 0.8 s to be imported.
    """
    turns = (values[1:] != values[:-1]).nonzero()[0]
    first, last = np.concatenate(([0], turns + 1)), np.concatenate((turns, [values.size - 1]))
    runs = values[first]
    up = runs[1:] > runs[:-1]
    # what stands out by so much stands as much above the lowest of all, and so does all that is higher
    high = (up[:-1] & ~up[1:] & (runs[1:-1] - values.min() >= least)).nonzero()[0] + 1
    lowest = np.minimum.reduceat(runs, np.concatenate(([0], high))).tolist()  # before, between and after them
    heights = runs[high].tolist()
    before, after = _passes(heights, lowest[:-1]), _passes(heights[::-1], lowest[:0:-1])[::-1]
    return [
        int(first[run] + last[run]) // 2
        for run, height, left, right in zip(high.tolist(), heights, before, after, strict=True)
        if height - left >= least and height - right >= least
    ]


def _passes(heights: list[float], lowest: list[float]) -> list[float]:
    """The lowest value between each maximum and the last higher one before it, given the lowest just before each."""
    out: list[float] = []
    # what may still be the last higher one, with the lowest value since the one before
    higher: list[tuple[float, float]] = []
    for height, low in zip(heights, lowest, strict=True):
        while higher and higher[-1][0] <= height:
            low = min(low, higher.pop()[1])
        out.append(low)
        higher.append((height, low))
    return out


def find_risers(slope: Slope) -> list[int]:
    """Indices of the prominent maxima of the slope, in order."""
    g = slope.values
    largest = float(g.max())
    if largest <= slope.floor:
        return []
    least = max(_RISER_SIGMA * slope.std, 1e-3 * largest)
    risers = [i - 1 for i in prominent_maxima(np.concatenate(([0.0], g, [0.0])), least)]
    if not risers:
        return []
    steep = dict(zip(risers, g[risers].tolist(), strict=True))
    # local parabolas are four times noisier at the ends: there only what is as steep as other risers counts
    typical = median(np.array(sorted(steep.values())[-3:]))
    half = slope.window // 2
    risers = [i for i in risers if steep[i] > (0.04 if half <= i < g.size - half else _STEEP_END) * typical]
    while len(risers) > 1:
        # two maxima with no deep valley between them are one riser; the shallowest valley goes first
        lowest = np.minimum.reduceat(g, risers).tolist()
        valleys = [low / min(steep[a], steep[b]) for low, (a, b) in zip(lowest, pairwise(risers), strict=False)]
        k = valleys.index(max(valleys))
        if valleys[k] <= _VALLEY:
            break
        risers.pop(k if steep[risers[k]] < steep[risers[k + 1]] else k + 1)
    return risers


def heights_of(y: Array, slope: Slope, risers: Sequence[int]) -> Array:
    """Height of each riser: level at the flattest point above minus the one below."""
    edges = [0, *risers, y.size - 1]
    flats = [a + int(slope.values[a : b + 1].argmin()) for a, b in pairwise(edges)]
    levels = [sum(near) / len(near) for near in (y[max(0, i - 1) : i + 2].tolist() for i in flats)]
    return np.array([above - below for below, above in pairwise(levels)])


def _open(beyond: Array, own: float) -> bool:
    """Whether the curve starts or ends on a riser: its slope does not fall beyond it."""
    return bool(beyond.min() > _OPEN_END * own)


def drop_small_rises(x: Array, y: Array, slope: Slope, risers: list[int]) -> tuple[list[int], list[int]]:
    """Risers whose rise is far below the typical one are structure on a plateau; returned as sub-steps when large."""
    sub_steps: list[int] = []
    risers = list(risers)
    while len(risers) > 1:
        rises = heights_of(y, slope, risers)
        typical = median(np.sort(rises)[-max(2, (rises.size + 1) // 2) :])
        # a curve that starts or ends on a riser shows only a part of that rise, which says nothing about its size
        complete = rises.copy()
        seen = _RISER_SIGMA * np.sqrt(2 / 3) * slope.noise  # of a difference of two means of three readings
        if rises[0] > max(seen, 0.1 * typical) and _open(slope.values[: risers[0] + 1], slope.values[risers[0]]):
            complete[0] = np.inf
        if rises.size > 2 and rises[-1] > seen and _open(slope.values[risers[-1] :], slope.values[risers[-1]]):
            complete[-1] = np.inf
        k = int(np.argmin(complete))
        if complete[k] >= _SMALL_RISE * typical:
            break
        below, above = risers[k - 1] if k else None, risers[k + 1] if k + 1 < len(risers) else None
        if complete[k] > 0.1 * typical:
            # a shoulder: between this riser and the neighbour that it belongs to
            partner = above if below is None or (above is not None and rises[k + 1] < rises[k - 1]) else below
            if partner is not None:
                a, b = sorted((risers[k], partner))
                sub_steps.append(a + int(np.argmin(slope.values[a : b + 1])))
        risers.pop(k)
    return risers, sub_steps
