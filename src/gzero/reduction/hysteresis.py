"""How far two sweeps over the same settings lie apart: along x, and along y, with no model of the curve.

The second curve is the first one displaced: y_2(x + dx) = y_1(x) + dy. Both are found together from

    y_1(x) - y_2(x + dx) + dy = 0,   weighted once by the common slope, once by one

which is the least squares fit of dx and dy to first order: risers tell dx, plateaus dy. Nothing but the slope is
smoothed, and a smoothed slope that is a little wrong costs precision, not truth. On a curve without plateaus, whose
slope hardly varies, the two can scarcely be told apart: unless dy stands out there, dx is that of dy = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.reduction.noise import white_noise
from gzero.reduction.risers import local_slope

#: A displacement by more than this many of its standard uncertainties stands out.
BEYOND = 3.0

_FEWEST = 16  # common readings
_LEAST_OVERLAP = 0.5  # of the shorter curve, after a displacement
_TRIALS = 200  # displacements tried before the fit
_ROUNDS = 20
_CONSTANT = 1e-6  # of the largest slope
_CONVERGED = 0.05  # of a standard uncertainty
_EXACT = 1e-9  # of the extent of a curve, for curves without noise
_STRETCHES = 12  # that the residuals are summed over, for an uncertainty that knows of their correlation
_STEEP = 6.0  # noises of the slope: what a riser has at least
_SLOPE_NOISE = 0.04  # of the steep part
_EVEN = 0.6  # share of the mean square slope that its mean makes, from which there are no plateaus: 0.45 with, 0.75 on a ramp


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """The second curve over the first one.

    Parameters
    ----------
    along_x, along_x_std : how much further the second curve has the same features [unit of x].
    along_y, along_y_std : how much higher it lies at the same features, on the mean of all common readings [unit of y].
    """

    along_x: float
    along_x_std: float
    along_y: float
    along_y_std: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """Two curves over common settings, the smoothed slope of each, and the extent of the shorter one."""

    first: Curve
    second: Curve
    slopes: tuple[NDArray[np.float64], NDArray[np.float64]]
    shorter: float


def displacement(first: Curve, second: Curve) -> Displacement | None:
    """How far the second curve lies from the first one; None where they share too little, or no riser.

    Parameters
    ----------
    first, second : curves over the same quantity, in the same units.

    The standard uncertainties are the larger of two: that of residuals with the correlation that follows from their
    lag-one autocorrelation, and that of residuals which go together over a twelfth of the curve (the sandwich estimator
    of White 1980, doi 10.2307/1912934, in stretches). Slow noise, and risers that move unlike each other, widen them.
    """
    low, high = max(first.x[0], second.x[0]), min(first.x[-1], second.x[-1])
    shorter = float(min(np.ptp(first.x), np.ptp(second.x)))
    if high - low < _LEAST_OVERLAP * shorter:
        return None
    slopes = _slope(first), _slope(second)
    if slopes[0] is None or slopes[1] is None:
        return None
    pair = _Pair(first=first, second=second, slopes=(slopes[0], slopes[1]), shorter=shorter)
    guess = _first_guess(first, second, shorter)
    both = _fit(pair, guess, free_y=True)
    even = float(np.mean(slopes[0])) ** 2 / float(np.mean(slopes[0] ** 2))
    if both is None or even < _EVEN or abs(both.along_y) > BEYOND * both.along_y_std:
        return both
    alone = _fit(pair, guess, free_y=False)
    return both if alone is None else replace(alone, along_y=both.along_y, along_y_std=both.along_y_std)


def _fit(pair: _Pair, guess: float, *, free_y: bool) -> Displacement | None:
    """Newton's steps from the first guess on; None where they leave the common settings or do not come to rest."""
    first, second = pair.first, pair.second
    along = np.array([guess, 0.0][: 1 + free_y])
    for _ in range(_ROUNDS):
        x = first.x[(first.x + along[0] >= second.x[0]) & (first.x + along[0] <= second.x[-1])]
        if x.size < _FEWEST or np.ptp(x) < _LEAST_OVERLAP * pair.shorter:
            return None
        there = x + along[0]
        residual = np.interp(x, first.x, first.y) - np.interp(there, second.x, second.y) + (along[1] if free_y else 0.0)
        slope = (np.interp(x, first.x, pair.slopes[0]) + np.interp(there, second.x, pair.slopes[1])) / 2
        if np.ptp(slope) <= _CONSTANT * float(np.abs(slope).max()):
            return None  # a straight line lies as well displaced along y as along x
        design = np.column_stack((slope, -np.ones_like(x))) if free_y else slope[:, None]
        normal = np.linalg.inv(design.T @ design)
        move = normal @ (design.T @ residual)
        std = np.sqrt(_variances(design, normal, residual - design @ move))
        along = along + move
        if abs(move[0]) <= max(_CONVERGED * std[0], _EXACT * pair.shorter):
            y, y_std = (float(along[1]), float(std[1])) if free_y else (0.0, 0.0)
            return Displacement(along_x=float(along[0]), along_x_std=float(std[0]), along_y=y, along_y_std=y_std)
    return None


def _variances(
    design: NDArray[np.float64], normal: NDArray[np.float64], residual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variances of the displacements: the larger of evenly correlated residuals and of residuals in stretches."""
    n, free, squares = residual.size, design.shape[1], float(residual @ residual)
    rho = min(max(float(residual[1:] @ residual[:-1]) / squares, 0.0), 0.98) if squares > 0 else 0.0
    even = np.diag(normal) * squares / (n - free) * (1 + rho) / (1 - rho)
    edges = np.linspace(0, n, _STRETCHES + 1).astype(int)[:-1]
    scores = np.add.reduceat(design * residual[:, None], edges, axis=0)
    stretches = np.diag(normal @ (scores.T @ scores) @ normal) * _STRETCHES / (_STRETCHES - free)
    return np.asarray(np.maximum(even, stretches))


def _first_guess(first: Curve, second: Curve, shorter: float) -> float:
    """The displacement along x with the smallest mean square difference, of as many as there may be."""
    best, least = 0.0, np.inf
    reach = (1 - _LEAST_OVERLAP) * shorter
    for trial in np.linspace(-reach, reach, 2 * (_TRIALS // 2) + 1):
        x = first.x + trial
        inside = (x >= second.x[0]) & (x <= second.x[-1])
        if inside.sum() < _FEWEST or np.ptp(x[inside]) < _LEAST_OVERLAP * shorter:
            continue
        square = float(np.mean((first.y[inside] - np.interp(x[inside], second.x, second.y)) ** 2))
        if square < least:
            best, least = float(trial), square
    return best


def _slope(curve: Curve) -> NDArray[np.float64] | None:
    """dy/dx over the narrowest window that leaves the steep part standing out of the noise; None where nothing does."""
    noise = white_noise(curve.y)
    step = float(np.median(np.diff(curve.x)))
    spacing = np.maximum(local_slope(curve.x, 5), 1e-3 * step)
    widest = max(7, curve.x.size // 6) | 1
    window = 5
    while True:
        std = noise / float(np.linalg.norm(np.arange(window) - window // 2)) / step
        values = local_slope(curve.y, window) / spacing
        steep = float(np.percentile(np.abs(values), 95))
        if std < _SLOPE_NOISE * steep or window >= widest:
            break
        window = min(max(window + 2, int(1.1 * window) | 1), widest)
    return (
        np.asarray(values)
        if steep > max(_STEEP * std, 1e-9 * float(np.abs(curve.y).max()) / float(np.ptp(curve.x)))
        else None
    )
