"""What a fitter hands on: estimates, levels with their joint covariance, a fit, and what the reader must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Answer, Listing, Picture
from gzero.fitters.level_set import LevelSet
from gzero.fitters.result import FitResult
from gzero.joint import JointEstimates
from gzero.measurement.curve import Curve
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
class Findings:
    """All that one fitter found on one measurement.

    Parameters
    ----------
    estimates : by name, the main one first.
    levels : plateaus for the table;  level_set : those the claim rests on, None where there is no such claim.
    curve : the points used, None for a single value.
    joint : estimates with their joint covariance, None where it was not worked out.
    answer, pictures, listings : what the experiment brings to a report of its own.
    seed : of whatever was drawn; None where nothing was.
    method : how the numbers came about, in a few sentences for the reader of a report.
    used : readings that were used, where they are not the points of the curve (those of a histogram are its bins).
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
    joint: JointEstimates | None = None
    answer: Answer | None = None
    pictures: tuple[Picture, ...] = ()
    listings: tuple[Listing, ...] = ()
    seed: int | None = None
    method: tuple[str, ...] = ()
    used: int | None = None
