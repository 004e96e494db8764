"""The one place that knows lmfit: a model, a curve and starting values in, a `FitResult` out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gzero.errors import FitError, InputError
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.models.model import Array, Model

_TOLERANCE = 1e-11  # far below a std, and within reach of double precision
_EDGE = 1e-6  # of the distance to the start: closer to a bound than this is on it


def fit_model(
    model: Model,
    curve: Curve,
    start: Mapping[str, float],
    *,
    y_std: Array,
    noise_model: str,
    fixed: frozenset[str] = frozenset(),
    independent: float = 1.0,
) -> FitResult:
    """Least squares of one model on one curve, by Levenberg and Marquardt with the analytic Jacobian.

    Parameters
    ----------
    start : a value for every parameter [its unit].
    y_std : standard uncertainty of each reading [unit of y], shape (n,); absolute, never rescaled behind the scenes.
    noise_model : how y_std came about, for the record.
    fixed : parameters held at their start.
    independent : readings per independent reading (1 for white noise): the covariance is widened by it, which is the
        sandwich estimate for noise that is correlated over less than the features of the curve.

    Returns
    -------
    FitResult. Its covariance is (J^T W J)^-1, times `independent`, times chi2/dof where that exceeds 1 beyond chance
    (the factor on standard uncertainties is `inflation`).

    Raises
    ------
    InputError : fewer points than free parameters.
    FitError : no convergence, or a covariance that is singular or not finite; it carries the result.
    """
    import lmfit

    names = tuple(name for name in model.names if name not in fixed)
    if len(curve) <= len(names):
        raise InputError(
            f"{len(curve)} points for {len(names)} parameters of the {model.name}",
            remedy="give more points, or fit fewer steps with --plateaus",
        )
    full = np.array([start[name] for name in model.names])
    free = np.array([name not in fixed for name in model.names])
    parameters = lmfit.Parameters()
    for parameter, value in zip(model.parameters, full, strict=True):
        parameters.add(
            parameter.name,
            value=float(value),
            min=parameter.lower,
            max=parameter.upper,
            vary=parameter.name not in fixed,
        )

    def residual(p: lmfit.Parameters) -> Array:
        return (model.function(curve.x, np.array([p[name].value for name in model.names])) - curve.y) / y_std

    def jacobian(p: lmfit.Parameters) -> Array:
        values = np.array([p[name].value for name in model.names])
        return (model.jacobian(curve.x, values) / y_std[:, None])[:, free]

    minimizer = lmfit.Minimizer(residual, parameters, scale_covar=False, nan_policy="raise")
    try:
        out = minimizer.minimize(
            method="leastsq",
            Dfun=jacobian,
            col_deriv=False,
            ftol=_TOLERANCE,
            xtol=_TOLERANCE,
            max_nfev=200 * (len(names) + 1),
        )
    except ValueError as error:
        raise FitError(
            f"the {model.name} cannot be evaluated at its start: {error}", remedy="narrow --range to the staircase"
        ) from error
    values = np.array([out.params[name].value for name in model.names])
    return _result(
        model,
        curve,
        values,
        free,
        y_std,
        noise_model=noise_model,
        independent=independent,
        message=str(out.message),
        converged=bool(out.success),
    )


def _result(
    model: Model,
    curve: Curve,
    values: Array,
    free: Array,
    y_std: Array,
    *,
    noise_model: str,
    independent: float,
    message: str,
    converged: bool,
) -> FitResult:
    """The record at given values: covariance by the Jacobian, misfit, parameters on their bounds."""
    fitted = model.function(curve.x, values)
    residuals = curve.y - fitted
    chi2 = float(np.sum((residuals / y_std) ** 2))
    dof = len(curve) - int(free.sum())
    weighted = (model.jacobian(curve.x, values) / y_std[:, None])[:, free]
    covariance, sound = _covariance(weighted)
    # chance lets chi2/dof reach about 1 + 3 sqrt(2/dof); what is beyond is misfit or noise that was not stated
    excess = chi2 / dof > 1 + 3 * np.sqrt(2 / dof)
    inflation = float(np.sqrt(independent * (chi2 / dof if excess else 1.0)))
    free_parameters = [p for p, is_free in zip(model.parameters, free, strict=True) if is_free]
    at_bounds = tuple(
        p.name for p, v in zip(free_parameters, values[free], strict=True) if _on_bound(v, p.lower, p.upper)
    )
    success = converged and sound and bool(np.isfinite(values).all())
    result = FitResult(
        model=model.name,
        names=tuple(p.name for p in free_parameters),
        units=tuple(p.unit for p in free_parameters),
        values=values[free],
        covariance=covariance * inflation**2,
        fixed={p.name: float(v) for p, v, is_free in zip(model.parameters, values, free, strict=True) if not is_free},
        chi2=chi2,
        dof=dof,
        fitted=fitted,
        residuals=residuals,
        noise_model=noise_model,
        inflation=inflation,
        success=success,
        message=message if sound else "the covariance is singular: the data do not determine every parameter",
        at_bounds=at_bounds,
        bic=chi2 / max(1.0, chi2 / dof if excess else 1.0) + int(free.sum()) * float(np.log(len(curve))),
    )
    if not success:
        raise FitError(
            f"the fit of the {model.name} failed: {result.message}",
            remedy="narrow --range, or fit fewer steps with --plateaus",
            result=result,
        )
    return result


def _covariance(weighted: Array) -> tuple[Array, bool]:
    """(J^T W J)^-1 by singular values of the column-scaled Jacobian; sound when no direction is undetermined."""
    scale = np.linalg.norm(weighted, axis=0)
    if not np.isfinite(scale).all() or np.any(scale == 0):
        return np.full((weighted.shape[1],) * 2, np.nan), False
    _, singular, right = np.linalg.svd(weighted / scale, full_matrices=False)
    if singular[-1] < 1e-10 * singular[0]:
        return np.full((weighted.shape[1],) * 2, np.nan), False
    root = right.T / singular
    return (root @ root.T) / np.outer(scale, scale), True


def _on_bound(value: float, lower: float, upper: float) -> bool:
    size = max(abs(value), 1e-300)
    return bool(
        (np.isfinite(lower) and value - lower <= _EDGE * size) or (np.isfinite(upper) and upper - value <= _EDGE * size)
    )
