"""One problem fitted again and again: to other readings, or with a parameter held, always from a near start.

The refits are made side by side (`fitters.descent`), so that what one costs is its share of large evaluations of the
model. Robust losses go one by one through `scipy.optimize.least_squares`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.fitters.descent import Stack, by_one, descend
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.models.model import Array

_DAMPING = 1e-7  # at the start, which is near


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refits:
    """Minima of one problem for r sets of readings.

    Parameters
    ----------
    values : of the free parameters, shape (r, k).
    cost : sum of squared pulls, or of their losses, shape (r,).
    converged : whether a minimum was reached, shape (r,).
    """

    values: Array
    cost: Array
    converged: NDArray[np.bool_]


def minimised(fit: FitResult) -> Problem:
    """The problem whose cost is lowest at the fit's values.

    Raises
    ------
    InputError : the fit does not carry it.
    """
    if fit.problem is None:
        raise InputError(
            "this fit does not carry what was minimised",
            remedy="fit the measurement again, or ask the joint fit that it is part of",
        )
    if fit.method == "least squares, sandwich covariance":  # the spectrum entered the covariance only
        return replace(fit.problem, noise=fit.problem.noise.with_spectrum(None))
    return fit.problem


def cost_at(problem: Problem, values: Array) -> float:
    """Sum of squared pulls at given values of the free parameters, or of their losses."""
    return float(_losses(problem, values)[0].sum())


def bend_at(problem: Problem, values: Array) -> float:
    """Curvature of the cost over that of the sum of squared pulls, where the pulls do not depend on the place; 1 for
    least squares."""
    return float(_losses(problem, values)[1].mean())


def _losses(problem: Problem, values: Array) -> tuple[Array, Array]:
    """(loss of each pull, half its second derivative); those of `scipy.optimize.least_squares`, at scale 1."""
    square = problem.residual(values) ** 2
    if problem.loss == "linear":
        return square, np.ones_like(square)
    if problem.loss == "soft_l1":
        return 2 * (np.sqrt(1 + square) - 1), (1 + square) ** -1.5
    if problem.loss == "huber":
        inside = square <= 1
        return np.where(inside, square, 2 * np.sqrt(square) - 1), inside.astype(np.float64)
    if problem.loss == "cauchy":
        return np.log1p(square), (1 - square) / (1 + square) ** 2
    raise ValueError(f"no such loss: {problem.loss!r}")


def refit_many(problem: Problem, readings: Array, start: Array) -> Refits:
    """The minimum of one problem for many sets of readings, with its bounds and its loss.

    Parameters
    ----------
    problem : everything but the readings.
    readings : y at the points of the curve [unit of y], shape (n, r).
    start : values of the free parameters to start from, shape (k,), or (r, k) for one a set.

    Returns
    -------
    Refits. A set that did not converge in 60 steps, or has no finite cost at its start, is marked so.
    """
    values = np.array(np.broadcast_to(start, (readings.shape[1], len(problem.free))), dtype=np.float64)
    bounds = problem.bounds
    if problem.loss != "linear":
        with np.errstate(all="ignore"):
            return _robust(problem, readings, np.clip(values, *bounds.T), bounds)
    r, n = values.shape[0], len(problem.curve)
    stack = Stack(
        model=problem.model,
        free=problem.is_free,
        held=np.tile([problem.fixed.get(name, np.nan) for name in problem.model.names], (r, 1)),
        x=np.broadcast_to(problem.curve.x, (r, n)),
        y=np.ascontiguousarray(readings.T),
        whiten=by_one(problem.noise),
        bounds=bounds,
    )
    found = descend(stack, values, damping=_DAMPING)
    return Refits(values=found.values, cost=found.cost, converged=found.converged)


def _robust(problem: Problem, readings: Array, values: Array, bounds: Array) -> Refits:
    from scipy.optimize import least_squares

    data = problem.noise.whiten(readings)
    cost, converged = np.full(len(values), np.inf), np.zeros(len(values), dtype=bool)
    out = values.copy()
    # that routine wants to start inside the bounds
    room = np.where(np.isfinite(bounds), 1e-10 * np.maximum(np.abs(bounds), 1e-6), 0.0)
    for i, own in enumerate(data.T):

        def residual(v: Array, own: Array = own) -> Array:
            return np.asarray(own - problem.noise.whiten(problem.model.function(problem.curve.x, problem.complete(v))))

        try:
            found = least_squares(
                residual, np.clip(values[i], bounds[:, 0] + room[:, 0], bounds[:, 1] - room[:, 1]),
                jac=problem.jacobian, bounds=(bounds[:, 0], bounds[:, 1]), loss=problem.loss, x_scale="jac",
                ftol=1e-12, xtol=1e-10, gtol=1e-10, max_nfev=400,
            )  # fmt: skip
        except ValueError:  # no finite residual at the start
            continue
        out[i], cost[i], converged[i] = found.x, 2 * found.cost, found.success
    return Refits(values=out, cost=cost, converged=converged)
