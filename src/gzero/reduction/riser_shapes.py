"""The shape of every riser of many curves, between the levels on both sides, with no model of a whole curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.stretches import Places, Stretches

Array = NDArray[np.float64]

# The tail that a riser leaves on a plateau is read off its own half of the riser, between these shares of the rise.
_FOOT = (0.07, 0.55)
_SHOULDER = (0.45, 0.93)
_ENDS = np.array([[math.log(share / (1 - share))] for share in (*_FOOT, *_SHOULDER)])
_HALVES = 2.5  # largest ratio of a half's width to that of the whole
_FEWEST = 4  # readings of a line
_ROUNDING = 1e-9  # of a logit, along a line: less is arithmetic
_LARGEST = 700.0  # of an exponential that is a number
_NOTHING = 2.0  # four times the noise over the rise, from where on no share of the rise is told from another
_BEFORE = np.array([-1])  # the first reading
_SURE = 0.25  # of the steepness: the most that the noise may leave open


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Half:
    """The logistic through one half of a riser: logit(u) = intercept + steepness x, with u from 0 below to 1 above.

    Parameters
    ----------
    intercept [1], steepness [1/unit of x] : of the line.
    """

    intercept: float
    steepness: float

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


class Logits(NamedTuple):
    """Lines through the logits of readings, and what they were made from.

    Parameters
    ----------
    lines : intercept [1] and steepness [1/unit of x], shape (2, lines); 0 where there is no line.
    runs : of each the position of its first reading, how many it has, none where there is no line, and where they begin among
        the m readings of all of them, shape (3, lines).
    sums : of each line the sums of the weights and of the weighted squares of x about its centre, that centre, from the
        steepest reading and from zero, and the rise, shape (5, lines).
    read : of the m readings x from the steepest one, the share of the rise on the line, and d share/d logit, shape (3, m).
    """

    lines: Array
    runs: Places
    sums: Array
    read: Array

    @property
    def sizes(self) -> Places:
        """Readings of each line."""
        return np.asarray(self.runs[1])

    def and_others(self, others: Logits) -> Logits:
        """These, and behind them others."""
        runs = np.concatenate((self.runs, others.runs), axis=1)
        runs[2, self.sizes.size :] += self.read.shape[1]
        lines, sums, read = (
            np.concatenate(both, axis=1)
            for both in ((self.lines, others.lines), (self.sums, others.sums), (self.read, others.read))
        )
        return Logits(lines, runs, sums, read)

    def at(self, which: Places) -> Logits:
        """Some of them, in any order."""
        return Logits(self.lines[:, which], self.runs[:, which], self.sums[:, which], self.read)

    def responses(self) -> tuple[Array, Places, Array]:
        """What the lines owe to the readings and to the levels.

        Returns
        -------
        d (intercept, steepness)/d reading, shape (2, m), line after line [1/unit of y]; the positions of these readings;
        d (intercept, steepness)/d (level below, level above), shape (2, 2, lines) [1/unit of y].
        """
        by_levels = np.zeros((2, 2, self.sizes.size))
        told = self.sizes.nonzero()[0]
        if not told.size:
            return np.zeros((2, 0)), told, by_levels
        first, size, start = self.runs[:, told]
        here = Stretches.over(start, start + size)
        at, share, spread = here.readings(self.read)
        total, square, centre, from_zero, rise = self.sums[:, told]
        table = np.array((1 / (total * rise), 1 / (square * rise), centre, from_zero))
        by_height, by_slope, centre_at, from_zero_at = here.each(table)
        out = np.empty((4, at.size))
        np.multiply(by_slope * spread, at - centre_at, out=out[1])
        np.subtract(by_height * spread, from_zero_at * out[1], out=out[0])
        # a level moves the share of every reading: u of it the upper one, the rest the lower one
        np.multiply(out[:2], share, out=out[2:])
        both, upper = here.sums(out).reshape(2, 2, -1)
        by_levels[:, 0, told], by_levels[:, 1, told] = upper - both, -upper
        return out[:2], here.places + (first - start).repeat(size), by_levels


class Shapes(NamedTuple):
    """The shapes of risers, one curve after the other.

    Parameters
    ----------
    rises : level above minus level below, shape (risers,) [unit of y].
    whole, foot, shoulder : intercepts and steepnesses, shape (2, risers), as `Riser` has them.
    wholes, halves : the lines that were found, of each riser and of the halves of some.
    sources : which of these, the halves behind the wholes, the foot and the shoulder of each riser are, shape (2, risers).
    """

    rises: Array
    whole: Array
    foot: Array
    shoulder: Array
    wholes: Logits
    halves: Logits
    sources: Places

    def risers(self) -> list[Riser]:
        """One by one."""
        parts = (lines.T.tolist() for lines in (self.whole, self.foot, self.shoulder))
        return [
            Riser(rise=rise, whole=_half(*whole), foot=_half(*foot), shoulder=_half(*shoulder))
            for rise, whole, foot, shoulder in zip(self.rises.tolist(), *parts, strict=True)
        ]


def _half(intercept: float, steepness: float) -> Half:
    return Half(intercept=intercept, steepness=steepness)


def logistic(z: Array) -> Array:
    """1/(1 + exp(-z)) [1]."""
    return np.asarray(1 / (1 + np.exp(np.minimum(-z, _LARGEST))))


class Look(NamedTuple):
    """Where risers are looked at.

    Parameters
    ----------
    curves : x and y of the curves end to end, each ascending with x, shape (2, n).
    middles : of each riser the position of the steepest reading, shape (risers,), and `centres` x there.
    parts : the readings that show each riser, from the plateau below to the one above, and y of them.
    noise : standard deviation of one reading of its curve [unit of y].
    spacing : mean distance of the readings of its curve [unit of x].
    """

    curves: Array
    middles: Places
    centres: Array
    parts: Stretches
    y: Array
    noise: Array
    spacing: Array


def shapes_of(look: Look, below: Array, above: Array, near: Shapes | None = None) -> Shapes:
    """The shapes of risers between the levels on both sides, by regression of the logit on x (Berkson 1944,
    doi 10.1080/01621459.1944.10500699), weighted by what a reading's noise does to it.

    Parameters
    ----------
    below, above : the levels beside each riser, shape (risers,) [unit of y].
    near : their shapes under levels that were nearly these; the halves are then sought where they have them.
    """
    seen = _seen(look, below, above)
    wholes = _wholes(seen, look, None if near is None else near.wholes)
    # halves are bounded by x, as bounds on noisy u would choose the readings by their noise
    runs, known = seen.runs, wholes.sizes.nonzero()[0]
    bounds = (_ENDS - wholes.lines[0]) / wholes.lines[1]
    ends = runs.starts + runs.counts(runs.readings(look.curves[0]) < runs.each(bounds))
    first, end = ends[:, known].reshape(2, 2, -1).swapaxes(0, 1).reshape(2, -1)
    halves = _logit_lines(seen, np.concatenate((known, known)), first, end)
    # a half that has nothing of the whole is noise, not asymmetry: the whole takes its place
    steepness = np.where(halves.sizes > 0, halves.lines[1], np.inf).reshape(2, -1)
    widths = (1 / steepness) / (1 / wholes.lines[1, known])
    count = wholes.sizes.size
    sources = np.array((np.arange(count),) * 2)
    own = np.arange(count, count + 2 * known.size).reshape(2, -1)
    sources[:, known] = np.where((widths > 1 / _HALVES) & (widths < _HALVES), own, known)
    lines = np.concatenate((wholes.lines, halves.lines), axis=1)
    foot, shoulder = lines[:, sources[0]], lines[:, sources[1]]
    return Shapes(np.maximum(seen.rises, 0.0), wholes.lines, foot, shoulder, wholes, halves, sources)


def _wholes(seen: _Seen, look: Look, near: Logits | None) -> Logits:
    """The lines through all of each riser, those that are near as they are. A riser too sharp, or too noisy, to have a shape
    is a jump: it is taken to pass within a few readings."""
    starts, every = seen.runs.starts, np.arange(seen.rises.size)
    stops = starts + seen.runs.sizes
    out = near or _logit_lines(seen, every, starts, stops)
    new = (out.sizes == 0).nonzero()[0]
    if near is not None and new.size:
        places = every.copy()
        places[new] = np.arange(every.size, every.size + new.size)
        out = out.and_others(_logit_lines(seen, new, starts[new], stops[new])).at(places)
    jumps = ((out.sizes == 0) | (seen.rises <= 0)).nonzero()[0]
    if not jumps.size:
        return out
    lines, runs = out.lines.copy(), out.runs.copy()
    lines[1, jumps] = 4 / look.spacing[jumps]
    lines[0, jumps] = -4 * look.centres[jumps] / look.spacing[jumps]
    runs[1, jumps] = 0
    return out._replace(lines=lines, runs=runs)


class _Seen(NamedTuple):
    """What is seen of risers between two levels each.

    Parameters
    ----------
    rises : of each riser [unit of y], shape (risers,).
    told : of each riser the rise, a quarter of the share of the rise that is no more than noise, x of the steepest reading,
        and the noise of a reading, shape (4, risers).
    runs : the readings on each, from the last one that is down to before the first one that is up; none where nothing is told.
    shown : of these n readings x from the steepest one, the share of the rise, and what they add to the sums of a line (`_line`)
        through its logit, shape (7, n).
    """

    rises: Array
    told: Array
    runs: Stretches
    shown: Array


def _seen(look: Look, below: Array, above: Array) -> _Seen:
    rises = above - below
    rising = rises > 0
    scales = np.where(rising, rises, 1.0)
    cuts = np.maximum(_FOOT[0], 4 * look.noise / scales)
    rising &= cuts < _NOTHING  # where the noise is half of the rise no share is told from another
    below_at, scale_at, low_at, high_at = look.parts.each(np.array((below, scales, cuts, 1 - cuts)))
    u = (look.y - below_at) / scale_at
    runs = _runs(look, (u <= low_at).nonzero()[0], (u >= high_at).nonzero()[0], rising)
    quarter = cuts / 4
    centre_at, below_at, scale_at, least = runs.each(np.array((look.centres, below, scales, quarter)))
    shown = np.empty((7, runs.places.size))
    at, u = shown[:2]
    look.curves.take(runs.places, axis=1, out=shown[:2])
    at -= centre_at
    u -= below_at
    u /= scale_at
    share = np.minimum(np.maximum(u, least), 1 - least)
    other = 1 - share
    _add_up(at, np.log(share / other), share * other, shown[2:])
    return _Seen(rises, np.array((scales, quarter, look.centres, look.noise)), runs, shown)


def _runs(look: Look, down: Places, up: Places, rising: NDArray[np.bool_]) -> Stretches:
    """The readings on each riser: from the steepest one down to the last one that is down, and up to before the first one
    that is up. None on a riser that does not rise by more than its noise.

    Parameters
    ----------
    down, up : which of the readings that show the risers are down, and up.
    """
    parts = look.parts
    shift = parts.begins - parts.starts
    core = look.middles - shift
    down, up = np.concatenate((_BEFORE, down)), np.concatenate((up, parts.ends[-1:] - shift[-1:]))
    first = np.maximum(down[down.searchsorted(core) - 1] + shift + 1, parts.begins)
    end = np.minimum(up[up.searchsorted(core)] + shift, parts.ends)
    return Stretches.over(np.where(rising, first, look.middles), np.where(rising, end, look.middles))


def _logit_lines(seen: _Seen, risers: Places, starts: Places, stops: Places) -> Logits:
    """The lines through the logits of readings, each on one of the risers; none where the readings are too few, do not
    rise, or leave the steepness unknown.

    Parameters
    ----------
    starts, stops : of each line the first of the readings that are seen and the one after its last.
    """
    lines, sums = np.zeros((2, risers.size)), np.zeros((5, risers.size))
    runs = np.zeros((3, risers.size), dtype=np.int64)
    runs[0] = starts + (seen.runs.begins - seen.runs.starts)[risers]
    usable = (stops - starts >= _FEWEST).nonzero()[0]
    here = Stretches.over(starts[usable], stops[usable])
    read = np.empty((3, here.places.size))
    if usable.size:
        rises, least, centres, noise = seen.told[:, risers[usable]]
        shown = here.readings(seen.shown)
        at, u, moments = shown[0], shown[1], shown[2:]
        line = _line(here.sums(moments))
        # readings that are all the same have a steepness of either sign by rounding
        rising = line.steepness * (at[here.starts + here.sizes - 1] - at[here.starts]) > _ROUNDING
        # about that line, with weights that are free of the readings' own noise: a step of least squares on u
        table = np.array((line.height - line.steepness * line.centre, line.steepness, least))
        intercept_at, steepness_at, least_at = here.each(table)
        z = intercept_at + steepness_at * at
        share = np.minimum(np.maximum(logistic(z), least_at), 1 - least_at)
        spread = share * (1 - share)
        _add_up(at, z + (u - share) / spread, spread, moments)
        line = _line(here.sums(moments))
        sure = rising & (noise < _SURE * line.steepness * rises * np.sqrt(line.square))
        from_zero = line.centre + centres
        lines[:, usable] = np.where(sure, (line.height - line.steepness * from_zero, line.steepness), 0.0)
        sums[:, usable] = line.total, line.square, line.centre, from_zero, rises
        runs[1:, usable] = here.sizes * sure, here.starts
        read[0], read[1], read[2] = at, share, spread
    return Logits(lines, runs, sums, read)


class _Line(NamedTuple):
    """Straight lines: sum of the weights, centre, weighted sum of squares of x about it; height there, steepness. Where x
    does not differ there is no steepness, 0."""

    total: Array
    centre: Array
    square: Array
    height: Array
    steepness: Array


def _add_up(at: Array, z: Array, spread: Array, out: Array) -> None:
    """What readings add to the sums of a line of z against x, weighted by spread^2 with spread = dshare/dz, as the noise of
    z is that of the share over it: of the weights, times x, x^2, z, and x z."""
    weight = np.multiply(spread, spread, out=out[0])
    lever = np.multiply(weight, at, out=out[1])
    np.multiply(lever, at, out=out[2])
    np.multiply(weight, z, out=out[3])
    np.multiply(lever, z, out=out[4])


def _line(sums: Array) -> _Line:
    """The lines of these sums, shape (5, lines)."""
    total, by_x, by_xx, by_z, by_xz = sums
    centre = by_x / total
    square = by_xx - centre * by_x
    square[square < 0] = 0.0
    steepness = (by_xz - centre * by_z) / np.where(square > 0, square, np.inf)
    return _Line(total, centre, square, by_z / total, steepness)
