"""Plateaus of a staircase without a model of it: risers are prominent maxima of dy/dx, plateaus lie between them.

A plateau's index is the number of risers below it, counted from pinch-off, and never the nearest integer of its level:
rounding would make every set of levels look quantized.

Its level is the mean over the window in which the tails of the two risers beside it are small, with these tails taken
out: what a riser still lacks, or has risen to already, is read off its own nearer half. A mean without that is low on
a plateau that no riser bounds above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.reduction.noise import correlation_length, white_noise
from gzero.reduction.plateau import Change, Plateau, beyond_chance
from gzero.reduction.risers import Riser, Slope, drop_small_rises, find_risers, heights_of, shape_of, slope_of

# The flat window: slopes up to this share of the neighbouring riser's.
_WINDOW = 0.15
# The window of the level: readings where no riser's tail exceeds this share of its rise, within slopes up to the second
# share; the level of the narrower tail tells whether the tails were taken out well.
_TAIL, _CALM = 0.06, 0.35
_NARROW = 0.015
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
    baseline : the stretch below the first riser; None where the curve starts on a riser or above one.
    pinched_off : whether the curve reaches zero conductance within a tenth of a rise, so that the count is a count.
    risers : in order of conductance, x ascending with it: where `descending`, -x of the curve [unit of x].
    noise : standard deviation of one reading [unit of y], and its correlation length in readings.
    sub_steps : level and x of structures that were too small for a riser ("0.7 structure"), [unit of y, of x].
    smoothing : width of the window of the slope, in readings.
    descending : whether conductance falls with x.
    """

    plateaus: tuple[Plateau, ...]
    baseline: Plateau | None
    pinched_off: bool
    risers: tuple[Riser, ...]
    noise: float
    correlation_length: float
    sub_steps: tuple[tuple[float, float], ...]
    smoothing: int
    descending: bool

    def riser_x(self, riser: Riser) -> float:
        """Position of a riser on the axis of the curve [unit of x]."""
        return -riser.x if self.descending else riser.x


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
    slope = slope_of(x, y, noise)
    middles = find_risers(slope)
    middles, sub_steps = drop_small_rises(x, y, slope, middles)
    edges = [0, *middles, y.size - 1]
    calm = [_window(slope, a, b, middles, _WINDOW) for a, b in pairwise(edges)]
    pieces = [_detrended(x[lo : hi + 1], y[lo : hi + 1]) for lo, hi in calm if hi - lo >= 4]
    if curve.y_std is not None:
        noise = float(np.median(curve.y_std))
    elif noise == 0.0 and pieces:
        noise = float(np.sqrt(np.mean(np.concatenate(pieces) ** 2)))
    length = correlation_length(pieces)
    stretches = [(lo, hi) for lo, hi in calm]
    levels = [float(y[lo : hi + 1].mean()) for lo, hi in stretches]
    shapes: list[Riser] = []
    without = y  # the readings with the tails taken out, each on its own stretch
    for _ in range(2 if middles else 0):  # levels need tails, tails need levels; the second round changes little
        shapes = _shapes(x, y, middles, calm, levels, noise, shapes)
        stretches = [_between(x, slope, edges, middles, shapes, calm[k], k, _TAIL) for k in range(len(calm))]
        without = _without_tails(x, y, middles, shapes)
        levels = [float(without[lo : hi + 1].mean()) for lo, hi in stretches]
    responses = _responses(x, stretches, shapes)
    look = _Look(
        x=x, y=y, without=without, slope=slope, middles=middles, shapes=shapes, responses=responses, noise=noise,
        length=length, descending=descending,
    )  # fmt: skip
    found = [
        _plateau(
            look,
            k,
            responses[k],
            calm[k],
            stretches[k],
            _between(x, slope, edges, middles, shapes, calm[k], k, _NARROW),
        )
        for k in range(len(calm) if middles else 0)
    ]
    baseline, pinched = _baseline(look, found)
    return Staircase(
        plateaus=tuple(p for p in found[1:] if p.points >= 3 and p.flatness < NOT_A_PLATEAU),
        baseline=baseline,
        pinched_off=pinched,
        risers=tuple(shapes),
        noise=noise,
        correlation_length=length,
        sub_steps=tuple((float(y[i]), float(-x[i] if descending else x[i])) for i in sub_steps),
        smoothing=slope.window,
        descending=descending,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """An ascending curve with everything that was seen on it."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    without: NDArray[np.float64]
    slope: Slope
    middles: Sequence[int]
    shapes: Sequence[Riser]
    responses: NDArray[np.float64]
    noise: float
    length: float
    descending: bool


def _window(slope: Slope, a: int, b: int, middles: Sequence[int], share: float) -> tuple[int, int]:
    """The calm window between a and b: readings around the flattest point whose slope stays below the threshold."""
    g = slope.values
    bounds = [g[i] for i in (a, b) if i in middles]
    reference = min(bounds) if bounds else float(g.max())
    flattest = a + int(np.argmin(np.abs(g[a : b + 1])))
    floor = max(abs(float(g[flattest])), 2 * slope.std)
    threshold = floor + share * max(reference - floor, 0.0)
    loud = np.flatnonzero(np.abs(g[a : b + 1]) > threshold)
    middle = flattest - a
    before, after = loud[loud < middle], loud[loud > middle]
    return a + (int(before[-1]) + 1 if before.size else 0), a + (int(after[0]) - 1 if after.size else b - a)


def _shapes(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    middles: Sequence[int],
    calm: Sequence[tuple[int, int]],
    levels: Sequence[float],
    noise: float,
    near: Sequence[Riser],
) -> list[Riser]:
    """The shape of every riser, from the readings between the middles of the plateaus beside it."""
    out = []
    for k, middle in enumerate(middles):
        # a stretch of a few readings at an end is no level that a riser could start from or reach
        first = sum(calm[k]) // 2 if calm[k][1] - calm[k][0] >= 4 or k > 0 else middle
        last = sum(calm[k + 1]) // 2 if calm[k + 1][1] - calm[k + 1][0] >= 4 or k + 1 < len(middles) else middle
        part = slice(first, last + 1)
        shape = shape_of(
            x, y, part, middle, below=levels[k], above=levels[k + 1], noise=noise, near=near[k] if near else None
        )
        out.append(shape)
    return out


def _between(
    x: NDArray[np.float64],
    slope: Slope,
    edges: Sequence[int],
    middles: Sequence[int],
    shapes: Sequence[Riser],
    calm: tuple[int, int],
    k: int,
    tail: float,
) -> tuple[int, int]:
    """The window of the k-th level: readings where both risers' tails are below a share of their rises.

    Where that is nothing (plateaus too short for it), or no shape is known, it is the calm window.
    """
    if not shapes:
        return calm
    wide = _window(slope, edges[k], edges[k + 1], middles, _CALM)
    reach = float(np.log((1 - tail) / tail))
    low, high = -np.inf, np.inf
    if k > 0:
        low = shapes[k - 1].shoulder.position + reach * shapes[k - 1].shoulder.width
    if k < len(shapes):
        high = shapes[k].foot.position - reach * shapes[k].foot.width
    first = max(wide[0], int(np.searchsorted(x, low)))
    last = min(wide[1], int(np.searchsorted(x, high, side="right")) - 1)
    return (first, last) if last - first >= 2 else calm


def _without_tails(
    x: NDArray[np.float64], y: NDArray[np.float64], middles: Sequence[int], shapes: Sequence[Riser]
) -> NDArray[np.float64]:
    """The readings, each without the tails of the two risers beside its stretch."""
    out = y.copy()
    edges = [0, *middles, y.size]
    for k, (a, b) in enumerate(pairwise(edges)):
        if k > 0:
            out[a:b] += shapes[k - 1].rise * (1 - shapes[k - 1].shoulder.share(x[a:b]))
        if k < len(shapes):
            out[a:b] -= shapes[k].rise * shapes[k].foot.share(x[a:b])
    return out


def _response(
    x: NDArray[np.float64], shapes: Sequence[Riser], level: int, window: tuple[int, int], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of a weighted sum of readings without tails on one stretch: d/dreading at fixed levels, shape (n,), and d/dlevel,
    shape (levels,), as the tails rest on the shapes of two risers and these on their two levels each."""
    lo, hi = window
    here = x[lo : hi + 1]
    direct, through = np.zeros(x.size), np.zeros(len(shapes) + 1)
    direct[lo : hi + 1] += weights
    for riser, half, above in ((level - 1, "shoulder", True), (level, "foot", False)):
        if not 0 <= riser < len(shapes):
            continue
        shape = shapes[riser]
        side = shape.shoulder if half == "shoulder" else shape.foot
        share = side.share(here)
        slope = -shape.rise * share * (1 - share) * weights
        by_line = np.array([slope.sum(), float(slope @ here)]) @ side.response
        direct[side.first : side.first + side.u.size] += by_line
        by_rise = float((1 - share) @ weights) if above else -float(share @ weights)
        through[riser] -= by_line @ (1 - side.u) + by_rise
        through[riser + 1] -= by_line @ side.u - by_rise
    return direct, through


def _responses(
    x: NDArray[np.float64], windows: Sequence[tuple[int, int]], shapes: Sequence[Riser]
) -> NDArray[np.float64]:
    """d level/d reading of every level, shape (levels, n): through the mean, and through the tails taken out of it."""
    rows = [
        _response(x, shapes, k, (lo, hi), np.full(hi - lo + 1, 1 / (hi - lo + 1))) for k, (lo, hi) in enumerate(windows)
    ]
    direct, through = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    return np.asarray(np.linalg.solve(np.eye(len(windows)) - through, direct), dtype=np.float64)


def _detrended(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals about the straight line."""
    return np.asarray(y - y.mean() - _slope_of_line(x, y) * (x - x.mean()))


def _slope_of_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    away = x - x.mean()
    return float(away @ y / (away @ away))


def _plateau(
    look: _Look,
    k: int,
    response: NDArray[np.float64],
    calm: tuple[int, int],
    window: tuple[int, int],
    narrow: tuple[int, int],
) -> Plateau:
    """The k-th plateau: its level, the noise of that, and what the choice of the window changes beyond the noise."""
    x, without, length = look.x, look.without, look.length
    lo, hi = window
    n = hi - lo + 1
    level = float(without[lo : hi + 1].mean())
    rest = _detrended(x[lo : hi + 1], without[lo : hi + 1]) if n >= 5 else np.zeros(0)
    spread = float(np.sqrt(rest @ rest / (n - 2))) if n >= 5 else look.noise
    single = max(look.noise, spread)
    low, high = sorted(float(-x[i] if look.descending else x[i]) for i in (lo, hi))
    flatness, flatness_std, line = _flatness(look, k, calm, single)
    changes = _changes(look, k, window, narrow)
    positions = (x.size - 1 - hi, x.size - 1 - lo) if look.descending else (lo, hi)
    return Plateau(
        index=k,
        level=level,
        std_noise=single * float(np.linalg.norm(response) * np.sqrt(min(length, n))),
        std_window=beyond_chance(changes, [single**2 * min(length, n) * float(c.weights @ c.weights) for c in changes]),
        changes=changes,
        slope=-line if look.descending else line,
        x_low=low,
        x_high=high,
        points=n,
        noise=single,
        correlation_length=length,
        flatness=flatness,
        flatness_std=flatness_std,
        first=positions[0],
        last=positions[1],
        response=response[::-1] if look.descending else response,
    )


def _changes(look: _Look, k: int, window: tuple[int, int], narrow: tuple[int, int]) -> tuple[Change, ...]:
    """What the level changes across the window, over sqrt(12) as a level anywhere in it has, and with a narrower one."""
    lo, hi = window
    n = hi - lo + 1
    if n < 3:
        return ()
    away = look.x[lo : hi + 1] - look.x[lo : hi + 1].mean()
    across = away / float(away @ away) * float(look.x[hi] - look.x[lo]) / np.sqrt(12.0)
    inside = (max(lo, narrow[0]), min(hi, narrow[1]))
    if inside[1] - inside[0] < 2 or inside == window:
        inside = (lo + n // 3, hi - n // 3)
    first, last = inside if inside[1] - inside[0] >= 2 else window
    closer = np.full(n, -1 / n)
    closer[first - lo : last - lo + 1] += 1 / (last - first + 1)
    out = []
    for weights in (across, closer):
        direct, through = _response(look.x, look.shapes, k, window, weights)
        response = direct + through @ look.responses
        out.append(
            Change(
                value=float(weights @ look.without[lo : hi + 1]),
                weights=response[::-1] if look.descending else response,
            )
        )
    return tuple(out)


def _flatness(look: _Look, k: int, calm: tuple[int, int], single: float) -> tuple[float, float, float]:
    """(flatness, its standard uncertainty, slope of the line) of the readings as they stand, in the calm window.

    Flatness is the rise that the slope would make from riser to riser, over the rise that there is: 0 flat, 1 a ramp.
    Above the last riser, where nothing bounds the stretch, the distance is that of the last two risers.
    """
    x, y, middles = look.x, look.y, look.middles
    lo, hi = calm
    n = hi - lo + 1
    line = _slope_of_line(x[lo : hi + 1], y[lo : hi + 1]) if n >= 3 else float(look.slope.values[lo : hi + 1].mean())
    if k == 0:
        return 0.0, 0.0, line
    if k < len(middles):
        distance = float(x[middles[k]] - x[middles[k - 1]])
    elif len(middles) > 1:
        distance = float(x[middles[-1]] - x[middles[-2]])
    else:
        distance = float(x[-1] - x[middles[0]])
    rise = float(heights_of(y, look.slope, middles)[k - 1])
    per_slope = distance / rise if rise > 0 else np.inf
    spread_x = float(np.linalg.norm(x[lo : hi + 1] - x[lo : hi + 1].mean()))
    std = per_slope * single * float(np.sqrt(min(look.length, n))) / spread_x if n >= 3 else np.inf
    return abs(line) * per_slope, std, line


def _baseline(look: _Look, found: Sequence[Plateau]) -> tuple[Plateau | None, bool]:
    """The stretch below the first riser, and whether the curve reaches zero within a tenth of the first rise."""
    if not look.middles:
        return None, False
    rise = found[1].level - float(look.y.min()) if len(found) > 1 else float(np.ptp(look.y))
    # either the flat stretch lies at zero, or the curve ends on a riser that reaches down to it
    lowest = float(np.min(look.y[: look.middles[0] + 1]))
    return found[0], min(abs(found[0].level), abs(lowest)) < 0.1 * rise
