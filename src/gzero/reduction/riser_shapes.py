"""The shape of every riser of a curve, between the levels on both sides, with no model of the whole curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.stretches import Stretches

Array = NDArray[np.float64]
ByLevels = tuple[tuple[float, float], tuple[float, float]]

# The tail that a riser leaves on a plateau is read off its own half of the riser, between these shares of the rise.
_FOOT = (0.07, 0.55)
_SHOULDER = (0.45, 0.93)
_ENDS = [math.log(share / (1 - share)) for share in (*_FOOT, *_SHOULDER)]
_HALVES = 2.5  # largest ratio of a half's width to that of the whole
_FEWEST = 4  # readings of a line
_ROUNDING = 1e-9  # of a logit, along a line: less is arithmetic
_LARGEST = 700.0  # of an exponential that is a number
_NEITHER: ByLevels = ((0.0, 0.0), (0.0, 0.0))
_NO_LINE = (0.0, 0.0, 0.0, 0.0)
_NOTHING = 2.0  # four times the noise over the rise, from where on no share of the rise is told from another
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
    by_levels : d (intercept, steepness)/d (level below, level above) [1/unit of y].
    """

    intercept: float
    steepness: float
    first: int = 0
    response: Array = field(default_factory=lambda: np.zeros((2, 0)))
    u: Array = field(default_factory=lambda: np.zeros(0))
    by_levels: ByLevels = _NEITHER

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
    return np.asarray(1 / (1 + np.exp(np.minimum(-z, _LARGEST))))


def shapes_of(
    x: Array,
    y: Array,
    parts: Sequence[tuple[int, int]],
    middles: Sequence[int],
    levels: Sequence[float],
    noise: float,
    near: Sequence[Riser] = (),
    *,
    responses: bool = True,
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
    responses : of the halves; not wanted where another look at them follows.
    """
    seen = _seen(x, y, parts, middles, levels, noise)
    wholes = [riser.whole if riser.foot.u.size else None for riser in near] or [None] * len(middles)
    new = [k for k, whole in enumerate(wholes) if whole is None]
    if new:
        for k, line in zip(new, _logit_lines(seen, new, [seen.runs[k] for k in new], noise), strict=True):
            wholes[k] = line
    known = [(k, whole) for k, whole in enumerate(wholes) if whole is not None and seen.scales[k][1] > 0]
    # halves are bounded by x, as bounds on noisy u would choose the readings by their noise
    ends = iter(
        x.searchsorted([(logit - whole.intercept) / whole.steepness for _, whole in known for logit in _ENDS]).tolist()
    )
    risers, bounds = [], []
    for k, _ in known:
        first, last = seen.runs[k]
        risers += [k, k]
        bounds += [(max(next(ends), first), min(next(ends), last)) for _ in range(2)]
    halves = iter(_logit_lines(seen, risers, bounds, noise, responses=responses))
    out = {
        k: Riser(
            rise=seen.scales[k][1], whole=whole, foot=_like(whole, next(halves)), shoulder=_like(whole, next(halves))
        )
        for k, whole in known
    }
    return [out[k] if k in out else _jump(x, middle, seen.scales[k][1]) for k, middle in enumerate(middles)]


def _jump(x: Array, middle: int, rise: float) -> Riser:
    """A riser too sharp, or too noisy, to have a shape: it is taken to pass within a few readings."""
    spacing = float(x[-1] - x[0]) / (x.size - 1)
    half = Half(intercept=-4 * float(x[middle]) / spacing, steepness=4 / spacing)
    return Riser(rise=max(rise, 0.0), whole=half, foot=half, shoulder=half)


def _like(whole: Half, half: Half | None) -> Half:
    """A half, or the whole in its place: a half that has nothing of the whole is noise, not asymmetry."""
    return half if half is not None and 1 / _HALVES < half.width / whole.width < _HALVES else whole


class _Seen(NamedTuple):
    """What is seen of risers between two levels each, of the parts of the curve that show them one after the other.

    Parameters
    ----------
    scales : of each riser the level below and the rise [unit of y], and the share of the rise that is no more than noise.
    runs : readings on the riser, from the last one that is down to before the first one that is up.
    centres : x of the steepest reading.
    shifts : what the place of a reading in the parts is behind its place in the curve.
    shown : x from that centre, and the share of the rise, shape (2, n).
    moments : what a reading adds to the sums of a line (`_line`) through its logit, shape (5, n + 1), the last 0.
    """

    scales: list[tuple[float, float, float]]
    runs: list[tuple[int, int]]
    centres: list[float]
    shifts: list[int]
    shown: Array
    moments: Array


def _seen(
    x: Array,
    y: Array,
    parts: Sequence[tuple[int, int]],
    middles: Sequence[int],
    levels: Sequence[float],
    noise: float,
) -> _Seen:
    here = Stretches.over([(first, last + 1) for first, last in parts])
    centres = [float(x[middle]) for middle in middles]
    scales, table = [], []
    for (below, above), centre in zip(pairwise(levels), centres, strict=True):
        rise = above - below
        cut = max(_FOOT[0], 4 * noise / rise) if rise > 0 else math.inf
        scales.append((below, rise, cut))
        low = min(cut, _NOTHING)  # beyond that nothing is read off these shares
        table.append((centre, below, rise if rise > 0 else 1.0, low, 1 - low, low / 4, 1 - low / 4))
    centre_at, below_at, rise_at, low_at, high_at, least, most = here.each(np.array(table).T)
    shown = here.readings(np.array((x, y)))
    at, u = shown
    at -= centre_at
    u -= below_at
    u /= rise_at
    down, up = (u <= low_at).nonzero()[0], (u >= high_at).nonzero()[0]
    starts = here.starts.tolist()
    shifts = [start - first for start, (first, _) in zip(starts, parts, strict=True)]
    cores = [middle + shift for middle, shift in zip(middles, shifts, strict=True)]
    runs = []
    for k, (downs, ups) in enumerate(
        zip(down.searchsorted(cores).tolist(), up.searchsorted(cores).tolist(), strict=True)
    ):
        first, last = parts[k]
        if scales[k][1] > 0:
            first = max(int(down[downs - 1]) + 1 - shifts[k], first) if downs else first
            last = min(int(up[ups]) - shifts[k], last + 1) if ups < up.size else last + 1
        else:
            first = last = middles[k]
        runs.append((first, last))
    share = np.minimum(np.maximum(u, least), most)
    other = 1 - share
    moments = np.zeros((5, u.size + 1))
    _add_up(at, np.log(share / other), share * other, moments[:, :-1])
    return _Seen(scales, runs, centres, shifts, shown, moments)


def _logit_lines(
    seen: _Seen, risers: Sequence[int], runs: Sequence[tuple[int, int]], noise: float, *, responses: bool = True
) -> list[Half | None]:
    """The lines through the logits of runs of readings, each on one of the risers; None where the readings are too few,
    do not rise, or leave the steepness unknown."""
    lines: list[Half | None] = [None] * len(runs)
    windows = [(start + seen.shifts[k], stop + seen.shifts[k]) for k, (start, stop) in zip(risers, runs, strict=True)]
    rising, table = _first_lines(seen, risers, windows)
    if not rising:
        return lines
    # about that line, with weights that are free of the readings' own noise: a step of least squares on u
    here = Stretches.over([windows[i] for i in rising])
    intercept, steepness, least, most = here.each(np.array(table).T)
    at, u = here.readings(seen.shown)
    z = intercept + steepness * at
    share = np.minimum(np.maximum(logistic(z), least), most)
    spread = share * (1 - share)
    moments = np.empty((5, at.size))
    _add_up(at, z + (u - share) / spread, spread, moments)
    found = [_line(*moments) for moments in here.sums(moments).T.tolist()]
    rises, centres = [seen.scales[risers[i]][1] for i in rising], [seen.centres[risers[i]] for i in rising]
    response, by_levels = np.zeros((2, 0)), [_NEITHER] * len(rising)
    if responses:
        response, by_levels = _responses(at, share, spread, here, found, rises, centres)
    rows = zip(rising, found, here.own, rises, centres, by_levels, strict=True)
    for i, line, own, rise, centre, by_level in rows:
        if line is not None and noise < _SURE * line.steepness * rise * math.sqrt(line.square):
            lines[i] = Half(
                intercept=line.height - line.steepness * (line.centre + centre),
                steepness=line.steepness,
                first=runs[i][0],
                response=response[:, own],
                u=share[own],
                by_levels=by_level,
            )
    return lines


def _first_lines(
    seen: _Seen, risers: Sequence[int], windows: Sequence[tuple[int, int]]
) -> tuple[list[int], list[tuple[float, float, float, float]]]:
    """Which windows have a line through the logits of their readings, and of each of those lines intercept, steepness, and
    the shares between which its riser is told."""
    # where the noise is half of the rise no share is told from another
    usable = [
        i
        for i, (k, (start, stop)) in enumerate(zip(risers, windows, strict=True))
        if stop - start >= _FEWEST and seen.scales[k][2] < _NOTHING
    ]
    rising: list[int] = []
    table: list[tuple[float, float, float, float]] = []
    if not usable:
        return rising, table
    # the sum over a window and the one from its end to the next window, by turns
    sums = np.add.reduceat(seen.moments, [end for i in usable for end in windows[i]], axis=1)[:, ::2]
    for i, moments in zip(usable, sums.T.tolist(), strict=True):
        line, (start, stop), cut = _line(*moments), windows[i], seen.scales[risers[i]][2]
        # readings that are all the same have a steepness of either sign by rounding
        if line is not None and line.steepness * float(seen.shown[0, stop - 1] - seen.shown[0, start]) > _ROUNDING:
            rising.append(i)
            table.append((line.height - line.steepness * line.centre, line.steepness, cut / 4, 1 - cut / 4))
    return rising, table


def _responses(
    at: Array,
    share: Array,
    spread: Array,
    here: Stretches,
    lines: Sequence[_Line | None],
    rises: Sequence[float],
    centres: Sequence[float],
) -> tuple[Array, list[ByLevels]]:
    """d (intercept, steepness)/d reading and, of every line, /d (level below, level above)."""
    table = [
        (1 / (line.total * rise), 1 / (line.square * rise), line.centre, line.centre + centre) if line else _NO_LINE
        for line, rise, centre in zip(lines, rises, centres, strict=True)
    ]
    by_height, by_slope, own_centre, from_zero = here.each(np.array(table).T)
    out = np.empty((4, at.size))
    np.multiply(by_slope * spread, at - own_centre, out=out[1])
    np.subtract(by_height * spread, from_zero * out[1], out=out[0])
    # a level moves the share of every reading: u of it the upper one, the rest the lower one
    np.multiply(out[:2], share, out=out[2:])
    by_levels = [
        ((upper - both, -upper), (upper_slope - both_slope, -upper_slope))
        for both, both_slope, upper, upper_slope in here.sums(out).T.tolist()
    ]
    return out[:2], by_levels


class _Line(NamedTuple):
    """A straight line: sum of the weights, centre, weighted sum of squares of x about it; height there, steepness."""

    total: float
    centre: float
    square: float
    height: float
    steepness: float


def _add_up(at: Array, z: Array, spread: Array, out: Array) -> None:
    """What readings add to the sums of a line of z against x, weighted by spread^2 with spread = dshare/dz, as the noise of
    z is that of the share over it: of the weights, times x, x^2, z, and x z."""
    weight = np.multiply(spread, spread, out=out[0])
    lever = np.multiply(weight, at, out=out[1])
    np.multiply(lever, at, out=out[2])
    np.multiply(weight, z, out=out[3])
    np.multiply(lever, z, out=out[4])


def _line(total: float, by_x: float, by_xx: float, by_z: float, by_xz: float) -> _Line | None:
    """The line of these sums; None where x does not differ."""
    centre = by_x / total
    square = by_xx - centre * by_x
    return _Line(total, centre, square, by_z / total, (by_xz - centre * by_z) / square) if square > 0 else None
