"""Plateaus of a staircase without a model of it: risers are prominent maxima of dy/dx, plateaus lie between them.

A plateau's index is the number of risers below it, counted from pinch-off, and never the nearest integer of its level:
rounding would make every set of levels look quantized.

Its level is the mean over the window in which the tails of the two risers beside it are small, with these tails taken
out: what a riser still lacks, or has risen to already, is read off its own nearer half. A mean without that is low on
a plateau that no riser bounds above.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gzero.measurement.curve import Curve
from gzero.reduction.averages import mean, median
from gzero.reduction.noise import correlation_length, white_noise
from gzero.reduction.plateau import Change, Plateau, beyond_chance
from gzero.reduction.riser_shapes import Riser, shapes_of
from gzero.reduction.risers import Slope, drop_small_rises, find_risers, heights_of, slope_of
from gzero.reduction.stretches import Lines, Stretches, lines_through
from gzero.reduction.tails import Array, Window, level_windows, responses_of, without_tails

# The flat window: slopes up to this share of the neighbouring riser's.
_WINDOW = 0.15
# The window of the level: readings where no riser's tail exceeds this share of its rise, within slopes up to the second
# share; the level of the narrower tail tells whether the tails were taken out well.
_TAIL, _CALM = 0.06, 0.35
_NARROW = 0.015
# More than this change across riser-to-riser distance, in rises, and a stretch is no plateau.
NOT_A_PLATEAU = 0.5
_FEWEST = 5  # readings that show a scatter about a straight line
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
    fifth = max(2, len(curve) // 5)
    descending = mean(curve.y[:fifth]) > mean(curve.y[-fifth:])
    x = -curve.x[::-1] if descending else curve.x
    y = curve.y[::-1].copy() if descending else curve.y
    noise = white_noise(y)
    slope = slope_of(x, y, noise)
    middles, sub_steps = drop_small_rises(x, y, slope, find_risers(slope))
    calm, wide = _calm_windows(slope, middles, (_WINDOW, _CALM))
    lines = [_line_through(x[lo : hi + 1], y[lo : hi + 1]) for lo, hi in calm]
    pieces = [line.rest for line in lines if line.rest.size >= _FEWEST]
    if curve.y_std is not None:
        noise = median(curve.y_std)
    elif noise == 0.0 and pieces:
        noise = math.sqrt(mean(np.concatenate(pieces) ** 2))
    length = correlation_length(pieces)
    shapes: list[Riser] = []
    found: list[Plateau] = []
    if middles:
        both, parts, levels = np.array((x, y)), _parts(middles, calm), [line.mean for line in lines]
        for last in (False, True):  # levels need tails, tails need levels; the second round changes little
            shapes = shapes_of(x, y, parts, middles, levels, noise, shapes, responses=last)
            windows = level_windows(x, shapes, calm, wide, _TAIL)
            here = Stretches.over([(lo, hi + 1) for lo, hi in windows])
            at, readings = here.readings(both)
            without = without_tails(at, readings, here, middles, shapes)
            levels = (here.sums(without) / here.sizes).tolist()
        narrow = level_windows(x, shapes, calm, wide, _NARROW)
        rises = heights_of(y, slope, middles).tolist()
        look = _Look(
            x=x, at=at, without=without, here=here, slope=slope, middles=middles, rises=rises, shapes=shapes, calm=calm,
            lines=lines, windows=windows, narrow=narrow, noise=noise, length=length, descending=descending,
        )  # fmt: skip
        found = _plateaus(look)
    baseline, pinched = _baseline(y, middles, found)
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
    """An ascending curve with everything that was seen on it, stretch by stretch.

    Parameters
    ----------
    here : the windows of the levels, as `windows` has them; `narrow` ones are where the tails are smaller still.
    at, without : x of the readings in them, and the readings with the tails taken out.
    calm : the flat window between two risers, and `lines` through the readings in it.
    rises : height of each riser, from the flattest points beside it.
    """

    x: Array
    at: Array
    without: Array
    here: Stretches
    slope: Slope
    middles: Sequence[int]
    rises: Sequence[float]
    shapes: Sequence[Riser]
    calm: Sequence[Window]
    lines: Sequence[_Line]
    windows: Sequence[Window]
    narrow: Sequence[Window]
    noise: float
    length: float
    descending: bool


class _Line(NamedTuple):
    """A straight line: the mean of y, its slope, the sum of squares of x about its mean, and the residuals."""

    mean: float
    slope: float
    square: float
    rest: Array


def _line_through(x: Array, y: Array) -> _Line:
    away = x - mean(x)
    square = float(away.dot(away))
    slope = float(away.dot(y)) / square if square > 0 else 0.0
    level = mean(y)
    return _Line(level, slope, square, y - level - slope * away)


def _calm_windows(slope: Slope, middles: Sequence[int], shares: Sequence[float]) -> list[list[Window]]:
    """The calm windows between risers, for each share: readings around the flattest point whose slope stays below the
    threshold."""
    steep = np.abs(slope.values)
    edges = [0, *middles, steep.size - 1]
    at_edges, largest = slope.values[edges].tolist(), float(slope.values.max())
    out: list[list[Window]] = [[] for _ in shares]
    for k, (a, b) in enumerate(pairwise(edges)):
        between = steep[a : b + 1]
        flattest = int(between.argmin())
        # the ends of the curve are no risers
        reference = min(at_edges[max(k, 1) : min(k + 2, len(middles) + 1)], default=largest)
        floor = max(float(between[flattest]), 2 * slope.std)
        for share, windows in zip(shares, out, strict=True):
            loud = (between > floor + share * max(reference - floor, 0.0)).nonzero()[0]
            place = int(loud.searchsorted(flattest))
            first = a + int(loud[place - 1]) + 1 if place else a
            windows.append((first, a + int(loud[place]) - 1 if place < loud.size else b))
    return out


def _parts(middles: Sequence[int], calm: Sequence[Window]) -> list[Window]:
    """The readings that show the shape of each riser: between the middles of the plateaus beside it."""
    centres = [sum(window) // 2 for window in calm]
    # a stretch of a few readings at an end is no level that a riser could start from or reach
    if calm[0][1] - calm[0][0] < _FEWEST - 1:
        centres[0] = middles[0]
    if calm[-1][1] - calm[-1][0] < _FEWEST - 1:
        centres[-1] = middles[-1]
    return list(pairwise(centres))


def _plateaus(look: _Look) -> list[Plateau]:
    """Every stretch between two risers as a plateau, the baseline first."""
    here, without = look.here, look.without
    lines = lines_through(look.at, without, here)
    weights = _weights(look, lines)
    responses = responses_of(look.x.size, look.at, here, look.shapes, weights).swapaxes(0, 1)
    values = here.sums(weights[1:] * without)
    squares = np.einsum("ksi,ksi->ks", responses, responses)
    told = lines.mean, lines.scatter, values.T, squares
    rows = zip(*(array.tolist() for array in told), responses, strict=True)
    return [_plateau(look, k, *row) for k, row in enumerate(rows)]


def _weights(look: _Look, lines: Lines) -> Array:
    """Of the readings in the windows, shape (3, readings): in the level, in what it changes across the window, over
    sqrt(12) as a level anywhere in it has, and in what it changes with a narrower window."""
    here = look.here
    span = np.array([look.x[hi] - look.x[lo] for lo, hi in look.windows])
    span /= np.where(here.sizes > 1, lines.square, 1.0) * math.sqrt(12.0)
    out = np.empty((3, look.at.size))
    out[:2] = here.each(np.array((1 / here.sizes, span)))
    out[1] *= lines.away
    closer = np.negative(out[0], out=out[2])
    for window, narrow, start in zip(look.windows, look.narrow, here.starts.tolist(), strict=True):
        lo, hi = window
        first, last = max(lo, narrow[0]), min(hi, narrow[1])
        if last - first < 2 or (first, last) == window:
            third = (hi - lo + 1) // 3
            first, last = lo + third, hi - third
        if last - first < 2:
            first, last = window
        closer[start + first - lo : start + last - lo + 1] += 1 / (last - first + 1)
    return out


def _plateau(
    look: _Look, k: int, level: float, scatter: float, values: list[float], squares: list[float], responses: Array
) -> Plateau:
    """The k-th plateau: its level, the noise of that, and what the choice of the window changes beyond the noise.

    Parameters
    ----------
    scatter : sum of squares about a straight line through the window.
    values : what the level changes across the window and with a narrower one.
    responses : of the level and of these changes to the readings, shape (3, n), and the sums of their `squares`.
    """
    lo, hi = look.windows[k]
    n = hi - lo + 1
    single = max(look.noise, math.sqrt(scatter / (n - 2))) if n >= _FEWEST else look.noise
    alike = min(look.length, n)  # readings per independent one
    flatness, flatness_std, slope = _flatness(look, k, single)
    first, last = float(look.x[lo]), float(look.x[hi])
    if look.descending:
        responses, slope = responses[:, ::-1], -slope
        first, last, lo, hi = -last, -first, look.x.size - 1 - hi, look.x.size - 1 - lo
    changes = tuple(Change(value=values[i], weights=responses[i + 1]) for i in range(2 if n >= 3 else 0))
    return Plateau(
        index=k,
        level=level,
        std_noise=single * math.sqrt(squares[0] * alike),
        std_window=beyond_chance(changes, [single**2 * alike * square for square in squares[1 : len(changes) + 1]]),
        changes=changes,
        slope=slope,
        x_low=first,
        x_high=last,
        points=n,
        noise=single,
        correlation_length=look.length,
        flatness=flatness,
        flatness_std=flatness_std,
        first=lo,
        last=hi,
        response=responses[0],
    )


def _flatness(look: _Look, k: int, single: float) -> tuple[float, float, float]:
    """(flatness, its standard uncertainty, slope of the line) of the readings as they stand, in the calm window.

    Flatness is the rise that the slope would make from riser to riser, over the rise that there is: 0 flat, 1 a ramp.
    Above the last riser, where nothing bounds the stretch, the distance is that of the last two risers.
    """
    x, middles, line = look.x, look.middles, look.lines[k]
    lo, hi = look.calm[k]
    n = hi - lo + 1
    slope = line.slope if n >= 3 else mean(look.slope.values[lo : hi + 1])
    if k == 0:
        return 0.0, 0.0, slope
    if k < len(middles):
        distance = float(x[middles[k]] - x[middles[k - 1]])
    elif len(middles) > 1:
        distance = float(x[middles[-1]] - x[middles[-2]])
    else:
        distance = float(x[-1] - x[middles[0]])
    rise = look.rises[k - 1]
    per_slope = distance / rise if rise > 0 else math.inf
    std = per_slope * single * math.sqrt(min(look.length, n)) / math.sqrt(line.square) if n >= 3 else math.inf
    return abs(slope) * per_slope, std, slope


def _baseline(y: Array, middles: Sequence[int], found: Sequence[Plateau]) -> tuple[Plateau | None, bool]:
    """The stretch below the first riser, and whether the curve reaches zero within a tenth of the first rise."""
    if not middles:
        return None, False
    rise = found[1].level - float(y.min())
    # either the flat stretch lies at zero, or the curve ends on a riser that reaches down to it
    lowest = float(y[: middles[0] + 1].min())
    return found[0], min(abs(found[0].level), abs(lowest)) < 0.1 * rise
