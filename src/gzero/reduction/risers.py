"""Risers: the prominent maxima of dy/dx, with no model of the whole curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.averages import median, medians, quantiles

Array = NDArray[np.float64]

# A riser must stand out of the slope's noise by this many standard deviations, and the slope must fall to less than
# half of the smaller neighbour between two risers (half maximum: the resolution criterion of two peaks).
_STEEP = 0.95  # share of the readings whose slope is below that of the steep part
_SLOPE_NOISE = 0.04  # of the steep part: the narrowest window that gets there leaves the risers least washed out
_RISER_SIGMA = 6.0
_VALLEY = 0.5
_STEEP_END = 0.15
_MAD_TO_STD = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slopes:
    """dy/dx of ascending curves of one length, one a row.

    Parameters
    ----------
    values : shape (curves, n) [unit of y per unit of x].
    std : noise of that slope, and `noise` of one reading, shape (curves,) [unit of y per unit of x, unit of y].
    floor : a slope of less is rounding, shape (curves,).
    windows : readings in the window of each curve, shape (curves,).
    """

    values: Array
    std: Array
    noise: Array
    floor: Array
    windows: NDArray[np.int64]


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
    the last parabola. Shape (..., n), n >= window, an odd number.

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. The slope of a parabola in the middle of its window is that of a
    straight line, so that it takes one correlation; `scipy.signal` has it as well and takes 0.8 s to be imported.
    """
    kernel, rows = _kernel(window), y.reshape(-1, y.shape[-1])
    return _with_ends(rows, _correlated(rows, kernel), kernel).reshape(y.shape)


def _correlated(y: Array, kernel: _Kernel) -> Array:
    """The slopes in the middle of windows, shape (curves, n - window + 1)."""
    curves, n = y.shape
    window = kernel.place.size
    out = np.empty((curves, n))
    # of curves laid end to end; those of windows that reach into the next one are left out
    out.reshape(-1)[: y.size - window + 1] = np.correlate(y.reshape(-1), kernel.place, mode="valid")
    return out[:, : n - window + 1] / kernel.square


def _with_ends(y: Array, middle: Array, kernel: _Kernel) -> Array:
    """The slopes in the middle of windows, and before and behind them those of the first and of the last parabola."""
    n, window = y.shape[1], kernel.place.size
    half = window // 2
    start, end = (
        2 * np.array([kernel.curvature.dot(row) for row in rows])[:, None] for rows in (y[:, :window], y[:, -window:])
    )
    out = np.empty(y.shape)
    out[:, half : n - half] = middle
    out[:, :half] = middle[:, :1] + start * kernel.place[:half]
    out[:, n - half :] = middle[:, -1:] + end * kernel.place[half + 1 :]
    return out


def slopes_of(x: Array, y: Array, noise: Array) -> Slopes:
    """dy/dx by local parabolas over the narrowest window whose noise leaves the risers standing out.

    Parameters
    ----------
    x, y : ascending curves, shape (curves, n).
    noise : standard deviation of one reading of each, shape (curves,).

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. Uneven settings are handled by dividing by the local step.
    """
    n = y.shape[1]
    steps = x[:, 1:] - x[:, :-1]
    typical = medians(steps)
    spacing = _spacing(x, steps, typical)
    steepest = quantiles(np.abs(y[:, 1:] - y[:, :-1]) / steps, _STEEP)
    widest = max(6, n // 6)
    waiting: dict[int, list[int]] = {}
    noises, typicals = noise.tolist(), typical.tolist()
    for row, seen in enumerate(zip(noises, typicals, steepest.tolist(), strict=True)):
        waiting.setdefault(_least_window(*seen, widest), []).append(row)
    values, std, windows = np.empty(y.shape), np.empty(noise.size), np.empty(noise.size, dtype=np.int64)
    while waiting:
        tried = min(waiting)
        rows, window = sorted(waiting.pop(tried)), min(tried, widest | 1)
        own_y, own_spacing = _rows(y, rows), _rows(spacing, rows)
        kernel, half = _kernel(window), window // 2
        middle = _correlated(own_y, kernel)
        found = list(range(len(rows)))
        if tried <= widest:  # of wider ones there are none
            steep = quantiles(middle / own_spacing[:, half : n - half], _STEEP).tolist()
            of_slopes = [noises[row] / math.sqrt(kernel.square) / typicals[row] for row in rows]
            std[rows] = of_slopes
            found = [i for i, own in enumerate(of_slopes) if own < _SLOPE_NOISE * steep[i]]
            if len(found) < len(rows):
                wider = min(max(window + 2, int(1.1 * window) | 1), widest + 1)
                left = set(range(len(rows))).difference(found)
                waiting.setdefault(wider, []).extend(rows[i] for i in left)
        if found:
            settled = [rows[i] for i in found]
            values[settled] = _with_ends(_rows(own_y, found), _rows(middle, found), kernel) / _rows(own_spacing, found)
            windows[settled] = window
    rounding = (
        1e-9 * np.maximum.reduce(np.abs(y), axis=1) / (x[:, -1] - x[:, 0])
    )  # a rise of less than this is rounding
    return Slopes(values=values, std=_with_slow_noise(values, std), noise=noise, floor=rounding, windows=windows)


def _rows(values: Array, rows: list[int]) -> Array:
    """Some of the rows, in order, or all of them as they are."""
    return values if len(rows) == len(values) else values[rows]


def _spacing(x: Array, steps: Array, typical: Array) -> Array:
    """The local step of x, shape (curves, n), one number where all steps of a curve are the same."""
    uneven = (
        np.maximum.reduce(steps, axis=1) - np.minimum.reduce(steps, axis=1) >= 1e-6 * np.abs(steps[:, 0])
    ).nonzero()[0]
    out = steps[:, :1].repeat(x.shape[1], axis=1)
    if uneven.size:
        out[uneven] = local_slope(x[uneven], 5)
    return np.asarray(np.maximum(out, typical[:, None] * 1e-3, out=out))


def _least_window(noise: float, typical: float, steepest: float, widest: int) -> int:
    """A bound from below on the window that is needed: the steepest that any window sees is that of neighbours."""
    needed = noise / (typical * _SLOPE_NOISE * steepest) if steepest > 0 else 0.0
    return min(max(5, int((12 * needed**2) ** (1 / 3)) | 1), (widest - 1) | 1)


def _with_slow_noise(values: Array, std: Array) -> Array:
    """The noise of slopes as their scatter shows it, where that is more: a staircase has no negative slope, so that what
    there is of it is noise, and slow noise that differences do not see."""
    out = std.copy()
    below = values < 0
    for row in (np.count_nonzero(below, axis=1) > 0.1 * values.shape[1]).nonzero()[0].tolist():
        out[row] = max(out[row], -_MAD_TO_STD * median(values[row, below[row]]))
    return out


def prominent_maxima(values: Array, least: Array) -> list[list[int]]:
    """Positions of the inner maxima that stand out by at least so much from the higher of the two lowest points that have to
    be passed on the way to anything higher (or to the end); of a flat one, its middle.

    Parameters
    ----------
    values : of curves of one length, shape (curves, n).
    least : of each curve, shape (curves,).

    As `scipy.signal.find_peaks`, which takes 0.8 s to be imported.
    """
    curves, n = values.shape
    turns = np.ones(values.shape, dtype=bool)
    np.not_equal(values[:, 1:], values[:, :-1], out=turns[:, 1:])
    first = turns.reshape(-1).nonzero()[0]
    runs, curve = values.reshape(-1)[first], first // n
    begins = first == curve * n
    up, down = np.zeros((2, runs.size + 1), dtype=bool)
    np.greater(runs[1:], runs[:-1], out=up[1:-1])
    np.less(runs[1:], runs[:-1], out=down[1:-1])
    up[:-1][begins] = down[:-1][begins] = False  # from one curve to the next
    # what stands out by so much stands as much above the lowest of all, and so does all that is higher
    high = up[:-1] & down[1:] & (runs - np.minimum.reduce(values, axis=1)[curve] >= least[curve])
    cuts = (begins | high).nonzero()[0]
    lowest = np.minimum.reduceat(runs, cuts).tolist()  # of each curve before, between and after them
    maxima = high.nonzero()[0]
    middles = ((first[maxima] + first[maxima + 1] - 1) // 2 - curve[maxima] * n).tolist()
    heights, counts = runs[maxima].tolist(), np.bincount(curve[maxima], minlength=curves).tolist()
    out, done = [], 0
    for row, (count, stand_out) in enumerate(zip(counts, least.tolist(), strict=True)):
        own = slice(done, done + count)
        out.append(_prominent(heights[own], lowest[done + row : done + row + count + 1], middles[own], stand_out))
        done += count
    return out


def _prominent(heights: list[float], lowest: list[float], middles: list[int], least: float) -> list[int]:
    """Those of the maxima of one curve that stand out by so much, given the lowest before, between and after them."""
    before, after = _passes(heights, lowest[:-1]), _passes(heights[::-1], lowest[:0:-1])[::-1]
    return [
        middle
        for middle, height, left, right in zip(middles, heights, before, after, strict=True)
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


def find_risers(slopes: Slopes) -> list[list[int]]:
    """Of each curve the indices of the prominent maxima of its slope, in order."""
    curves, n = slopes.values.shape
    padded = np.zeros((curves, n + 2))
    padded[:, 1:-1] = slopes.values
    largest = np.maximum.reduce(slopes.values, axis=1)
    least = np.maximum(_RISER_SIGMA * slopes.std, 1e-3 * largest)
    least[largest <= slopes.floor] = np.inf  # nothing but rounding
    maxima = prominent_maxima(padded, least)
    halves = (slopes.windows // 2).tolist()
    return [
        _resolved(g, [i - 1 for i in found], half) for g, found, half in zip(slopes.values, maxima, halves, strict=True)
    ]


def _resolved(g: Array, risers: list[int], half: int) -> list[int]:
    """Those of the prominent maxima of a slope that are steep enough, and told apart by deep valleys.

    Parameters
    ----------
    half : readings before and behind the middle of the window of the slope.
    """
    if not risers:
        return []
    steep = dict(zip(risers, g[risers].tolist(), strict=True))
    # local parabolas are four times noisier at the ends: there only what is as steep as other risers counts
    typical = median(np.array(sorted(steep.values())[-3:]))
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
