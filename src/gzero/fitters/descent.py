"""Least squares of many curves side by side, of one formula.

Levenberg and Marquardt (Marquardt 1963, doi 10.1137/0111030) on the normal equations. Every step evaluates the formula
for all curves that are still on their way in a few large operations, so that what a fit costs is its arithmetic and not
the calls around it; the readings of a curve enter nothing but its own normal equations, whatever lies beside it. Bounds
are kept by projection: a parameter that lies on its bound and would leave is held there for the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Array, Model
from gzero.reduction.noise import Noise

Rows = NDArray[np.intp]
#: (rows, columns of shape (b, c, n) [unit of y]) -> the same with white noise of unit variance; it may write over them.
Whitening = Callable[[Rows, Array], Array]

MOST_STEPS = 60
NEAR = 1e-12  #: decrease of chi2, per its mean square pull, that is still to come: a step of 1e-6 of a std
_ROUNDING = 1e-12  # of chi2: a step that does not lower it within this is not a bad one
_BLOCK = 40_000  # numbers of a Jacobian at a time: what the cache near the processor holds
_WORK = 100_000  # multiplications in one product of matrices
_NO_HELP = 1e10  # damping at which no step helps any more


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Curves of one formula that are fitted side by side.

    Parameters
    ----------
    model : of all of them.
    free : which of its parameters are fitted, shape (K,), k of them.
    held : values of all parameters, of which the free ones are overwritten, shape (r, K).
    x : abscissa [unit of x], shape (r, n).
    y : ordinate [unit of y], shape (r, n).
    whiten : for the curves of some rows. A point of weight zero is none: so curves come to one length.
    bounds : of the free parameters, shape (k, 2).
    """

    model: Model
    free: NDArray[np.bool_]
    held: Array
    x: Array
    y: Array
    whiten: Whitening
    bounds: Array

    def normal_equations(self, rows: Rows, values: Array) -> Array:
        """Products of the whitened columns of the Jacobian and the residual, the last one, shape (b, k + 1, k + 1).

        Parameters
        ----------
        rows : which curves, shape (b,).  values : of the free parameters, shape (b, k).
        """
        out = np.empty((rows.size, values.shape[1] + 1, values.shape[1] + 1))
        at_once = max(1, _BLOCK // (out.shape[1] * self.x.shape[1]))
        for first in range(0, rows.size, at_once):
            some = slice(first, first + at_once)
            out[some] = _products(self._columns(rows[some], values[some]))
        return out

    def _columns(self, rows: Rows, values: Array) -> Array:
        """Whitened derivatives by the free parameters, and the residual, shape (b, k + 1, n)."""
        full = self.held[rows]
        full[:, self.free] = values
        fitted, slopes = self.model.side_by_side(self.x[rows], full)
        columns = np.empty((rows.size, values.shape[1] + 1, fitted.shape[1]))
        columns[:, :-1] = slopes if self.free.all() else slopes[:, self.free]
        np.subtract(self.y[rows], fitted, out=columns[:, -1])
        return self.whiten(rows, columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minima:
    """Where least squares ended for r curves.

    Parameters
    ----------
    values : of the free parameters, shape (r, k).
    cost : chi2, shape (r,).
    information : J^T J of the whitened Jacobian at the last place that was looked at, shape (r, k, k); that place and
        `values` lie less than 1e-6 of a standard uncertainty apart where it converged.
    converged : whether a minimum was reached, shape (r,).
    """

    values: Array
    cost: Array
    information: Array
    converged: NDArray[np.bool_]

    @property
    def covariance(self) -> Array:
        """(J^T J)^-1, shape (r, k, k); not a number where the readings do not determine all parameters."""
        size = np.sqrt(np.einsum("rkk->rk", self.information))
        with np.errstate(all="ignore"):
            scaled = self.information / (size[:, :, None] * size[:, None, :])
            usable = np.isfinite(scaled).all(axis=(1, 2))
            usable[usable] = np.linalg.eigvalsh(scaled[usable])[:, 0] > 1e-14
            out = np.full_like(scaled, np.nan)
            out[usable] = np.linalg.inv(scaled[usable])
            return np.asarray(out / (size[:, :, None] * size[:, None, :]))


def by_one(noise: Noise) -> Whitening:
    """The whitening of all curves by the noise of one."""
    if not noise.correlated:
        weights = noise.whiten(np.ones(noise.std.size))
        return lambda _, columns: np.multiply(columns, weights, out=columns)

    def whiten(_: Rows, columns: Array) -> Array:
        b, c, n = columns.shape
        return np.asarray(noise.whiten(columns.reshape(b * c, n).T).T.reshape(b, c, n))

    return whiten


def descend(stack: Stack, start: Array, *, damping: float, steps: int = MOST_STEPS, near: float = NEAR) -> Minima:
    """The minimum of chi2 of every curve, or where so many steps lead.

    Parameters
    ----------
    start : values of the free parameters, shape (r, k); brought inside their bounds.
    damping : to begin with, in units of the curvature along each parameter: little where the start is near.
    near : decrease of chi2 that may be left to come, per its mean square pull.
    steps : at most; a curve that needs more, or whose chi2 is not finite at its start, has not converged.
    """
    lower, upper = stack.bounds.T
    values = np.clip(start, lower, upper)
    r, k = values.shape
    with np.errstate(all="ignore"):
        here = stack.normal_equations(np.arange(r), values)
        damped = np.full(r, damping)
        converged = np.zeros(r, dtype=bool)
        left = np.flatnonzero(np.isfinite(here[:, k, k]))
        for _ in range(steps):
            if not left.size:
                break
            step, gain = _step(here[left], values[left], damped[left], lower, upper)
            ends = gain <= near * here[left, k, k] / stack.x.shape[1]
            trial = np.clip(values[left] + step, lower, upper)
            # what is left to gain is below the rounding of chi2: the last step is taken unseen
            done = left[ends]
            values[done], converged[done] = trial[ends], True
            left, trial = left[~ends], trial[~ends]
            there = stack.normal_equations(left, trial)
            better = there[:, k, k] <= here[left, k, k] * (1 + _ROUNDING)
            moved = left[better]
            values[moved], here[moved] = trial[better], there[better]
            damped[moved] *= 0.1
            damped[left[~better]] *= 30.0
            left = left[damped[left] < _NO_HELP]
    return Minima(values=values, cost=here[:, k, k], information=here[:, :k, :k], converged=converged)


def _step(here: Array, values: Array, damping: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
    """(damped step, decrease of chi2 that an undamped one promises) of each."""
    k = values.shape[1]
    matrix, slope = here[:, :k, :k], here[:, :k, k]
    held = ((values <= lower) & (slope < 0)) | ((values >= upper) & (slope > 0))
    size = np.sqrt(np.einsum("rkk->rk", matrix))
    held |= ~(size > 0)  # the readings do not tell of it here
    size = np.where(held, 1.0, size)
    slope = np.where(held, 0.0, slope) / size
    scaled = matrix / (size[:, :, None] * size[:, None, :])
    if held.any():
        scaled = np.where(held[:, :, None] | held[:, None, :], 0.0, scaled)
    np.einsum("rkk->rk", scaled)[...] = 1.0 + damping[:, None]
    step = _solved(scaled, slope)
    gain = np.einsum("rk,rk->r", step, slope) * (1 + damping)
    return step / size, np.where(np.isfinite(gain), gain, np.inf)


def _products(columns: Array) -> Array:
    """All products of the columns of each curve, in pieces small enough that the linear algebra does not call threads: on
    so little they cost more than they save, ten times on a busy machine."""
    _, k, n = columns.shape
    size = max(1, _WORK // k**2)
    if n <= size:
        return np.asarray(columns @ columns.swapaxes(1, 2))
    out = np.zeros((len(columns), k, k))
    for first in range(0, n, size):
        part = columns[:, :, first : first + size]
        out += part @ part.swapaxes(1, 2)
    return out


def _solved(matrix: Array, right: Array) -> Array:
    """Solutions of many symmetric systems; not a number where one is not finite."""
    usable = np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(right).all(axis=1)
    out = np.full_like(right, np.nan)
    if usable.any():
        try:
            out[usable] = np.linalg.solve(matrix[usable], right[usable][:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:  # one of them is singular: a little along each axis
            matrix = matrix[usable] + 1e-12 * np.eye(right.shape[1])
            out[usable] = np.einsum("rij,rj->ri", np.linalg.pinv(matrix, hermitian=True), right[usable])
    return out
