"""What the tails of two risers leave on the plateau between them, and how a level rests on that.

A riser's tail on the plateau above it follows its shoulder, on the plateau below it its foot. Taking the tails out of
the readings makes a level rest on readings outside of its own window: those that gave the risers their shapes.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.riser_shapes import Shapes, logistic
from gzero.reduction.stretches import Places, Stretches

Array = NDArray[np.float64]

_LACKING = np.array([[1.0], [0.0]])  # a riser below a reading still lacks 1 - share of its rise, one above it has share
_EVERYWHERE = np.array([[[-np.inf]], [[np.inf]]])
_BY_LEVELS = (-1.0, 1.0)  # d rise/d (level below, level above)


class Ladder(NamedTuple):
    """The levels and the risers between them of curves one after the other, each from its lowest level on.

    Parameters
    ----------
    risers : of each curve.
    starts, tops : of each curve its lowest and its highest level.
    lower, upper : of each riser the levels below and above it.
    levels : how many there are, of all curves.
    """

    risers: Places
    starts: Places
    tops: Places
    lower: Places
    upper: Places
    levels: int

    @classmethod
    def of(cls, risers: Places) -> Ladder:
        """That of so many risers in each curve."""
        curves = np.arange(risers.size)
        tops = np.add.accumulate(risers) + curves
        lower = curves.repeat(risers)
        lower += np.arange(lower.size)
        return cls(risers, tops - risers, tops, lower, lower + 1, lower.size + risers.size)


def level_windows(
    at: Array, ladder: Ladder, shapes: Shapes, calm: Stretches, wide: Stretches, tails: Array
) -> tuple[Places, Places]:
    """The windows of the levels, from first readings to before their ends, each of shape (tails, levels): readings where
    both risers' tails are below a share of their rises.

    Parameters
    ----------
    calm : the window where that is nothing (plateaus too short for it).
    wide : the windows that they lie in, and x of the readings in them, shape (n,).
    tails : largest shares of the rise, shape (tails, 1).
    """
    reach = np.log((1 - tails) / tails)
    low, high = _EVERYWHERE.repeat(ladder.levels, axis=-1).repeat(tails.size, axis=1)
    low[:, ladder.upper] = (reach - shapes.shoulder[0]) / shapes.shoulder[1]
    high[:, ladder.lower] = (-reach - shapes.foot[0]) / shapes.foot[1]
    inside = np.array((at < wide.each(low), at <= wide.each(high)))
    first, end = wide.begins + np.add.reduceat(inside, wide.starts, axis=-1, dtype=np.int64)
    enough = end - first >= 3
    return np.where(enough, first, calm.begins), np.where(enough, end, calm.ends)


def without_tails(
    at: Array, readings: Array, here: Stretches, ladder: Ladder, shapes: Shapes, middles: Places
) -> Array:
    """The readings of windows, each without the tails of the two risers beside it.

    Parameters
    ----------
    at, readings : x and y, shape (n,), window after window.
    here : the windows, from the lowest level on.
    middles : the position of each riser. A window reaches that of the riser above it at most, where noise leaves nothing
        else; that reading lies beside the next riser already.
    """
    sizes = here.sizes.copy()
    reaches = here.ends[ladder.lower] > middles
    sizes[ladder.lower] -= reaches
    sizes[ladder.upper] += reaches
    share, rise = _shares(at, ladder, shapes, sizes)
    return np.asarray(readings + rise[0] * (1 - share[0]) - rise[1] * share[1])


def _shares(at: Array, ladder: Ladder, shapes: Shapes, sizes: Places) -> tuple[Array, Array]:
    """What the two risers beside each reading have risen to there, as shares of their rises, and these, shape (2, n): first
    of the riser below. Beside an outer window there is but one; the other one has no rise.

    Parameters
    ----------
    sizes : readings in each window.
    """
    beside = np.zeros((3, 2, ladder.levels))
    beside[:2, 0, ladder.upper], beside[:2, 1, ladder.lower] = shapes.shoulder, shapes.foot
    beside[2, 0, ladder.upper] = beside[2, 1, ladder.lower] = shapes.rises
    intercept, steepness, rise = beside.repeat(sizes, axis=-1)
    return logistic(intercept + steepness * at), rise


class Responses(NamedTuple):
    """d/d reading of weighted sums of readings without tails.

    Parameters
    ----------
    curves : of each curve, shape (sums, levels, n).
    squares : the sums of their squares, of the levels of all curves, shape (sums, levels).
    """

    curves: list[Array]
    squares: Array


def responses_of(
    curves: Stretches, ladder: Ladder, shapes: Shapes, here: Stretches, at: Array, weights: Array
) -> Responses:
    """How weighted sums of readings without tails respond to the readings: directly, and through the tails, which rest on
    the shapes of two risers and these on their two levels each.

    Parameters
    ----------
    curves : the readings of each.
    here : the windows of the levels, from the lowest on.
    at : x, window after window.
    weights : of the readings in them, shape (sums, readings); the first sum is the level.
    """
    levels, n = ladder.risers + 1, curves.sizes
    alike = np.lexsort((levels, n))  # curves of one length with as many levels stand together
    sizes = (levels * n)[alike]
    begins = np.empty_like(sizes)
    begins[alike] = np.add.accumulate(sizes) - sizes
    place = np.arange(ladder.levels) - ladder.starts.repeat(levels)  # of each level in its curve
    rows = (begins - curves.begins).repeat(levels) + place * n.repeat(levels)
    out = np.zeros((len(weights), int(np.add.reduce(sizes))))
    places = here.places + rows.repeat(here.sizes)
    for own, own_weights in zip(out, weights, strict=True):
        own[places] = own_weights
    by_shape = here.sums(weights[:, None] * _tail_factors(at, ladder, shapes, here.sizes))
    halves = shapes.wholes.and_others(shapes.halves).at(shapes.sources.reshape(-1))
    response, places, by_levels = halves.responses()
    # of the feet of the risers above, and behind these of the shoulders of those below
    by_line = np.concatenate((by_shape[:, 3:5, ladder.lower], by_shape[:, 0:2, ladder.upper]), axis=-1)
    through = np.add.reduce(by_line.repeat(halves.sizes, axis=-1) * response, axis=1)
    places += np.concatenate((rows[ladder.lower], rows[ladder.upper])).repeat(halves.sizes)
    # one after the other, as a reading may be one of the riser below and of the one above
    feet = int(np.add.reduce(halves.sizes[: ladder.lower.size]))
    for half in (slice(feet, None), slice(feet)):
        out[:, places[half]] += through[:, half]
    by_level = _through_shapes(by_shape, ladder, by_levels)
    return _together(out, alike, curves.sizes, ladder, by_level)


def _together(out: Array, alike: Places, lengths: Places, ladder: Ladder, by_level: Array) -> Responses:
    """Responses of levels that rest on levels, so that all of those of a curve are told together.

    Parameters
    ----------
    out : responses at fixed levels, shape (sums, .), curve after curve and level after level.
    alike : the order in which the curves stand there.
    lengths : readings of each curve.
    by_level : d/d level, `_through_shapes`.
    """
    sums = len(out)
    curves: list[Array] = [out] * alike.size
    squares = np.empty((sums, ladder.levels))
    starts, stop = ladder.starts, 0
    keys = zip(lengths[alike].tolist(), (ladder.risers[alike] + 1).tolist(), strict=True)
    for (n, levels), group in groupby(zip(keys, alike.tolist(), strict=True), key=itemgetter(0)):
        members = [curve for _, curve in group]
        start, stop = stop, stop + len(members) * levels * n
        block = out[:, start:stop].reshape(sums, len(members), levels, n)
        at = starts[members][:, None] + np.arange(levels)
        by_below, by_above = by_level[..., at]
        through = np.zeros((sums, len(members), levels * levels))
        by_self, by_lower, by_upper = (through[..., first :: levels + 1] for first in (0, levels, 1))
        # a level itself is the upper one of the riser below, and the lower one of the riser above
        np.add(by_below[:, 1], by_above[:, 0], out=by_self)
        by_lower[:], by_upper[:] = by_below[:, 0, :, 1:], by_above[:, 1, :, :-1]
        np.negative(through[0], out=through[0])
        by_self[0] += 1  # the unit matrix without what is through the levels
        through = through.reshape(*through.shape[:-1], levels, levels)
        block[0] = np.linalg.inv(through[0]) @ block[0]
        block[1:] += through[1:] @ block[0]
        squares[:, at] = np.einsum("scki,scki->sck", block, block)
        for k, curve in enumerate(members):
            curves[curve] = block[:, k]
    return Responses(curves, squares)


def _tail_factors(at: Array, ladder: Ladder, shapes: Shapes, sizes: Places) -> Array:
    """d/d (intercept, steepness, rise) of what the half beside it adds to a reading without tails, rise (1 - share) by the
    riser below and -rise share by the one above, shape (6, n), first of the riser below."""
    share, rise = _shares(at, ladder, shapes, sizes)
    out = np.empty((2, 3, at.size))
    by_line = np.multiply(rise * share, share - 1, out=out[:, 0])
    np.multiply(by_line, at, out=out[:, 1])
    np.subtract(_LACKING, share, out=out[:, 2])
    return out.reshape(6, -1)


def _through_shapes(by_shape: Array, ladder: Ladder, halves: Array) -> Array:
    """d/d level of weighted sums of readings without tails, through the shapes of the riser below and of the one above, by
    the levels below and above that riser, shape (2, sums, 2, levels).

    Parameters
    ----------
    by_shape : d/d (intercept, steepness, rise) of the half below and of the one above, shape (sums, 6, levels).
    halves : what the lines of the feet, and behind these those of the shoulders, owe to the levels, shape (2, 2, halves).
    """
    risers = ladder.lower.size
    by_levels = np.zeros(
        (3, 2, 2, ladder.levels)
    )  # there is no riser below the lowest level, and none above the highest
    by_levels[:2, :, 0, ladder.upper], by_levels[:2, :, 1, ladder.lower] = halves[..., risers:], halves[..., :risers]
    by_levels[2, :, 0, ladder.upper] = by_levels[2, :, 1, ladder.lower] = _BY_LEVELS
    products = by_shape.reshape(-1, 2, 3, 1, ladder.levels) * by_levels.transpose(2, 0, 1, 3)
    return np.asarray(np.add.reduce(products, axis=2).swapaxes(0, 1))
