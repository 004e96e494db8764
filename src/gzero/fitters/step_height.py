"""The common step of a set of levels, with everything the levels share.

    level_n = n h                          (series resistance declared, or none)
    1/level_n = (1/h)(1/n) + R_s           (series resistance fitted to the same levels)

Both are linear and solved by generalised least squares with the statistical covariance of the levels. When their
scatter about the line exceeds it beyond chance, the statistical part is widened by sqrt(chi2/dof) (the scale factor of the
Particle Data Group, doi 10.1103/PhysRevD.110.030001, introduction 5.2.2). Systematic parts pass through the same linear map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.level_set import LevelSet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepHeight:
    """The result of the straight line through the levels.

    Parameters
    ----------
    step : h [SI].  series_resistance : R_s [1/SI] where it was fitted, else None.
    corrected : levels behind the fitted series resistance, or the levels themselves [SI], shape (k,).
    jacobian : d corrected / d level, shape (k, k). With a fitted resistance it is singular, as a shift of all resistances
        by the same amount is taken out again: never invert the covariance of corrected levels.
    weights : dh/dlevel_n, shape (k,).
    chi2, dof : of the line;  scale : factor on the statistical uncertainty.
    """

    step: Estimate
    series_resistance: Estimate | None
    corrected: NDArray[np.float64]
    jacobian: NDArray[np.float64]
    weights: NDArray[np.float64]
    chi2: float
    dof: int
    scale: float


def step_height(levels: LevelSet, unit: str | None) -> StepHeight:
    """The common step of levels counted by index.

    Parameters
    ----------
    levels : at least one level; where a series resistance is to be fitted to them, at least two.
    unit : SI text of the levels.

    Raises
    ------
    FitError : with a series resistance: fewer levels than unknowns, or a level whose whole resistance it would be.
    """
    n = levels.indices.astype(np.float64)
    if levels.resistance_fitted:
        return _with_resistance(levels, unit, n)
    solve, chi2 = _gls(n[:, None], levels.values, levels.covariance)
    h = float(solve[0] @ levels.values)
    dof = n.size - 1
    scale = _scale(chi2, dof)
    std = float(np.sqrt(solve[0] @ levels.covariance @ solve[0])) * scale
    step = Estimate(
        value=h, std_stat=std, systematic={s: float(solve[0] @ v) for s, v in levels.shifts.items()}, unit=unit
    )
    return StepHeight(
        step=step,
        series_resistance=None,
        corrected=levels.values,
        jacobian=np.eye(n.size),
        weights=solve[0],
        chi2=chi2,
        dof=dof,
        scale=scale,
    )


_CHANCE = 0.05  # of a scatter that the covariance explains: widening below that would make honest intervals too long


def _scale(chi2: float, dof: int) -> float:
    """sqrt(chi2/dof) where that is beyond chance, else 1."""
    from scipy.special import chdtrc

    return float(np.sqrt(chi2 / dof)) if dof > 0 and chdtrc(dof, chi2) < _CHANCE else 1.0


def _gls(
    design: NDArray[np.float64], y: NDArray[np.float64], covariance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """(matrix that maps y to the parameters, chi2 of the residuals)."""
    size = float(np.sqrt(np.trace(covariance) / y.size))
    inverse: NDArray[Any] = np.eye(y.size)
    if size > 0.0:  # without any uncertainty all weights are equal
        # a level measured absurdly better than the others must not carry the line alone
        floor = np.diag(np.full(y.size, (1e-6 * size) ** 2))
        inverse = np.linalg.inv(covariance + floor)
    solve = np.asarray(np.linalg.solve(design.T @ inverse @ design, design.T @ inverse), dtype=np.float64)
    residual = y - design @ (solve @ y)
    return solve, float(residual @ inverse @ residual) if size else 0.0


def _with_resistance(levels: LevelSet, unit: str | None, n: NDArray[np.float64]) -> StepHeight:
    """h and R_s from 1/level against 1/n."""
    if n.size < 2:
        raise FitError(
            "one plateau cannot tell a series resistance from the step height",
            remedy="state --series-resistance, or measure more plateaus",
        )
    if np.any(levels.values <= 0):
        raise FitError("a level that is not positive has no resistance", remedy="state --offset")
    r = 1 / levels.values
    dr = -(r**2)  # dr/dlevel
    solve, chi2 = _gls(np.column_stack([1 / n, np.ones_like(n)]), r, levels.covariance * np.outer(dr, dr))
    slope, intercept = solve @ r
    if np.any(r <= intercept) or slope <= 0:
        raise FitError(
            f"the fitted series resistance, {intercept:.4g} [1/{unit}], would be the whole resistance of a level",
            remedy="these levels are no multiples of one step behind one resistance; state --series-resistance",
        )
    h = float(1 / slope)
    weights = -(h**2) * solve[0] * dr
    resistance_weights = solve[1] * dr
    dof = n.size - 2
    scale = _scale(chi2, dof)

    def estimate(value: float, w: NDArray[np.float64], of: str | None) -> Estimate:
        std = float(np.sqrt(w @ levels.covariance @ w)) * scale
        return Estimate(
            value=value, std_stat=std, systematic={s: float(w @ v) for s, v in levels.shifts.items()}, unit=of
        )

    # levels behind the series resistance: G = 1/(1/level - R_s), whose spread now holds that of R_s as well
    corrected = 1 / (r - intercept)
    jacobian = np.diag(corrected**2 * r**2) + np.outer(corrected**2, resistance_weights)
    return StepHeight(
        step=estimate(h, weights, unit),
        series_resistance=estimate(float(intercept), resistance_weights, "ohm" if unit == "S" else None),
        corrected=corrected,
        jacobian=jacobian,
        weights=weights,
        chi2=chi2,
        dof=dof,
        scale=scale,
    )
