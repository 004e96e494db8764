"""The one place that knows lmfit: a problem and starting values in, a `FitResult` out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError, InputError
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult, Method
from gzero.fitters.variance_spread import VarianceSpread
from gzero.models.model import Array
from gzero.reduction.noise import FEWEST_DOF, widening
from gzero.reduction.spectrum import Spectrum

_TOLERANCE = 1e-13  # of chi2: less than 1e-6 of a std is left to go, and within reach of double precision
_EDGE = 1e-6  # of a value: closer to a bound than this is on it
_WELL_CONDITIONED = 1e3  # of a Jacobian: every parameter is determined, and its inverse is good to 1e-12


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


def at_minimum(
    problem: Problem,
    values: Array,
    *,
    message: str = "",
    converged: bool = True,
    sandwich: bool = False,
    seen: tuple[Array, Array] | None = None,
) -> FitResult:
    """The record at given values of the free parameters: covariance, misfit, parameters on their bounds.

    Parameters
    ----------
    seen : `problem.both` at these values, where it is known already.

    Raises
    ------
    FitError : the values are no usable minimum; it carries the result.
    """
    curve, model, noise = problem.curve, problem.model, problem.noise
    fitted, design = problem.both(values) if seen is None else seen
    pulls = noise.whiten(curve.y - fitted)
    chi2, dof = float(pulls @ pulls), len(curve) - len(problem.free)
    on_bound = _on_bounds(problem, values, design)
    covariance, few, lost, spread = _covariance(problem, design, pulls, on_bound, sandwich=sandwich)
    sound = not lost
    # chance lets chi2/dof reach about 1 + 3 sqrt(2/dof); what is beyond is misfit or noise that was not stated
    excess = chi2 / dof > 1 + 3 * np.sqrt(2 / dof) and not (noise.red or sandwich or problem.loss != "linear")
    inflation = float(np.sqrt(chi2 / dof)) if excess else 1.0
    factor = widening(few) if sound else np.ones(len(problem.free))
    finite = bool(np.isfinite(values).all())
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
        units=tuple(p.unit for p in problem.free),
        values=values,
        covariance=covariance * (factor[:, None] * factor) * inflation**2,
        fixed=dict(problem.fixed),
        chi2=chi2,
        dof=dof,
        fitted=fitted,
        residuals=curve.y - fitted,
        noise_model=noise.description,
        method=method,
        inflation=inflation,
        success=converged and sound and finite,
        message=message if sound else f"the data do not determine {', '.join(lost)}",
        at_bounds=tuple(p.name for p, on in zip(problem.free, on_bound, strict=True) if on),
        bic=chi2 / inflation**2 + len(problem.free) * float(np.log(len(curve))),
        problem=problem,
        variance_dof=few,
        variance_spread=spread,
    )
    if not result.success:
        raise FitError(
            f"the fit of the {model.name} failed: {result.message}",
            remedy="narrow --range, or free fewer parameters (of a staircase: fewer steps, with --plateaus)",
            result=result,
        )
    return result


def _covariance(
    problem: Problem, design: Array, pulls: Array, on_bound: NDArray[np.bool_], *, sandwich: bool
) -> tuple[Array, Array, tuple[str, ...], VarianceSpread | None]:
    """(covariance, degrees of freedom of each variance, names of what the data do not determine, those of sums).

    A parameter on a bound has no standard uncertainty (not a number); those of the others are given its value.
    """
    k = design.shape[1]
    covariance, few = np.full((k, k), np.nan), np.full(k, np.inf)
    inside = (~on_bound).nonzero()[0]
    weighing = problem.noise.with_spectrum(None) if sandwich else problem.noise
    weighted = weighing.whiten(design if inside.size == k else design[:, inside])
    inverse, lost = _inverse(weighted)
    if not lost.size:
        # a place on the abscissa known worse than the sweep is long is not known
        sweep = float(problem.curve.x[-1] - problem.curve.x[0])
        far = (inverse.diagonal() > sweep**2).nonzero()[0]
        lost = np.array([i for i in far if problem.free[inside[i]].unit == "x"], dtype=np.intp)
    if lost.size:
        return covariance, few, tuple(problem.free[inside[i]].name for i in lost), None
    part, dof, spread = _spread(problem, weighted, inverse, pulls, sandwich=sandwich)
    covariance[np.ix_(inside, inside)] = part
    few[inside] = dof
    return covariance, few, (), spread if inside.size == k else None


def _spread(
    problem: Problem, weighted: Array, inverse: Array, pulls: Array, *, sandwich: bool
) -> tuple[Array, Array, VarianceSpread | None]:
    """(covariance, degrees of freedom, those of sums under red noise) of the parameters that are not on a bound."""
    spectrum = problem.noise.spectrum
    many = np.full(inverse.shape[0], np.inf)
    if problem.loss != "linear":
        return _robust(weighted, pulls, problem.loss), many, None
    if spectrum is None:
        return inverse, many, None
    if sandwich:
        return *spectrum.covariance(weighted @ inverse), None
    if not problem.noise.red:  # white, its scale estimated
        return inverse, np.full(many.size, 2.0 / max(float(spectrum.uncertainty[0, 0]), 1e-12)), None
    # what each reading contributes to each parameter, to see what the spectrum's own uncertainty does to it
    columns = weighted @ inverse
    moved = np.einsum("np,an,nq->apq", columns, spectrum.gradients, columns, optimize=True)
    shares = np.diagonal(moved, axis1=1, axis2=2) / np.diag(inverse)
    relative = np.einsum("ap,ab,bp->p", shares, spectrum.uncertainty, shares)
    few = 2.0 / np.maximum(relative, 1e-12)
    scatter = _scatter_of_weights(columns, spectrum)
    # an expansion for a spectrum that is nearly known: it says nothing from there down where Student's quantile ends too
    added = np.maximum(np.diag(scatter), 0.0) * np.maximum(1 - FEWEST_DOF / few, 0.0)
    grown = np.sqrt(1 + added / np.diag(inverse))
    spread = VarianceSpread(known=inverse, scatter=scatter, moved=moved, uncertainty=spectrum.uncertainty)
    return inverse * np.outer(grown, grown), few, spread


def _scatter_of_weights(columns: Array, spectrum: Spectrum) -> Array:
    """Covariance that the parameters gain as the weights of the readings are estimated too, shape (p, p).

    With W the whitened Jacobian, Phi = (W^T W)^-1, G_i = diag(d ln S/d parameter i) and U their covariance:

        Lambda = Phi sum_ij U_ij (W^T G_i G_j W - W^T G_i W Phi W^T G_j W) Phi

    (Kackar and Harville 1984, doi 10.1080/01621459.1984.10477102). The bracket is what is left of G W behind W, so that its
    diagonal is not negative for a U that is none; the columns of W Phi are `columns`.
    """
    moved = spectrum.gradients[:, :, None] * columns  # G_i W Phi, shape (a, n, p)
    q, _ = np.linalg.qr(columns)
    moved = moved - np.einsum("nk,akp->anp", q, np.einsum("nk,anp->akp", q, moved))
    return np.asarray(np.einsum("ab,anp,bnq->pq", spectrum.uncertainty, moved, moved, optimize=True))


def _robust(weighted: Array, pulls: Array, loss: str) -> Array:
    """Sandwich covariance of an M-estimator (Huber 1964, doi 10.1214/aoms/1177703732): A^-1 B A^-1 with A = J^T psi' J,
    B = J^T psi^2 J, for the losses of `scipy.optimize.least_squares` at scale 1."""
    square = pulls**2
    if loss == "soft_l1":
        first, second = (1 + square) ** -0.5, -0.5 * (1 + square) ** -1.5
    elif loss == "huber":
        inside = square <= 1
        root = np.sqrt(np.maximum(square, 1.0))
        first, second = np.where(inside, 1.0, 1 / root), np.where(inside, 0.0, -0.5 / root**3)
    elif loss == "cauchy":
        first, second = 1 / (1 + square), -1 / (1 + square) ** 2
    else:
        raise ValueError(f"no such loss: {loss!r}")
    slope = first + 2 * second * square  # d psi/d pull of psi = pull * first
    bread, _ = _inverse(weighted * np.sqrt(np.maximum(np.mean(slope), 1e-6)))
    return np.asarray(bread @ ((weighted * (first**2 * square)[:, None]).T @ weighted) @ bread)


def _inverse(weighted: Array) -> tuple[Array, NDArray[np.int64]]:
    """((J^T J)^-1, columns that the data do not determine) of the column-scaled Jacobian J: from the triangle of its QR
    decomposition, or by singular values, which take four times as long, where these may tell of such columns."""
    from scipy.linalg.lapack import dgeqrf, dtrtrs

    scale = np.linalg.norm(weighted, axis=0)
    n, k = weighted.shape
    none = np.array([], dtype=np.int64)
    if not k:  # every parameter lies on a bound
        return np.zeros((0, 0)), none
    if not np.isfinite(scale).all() or (scale == 0).any():
        return np.full((k, k), np.nan), np.flatnonzero(~np.isfinite(scale) | (scale == 0))
    scaled = weighted / scale
    if n >= k:
        root, singular_at = dtrtrs(dgeqrf(scaled)[0][:k], np.eye(k))  # of the triangle, whatever lies below it
        # columns of unit size: the condition number is at most the root of k times the size of the inverse
        if not singular_at and k * float(np.vdot(root, root)) < _WELL_CONDITIONED**2:
            return (root @ root.T) / (scale[:, None] * scale), none
    _, singular, right = np.linalg.svd(scaled, full_matrices=False)
    if singular[-1] < 1e-10 * singular[0]:
        return np.full((k, k), np.nan), np.flatnonzero(np.abs(right[-1]) > 0.1)
    root = right.T / singular
    return (root @ root.T) / (scale[:, None] * scale), none


def _on_bounds(problem: Problem, values: Array, design: Array) -> NDArray[np.bool_]:
    """Which values lie on a finite bound, to a thousandth of what the readings can tell of them."""
    with np.errstate(invalid="ignore"):  # of values that are not finite
        away = np.abs(values[:, None] - problem.bounds).min(axis=1)  # infinite where there is no bound
    pulls = design / problem.noise.std[:, None]
    size = np.sqrt(np.einsum("np,np->p", pulls, pulls))
    near = np.maximum(_EDGE * np.abs(values), 1e-3 / np.maximum(size, np.finfo(float).tiny))
    return np.asarray(away <= near)
