"""One problem fitted again and again: to other readings, or with a parameter held, always from a near start.

Levenberg and Marquardt (Marquardt 1963, doi 10.1137/0111030) on the normal equations, for many sets of readings side by
side, so that what a refit costs is its evaluations of the model. Bounds are kept by projection: a parameter that lies on
its bound and would leave is held there for the step. Robust losses go one by one through
`scipy.optimize.least_squares`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.models.model import Array

_STEPS = 60
_NEAR = 1e-12  # decrease of chi2, per its mean square pull, that is still to come: a step of 1e-6 of a std
_ROUNDING = 1e-12  # of chi2: a step that does not lower it within this is not a bad one
_WORK = 100_000  # multiplications in one product of matrices
_DAMPING = (1e-7, 1e10)  # at the start, and where no step helps any more


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
    bounds = np.array([(p.lower, p.upper) for p in problem.free]).reshape(-1, 2)
    values = np.clip(values, bounds[:, 0], bounds[:, 1])
    with np.errstate(all="ignore"):
        if problem.loss != "linear":
            return _robust(problem, readings, values, bounds)
        return _Descent(problem, problem.noise.whiten(readings), values, bounds).run()


class _Descent:
    """The state of all refits: where each is, its normal equations, its damping."""

    def __init__(self, problem: Problem, data: Array, values: Array, bounds: Array) -> None:
        self.problem, self.data, self.values = problem, data.T, values
        self.lower, self.upper = bounds.T
        r, k = values.shape
        self.residual = np.empty_like(self.data)
        self.matrix, self.slope = np.empty((r, k, k)), np.empty((r, k))
        self.design = np.empty((data.shape[0], k))
        self.damping = np.full(r, _DAMPING[0])
        self.converged = np.zeros(r, dtype=bool)
        # most often all start from one place, which is looked at once
        alike = bool(np.all(values == values[:1]))
        first = np.arange(min(r, 1) if alike else r)
        self.residual[first] = self._residual(first, values[first])
        self._linearise(first)
        if alike and r:
            self.residual = self.residual[0] + (self.data - self.data[0])
            self.matrix[:] = self.matrix[0]
            self.slope[:] = self.residual @ self.design
        self.cost = np.einsum("rn,rn->r", self.residual, self.residual)

    def run(self) -> Refits:
        left = np.flatnonzero(np.isfinite(self.cost))
        moved = left[:0]
        for _ in range(_STEPS):
            if not left.size:
                break
            self._linearise(moved)
            steps, gain = self._steps(left)
            near = gain <= _NEAR * self.cost[left] / self.data.shape[1]
            trial = np.clip(self.values[left] + steps, self.lower, self.upper)
            # what is left to gain is below the rounding of chi2: the last step is taken unseen
            done = left[near]
            self.values[done], self.converged[done] = trial[near], True
            left, trial = left[~near], trial[~near]
            residual = self._residual(left, trial)
            cost = np.einsum("rn,rn->r", residual, residual)
            better = cost <= self.cost[left] * (1 + _ROUNDING)
            moved = left[better]
            self.values[moved], self.residual[moved], self.cost[moved] = trial[better], residual[better], cost[better]
            self.damping[moved] *= 0.1
            self.damping[left[~better]] *= 30.0
            left = left[self.damping[left] < _DAMPING[1]]
            moved = moved[np.isin(moved, left)]
        return Refits(values=self.values, cost=self.cost, converged=self.converged)

    def _residual(self, which: NDArray[np.int64], values: Array) -> Array:
        p = self.problem
        out = np.empty((which.size, self.data.shape[1]))
        for row, (i, own) in enumerate(zip(which, values, strict=True)):
            out[row] = self.data[i] - p.noise.whiten(p.model.function(p.curve.x, p.complete(own)))
        return out

    def _linearise(self, which: NDArray[np.int64]) -> None:
        for i in which:
            self.design = self.problem.noise.whiten(self.problem.design(self.values[i]))
            self.matrix[i], self.slope[i] = _gram(self.design), self.design.T @ self.residual[i]

    def _steps(self, which: NDArray[np.int64]) -> tuple[Array, Array]:
        """(damped step, decrease of chi2 that an undamped one promises) of each."""
        values, slope, matrix = self.values[which], self.slope[which], self.matrix[which]
        held = ((values <= self.lower) & (slope < 0)) | ((values >= self.upper) & (slope > 0))
        size = np.sqrt(np.einsum("rkk->rk", matrix))
        held |= ~(size > 0)  # the readings do not tell of it here
        size = np.where(held, 1.0, size)
        slope = np.where(held, 0.0, slope) / size
        scaled = matrix / (size[:, :, None] * size[:, None, :])
        scaled = np.where(held[:, :, None] | held[:, None, :], 0.0, scaled)
        unit = np.eye(values.shape[1])
        scaled = np.where(unit > 0, 1.0 + self.damping[which][:, None, None], scaled)
        with np.errstate(all="ignore"):
            steps = _solve(scaled, slope)
        gain = np.einsum("rk,rk->r", steps, slope) * (1 + self.damping[which])
        return steps / size, np.where(np.isfinite(gain), gain, np.inf)


def _gram(design: Array) -> Array:
    """J^T J, in pieces small enough that the linear algebra does not call threads: on so little they cost more than
    they save, ten times on a busy machine."""
    n, k = design.shape
    size = max(1, _WORK // k**2)
    out = np.zeros((k, k))
    for first in range(0, n, size):
        part = design[first : first + size]
        out += part.T @ part
    return out


def _solve(matrix: Array, right: Array) -> Array:
    """Solutions of many symmetric systems; not a number where one is singular or not finite."""
    usable = np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(right).all(axis=1)
    out = np.full_like(right, np.nan)
    if usable.any():
        try:
            out[usable] = np.linalg.solve(matrix[usable], right[usable][:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:  # one of them is singular: a little along each axis
            matrix = matrix[usable] + 1e-12 * np.eye(right.shape[1])
            out[usable] = np.einsum("rij,rj->ri", np.linalg.pinv(matrix, hermitian=True), right[usable])
    return out


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
