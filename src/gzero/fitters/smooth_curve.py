"""A smooth curve without steps, as a rival of a staircase: do the readings need steps at all?

    y(x) = c_0 + sum_j c_j I_j(x),    c_j of one sign for j >= 1

with integrated splines I_j that rise from 0 to 1 on evenly spaced knots (Ramsay 1988, doi 10.1214/ss/1177012761): every
monotone curve that is smooth on the scale of its knots, with as many parameters as the staircase has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.result import FitResult

Array = NDArray[np.float64]

_DEGREE = 3


def monotone_basis(x: Array, functions: int) -> Array:
    """A constant and functions - 1 integrated splines on evenly spaced knots over the range of x, shape (n, functions).

    Raises
    ------
    ValueError : fewer functions than a cubic has.
    """
    if functions <= _DEGREE:
        raise ValueError(f"a monotone cubic needs more than {_DEGREE} functions")
    inner = np.linspace(0.0, 1.0, functions - _DEGREE + 1)
    knots = np.concatenate([np.zeros(_DEGREE), inner, np.ones(_DEGREE)])
    place = (x - x.min()) / (x.max() - x.min())
    splines = _splines(place, knots)
    # coefficients that do not fall make a curve that does not: the sum of all splines from the j-th on rises from 0 to 1
    return np.asarray(np.cumsum(splines[:, ::-1], axis=1)[:, ::-1])


def _splines(place: Array, knots: Array) -> Array:
    """Every cubic B-spline of a knot vector at every place in [0, 1], by de Boor's recursion (doi 10.1016/0021-9045(72)90080-9).

    As `scipy.interpolate.BSpline.design_matrix`, whose package takes 0.05 s to be imported.
    """
    last = knots.size - _DEGREE - 2
    left = np.clip(np.searchsorted(knots, place, side="right") - 1, _DEGREE, last)  # the last interval is closed
    found = np.zeros((_DEGREE + 1, place.size))
    found[0] = 1.0
    for degree in range(1, _DEGREE + 1):
        lower = found.copy()
        found[0] = 0.0
        for n in range(1, degree + 1):
            high, low = knots[left + n], knots[left + n - degree]
            weight = lower[n - 1] / (high - low)
            found[n - 1] += weight * (high - place)
            found[n] = weight * (place - low)
    out = np.zeros((place.size, last + 1))
    out[np.arange(place.size)[:, None], left[:, None] + np.arange(-_DEGREE, 1)] = found.T
    return out


def smooth_curve_evidence(fit: FitResult) -> float | None:
    """Information criterion of a smooth monotone curve minus that of a staircase with as many parameters.

    Both are weighed by the noise that the staircase's fit rests on; where its misfit exceeds that, by the misfit. The
    number of parameters is the same, so the difference of the criteria is the difference of chi2.

    Returns
    -------
    None where the fit cannot be looked at again, or has too few parameters for a smooth curve.
    """
    from scipy.optimize import nnls

    problem = fit.problem
    functions = fit.values.size
    if problem is None or functions <= _DEGREE or problem.loss != "linear":
        return None
    basis = monotone_basis(problem.curve.x, functions)
    direction = float(np.sign(fit.fitted[-1] - fit.fitted[0])) or 1.0
    # the constant may have either sign, all others the curve's: with the constant twice none of them is negative
    columns = problem.noise.whiten(np.column_stack([-basis[:, 0], basis[:, 0], direction * basis[:, 1:]]))
    target = problem.noise.whiten(problem.curve.y)
    # the same least squares in as many rows as there are columns
    turned, triangle = np.linalg.qr(columns)
    inside = turned.T @ target
    _, misfit = nnls(triangle, inside)
    outside = float(target @ target - inside @ inside)
    smooth, staircase = misfit**2 + max(outside, 0.0), float(np.sum(problem.residual(fit.values) ** 2))
    per_point = max(1.0, staircase / max(fit.dof, 1))
    return (smooth - staircase) / per_point
