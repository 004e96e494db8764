"""Risers: the prominent maxima of dy/dx, and the shape of each, with no model of the whole curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A riser must stand out of the slope's noise by this many standard deviations, and the slope must fall to less than
# half of the smaller neighbour between two risers (half maximum: the resolution criterion of two peaks).
_SLOPE_NOISE = 0.04  # of the steep part: the narrowest window that gets there leaves the risers least washed out
_RISER_SIGMA = 6.0
_VALLEY = 0.5
_STEEP_END = 0.15
# A rise below this share of the typical one is structure on a plateau (a resonance, the 0.7 structure), not a riser.
_SMALL_RISE = 0.42
_OPEN_END = 0.15  # of an end riser's slope: a curve whose slope does not fall to this beyond it starts or ends on it
# The tail that a riser leaves on a plateau is read off its own half of the riser, between these shares of the rise.
_FOOT = (0.07, 0.55)
_SHOULDER = (0.45, 0.93)
_MAD_TO_STD = 1.4826  # of a normal distribution
_HALVES = 2.5  # largest ratio of a half's width to that of the whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Half:
    """The logistic through one half of a riser: logit(u) = intercept + steepness x, with u from 0 below to 1 above.

    Parameters
    ----------
    intercept [1], steepness [1/unit of x] : of the line.
    first : position of its first reading in the curve.
    response : d (intercept, steepness)/d reading, shape (2, m), for the m readings it was made from [1/unit of y].
    u : share of the rise at these readings, shape (m,).
    """

    intercept: float
    steepness: float
    first: int = 0
    response: Array = field(default_factory=lambda: np.zeros((2, 0)))
    u: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def position(self) -> float:
        """Where it passes one half [unit of x]."""
        return -self.intercept / self.steepness

    @property
    def width(self) -> float:
        """Logistic width [unit of x]."""
        return 1 / self.steepness

    def share(self, x: Array) -> Array:
        """u at x [1]."""
        return _share(self.intercept + self.steepness * x)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Riser:
    """One riser of a curve that ascends with x.

    Parameters
    ----------
    rise : level above minus level below [unit of y].
    whole : the logistic through all of it.
    foot, shoulder : its lower and its upper half; the two differ where the riser is asymmetric.
    """

    rise: float
    whole: Half
    foot: Half
    shoulder: Half

    @property
    def x(self) -> float:
        """Where it passes half of its rise [unit of x]."""
        return self.whole.position

    @property
    def width(self) -> float:
        """Logistic width of the whole of it [unit of x]."""
        return self.whole.width


def shape_of(
    x: Array, y: Array, part: slice, middle: int, *, below: float, above: float, noise: float, near: Riser | None = None
) -> Riser:
    """The shape of one riser between the levels on both sides, by regression of the logit on x (Berkson 1944,
    doi 10.1080/01621459.1944.10500699), weighted by what a reading's noise does to it.

    Parameters
    ----------
    x, y : the curve.  part : from the plateau below to the one above.  middle : position of the steepest reading.
    near : its shape under levels that were nearly these; its halves are then sought where it has them.
    """
    rise = above - below
    spacing = float(x[-1] - x[0]) / (x.size - 1)
    jump = Half(intercept=-4 * float(x[middle]) / spacing, steepness=4 / spacing)
    if rise <= 0:
        return Riser(rise=max(rise, 0.0), whole=jump, foot=jump, shoulder=jump)
    u = (y[part] - below) / rise
    cut = max(_FOOT[0], 4 * noise / rise)
    core = middle - part.start
    # the run of readings on the riser: from the last one that is down to the first one that is up
    down, up = np.flatnonzero(u[:core] <= cut), np.flatnonzero(u[core:] >= 1 - cut)
    run = slice(int(down[-1]) + 1 if down.size else 0, core + (int(up[0]) if up.size else u.size - core))
    known = near is not None and near.foot.u.size > 0
    whole = near.whole if near is not None and known else _logit_line(x, u, part.start, run, rise, cut)
    if whole is None or not _sure(whole, noise):
        return Riser(rise=rise, whole=jump, foot=jump, shoulder=jump)

    def between(low: float, high: float) -> Half:
        # bounded by x, as bounds on noisy u would choose the readings by their noise
        ends = [whole.position + whole.width * float(np.log(share / (1 - share))) for share in (low, high)]
        first, last = (int(v) for v in np.searchsorted(x[part], ends))
        half = _logit_line(x, u, part.start, slice(max(first, run.start), min(last, run.stop)), rise, cut)
        # a half that has nothing of the whole is noise, not asymmetry
        usable = half is not None and _sure(half, noise) and 1 / _HALVES < half.width / whole.width < _HALVES
        return half if usable and half is not None else whole

    return Riser(
        rise=rise,
        whole=whole,
        foot=between(*_FOOT),
        shoulder=between(*_SHOULDER),
    )


def _sure(half: Half, noise: float) -> bool:
    """Whether the noise leaves the steepness known to a quarter."""
    return noise * float(np.linalg.norm(half.response[1])) < 0.25 * half.steepness


def _logit_line(x: Array, u: Array, offset: int, run: slice, rise: float, cut: float) -> Half | None:
    """The line through the logits of a run of readings; None where these are too few or do not rise."""
    if run.stop - run.start < 4:
        return None
    at = x[offset + run.start : offset + run.stop]
    seen = u[run]
    share = np.minimum(np.maximum(seen, cut / 4), 1 - cut / 4)
    intercept, steepness, _ = _line(at, np.log(share / (1 - share)), share)
    if not steepness > 0:
        return None
    # about that line, with weights that are free of the readings' own noise: a step of least squares on u
    z = intercept + steepness * at
    share = np.minimum(np.maximum(_share(z), cut / 4), 1 - cut / 4)
    z = z + (seen - share) / (share * (1 - share))
    intercept, steepness, response = _line(at, z, share)
    if not steepness > 0:
        return None
    return Half(intercept=intercept, steepness=steepness, first=offset + run.start, response=response / rise, u=share)


def _line(at: Array, z: Array, share: Array) -> tuple[float, float, Array]:
    """(intercept, steepness, their response to the shares, shape (2, m)) of z against x, weighted by (dshare/dz)^2."""
    spread = share * (1 - share)
    weight = spread**2
    total = float(weight.sum())
    centre = float(weight @ at) / total
    away = at - centre
    by_slope = weight * away / float(weight @ away**2)
    by_intercept = weight / total - centre * by_slope
    rows = np.empty((2, at.size))
    rows[0], rows[1] = by_intercept, by_slope
    rows /= spread
    return float(by_intercept @ z), float(by_slope @ z), rows


def _share(z: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slope:
    """dy/dx of an ascending curve, the noise of that slope and of one reading, its rounding, and its window."""

    values: Array
    std: float
    noise: float
    floor: float
    window: int


def local_slope(y: Array, window: int) -> Array:
    """Derivative per reading of the parabola through each `window` of readings, at its middle; at the ends, of the first and
    the last parabola. Shape (n,), n >= window, an odd number.

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. The slope of a parabola in the middle of its window is that of a
    straight line, so that it takes one correlation; `scipy.signal` has it as well and takes 0.8 s to be imported.
    """
    half = window // 2
    place = np.arange(window, dtype=np.float64) - half
    second, fourth = float(place @ place), float(np.sum(place**4))
    middle = np.correlate(y, place, mode="valid") / second
    # about the middle of a window straight and curved parts are orthogonal, so that each has its own sum
    curvature = (window * place**2 - second) / (window * fourth - second**2)
    start, end = 2 * float(curvature @ y[:window]), 2 * float(curvature @ y[-window:])
    return np.concatenate([middle[0] + start * place[:half], middle, middle[-1] + end * place[half + 1 :]])


def slope_of(x: Array, y: Array, noise: float) -> Slope:
    """dy/dx by local parabolas over the narrowest window whose noise leaves the risers standing out.

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. Uneven settings are handled by dividing by the local step.
    """
    steps = np.diff(x)
    even = float(np.ptp(steps)) < 1e-6 * abs(float(steps[0]))
    spacing = np.full(x.size, steps[0]) if even else local_slope(x, 5)
    typical = float(np.median(steps))
    spacing = np.maximum(spacing, typical * 1e-3)
    widest = max(6, y.size // 6)
    # the steepest that any window sees bounds the one that is needed from below
    steepest = float(np.percentile(np.abs(np.diff(y)) / steps, 95))
    needed = noise / (typical * _SLOPE_NOISE * steepest) if steepest > 0 else 0.0
    window = min(max(5, int((12 * needed**2) ** (1 / 3)) | 1), (widest - 1) | 1)
    std = np.inf
    while window <= widest:
        # the derivative of a local parabola weighs its readings by their distance from the middle
        weights = np.arange(window) - window // 2
        norm = float(np.sqrt(weights @ weights))
        std = noise / norm / typical
        steep = np.correlate(y, weights, mode="valid") / norm**2 / spacing[window // 2 : y.size - window // 2]
        if std < _SLOPE_NOISE * float(np.percentile(steep, 95)):
            break
        window = max(window + 2, int(1.1 * window) | 1)
    window = min(window, widest | 1)
    values = local_slope(y, window) / spacing
    # a staircase has no negative slope: what there is of it is noise, and slow noise that differences do not see
    negative = -values[values < 0]
    if negative.size > 0.1 * values.size:
        std = max(std, _MAD_TO_STD * float(np.median(negative)))
    rounding = 1e-9 * float(np.abs(y).max()) / float(np.ptp(x))  # a rise of less than this is rounding
    return Slope(values=np.asarray(values), std=std, noise=noise, floor=rounding, window=window)


def prominent_maxima(values: Array, least: float) -> list[int]:
    """Positions of the inner maxima that stand out by at least so much from the higher of the two lowest points that have to
    be passed on the way to anything higher (or to the end); of a flat one, its middle.

    As `scipy.signal.find_peaks`, which takes 0.8 s to be imported.
    """
    first = np.flatnonzero(np.concatenate(([True], np.diff(values) != 0)))
    last = np.concatenate((first[1:], [values.size])) - 1
    runs = values[first]
    up = np.sign(np.diff(runs))
    # nothing but the turning points is ever the highest or the lowest on a way
    turns = np.flatnonzero(np.concatenate(([True], up[1:] != up[:-1], [True])))[: runs.size]
    kept = runs[turns].tolist()
    base = np.maximum(_passes(kept), _passes(kept[::-1])[::-1])
    return [
        int(first[turn] + last[turn]) // 2
        for k, turn in enumerate(turns.tolist())
        if 0 < turn < runs.size - 1 and up[turn] < 0 and kept[k] - base[k] >= least
    ]


def _passes(values: list[float]) -> Array:
    """The lowest value between each one and the last higher one before it."""
    out: list[float] = []
    higher: list[
        tuple[float, float]
    ] = []  # what may still be the last higher one, with the lowest value since the one before
    for value in values:
        lowest = value
        while higher and higher[-1][0] <= value:
            lowest = min(lowest, higher.pop()[1])
        out.append(lowest)
        higher.append((value, lowest))
    return np.array(out)


def find_risers(slope: Slope) -> list[int]:
    """Indices of the prominent maxima of the slope, in order."""
    g = slope.values
    if g.max() <= slope.floor:
        return []
    least = max(_RISER_SIGMA * slope.std, 1e-3 * float(g.max()))
    risers = [i - 1 for i in prominent_maxima(np.concatenate(([0.0], g, [0.0])), least)]
    if not risers:
        return []
    # local parabolas are four times noisier at the ends: there only what is as steep as other risers counts
    typical = float(np.median(np.sort(g[risers])[-3:]))
    half = slope.window // 2
    risers = [i for i in risers if g[i] > (0.04 if half <= i < g.size - half else _STEEP_END) * typical]
    while len(risers) > 1:
        # two maxima with no deep valley between them are one riser; the shallowest valley goes first
        valleys = [g[a : b + 1].min() / min(g[a], g[b]) for a, b in pairwise(risers)]
        k = int(np.argmax(valleys))
        if valleys[k] <= _VALLEY:
            break
        risers.pop(k if g[risers[k]] < g[risers[k + 1]] else k + 1)
    return risers


def heights_of(y: Array, slope: Slope, risers: Sequence[int]) -> Array:
    """Height of each riser: level at the flattest point above minus the one below."""
    edges = [0, *risers, y.size - 1]
    flats = [a + int(np.argmin(slope.values[a : b + 1])) for a, b in pairwise(edges)]
    return np.diff([y[max(0, i - 1) : i + 2].mean() for i in flats])


def _open(beyond: Array, own: float) -> bool:
    """Whether the curve starts or ends on a riser: its slope does not fall beyond it."""
    return bool(beyond.min() > _OPEN_END * own)


def drop_small_rises(x: Array, y: Array, slope: Slope, risers: list[int]) -> tuple[list[int], list[int]]:
    """Risers whose rise is far below the typical one are structure on a plateau; returned as sub-steps when large."""
    sub_steps: list[int] = []
    risers = list(risers)
    while len(risers) > 1:
        rises = heights_of(y, slope, risers)
        typical = float(np.median(np.sort(rises)[-max(2, (rises.size + 1) // 2) :]))
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
