"""The common step of a set of levels, with everything the levels share.

    level_n = n h                          (series resistance declared, or none)
    1/level_n = (1/h)(1/n) + R_s           (series resistance fitted to the same levels)

Both are linear and solved by generalised least squares with the statistical covariance of the levels. When their
scatter about the line exceeds it beyond chance, the statistical part is widened by sqrt(chi2/dof) (the scale factor of the
Particle Data Group, doi 10.1103/PhysRevD.110.030001, introduction 5.2.2). Systematic parts pass through the same linear map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.level_set import LevelSet

Array = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The same line through many sets of levels with one covariance, as simulations need it.

    Parameters
    ----------
    steps, resistances : h [SI] and R_s [1/SI] (zero where none is fitted), shape (N,).
    corrected, jacobians, weights, resistance_weights : as in `StepHeight`, shapes (N, k), (N, k, k), (N, k), (N, k).
    chi2, scale : shape (N,);  dof : of each.
    possible : whether there is a line at all, shape (N,): with a series resistance the levels have to be positive, and
        it may not be the whole resistance of one of them.
    """

    steps: Array
    resistances: Array
    corrected: Array
    jacobians: Array
    weights: Array
    resistance_weights: Array
    chi2: Array
    scale: Array
    dof: int
    possible: NDArray[np.bool_]


def lines(levels: LevelSet, values: Array, *, resistance_fitted: bool) -> Lines:
    """The line through every row of `values`, shape (N, k), with the indices and the covariance of `levels`.

    Raises
    ------
    ValueError : a series resistance from a single level.
    """
    n = levels.indices.astype(np.float64)
    size, k = values.shape
    if resistance_fitted:
        if k < 2:
            raise ValueError("a line with a series resistance needs two levels")
        return _with_resistance(levels, values, n)
    solve, chi2 = _gls(n[:, None], values, levels.covariance[None])
    weights = solve[:, 0, :].repeat(size, axis=0)
    return Lines(
        steps=(weights * values).sum(axis=1),
        resistances=np.zeros(size),
        corrected=values,
        jacobians=np.eye(k)[None].repeat(size, axis=0),
        weights=weights,
        resistance_weights=np.zeros((size, k)),
        chi2=chi2,
        scale=scale_factor(chi2, k - 1),
        dof=k - 1,
        possible=np.ones(size, dtype=bool),
    )


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
    fitted = levels.resistance_fitted
    if fitted and np.unique(levels.indices).size < 2:
        raise FitError(
            "one plateau cannot tell a series resistance from the step height",
            remedy="state --series-resistance, or measure more plateaus",
        )
    if fitted and np.any(levels.values <= 0):
        raise FitError("a level that is not positive has no resistance", remedy="state --offset")
    line = lines(levels, levels.values[None, :], resistance_fitted=fitted)
    if not line.possible[0]:
        raise FitError(
            f"the fitted series resistance, {line.resistances[0]:.4g} [1/{unit}], would be the whole resistance of a level",
            remedy="these levels are no multiples of one step behind one resistance; state --series-resistance",
        )
    scale = float(line.scale[0])

    def estimate(value: float, w: Array, of: str | None) -> Estimate:
        std = float(np.sqrt(w @ levels.covariance @ w)) * scale
        return Estimate(
            value=value, std_stat=std, systematic={s: float(w @ v) for s, v in levels.shifts.items()}, unit=of
        )

    return StepHeight(
        step=estimate(float(line.steps[0]), line.weights[0], unit),
        series_resistance=estimate(
            float(line.resistances[0]), line.resistance_weights[0], "ohm" if unit == "S" else None
        )
        if fitted
        else None,
        corrected=line.corrected[0],
        jacobian=line.jacobians[0],
        weights=line.weights[0],
        chi2=float(line.chi2[0]),
        dof=line.dof,
        scale=scale,
    )


_CHANCE = 0.05  # of a scatter that the covariance explains: widening below that would make honest intervals too long


def scale_factor(chi2: Array, dof: int) -> Array:
    """sqrt(chi2/dof) where that is beyond chance, else 1; `chi2` of any shape."""
    from scipy.special import chdtrc

    if dof <= 0:
        return np.ones_like(chi2)
    return np.where(chdtrc(dof, chi2) < _CHANCE, np.sqrt(chi2 / dof), 1.0)


def _gls(design: Array, y: Array, covariance: Array) -> tuple[Array, Array]:
    """(matrices that map y to the parameters, chi2 of the residuals).

    Parameters
    ----------
    design : shape (k, p).  y : shape (N, k).  covariance : shape (N, k, k), or (1, k, k) for all of them.

    Returns
    -------
    shapes (N, p, k), or (1, p, k), and (N,).
    """
    k = y.shape[1]
    size = np.sqrt(covariance.trace(axis1=1, axis2=2) / k)
    known = size > 0.0  # without any uncertainty all weights are equal
    # a level measured absurdly better than the others must not carry the line alone
    floor = np.where(known, (1e-6 * size) ** 2, 1.0)[:, None, None] * np.eye(k)
    inverse = np.linalg.inv(covariance + floor)
    weighted = design.T @ inverse
    solve = np.linalg.solve(weighted @ design, weighted)
    residual = y - (design @ solve @ y[:, :, None])[:, :, 0]
    chi2 = (residual[:, None, :] @ inverse @ residual[:, :, None])[:, 0, 0]
    return np.asarray(solve), np.where(known, chi2, 0.0)


def _with_resistance(levels: LevelSet, values: Array, n: Array) -> Lines:
    """h and R_s from 1/level against 1/n."""
    positive = np.all(values > 0, axis=1)
    r = 1 / np.where(positive[:, None], values, 1.0)
    dr = -(r**2)  # dr/dlevel
    design = np.column_stack([1 / n, np.ones_like(n)])
    solve, chi2 = _gls(design, r, levels.covariance * dr[:, :, None] * dr[:, None, :])
    slope, intercept = np.einsum("npk,nk->pn", solve, r)
    possible = np.asarray(positive & (r > intercept[:, None]).all(axis=1) & (slope > 0))
    h = 1 / np.where(possible, slope, 1.0)
    resistance_weights = solve[:, 1] * dr
    # levels behind the series resistance: G = 1/(1/level - R_s), whose spread now holds that of R_s as well
    corrected = 1 / np.where(possible[:, None], r - intercept[:, None], 1.0)
    diagonal = (corrected**2 * r**2)[:, :, None] * np.eye(n.size)
    dof = n.size - 2
    return Lines(
        steps=h,
        resistances=intercept,
        corrected=corrected,
        jacobians=diagonal + (corrected**2)[:, :, None] * resistance_weights[:, None, :],
        weights=-(h**2)[:, None] * solve[:, 0] * dr,
        resistance_weights=resistance_weights,
        chi2=chi2,
        scale=scale_factor(chi2, dof),
        dof=dof,
        possible=possible,
    )
