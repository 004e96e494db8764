"""Which multiple of the quantum a state of a trace is, and from which zero.

A switch may skip states, so the states that were visited cannot be counted as the risers of a staircase are: every state is
given the multiple that it is nearest to, at least 1. That is a freedom of the analysis, and the verdict simulates how often
levels that are no multiples pass with it. A state is the open contact (multiple 0) where its level is zero within its
uncertainty, or within the level margin of zero as every other level is of its multiple.

Zero itself has to be stated: without an offset any reading could be that of the open contact. The levels are then heights above the
lowest state, which is open only if the offset is its reading, and no verdict rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.level_set import LevelSet
from gzero.fitters.options import FitOptions
from gzero.fitters.trace_states import States
from gzero.reduction.calibration import Calibration

Array = NDArray[np.float64]

_TWO_SIDED = 1.96  # a level whose 95 % interval holds zero
_HALF = 0.5  # of a quantum: beyond it no state is the open contact


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Count:
    """States with their multiples.

    Parameters
    ----------
    values : of every state [unit of y], shape (k,): above the lowest one where zero is free.
    covariance : statistical, shape (k, k).  shifts : source -> shift of every state, each shape (k,).
    multiples : of every state; 0 is the open contact.
    flat : whether the level of each stays where it is during its longest visit.
    counted : positions of those that the claim is about.
    level_set : of them; None where there is none.
    """

    values: Array
    covariance: Array
    shifts: dict[str, Array]
    multiples: NDArray[np.int64]
    flat: tuple[bool, ...]
    counted: tuple[int, ...]
    level_set: LevelSet | None

    @property
    def std(self) -> Array:
        """Statistical, of each state [unit of y]."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def total(self) -> Array:
        """Statistical and systematic, of each state [unit of y]."""
        return np.sqrt(self.std**2 + sum((shift**2 for shift in self.shifts.values()), np.zeros(self.values.size)))


def count(states: States, calibration: Calibration, options: FitOptions, *, zero_stated: bool, stated: bool) -> Count:
    """The multiples of the states.

    Parameters
    ----------
    zero_stated : whether an offset is.  stated : whether anything of the calibration is.
    """
    k, q = len(states), abs(options.unit)
    values, covariance = states.values, states.covariance
    each = [calibration.shifts(float(v)) for v in values]
    sources = sorted({source for shift in each for source in shift})
    shifts = {source: np.array([shift.get(source, 0.0) for shift in each]) for source in sources}
    if not zero_stated and k:
        above = np.eye(k)
        above[:, 0] -= 1.0  # every level over the lowest one, which is exactly zero then
        values, covariance = above @ values, above @ covariance @ above.T
        shifts = {source: above @ shift for source, shift in shifts.items()}
    std = np.sqrt(np.diag(covariance) + sum((shift**2 for shift in shifts.values()), np.zeros(k)))
    near = np.abs(values) <= np.maximum(_TWO_SIDED * std, options.level_margin * q)
    is_open = near & (np.abs(values) < _HALF * q)
    multiples = np.where(is_open, 0, np.maximum(np.rint(values / q), 1)).astype(np.int64)
    moved = np.abs(states.drift) - _TWO_SIDED * states.drift_std
    flat = tuple(bool(m <= options.level_margin * q) for m in moved)
    low, high = options.plateaus or (1, np.inf)
    counted = tuple(int(i) for i in np.flatnonzero((multiples >= max(low, 1)) & (multiples <= high)))
    at = list(counted)
    level_set = (
        LevelSet(
            indices=multiples[at],
            values=values[at],
            covariance=covariance[np.ix_(at, at)],
            shifts={source: shift[at] for source, shift in shifts.items()},
            flat=tuple(flat[i] for i in at),
            counted_from="nearest multiple",
            resistance_fitted=options.fit_resistance,
            calibrated=stated or options.fit_resistance,
            zero="known" if zero_stated else "free",
            what="level",
        )
        if at
        else None
    )
    return Count(
        values=values, covariance=covariance, shifts=shifts, multiples=multiples, flat=flat, counted=counted,
        level_set=level_set,
    )  # fmt: skip
