"""What is flat of curves, before anything is known of their risers but where they are: calm windows, and the noise there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.reduction.averages import mean, median
from gzero.reduction.noise import correlation_lengths
from gzero.reduction.rises import Rises
from gzero.reduction.stretches import Places, Stretches
from gzero.reduction.sweeps import Steepness, Sweeps
from gzero.reduction.tails import Ladder

Array = NDArray[np.float64]

# The flat window: slopes up to this share of the neighbouring riser's; and a wider one, for the window of the level.
_WINDOW = 0.15
_CALM = 0.35
#: Readings that show a scatter about a straight line; an outer stretch of fewer is no level.
FEWEST = 5


class Between(NamedTuple):
    """What lies between the risers of curves laid end to end, and beyond the outer ones.

    Parameters
    ----------
    ladder : the stretches as levels, and the risers.
    middles : position of each riser.
    first, last : of each stretch the riser below it and the one above it, or the first and the last reading of its curve.
    """

    ladder: Ladder
    middles: Places
    first: Places
    last: Places

    @classmethod
    def of(cls, curves: Stretches, risers: Sequence[Sequence[int]]) -> Between:
        """Between risers of curves."""
        ladder = Ladder.of(np.array([len(own) for own in risers]))
        middles = np.array([middle for own in risers for middle in own], dtype=np.int64)
        first, last = np.empty((2, ladder.levels), dtype=np.int64)
        first[ladder.starts], first[ladder.upper] = curves.begins, middles
        last[ladder.tops], last[ladder.lower] = curves.ends - 1, middles
        return cls(ladder, middles, first, last)


class Flats(NamedTuple):
    """What is flat of curves.

    Parameters
    ----------
    between : the stretches between the risers.
    heights : of each riser, from the flattest points beside it [unit of y].
    owner : the curve of each stretch.
    calm, wide : the flat window in each stretch, and a wider one.
    means : of the readings in the flat windows [unit of y].
    slopes : of straight lines through them; of fewer than three, their mean slope [unit of y per unit of x].
    squares : the sums of squares of x about its means there.
    noise, length : standard deviation of one reading [unit of y], and correlation length in readings, of each curve.
    """

    between: Between
    heights: Array
    owner: Places
    calm: Stretches
    wide: Stretches
    means: Array
    slopes: Array
    squares: Array
    noise: Array
    length: Array


def flats_of(curves: Sequence[Curve], sweeps: Sweeps, steepness: Steepness, rises: Sequence[Rises]) -> Flats:
    """The calm windows, and what they tell of the noise.

    Parameters
    ----------
    curves : in the order in which the sweeps have them.
    """
    between = Between.of(sweeps.here, [own.risers for own in rises])
    owner = np.arange(len(curves)).repeat(between.ladder.risers + 1)
    calm, wide = calm_windows(between, steepness.values, steepness.std[owner], (_WINDOW, _CALM))
    means, slopes, squares, rest = _lines(sweeps, calm)
    return Flats(
        between=between,
        heights=np.array([height for own in rises for height in own.heights]),
        owner=owner,
        calm=calm,
        wide=wide,
        means=means,
        slopes=np.where(calm.sizes >= 3, slopes, calm.sums(calm.readings(steepness.values)) / calm.sizes),
        squares=squares,
        noise=_noise(curves, steepness.noise, rest, calm, owner),
        length=correlation_lengths(rest, calm, between.ladder.starts),
    )


def _lines(sweeps: Sweeps, calm: Stretches) -> tuple[Array, Array, Array, Array]:
    """Mean, slope and sum of squares of x of the straight lines through the readings in calm windows, and the residuals.

    The sums are taken window by window: of readings that are all the same nothing but their rounding is left over.
    """
    x, y, own = calm.readings(sweeps.x), calm.readings(sweeps.y), calm.own
    total = np.add.reduce
    away = x - calm.each(np.array([total(x[here]) for here in own]) / calm.sizes)
    means = np.array([total(y[here]) for here in own]) / calm.sizes
    pieces = [(away[here], y[here]) for here in own]
    squares = np.array([piece.dot(piece) for piece, _ in pieces])
    slopes = np.array([piece.dot(readings) for piece, readings in pieces]) / np.where(squares > 0, squares, np.inf)
    return means, slopes, squares, y - calm.each(means) - calm.each(slopes) * away


def _noise(curves: Sequence[Curve], noise: Array, rest: Array, calm: Stretches, owner: Places) -> Array:
    """The standard deviation of one reading of each curve: as stated, or from differences, or where most of the readings
    repeat from the residuals in the flat stretches."""
    out, enough = noise.copy(), calm.sizes >= FEWEST
    for curve, given in enumerate(curves):
        if given.y_std is not None:
            out[curve] = median(given.y_std)
        elif noise[curve] == 0.0 and np.count_nonzero(own := enough & (owner == curve)):
            out[curve] = math.sqrt(mean(rest[own.repeat(calm.sizes)] ** 2))
    return out


def calm_windows(between: Between, slope: Array, std: Array, shares: Sequence[float]) -> list[Stretches]:
    """The calm windows between risers, for each share: readings around the flattest point whose slope stays below the
    threshold, that share of the way to the slope of the less steep riser beside it.

    Parameters
    ----------
    slope : shape (n,), and its noise in each stretch.
    """
    ladder, here = between.ladder, Stretches.over(between.first, between.last + 1)
    steep = np.abs(here.readings(slope))
    flattest = here.lowest(steep)
    # the ends of the curve are no risers
    at_riser = slope[between.middles]
    reference = np.array((np.inf,)).repeat(ladder.levels)
    reference[ladder.lower] = at_riser
    reference[ladder.upper] = np.minimum(reference[ladder.upper], at_riser)
    alone = np.isinf(reference)
    if np.count_nonzero(alone):
        reference[alone] = np.maximum.reduceat(here.readings(slope), here.starts)[alone]
    floor = np.maximum(steep[flattest], 2 * std)
    depth = np.maximum(reference - floor, 0.0)
    return [_quiet(here, flattest, steep > here.each(floor + share * depth)) for share in shares]


def _quiet(here: Stretches, flattest: Places, loud: NDArray[np.bool_]) -> Stretches:
    """The readings around the flattest points, up to those that are loud."""
    at = np.concatenate(((-1,), loud.nonzero()[0], (loud.size,)))
    place = at.searchsorted(flattest)
    first = np.maximum(at[place - 1] + 1, here.starts)
    end = np.minimum(at[place], here.starts + here.sizes)
    shift = here.begins - here.starts
    return Stretches.over(first + shift, end + shift)


def parts_of(between: Between, calm: Stretches) -> Stretches:
    """The readings that show the shape of each riser: from the middle of the plateau below it to that of
    the one above."""
    ladder = between.ladder
    centres = (calm.begins + calm.ends - 1) // 2
    # a stretch of a few readings at an end is no level that a riser could start from or reach
    few = calm.sizes < FEWEST
    lowest, highest = ladder.starts[few[ladder.starts]], ladder.tops[few[ladder.tops]]
    centres[lowest], centres[highest] = between.last[lowest], between.first[highest]
    return Stretches.over(centres[ladder.lower], centres[ladder.upper] + 1)
