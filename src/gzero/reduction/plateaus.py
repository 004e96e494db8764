"""Plateaus of a staircase without a model: risers are prominent maxima of dy/dx, plateaus the flat stretches between.

A plateau's index is the number of risers below it, counted from pinch-off, and never the nearest integer of its level:
rounding would make every set of levels look quantized.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.reduction.noise import correlation_length, white_noise
from gzero.reduction.plateau import Plateau

# A riser must stand out of the slope's noise by this many standard deviations, and the slope must fall to less than
# half of the smaller neighbour between two risers (half maximum: the resolution criterion of two peaks).
_SLOPE_NOISE = 0.04  # of the steep part: the narrowest window that gets there leaves the risers least washed out
_RISER_SIGMA = 6.0
_VALLEY = 0.5
_STEEP_END = 0.15
# A rise below this share of the typical one is structure on a plateau (a resonance, the 0.7 structure), not a riser.
_SMALL_RISE = 0.42
# The flat window: slopes up to this share of the neighbouring riser's; its alternatives give the window's uncertainty.
_WINDOW = 0.15
_WINDOWS = (0.07, 0.15, 0.30)
# More than this change across riser-to-riser distance, in rises, and a stretch is no plateau.
NOT_A_PLATEAU = 0.5
# A plateau counts as flat up to this share, within the noise of its slope; where that is larger it cannot be told.
FLAT = 0.25


def is_flat(plateau: Plateau) -> bool:
    """Whether a plateau qualifies as flat."""
    return plateau.flatness <= FLAT + plateau.flatness_std and plateau.flatness_std <= FLAT


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staircase:
    """What the slope of a curve shows.

    Parameters
    ----------
    plateaus : in order of conductance; `index` counts risers from the lowest conductance in the data.
    baseline : level below the first riser [unit of y]; None where the curve starts on a riser or above one.
    pinched_off : whether the curve reaches zero conductance within a tenth of a rise, so that the count is a count.
    risers : x of the steepest points, in order of conductance [unit of x].
    noise : standard deviation of one reading [unit of y], and its correlation length in readings.
    sub_steps : level and x of structures that were too small for a riser ("0.7 structure"), [unit of y, of x].
    smoothing : width of the window of the slope, in readings.
    descending : whether conductance falls with x.
    """

    plateaus: tuple[Plateau, ...]
    baseline: float | None
    pinched_off: bool
    risers: tuple[float, ...]
    noise: float
    correlation_length: float
    sub_steps: tuple[tuple[float, float], ...]
    smoothing: int
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Slope:
    """dy/dx of an ascending curve, the noise of that slope and of one reading, its rounding, and its window."""

    values: NDArray[np.float64]
    std: float
    noise: float
    floor: float
    window: int


def find_staircase(curve: Curve) -> Staircase:
    """Risers, plateaus and noise of one curve.

    Parameters
    ----------
    curve : conductance over gate voltage (or any other abscissa), either direction.

    Returns
    -------
    Staircase; without risers it has no plateaus, which is an answer and no error.
    """
    descending = bool(np.mean(curve.y[: max(2, len(curve) // 5)]) > np.mean(curve.y[-max(2, len(curve) // 5) :]))
    x = -curve.x[::-1] if descending else curve.x
    y = curve.y[::-1] if descending else curve.y
    noise = white_noise(y)
    slope = _slope(x, y, noise)
    risers = _risers(slope)
    risers, sub_steps = _drop_small_rises(x, y, slope, risers)
    stretches = _stretches(y, slope, risers)
    pieces = [_detrended(x[lo : hi + 1], y[lo : hi + 1]) for lo, hi in stretches if hi - lo >= 4]
    if curve.y_std is not None:
        noise = float(np.median(curve.y_std))
    elif noise == 0.0 and pieces:
        noise = float(np.sqrt(np.mean(np.concatenate(pieces) ** 2)))
    length = correlation_length(pieces)
    sign = -1.0 if descending else 1.0
    plateaus = tuple(
        _plateau(x, y, slope, risers, k, stretches[k], noise=noise, length=length, sign=sign)
        for k in range(1, len(stretches))
    )
    baseline, pinched = _baseline(y, risers, stretches, plateaus)
    return Staircase(
        plateaus=tuple(p for p in plateaus if p.points >= 3 and p.flatness < NOT_A_PLATEAU),
        baseline=baseline,
        pinched_off=pinched,
        risers=tuple(float(sign * x[r]) for r in risers),
        noise=noise,
        correlation_length=length,
        sub_steps=tuple((float(y[i]), float(sign * x[i])) for i in sub_steps),
        smoothing=slope.window,
        descending=descending,
    )


def _slope(x: NDArray[np.float64], y: NDArray[np.float64], noise: float) -> _Slope:
    """dy/dx by local parabolas over the narrowest window whose noise leaves the risers standing out.

    Savitzky and Golay 1964, doi 10.1021/ac60214a047. Uneven settings are handled by dividing by the local step.
    """
    from scipy.signal import savgol_coeffs, savgol_filter

    spacing = savgol_filter(x, 5, 2, deriv=1, mode="interp")
    spacing = np.maximum(spacing, np.median(np.diff(x)) * 1e-3)
    typical = float(np.median(spacing))
    window, values, std = 5, np.gradient(y, x), np.inf
    widest = max(6, y.size // 6)
    while window <= widest:
        std = noise * float(np.linalg.norm(savgol_coeffs(window, 2, deriv=1))) / typical
        values = savgol_filter(y, window, 2, deriv=1, mode="interp") / spacing
        if std < _SLOPE_NOISE * float(np.percentile(values, 95)):
            break
        window = max(window + 2, int(1.1 * window) | 1)
    window = min(window, widest | 1)
    rounding = 1e-9 * float(np.abs(y).max()) / float(np.ptp(x))  # a rise of less than this is rounding
    return _Slope(values=np.asarray(values), std=std, noise=noise, floor=rounding, window=window)


def _risers(slope: _Slope) -> list[int]:
    """Indices of the prominent maxima of the slope, in order."""
    from scipy.signal import find_peaks

    g = slope.values
    if g.max() <= slope.floor:
        return []
    found, _ = find_peaks(np.concatenate(([0.0], g, [0.0])), prominence=max(_RISER_SIGMA * slope.std, 1e-3 * g.max()))
    risers = [int(i) - 1 for i in found]
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


def _rises(y: NDArray[np.float64], slope: _Slope, risers: Sequence[int]) -> NDArray[np.float64]:
    """Height of each riser: level at the flattest point above minus the one below."""
    edges = [0, *risers, y.size - 1]
    flats = [a + int(np.argmin(slope.values[a : b + 1])) for a, b in pairwise(edges)]
    return np.diff([y[max(0, i - 1) : i + 2].mean() for i in flats])


def _drop_small_rises(
    x: NDArray[np.float64], y: NDArray[np.float64], slope: _Slope, risers: list[int]
) -> tuple[list[int], list[int]]:
    """Risers whose rise is far below the typical one are structure on a plateau; returned as sub-steps when large."""
    sub_steps: list[int] = []
    risers = list(risers)
    while len(risers) > 1:
        rises = _rises(y, slope, risers)
        typical = float(np.median(np.sort(rises)[-max(2, (rises.size + 1) // 2) :]))
        # a curve that starts or ends on a riser shows only a part of that rise, which says nothing about its size
        complete = rises.copy()
        if rises.size > 2:
            complete[-1] = np.inf
        seen = _RISER_SIGMA * np.sqrt(2 / 3) * slope.noise  # of a difference of two means of three readings
        if (
            rises[0] > max(seen, 0.1 * typical)
            and slope.values[: risers[0] + 1].min() > _WINDOW * slope.values[risers[0]]
        ):
            complete[0] = np.inf
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


def _stretches(y: NDArray[np.float64], slope: _Slope, risers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last index of the flat window of each stretch: below the first riser, between risers, above the last."""
    edges = [0, *risers, y.size - 1]
    return [_window(slope, a, b, risers, _WINDOW) for a, b in pairwise(edges)]


def _window(slope: _Slope, a: int, b: int, risers: Sequence[int], share: float) -> tuple[int, int]:
    """The flat window between a and b: readings around the flattest point whose slope stays below the threshold."""
    g = slope.values
    bounds = [g[i] for i in (a, b) if i in risers]
    reference = min(bounds) if bounds else float(g.max())
    flattest = a + int(np.argmin(np.abs(g[a : b + 1])))
    floor = max(abs(float(g[flattest])), 2 * slope.std)
    threshold = floor + share * max(reference - floor, 0.0)
    calm = np.abs(g[a : b + 1]) <= threshold
    lo = hi = flattest - a
    while lo > 0 and calm[lo - 1]:
        lo -= 1
    while hi < calm.size - 1 and calm[hi + 1]:
        hi += 1
    return a + lo, a + hi


def _detrended(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals about the straight line."""
    return np.asarray(y - np.polyval(np.polyfit(x - x.mean(), y, 1), x - x.mean()))


def _plateau(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    slope: _Slope,
    risers: Sequence[int],
    k: int,
    window: tuple[int, int],
    *,
    noise: float,
    length: float,
    sign: float,
) -> Plateau:
    """The k-th plateau: mean over its window, noise of that mean, and what the choice of the window changes."""
    lo, hi = window
    a, b = risers[k - 1], (risers[k] if k < len(risers) else y.size - 1)
    n = hi - lo + 1
    level = float(y[lo : hi + 1].mean())
    line = np.polyfit(x[lo : hi + 1] - x[lo : hi + 1].mean(), y[lo : hi + 1], 1) if n >= 3 else np.array([0.0, level])
    spread = float(np.std(_detrended(x[lo : hi + 1], y[lo : hi + 1]), ddof=2)) if n >= 5 else noise
    single = max(noise, spread)
    alternatives = []
    for share in _WINDOWS:
        other = _window(slope, a, b, risers, share)
        alternatives.append(float(y[other[0] : other[1] + 1].mean()))
    across = float(line[0]) * float(x[hi] - x[lo])
    per_slope = _ramp(x, y, slope, risers, k)
    spread_x = float(np.linalg.norm(x[lo : hi + 1] - x[lo : hi + 1].mean()))
    own = abs(float(line[0])) if n >= 3 else abs(float(slope.values[lo : hi + 1].mean()))
    low, high = sorted((sign * float(x[lo]), sign * float(x[hi])))
    return Plateau(
        index=k,
        level=level,
        std_noise=single * float(np.sqrt(min(length, n) / n)),
        std_window=float(np.hypot(across / np.sqrt(12.0), np.std(alternatives))),
        slope=sign * float(line[0]),
        x_low=low,
        x_high=high,
        points=n,
        noise=single,
        correlation_length=length,
        flatness=own * per_slope,
        flatness_std=per_slope * single * float(np.sqrt(min(length, n))) / spread_x if n >= 3 else np.inf,
    )


def _ramp(x: NDArray[np.float64], y: NDArray[np.float64], slope: _Slope, risers: Sequence[int], k: int) -> float:
    """Distance from riser to riser over the rise [1/slope]: a plateau's slope times this is 0 if flat, 1 on a ramp.

    Above the last riser, where nothing bounds the stretch, the distance is that of the last two risers.
    """
    if k < len(risers):
        distance = float(x[risers[k]] - x[risers[k - 1]])
    elif len(risers) > 1:
        distance = float(x[risers[-1]] - x[risers[-2]])
    else:
        distance = float(x[-1] - x[risers[0]])
    rise = float(_rises(y, slope, risers)[k - 1])
    return distance / rise if rise > 0 else np.inf


def _baseline(
    y: NDArray[np.float64], risers: Sequence[int], stretches: Sequence[tuple[int, int]], plateaus: Sequence[Plateau]
) -> tuple[float | None, bool]:
    """Level below the first riser, and whether the curve reaches zero within a tenth of the first rise."""
    if not risers:
        return None, False
    lo, hi = stretches[0]
    level = float(y[lo : hi + 1].mean())
    rise = plateaus[0].level - float(y.min()) if plateaus else float(np.ptp(y))
    # either the flat stretch lies at zero, or the curve ends on a riser that reaches down to it
    lowest = float(np.min(y[: risers[0] + 1]))
    return level, min(abs(level), abs(lowest)) < 0.1 * rise
