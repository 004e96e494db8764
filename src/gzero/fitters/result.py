"""What a fit found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import html_table
from gzero.fitters.level_set import LevelSet
from gzero.fitters.problem import Problem
from gzero.measurement.curve import frozen

if TYPE_CHECKING:
    from gzero.fitters.interval import Interval
    from gzero.fitters.variance_spread import VarianceSpread

Method = Literal[
    "least squares",
    "generalised least squares",
    "least squares, sandwich covariance",
    "robust",
    "orthogonal distance regression",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitResult:
    """Parameters of one model on one curve.

    Parameters
    ----------
    model : the model's name.
    names, units : of the parameters, shape (k,); a parameter held fixed is not among them.
    values : best values, shape (k,).
    covariance : shape (k, k), absolute: stated uncertainties are believed, estimated noise is said to be estimated.
    fixed : parameters that were held, by name.
    chi2, dof : sum of squared pulls, points minus free parameters.
    fitted, residuals : model and data minus model at the points of the curve [unit of y], shape (n,).
    noise_model : how the weights came about ("stated, white", "estimated from the data, red (...)").
    method : how correlated noise was carried, if there is any.
    inflation : factor that the covariance was widened by because the misfit exceeds chance; 1 is none.
    success, message : whether a usable minimum was reached, and what the engine said.
    at_bounds : names of parameters that ended on a bound.
    bic : Bayesian information criterion of the fit.
    variance_dof : degrees of freedom of each variance, shape (k,): infinite where the noise is stated; the covariance is
        widened for them (`gzero.reduction.noise.widening`). None where they were not worked out.
    variance_spread : the same of sums of parameters, under red noise whose spectrum is estimated.
    intervals : of the parameters, by name, where they were asked for.
    problem : what was minimised, so that it can be looked at again (profile, bootstrap).
    reference : source of the model's formula, where `problem` does not hold the model; "" otherwise.
    levels : the levels without a model that were found beside it, so that a verdict can be given on them.
    """

    model: str
    names: tuple[str, ...]
    units: tuple[str | None, ...]
    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    fixed: dict[str, float]
    chi2: float
    dof: int
    fitted: NDArray[np.float64]
    residuals: NDArray[np.float64]
    noise_model: str
    inflation: float
    success: bool
    message: str
    at_bounds: tuple[str, ...] = ()
    bic: float = float("nan")
    method: Method = "least squares"
    problem: Problem | None = None
    levels: LevelSet | None = None
    variance_dof: NDArray[np.float64] | None = None
    variance_spread: VarianceSpread | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    reference: str = ""

    def __post_init__(self) -> None:
        for name in ("values", "covariance", "fitted", "residuals"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if self.variance_dof is not None:
            object.__setattr__(self, "variance_dof", frozen(self.variance_dof))

    def value(self, name: str) -> float:
        """Best value of one parameter, fitted or held."""
        return self.fixed[name] if name in self.fixed else float(self.values[self.names.index(name)])

    def std(self, name: str) -> float:
        """Standard uncertainty of one parameter; 0 for one that was held."""
        if name in self.fixed:
            return 0.0
        i = self.names.index(name)
        return float(np.sqrt(self.covariance[i, i]))

    @property
    def chi2_reduced(self) -> float:
        """chi2 over degrees of freedom; 1 within chance when model and stated noise are right."""
        return self.chi2 / self.dof if self.dof > 0 else float("nan")

    def _repr_html_(self) -> str:
        """A table of the parameters, for notebooks."""
        rows = [
            (n, f"{self.value(n):.6g} ± {self.std(n):.2g}", u or "")
            for n, u in zip(self.names, self.units, strict=True)
        ]
        title = f"{self.model}: chi2/dof {self.chi2:.4g}/{self.dof}, {self.noise_model}"
        return html_table(title, ("parameter", "value", "unit"), rows)
