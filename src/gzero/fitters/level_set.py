"""The levels that a claim rests on, with everything they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import frozen
from gzero.measurement.kinds import LevelName

Zero = Literal["known", "free"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelSet:
    """The levels that a claim rests on, with everything that is common to them.

    Parameters
    ----------
    indices : risers below each level, shape (k,).
    values : levels [SI], corrected by what is declared, shape (k,).
    covariance : statistical, shape (k, k).
    shifts : source -> signed shift of every level when the source moves up by one standard uncertainty, each shape (k,).
    flat : whether each level qualifies as flat, shape (k,).
    counted_from : "pinch-off", "density and field", "quantum" where the first index comes from the declared quantum, or
        "nearest multiple" where every index does: each level is then given the multiple that it is nearest to.
    shoulders : heights of flat stretches within the claim that were too small for a riser and are no 0.7 structure,
        in steps above the level below them; a staircase that has them is not one of equal steps.
    calibrated : whether gain, offset or series resistance was stated; without any of them the scale is taken on trust.
    resistance_fitted : whether a series resistance is fitted to these same levels, which costs a degree of freedom.
    zero : "known", or "free" where nobody stated what an open contact reads: the values are then heights above the lowest
        level, and any reading could be zero.
    what : what one of them is called: a plateau of a sweep, a peak of a histogram, a level of a switching trace.
    """

    indices: NDArray[np.int64]
    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    shifts: Mapping[str, NDArray[np.float64]]
    flat: tuple[bool, ...]
    counted_from: str
    resistance_fitted: bool
    shoulders: tuple[float, ...] = ()
    calibrated: bool = True
    zero: Zero = "known"
    what: LevelName = "plateau"

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen(self.values))
        object.__setattr__(self, "covariance", frozen(self.covariance))

    def __len__(self) -> int:
        return int(self.indices.size)

    def lowest(self, k: int) -> LevelSet:
        """The k lowest of them."""
        return self.only(range(min(k, len(self))))

    def only(self, places: Sequence[int]) -> LevelSet:
        """Some of them, by their places."""
        at = np.asarray(places, dtype=np.int64)
        return replace(
            self,
            indices=self.indices[at],
            values=self.values[at],
            covariance=self.covariance[np.ix_(at, at)],
            shifts={source: shift[at] for source, shift in self.shifts.items()},
            flat=tuple(self.flat[i] for i in places),
        )

    def systematic(self) -> NDArray[np.float64]:
        """Covariance from the shared sources, shape (k, k)."""
        k = self.values.size
        total = np.zeros((k, k))
        for shift in self.shifts.values():
            total += np.outer(shift, shift)
        return total
