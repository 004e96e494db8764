"""What a user may choose about a fit; the same record for every experiment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from gzero.fitters.problem import Loss
from gzero.models.carriers import Dimensions, Statistics
from gzero.quanta import Quantum
from gzero.reduction.selection import Selection

RiserShape = Literal["shared", "curved", "thermal*saddle", "bias", "modulation", "sub-step"]
NoiseModel = Literal["learnt", "white"]
Transmission = Literal["landauer", "drude"]
Action = Literal["mvL", "kBT"]
Rows = Literal["auto", "each", "curve"]
Longitudinal = Literal["mean", "first", "second"]
#: Words of the option `risers`.
RISER_SHAPES: tuple[RiserShape, ...] = get_args(RiserShape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """Choices of convention about a gas of carriers; each changes numbers, so each is reported.

    Parameters
    ----------
    statistics, dimensions : of the gas, which give v^2 and the ballistic length (`gzero.models.carriers`).
    degeneracy : states (spins, valleys) that a stated density counts [1].
    transmission : Gamma = lambda_b/(lambda_b + L) of Landauer, or l/L of Drude, which may exceed 1.
    action : h_s = m v L, or kB T L/v, which are equal for a classical gas alone.
    said : the options that the user stated.
    """

    statistics: Statistics = "classical"
    dimensions: Dimensions = 3
    degeneracy: float = 1.0
    transmission: Transmission = "landauer"
    action: Action = "mvL"
    said: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """Choices that enter a fit.

    Parameters
    ----------
    quantum : the unit that steps are counted and shown in.
    declared : whether the user named it.
    selection : which readings make the curve.
    plateaus : first and last plateau that the claim is about; None takes every flat one from the first on.
    fit_resistance : fit a series resistance to the levels.
    risers : what shapes the risers of the model beside one width each.
    loss : "linear" is least squares; the others bound the pull of single readings of the model's fit.
    level_margin : what still counts as a multiple, over its unit [1].
    margin : what still counts as equal to a unit, over that unit [1];  confidence : of the intervals that decide.
    seed : of whatever a fitter draws.
    noise_model : "learnt" from the residuals, red where they are; "white" takes the readings as independent.
    conventions : about a gas of carriers.
    longitudinal : the R_xx of a bar that was read on both sides: their mean, or one of them.
    phonon_exponent : p of the heat that phonons carry beside the modes, held there; None takes the usual one, or fits it
        where the readings exclude that.
    """

    quantum: Quantum
    declared: bool = True
    selection: Selection = field(default_factory=Selection)
    plateaus: tuple[int, int] | None = None
    fit_resistance: bool = False
    risers: frozenset[RiserShape] = frozenset()
    loss: Loss = "linear"
    level_margin: float = 0.1
    margin: float = 0.05
    confidence: float = 0.95
    seed: int = 1
    noise_model: NoiseModel = "learnt"
    conventions: Conventions = field(default_factory=Conventions)
    longitudinal: Longitudinal = "mean"
    phonon_exponent: float | None = None

    @property
    def unit(self) -> float:
        """Value of the quantum [SI].

        Raises
        ------
        ValueError : a condition that the quantum needs is missing (the pipeline checks this first).
        """
        if self.quantum.value is None:
            raise ValueError(f"the quantum {self.quantum.symbol} has no value without {', '.join(self.quantum.needs)}")
        return self.quantum.value
