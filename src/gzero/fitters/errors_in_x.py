"""A model fitted to readings whose abscissa is uncertain as well: orthogonal distance regression.

    minimise  sum_i [(y_i - f(x_i + d_i))^2/std_i^2 + d_i^2/x_std_i^2]  over the parameters and every d_i

x_i being read, and wrong by -d_i: by ODRPACK95 (Zwolak, Boggs and Watson 2007, doi 10.1145/1268776.1268782) in the package `odrpack`. To first order a
reading then has the variance C_i = std_i^2 + f'(x_i)^2 x_std_i^2, which says where an uncertain abscissa counts: on the
risers. The covariance is that of the linearised problem at the places found, (J^T C^-1 J)^-1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError, InputError, MissingDependencyError
from gzero.fitters.problem import Problem
from gzero.fitters.refits import minimised
from gzero.fitters.result import FitResult
from gzero.measurement.curve import frozen
from gzero.models.model import Array
from gzero.reduction.noise import Noise, widening
from gzero.reduction.spectrum import white

if TYPE_CHECKING:
    from odrpack.result import OdrResult

_STEP = 1e-3  # of x_std: the slope of a model that curves over x_std is then good to 1e-6
_ROUNDS = 12  # of learning the noise of y; it settles in four
_SETTLED = 1e-4  # relative, of its std
_EDGE = 1e-9  # of a value: closer to a bound than this is on it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorsInX:
    """A fit with an uncertain abscissa.

    Parameters
    ----------
    fit : values and their covariance. `fitted` and `residuals` are at the abscissa as read; chi2 is the sum that was
        minimised. It carries no problem: profile and bootstrap, which hold the abscissa for exact, do not take it.
    x_std : standard uncertainty of each abscissa [unit of x], shape (n,).
    x_best : where each reading was most likely taken [unit of x], shape (n,).
    """

    fit: FitResult
    x_std: NDArray[np.float64]
    x_best: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "x_std", frozen(self.x_std))
        object.__setattr__(self, "x_best", frozen(self.x_best))

    def value(self, name: str) -> float:
        """Best value of one parameter."""
        return self.fit.value(name)

    def std(self, name: str) -> float:
        """Standard uncertainty of one parameter."""
        return self.fit.std(name)

    def _repr_html_(self) -> str:
        """The parameters, for notebooks."""
        return self.fit._repr_html_()


def fit_errors_in_x(fit: FitResult, x_std: float | Array) -> ErrorsInX:
    """The same model on the same curve, with an uncertain abscissa.

    Parameters
    ----------
    fit : of the curve with its abscissa taken as exact: where to start, and the noise of y.
    x_std : standard uncertainty of the abscissa [unit of x], a number or one for each reading, shape (n,). The readings
        are independent in x.

    Returns
    -------
    ErrorsInX. Stated uncertainties of y are believed. An estimated noise of y is learnt again, as what is left when x has
    taken its part; correlated noise of y is weighed as if it were white, and its spectrum enters the covariance.

    Raises
    ------
    MissingDependencyError : `odrpack` is not installed.
    InputError : an x_std that is none, a fit without its problem or with a robust loss.
    FitError : no convergence; x_std leaves nothing for the noise of y; parameters that the readings do not determine.
    """
    problem = minimised(fit)
    errors = _checked(x_std, problem)
    if problem.loss != "linear":
        raise InputError(f"errors in x with the loss '{problem.loss}'", remedy="fit with the loss 'linear'")
    given = problem.noise if fit.problem is None else fit.problem.noise
    scale = 1.0 if given.spectrum is None else float(np.sqrt(given.spectrum.variance))
    noise = Noise(std=given.std * scale, stated=given.stated)
    found = _minimise(problem, noise, errors, _off_bounds(problem, fit.values, errors))
    if not given.stated and not given.red:
        noise, found = _learn(problem, noise, errors, found)
    return _record(problem, given, noise, errors, found)


def _checked(x_std: float | Array, problem: Problem) -> Array:
    n = len(problem.curve)
    try:
        errors = np.asarray(x_std, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"x_std {x_std!r} is no number", remedy="give it in the unit of x") from None
    if errors.shape not in ((), (n,)):
        raise InputError(f"{errors.size} values of x_std for {n} readings", remedy="give one number, or one for each")
    if not (np.isfinite(errors).all() and np.all(errors > 0)):
        raise InputError("x_std must be positive and finite", remedy="leave it out where x is exact")
    return np.array(np.broadcast_to(errors, (n,)))


def _off_bounds(problem: Problem, values: Array, errors: Array) -> Array:
    """The start, with every width at least as large as an x_std: on a jump no reading would feel where it is."""
    width, out = float(np.median(errors)), values.copy()
    for i, p in enumerate(problem.free):
        if p.unit == "x":
            out[i] = min(max(out[i], p.lower + width), p.upper - width)
    return out


def _minimise(problem: Problem, noise: Noise, errors: Array, start: Array) -> OdrResult:
    try:
        from odrpack import odr_fit
    except ImportError as error:
        raise MissingDependencyError(
            "errors in x need the package odrpack", remedy="pip install 'gzero[odr]'"
        ) from error
    bounds = np.array([(p.lower, p.upper) for p in problem.free])
    free = [name not in problem.fixed for name in problem.model.names]

    def function(x: Array, values: Array) -> Array:
        return problem.model.function(x, problem.complete(values))

    def by_values(x: Array, values: Array) -> Array:
        return np.ascontiguousarray(problem.model.jacobian(x, problem.complete(values))[:, free].T)

    def by_x(x: Array, values: Array) -> Array:
        return _slope(problem, x, values, errors)

    with np.errstate(all="ignore"):
        found = odr_fit(
            function, problem.curve.x, problem.curve.y, np.clip(start, bounds[:, 0], bounds[:, 1]),
            weight_x=errors**-2, weight_y=noise.std**-2, bounds=(bounds[:, 0], bounds[:, 1]),
            jac_beta=by_values, jac_x=by_x, maxit=500, sstol=1e-12, partol=1e-12,
        )  # fmt: skip
    # the last digit is how it ended, 1 to 3 at a minimum; those before it are doubts, of derivatives that vanish where
    # it checks them and of the rank, which is looked at below
    if found.info >= 20000 or found.info % 10 not in (1, 2, 3) or not np.isfinite(found.beta).all():
        raise FitError(
            f"the orthogonal distance regression of the {problem.model.name} failed: {found.stopreason}",
            remedy="narrow --range, or state a smaller x_std",
        )
    return found


def _slope(problem: Problem, x: Array, values: Array, errors: Array) -> Array:
    """df/dx [unit of y per unit of x], shape (n,), by central differences over a thousandth of x_std."""
    full, step = problem.complete(values), _STEP * errors
    up, down = x + step, x - step
    return np.asarray((problem.model.function(up, full) - problem.model.function(down, full)) / (up - down))


def _learn(problem: Problem, noise: Noise, errors: Array, found: OdrResult) -> tuple[Noise, OdrResult]:
    """The scale of the noise of y with which what is left over is what chance leaves: sum e^2/C = n - k."""
    from scipy.optimize import brentq

    shape = noise.std / np.sqrt(np.mean(noise.std**2))
    left = len(problem.curve) - found.beta.size
    scale = float(np.sqrt(np.mean(noise.std**2)))
    for _ in range(_ROUNDS):
        _, slope, excess = _linearised(problem, errors, found)

        def surplus(log_scale: float, slope: Array = slope, excess: Array = excess) -> float:
            return float(np.sum(excess**2 / ((np.exp(log_scale) * shape) ** 2 + (slope * errors) ** 2)) - left)

        top = float(np.log(np.linalg.norm(excess) + scale)) + 1.0
        if surplus(top - 25.0) < 0:
            raise FitError(
                "x_std alone explains more scatter than there is: nothing is left for the noise of y",
                remedy="state a smaller x_std, or the noise of y",
            )
        before, scale = scale, float(np.exp(brentq(surplus, top - 25.0, top, xtol=1e-6)))
        noise = replace(noise, std=scale * shape)
        found = _minimise(problem, noise, errors, found.beta)
        if abs(scale - before) < _SETTLED * scale:
            break
    return noise, found


def _linearised(problem: Problem, errors: Array, found: OdrResult) -> tuple[Array, Array, Array]:
    """(places found, slope of the model there, residual of y if the model were that line), each of shape (n,)."""
    x = problem.curve.x + found.delta
    slope = _slope(problem, x, found.beta, errors)
    fitted = problem.model.function(x, problem.complete(found.beta))
    return x, slope, np.asarray(problem.curve.y - fitted + slope * found.delta)


def _record(problem: Problem, given: Noise, noise: Noise, errors: Array, found: OdrResult) -> ErrorsInX:
    values, n = np.asarray(found.beta), len(problem.curve)
    x, slope, _ = _linearised(problem, errors, found)
    variance = noise.std**2 + (slope * errors) ** 2
    free = [name not in problem.fixed for name in problem.model.names]
    design = problem.model.jacobian(x, problem.complete(values))[:, free]
    bounds = np.array([(p.lower, p.upper) for p in problem.free])
    edge = _EDGE * np.maximum(np.abs(values), 1e-30)[:, None]
    inside = ~np.any(np.isfinite(bounds) & (np.abs(values[:, None] - bounds) <= edge), axis=1)
    inverse = _inverse(design[:, inside] / np.sqrt(variance)[:, None])
    if inverse is None:
        raise FitError("the readings do not determine every parameter", remedy="fit fewer steps with --plateaus")
    part, dof = inverse, np.full(int(inside.sum()), np.inf)
    chi2, left = float(found.sum_square), n - values.size
    if given.red and given.spectrum is not None:
        weights = design[:, inside] @ inverse / variance[:, None]
        part, dof = given.spectrum.covariance(weights * given.std[:, None])
        part = part + (weights * ((slope * errors) ** 2)[:, None]).T @ weights
    elif not given.stated:
        known = white(n, dof=left).uncertainty[0, 0]
        dof = np.full(int(inside.sum()), 2.0 / known)
    excess = chi2 / left > 1 + 3 * np.sqrt(2 / left) and given.stated and not given.red
    inflation = float(np.sqrt(chi2 / left)) if excess else 1.0
    factor = widening(dof) * inflation
    covariance, every = np.full((values.size, values.size), np.nan), np.full(values.size, np.inf)
    covariance[np.ix_(inside, inside)] = part * np.outer(factor, factor)
    every[inside] = dof
    fitted = problem.model.function(problem.curve.x, problem.complete(values))
    fit = FitResult(
        model=problem.model.name,
        names=tuple(p.name for p in problem.free),
        units=tuple(p.unit for p in problem.free),
        values=values,
        covariance=covariance,
        fixed=dict(problem.fixed),
        chi2=chi2,
        dof=left,
        fitted=fitted,
        residuals=problem.curve.y - fitted,
        noise_model=f"y: {given.description}; x: stated, white",
        inflation=inflation,
        success=True,
        message=str(found.stopreason),
        at_bounds=tuple(p.name for p, free_of in zip(problem.free, inside, strict=True) if not free_of),
        bic=chi2 / inflation**2 + values.size * float(np.log(n)),
        method="orthogonal distance regression",
        variance_dof=every,
    )
    return ErrorsInX(fit=fit, x_std=errors, x_best=x)


def _inverse(weighted: Array) -> Array | None:
    """(J^T J)^-1, or None where a combination of parameters is not determined."""
    size = np.linalg.norm(weighted, axis=0)
    if not np.all(np.isfinite(size) & (size > 0)):
        return None
    _, singular, right = np.linalg.svd(weighted / size, full_matrices=False)
    if singular[-1] < 1e-10 * singular[0]:
        return None
    root = right.T / singular
    return np.asarray((root @ root.T) / np.outer(size, size))
