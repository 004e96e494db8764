"""The one place that knows lmfit: a problem and starting values in, a `FitResult` out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError, InputError
from gzero.fitters.covariance import Covariance, Place, covariances
from gzero.fitters.problem import Problem, both_of
from gzero.fitters.result import FitResult, Method
from gzero.models.model import Array
from gzero.reduction.noise import widening

_TOLERANCE = 1e-13  # of chi2: less than 1e-6 of a std is left to go, and within reach of double precision


def fit_problem(problem: Problem, start: Mapping[str, float], *, sandwich: bool = False) -> FitResult:
    """Least squares of one model on one curve, by Levenberg and Marquardt with the analytic Jacobian.

    Parameters
    ----------
    start : a value for every free parameter [its unit].
    sandwich : weigh the readings as if the noise were white and take its spectrum into the covariance only: the
        estimate that stands when the spectrum holds a misfit of the model as well as noise.

    Returns
    -------
    FitResult. Its covariance is (J^T J)^-1 of the whitened Jacobian, widened parameter by parameter for the degrees of
    freedom of an estimated noise, and by sqrt(chi2/dof) where stated uncertainties are exceeded beyond chance
    (`inflation`). Nothing is rescaled otherwise.

    Raises
    ------
    InputError : fewer points than free parameters.
    FitError : no convergence, or a covariance that is singular or not finite; it carries the result.
    """
    free = problem.free
    if len(problem.curve) <= len(free):
        raise too_few(problem)
    weighed = replace(problem, noise=problem.noise.with_spectrum(None)) if sandwich else problem
    values, message, converged = minimum(weighed, np.array([start[p.name] for p in free]))
    return at_minimum(problem, values, message=message, converged=converged, sandwich=sandwich)


def too_few(problem: Problem) -> InputError:
    """The error for a curve of no more points than parameters."""
    return InputError(
        f"{len(problem.curve)} points for {len(problem.free)} parameters of the {problem.model.name}",
        remedy="give more points, or fewer parameters (of a staircase: fewer steps, with --plateaus)",
    )


def refit(problem: Problem, start: Array, *, evaluations: int = 0) -> tuple[Array, float]:
    """(values, chi2) of the same problem from a near start: the routine that lmfit calls (MINPACK's lmder), without its
    parameters. For the many refits of a bootstrap and the quick look at a rival; bounds are not enforced.

    Parameters
    ----------
    start : values of the free parameters, shape (p,).  evaluations : at most; 0 leaves it to MINPACK.
    """
    from scipy.optimize import leastsq

    values, _, info, _, _ = leastsq(
        problem.residual, start, Dfun=problem.jacobian, full_output=True, ftol=_TOLERANCE, xtol=_TOLERANCE,
        maxfev=evaluations,
    )  # fmt: skip
    return np.asarray(values), float(info["fvec"] @ info["fvec"])


def minimum(problem: Problem, start: Array) -> tuple[Array, str, bool]:
    """(values of the free parameters, message, whether it converged).

    Least squares goes to MINPACK's lmder first, which is what lmfit calls, and stays there where every value lies inside
    its bounds; lmfit does the rest, bounds that are felt. A robust loss goes to scipy's least_squares, which is what lmfit
    calls for it.

    Raises
    ------
    FitError : the model cannot be evaluated at the start.
    """
    if problem.loss != "linear":
        return _with_scipy(problem, start)
    found = _unbounded(problem, start)
    return _with_lmfit(problem, start) if found is None else found


#: What MINPACK's ends mean; its own words print the tolerance as 0.000000.
_ENDS = {
    1: "chi2 falls no further",
    2: "the parameters move no further",
    3: "neither chi2 nor the parameters change any more",
    4: "the residuals are orthogonal to every derivative",
}


def _unbounded(problem: Problem, start: Array) -> tuple[Array, str, bool] | None:
    """The minimum without bounds where it lies well inside of them; None where it does not, or is none."""
    from scipy.optimize import leastsq

    bounds = problem.bounds
    if not np.all((start > bounds[:, 0]) & (start < bounds[:, 1])):
        return None
    values, _, info, _, code = leastsq(
        problem.residual, start, Dfun=problem.jacobian, full_output=True, ftol=_TOLERANCE, xtol=_TOLERANCE,
        maxfev=20 * (start.size + 1),
    )  # fmt: skip
    inside = np.isfinite(info["fvec"]).all() and np.all((values > bounds[:, 0]) & (values < bounds[:, 1]))
    return (np.asarray(values), _ENDS[code], True) if inside and code in _ENDS else None


def _with_scipy(problem: Problem, start: Array) -> tuple[Array, str, bool]:
    """The minimum of a robust loss within the bounds; without lmfit's parameters, which took two thirds of the time."""
    from scipy.optimize import least_squares

    low, high = problem.bounds.T
    try:
        out = least_squares(
            problem.residual, np.clip(start, low, high), jac=problem.jacobian, bounds=(low, high), loss=problem.loss,
            x_scale="jac", ftol=_TOLERANCE, xtol=_TOLERANCE, gtol=_TOLERANCE, max_nfev=200 * (start.size + 1),
        )  # fmt: skip
    except ValueError as error:
        raise _not_evaluated(problem, error) from error
    return np.asarray(out.x), str(out.message), bool(out.success)


def _not_evaluated(problem: Problem, error: ValueError) -> FitError:
    return FitError(
        f"the {problem.model.name} cannot be evaluated at its start: {error}",
        remedy="narrow --range to what the model describes",
    )


def _with_lmfit(problem: Problem, start: Array) -> tuple[Array, str, bool]:
    """The minimum within the bounds, by lmfit."""
    import lmfit

    parameters = lmfit.Parameters()
    # by place: lmfit takes Python names only, and of several curves one is called "width_1[0]"
    names = tuple(f"p{i}" for i in range(len(start)))
    for name, parameter, value in zip(names, problem.free, start, strict=True):
        parameters.add(name, value=float(value), min=parameter.lower, max=parameter.upper)

    def values_of(p: lmfit.Parameters) -> Array:
        return np.array([p[name].value for name in names])

    minimizer = lmfit.Minimizer(
        lambda p: problem.residual(values_of(p)), parameters, scale_covar=False, calc_covar=False, nan_policy="raise"
    )
    try:
        out = minimizer.minimize(
            method="leastsq",
            Dfun=lambda p: problem.jacobian(values_of(p)),
            col_deriv=False,
            ftol=_TOLERANCE,
            xtol=_TOLERANCE,
            max_nfev=200 * (len(names) + 1),
        )
    except ValueError as error:
        raise _not_evaluated(problem, error) from error
    return values_of(out.params), str(out.message), bool(out.success)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reached:
    """Values at which a problem is minimal.

    Parameters
    ----------
    values : of the free parameters, shape (k,).
    message, converged : how the minimum was reached.
    sandwich : whether the readings were weighed as if the noise were white, and its spectrum enters the covariance only.
    seen : `problem.both` at these values, where it is known already.
    """

    problem: Problem
    values: Array
    message: str = ""
    converged: bool = True
    sandwich: bool = False
    seen: tuple[Array, Array] | None = None


def at_minimum(
    problem: Problem, values: Array, *, message: str = "", converged: bool = True, sandwich: bool = False
) -> FitResult:
    """The record at given values of the free parameters: covariance, misfit, parameters on their bounds.

    Raises
    ------
    FitError : the values are no usable minimum; it carries the result.
    """
    (found,) = at_minima(
        [Reached(problem=problem, values=values, message=message, converged=converged, sandwich=sandwich)]
    )
    if isinstance(found, FitError):
        raise found
    return found


def at_minima(several: Sequence[Reached]) -> list[FitResult | FitError]:
    """`at_minimum` of many, in their order; an error where it would raise one."""
    missing = iter(both_of([(one.problem, one.values) for one in several if one.seen is None]))
    seen = [next(missing) if one.seen is None else one.seen for one in several]
    places = [
        Place(
            problem=one.problem,
            values=one.values,
            design=design,
            pulls=one.problem.noise.whiten(one.problem.curve.y - fitted),
            sandwich=one.sandwich,
        )
        for one, (fitted, design) in zip(several, seen, strict=True)
    ]
    each = zip(several, seen, places, covariances(places), strict=True)
    return [_record(one, fitted, place.pulls, known) for one, (fitted, _), place, known in each]


def _record(reached: Reached, fitted: Array, pulls: Array, known: Covariance) -> FitResult | FitError:
    problem, values, sandwich = reached.problem, reached.values, reached.sandwich
    curve, model, noise, free = problem.curve, problem.model, problem.noise, problem.free
    chi2, dof = float(pulls @ pulls), len(curve) - len(free)
    sound = not known.lost
    # chance lets chi2/dof reach about 1 + 3 sqrt(2/dof); what is beyond is misfit or noise that was not stated
    excess = chi2 / dof > 1 + 3 * math.sqrt(2 / dof) and not (noise.red or sandwich or problem.loss != "linear")
    inflation = math.sqrt(chi2 / dof) if excess else 1.0
    factor = widening(known.few) if sound else np.ones(len(free))
    method: Method = (
        "least squares, sandwich covariance"
        if sandwich
        else "generalised least squares"
        if noise.correlated
        else "least squares"
    )
    if problem.loss != "linear":
        method = "robust"
    result = FitResult(
        model=model.name,
        names=problem.names,
        units=tuple(p.unit for p in free),
        values=values,
        covariance=known.matrix * (factor[:, None] * factor) * inflation**2,
        fixed=dict(problem.fixed),
        chi2=chi2,
        dof=dof,
        fitted=fitted,
        residuals=curve.y - fitted,
        noise_model=noise.description,
        method=method,
        inflation=inflation,
        success=reached.converged and sound and bool(np.isfinite(values).all()),
        message=reached.message if sound else f"the data do not determine {', '.join(known.lost)}",
        at_bounds=tuple(p.name for p, on in zip(free, known.on_bound, strict=True) if on),
        bic=chi2 / inflation**2 + len(free) * math.log(len(curve)),
        problem=problem,
        variance_dof=known.few,
        variance_spread=known.spread,
    )
    if result.success:
        return result
    return FitError(
        f"the fit of the {model.name} failed: {result.message}",
        remedy="narrow --range, or free fewer parameters (of a staircase: fewer steps, with --plateaus)",
        result=result,
    )
