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
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.reduction.flats import FEWEST, Flats, flats_of, parts_of
from gzero.reduction.plateau import Change, Plateau, beyond_chance
from gzero.reduction.riser_shapes import Look, Riser, Shapes, shapes_of
from gzero.reduction.rises import Rises, drop_small_rises
from gzero.reduction.stretches import Lines, Places, Stretches, lines_through
from gzero.reduction.sweeps import Steepness, Sweeps, steepness_of
from gzero.reduction.tails import level_windows, responses_of, without_tails

Array = NDArray[np.float64]

# The window of the level: readings where no riser's tail exceeds this share of its rise, within slopes up to the second
# share (`flats`); the level of the narrower tail tells whether the tails were taken out well.
_TAILS = np.array([[0.06], [0.015]])
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
    return find_staircases([curve])[0]


def find_staircases(curves: Sequence[Curve]) -> list[Staircase]:
    """Risers, plateaus and noise of each of many curves, of any lengths and in either direction, as `find_staircase` has them.

    They are laid end to end, so that what a curve costs is its arithmetic and not the calls around it.
    """
    if not curves:
        return []
    sweeps = Sweeps.of(curves)
    steepness = steepness_of(sweeps)
    ends = list(zip(sweeps.here.begins.tolist(), (sweeps.here.ends - 1).tolist(), strict=True))
    rises = drop_small_rises(sweeps.y, steepness.values, steepness.noise.tolist(), ends, steepness.risers)
    flats = flats_of([curves[i] for i in sweeps.order], sweeps, steepness, rises)
    levels = _levels(sweeps, flats)
    stairs = _staircases(sweeps, steepness, rises, flats, levels, _plateaus(sweeps, flats, levels))
    return [one for _, one in sorted(zip(sweeps.order, stairs, strict=True), key=itemgetter(0))]


class _Levels(NamedTuple):
    """The levels of curves and what they rest on.

    Parameters
    ----------
    shapes : of the risers.
    here : the windows of the levels; `narrow` ones, from and to before, are where the tails are smaller still.
    at, without : x of the readings in them, and the readings with the tails taken out.
    """

    shapes: Shapes
    here: Stretches
    narrow: tuple[Places, Places]
    at: Array
    without: Array


def _levels(sweeps: Sweeps, flats: Flats) -> _Levels:
    ladder, middles = flats.between.ladder, flats.between.middles
    curve = flats.owner[ladder.lower]  # of each riser
    spacing = (sweeps.x[sweeps.here.ends - 1] - sweeps.x[sweeps.here.begins]) / (sweeps.here.sizes - 1)
    both, parts = np.array((sweeps.x, sweeps.y)), parts_of(flats.between, flats.calm)
    look = Look(both, middles, sweeps.x[middles], parts, parts.readings(sweeps.y), flats.noise[curve], spacing[curve])
    wide_x, levels, near = flats.wide.readings(sweeps.x), flats.means, None
    for _ in range(2):  # levels need tails, tails need levels; the second round changes little
        shapes = shapes_of(look, levels[ladder.lower], levels[ladder.upper], near)
        (first, narrow_first), (end, narrow_end) = level_windows(wide_x, ladder, shapes, flats.calm, flats.wide, _TAILS)
        here = Stretches.over(first, end)
        at, readings = here.readings(both)
        without = without_tails(at, readings, here, ladder, shapes, middles)
        levels, near = here.sums(without) / here.sizes, shapes
    return _Levels(shapes, here, (narrow_first, narrow_end), at, without)


def _plateaus(sweeps: Sweeps, flats: Flats, levels: _Levels) -> list[list[Plateau]]:
    """Of each curve every stretch between two risers as a plateau, the baseline first."""
    here, length = levels.here, flats.length[flats.owner]
    lines = lines_through(levels.at, levels.without, here)
    weights = _weights(sweeps.x, levels, lines)
    responses = responses_of(sweeps.here, flats.between.ladder, levels.shapes, here, levels.at, weights)
    scatter = np.sqrt(lines.scatter / np.maximum(here.sizes - 2, 1))
    noise = flats.noise[flats.owner]
    noise = np.where(here.sizes >= FEWEST, np.maximum(noise, scatter), noise)
    alike = np.minimum(length, here.sizes)  # readings per independent one
    flatness = _flatness(sweeps.x, flats, noise)
    variances = noise**2 * alike * responses.squares[1:]
    values = here.sums(weights[1:] * levels.without)
    columns = (
        lines.mean, noise * np.sqrt(responses.squares[0] * alike), values.T, variances.T, flats.slopes,
        sweeps.x[here.begins], sweeps.x[here.ends - 1], here.sizes, noise, length, *flatness, here.begins,
    )  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), strict=True)
    curves = zip(responses.curves, sweeps.descending, sweeps.here.begins.tolist(), strict=True)
    return [
        [_plateau(k, response, falls, begin, *next(rows)) for k, response in enumerate(own.swapaxes(0, 1))]
        for own, falls, begin in curves
    ]


def _plateau(
    k: int,
    response: Array,
    falls: bool,
    begin: int,
    level: float,
    std_noise: float,
    values: list[float],
    variances: list[float],
    slope: float,
    x_low: float,
    x_high: float,
    points: int,
    noise: float,
    length: float,
    flatness: float,
    flatness_std: float,
    place: int,
) -> Plateau:
    """The k-th plateau of a curve, as the curve was given.

    Parameters
    ----------
    response : of its level, of the change across the window, and of that with a narrower one, shape (3, n).
    falls : whether conductance falls with x.
    begin, place : where the curve begins, and the window.
    values, variances : of the two changes.
    """
    first = place - begin
    if falls:
        response, slope = response[:, ::-1], -slope
        x_low, x_high, first = -x_high, -x_low, response.shape[1] - points - first
    across, narrower = Change(value=values[0], weights=response[1]), Change(value=values[1], weights=response[2])
    changes = (across, narrower) if points >= 3 else ()
    return Plateau(
        index=k,
        level=level,
        std_noise=std_noise,
        std_window=beyond_chance(changes, variances[: len(changes)]),
        changes=changes,
        slope=slope,
        x_low=x_low,
        x_high=x_high,
        points=points,
        noise=noise,
        correlation_length=length,
        flatness=flatness,
        flatness_std=flatness_std,
        first=first,
        last=first + points - 1,
        response=response[0],
    )


def _weights(x: Array, levels: _Levels, lines: Lines) -> Array:
    """Of the readings in the windows, shape (3, readings): in the level, in what it changes across the window, over
    sqrt(12) as a level anywhere in it has, and in what it changes with a narrower window."""
    here, low, high = levels.here, levels.here.begins, levels.here.ends
    span = (x[high - 1] - x[low]) / (np.where(here.sizes > 1, lines.square, 1.0) * math.sqrt(12.0))
    out = np.empty((3, levels.at.size))
    out[:2] = here.each(np.array((1 / here.sizes, span)))
    out[1] *= lines.away
    first, end = np.maximum(low, levels.narrow[0]), np.minimum(high, levels.narrow[1])
    other = (end - first < 3) | (end - first == here.sizes)
    first, end = np.where(other, low + here.sizes // 3, first), np.where(other, high - here.sizes // 3, end)
    few = end - first < 3
    first, end = np.where(few, low, first), np.where(few, high, end)
    inside = (here.places >= here.each(first)) & (here.places < here.each(end))
    np.subtract(np.where(inside, here.each(1 / (end - first)), 0.0), out[0], out=out[2])
    return out


def _flatness(x: Array, flats: Flats, noise: Array) -> tuple[Array, Array]:
    """Flatness and its standard uncertainty, of the readings as they stand, in the calm windows.

    Flatness is the rise that the slope would make from riser to riser, over the rise that there is: 0 flat, 1 a ramp.
    Above the last riser, where nothing bounds the stretch, the distance is that of the last two risers. Below the first
    one there is no rise, and both are 0.
    """
    between, ladder, n = flats.between, flats.between.ladder, flats.calm.sizes
    distance = x[between.last] - x[between.first]
    top = ladder.tops[ladder.risers > 1]
    distance[top] = distance[top - 1]
    rise = np.zeros(ladder.levels)
    rise[ladder.upper] = flats.heights
    alike = np.sqrt(np.minimum(flats.length[flats.owner], n))
    with np.errstate(invalid="ignore"):  # of a slope of 0 where nothing rises nothing is known
        per_slope = np.where(rise > 0, distance / np.where(rise > 0, rise, 1.0), np.inf)
        flatness = np.abs(flats.slopes) * per_slope
        std = per_slope * noise * alike / np.sqrt(np.where(n >= 3, flats.squares, 1.0))
    std[n < 3] = np.inf
    flatness[ladder.starts], std[ladder.starts] = 0.0, 0.0
    return flatness, std


def _staircases(
    sweeps: Sweeps,
    steepness: Steepness,
    rises: Sequence[Rises],
    flats: Flats,
    levels: _Levels,
    plateaus: Sequence[list[Plateau]],
) -> list[Staircase]:
    """The staircases in the order of the sweeps."""
    x, y, here = sweeps.x, sweeps.y, sweeps.here
    lowest = Stretches.over(here.begins, flats.between.last[flats.between.ladder.starts] + 1)
    least = (np.minimum.reduceat(lowest.readings(y), lowest.starts), np.minimum.reduceat(y, here.begins))
    risers = iter(levels.shapes.risers())
    told = (steepness.windows, flats.noise.tolist(), flats.length.tolist(), *(low.tolist() for low in least))
    out = []
    for found, own, falls, window, noise, length, foot, bottom in zip(
        plateaus, rises, sweeps.descending, *told, strict=True
    ):
        shapes = tuple(islice(risers, len(own.risers)))
        out.append(
            Staircase(
                plateaus=tuple(p for p in found[1:] if p.points >= 3 and p.flatness < NOT_A_PLATEAU),
                baseline=found[0] if shapes else None,
                pinched_off=bool(shapes) and _pinched_off(found, foot, bottom),
                risers=shapes,
                noise=noise,
                correlation_length=length,
                sub_steps=tuple((float(y[i]), float(-x[i] if falls else x[i])) for i in own.sub_steps),
                smoothing=window,
                descending=falls,
            )
        )
    return out


def _pinched_off(found: Sequence[Plateau], foot: float, bottom: float) -> bool:
    """Whether the curve reaches zero within a tenth of the first rise: either the flat stretch below the first riser lies at
    zero, or the curve ends on a riser that reaches down to it.

    Parameters
    ----------
    foot, bottom : lowest reading up to the first riser, and of all.
    """
    return min(abs(found[0].level), abs(foot)) < 0.1 * (found[1].level - bottom)
