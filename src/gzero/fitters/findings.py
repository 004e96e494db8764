"""What a fitter hands on: estimates, levels with their joint covariance, a fit, and what the reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve, frozen
from gzero.measurement.ledger import Choice, Exclusion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """One plateau with its uncertainties.

    Parameters
    ----------
    index : number of risers below it, from pinch-off.
    level : height [SI], statistical and systematic parts.
    transmission : what this mode adds, in quanta (its height minus the one below).
    x_low, x_high : the flat window [unit of x];  slope : [unit of y per unit of x].
    points : readings in the window.
    counted : whether the claim rests on it; a level that is not flat is shown but not counted.
    note : why it is not counted, or what is odd about it; "" otherwise.
    """

    index: int
    level: Estimate
    transmission: Estimate
    x_low: float
    x_high: float
    slope: float
    points: int
    counted: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """One source of the uncertainty of the main estimate, in its unit; the shares of the variance add up to 1."""

    source: str
    kind: str
    value: str
    std: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The main estimate in units of one fundamental unit of the same dimension, or beside a published value."""

    name: str
    value: float
    unit: str
    ratio: float
    ratio_std: float
    reference: str = ""


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
    counted_from : "pinch-off", or "quantum" where the first index comes from the declared quantum.
    resistance_fitted : whether a series resistance was fitted to these same levels, which costs a degree of freedom.
    """

    indices: NDArray[np.int64]
    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    shifts: Mapping[str, NDArray[np.float64]]
    flat: tuple[bool, ...]
    counted_from: str
    resistance_fitted: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen(self.values))
        object.__setattr__(self, "covariance", frozen(self.covariance))

    def systematic(self) -> NDArray[np.float64]:
        """Covariance from the shared sources, shape (k, k)."""
        k = self.values.size
        total = np.zeros((k, k))
        for shift in self.shifts.values():
            total += np.outer(shift, shift)
        return total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """All that one fitter found on one measurement.

    Parameters
    ----------
    estimates : by name, the main one first.
    levels : plateaus for the table;  level_set : those the claim rests on, None where there is no such claim.
    curve : the points used, None for a single value.
    """

    estimates: Mapping[str, Estimate]
    levels: tuple[Level, ...] = ()
    level_set: LevelSet | None = None
    curve: Curve | None = None
    exclusions: tuple[Exclusion, ...] = ()
    fit: FitResult | None = None
    fit_curve: Curve | None = None
    budget: tuple[BudgetLine, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
