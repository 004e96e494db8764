"""A line through devices: one reading a device, few of them, and a scatter that is theirs and not the instrument's.

    y_i = f(L_i; R_0, s) + e_i,    var e_i = u_i^2 + t^2 r_i^2

u_i is the stated uncertainty (0 where none is) and t the scatter from device to device, alike for all (r_i = 1) or in
proportion to the law (r_i = f_i). Few devices do not tell which, and the slope's uncertainty hangs on it: both count, by
their probability. Where none is stated t is found from the residuals; where
uncertainties are stated they are believed unless the residuals exceed them beyond chance, and t then is what is missing, by
the restricted likelihood (Patterson and Thompson 1971, doi 10.1093/biomet/58.3.545), as in the random effects of a
meta-analysis. A scatter found from few devices makes the intervals Student's, with n - 2 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.fitters.device_checks import Outlier, bent, outliers
from gzero.fitters.engine import at_minimum, minimum
from gzero.fitters.problem import Loss, Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.models.model import Array, Model
from gzero.reduction.noise import Noise

#: Odds of a scatter in proportion to the law against one alike for all, before the devices speak: contacts and widths that
#: differ do so by their share.
_PROPORTIONAL = 2.0
#: Chance below which the readings are said to bend.
_BENT = 0.01
_ROUNDS = 8
_MAD_TO_STD = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeviceLine:
    """A line with what the devices say about it.

    Parameters
    ----------
    fit : of the line; its covariance is widened for few degrees of freedom, so that 1.96 standard uncertainties are 95 %.
    std : standard deviation of each reading about the line [unit of y], shape (n,): stated and scatter together.
    scatter, scatter_std : from device to device, root mean square over the law [1]; 0 where the stated uncertainties are
        enough.
    excess : p-value of chi2 under the stated uncertainties alone; nan where none are stated.
    outliers : devices off the line of the others, the farthest first.
    bent : p-value of a quadratic term; nan where it cannot be told.
    student : factor that the widening has put on the standard uncertainties.
    """

    fit: FitResult
    std: NDArray[np.float64]
    scatter: float
    scatter_std: float
    excess: float
    outliers: tuple[Outlier, ...]
    bent: float
    student: float


def fit_devices(curve: Curve, model: Model, *, loss: Loss = "linear", source: str = "") -> DeviceLine:
    """A line through the readings of a curve.

    Parameters
    ----------
    curve : one reading a device, x their lengths in order.
    model : of two parameters.
    loss : "linear", or a robust one with its scale at one standard deviation of a device.
    source : where stated uncertainties come from, in words.

    Raises
    ------
    InputError : fewer than three devices, or of one length.  FitError : no usable minimum.
    """
    lengths = np.unique(np.round(curve.x / np.max(np.abs(curve.x)), 9))
    if len(curve) < 3 or lengths.size < 2:
        raise InputError(
            f"a line needs three devices of two lengths or more: there {'is' if len(curve) == 1 else 'are'} {len(curve)} of {lengths.size}",
            remedy="give more, or widen --range",
        )
    dof = len(curve) - 2
    fitter = _Fitter(curve=curve, model=model, loss=loss)
    stated = curve.y_std
    chosen, excess = (fitter.with_scatter(None), np.nan) if stated is None else fitter.with_stated(stated)
    values, std = chosen.values, chosen.std
    estimated = chosen.scatter > 0 or stated is None or loss != "linear"
    student = _student(dof) if estimated else 1.0
    noise = Noise(std=std, stated=stated is not None, source=_said(chosen, source, stated=stated is not None))
    problem = Problem(model=model, curve=curve, noise=noise, loss=loss)
    fit = at_minimum(problem, values, message=chosen.message, converged=True)
    covariance = fit.covariance / fit.inflation**2 if chosen.covariance is None else chosen.covariance
    if loss != "linear":
        covariance = _robust(problem, values)
    fit = replace(
        fit,
        covariance=covariance * student**2,
        inflation=1.0,
        variance_dof=np.full(2, float(dof) if estimated else np.inf),
    )
    return DeviceLine(
        fit=fit,
        std=std,
        scatter=chosen.scatter,
        scatter_std=chosen.scatter / np.sqrt(2 * dof),  # the usual standard deviation of a standard deviation
        excess=excess,
        outliers=outliers(problem, values, estimated=estimated),
        bent=bent(problem, values, estimated=estimated) if lengths.size > 3 else np.nan,
        student=student,
    )


def _robust(problem: Problem, values: Array) -> Array:
    """Covariance of an M-estimator of few readings, which pools what bounded pulls are left of all of them (Huber 1973,
    doi 10.1214/aos/1176342503, whose correction K is for the number of parameters):

        K^2 [sum psi^2/(n - p)]/mean(psi')^2 (J^T J)^-1,    K = 1 + (p/n) var(psi')/mean(psi')^2
    """
    pulls, design = problem.residual(values), problem.jacobian(values)
    square, (n, p) = pulls**2, design.shape
    if problem.loss == "huber":
        first, second = np.minimum(1.0, 1 / np.sqrt(np.maximum(square, 1e-300))), np.zeros(n)
        second[square > 1] = -0.5 * square[square > 1] ** -1.5
    elif problem.loss == "soft_l1":
        first, second = (1 + square) ** -0.5, -0.5 * (1 + square) ** -1.5
    elif problem.loss == "cauchy":
        first, second = 1 / (1 + square), -1 / (1 + square) ** 2
    else:
        raise ValueError(f"no such loss: {problem.loss!r}")
    slope = first + 2 * second * square  # d psi/d pull of psi = pull * first
    mean = max(float(np.mean(slope)), 0.1)
    correction = 1 + p / n * float(np.var(slope)) / mean**2
    scale = correction**2 * float(np.sum(first**2 * square)) / (n - p) / mean**2
    size = np.linalg.norm(design, axis=0)
    return np.asarray(scale * np.linalg.inv((design / size).T @ (design / size)) / np.outer(size, size))


def _student(dof: int) -> float:
    """Student's 97.5 % quantile over the normal one, down to one degree of freedom."""
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(dof, 0.975) / ndtri(0.975))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Chosen:
    """Parameters under one law of the scatter, or under both; `share` is the probability of the one in proportion."""

    values: Array
    std: Array
    scatter: float = 0.0
    share: float = 0.0
    likelihood: float = 0.0
    message: str = ""
    covariance: Array | None = None


def _said(chosen: _Chosen, source: str, *, stated: bool) -> str:
    how = f"{100 * chosen.share:.0f} % sure that it is in proportion to the law, else alike for all"
    if not stated:
        return f"from the scatter of the devices ({how})"
    base = source or "stated"
    return f"{base}, and a scatter from device to device ({how})" if chosen.scatter > 0 else base


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fitter:
    """A curve and a model, fitted under one law of the scatter after the other."""

    curve: Curve
    model: Model
    loss: Loss

    def start(self) -> Array:
        """A straight line through the resistances, those of conductances weighed as these are."""
        x, y = self.curve.x, self.curve.y
        reciprocal = self.model.function(np.zeros(1), np.array([2.0, 0.0]))[0] == 0.5
        rows, weight = np.column_stack([np.ones_like(x), x / np.max(x)]), np.ones_like(x)
        if reciprocal:
            y, weight = 1 / y, y**2
        found = np.linalg.lstsq(rows * weight[:, None], y * weight, rcond=None)[0]
        return np.array([found[0], found[1] / np.max(x)])

    def solve(self, std: Array, start: Array) -> tuple[Array, str]:
        """The parameters under given standard deviations."""
        noise = Noise(std=std, stated=True)
        problem = Problem(model=self.model, curve=self.curve, noise=noise, loss=self.loss)
        if self.loss == "linear":
            values, message, _ = minimum(problem, start)
        else:
            values, message, _ = minimum(problem, self.steady(problem, start))
        return values, message

    def steady(self, problem: Problem, start: Array) -> Array:
        """A start for a robust loss that no single device has pulled: the median line (Theil 1950, Sen 1968,
        doi 10.1080/01621459.1968.10480934)."""
        x, y = self.curve.x, self.curve.y
        reciprocal = self.model.function(np.zeros(1), np.array([2.0, 0.0]))[0] == 0.5
        y = 1 / y if reciprocal else y
        i, j = np.triu_indices(x.size, 1)
        apart = np.abs(x[j] - x[i]) > 1e-9 * np.max(x)
        slope = float(np.median((y[j] - y[i])[apart] / (x[j] - x[i])[apart]))
        return np.array([float(np.median(y - slope * x)), slope])

    def with_scatter(self, stated: Array | None) -> _Chosen:
        """Stated uncertainties, if any, and a scatter by both laws, each with its probability.

        The line is weighed by the mean variance, and its covariance is the mean of those under either law.
        """
        ones = np.ones(self.curve.x.size)
        base = np.zeros_like(ones) if stated is None else stated
        alike, in_proportion = (self._scattered(stated, proportional=p) for p in (False, True))
        odds = _PROPORTIONAL * np.exp(np.clip(in_proportion.likelihood - alike.likelihood, -50, 50))
        share = float(odds / (1 + odds))
        variance = (1 - share) * alike.std**2 + share * in_proportion.std**2
        values, message = self.solve(np.sqrt(variance), in_proportion.values)
        design = self.model.jacobian(self.curve.x, values)
        size = np.linalg.norm(design / np.sqrt(variance)[:, None], axis=0)
        root = np.linalg.pinv(design / size / np.sqrt(variance)[:, None]) / np.sqrt(variance) / size[:, None]
        covariance = (1 - share) * (root * alike.std**2) @ root.T + share * (root * in_proportion.std**2) @ root.T
        law = self.model.function(self.curve.x, values)
        return _Chosen(
            values=values,
            std=np.sqrt(variance),
            scatter=float(np.sqrt(np.mean((variance - base**2) / law**2))),
            share=share,
            message=message,
            covariance=covariance if self.loss == "linear" else None,
        )

    def with_stated(self, stated: Array) -> tuple[_Chosen, float]:
        """The stated uncertainties alone, unless the residuals exceed them beyond chance; (choice, p-value of chi2)."""
        from scipy.special import chdtrc

        values, message = self.solve(stated, self.start())
        dof = self.curve.x.size - 2
        pulls = (self.curve.y - self.model.function(self.curve.x, values)) / stated
        chi2 = float(pulls @ pulls)
        p_value = float(chdtrc(dof, chi2))
        if chi2 / dof > 1 + 3 * np.sqrt(2 / dof) and self.loss == "linear":
            return self.with_scatter(stated), p_value
        return _Chosen(values=values, std=stated, message=message), p_value

    def _scattered(self, stated: Array | None, *, proportional: bool) -> _Chosen:
        """Parameters and scatter by turns: the law's own values weigh the next round."""
        values, message = self.start(), ""
        ones = np.ones(self.curve.x.size)
        base = np.zeros_like(ones) if stated is None else stated
        scatter, likelihood = 0.0, -np.inf
        for _ in range(_ROUNDS):
            law = np.abs(self.model.function(self.curve.x, values)) if proportional else ones
            if stated is None:  # the scale does not move the line, only the law of the scatter does
                values, message = self.solve(law * (scatter or self._first(law, values)), values)
                previous = scatter
                scatter, likelihood = self._own(law, values)
                if (not proportional and self.loss == "linear") or abs(scatter - previous) < 1e-6 * scatter:
                    break
                continue
            previous = scatter
            scatter, likelihood = self._missing(base, law, values)
            values, message = self.solve(np.sqrt(base**2 + (scatter * law) ** 2), values)
            if abs(scatter - previous) < 1e-6 * scatter:
                break
        law = np.abs(self.model.function(self.curve.x, values)) if proportional else ones
        std = np.sqrt(base**2 + (scatter * law) ** 2)
        return _Chosen(values=values, std=std, scatter=scatter, likelihood=likelihood, message=message)

    def _residuals(self, values: Array) -> Array:
        return np.asarray(self.curve.y - self.model.function(self.curve.x, values))

    def _first(self, law: Array, values: Array) -> float:
        size = float(np.median(np.abs(self._residuals(values)) / law))
        return size or 1e-9 * float(np.max(np.abs(self.curve.y)))

    def _own(self, law: Array, values: Array) -> tuple[float, float]:
        """(scatter, ln of the restricted likelihood) where nothing else is stated."""
        over = self._residuals(values) / law
        dof = over.size - 2
        if self.loss != "linear":
            size = _MAD_TO_STD * float(np.median(np.abs(over))) * np.sqrt(over.size / dof)
        else:
            size = float(np.sqrt(over @ over / dof))
        size = size or 1e-12 * float(np.max(np.abs(self.curve.y) / law))
        return size, self._likelihood(size * law, values)

    def _missing(self, base: Array, law: Array, values: Array) -> tuple[float, float]:
        """(scatter, ln of the restricted likelihood) beside stated uncertainties."""
        from scipy.optimize import minimize_scalar

        over = np.abs(self._residuals(values)) / law
        top = float(np.log(10 * np.max(over) + 1e-300))
        found = minimize_scalar(
            lambda t: -self._likelihood(np.sqrt(base**2 + (np.exp(t) * law) ** 2), values), bounds=(top - 14, top),
            method="bounded", options={"xatol": 1e-5},
        )  # fmt: skip
        return float(np.exp(found.x)), -float(found.fun)

    def _likelihood(self, std: Array, values: Array) -> float:
        """ln of the restricted likelihood at given standard deviations."""
        pulls = self._residuals(values) / std
        design = self.model.jacobian(self.curve.x, values) / std[:, None]
        size = np.linalg.norm(design, axis=0)
        information = float(np.linalg.slogdet((design / size).T @ (design / size))[1]) + 2 * float(np.sum(np.log(size)))
        return float(-0.5 * (pulls @ pulls) - np.sum(np.log(std)) - 0.5 * information)


def is_bent(line: DeviceLine) -> bool:
    """Whether the readings bend beyond chance."""
    return bool(np.isfinite(line.bent) and line.bent < _BENT)
