"""Devices against the line of the others, readings against a bend, and intervals of ratios of a line's numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.engine import refit
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.models.model import Array

#: Chance, over all devices, below which one that lies off the line of the others is named.
OUTLYING = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlier:
    """One device off the line of the others.

    Parameters
    ----------
    place : among the devices, from 0.  distance : from that line, over its standard deviation [1].
    p_value : chance that the farthest of so many lies as far.  without : the parameters when it is left out, shape (2,).
    """

    place: int
    distance: float
    p_value: float
    without: NDArray[np.float64]


def outliers(problem: Problem, values: Array, *, estimated: bool) -> tuple[Outlier, ...]:
    """Devices that lie off the line of the others beyond what the farthest of so many does by chance (Bonferroni).

    Where the scatter is estimated a device's own residual is kept out of it: the externally studentised residual, Student's
    with n - 3 degrees of freedom (Cook and Weisberg 1982, Residuals and Influence in Regression, 2.2).
    """
    from scipy.special import ndtr, stdtr

    pulls = problem.residual(values)
    n = pulls.size
    basis, _ = np.linalg.qr(problem.jacobian(values))
    free = 1 - np.sum(basis**2, axis=1)
    inner = np.where(free > 1e-9, pulls / np.sqrt(np.maximum(free, 1e-9)), 0.0)
    dof = n - 3
    if estimated:
        if dof < 1:
            return ()
        square = inner**2 / (float(pulls @ pulls) / (dof + 1))
        distance = np.sqrt(square * dof / np.maximum(dof + 1 - square, 1e-12))
        p_values = 2 * stdtr(dof, -distance)
    else:
        distance = np.abs(inner)
        p_values = 2 * ndtr(-distance)
    far = [i for i in np.argsort(p_values) if n * p_values[i] < OUTLYING]
    return tuple(
        Outlier(
            place=int(i),
            distance=float(distance[i]),
            p_value=float(min(1.0, n * p_values[i])),
            without=_without(problem, values, int(i)),
        )
        for i in far
    )


def _without(problem: Problem, values: Array, place: int) -> Array:
    """The parameters when one device is left out."""
    kept = np.arange(len(problem.curve)) != place
    curve = problem.curve
    rest = replace(
        problem,
        loss="linear",
        curve=Curve(x=curve.x[kept], y=curve.y[kept], x_unit=curve.x_unit, y_unit=curve.y_unit),
        noise=replace(problem.noise, std=problem.noise.std[kept]),
    )
    return refit(rest, values)[0]


def bent(problem: Problem, values: Array, *, estimated: bool) -> float:
    """p-value of a quadratic term in the length, beside the line."""
    from scipy.special import ndtr, stdtr

    pulls, design = problem.residual(values), problem.jacobian(values)
    x = problem.curve.x / np.max(problem.curve.x)
    basis, _ = np.linalg.qr(design)
    extra = design[:, 0] * x**2
    extra = extra - basis @ (basis.T @ extra)
    size = float(np.linalg.norm(extra))
    dof = pulls.size - 3
    if size < 1e-9 or dof < 1:
        return float("nan")
    found = float(extra @ pulls) / size
    if not estimated:
        return float(2 * ndtr(-abs(found)))
    left = float(pulls @ pulls) - found**2
    return float(2 * stdtr(dof, -abs(found) / np.sqrt(max(left, 1e-30) / dof)))


def fieller(
    above: float, below: float, covariance: NDArray[np.float64], quantile: float = 1.959964
) -> tuple[float, float] | None:
    """Interval of above/below, which are normal with a covariance of shape (2, 2); None where it has no end.

        {q : (above - q below)^2 <= z^2 var(above - q below)}

    Exact for normal numbers (Fieller 1954, doi 10.1111/j.2517-6161.1954.tb00159.x); the denominator must be told from zero.
    """
    square = quantile**2
    a = below**2 - square * float(covariance[1, 1])
    b = above * below - square * float(covariance[0, 1])
    c = above**2 - square * float(covariance[0, 0])
    root = b**2 - a * c
    if a <= 0 or root < 0:
        return None
    half = float(np.sqrt(root))
    return (b - half) / a, (b + half) / a
