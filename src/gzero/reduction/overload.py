"""Readings at the rail of an instrument: a flat run without noise, which looks like a perfect plateau and is none."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.noise import white_noise

_FEWEST = 5  # identical readings of a run
_LONGER = 3  # times as long as the longest run anywhere between the extremes
_CHANCE = 1e-6  # that the noise makes such a run, for a record as long as this one
_NOISE = 0.5  # steps of the converter: with less, a slope that is rounded looks like noise
_RAIL = 0.5  # of the largest |y|: what repeats below is a zero, or an offset at pinch-off
_TURNING = (
    0.6  # share of third differences that change sign: 0.77 for white noise, 0.5 for independent ones, 0 if smooth
)
_ROUNDING = 1e-9  # of the largest |y|: what alternates below that is arithmetic


def overloaded(read: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which readings stand at a rail: runs of identical readings at the largest or the smallest value of a noisy record.

    Parameters
    ----------
    read : as the instrument gave them, before any correction, in the order in which they were taken, finite, shape (n,).

    A run counts when all of this holds. It has at least 5 readings, and 3 times as many as the longest run at a value
    between the extremes. The rail is at least half as far from zero as the other one, so that zeros at pinch-off are
    no rail. The rest of the record is noisy (its third differences alternate): a noise-free curve repeats itself on
    every plateau, and so does one that is quantised with a noise below half a step. And the noise of the rest makes such a run with a chance below 1e-6 even where readings are
    quantised, taking a plateau in the middle of one step of the converter, where readings repeat most.
    """
    out = np.zeros(read.size, dtype=bool)
    if read.size < 2 * _FEWEST:
        return out
    changes = read[1:] != read[:-1]
    if changes.size - np.count_nonzero(changes) < _FEWEST - 1:  # too few neighbours are alike for one run
        return out
    edges = np.concatenate(([0], changes.nonzero()[0] + 1, [read.size]))
    lengths = edges[1:] - edges[:-1]
    if lengths.max() < _FEWEST:
        return out
    values = read[edges[:-1]]
    low, high, largest = float(values.min()), float(values.max()), float(np.abs(values).max())
    rails = [rail for rail in (low, high) if rail and abs(rail) >= _RAIL * largest]
    between = lengths[(values > low) & (values < high)]
    longest = int(between.max()) if between.size else 0
    for rail in rails:
        runs = (values == rail) & (lengths >= max(_FEWEST, _LONGER * longest))
        if runs.any():
            out |= np.repeat(runs, lengths)
    if not out.any() or out.all():  # a record of one value has no noise, and nothing tells it from a quiet instrument
        return np.zeros_like(out)
    needed = _run_by_chance(read[~out], read.size)
    return np.asarray(out & np.repeat(lengths > needed, lengths))


def _run_by_chance(rest: NDArray[np.float64], readings: int) -> float:
    """The longest run of identical readings that the noise of the rest explains; infinite where there is no noise."""
    noise = white_noise(rest)
    rounding = _ROUNDING * float(np.abs(rest).max())
    spacings = np.diff(np.sort(rest))
    spacings = spacings[spacings > rounding]
    if noise <= rounding or spacings.size == 0 or not _alternates(rest):
        return math.inf
    # no step of a converter is wider than the smallest spacing; where readings are continuous that is next to nothing
    step = float(spacings.min())
    if noise < _NOISE * step:
        return math.inf
    # a reading repeats the one before it with this chance when both belong to the middle of a step
    again = math.erf(step / 2 / (math.sqrt(2) * noise))
    return 1 + math.log(_CHANCE / readings) / math.log(again)


def _alternates(y: NDArray[np.float64]) -> bool:
    """Whether third differences change sign as those of noise do; those of a smooth curve keep it."""
    third = np.diff(y, 3)
    third = third[np.abs(third) > _ROUNDING * float(np.abs(y).max())]
    return third.size >= 4 and float(np.mean(np.signbit(third[1:]) != np.signbit(third[:-1]))) > _TURNING
