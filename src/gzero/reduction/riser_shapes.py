"""The shape of every riser of a curve, between the levels on both sides, with no model of the whole curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.stretches import Stretches, before

Array = NDArray[np.float64]

# The tail that a riser leaves on a plateau is read off its own half of the riser, between these shares of the rise.
_FOOT = (0.07, 0.55)
_SHOULDER = (0.45, 0.93)
_ENDS = [math.log(share / (1 - share)) for share in (*_FOOT, *_SHOULDER)]
_HALVES = 2.5  # largest ratio of a half's width to that of the whole
_FEWEST = 4  # readings of a line
_ROUNDING = 1e-9  # of a logit, along a line: less is arithmetic
_SURE = 0.25  # of the steepness: the most that the noise may leave open


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
        return logistic(self.intercept + self.steepness * x)


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


def logistic(z: Array) -> Array:
    """1/(1 + exp(-z)) [1]."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def shapes_of(
    x: Array,
    y: Array,
    parts: Sequence[tuple[int, int]],
    middles: Sequence[int],
    levels: Sequence[float],
    noise: float,
    near: Sequence[Riser] = (),
) -> list[Riser]:
    """The shapes of risers between the levels on both sides, by regression of the logit on x (Berkson 1944,
    doi 10.1080/01621459.1944.10500699), weighted by what a reading's noise does to it.

    Parameters
    ----------
    x, y : the curve, n readings.
    parts : of each riser the first and the last reading, from the plateau below to the one above.
    middles : of each riser the position of the steepest reading.
    levels : below the first riser, and above each [unit of y].
    noise : standard deviation of one reading [unit of y].
    near : their shapes under levels that were nearly these; the halves are then sought where they have them.
    """
    seen = _seen(y, parts, middles, levels, noise)
    rises = [rise for _, rise, _ in seen.scales]
    wholes = [riser.whole if riser.foot.u.size else None for riser in near] or [None] * len(middles)
    new = [k for k, whole in enumerate(wholes) if whole is None]
    for k, line in zip(new, _logit_lines(x, y, seen, new, [seen.runs[k] for k in new], noise), strict=True):
        wholes[k] = line
    known = [(k, whole) for k, whole in enumerate(wholes) if whole is not None and rises[k] > 0]
    # halves are bounded by x, as bounds on noisy u would choose the readings by their noise
    lines = [(whole.position, whole.width) for _, whole in known]
    ends = x.searchsorted([position + width * end for position, width in lines for end in _ENDS]).tolist()
    runs = [seen.runs[k] for k, _ in known for _ in range(2)]
    bounds = [
        (max(first, run[0]), min(last, run[1])) for first, last, run in zip(ends[::2], ends[1::2], runs, strict=True)
    ]
    halves = iter(_logit_lines(x, y, seen, [k for k, _ in known for _ in range(2)], bounds, noise))
    out = {
        k: Riser(rise=rises[k], whole=whole, foot=_like(whole, next(halves)), shoulder=_like(whole, next(halves)))
        for k, whole in known
    }
    return [out[k] if k in out else _jump(x, middle, rises[k]) for k, middle in enumerate(middles)]


def _jump(x: Array, middle: int, rise: float) -> Riser:
    """A riser too sharp, or too noisy, to have a shape: it is taken to pass within a few readings."""
    spacing = float(x[-1] - x[0]) / (x.size - 1)
    half = Half(intercept=-4 * float(x[middle]) / spacing, steepness=4 / spacing)
    return Riser(rise=max(rise, 0.0), whole=half, foot=half, shoulder=half)


def _like(whole: Half, half: Half | None) -> Half:
    """A half, or the whole in its place: a half that has nothing of the whole is noise, not asymmetry."""
    return half if half is not None and 1 / _HALVES < half.width / whole.width < _HALVES else whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """What is seen of risers between two levels each.

    Parameters
    ----------
    scales : of each the level below and the rise [unit of y], and the share of the rise that is no more than noise.
    runs : readings on the riser, from the last one that is down to before the first one that is up.
    """

    scales: Sequence[tuple[float, float, float]]
    runs: Sequence[tuple[int, int]]


def _seen(
    y: Array, parts: Sequence[tuple[int, int]], middles: Sequence[int], levels: Sequence[float], noise: float
) -> _Seen:
    scales, runs = [], []
    for (first, last), middle, (below, above) in zip(parts, middles, pairwise(levels), strict=True):
        rise = above - below
        cut = max(_FOOT[0], 4 * noise / rise) if rise > 0 else math.inf
        start = stop = middle
        if rise > 0:
            u = (y[first : last + 1] - below) / rise
            core = middle - first
            start = middle - before((u[:core] <= cut)[::-1])
            stop = middle + before(u[core:] >= 1 - cut)
        scales.append((below, rise, cut))
        runs.append((start, stop))
    return _Seen(scales=scales, runs=runs)


def _logit_lines(
    x: Array, y: Array, seen: _Seen, risers: Sequence[int], runs: Sequence[tuple[int, int]], noise: float
) -> list[Half | None]:
    """The lines through the logits of runs of readings, each on one of the risers; None where the readings are too few,
    do not rise, or leave the steepness unknown."""
    lines: list[Half | None] = [None] * len(runs)
    # where the noise is half of the rise no share is told from another
    usable = [
        i
        for i, (k, (first, stop)) in enumerate(zip(risers, runs, strict=True))
        if stop - first >= _FEWEST and seen.scales[k][2] < 2
    ]
    if not usable:
        return lines
    here = Stretches.over([runs[i] for i in usable])
    of, at = here.of, here.readings(x)
    below, rise, cut = np.array([seen.scales[risers[i]] for i in usable]).T
    u = (here.readings(y) - below[of]) / rise[of]
    least, most = (cut / 4)[of], (1 - cut / 4)[of]
    share = np.minimum(np.maximum(u, least), most)
    line = _line(at, np.log(share / (1 - share)), share * (1 - share), here)
    # readings that are all the same have a steepness of either sign by rounding
    rising = line.steepness * (at[here.stops - 1] - at[here.starts]) > _ROUNDING
    # about that line, with weights that are free of the readings' own noise: a step of least squares on u
    z = line.height[of] + line.steepness[of] * line.away
    share = np.minimum(np.maximum(logistic(z), least), most)
    spread = share * (1 - share)
    line = _line(at, z + (u - share) / spread, spread, here)
    response = np.array((line.by_height - line.centre[of] * line.by_slope, line.by_slope)) / (spread * rise[of])
    std = noise * np.sqrt(here.sums(response[1] ** 2))
    sure = rising & (std < _SURE * line.steepness)
    found = sure, line.height - line.steepness * line.centre, line.steepness, here.starts, here.stops
    for i, good, intercept, steepness, start, stop in zip(usable, *(values.tolist() for values in found), strict=True):
        if good:
            own = slice(start, stop)
            lines[i] = Half(
                intercept=intercept, steepness=steepness, first=runs[i][0], response=response[:, own], u=share[own]
            )
    return lines


class _Line(NamedTuple):
    """Straight lines through stretches: their height at a centre, steepness, and the weights of the readings in both; of
    every reading x away from the centre."""

    centre: Array
    away: Array
    height: Array
    steepness: Array
    by_height: Array
    by_slope: Array


def _line(at: Array, z: Array, spread: Array, here: Stretches) -> _Line:
    """z against x in every stretch, weighted by spread^2, with spread = dshare/dz: the noise of z is that of the share
    over it."""
    of, weight = here.of, spread * spread
    total = here.sums(weight)
    by_height = weight / total[of]
    centre = here.sums(by_height * at)
    away = at - centre[of]
    by_slope = weight * away
    by_slope /= here.sums(by_slope * away)[of]
    return _Line(centre, away, here.sums(by_height * z), here.sums(by_slope * z), by_height, by_slope)
